import { MAX_IMPORT_BYTES } from "@aceso/client/importing/limits.ts"

/** What a page takes of files; whatever is more is for `aceso import`. */
export const MAX_FILES = 10_000
/** Of lines, which are sent in parts. */
export const MAX_LINES_BYTES = 512 * 2 ** 20
/** Of a bundle or a single resource, which the node takes whole. */
export const MAX_DOCUMENT_BYTES = MAX_IMPORT_BYTES

const LINES = /\.(ndjson|jsonl)(\.gz)?$/i

/** Said of a file without reading it. */
export const isTooLarge = (name: string, sizeBytes: number): boolean =>
  sizeBytes > (LINES.test(name) ? MAX_LINES_BYTES : MAX_DOCUMENT_BYTES)
