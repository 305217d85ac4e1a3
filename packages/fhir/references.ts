import { type Json, JsonNumber, type JsonObject } from "@aceso/core"
import { resourceTypes } from "./compartment.table.ts"
import { RELATIVE } from "./source-ids.ts"

/** Members whose text is a reference or an address: there alone it means an entry. */
function isAddress(name: string): boolean {
  // Asked for every text of an import: most names end otherwise.
  const last = name.charCodeAt(name.length - 1) | 0x20
  if (last !== 0x6c && last !== 0x69) return name === "reference"
  return /ur[il]$/i.test(name)
}

/** Replaces what has a target; collects references that have none. */
export function rewrite(
  value: Json,
  targetOf: (address: string) => string | undefined,
  unresolved: Set<string>,
  name = "",
): Json {
  if (typeof value === "string") {
    const target = isAddress(name) ? targetOf(value) : undefined
    if (target) return target
    if (name === "reference" && !value.startsWith("#")) unresolved.add(value)
    return value
  }
  if (value === null || typeof value !== "object" || value instanceof JsonNumber) return value
  // Most parts hold no link and are shared, not copied.
  let copy: Json[] | JsonObject | undefined
  for (const member of Object.keys(value)) {
    const part = (value as JsonObject)[member]
    const mine = rewrite(part, targetOf, unresolved, Array.isArray(value) ? name : member)
    if (mine === part) continue
    copy ??= Array.isArray(value) ? [...value] : { ...value }
    ;(copy as JsonObject)[member] = mine
  }
  return copy ?? value
}

/** References whose target depends on what is here: by an id of their source, or by a condition. */
export interface OpenReferences {
  /** `<type>/<id>`, perhaps with a version behind it. */
  readonly relative: readonly string[]
  /** `<type>?<condition>`. */
  readonly conditional: readonly string[]
}

const types = new Set(resourceTypes)
const CONDITIONAL = /^[A-Z][A-Za-z]*\?/
export const NO_REFERENCES: OpenReferences = { relative: [], conditional: [] }

/** The open references of one resource. A bundle that is stored as it is keeps its references. */
export function openReferences(resource: JsonObject): OpenReferences {
  if (resource.resourceType === "Bundle") return NO_REFERENCES
  const [relative, conditional] = [new Set<string>(), new Set<string>()]
  collect(resource, relative, conditional)
  return relative.size + conditional.size === 0
    ? NO_REFERENCES
    : { relative: [...relative], conditional: [...conditional] }
}

function collect(value: JsonObject | Json[], relative: Set<string>, conditional: Set<string>): void {
  for (const member of Object.keys(value)) {
    const part = (value as JsonObject)[member]
    if (typeof part === "string") {
      if (!isAddress(member)) continue
      if (types.has(RELATIVE.exec(part)?.[1] ?? "")) relative.add(part)
      else if (member === "reference" && CONDITIONAL.test(part)) conditional.add(part)
    } else if (part !== null && typeof part === "object" && !(part instanceof JsonNumber))
      collect(part, relative, conditional)
  }
}

/** Type and id of a relative reference, and what stands behind them. */
export function partsOf(reference: string): {
  readonly type: string
  readonly id: string
  readonly version: string
} {
  const [, type, id, version] = RELATIVE.exec(reference) as RegExpExecArray
  return { type, id, version: version ?? "" }
}
