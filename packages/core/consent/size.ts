import { PlatformError } from "../errors.ts"
import { isObject, type Json } from "../json.ts"
import type { PolicyDocument } from "../policy-tree.ts"

/** How large a policy may be, so that it can be decided for each record of an answer (docs/operations.md, Limits). */
const MAX_POLICY_BYTES = 2 ** 20
/** Objects, and members of lists, in the provisions of all documents. */
const MAX_CRITERIA = 10_000

/** @throws PlatformError `policy_unknown` */
export function checkBytes(documents: readonly PolicyDocument[]): void {
  const bytes = documents.reduce((sum, { content }) => sum + content.length, 0)
  if (bytes > MAX_POLICY_BYTES)
    throw tooLarge(`the policy's documents have ${bytes} bytes, more than ${MAX_POLICY_BYTES}`)
}

/** @throws PlatformError `policy_unknown` */
export function checkCriteria(criteria: number): void {
  if (criteria > MAX_CRITERIA)
    throw tooLarge(`the policy's documents have ${criteria} criteria, more than ${MAX_CRITERIA}`)
}

const tooLarge = (why: string) =>
  new PlatformError("policy_unknown", `${why}: take some back, or write them with fewer`)

/** Of a provision: its objects, with itself, and the members of its lists. */
export function sizeOf(value: Json): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + Math.max(sizeOf(one), 1), 0)
  if (!isObject(value)) return 0
  return Object.values(value).reduce<number>((sum, one) => sum + sizeOf(one), 1)
}
