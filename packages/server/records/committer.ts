import { ownLogs, recordLogs } from "@aceso/contracts"
import {
  concat,
  EMPTY_FRONTIER,
  entryHash,
  type Frontier,
  isWholeLog,
  nameOf,
  PlatformError,
  randomBytes,
} from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { Log, StoredRecord } from "../vault/vault.ts"
import { appendRecords } from "./append.ts"

/** An envelope has 262,144 bytes: entries of this many records fit, whatever handles they belong to. */
const RECORDS_PER_TRANSACTION = 2_500
const IN_FLIGHT = 4

interface Mark {
  readonly log: Log
  readonly upTo: number
  readonly height: number
}

/**
 * Brings the entries of the vault's records to the ledger, many handles together. What is in the vault and not
 * yet acknowledged is found again after a crash; a commit names the size that it builds on, so none is made
 * twice.
 */
export class Committer {
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  /** Chance that a window adds a dummy entry to some patient's log. */
  private readonly dummyRate: number
  private running: Promise<number> = Promise.resolve(0)

  constructor(vault: SqliteVault, ledger: LedgerClient, dummyRate: number) {
    this.vault = vault
    this.ledger = ledger
    this.dummyRate = dummyRate
  }

  /** Commits everything that waits. @returns how many entries were acknowledged */
  flush(onProgress: (committed: number) => void = () => {}): Promise<number> {
    const next = () => this.run(onProgress)
    this.running = this.running.then(next, next)
    return this.running
  }

  private async run(onProgress: (committed: number) => void): Promise<number> {
    await this.addDummies()
    let total = 0
    for (;;) {
      const records = await this.vault.uncommitted(RECORDS_PER_TRANSACTION * IN_FLIGHT)
      if (records.length === 0) return total
      await this.commit(records)
      total += records.length
      onProgress(total)
    }
  }

  private async commit(records: readonly StoredRecord[]): Promise<void> {
    const logs = new Map<string, StoredRecord[]>()
    for (const record of records) {
      const name = nameOf(record.log)
      const log = logs.get(name)
      if (log) log.push(record)
      else logs.set(name, [record])
    }
    const groups: StoredRecord[][][] = [[]]
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
    const results = await Promise.allSettled(groups.map((group) => this.submit(group)))
    for (const result of results) if (result.status === "rejected") throw result.reason
  }

  private async submit(group: readonly (readonly StoredRecord[])[]): Promise<void> {
    const part = (records: readonly StoredRecord[]) => ({
      base: records[0].index,
      entries: concat(...records.map(entryHash)),
    })
    const own = group.find((records) => records[0].log.length === 0)
    const logs = group
      .filter((records) => records !== own)
      .map((records) => ({ handle: records[0].log, ...part(records) }))
    try {
      const { height } = await this.ledger.call(
        "records",
        "commit",
        own ? { logs, own: part(own) } : { logs },
      )
      await this.mark(
        group.map((records) => ({ log: records[0].log, upTo: records[records.length - 1].index, height })),
      )
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== "log_changed_meanwhile") throw error
      await this.markWhatIsThere(group)
    }
  }

  /**
   * After a crash the ledger may hold what the vault does not know to be committed. What is there and the very
   * same is marked; the rest is tried again with the next round.
   */
  private async markWhatIsThere(group: readonly (readonly StoredRecord[])[]): Promise<void> {
    const { checkpoint } = await this.ledger.engine.status()
    const found: Mark[] = []
    for (const [{ log, index }] of group) {
      const entries = (await this.vault.log(log)).map(entryHash)
      const onLedger = await this.logOnLedger(log)
      if (!isWholeLog(entries.slice(0, onLedger.size), onLedger))
        throw new PlatformError(
          "vault_behind",
          `the ledger's log has ${onLedger.size} entries that are not the vault's; was the vault restored from an old backup?`,
        )
      if (onLedger.size > index) found.push({ log, upTo: onLedger.size - 1, height: checkpoint.height })
    }
    if (found.length === 0)
      throw new PlatformError(
        "vault_behind",
        "the ledger refuses the vault's entries although it has none of them; run aceso verify",
      )
    await this.mark(found)
  }

  private mark(marks: readonly Mark[]): Promise<void> {
    return this.vault.atomically(async () => {
      for (const { log, upTo, height } of marks) await this.vault.markCommitted(log, upTo, height)
    })
  }

  private async logOnLedger(log: Log): Promise<Frontier> {
    const { engine, member } = this.ledger
    const row =
      log.length === 0 ? await engine.read(ownLogs, [member]) : await engine.read(recordLogs, [member, log])
    return row ?? EMPTY_FRONTIER
  }

  /** A dummy looks like a record whose content is withheld; only the patient is told. */
  private async addDummies(): Promise<void> {
    if (randomBytes(1)[0] >= this.dummyRate * 256) return
    const patients = await this.vault.patients()
    if (patients.length === 0) return
    const chosen = patients[new DataView(randomBytes(4).buffer).getUint32(0) % patients.length]
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
