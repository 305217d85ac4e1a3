import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const markOf = (folder: string) => join(folder, "vault", "without-backup")

/** The operator said that the vault is lost for good: the node may start on an empty one, in recovery. */
export const hasNoBackup = (folder: string): boolean => existsSync(markOf(folder))

export function sayNoBackup(folder: string): void {
  mkdirSync(dirname(markOf(folder)), { recursive: true, mode: 0o700 })
  writeFileSync(markOf(folder), "", { mode: 0o600 })
}

export const forgetNoBackup = (folder: string): void => rmSync(markOf(folder), { force: true })
