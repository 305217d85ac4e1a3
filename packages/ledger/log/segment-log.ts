import { createHash } from "node:crypto"
import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { decodeTrusted, encodeCbor, PlatformError } from "@aceso/core"
import { diskWords, isOfDisk } from "../disk-words.ts"
import { isThere } from "../there.ts"

/**
 * Append-only segment files. A record is: length (4 bytes, big-endian), its complement (4), SHA-256 of the body
 * (32), body. Every byte is covered, so a flipped one is found and named. The first record of a file says
 * which network and which segment it is.
 */
export const RECORD_HEAD = 40
export const MAX_RECORD_BYTES = 64 * 2 ** 20

const sync = promisify(fdatasync)
const MARK_FILE = "acknowledged"
const MARK_BYTES = 18

export interface Place {
  readonly segment: number
  readonly offset: number
}

export interface LogFinding {
  readonly segment: number
  readonly offset: number
  readonly detail: string
}

export const segmentName = (segment: number): string => `${String(segment).padStart(8, "0")}.seg`

export function listSegments(folder: string): number[] {
  if (!isThere(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^\d{8}\.seg$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b)
}

export class SegmentLog {
  private readonly folder: string
  private readonly network: string
  private readonly segmentBytes: number
  private segment = 0
  private fd = -1
  private readonly markFd: number
  private size = 0
  private readonly readers = new Map<number, number>()
  private fault: PlatformError | undefined
  /** What was found beyond the last whole record when the log was opened, moved aside. */
  tornTail: string | undefined

  private constructor(folder: string, network: string, segmentBytes: number) {
    this.folder = folder
    this.network = network
    this.segmentBytes = segmentBytes
    this.markFd = openSync(join(folder, MARK_FILE), constants.O_RDWR | constants.O_CREAT, 0o600)
  }

  /**
   * Opens for appending and hands every record to `onRecord`, in order. An unfinished record at the very end
   * (a write cut by a crash, never acknowledged) is moved to a file beside; anything else that does not hold
   * is a fault.
   */
  static open(
    folder: string,
    network: string,
    onRecord: (body: Buffer, place: Place) => void,
    segmentBytes = 64 * 2 ** 20,
  ): SegmentLog {
    try {
      return SegmentLog.openHere(folder, network, onRecord, segmentBytes)
    } catch (cause) {
      if (!(cause instanceof PlatformError) && isOfDisk(cause)) throw writeFailed(cause)
      throw cause
    }
  }

  private static openHere(
    folder: string,
    network: string,
    onRecord: (body: Buffer, place: Place) => void,
    segmentBytes: number,
  ): SegmentLog {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const log = new SegmentLog(folder, network, segmentBytes)
    const segments = listSegments(folder)
    const acknowledged = readMark(log.markFd)
    segments.forEach((segment, i) => {
      const isLast = i === segments.length - 1
      const end = readSegment(folder, segment, network, onRecord, (finding) => {
        const isAcknowledged = acknowledged?.segment === segment && finding.offset < acknowledged.end
        if (!isLast || isAcknowledged || !isTornTail(folder, finding))
          throw new PlatformError(
            "log_damaged",
            `${segmentName(segment)} at ${finding.offset}: ${finding.detail}`,
            {
              details: { ...finding },
            },
          )
      })
      if (
        isLast &&
        acknowledged &&
        (acknowledged.segment > segment || (acknowledged.segment === segment && acknowledged.end > end))
      )
        throw new PlatformError(
          "log_damaged",
          `${segmentName(segment)} ends at ${end}, but blocks beyond were acknowledged; restore it from a backup`,
          {
            details: { segment, offset: end },
          },
        )
      if (isLast) log.resume(segment, end)
    })
    if (segments.length === 0) log.startSegment(1)
    return log
  }

  /** Writes a record; not durable before sync() has resolved. */
  append(body: Uint8Array): Place {
    if (this.fault) throw this.fault
    if (body.length > MAX_RECORD_BYTES)
      throw new PlatformError("record_too_large", "a log record has at most 64 MiB")
    try {
      if (this.size + body.length > this.segmentBytes && this.size > 200) {
        fsyncSync(this.fd)
        closeSync(this.fd)
        this.startSegment(this.segment + 1)
      }
      const place = { segment: this.segment, offset: this.size }
      this.write(record(body))
      return place
    } catch (cause) {
      throw this.fail(cause)
    }
  }

  /** Resolves when everything appended before the call survives loss of power. */
  async sync(): Promise<void> {
    if (this.fault) throw this.fault
    const { segment, size } = this
    try {
      await sync(this.fd)
      this.mark(segment, size)
    } catch (cause) {
      throw this.fail(cause)
    }
  }

  read({ segment, offset }: Place): Buffer {
    let fd = this.readers.get(segment)
    if (fd === undefined) {
      fd = openSync(join(this.folder, segmentName(segment)), "r")
      this.readers.set(segment, fd)
    }
    const head = Buffer.alloc(RECORD_HEAD)
    readSync(fd, head, 0, RECORD_HEAD, offset)
    const length = head.readUInt32BE(0)
    const body = Buffer.alloc(length <= MAX_RECORD_BYTES ? length : 0)
    readSync(fd, body, 0, body.length, offset + RECORD_HEAD)
    if (!isWhole(head, body))
      throw new PlatformError(
        "log_damaged",
        `${segmentName(segment)} at ${offset}: the record does not fit its hash`,
        {
          details: { segment, offset },
        },
      )
    return body
  }

  close(): void {
    for (const fd of this.readers.values()) closeSync(fd)
    if (this.fd >= 0) closeSync(this.fd)
    closeSync(this.markFd)
    this.fd = -1
  }

  /** Notes how far the log is acknowledged. Not synced: it may be old after a power loss, never too new. */
  private mark(segment: number, end: number): void {
    const bytes = Buffer.alloc(MARK_BYTES)
    bytes.writeUInt32BE(segment, 0)
    bytes.writeUIntBE(end, 4, 6)
    createHash("sha256").update(bytes.subarray(0, 10)).digest().copy(bytes, 10, 0, 8)
    writeSync(this.markFd, bytes, 0, MARK_BYTES, 0)
  }

  private fail(cause: unknown): PlatformError {
    this.fault ??= writeFailed(cause)
    return this.fault
  }

  private write(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) at += writeSync(this.fd, bytes, at, bytes.length - at, this.size + at)
    this.size += bytes.length
  }

  private startSegment(segment: number): void {
    this.segment = segment
    this.size = 0
    this.fd = openSync(join(this.folder, segmentName(segment)), "wx+", 0o600)
    this.write(record(encodeCbor(["aceso/segment/v1", this.network, segment])))
    fsyncSync(this.fd)
    const folder = openSync(this.folder, "r")
    fsyncSync(folder)
    closeSync(folder)
  }

  private resume(segment: number, end: number): void {
    const path = join(this.folder, segmentName(segment))
    this.segment = segment
    this.fd = openSync(path, "r+")
    const { size } = fstatSync(this.fd)
    if (size > end) {
      const tail = Buffer.alloc(size - end)
      readSync(this.fd, tail, 0, tail.length, end)
      this.tornTail = `${path}.torn`
      writeFileSync(`${this.tornTail}.part`, tail, { mode: 0o600 })
      renameSync(`${this.tornTail}.part`, this.tornTail)
      ftruncateSync(this.fd, end)
      fsyncSync(this.fd)
    }
    this.size = end
    if (end === 0) {
      this.write(record(encodeCbor(["aceso/segment/v1", this.network, segment])))
      fsyncSync(this.fd)
    }
  }
}

