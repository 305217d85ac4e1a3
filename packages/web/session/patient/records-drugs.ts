import type { SourceLine } from "@aceso/client"
import type { CustodiansDrug } from "@aceso/client/timeline.ts"
import {
  asList,
  asText,
  type Bytes,
  canonicalJson,
  equalBytes,
  isObject,
  type Json,
  type JsonObject,
  MAX_REFERENCE,
  orUndefined,
  parseJson,
} from "@aceso/core"

/** What a Medication is called that a record means: R4 references.html#literal, within its custodian. */
const MEDICATION = /^Medication\/([A-Za-z0-9.-]{1,64})(?:\/_history\/([A-Za-z0-9.-]{1,64}))?$/

/** A Medication for a bundle: no patient's log has it, that it is the one which is meant its custodian alone says. */
export interface MeantDrug {
  readonly custodian: string
  readonly fullUrl: string
  /** As records have it. */
  readonly reference: string
  /** With the id, and the version that is meant. */
  readonly content: Bytes
}

/** A drug that records mean and that nobody could name; `records`: how many of them. */
export interface MissingDrug {
  readonly custodian: string
  readonly reference: string
  readonly records: number
}

/** A current record as far as it is read here. */
export interface Meaning {
  readonly line: SourceLine
  readonly resource: { readonly json: JsonObject } | undefined
}

/** RFC 2606: a name that leads nowhere. R4 Bundle: references are resolved against the address of their own entry. */
export const urlAt = (custodian: string, name: string) => `https://${custodian}.invalid/${name}`

/**
 * The drugs that records mean by reference, each once in each version that is meant.
 * @param drugs as custodians name them
 */
export function drugsMeant(
  current: readonly Meaning[],
  drugs: readonly CustodiansDrug[],
): { readonly meant: readonly MeantDrug[]; readonly missing: readonly MissingDrug[] } {
  const own = ownOf(current)
  const named = new Map(drugs.map((one) => [keyOf(one), one]))
  const meant = new Map<string, MeantDrug>()
  const missing = new Map<string, MissingDrug>()
  for (const { line, resource } of current)
    for (const reference of resource ? referencesIn(resource.json) : []) {
      const { custodian } = line
      const key = keyOf({ custodian, reference })
      if (own.has(key) || meant.has(key)) continue
      const found = named.get(key)
      const drug = found && drugAs(found)
      if (drug) meant.set(key, drug)
      else {
        const shown = reference.length > MAX_REFERENCE ? `${reference.slice(0, MAX_REFERENCE)}…` : reference
        missing.set(key, { custodian, reference: shown, records: (missing.get(key)?.records ?? 0) + 1 })
      }
    }
  return { meant: withoutTwice([...meant.values()]), missing: [...missing.values()] }
}

const keyOf = ({ custodian, reference }: { readonly custodian: string; readonly reference: string }) =>
  `${custodian} ${reference}`

/** Medications among the records themselves. A version is the source's own: it is clear where there was never another. */
function ownOf(current: readonly Meaning[]): { has(key: string): boolean } {
  const only = new Map<string, boolean>()
  for (const { line, resource } of current) {
    const { resourceType, id } = resource?.json ?? {}
    if (resourceType === "Medication" && asText(id) !== undefined)
      only.set(`${line.custodian} Medication/${asText(id)}`, line.version === 1)
  }
  return {
    has: (key) => {
      const [name, version] = key.split("/_history/")
      return version === undefined ? only.has(name) : only.get(name) === true
    },
  }
}

/** The entry for a drug. @returns undefined: what its custodian names is no Medication */
function drugAs({ custodian, reference, content }: CustodiansDrug): MeantDrug | undefined {
  const [, id, version] = MEDICATION.exec(reference) ?? []
  const resource = orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
  if (id === undefined || !isObject(resource) || resource.resourceType !== "Medication") return undefined
  const said = Object.fromEntries(
    SAID.flatMap((name) => (resource[name] === undefined ? [] : [[name, resource[name]]])),
  )
  return {
    ...{ custodian, reference, fullUrl: urlAt(custodian, `Medication/${id}`) },
    content: canonicalJson({
      ...{ resourceType: "Medication", id, ...said },
      ...(version !== undefined && { meta: { versionId: version } }),
    }),
  }
}
/** Of a Medication what says which drug it is: custodians send nothing else. */
const SAID = ["status", "code", "form", "amount", "ingredient"]

/** R4 bdl-7: what is meant without a version is met by any of the same words that has one. */
function withoutTwice(all: readonly MeantDrug[]): MeantDrug[] {
  const words = ({ content }: MeantDrug) => {
    const { meta: _meta, ...rest } = parseJson(content) as JsonObject
    return canonicalJson(rest)
  }
  return all.filter(
    (one) =>
      one.reference.includes("/_history/") ||
      !all.some(
        (other) => other !== one && other.fullUrl === one.fullUrl && equalBytes(words(one), words(other)),
      ),
  )
}

/** How a record, or what is inside of it, refers to drugs; what is contained or in the same document needs no other. */
function referencesIn(record: JsonObject): ReadonlySet<string> {
  const found = new Set<string>()
  const inside = new Set<string>()
  const walk = (one: Json | undefined, name: string): void => {
    if (Array.isArray(one)) for (const part of one) walk(part, name)
    if (!isObject(one)) return
    const reference = asText(one.reference)
    if (reference !== undefined && !reference.startsWith("#"))
      if (name === "medicationReference" || /(?:^|\/)Medication\//.test(reference)) found.add(reference)
    for (const [member, value] of Object.entries(one)) walk(value, member)
  }
  walk(record, "")
  if (record.resourceType !== "Bundle") return found
  for (const entry of asList(record.entry)) {
    const { fullUrl, resource } = isObject(entry) ? entry : {}
    const { resourceType, id } = isObject(resource) ? resource : {}
    for (const name of [asText(fullUrl), `${asText(resourceType)}/${asText(id)}`])
      if (name !== undefined) inside.add(name)
  }
  return new Set([...found].filter((one) => !inside.has(one.replace(/\/_history\/[^/]*$/, ""))))
}
