import {
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { type BackupMade, backupMade, MAX_BACKUPS } from "@aceso/client"
import { list, messageOf, object } from "@aceso/core"
import { decodeBlock } from "@aceso/ledger/block.ts"
import { listSegments, readSegment } from "@aceso/ledger/log/segment-log.ts"
import { layout, readJsonFile, syncFolder } from "./layout.ts"
import { ownerToGive } from "./ownership.ts"

/** Oldest first. */
const backupsFile = object({ backups: list(backupMade, MAX_BACKUPS) })

/** What a home knows of its backups, oldest first. @throws PlatformError `bad_file` */
export function readBackups(folder: string): readonly BackupMade[] {
  const path = layout(folder).backups
  return existsSync(path) ? readJsonFile(path, backupsFile, "list of backups").backups : []
}

/**
 * Tells the home, and so its node, that a backup is whole. A list that cannot be read is begun anew.
 * @param describe looks into the backup
 * @returns undefined, or why it could not be told: the backup is whole all the same
 */
export function noteBackup(folder: string, describe: () => BackupMade): string | undefined {
  try {
    const path = layout(folder).backups
    const made = backupMade.parse(describe(), "backup", "json")
    const backups = [...knownBackups(folder), made].slice(-MAX_BACKUPS)
    const content = `${JSON.stringify(backupsFile.toJson({ backups }), null, 2)}\n`
    writeForOwner(folder, `${path}.part`, content)
    renameSync(`${path}.part`, path)
    syncFolder(folder)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/**
 * Whoever copies as root leaves a file that the node can read. A link that waits in its place is not followed: the folder
 * is the node's, and root writes where the node may not.
 */
function writeForOwner(folder: string, path: string, content: string): void {
  rmSync(path, { force: true })
  const file = openSync(path, "wx", 0o600)
  try {
    writeFileSync(file, content)
    const owner = ownerToGive(folder)
    if (owner) fchownSync(file, owner.uid, owner.gid)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function knownBackups(folder: string): readonly BackupMade[] {
  try {
    return readBackups(folder)
  } catch {
    return []
  }
}

/** What is in a copy. @param part a backup's folder */
export function contentOf(part: string): Pick<BackupMade, "height" | "hasBlocks" | "counts" | "life"> {
  const log = join(part, "engine", "log")
  const vault = join(part, "vault", "vault.db")
  const { height, ...rest } = existsSync(vault) ? ofVault(vault) : { height: 0 }
  const hasBlocks = existsSync(log)
  return { height: hasBlocks ? newestIn(log) : height, hasBlocks, ...rest }
}

/** The newest block of a log; 0: none. */
function newestIn(log: string): number {
  for (const segment of listSegments(log).toReversed()) {
    let last: Buffer | undefined
    const keep = (body: Buffer) => {
      last = body
    }
    readSegment(log, segment, undefined, keep, () => {})
    if (last) return decodeBlock(last).height
  }
  return 0
}

/** How much a vault has, and up to which block it knows of the ledger. */
function ofVault(path: string): Pick<BackupMade, "height" | "counts" | "life"> {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const number = (sql: string) => Number(database.prepare(sql).get()?.n ?? 0)
    const count = (name: string) => number(`SELECT n FROM counters WHERE name = '${name}'`)
    const counts = {
      records: count("records"),
      patients: count("patients"),
      disclosures: count("disclosures"),
    }
    const life = count("life")
    const heights = ["records", "disclosures"].map((table) => number(`SELECT max(height) AS n FROM ${table}`))
    return { height: Math.max(...heights), counts, ...(life > 0 && { life }) }
  } catch {
    // A vault of an earlier release, which its node has not brought up yet, has other tables.
    return { height: 0 }
  } finally {
    database.close()
  }
}
