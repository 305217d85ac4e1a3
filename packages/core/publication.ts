import type { Bytes } from "./bytes.ts"
import { fieldsOf } from "./case-rows.ts"
import { domainHash, type Hash } from "./hash.ts"
import { type Infer, oneOf, text, uint } from "./schema.ts"

/** What organisations publish for everybody (CAPABILITIES.md): the ledger has its name, kind, size and hash. */

/** Under which an organisation publishes something, in all its versions. */
export const slug = text(64, /^[a-z][a-z0-9-]*$/)
export const publicationKind = oneOf("medicine", "procedure", "plan", "form")
export type PublicationKind = Infer<typeof publicationKind>

export const MAX_PUBLICATION_BYTES = 2 ** 20
export const publicationSize = uint(MAX_PUBLICATION_BYTES, 1)

/** What the ledger has of a publication. It is public, so no salt hides it. */
export const publicationHash = (content: Bytes): Hash => domainHash("publication", content)

/** A row of `publications`, as those read it who have no contracts at hand. A test holds it to the table. */
export interface PublicationRow {
  /** Grows with each change, a withdrawal too. */
  readonly version: number
  readonly kind: PublicationKind
  /** null: it is withdrawn. */
  readonly hash: Hash | null
  readonly size: number
  /** Block time, ms. */
  readonly at: number
}

export const publicationRow = (row: Bytes): PublicationRow =>
  fieldsOf(row, ["version", "kind", "hash", "size", "at"])
/** Of `publicationCounts`: how many slugs a member has, those that are withdrawn too. */
export const publicationCountRow = (row: Bytes): number => fieldsOf<{ count: number }>(row, ["count"]).count
