import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
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
import { basename, dirname, join } from "node:path"
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
    const parts = copyParts(folder, home, place)
    sync(place.part)
    if (existsSync(`${place.keyring}.part`)) {
      renameSync(`${place.keyring}.part`, place.keyring)
      sync(keyringTo)
    }
    renameSync(place.part, to)
    syncFolder(dirname(to))
    return { folder: to, keyring: place.keyring, parts }
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
const NAMES = ["node.json", "genesis.json", "application.json", "invitation.json"]
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
  if (existsSync(path)) return realpathSync(path)
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
function copyParts(folder: string, { config, network }: ReturnType<typeof readHome>, place: Place): string[] {
  const paths = layout(folder)
  const { part, keyring } = place
  const parts: string[] = []
  for (const name of NAMES)
    if (existsSync(join(folder, name))) {
      copyFileSync(join(folder, name), join(part, name))
      parts.push(name)
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
  return parts
}

/** What was erased is not in it. */
function copyDatabase(from: string, to: string): void {
  rmSync(to, { force: true })
  // SQLite says neither which file it cannot open, nor why.
  accessSync(from, constants.R_OK)
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
