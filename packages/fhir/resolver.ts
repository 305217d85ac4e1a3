import {
  type Condition,
  conditionOf,
  isTrustedMatch,
  matchesOf,
  notTrusted,
  severalMatches,
  type Wrong,
} from "./conditions.ts"
import type { BundleContext, TakenEntry } from "./entries.ts"
import { knownIdentifiers } from "./identifiers.ts"
import { type OpenReferences, partsOf } from "./references.ts"
import { type Claim, keyOfId, type SourceId, type SourceIds } from "./source-ids.ts"

/** A reference to what the input does not bring along. */
export interface Outside {
  readonly reference: string
  /** What it means here, `<type>/<id>`; it may be here or yet to come. */
  readonly target: string
}

/** Where the open references of one entry lead. */
export interface Resolved {
  readonly targets: ReadonlyMap<string, string>
  readonly outside: readonly Outside[]
  /** Patients of the source who are not here yet; `target`: the id that such a one is to have. */
  readonly waitsFor: readonly Outside[]
  /** Ids that are kept for what the source has not sent yet. */
  readonly claims: readonly Claim[]
}

export type Placed = TakenEntry & { readonly index: number; readonly open: OpenReferences }

const SEVERAL = Symbol("several")
type Inside = string | typeof SEVERAL

/** Where the references of one input lead. */
export class Resolver {
  private readonly context: BundleContext
  private readonly sourceIds: SourceIds
  private readonly taken: readonly Placed[]
  private readonly inside = new Map<string, Inside>()
  private readonly addresses = new Map<string, string>()
  /** Patients of the input that were refused, by what it calls them. */
  private readonly refused = new Set<string>()
  private sets: ReturnType<typeof identifiersSet> | undefined

  constructor(taken: readonly Placed[], context: BundleContext, sourceIds: SourceIds) {
    this.context = context
    this.sourceIds = sourceIds
    this.taken = taken
    for (const { type, id, sourceId, fullUrl } of taken) {
      if (fullUrl) this.addresses.set(fullUrl, `${type}/${id}`)
      if (!sourceId) continue
      for (const name of [keyOfId(sourceId), anyBase(sourceId)]) {
        const before = this.inside.get(name) ?? id
        this.inside.set(name, before === id ? id : SEVERAL)
      }
    }
  }

  /** What refers to this Patient cannot be stored either: whom it means was not said. */
  refuse(sourceId: SourceId | undefined, fullUrl: string | undefined): void {
    if (fullUrl) this.refused.add(fullUrl)
    if (sourceId) for (const name of [keyOfId(sourceId), anyBase(sourceId)]) this.refused.add(name)
  }

  /** Finds the targets of an entry's open references. @returns why that cannot be done */
  resolve({ open, sourceId }: Pick<Placed, "open" | "sourceId">): Resolved | Wrong {
    const targets = new Map<string, string>()
    const [outside, waitsFor, claims]: [Outside[], Outside[], Claim[]] = [[], [], []]
    for (const reference of open.relative) {
      const { version, ...name } = partsOf(reference)
      const named = { ...name, base: sourceId?.base ?? "" }
      const inside = this.insideOf(named)
      if (typeof inside === "object") return inside
      const { id, isOurs, isKnown } = inside === undefined ? this.sourceIds.of(named) : INSIDE(inside)
      const target = `${name.type}/${id}`
      targets.set(reference, `${target}${version}`)
      if (inside !== undefined) continue
      outside.push({ reference, target })
      if (name.type === "Patient" && !this.context.person(id)) waitsFor.push({ reference, target: id })
      if (!isOurs && !isKnown) claims.push({ ...named, idHere: id, before: id })
    }
    for (const reference of open.conditional) {
      const target = this.matchOf(reference)
      if (typeof target === "object") return target
      targets.set(reference, target)
    }
    return { targets, outside, waitsFor, claims }
  }

  /** The target of an address that names an entry of the input, perhaps with a version behind it. */
  addressed(address: string): string | Wrong | undefined {
    const [, whole = address, version = ""] = VERSIONED.exec(address) ?? []
    if (this.refused.has(whole)) return refersToRefused(address)
    const target = this.addresses.get(address)
    if (target !== undefined || version === "") return target
    const entry = this.addresses.get(whole)
    return entry && `${entry}${version}`
  }

  /** A relative reference means what is at the same server; one of an entry without an address, any server's. */
  private insideOf(name: SourceId): string | Wrong | undefined {
    // An entry without an address comes after what the server's own source called so before.
    const unaddressed = this.sourceIds.of(name).isKnown ? [] : [keyOfId({ ...name, base: "" })]
    const names = name.base === "" ? [keyOfId(name), anyBase(name)] : [keyOfId(name), ...unaddressed]
    if (names.some((one) => this.refused.has(one))) return refersToRefused(`${name.type}/${name.id}`)
    const found = names.map((one) => this.inside.get(one)).find((one) => one !== undefined)
    if (found !== SEVERAL) return found
    return {
      reason: "ambiguous_reference",
      detail: `several entries are ${name.type}/${name.id}; give the entries full addresses (fullUrl), or send them apart`,
    }
  }

  private matchOf(reference: string): string | Wrong {
    const [type, ...rest] = reference.split("?")
    const condition = conditionOf(type, rest.join("?"), `the reference ${reference}`)
    if ("reason" in condition) return condition
    const { here, inside } = this.find(condition)
    const ids = [...here, ...inside]
    if (type === "Patient" && ids.length === 1 && here.length === 1)
      if (!isTrustedMatch(this.context, condition, ids[0])) return notTrusted(condition, ids[0])
    if (ids.length === 1) return `${type}/${ids[0]}`
    if (ids.length > 1) return severalMatches(condition, ids, "a conditional reference")
    return {
      reason: "no_match",
      detail: `the reference ${reference} finds nothing here; import what it means first`,
    }
  }

  private find(condition: Condition) {
    const { type, system, value } = condition
    this.sets ??= identifiersSet(this.taken, this.context)
    const { names, byIdentifier } = this.sets
    const here = matchesOf(this.context, condition)
      .map(([id]) => id)
      .filter((id) => !names.has(`${type}/${id}`))
    return { here, inside: [...(byIdentifier.get(JSON.stringify([type, system, value])) ?? [])] }
  }
}

const VERSIONED = /^(.+)(\/_history\/[^/\s]+)$/
const anyBase = (name: SourceId) => keyOfId({ ...name, base: "*" })
const INSIDE = (id: string) => ({ id, isOurs: false, isKnown: true })

const refersToRefused = (reference: string): Wrong => ({
  reason: "refers_to_refused",
  detail: `it refers to ${reference}, a Patient of the same input that was refused`,
})

/** What an input sets counts instead of what is here of the same resources. */
function identifiersSet(taken: readonly Placed[], { rules }: BundleContext) {
  const names = new Set<string>()
  const byIdentifier = new Map<string, Set<string>>()
  for (const { type, id, resource, isExisting } of taken) {
    if (isExisting) continue
    names.add(`${type}/${id}`)
    for (const { system, value, isCurrent } of knownIdentifiers(resource, rules)) {
      if (!isCurrent && type === "Patient") continue
      const name = JSON.stringify([type, system, value])
      byIdentifier.set(name, (byIdentifier.get(name) ?? new Set<string>()).add(id))
    }
  }
  return { names, byIdentifier }
}
