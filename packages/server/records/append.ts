import { recordCommitment } from "@aceso/core"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { NewRecord } from "../vault/vault.ts"

/** A record to be, before it has a key, a salt and a commitment. */
export type PlannedRecord = Omit<NewRecord, "salt" | "key" | "commitment">

/** Appends records to their logs, each version under a fresh key and salt. The caller holds the transaction. */
export async function appendRecords(vault: SqliteVault, records: readonly PlannedRecord[]): Promise<void> {
  const keys = vault.keyring.make(records.map(({ recordId, version }) => ({ record: recordId, version })))
  await vault.append(
    records.map((record, i) => ({
      ...record,
      ...keys[i],
      commitment: recordCommitment(keys[i].salt, record.content),
    })),
  )
}
