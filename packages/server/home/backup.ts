import {
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { messageOf, PlatformError } from "@aceso/core"
import { listSegments, segmentName } from "@aceso/ledger/log/segment-log.ts"
import { ORIGIN } from "@aceso/ledger/snapshot/adopt.ts"
import { layout, syncFolder } from "./layout.ts"
import { readHome } from "./read.ts"

/** What a backup is made of, apart from the keyring. */
export interface Backup {
  readonly folder: string
  readonly keyring: string
  readonly parts: readonly string[]
}

/**
 * Copies what a home needs to be restored, also while its node runs: each database as it is at one moment, the vault
 * before its keyring, which then has every key, and before the log, which then has every block that the vault knows.
 * Secrets are not in it, and the keyring goes to a folder of its own. All of it is there when this returns, or nothing.
 * @throws PlatformError `folder_exists`, `backup_failed`, and those of readHome
 */
export function backupHome(folder: string, to: string, keyringTo: string): Backup {
  const { config, network } = readHome(folder, "edit")
  const paths = layout(folder)
  const keyring = join(keyringTo, "keyring.db")
  for (const path of [to, keyring])
    if (existsSync(path))
      throw new PlatformError(
        "folder_exists",
        `${path} is there already: each backup has a folder of its own`,
      )
  const part = `${to}.part`
  const parts: string[] = []
  try {
    rmSync(part, { recursive: true, force: true })
    mkdirSync(part, { recursive: true, mode: 0o700 })
    mkdirSync(keyringTo, { recursive: true, mode: 0o700 })
    for (const path of [paths.config, paths.genesis, paths.application, paths.invitation])
      if (existsSync(path)) {
        copyFileSync(path, join(part, path.slice(folder.length + 1)))
        parts.push(path.slice(folder.length + 1))
      }
    if (existsSync(join(paths.vault, "vault.db"))) {
      mkdirSync(join(part, "vault"), { mode: 0o700 })
      copyDatabase(join(paths.vault, "vault.db"), join(part, "vault", "vault.db"))
      copyDatabase(join(paths.vault, "keyring.db"), `${keyring}.part`)
      parts.push("vault/vault.db")
    }
    if (existsSync(paths.checkpoints)) {
      copyFileSync(paths.checkpoints, join(part, "checkpoints.jsonl"))
      parts.push("checkpoints.jsonl")
    }
    // On cometbft the other nodes have the blocks, and a log without CometBFT's own files is of no use.
    if (network && config.engine === "embedded") parts.push(...copyLog(paths.engine, join(part, "engine")))
    sync(part)
    if (existsSync(`${keyring}.part`)) {
      renameSync(`${keyring}.part`, keyring)
      sync(keyringTo)
    }
    renameSync(part, to)
    syncFolder(dirname(to))
  } catch (cause) {
    if (cause instanceof PlatformError) throw cause
    throw new PlatformError("backup_failed", `the backup ${to} cannot be made: ${messageOf(cause)}`, {
      cause,
    })
  }
  return { folder: to, keyring, parts }
}

/** What was erased is not in it. */
function copyDatabase(from: string, to: string): void {
  rmSync(to, { force: true })
  const database = new DatabaseSync(from, { readOnly: true })
  try {
    database.prepare("VACUUM INTO ?").run(to)
  } finally {
    database.close()
  }
}

/** First the mark, then the segments: what was acknowledged when the mark was copied is in them. */
function copyLog(engine: string, to: string): string[] {
  const log = join(engine, "log")
  if (!existsSync(log)) return []
  mkdirSync(join(to, "log"), { recursive: true, mode: 0o700 })
  copyFileSync(join(log, "acknowledged"), join(to, "log", "acknowledged"))
  for (const segment of listSegments(log)) {
    const name = segmentName(segment)
    copyFileSync(join(log, name), join(to, "log", name))
  }
  const origin = join(engine, ORIGIN)
  if (!existsSync(origin)) return ["engine/log"]
  cpSync(origin, join(to, ORIGIN), { recursive: true })
  return ["engine/log", `engine/${ORIGIN}`]
}

/** Every file below, and every folder's names. */
function sync(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      sync(path)
      continue
    }
    const file = openSync(path, "r")
    fsyncSync(file)
    closeSync(file)
  }
  syncFolder(folder)
}
