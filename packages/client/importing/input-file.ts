import type { Bytes } from "@aceso/core"
import type { OtherKind } from "./other-kind.ts"

/** A file as it lies on a disk, or in a browser: nothing of it is read yet. */
export interface InputSource {
  /** Tells it from all others of the import. */
  readonly path: string
  /** How messages name it: below the folder that was named. */
  readonly name: string
  /** The folder that it lies in. */
  readonly folder: string
  /** As it lies there. */
  readonly sizeBytes: number
  /** Its beginning, as it lies there. */
  first(bytes: number): Promise<Bytes>
  /** All of it, one piece after the other. @param isPacked unpacked on the way */
  pieces(isPacked: boolean): AsyncIterable<Bytes>
  /** All of it at once, as it lies there. */
  whole(): Promise<Bytes>
}

/** A file that an import takes. */
export interface InputFile {
  readonly from: InputSource
  /** One JSON document, or lines of one resource each (NDJSON). */
  readonly kind: "document" | "lines"
  readonly isPacked: boolean
  /** It holds Patients; others may refer to them. */
  readonly hasPatients: boolean
  /** It asks for what has to be there by a number. */
  readonly hasConditions: boolean
  /** Of a history, the oldest time that is in it, ms; Infinity: it has none. Undefined: it is no history. */
  readonly changedAt: number | undefined
  /** SHA-256 of what is in it. */
  readonly hash: Bytes
}

/** Why a file is left out. */
export type SkipReason =
  | OtherKind["reason"]
  | "empty_file"
  | "unreadable"
  | "bad_gzip"
  | "not_named_so"
  | "hidden_folder"
  | "no_file"
  | "file_too_large"

export interface SkippedFile {
  readonly name: string
  readonly reason: SkipReason
  /** The reason in words. */
  readonly why: string
  /** The folder that it lies in. */
  readonly folder: string
}

export interface Looked {
  readonly files: readonly InputFile[]
  readonly skipped: readonly SkippedFile[]
}

/** SHA-256 over pieces, as the platform has it. */
export interface Hasher {
  update(bytes: Bytes): unknown
  digest(): Bytes
}
export type NewHasher = () => Hasher

/** Pieces as one. */
export function joined(pieces: readonly Bytes[]): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
