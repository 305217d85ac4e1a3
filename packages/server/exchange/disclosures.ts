import { disclosureLogs, disclosures } from "@aceso/contracts"
import {
  auditEventHash,
  type Bytes,
  type Disclosed,
  decisionTag,
  disclosureTag,
  makePromise,
  nameOf,
  randomBytes,
} from "@aceso/core"
import { Batches } from "../node/batches.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import { ALL, Setbacks } from "../node/setbacks.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredDisclosure } from "../vault/vault.ts"

const NOBODY = new Uint8Array(0)

/** The custodian's log of releases and denials (PRIVACY.md, Disclosure). */
export class Disclosures {
  readonly setbacks: Setbacks
  /** Each is told once an entry is durable that a patient's device can read: whose. */
  readonly onNoted: ((handle: Bytes) => void)[] = []
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  /** What promises from now on say. */
  includeWithinMs: number
  private readonly batches: Batches<StoredDisclosure>
  private running: Promise<void> = Promise.resolve()
  /** The first setback of this round that the operator should know of. */
  private fault: unknown

  /** @param includeWithinMs what promises say: 60 s, in the demo 5 s; @param now ms */
  constructor(vault: SqliteVault, ledger: LedgerClient, includeWithinMs: number, now?: () => number) {
    this.vault = vault
    this.ledger = ledger
    this.includeWithinMs = includeWithinMs
    this.setbacks = new Setbacks("entries of the disclosure log", now)
    this.batches = new Batches(this.setbacks, {
      nameOf: ({ tag }) => nameOf(tag),
      send: (some) => this.send(some),
      replan: (some) => this.markWhatIsThere(some),
      onSetback: (error) => {
        this.fault ??= error
      },
    })
  }

  /**
   * Makes an AuditEvent durable and promises its entry. Nothing may leave before this has resolved.
   * @param handle undefined: about nobody that is known here
   */
  note(handle: Bytes | undefined, auditEvent: Bytes, body: Bytes | null): Promise<Disclosed> {
    return this.vault.atomically(async () => {
      if (!handle) return this.keep(NOBODY, 0, randomBytes(16), auditEvent, body)
      const n = await this.vault.nextDisclosure(handle)
      this.vault.afterCommit(() => {
        for (const told of this.onNoted) told(handle)
      })
      return this.keep(handle, n, disclosureTag(this.vault.auditKey(handle), n), auditEvent, body)
    })
  }

  /** An entry for a decision about whose records a patient's are: in no row of numbers that a patient's device reads. */
  noteDecision(handle: Bytes, auditEvent: Bytes): Promise<Disclosed> {
    return this.vault.atomically(async () => {
      const n = await this.vault.nextDecision(handle)
      return this.keep(NOBODY, 0, decisionTag(this.vault.auditKey(handle), n), auditEvent, null)
    })
  }

  private async keep(
    handle: Bytes,
    n: number,
    tag: Bytes,
    auditEvent: Bytes,
    body: Bytes | null,
  ): Promise<Disclosed> {
    const salt = randomBytes(32)
    const event = auditEventHash(salt, auditEvent)
    const includeBy = Date.now() + this.includeWithinMs
    const stored: StoredDisclosure = {
      ...{ handle, n, tag, salt, auditEvent, body, event, includeBy, height: null },
    }
    await this.vault.addDisclosure(stored)
    return this.promised(stored)
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

  /**
   * Brings what waits to the ledger, except what it refused and whose time to be tried again has not come.
   * @throws PlatformError what stood in the way of some, once the others are there
   */
  flush(): Promise<void> {
    const next = () => this.run()
    this.running = this.running.then(next, next)
    return this.running
  }

  private async run(): Promise<void> {
    this.fault = undefined
    this.batches.begin()
    while (!this.setbacks.isHeld(ALL)) {
      const waiting = await this.vault.uncommittedDisclosures(this.setbacks.apart())
      // After a crash some may be there already.
      const marked = await this.markWhatIsThere(waiting)
      if (waiting.length === 0) break
      if (marked === undefined) await this.batches.submit(waiting)
    }
    if (this.fault) throw this.fault
  }

  private async send(some: readonly StoredDisclosure[]): Promise<number> {
    const { engine, member } = this.ledger
    const base = (await engine.read(disclosureLogs, [member]))?.size ?? 0
    const leaves = some.map(({ tag, event }) => ({ tag, event }))
    const { height } = await this.ledger.call("disclosure", "commit", { base, leaves })
    await this.markDisclosed(some, height)
    return some.length
  }

  private async markWhatIsThere(some: readonly StoredDisclosure[]): Promise<number | undefined> {
    const { engine, member } = this.ledger
    const there: StoredDisclosure[] = []
    for (const one of some) if (await engine.read(disclosures, [member, one.tag])) there.push(one)
    if (there.length === 0) return undefined
    const { checkpoint } = await engine.status()
    await this.markDisclosed(there, checkpoint.height)
    return there.length
  }

  private markDisclosed(some: readonly StoredDisclosure[], height: number): Promise<void> {
    return this.vault.markDisclosed(
      some.map(({ tag }) => tag),
      height,
    )
  }
}
