import { existsSync } from "node:fs"
import { join } from "node:path"
import { ownLogs, recordLogs } from "@aceso/contracts"
import {
  EMPTY_FRONTIER,
  entryHash,
  isWholeLog,
  messageOf,
  PlatformError,
  type StateReader,
} from "@aceso/core"
import { readSecret } from "../node/config.ts"
import { SqliteVault } from "./sqlite-vault.ts"
import { type Log, OWN_LOG } from "./vault.ts"

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

/**
 * Compares a vault with the ledger: every record decrypts to what was committed, every log is the ledger's. It only
 * reads, also while the vault's node runs.
 * @returns undefined when there is no vault
 */
export async function verifyVault(
  { folder, keyFile, member }: VaultToVerify,
  state: StateReader,
): Promise<{ records: number; findings: VaultFinding[] } | undefined> {
  if (!existsSync(join(folder, "vault.db"))) return undefined
  const check = new Check(member, state)
  let vault: SqliteVault | undefined
  try {
    const masterKey = readSecret(keyFile)
    vault = new SqliteVault({ folder, organisation: member, masterKey, isReadOnly: true })
    await check.log(vault, OWN_LOG, "own log")
    for (const { handle, alias } of await vault.patients()) await check.log(vault, handle, alias)
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
  private readonly state: StateReader

  constructor(member: string, state: StateReader) {
    this.member = member
    this.state = state
  }

  find(error: unknown, otherwise: string, where: string): void {
    const kind = error instanceof PlatformError ? error.code : otherwise
    this.findings.push({ kind, where, detail: messageOf(error) })
  }

  async log(vault: SqliteVault, log: Log, name: string): Promise<void> {
    const { member, state } = this
    const all = await vault.log(log)
    const row = log.length === 0 ? state.get(ownLogs, [member]) : state.get(recordLogs, [member, log])
    const onLedger = row ?? EMPTY_FRONTIER
    const entries = all.map(entryHash)
    // What waits to be committed is beyond what the ledger has.
    if (!isWholeLog(entries.slice(0, onLedger.size), onLedger))
      this.findings.push({
        kind: "vault_log_differs",
        where: `${member} ${name}`,
        detail: `the vault has ${all.length} entries, the ledger ${onLedger.size}, and they are not the same`,
      })
    for (const record of all) {
      this.records++
      try {
        await vault.content(record)
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
