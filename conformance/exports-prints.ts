import { canonicalText, isObject, type Json, type JsonObject, sha256, toHex, utf8 } from "@aceso/core"

const RELATIVE = /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(\/_history\/[^/]+)?$/

/**
 * A resource without what an import may set: its id, version and time, and where its references lead. All else,
 * number tokens among it, is in the print.
 * @param addresses of the entries around it (fullUrl), which an import replaces wherever they stand
 */
export function printOf(
  { id: _id, meta, ...rest }: JsonObject,
  addresses: ReadonlySet<string> = new Set(),
): string {
  const { versionId: _version, lastUpdated: _time, ...tags } = isObject(meta) ? meta : {}
  const left = { ...rest, ...(Object.keys(tags).length > 0 && { meta: tags }) }
  return toHex(sha256(utf8(canonicalText(unlinked(left, addresses, "")))))
}

/** How an import says beside a literal reference that it was to a Patient in the resource itself. */
const isAlternate = (extension: Json): boolean =>
  Array.isArray(extension) &&
  extension.length === 1 &&
  isObject(extension[0]) &&
  extension[0].url === "http://hl7.org/fhir/StructureDefinition/alternate-reference"

function unlinked(value: Json, addresses: ReadonlySet<string>, name: string): Json {
  if (typeof value === "string")
    return /ur[il]$/i.test(name) && (RELATIVE.test(value) || addresses.has(value)) ? "link" : value
  if (Array.isArray(value)) return value.map((one) => unlinked(one, addresses, name))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([member, part]) => member !== "reference" || typeof part !== "string")
      .filter(([member, part]) => member !== "extension" || !isAlternate(part))
      .map(([member, part]) => [member, unlinked(part, addresses, member)]),
  )
}

const VALUES = /^(value|low|high|referenceRange|dataAbsentReason)/

/** Number tokens and texts of an Observation's values and of its components', as they are written. */
export function valueTokens(observation: unknown): string {
  const found: string[] = []
  const leaves = (value: unknown): void => {
    if (typeof value === "string") found.push(value)
    else for (const [name, part] of membersOf(value)) if (name !== "reference") leaves(part)
  }
  const walk = (value: unknown): void => {
    for (const [name, part] of membersOf(value))
      if (VALUES.test(name)) leaves(part)
      else if (name === "component" || /^\d+$/.test(name)) walk(part)
  }
  walk(observation)
  return found.join("\n")
}

const membersOf = (value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    : []

/** JSON read by the platform's own parser, each number as the text that stands in the source. */
export const asWritten = (text: string): unknown =>
  JSON.parse(text, (_name, value, context?: { source?: string }) =>
    typeof value === "number"
      ? `number ${context?.source}`
      : typeof value === "boolean"
        ? String(value)
        : value,
  )
