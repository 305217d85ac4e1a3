import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from "node:fs"
import { basename, dirname, join, relative } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { BackupMade } from "@aceso/client"
import { messageOf, PlatformError } from "@aceso/core"
import { listSegments, segmentName } from "@aceso/ledger/log/segment-log.ts"
import { ORIGIN } from "@aceso/ledger/snapshot/adopt.ts"
import { isThere } from "@aceso/ledger/there.ts"
import { contentOf, noteBackup } from "./backups.ts"
import { layout, syncFolder } from "./layout.ts"
import {
  copyReadable,
  give,
  giveFolder,
  mustHaveOpenedReadable,
  type Owner,
  openFiles,
  ownerToGive,
} from "./ownership.ts"
import { readHome } from "./read.ts"

/** What a backup is made of, apart from the keyring. */
export interface Backup {
  readonly folder: string
  readonly keyring: string
  readonly parts: readonly string[]
  /** Why the node could not be told of it; absent: it was. */
  readonly untold?: string
}

/**
 * Copies what a home needs to be restored, also while its node runs: each database as it is at one moment, the vault
 * before its keyring, which then has every key, and before the log, which then has every block that the vault knows.
 * Secrets are not in it, and the keyring goes to a folder of its own. All of it is there when this returns, or nothing;
 * then the home is told, so that its node knows of it. A copy's own list ends with the backup before. Made by root, all of
 * it is the home's owner's, who restores it; root copies nothing for them that they may not read.
 * @param release by which it is made
 * @throws PlatformError `folder_exists`, `backup_failed`, and those of readHome
 */
export function backupHome(folder: string, to: string, keyringTo: string, release: string): Backup {
  const home = readHome(folder, "edit")
  const place = { to, part: `${to}.part`, keyringTo, keyring: join(keyringTo, "keyring.db") }
  const made: string[] = []
  let isBegun = false
  try {
    mustBeFree(folder, place)
    isBegun = true
    rmSync(place.part, { recursive: true, force: true })
    made.push(...makeFolder(dirname(to)), ...makeFolder(keyringTo))
    mkdirSync(place.part, { mode: 0o700 })
    const owner = ownerToGive(folder)
    const parts = copyParts(folder, home, place, owner)
    sync(place.part)
    if (owner) give(place.part, owner)
    if (isThere(`${place.keyring}.part`)) {
      if (owner) give(`${place.keyring}.part`, owner)
      renameSync(`${place.keyring}.part`, place.keyring)
      sync(keyringTo)
    }
    renameSync(place.part, to)
    syncFolder(dirname(to))
    if (owner) for (const path of made) giveFolder(path, owner)
    const untold = noteBackup(folder, () => madeOf(place, release))
    return { folder: to, keyring: place.keyring, parts, ...(untold !== undefined && { untold }) }
  } catch (cause) {
    if (isBegun) takeBack(place, made)
    if (cause instanceof PlatformError) throw cause
    throw new PlatformError("backup_failed", `the backup ${to} cannot be made: ${messageOf(cause)}`, {
      cause,
    })
  }
}

/** Where a backup goes, and what it is while it is made. */
interface Place {
  readonly to: string
  readonly part: string
  readonly keyringTo: string
  readonly keyring: string
}

/** What lies in a backup; anything else is somebody's own. */
const NAMES = ["node.json", "genesis.json", "application.json", "invitation.json", "backups.json"]
const IN_BACKUP = new Set([...NAMES, "checkpoints.jsonl", "vault", "engine"])

/** Before anything is written. @throws PlatformError `folder_exists`, `backup_failed` */
function mustBeFree(folder: string, { to, part, keyringTo, keyring }: Place): void {
  const wrong = (code: string, words: string) => new PlatformError(code, words)
  const [home, copy, begun, keys] = [folder, to, part, keyringTo].map(realOf)
  if (isIn(copy, keys) || isIn(keys, copy) || isIn(keys, begun))
    throw wrong(
      "backup_failed",
      `--to ${to} and --keyring-to ${keyringTo} are not apart: the keyring has a folder of its own, because it is deleted after 30 days`,
    )
  for (const [path, real] of [
    [to, copy],
    [keyringTo, keys],
  ])
    if (isIn(real, home))
      throw wrong("backup_failed", `${path} lies in the node's own folder, which it would be lost with`)
  if (lstatSync(keyringTo, { throwIfNoEntry: false }) && !statSync(keyringTo).isDirectory())
    throw wrong("folder_exists", `${keyringTo} is there already, and is no folder`)
  for (const path of [to, keyring])
    if (lstatSync(path, { throwIfNoEntry: false }))
      throw wrong("folder_exists", `${path} is there already: each backup has a folder of its own`)
  if (lstatSync(`${keyring}.part`, { throwIfNoEntry: false })?.isFile() === false)
    throw wrong("folder_exists", `${keyring}.part is there already, and is not what a backup left`)
  const left = lstatSync(part, { throwIfNoEntry: false })
  if (left && !(left.isDirectory() && readdirSync(part).every((name) => IN_BACKUP.has(name))))
    throw wrong(
      "folder_exists",
      `${part} is there already, and is not what a backup left that was broken off: move it away, or name another --to`,
    )
}

