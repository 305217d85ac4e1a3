import { type Bytes, messageOf } from "@aceso/core"
import {
  type InputFile,
  type InputSource,
  joined,
  type Looked,
  type NewHasher,
  type SkippedFile,
  type SkipReason,
} from "./input-file.ts"
import { otherKind, otherText } from "./other-kind.ts"

/** Names under which FHIR JSON lies in folders. */
const TAKEN = /\.(json|ndjson|jsonl)(\.gz)?$/i
const LINES = /\.(ndjson|jsonl)(\.gz)?$/i
/** By this much of its beginning a file shows what it is. */
const HEAD_BYTES = 2 ** 20

export const isNamedAsFhir = (name: string): boolean => TAKEN.test(name)
export const isNamedAsLines = (name: string): boolean => LINES.test(name)

const NOT_NAMED_SO =
  "its name does not say that it is FHIR JSON: .json, .ndjson or .jsonl, each also with .gz"

/** What a file is whose name is none of FHIR JSON's, where resources may be in it. */
export async function skippedByName(source: InputSource): Promise<SkippedFile> {
  const { name, folder } = source
  try {
    const other = otherKind(await source.first(8))
    return { name, folder, reason: other?.reason ?? "not_named_so", why: other?.detail ?? NOT_NAMED_SO }
  } catch (error) {
    return { name, folder, reason: "unreadable", why: `cannot be read: ${messageOf(error)}` }
  }
}

/**
 * Files in the order in which they are sent. Those with Patients come first, those that ask for others by a number last;
 * else by name. Pages of histories, which have the newest first (R4, http.html#history), come the other way round, so
 * that they bring every version.
 */
export function inOrder(found: readonly (InputFile | SkippedFile)[]): Looked {
  const files = found.filter((one) => "from" in one)
  const rank = ({ hasPatients, hasConditions, changedAt }: InputFile) =>
    Number(hasConditions) * 2 + Number(!hasPatients || changedAt !== undefined)
  files.sort((a, b) => rank(a) - rank(b) || (a.from.name < b.from.name ? -1 : 1))
  const isPage = ({ changedAt }: InputFile) => changedAt !== undefined
  // What has no time is taken for the newest: an end seldom has one.
  const pages = files
    .filter(isPage)
    .toReversed()
    .sort((a, b) => order(a.changedAt, b.changedAt))
  return {
    files: files.map((one) => (isPage(one) ? (pages.shift() ?? one) : one)),
    skipped: found.filter((one) => "why" in one),
  }
}

const order = (a = 0, b = 0): number => (a === b ? 0 : a - b)

const PATIENT = /"resourceType"\s*:\s*"Patient"/
const CONDITION = /"reference"\s*:\s*"[A-Z][A-Za-z]+\?/
const HISTORY = /"type"\s*:\s*"history"/
const CHANGED = /"last(?:Updated|Modified)"\s*:\s*"(\d{4}-\d\d-\d\dT[\d:.]{5,30}(?:Z|[+-]\d\d:\d\d))"/g
/** So much of a piece is looked at again with the next one: what is looked for may lie across. */
const OVERLAP = 100

/** The first pass over a file: what lies in it, without keeping any of it. */
export async function lookInto(from: InputSource, newHasher: NewHasher): Promise<InputFile | SkippedFile> {
  const { name, folder } = from
  const skip = (reason: SkipReason, why: string): SkippedFile => ({ name, reason, why, folder })
  const hash = newHasher()
  const latin = new TextDecoder("latin1")
  let head: Bytes = new Uint8Array(0)
  let [hasPatients, hasConditions, isHistory, before] = [false, false, false, ""]
  let oldest = Number.POSITIVE_INFINITY
  let isPacked = false
  try {
    const magic = await from.first(2)
    if (magic.length === 0) return skip("empty_file", "it is empty")
    isPacked = magic[0] === 0x1f && magic[1] === 0x8b
    for await (const chunk of from.pieces(isPacked)) {
      if (head.length < HEAD_BYTES) head = joined([head, chunk])
      hash.update(chunk)
      const text = before + latin.decode(chunk)
      hasPatients ||= PATIENT.test(text)
      hasConditions ||= CONDITION.test(text)
      isHistory ||= HISTORY.test(text)
      for (const [, time] of text.matchAll(CHANGED)) oldest = Math.min(oldest, Date.parse(time) || oldest)
      before = text.slice(-OVERLAP)
    }
  } catch (error) {
    const why = `${isPacked ? "its gzip is not sound, or it " : ""}cannot be read: ${messageOf(error)}`
    return skip(isPacked ? "bad_gzip" : "unreadable", why)
  }
  const other = otherKind(head)
  if (other) return skip(other.reason, isPacked ? `a gzip; in it: ${other.detail}` : other.detail)
  const text = textIn(head)
  if (text.trim() === "") return skip("empty_file", "it is empty")
  if (isPacked && !/^\s*[[{]/.test(text))
    return skip("not_json", "a gzip that holds no JSON, such as a tar archive")
  const said = otherText(text)
  if (said) return skip(said.reason, said.detail)
  const changedAt = isHistory ? oldest : undefined
  const kind = isLines(text, LINES.test(from.path), head.length < HEAD_BYTES) ? "lines" : "document"
  return { from, kind, isPacked, hasPatients, hasConditions, changedAt, hash: hash.digest() }
}

const textIn = (head: Bytes): string => new TextDecoder("utf-8").decode(head)

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
