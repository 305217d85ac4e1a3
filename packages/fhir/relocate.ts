import { isObject, type Json, type JsonObject } from "@aceso/core"

/**
 * The resource as it is about another patient: every reference to the one leads to the other. What stands beside such
 * a reference (identifier, display) named the former patient and is left out.
 * @returns undefined: nothing in it refers to the former patient by id
 */
export function relocated(resource: JsonObject, from: string, to: string): JsonObject | undefined {
  const moved = copied(resource, from, to, true)
  return moved.found > 0 ? moved.resource : undefined
}

/** The resource with what it called `Patient/<from>` under that patient's right id; it says no other of it. */
export const redirected = (resource: JsonObject, from: string, to: string): JsonObject =>
  copied(resource, from, to, false).resource

function copied(resource: JsonObject, from: string, to: string, isOther: boolean) {
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
      if (isOther && isReference && (name === "identifier" || name === "display" || name === "_display"))
        continue
      const version = isOther || typeof part !== "string" ? "" : part.slice(`Patient/${from}`.length)
      out[name] = isReference && name === "reference" ? `Patient/${to}${version}` : copy(part)
    }
    return out
  }
  return { resource: copy(resource) as JsonObject, found }
}
