import { join } from "node:path"
import { handles } from "@aceso/contracts"
import {
  type Bytes,
  isWholeLog,
  messageOf,
  OBJECT_EXTENSION,
  objectsIn,
  PlatformError,
  parseJson,
  type StateReader,
  type Table,
} from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { storedObject } from "../exchange/own-records.ts"
import { readSecret } from "../node/config.ts"
import type { LedgerOfMember } from "../node/ledger-client.ts"
import { hashesOf, logOnLedger } from "../records/log-hashes.ts"
import { gapOf } from "../recovery/gap.ts"
import { type Log, OWN_LOG } from "./record-log.ts"
import { SqliteVault } from "./sqlite-vault.ts"
import type { StoredRecord } from "./vault.ts"

export interface VaultFinding {
  readonly kind: string
  readonly where: string
  readonly detail: string
}

export interface VaultToVerify {
  /** Where vault.db and keyring.db lie. */
  readonly folder: string
  readonly keyFile: string
  readonly member: string
}

/** A state at one height. */
export interface StateToCompare extends StateReader {
  scan(
    table: Table,
    prefix: readonly unknown[],
  ): Iterable<{ readonly key: readonly unknown[]; readonly row: unknown }>
}

/**
 * Compares a vault with the ledger: every record decrypts to what was committed, every log is the ledger's. It only
 * reads, also while the vault's node runs: the vault is taken as it is at one moment. What the ledger had before is in
 * it, because the vault is written first; what it knows to be committed is on the ledger afterwards.
 * @param newer brings `state` to a height that the ledger has now
 * @returns undefined when there is no vault
 */
export async function verifyVault(
  { folder, keyFile, member }: VaultToVerify,
  state: StateToCompare,
  newer: () => Promise<void> = async () => {},
): Promise<{ records: number; findings: VaultFinding[] } | undefined> {
  const check = new Check(member, state)
  if (!isThere(join(folder, "vault.db"))) {
    const patients = [...state.scan(handles as never, [member])].length
    if (patients === 0) return undefined
    check.lacks("vault_missing", `${folder} holds no vault, and the ledger has ${patients} patients of it`)
    return check
  }
  let vault: SqliteVault | undefined
  try {
    const masterKey = readSecret(keyFile)
    vault = new SqliteVault({ folder, organisation: member, masterKey, isReadOnly: true })
    await check.log(vault, OWN_LOG, "own log")
    for (const { handle, alias } of await vault.patients()) await check.log(vault, handle, alias)
    for (const fault of vault.lookUpLeftOver()) check.inLookUp(fault, `vault of ${member}`)
    await check.gap(vault)
    await newer()
    await check.commitments()
  } catch (error) {
    // A damaged page, or another key: the rest of the vault cannot be read.
    check.find(error, "vault_unusable", `vault of ${member}`)
  } finally {
    await vault?.close()
  }
  return check
}

class Check {
  records = 0
  readonly findings: VaultFinding[] = []
  private readonly member: string
  private readonly ledger: LedgerOfMember
  /** How many entries of each log the vault knows to be committed. */
  private readonly known: { readonly log: Log; readonly name: string; readonly size: number }[] = []

  constructor(member: string, state: StateToCompare) {
    this.member = member
    const engine = {
      read: async (table: Table, key: readonly unknown[]) => state.get(table, key),
      scan: async (table: Table, prefix: readonly unknown[]) => [...state.scan(table, prefix)],
    }
    this.ledger = { engine: engine as never, member }
  }

  find(error: unknown, otherwise: string, where: string): void {
    const kind = error instanceof PlatformError ? error.code : otherwise
    this.findings.push({ kind, where, detail: messageOf(error) })
  }

  /** What the vault knows to be committed has to be on the ledger. */
  async commitments(): Promise<void> {
    for (const { log, name, size } of this.known) {
      const onLedger = await logOnLedger(this.ledger, log)
      if (onLedger.size >= size) continue
      this.findings.push({
        kind: "ledger_behind",
        where: `${this.member} ${name}`,
        detail: `the vault knows ${size} entries to be committed, the ledger has ${onLedger.size}: is this ledger from an older backup, or does the node still fetch blocks?`,
      })
    }
  }

  lacks(kind: string, detail: string): void {
    this.findings.push({ kind, where: `vault of ${this.member}`, detail })
  }

  /** The look-up index against the records, and against itself. */
  inLookUp(detail: string, where: string): void {
    this.findings.push({ kind: "look_up_differs", where, detail })
  }

  /** What only the ledger knows of (docs/operations.md, A vault that is older than the ledger). */
  async gap(vault: SqliteVault): Promise<void> {
    const { patients, policies, disclosures } = await gapOf(vault, this.ledger)
    const count = (kind: string, n: number, what: string) => {
      if (n > 0) this.lacks(kind, `the ledger has ${n} ${what} that the vault lacks; see aceso recover-vault`)
    }
    count("vault_lost_patients", patients.length, "patients")
    count("vault_lost_policies", policies.length, "newer policies")
    count("vault_lost_disclosures", disclosures, "disclosures")
  }

  /** @throws PlatformError `object_missing`, `object_differs`, `record_damaged` */
  private async objects(vault: SqliteVault, record: StoredRecord, content: Bytes): Promise<void> {
    if (Buffer.from(content).indexOf(OBJECT_EXTENSION) < 0) return
    for (const ref of objectsIn(parseJson(content))) await storedObject(vault, record, ref)
  }

  async log(vault: SqliteVault, log: Log, name: string): Promise<void> {
    const { member } = this
    const all = await vault.log(log)
    this.known.push({ log, name, size: all.findLastIndex(({ height }) => height !== null) + 1 })
    const onLedger = await logOnLedger(this.ledger, log)
    const entries = await hashesOf(vault, log, all)
    // What waits to be committed is beyond what the ledger has.
    if (!isWholeLog(entries.slice(0, onLedger.size), onLedger))
      this.findings.push({
        kind: "vault_log_differs",
        where: `${member} ${name}`,
        detail: `the vault has ${entries.length} entries, the ledger ${onLedger.size}, and they are not the same`,
      })
    for (const record of all) {
      this.records++
      try {
        const { content } = await vault.content(record)
        await this.objects(vault, record, content)
        const fault = vault.lookUpFault(record, content)
        if (fault !== undefined) this.inLookUp(fault, `${member} ${record.type}/${record.fhirId}`)
      } catch (error) {
        this.find(
          error,
          "record_damaged",
          `${member} ${record.type}/${record.fhirId} version ${record.version}`,
        )
      }
    }
  }
}
