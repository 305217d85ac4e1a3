import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { handles } from "@aceso/contracts"
import { PlatformError } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { isThere } from "@aceso/ledger/there.ts"

const markOf = (folder: string) => join(folder, "vault", "without-backup")

/** The operator said that the vault is lost for good: the node may start on an empty one, in recovery. */
export const hasNoBackup = (folder: string): boolean => isThere(markOf(folder))

export function sayNoBackup(folder: string): void {
  mkdirSync(dirname(markOf(folder)), { recursive: true, mode: 0o700 })
  writeFileSync(markOf(folder), "", { mode: 0o600 })
}

export const forgetNoBackup = (folder: string): void => rmSync(markOf(folder), { force: true })

export const emptyVault = (member: string) =>
  new PlatformError(
    "vault_empty",
    `the vault is empty and the ledger has patients of ${member}: stop the node and restore the vault's backup (docs/operations.md, Restore). If there is none, run aceso recover-vault --without-backup`,
  )

/**
 * No new vault is made where the ledger knows of an old one: it would lie where the backup belongs.
 * @throws PlatformError `vault_empty`
 */
export async function mustHaveVault(engine: Engine, member: string, folder: string): Promise<void> {
  if (isThere(join(folder, "vault", "vault.db")) || hasNoBackup(folder)) return
  const there = await engine.scan(handles, [member]).catch((error) => {
    // Whoever asks others is not known to them before it is admitted.
    if (error instanceof PlatformError && error.code === "unknown_key") return []
    throw error
  })
  if (there.length > 0) throw emptyVault(member)
}
