import { createHash } from "node:crypto"
import { createReadStream, type Dirent, readdirSync, realpathSync, statSync } from "node:fs"
import { basename, dirname, join, relative, resolve } from "node:path"
import { pipeline, type Readable } from "node:stream"
import { createGunzip } from "node:zlib"
import { messageOf } from "@aceso/core"
import { otherKind } from "@aceso/server/import/encoding.ts"
import { UsageError } from "./session.ts"

/** A file that an import takes. */
export interface InputFile {
  readonly path: string
  /** How messages name it: below the folder that was named. */
  readonly name: string
  /** The folder that it lies in. */
  readonly folder: string
  /** One JSON document, or lines of one resource each (NDJSON). */
  readonly kind: "document" | "lines"
  readonly isPacked: boolean
  /** As it lies there. */
  readonly sizeBytes: number
  /** It holds Patients; others may refer to them. */
  readonly hasPatients: boolean
  /** It asks for what has to be there by a number. */
  readonly hasConditions: boolean
  /** Of a history, the oldest time that is in it, ms; Infinity: it has none. Undefined: it is no history. */
  readonly changedAt: number | undefined
  /** SHA-256 of what is in it. */
  readonly hash: Uint8Array
}

export interface SkippedFile {
  readonly name: string
  readonly why: string
  /** The folder that it lies in. */
  readonly folder: string
}

export interface Looked {
  readonly files: readonly InputFile[]
  readonly skipped: readonly SkippedFile[]
}

/** Names under which FHIR JSON lies in folders. */
const TAKEN = /\.(json|ndjson|jsonl)(\.gz)?$/i
const LINES = /\.(ndjson|jsonl)(\.gz)?$/i
/** By this much of its beginning a file shows what it is. */
const HEAD_BYTES = 2 ** 20

/**
 * The first pass over an import: what lies in the files, without keeping any of it. Those with Patients come first,
 * those that ask for others by a number last; else by name. Pages of histories, which have the newest first (R4,
 * http.html#history), come the other way round, so that they bring every version.
 * @throws UsageError a path that was named cannot be read
 */
export async function lookAt(paths: readonly string[]): Promise<Looked> {
  const files: InputFile[] = []
  const skipped: SkippedFile[] = []
  const seen = new Set<string>()
  for (const { path, name, isNamed } of paths.flatMap((one) => below(one, skipped))) {
    const real = realpathSync(path)
    if (seen.has(real)) continue
    seen.add(real)
    if (!isNamed && !TAKEN.test(path)) {
      const why = await whyNot(path)
      skipped.push({ name, why: why ?? NOT_NAMED_SO, folder: dirname(resolve(path)) })
      continue
    }
    const found = await look(path, name)
    if ("why" in found) skipped.push(found)
    else files.push(found)
  }
  const rank = ({ hasPatients, hasConditions, changedAt }: InputFile) =>
    Number(hasConditions) * 2 + Number(!hasPatients || changedAt !== undefined)
  files.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  const isPage = ({ changedAt }: InputFile) => changedAt !== undefined
  // What has no time is taken for the newest: an end seldom has one.
  const pages = files
    .filter(isPage)
    .toReversed()
    .sort((a, b) => order(a.changedAt, b.changedAt))
  return { files: files.map((one) => (isPage(one) ? (pages.shift() ?? one) : one)), skipped }
}

const order = (a = 0, b = 0): number => (a === b ? 0 : a - b)

interface Found {
  readonly path: string
  readonly name: string
  /** Named in the command itself: taken whatever it is called. */
  readonly isNamed: boolean
}

function below(path: string, skipped: SkippedFile[]): Found[] {
  try {
    if (!statSync(path).isDirectory()) return [{ path, name: basename(path), isNamed: true }]
    return inFolder(path, path, skipped, new Set())
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: ${messageOf(cause)}`, { cause })
  }
}

/** All files of a folder and of those below it, by name; a link back into what was walked is not followed. */
function inFolder(root: string, folder: string, skipped: SkippedFile[], walked: Set<string>): Found[] {
  const real = realpathSync(folder)
  if (walked.has(real)) return []
  walked.add(real)
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry): Found[] => {
      const path = join(folder, entry.name)
      const name = relative(root, path)
      const skip = (why: string) => {
        skipped.push({ name, why, folder: resolve(folder) })
        return []
      }
      try {
        const kind = kindOf(entry, path)
        if (kind === "file") return [{ path, name, isNamed: false }]
        if (kind === "other") return skip("no file")
        return entry.name.startsWith(".") ? skip("a hidden folder") : inFolder(root, path, skipped, walked)
      } catch (error) {
        return skip(`cannot be read: ${messageOf(error)}`)
      }
    })
}

function kindOf(entry: Dirent, path: string): "file" | "folder" | "other" {
  const one = entry.isSymbolicLink() ? statSync(path) : entry
  return one.isDirectory() ? "folder" : one.isFile() ? "file" : "other"
}

const NOT_NAMED_SO =
  "its name does not say that it is FHIR JSON: .json, .ndjson or .jsonl, each also with .gz"

/** What a file is whose name is none of FHIR JSON's, where resources may be in it. */
async function whyNot(path: string): Promise<string | undefined> {
  try {
    const other = otherKind(await headOf(createReadStream(path, { end: 7 }), 8))
    return other?.detail
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`
  }
}