const writeFailed = (cause: unknown) =>
  new PlatformError("log_write_failed", `the log cannot be written: ${diskWords(cause)}`, { cause })

function readMark(fd: number): { segment: number; end: number } | undefined {
  const bytes = Buffer.alloc(MARK_BYTES)
  if (readSync(fd, bytes, 0, MARK_BYTES, 0) < MARK_BYTES) return undefined
  const hash = createHash("sha256").update(bytes.subarray(0, 10)).digest()
  if (!hash.subarray(0, 8).equals(bytes.subarray(10))) return undefined
  return { segment: bytes.readUInt32BE(0), end: bytes.readUIntBE(4, 6) }
}

function record(body: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(RECORD_HEAD + body.length)
  out.writeUInt32BE(body.length, 0)
  out.writeUInt32BE(~body.length >>> 0, 4)
  createHash("sha256").update(body).digest().copy(out, 8)
  out.set(body, RECORD_HEAD)
  return out
}

function isWhole(head: Buffer, body: Buffer): boolean {
  return (
    head.readUInt32BE(4) === ~body.length >>> 0 &&
    head.readUInt32BE(0) === body.length &&
    createHash("sha256").update(body).digest().equals(head.subarray(8, 40))
  )
}

/** A record cut by a crash: what is there is shorter than its head says, or it is the file's last record. */
function isTornTail(folder: string, { segment, offset }: LogFinding): boolean {
  const fd = openSync(join(folder, segmentName(segment)), "r")
  try {
    const left = fstatSync(fd).size - offset
    if (left < RECORD_HEAD) return true
    const head = Buffer.alloc(RECORD_HEAD)
    readSync(fd, head, 0, RECORD_HEAD, offset)
    if (head.every((byte) => byte === 0)) return true
    const length = head.readUInt32BE(0)
    return head.readUInt32BE(4) === ~length >>> 0 && offset + RECORD_HEAD + length >= offset + left
  } finally {
    closeSync(fd)
  }
}

/** Reads one segment; stops at the first record that does not hold. @returns where the whole records end */
export function readSegment(
  folder: string,
  segment: number,
  network: string | undefined,
  onRecord: (body: Buffer, place: Place) => void,
  onFinding: (finding: LogFinding) => void,
): number {
  const fd = openSync(join(folder, segmentName(segment)), "r")
  try {
    const { size } = fstatSync(fd)
    const head = Buffer.alloc(RECORD_HEAD)
    let offset = 0
    while (offset < size) {
      const stop = (detail: string) => {
        onFinding({ segment, offset, detail })
        return offset
      }
      if (size - offset < RECORD_HEAD) return stop("the record's head is cut off")
      readSync(fd, head, 0, RECORD_HEAD, offset)
      const length = head.readUInt32BE(0)
      if (head.readUInt32BE(4) !== ~length >>> 0 || length > MAX_RECORD_BYTES)
        return stop("the record's length is damaged")
      if (offset + RECORD_HEAD + length > size) return stop("the record is cut off")
      const body = Buffer.alloc(length)
      readSync(fd, body, 0, length, offset + RECORD_HEAD)
      if (!isWhole(head, body)) return stop("the record does not fit its hash")
      if (offset === 0) {
        const [kind, name, number] = decodeTrusted(body) as unknown[]
        if (kind !== "aceso/segment/v1" || number !== segment)
          return stop("this is not the segment that its name says")
        if (network !== undefined && name !== network)
          throw new PlatformError("wrong_network", `the data folder is of network ${name}, not ${network}`)
      } else onRecord(body, { segment, offset })
      offset += RECORD_HEAD + length
    }
    return offset
  } finally {
    closeSync(fd)
  }
}
