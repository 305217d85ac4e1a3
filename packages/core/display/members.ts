import type { JsonObject } from "../json.ts"

/** The members that hold an element: its name, or that of a choice element with a type; also where only `_name` is there. */
export function membersOf(from: JsonObject, name: string): string[] {
  const found: string[] = []
  for (const key in from) {
    if (!key.startsWith(name, key[0] === "_" ? 1 : 0) || !elementNames(key).includes(name)) continue
    const member = memberOf(key)
    if (key === member || from[member] === undefined) found.push(member)
  }
  return found
}

/** What a member may hold, also where it is the `_name` beside it: the element of its name, or of a choice without the type. */
export function elementNames(key: string): readonly string[] {
  const known = elements.get(key)
  if (known) return known
  const member = memberOf(key)
  const found = [member]
  for (let at = Math.max(1, member.length - LONGEST_TYPE); at < member.length; at++)
    if (CHOICE_TYPES.has(member.slice(at))) found.push(member.slice(0, at))
  if (elements.size < MAX_KNOWN && key.length <= MAX_NAME) elements.set(key, found)
  return found
}

export const memberOf = (key: string): string => (key[0] === "_" ? key.slice(1) : key)

/** R4 has some thousand names of members; odd ones come from anywhere. */
const MAX_KNOWN = 5000
const MAX_NAME = 100
const elements = new Map<string, readonly string[]>()

/** What stands behind the name of a choice element (R4 2.24.0, `[x]`). */
const CHOICE_TYPES = new Set(
  `Boolean Integer PositiveInt UnsignedInt Decimal String Markdown Code Uri Url Canonical Oid Uuid Date DateTime Time
  Instant Base64Binary Quantity Age Duration Money Range Ratio Period Timing CodeableConcept Coding Reference Identifier
  Attachment SampledData Annotation Address ContactPoint HumanName Signature Dosage Count Distance`.split(
    /\s+/,
  ),
)
const LONGEST_TYPE = Math.max(...[...CHOICE_TYPES].map((type) => type.length))