async function headOf(stream: Readable, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= bytes) break
  }
  return Buffer.concat(chunks)
}

/** The content of a file, unpacked. */
export function contentOf(path: string, isPacked: boolean): Readable {
  const source = createReadStream(path, { highWaterMark: 2 ** 18 })
  if (!isPacked) return source
  // What goes wrong with the file or in the gzip ends the unpacked stream, whose reader hears of it.
  return pipeline(source, createGunzip(), () => {})
}

const PATIENT = /"resourceType"\s*:\s*"Patient"/
const CONDITION = /"reference"\s*:\s*"[A-Z][A-Za-z]+\?/
const HISTORY = /"type"\s*:\s*"history"/
const CHANGED = /"last(?:Updated|Modified)"\s*:\s*"(\d{4}-\d\d-\d\dT[\d:.]{5,30}(?:Z|[+-]\d\d:\d\d))"/g
/** So much of a piece is looked at again with the next one: what is looked for may lie across. */
const OVERLAP = 100

async function look(path: string, name: string): Promise<InputFile | SkippedFile> {
  const { size: sizeBytes } = statSync(path)
  const folder = dirname(resolve(path))
  const skip = (why: string): SkippedFile => ({ name, why, folder })
  const hash = createHash("sha256")
  let head = Buffer.alloc(0)
  let [hasPatients, hasConditions, isHistory, before] = [false, false, false, ""]
  let oldest = Number.POSITIVE_INFINITY
  let isPacked = false
  try {
    const magic = await headOf(createReadStream(path, { end: 1 }), 2)
    if (magic.length === 0) return skip("it is empty")
    isPacked = magic[0] === 0x1f && magic[1] === 0x8b
    for await (const chunk of contentOf(path, isPacked) as AsyncIterable<Buffer>) {
      if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk])
      hash.update(chunk)
      const text = before + chunk.toString("latin1")
      hasPatients ||= PATIENT.test(text)
      hasConditions ||= CONDITION.test(text)
      isHistory ||= HISTORY.test(text)
      for (const [, time] of text.matchAll(CHANGED)) oldest = Math.min(oldest, Date.parse(time) || oldest)
      before = text.slice(-OVERLAP)
    }
  } catch (error) {
    return skip(`${isPacked ? "its gzip is not sound, or it " : ""}cannot be read: ${messageOf(error)}`)
  }
  const other = otherKind(head)
  if (other) return skip(isPacked ? `a gzip; in it: ${other.detail}` : other.detail)
  const text = textIn(head)
  if (text.trim() === "") return skip("it is empty")
  if (isPacked && !/^\s*[[{]/.test(text)) return skip("a gzip that holds no JSON, such as a tar archive")
  const changedAt = isHistory ? oldest : undefined
  const kind = isLines(text, LINES.test(path), head.length < HEAD_BYTES) ? "lines" : "document"
  return {
    path,
    name,
    folder,
    kind,
    isPacked,
    sizeBytes,
    hasPatients,
    hasConditions,
    changedAt,
    hash: hash.digest(),
  }
}

const textIn = (head: Buffer): string => head.toString("utf8").replace(/^\ufeff/, "")

/**
 * Whether a text is lines of one resource each: its first line is JSON of its own, and another one follows, or its
 * name says so.
 * @param isAll the text is the whole file
 */
function isLines(text: string, isNamedSo: boolean, isAll: boolean): boolean {
  const [, first, rest] = /^\s*([^\n]*)(?:\n([\s\S]*))?$/.exec(text) ?? []
  if (rest === undefined && !isAll) return isNamedSo
  try {
    JSON.parse(first)
  } catch {
    // A document that is written over lines, or a broken line among others.
    return isNamedSo && first.trim().length > 1
  }
  return isNamedSo || /^\s*\{/.test(rest ?? "")
}
