import type { JsonObject } from "../json.ts"
import { folded, spelled } from "./spelling.ts"
import { MAX_SYSTEMS, systemName } from "./systems.ts"

/** Which resource is meant: by type and id, or by identifier; for a permit as it is written, for a denial as it may be meant. */

/** `type/id`, where it stands at the end of a relative or absolute reference; `#id` and urn:uuid: are local. */
const LITERAL = /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?$/
/** Characters; longer than a type, an id and a version are. */
const MAX_LITERAL = 300
export const literalName = (reference: string): string | undefined =>
  LITERAL.exec(reference.slice(-MAX_LITERAL))?.[1]

const FOLDED = /(?:^|\/)([a-z]+\/[a-z0-9._-]+?)(?:\/_history\/[a-z0-9._-]+)?\/?$/
/** `type/id` in whichever way it is spelled; what is behind a version, `#` or `?` does not matter. */
export function foldedName(reference: string): string | undefined {
  const [text = ""] = folded(reference.slice(-MAX_LITERAL)).replaceAll(" ", "").split(/[#?]/, 1)
  return FOLDED.exec(text)?.[1]
}

const referencesOnce = new WeakMap<JsonObject, { readonly name: string | undefined }>()

/** Of a criterion's literal reference, read once for all records. */
export function foldedReference(reference: JsonObject): string | undefined {
  let known = referencesOnce.get(reference)
  if (!known) {
    const { reference: literal } = reference
    known = { name: typeof literal === "string" ? foldedName(literal) : undefined }
    referencesOnce.set(reference, known)
  }
  return known.name
}

/** By spelling of the value, the names of systems. */
export type SpelledIdentifiers = ReadonlyMap<string, ReadonlySet<string | undefined>>

/** Of a value that may be any. */
const ANY = ""

export function spelledIdentifiers(
  identifiers: ReadonlyMap<string, ReadonlySet<string | undefined>>,
): SpelledIdentifiers {
  const all = new Map<string, Set<string | undefined>>()
  for (const [value, systems] of identifiers) {
    const spelling = spelled(value) ?? ANY
    const known = all.get(spelling) ?? new Set()
    for (const system of systems)
      known.add(system === undefined || known.size >= MAX_SYSTEMS ? undefined : systemName(folded(system)))
    all.set(spelling, known)
  }
  return all
}

interface Wanted {
  /** undefined: it may be any */
  readonly value: string | undefined
  readonly system: string | undefined
}
const wantedOnce = new WeakMap<JsonObject, Wanted>()

/** A criterion's identifier, read once for all records. */
export function identifierOf(identifier: JsonObject): Wanted {
  let wanted = wantedOnce.get(identifier)
  if (!wanted) {
    const { system, value } = identifier
    wanted = {
      value: typeof value === "string" ? spelled(value) : undefined,
      system: typeof system === "string" ? systemName(folded(system)) : undefined,
    }
    wantedOnce.set(identifier, wanted)
  }
  return wanted
}

export function mayBeIdentifier({ value, system }: Wanted, found: SpelledIdentifiers): boolean {
  if (value === undefined) return true
  return [ANY, value].some((spelling) =>
    [...(found.get(spelling) ?? [])].some(
      (one) => one === undefined || system === undefined || maySystemBe(one, system),
    ),
  )
}

/** An object identifier and an address may name one system; two of a kind that differ in more than spelling do not. */
function maySystemBe(a: string, b: string): boolean {
  return a === b || isOid(a) !== isOid(b) || spelled(a) === spelled(b)
}
const isOid = (name: string) => /^\?[0-9.]+$/.test(name)
