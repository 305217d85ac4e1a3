import { isObject, type Json, type JsonObject } from "@aceso/core"

/**
 * The resource as it is about another patient: every reference to the one leads to the other. What stands beside such
 * a reference (identifier, display) named the former patient and is left out.
 * @returns undefined: nothing in it refers to the former patient by id
 */
export function relocated(resource: JsonObject, from: string, to: string): JsonObject | undefined {
  let found = 0
  const isFormer = (reference: Json | undefined) =>
    reference === `Patient/${from}` ||
    (typeof reference === "string" && reference.startsWith(`Patient/${from}/_history/`))
  const copy = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(copy)
    if (!isObject(value)) return value
    const out: JsonObject = {}
    const isReference = isFormer(value.reference)
    if (isReference) found++
    for (const [name, part] of Object.entries(value)) {
      if (isReference && (name === "identifier" || name === "display" || name === "_display")) continue
      out[name] = isReference && name === "reference" ? `Patient/${to}` : copy(part)
    }
    return out
  }
  const moved = copy(resource) as JsonObject
  return found > 0 ? moved : undefined
}
