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

/** Compares a vault with the ledger: every record decrypts to what was committed, every log is the ledger's. */
export async function verifyVault(
  nodeFolder: string,
  member: string,
  state: StateReader,
): Promise<{ checked: Record<string, number>; findings: VaultFinding[] }> {
  const findings: VaultFinding[] = []
  if (!existsSync(join(nodeFolder, "vault", "vault.db"))) return { checked: {}, findings }
  const vault = new SqliteVault({
    folder: join(nodeFolder, "vault"),
    organisation: member,
    masterKey: readSecret(join(nodeFolder, "vault.key")),
  })
  let records = 0
  const check = async (log: Log, name: string) => {
    const all = (await vault.log(log)).filter(({ height }) => height !== null)
    const row = log.length === 0 ? state.get(ownLogs, [member]) : state.get(recordLogs, [member, log])
    const onLedger = row ?? EMPTY_FRONTIER
    const entries = all.map(entryHash)
    // The ledger may have grown since: the vault's committed part must not be longer, nor differ.
    if (!isWholeLog(entries.slice(0, onLedger.size), onLedger))
      findings.push({
        kind: "vault_log_differs",
        where: `${member} ${name}`,
        detail: `the vault has ${all.length} entries, the ledger ${onLedger.size}, and they are not the same`,
      })
    for (const record of all) {
      records++
      try {
        await vault.content(record)
      } catch (error) {
        const kind = error instanceof PlatformError ? error.code : "record_damaged"
        findings.push({
          kind,
          where: `${member} ${record.type}/${record.fhirId} version ${record.version}`,
          detail: messageOf(error),
        })
      }
    }
  }
  await check(OWN_LOG, "own log")
  for (const { handle, alias } of await vault.patients()) await check(handle, alias)
  await vault.close()
  return { checked: { records }, findings }
}
