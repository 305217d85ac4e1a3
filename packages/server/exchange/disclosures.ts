import { disclosureLogs, disclosures } from "@aceso/contracts"
import {
  auditEventHash,
  type Bytes,
  type DisclosurePromise,
  disclosureTag,
  makePromise,
  PlatformError,
  randomBytes,
} from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredDisclosure } from "../vault/vault.ts"

export interface Disclosed {
  readonly promise: DisclosurePromise
  readonly auditEvent: Bytes
  readonly auditSalt: Bytes
}

/** The custodian's log of releases and denials (PRIVACY.md, Disclosure). */
export class Disclosures {
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private readonly includeWithinMs: number
  private running: Promise<void> = Promise.resolve()

  /** @param includeWithinMs what promises say: 60 s, in the demo 5 s */
  constructor(vault: SqliteVault, ledger: LedgerClient, includeWithinMs: number) {
    this.vault = vault
    this.ledger = ledger
    this.includeWithinMs = includeWithinMs
  }

  /**
   * Makes an AuditEvent durable and promises its entry. Nothing may leave before this has resolved.
   * @param handle undefined: about nobody that is known here
   */
  note(handle: Bytes | undefined, auditEvent: Bytes, body: Bytes | null): Promise<Disclosed> {
    return this.vault.atomically(async () => {
      const salt = randomBytes(32)
      const event = auditEventHash(salt, auditEvent)
      const n = handle ? await this.vault.nextDisclosure(handle) : 0
      const tag = handle ? disclosureTag(this.vault.auditKey(handle), n) : randomBytes(16)
      const includeBy = Date.now() + this.includeWithinMs
      const stored: StoredDisclosure = {
        handle: handle ?? new Uint8Array(0),
        n,
        tag,
        salt,
        auditEvent,
        body,
        event,
        includeBy,
        height: null,
      }
      await this.vault.addDisclosure(stored)
      return this.promised(stored)
    })
  }

  /** The promise of an entry that was noted before; undefined: there is none under this tag. */
  async again(tag: Bytes): Promise<Disclosed | undefined> {
    const stored = await this.vault.disclosure(tag)
    return stored && this.promised(stored)
  }

  private promised({ tag, event, includeBy, auditEvent, salt }: StoredDisclosure): Disclosed {
    const { member: custodian, key, seed, engine } = this.ledger
    const promise = makePromise({ custodian, tag, event, includeBy, key }, engine.network, seed)
    return { promise, auditEvent, auditSalt: salt }
  }

  /** Brings what waits to the ledger. */
  flush(): Promise<void> {
    const next = () => this.run()
    this.running = this.running.then(next, next)
    return this.running
  }

  private async run(): Promise<void> {
    const { engine, member } = this.ledger
    for (;;) {
      const waiting = await this.vault.uncommittedDisclosures()
      const missing: StoredDisclosure[] = []
      // After a crash some may be there already.
      for (const one of waiting) if (!(await engine.read(disclosures, [member, one.tag]))) missing.push(one)
      const { checkpoint } = await engine.status()
      await this.vault.markDisclosed(
        waiting.filter((one) => !missing.includes(one)).map(({ tag }) => tag),
        checkpoint.height,
      )
      if (missing.length === 0) return
      const base = (await engine.read(disclosureLogs, [member]))?.size ?? 0
      const leaves = missing.map(({ tag, event }) => ({ tag, event }))
      try {
        const { height } = await this.ledger.call("disclosure", "commit", { base, leaves })
        await this.vault.markDisclosed(
          leaves.map(({ tag }) => tag),
          height,
        )
      } catch (error) {
        if (!(error instanceof PlatformError) || error.code !== "log_changed_meanwhile") throw error
      }
    }
  }
}
