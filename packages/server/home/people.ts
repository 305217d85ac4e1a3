import { join } from "node:path"
import { type Bytes, PlatformError } from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import type { StaffPerson } from "../node/person.ts"
import { StaffTable, type StaffTables, staffMigrations } from "../node/staff-table.ts"
import { hasNoBackup } from "../recovery/no-backup.ts"
import { layout } from "./layout.ts"
import { readHome } from "./read.ts"

interface Vault {
  readonly folder: string
  readonly organisation: string
  readonly masterKey: Bytes
}

/** The people of a vault that no node uses; makes the vault where there is none. */
export async function peopleIn<T>(vault: Vault, work: (table: StaffTable) => Promise<T>): Promise<T> {
  // Few commands open a vault, and reading its code takes as long as a command takes otherwise.
  const { SqliteVault } = await import("../vault/sqlite-vault.ts")
  const opened = new SqliteVault(vault)
  try {
    return await work(new StaffTable(opened.moduleDatabase<StaffTables>("staff", staffMigrations)))
  } finally {
    await opened.close()
  }
}

/**
 * The people of a home whose node does not run. Whoever has the folder and its secrets can do all that the node can.
 * @throws PlatformError `vault_missing`, and those of readHome and of the vault
 */
export function peopleAtHome<T>(folder: string, work: (table: StaffTable) => Promise<T>): Promise<T> {
  const { config, secrets } = readHome(folder, "edit")
  const { vault } = layout(folder)
  // A new vault would lie where the backup belongs.
  if (!isThere(join(vault, "vault.db")) && !hasNoBackup(folder))
    throw new PlatformError(
      "vault_missing",
      `${folder} has no vault, in which its people stand: put it back from its backup (docs/operations.md, Restore); if there is none, run aceso recover-vault --without-backup first`,
    )
  return peopleIn({ folder: vault, organisation: config.member, masterKey: secrets.vault }, work)
}

/** Writes somebody into a stopped node's vault. @throws those of peopleAtHome and of StaffTable.add */
export const addAtHome = (folder: string, one: StaffPerson): Promise<void> =>
  peopleAtHome(folder, (table) => table.add(one))