/** A path without its links, as far as it is there. */
function realOf(path: string): string {
  if (isThere(path)) return realpathSync(path)
  return dirname(path) === path ? path : join(realOf(dirname(path)), basename(path))
}

const isIn = (path: string, folder: string): boolean =>
  `${path}/`.startsWith(folder === "/" ? "/" : `${folder}/`)

/** @returns the folders that were not there */
function makeFolder(path: string): string[] {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return []
  const made = [path]
  for (let at = path; at !== first && dirname(at) !== at; ) {
    at = dirname(at)
    made.push(at)
  }
  return made
}

/** Nothing of it stays: least of all the keys. */
function takeBack({ part, keyring }: Place, made: readonly string[]): void {
  rmSync(part, { recursive: true, force: true })
  for (const path of [`${keyring}.part`, keyring]) rmSync(path, { force: true })
  for (const path of made.toSorted((a, b) => b.length - a.length))
    try {
      rmdirSync(path)
    } catch {
      // Somebody has put something there meanwhile, or it is gone.
    }
}

/** @returns what was copied */
function copyParts(
  folder: string,
  { config, network }: ReturnType<typeof readHome>,
  place: Place,
  owner: Owner | undefined,
): string[] {
  const paths = layout(folder)
  const { part, keyring } = place
  const parts: string[] = []
  for (const name of NAMES)
    if (isThere(join(folder, name))) {
      copyReadable(join(folder, name), join(part, name), owner)
      parts.push(name)
    }
  if (isThere(join(paths.vault, "vault.db"))) {
    mkdirSync(join(part, "vault"), { mode: 0o700 })
    copyDatabase(join(paths.vault, "vault.db"), join(part, "vault", "vault.db"), owner)
    copyDatabase(join(paths.vault, "keyring.db"), `${keyring}.part`, owner)
    parts.push("vault/vault.db")
  }
  if (isThere(paths.checkpoints)) {
    copyReadable(paths.checkpoints, join(part, "checkpoints.jsonl"), owner)
    parts.push("checkpoints.jsonl")
  }
  // On cometbft the other nodes have the blocks, and a log without CometBFT's own files is of no use.
  if (network && config.engine === "embedded")
    parts.push(...copyLog(paths.engine, join(part, "engine"), owner))
  return parts
}

/** What was erased is not in it. */
function copyDatabase(from: string, to: string, owner: Owner | undefined): void {
  rmSync(to, { force: true })
  // SQLite says neither which file it cannot open, nor why.
  accessSync(from, constants.R_OK)
  const before = openFiles()
  const database = new DatabaseSync(from, { readOnly: true })
  try {
    // Now it has all open that it reads.
    database.prepare("SELECT count(*) FROM sqlite_master").get()
    if (owner) mustHaveOpenedReadable(before, owner, from)
    database.prepare("VACUUM INTO ?").run(to)
  } finally {
    database.close()
  }
}

/** First the mark, then the segments: what was acknowledged when the mark was copied is in them. */
function copyLog(engine: string, to: string, owner: Owner | undefined): string[] {
  const log = join(engine, "log")
  if (!isThere(log)) return []
  mkdirSync(join(to, "log"), { recursive: true, mode: 0o700 })
  copyReadable(join(log, "acknowledged"), join(to, "log", "acknowledged"), owner)
  for (const segment of listSegments(log)) {
    const name = segmentName(segment)
    copyReadable(join(log, name), join(to, "log", name), owner)
  }
  const origin = join(engine, ORIGIN)
  if (!isThere(origin)) return ["engine/log"]
  for (const entry of readdirSync(origin, { recursive: true, withFileTypes: true })) {
    const from = join(entry.parentPath, entry.name)
    const copy = join(to, ORIGIN, relative(origin, from))
    mkdirSync(dirname(copy), { recursive: true, mode: 0o700 })
    if (entry.isFile()) copyReadable(from, copy, owner)
  }
  return ["engine/log", `engine/${ORIGIN}`]
}

/** What the home is told of a backup. */
function madeOf({ to, keyringTo, keyring }: Place, release: string): BackupMade {
  const all = readdirSync(to, { recursive: true, withFileTypes: true })
  const files = all.filter((entry) => entry.isFile())
  return {
    at: Date.now(),
    ...contentOf(to),
    bytes: files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0),
    to,
    ...(isThere(keyring) && { keyringTo }),
    release,
  }
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
