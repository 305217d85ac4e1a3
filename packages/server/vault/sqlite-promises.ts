import type { Bytes } from "@aceso/core"
import { SqliteNonces } from "./sqlite-nonces.ts"
import type { PromiseCounts, WatchedPromise } from "./vault.ts"

/** Promises of custodians that this organisation looks after, until they are kept or reported. */
export abstract class SqlitePromises extends SqliteNonces {
  watchPromise(one: WatchedPromise, most: number): Promise<boolean> {
    return this.atomically(async () => {
      if (this.hasPromise(one.id)) return true
      const { open, gaveUp } = this.countPromises()
      if (open + gaveUp >= most) return false
      this.prepare("INSERT INTO promises VALUES (?, ?, ?, ?)").run(
        one.id,
        this.sealDocument("promise", one.id, one.content),
        one.lookAt,
        one.tries,
      )
      return true
    })
  }

  async duePromises(now: number, limit: number): Promise<readonly WatchedPromise[]> {
    const rows = this.prepare(
      "SELECT * FROM promises WHERE look_at IS NOT NULL AND look_at <= ? ORDER BY look_at LIMIT ?",
    ).all(now, limit) as unknown as { id: Bytes; content: Bytes; look_at: number; tries: number }[]
    return rows.map(({ id, content, look_at, tries }) => ({
      id,
      content: this.openDocument("promise", id, content),
      lookAt: look_at,
      tries,
    }))
  }

  lookAtPromise(id: Bytes, lookAt: number | null, tries: number): Promise<void> {
    return this.atomically(async () => {
      this.prepare("UPDATE promises SET look_at = ?, tries = ? WHERE id = ?").run(lookAt, tries, id)
    })
  }

  forgetPromise(id: Bytes): Promise<void> {
    return this.atomically(async () => {
      this.prepare("DELETE FROM promises WHERE id = ?").run(id)
    })
  }

  tryPromisesAgain(now: number): Promise<void> {
    return this.atomically(async () => {
      this.prepare("UPDATE promises SET look_at = ?, tries = 0 WHERE look_at IS NULL").run(now)
    })
  }

  async promiseCounts(): Promise<PromiseCounts> {
    return this.countPromises()
  }

  private countPromises(): PromiseCounts {
    const gaveUp = this.counted("given_up")
    return { open: this.counted("promises") - gaveUp, gaveUp }
  }

  private hasPromise(id: Bytes): boolean {
    return this.prepare("SELECT 1 FROM promises WHERE id = ?").get(id) !== undefined
  }
}
