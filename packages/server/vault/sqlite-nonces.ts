import type { Bytes } from "@aceso/core"
import { SqliteVisitors } from "./sqlite-visitors.ts"
import type { NonceUse } from "./vault.ts"

/** A signed request lives 60 s: more than 300 a second by one key are too many. */
export const NONCES_PER_KEY = 20_000
/** Each request takes one nonce in and puts more than one that have expired out. */
const EXPIRED_PER_USE = 16

/** Nonces of signed requests, kept until they expire. */
export abstract class SqliteNonces extends SqliteVisitors {
  useNonce(key: Bytes, nonce: Bytes, expiry: number, now: number): Promise<NonceUse> {
    return this.atomically(async () => {
      this.prepare(
        `DELETE FROM nonces WHERE (key, nonce) IN (SELECT key, nonce FROM nonces WHERE expiry < ? ORDER BY expiry LIMIT ${EXPIRED_PER_USE})`,
      ).run(now)
      const known = this.prepare("SELECT expiry FROM nonces WHERE key = ? AND nonce = ?").get(key, nonce)
      if (known) {
        if ((known.expiry as number) >= now) return "used"
        this.prepare("UPDATE nonces SET expiry = ? WHERE key = ? AND nonce = ?").run(expiry, key, nonce)
        return "fresh"
      }
      const count = this.prepare("SELECT n FROM nonce_counts WHERE key = ?").get(key)?.n as number | undefined
      if ((count ?? 0) >= NONCES_PER_KEY) return "too_many"
      this.prepare("INSERT INTO nonces VALUES (?, ?, ?)").run(key, nonce, expiry)
      return "fresh"
    })
  }
}
