import type { Bytes } from "./bytes.ts"
import { decodeTrusted } from "./cbor.ts"
import { PlatformError } from "./errors.ts"
import type { PublicKey } from "./ids.ts"
import { bool, type Infer, nullable, object, uint } from "./schema.ts"

/** So long the person can object to another key that the desk put in place of a lost one, ms (PRIVACY.md, Patient's keys). */
export const REKEY_MS = 72 * 3_600_000

/** The key of a handle as the ledger has it; `next` takes its place REKEY_MS after `since`, without another write. */
export interface HandleKey {
  readonly key: PublicKey | null
  /** How many keys there were. */
  readonly keyNumber: number
  readonly next: { readonly key: PublicKey; readonly since: number } | null
}

export interface KeyStanding {
  readonly key: PublicKey | null
  readonly keyNumber: number
  /** Another key waits to take its place: nothing is granted meanwhile. */
  readonly isPending: boolean
}

/** Whose key counts at a moment. @param time ms */
export function keyAt({ key, keyNumber, next }: HandleKey, time: number): KeyStanding {
  if (next === null) return { key, keyNumber, isPending: false }
  if (time < next.since + REKEY_MS) return { key, keyNumber, isPending: true }
  return { key: next.key, keyNumber: keyNumber + 1, isPending: false }
}

/** That a desk put another key in place of a handle's, as the ledger has it: from then on the custodian could act for it. */
export const rekeyed = object({
  /** It does not count yet. */
  isPending: bool(),
  /** When the newest was put there, ms; null: the ledger has no more than that it was. */
  since: nullable(uint()),
  /** From when it counts, ms. */
  from: nullable(uint()),
})
export type Rekeyed = Infer<typeof rekeyed>

/** Undefined: the handle has its first key, or none. @param time ms */
export function rekeyedIn({ keyNumber, next }: HandleKey, time: number): Rekeyed | undefined {
  if (next === null) return keyNumber > 1 ? { isPending: false, since: null, from: null } : undefined
  const from = next.since + REKEY_MS
  return { isPending: time < from, since: next.since, from }
}

/** A `handles` row: [version, key, keyNumber, enrolledAt, next]. A test holds it to the table. */
export function handleKeyRow(row: Bytes): HandleKey {
  const value = decodeTrusted(row)
  if (!Array.isArray(value) || value.length !== 5)
    throw new PlatformError("bad_evidence", "the row of the handle cannot be read")
  const [, key, keyNumber, , next] = value as unknown as [
    number,
    PublicKey | null,
    number,
    number,
    HandleKey["next"],
  ]
  return { key, keyNumber, next }
}
