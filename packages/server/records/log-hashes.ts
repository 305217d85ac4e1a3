import { ownLogs, recordLogs } from "@aceso/contracts"
import { EMPTY_LOG, entryHash, type Hash, type RecordLog } from "@aceso/core"
import type { LedgerOfMember } from "../node/ledger-client.ts"
import type { Log } from "../vault/record-log.ts"
import type { StoredRecord, Vault } from "../vault/vault.ts"

/** The hashes of a log's entries in order, those included that a recovery lost. @param records if they were read before */
export async function hashesOf(vault: Vault, log: Log, records?: readonly StoredRecord[]): Promise<Hash[]> {
  const hashes: Hash[] = []
  for (const record of records ?? (await vault.log(log))) hashes[record.index] = entryHash(record)
  for (const { index, entry } of await vault.lostEntries(log)) hashes[index] = entry
  return hashes
}

/** A log as the ledger has it now. */
export async function logOnLedger({ engine, member }: LedgerOfMember, log: Log): Promise<RecordLog> {
  const row = log.length === 0 ? engine.read(ownLogs, [member]) : engine.read(recordLogs, [member, log])
  return (await row) ?? EMPTY_LOG
}
