import { isObject, type Json, type JsonObject } from "@aceso/core"
import { withoutVersion } from "./references.ts"

/**
 * The resource as it is about another patient: every reference to the one leads to the other. What stands beside such
 * a reference (identifier, display) named the former patient and is left out.
 * @returns undefined: nothing in it refers to the former patient by id
 */
export function relocated(resource: JsonObject, from: string, to: string): JsonObject | undefined {
  const moved = copied(resource, from, to)
  return moved.found > 0 ? moved.resource : undefined
}

/**
 * The resource with other references in place of those that somebody's records were sent with.
 * @param targets patients' ids here by how references call them, without versions
 */
export function redirected(resource: JsonObject, targets: ReadonlyMap<string, string>): JsonObject {
  const copy = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(copy)
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [
        name,
        name === "reference" && typeof part === "string" ? replaced(part) : copy(part),
      ]),
    )
  }
  const replaced = (reference: string) => {
    const whole = withoutVersion(reference)
    const target = targets.get(whole)
    return target === undefined ? reference : `Patient/${target}${reference.slice(whole.length)}`
  }
  return copy(resource) as JsonObject
}

function copied(resource: JsonObject, from: string, to: string) {
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
  return { resource: copy(resource) as JsonObject, found }
}
