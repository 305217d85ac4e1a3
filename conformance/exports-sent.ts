import { asText, isObject, type Json, type JsonObject, withoutLargeData } from "@aceso/core"
import type { SentResource } from "./exports-files.ts"
import { printOf } from "./exports-prints.ts"

/** Elements by which a resource says whose it is, in the types that an export brings. */
const SUBJECTS = ["subject", "patient", "beneficiary", "for"]

const PATIENT = /(?:^|\/)Patient\/[^/]+(?:\/_history\/[^/]+)?$/

/** The references by which a resource names a patient: by address, by number, as contained, or in words that lead nowhere. */
export function patientNamed(resource: JsonObject): JsonObject[] {
  return SUBJECTS.flatMap((name) => {
    const value = resource[name]
    return (Array.isArray(value) ? value : [value]).filter(isObject).filter(isOfPatient)
  })
}

function isOfPatient({ reference, type, identifier }: JsonObject): boolean {
  if (type !== undefined && type !== "Patient") return false
  const address = asText(reference)
  if (address === undefined) return identifier !== undefined
  return PATIENT.test(address) || type === "Patient" || !/^(#|[A-Z][A-Za-z]+\/|https?:)/.test(address)
}

/** Whom the resources of some files mean, as the specification says it (R4, bundle.html#references). */
export class Sent {
  private readonly byAddress = new Map<string, Set<string>>()
  private readonly addresses = new Map<string, ReadonlySet<string>>()

  constructor(all: readonly SentResource[]) {
    for (const { where, fullUrl } of all)
      if (fullUrl !== undefined)
        this.addresses.set(where, new Set([...(this.addresses.get(where) ?? []), fullUrl]))
    for (const one of all) {
      if (one.resource.resourceType !== "Patient") continue
      const print = this.printOf(one)
      const id = asText(one.resource.id)
      if (one.fullUrl !== undefined) this.add(`${one.where} ${one.fullUrl}`, print)
      if (id === undefined) continue
      this.add(`${one.where} Patient/${id}`, print)
      this.add(`Patient/${id}`, print)
    }
  }

  printOf({ where, resource }: SentResource): string {
    // In a document that is kept whole the addresses stay.
    // Large data stands beside its record, by its hash.
    const { resource: kept } = withoutLargeData(resource)
    return printOf(kept, resource.resourceType === "Bundle" ? undefined : this.addresses.get(where))
  }

  /** Prints of the Patients that a reference of a resource may mean; none: the files do not say. */
  patients({ where, fullUrl }: SentResource, { reference }: JsonObject): ReadonlySet<string> {
    const address = (asText(reference) ?? "").replace(/\/_history\/[^/]+$/, "")
    const [, base] = /^(https?:\/\/.+)\/[A-Z][A-Za-z]+\/[^/]+$/.exec(fullUrl ?? "") ?? []
    const names = [
      ...(base && address.startsWith("Patient/") ? [`${where} ${base}/${address}`] : []),
      `${where} ${address}`,
      address,
    ]
    for (const name of names) {
      const found = this.byAddress.get(name)
      if (found) return found
    }
    return new Set()
  }

  private add(name: string, print: string): void {
    this.byAddress.set(name, (this.byAddress.get(name) ?? new Set<string>()).add(print))
  }
}

/** Every reference of a resource, contained ones included. */
export function referencesOf(value: Json): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(referencesOf)
  if (!isObject(value)) return []
  const own = typeof value.reference === "string" ? [value] : []
  return [...own, ...Object.values(value).flatMap(referencesOf)]
}
