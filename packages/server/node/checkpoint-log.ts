import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs"
import { dirname } from "node:path"
import {
  type Countersignature,
  type Countersigned,
  countersigned,
  isSameCheckpoint,
  messageOf,
  PlatformError,
  parseCheckpoints,
} from "@aceso/core"
import { diskWords, isOfDisk } from "@aceso/ledger/disk-words.ts"
import { isThere } from "@aceso/ledger/there.ts"
import { syncFolder, writeFile } from "../home/layout.ts"

const DAY_MS = 86_400_000
/** All of the last day are kept, but no more than these; before them one per day. */
const RECENT = 2_000
const DAYS = 10_000
/** Lines that say nothing new are tolerated up to so many. */
const SPARE_LINES = 1_000

/**
 * Checkpoints that this member and others signed, appended to a file: one line per checkpoint and signatures. They
 * are what a rewritten history is found by, so nothing of them is changed; old ones are thinned out.
 */
export class CheckpointLog {
  private readonly path: string
  private readonly byHeight = new Map<number, Countersigned>()
  private lines = 0
  private sorted: readonly Countersigned[] | undefined

  private constructor(path: string) {
    this.path = path
  }

  /** @throws PlatformError `bad_checkpoints` */
  static open(path: string): CheckpointLog {
    const log = new CheckpointLog(path)
    if (!isThere(path)) return log
    const { all, isCut } = read(path)
    for (const one of all) log.merge(one)
    log.lines = all.length
    if (isCut) log.rewrite()
    return log
  }

  /** Oldest first. */
  get all(): readonly Countersigned[] {
    this.sorted ??= [...this.byHeight.values()].sort((a, b) => a.checkpoint.height - b.checkpoint.height)
    return this.sorted
  }

  at(height: number): Countersigned | undefined {
    return this.byHeight.get(height)
  }

  /** The newest block that this member signed; undefined: none. */
  newestOf(member: string): Countersigned | undefined {
    let newest: Countersigned | undefined
    for (const one of this.byHeight.values())
      if ((newest?.checkpoint.height ?? -1) < one.checkpoint.height && signatureOf(one, member)) newest = one
    return newest
  }

  /** Appends what is new; durable when this returns. @param now ms */
  add(several: readonly Countersigned[], now: number): void {
    const fresh = several.flatMap((one) => this.newIn(one) ?? [])
    if (fresh.length === 0) return
    append(this.path, fresh.map(lineOf).join(""))
    for (const one of fresh) this.merge(one)
    this.lines += fresh.length
    this.thinOut(now)
    if (this.lines > this.byHeight.size + SPARE_LINES) this.rewrite()
  }

  private newIn(one: Countersigned): Countersigned | undefined {
    const { height } = one.checkpoint
    const known = this.byHeight.get(height)
    if (known && !isSameCheckpoint(known.checkpoint, one.checkpoint))
      throw new PlatformError(
        "bad_checkpoints",
        `${this.path} names two histories at block ${height}: somebody changed it; bring it back from a backup`,
      )
    const signatures = one.signatures.filter(({ member }) => !known || !signatureOf(known, member))
    return known && signatures.length === 0 ? undefined : { ...one, signatures }
  }

  private merge(one: Countersigned): void {
    const fresh = this.newIn(one)
    if (!fresh) return
    const { checkpoint, operator, signatures } = fresh
    const known = this.byHeight.get(checkpoint.height)
    this.sorted = undefined
    this.byHeight.set(checkpoint.height, {
      checkpoint,
      operator: known?.operator ?? operator,
      signatures: [...(known?.signatures ?? []), ...signatures],
    })
  }

  /** The file keeps its lines until it is written anew. */
  private thinOut(now: number): void {
    if (this.byHeight.size <= RECENT) {
      const oldest = this.byHeight.values().next().value
      if (!oldest || oldest.checkpoint.time >= now - DAY_MS) return
    }
    const days = new Set<number>()
    const newestFirst = [...this.all].reverse()
    for (const [i, { checkpoint }] of newestFirst.entries()) {
      if (i < RECENT && checkpoint.time >= now - DAY_MS) continue
      const day = Math.floor(checkpoint.time / DAY_MS)
      if (days.has(day) || days.size >= DAYS) this.byHeight.delete(checkpoint.height)
      days.add(day)
    }
    this.sorted = undefined
  }

  /** Whole or not at all. */
  private rewrite(): void {
    writeFile(this.path, this.all.map(lineOf).join(""))
    syncFolder(dirname(this.path))
    this.lines = this.byHeight.size
  }
}

export const signatureOf = ({ signatures }: Countersigned, name: string): Countersignature | undefined =>
  signatures.find(({ member }) => member === name)

const lineOf = (one: Countersigned): string => `${JSON.stringify(countersigned.toJson(one))}\n`

function read(path: string) {
  try {
    return parseCheckpoints(readFileSync(path, "utf8"))
  } catch (cause) {
    throw new PlatformError(
      "bad_checkpoints",
      `${path} cannot be read (${messageOf(cause)}): bring it back from a backup, or move it aside and the node begins a new one`,
      { cause },
    )
  }
}

function append(path: string, line: string): void {
  const isNew = !isThere(path)
  try {
    const file = openSync(path, "a", 0o600)
    const { size } = fstatSync(file)
    try {
      write(file, line)
    } catch (error) {
      // Half a line would spoil the next one.
      ftruncateSync(file, size)
      throw error
    } finally {
      closeSync(file)
    }
    if (isNew) syncFolder(dirname(path))
  } catch (cause) {
    if (!isOfDisk(cause)) throw cause
    throw new PlatformError(
      "checkpoints_write_failed",
      `${path} cannot be written: ${diskWords(cause, "the next one is signed again")}`,
      { cause },
    )
  }
}

function write(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
  fsyncSync(file)
}

/** Who signed, in words. */
export const signersOf = ({ signatures }: Countersigned): string =>
  signatures.map(({ member }) => member).join(", ") || "the operator"
