import {
  bytes,
  hash32,
  type Infer,
  list,
  MAX_PUBLICATION_BYTES,
  memberId,
  nullable,
  object,
  payloadId,
  publicationKind,
  slug,
  text,
  uint,
} from "@aceso/core"

/** Entries of one page. */
export const PAGE = 200

/** How a publication is named: <member>/<slug>. */
export const placeText = text(97, /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/)

/** What a node has of a publication: as the ledger told it, with what its own copy says of itself. */
export const libraryEntry = object({
  member: memberId,
  slug,
  version: uint(),
  kind: publicationKind,
  /** null: it is withdrawn. */
  hash: nullable(hash32),
  size: uint(),
  /** Block time, ms. */
  at: uint(),
  /** Of the copy; null: there is none here. */
  title: nullable(text(200)),
  language: nullable(text(16)),
  /** Why there is no copy; null: there is one, or none is wanted. */
  lacking: nullable(text(64)),
})
export type LibraryEntry = Infer<typeof libraryEntry>

/** By member and slug; `next`: where the next page begins, null: this was the last one. */
export const libraryPage = object({ entries: list(libraryEntry, PAGE), next: nullable(placeText) })
export type LibraryPage = Infer<typeof libraryPage>

export const publicationContent = bytes(1, MAX_PUBLICATION_BYTES)
/** A copy. */
export const publicationAnswer = object({ version: uint(), content: publicationContent })
/** Hexadecimal, and what stands around it. */
export const MAX_ANSWER_BYTES = 2 * MAX_PUBLICATION_BYTES + 1_024

export const publishQuestion = object({
  slug,
  base: uint(),
  kind: publicationKind,
  document: publicationContent,
})
export const withdrawQuestion = object({ slug, base: uint() })
export const publishAnswer = object({ version: uint(), payloadId })
