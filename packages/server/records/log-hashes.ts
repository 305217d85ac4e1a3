import { entryHash, type Hash } from "@aceso/core"
import type { Log, Vault } from "../vault/vault.ts"

/** The hashes of a log's entries in order, those included that a recovery lost. */
export async function hashesOf(vault: Vault, log: Log): Promise<Hash[]> {
  const hashes: Hash[] = []
  for (const record of await vault.log(log)) hashes[record.index] = entryHash(record)
  for (const { index, entry } of await vault.lostEntries(log)) hashes[index] = entry
  return hashes
}
