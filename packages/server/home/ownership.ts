import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  openSync,
  readdirSync,
  type Stats,
  statSync,
} from "node:fs"
import { join } from "node:path"
import { PlatformError } from "@aceso/core"

const OPEN_FILES = "/proc/self/fd"

/** As whom a home's node runs. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** To whom root gives what it makes of a home; undefined: whoever makes it is not root, or the home is root's own. */
export function ownerToGive(folder: string): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const { uid, gid } = statSync(folder)
  return uid === 0 ? undefined : { uid, gid }
}

/**
 * What root copies for an owner, the owner may read: a link in their folder may lead to what is not theirs.
 * @throws PlatformError `backup_failed`
 */
export function mustBeReadable({ uid, gid, mode }: Stats, owner: Owner, path: string): void {
  const isReadable = uid === owner.uid || (gid === owner.gid ? (mode & 0o040) !== 0 : (mode & 0o004) !== 0)
  if (!isReadable)
    throw new PlatformError(
      "backup_failed",
      `${path} leads to a file that the owner of the node's folder may not read, so root does not copy it for them: it is a link to elsewhere, or has to be theirs (chown)`,
    )
}

/** Copies a file into a folder of the caller's own. @param owner to whom it will be given; undefined: nobody */
export function copyReadable(from: string, to: string, owner: Owner | undefined): void {
  if (!owner) {
    copyFileSync(from, to)
    return
  }
  const file = openSync(from, "r")
  try {
    // Of what is open, which nobody exchanges meanwhile.
    mustBeReadable(fstatSync(file), owner, from)
    copyFileSync(existsSync(OPEN_FILES) ? join(OPEN_FILES, String(file)) : from, to)
  } finally {
    closeSync(file)
  }
}

/** What this process has open, by number; where the system does not say, nothing. */
export const openFiles = (): readonly string[] =>
  existsSync(OPEN_FILES)
    ? // The list itself was open while it was read.
      readdirSync(OPEN_FILES).filter((name) => existsSync(join(OPEN_FILES, name)))
    : []

/** The same of what a library has opened by a path, since `before`. @throws PlatformError `backup_failed` */
export function mustHaveOpenedReadable(before: readonly string[], owner: Owner, path: string): void {
  for (const name of openFiles()) {
    if (before.includes(name)) continue
    const stats = statSync(join(OPEN_FILES, name), { throwIfNoEntry: false })
    if (stats?.isFile()) mustBeReadable(stats, owner, path)
  }
}

/**
 * Gives a file, or a folder with all that lies in it, from below upwards. No link is followed: what is open is given, and
 * whoever owns the folder around it may exchange names only.
 */
export function give(path: string, owner: Owner): void {
  if (lstatSync(path).isSymbolicLink()) {
    lchownSync(path, owner.uid, owner.gid)
    return
  }
  const opened = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(opened)
    if (stats.isDirectory()) {
      const held = existsSync(OPEN_FILES) ? join(OPEN_FILES, String(opened)) : path
      for (const name of readdirSync(held)) give(join(held, name), owner)
    } else if (stats.nlink !== 1) return
    fchownSync(opened, owner.uid, owner.gid)
  } finally {
    closeSync(opened)
  }
}

/** A folder by itself. */
export function giveFolder(path: string, owner: Owner): void {
  const opened = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    fchownSync(opened, owner.uid, owner.gid)
  } finally {
    closeSync(opened)
  }
}
