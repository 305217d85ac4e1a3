import { concat, entryHash, type Handle, isWholeLog, nameOf, PlatformError, randomBytes } from "@aceso/core"
import { Batches } from "../node/batches.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import { ALL, Setbacks } from "../node/setbacks.ts"
import type { Log } from "../vault/record-log.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredRecord } from "../vault/vault.ts"
import { appendRecords } from "./append.ts"
import { Enrolment } from "./enrolment.ts"
import { hashesOf, logOnLedger } from "./log-hashes.ts"

/** An envelope has 262,144 bytes: entries of this many records fit, whatever handles they belong to. */
const RECORDS_PER_TRANSACTION = 2_500
const IN_FLIGHT = 4

interface Mark {
  readonly log: Log
  readonly upTo: number
  readonly height: number
  readonly isNews: boolean
}

/** Entries of one log that follow each other. */
type Part = readonly StoredRecord[]

/**
 * Brings handles and the entries of the vault's records to the ledger, many together. What is in the vault and not
 * yet acknowledged is found again after a crash; a commit names the size that it builds on, so none is made
 * twice.
 */
export class Committer {
  readonly setbacks: Setbacks
  /** Told of whose records the ledger has more by now: handles. Dummies are nothing new. */
  onCommitted: (handles: readonly Handle[]) => void = () => {}
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private readonly enrolment: Enrolment
  private readonly batches: Batches<Part>
  /** Chance that a window adds a dummy entry to some patient's log; may change meanwhile. */
  dummyRate: number
  private running: Promise<number> = Promise.resolve(0)
  /** The first setback of this round that the operator should know of. */
  private fault: unknown

  /** @param now ms */
  constructor(vault: SqliteVault, ledger: LedgerClient, dummyRate: number, now?: () => number) {
    this.vault = vault
    this.ledger = ledger
    this.dummyRate = dummyRate
    this.setbacks = new Setbacks("handles of patients, or entries of their records", now)
    const onSetback = (error: unknown) => {
      this.fault ??= error
    }
    this.enrolment = new Enrolment(vault, ledger, this.setbacks, onSetback)
    this.batches = new Batches(this.setbacks, {
      nameOf: ([{ log }]) => nameOf(log),
      send: (parts) => this.send(parts),
      replan: (parts) => this.markWhatIsThere(parts),
      onSetback,
    })
  }

  /**
   * Commits everything that waits, except what the ledger refused and whose time to be tried again has not come.
   * @returns how many entries were acknowledged
   * @throws PlatformError what stood in the way of some, once the others are there
   */
  flush(onProgress: (committed: number) => void = () => {}): Promise<number> {
    const next = () => this.run(onProgress)
    this.running = this.running.then(next, next)
    return this.running
  }

  private async run(onProgress: (committed: number) => void): Promise<number> {
    this.fault = undefined
    if (this.setbacks.isHeld(ALL)) return 0
    await this.addDummies()
    let total = 0
    for (;;) {
      this.batches.begin()
      await this.enrolment.run()
      if (this.setbacks.isHeld(ALL)) break
      const apart = this.setbacks.apart()
      const records = await this.vault.uncommitted(RECORDS_PER_TRANSACTION * IN_FLIGHT, apart)
      if (records.length === 0) break
      const committed = await this.commit(records)
      total += committed
      if (committed > 0) onProgress(total)
      else if (this.setbacks.apart().length === apart.length) break
    }
    if (this.fault) throw this.fault
    return total
  }

  private async commit(records: readonly StoredRecord[]): Promise<number> {
    const logs = Map.groupBy(records, ({ log }) => nameOf(log))
    const groups: Part[][] = [[]]
    let size = 0
    for (const log of logs.values())
      for (let from = 0; from < log.length; from += RECORDS_PER_TRANSACTION) {
        const part = log.slice(from, from + RECORDS_PER_TRANSACTION)
        if (size + part.length > RECORDS_PER_TRANSACTION && size > 0) {
          groups.push([])
          size = 0
        }
        groups[groups.length - 1].push(part)
        size += part.length
      }
    // Parts of one log follow each other; transactions are submitted in order and the engine keeps it.
    const results = await Promise.allSettled(groups.map((group) => this.batches.submit(group)))
    let committed = 0
    for (const result of results) {
      if (result.status === "rejected") throw result.reason
      committed += result.value
    }
    return committed
  }

  private async send(parts: readonly Part[]): Promise<number> {
    const entriesOf = (records: Part) => ({
      base: records[0].index,
      entries: concat(...records.map(entryHash)),
    })
    const own = parts.find(([{ log }]) => log.length === 0)
    const logs = parts
      .filter((records) => records !== own)
      .map((records) => ({ handle: records[0].log, ...entriesOf(records) }))
    const { height } = await this.ledger.call(
      "records",
      "commit",
      own ? { logs, own: entriesOf(own) } : { logs },
    )
    await this.mark(
      parts.map((records) => ({
        ...{ log: records[0].log, upTo: records[records.length - 1].index, height },
        isNews: isNews(records),
      })),
    )
    return parts.reduce((sum, { length }) => sum + length, 0)
  }

  /**
   * After a crash the ledger may hold what the vault does not know to be committed. What is there and the very
   * same is marked; the rest is tried again with the next round.
   */
  private async markWhatIsThere(parts: readonly Part[]): Promise<number | undefined> {
    const { checkpoint } = await this.ledger.engine.status()
    const found: Mark[] = []
    let marked = 0
    let isExplained = false
    for (const records of parts) {
      const [{ log, index }] = records
      const entries = await hashesOf(this.vault, log)
      const onLedger = await logOnLedger(this.ledger, log)
      if (!isWholeLog(entries.slice(0, onLedger.size), onLedger)) {
        isExplained = true
        const error = new PlatformError(
          "vault_behind",
          `the ledger's log has ${onLedger.size} entries that are not the vault's; was the vault restored from an old backup?`,
        )
        this.setbacks.stop(nameOf(log), error)
        this.fault ??= error
      } else if (onLedger.size > index) {
        isExplained = true
        marked += Math.min(records.length, onLedger.size - index)
        found.push({ log, upTo: onLedger.size - 1, height: checkpoint.height, isNews: isNews(records) })
      }
      // The part before this one was refused: this one waits for it.
      else if (onLedger.size < index) isExplained = true
    }
    await this.mark(found)
    return isExplained ? marked : undefined
  }

  private async mark(marks: readonly Mark[]): Promise<void> {
    await this.vault.atomically(async () => {
      for (const { log, upTo, height } of marks) await this.vault.markCommitted(log, upTo, height)
    })
    // Of the organisation itself there is no patient to tell.
    this.onCommitted(marks.flatMap(({ log, isNews }) => (isNews && log.length > 0 ? [log] : [])))
  }

  /** A dummy looks like a record whose content is withheld; only the patient is told. */
  private async addDummies(): Promise<void> {
    if (randomBytes(1)[0] >= this.dummyRate * 256) return
    const chosen = await this.vault.anyPatient()
    if (!chosen) return
    await this.vault.atomically(async () => {
      const dummy = {
        log: chosen.handle,
        index: await this.vault.logSize(chosen.handle),
        recordId: randomBytes(32),
        version: 1,
        operation: "create" as const,
        type: "",
        fhirId: "",
        content: new Uint8Array(0),
      }
      await appendRecords(this.vault, [dummy])
    })
  }
}

const isNews = (records: Part): boolean => records.some(({ type }) => type !== "")
