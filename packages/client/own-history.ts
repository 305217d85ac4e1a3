import {
  type Bytes,
  entryHash,
  equalBytes,
  isLost,
  isObject,
  isWholeLog,
  type LostRange,
  lostOf,
  MAX_PAGE,
  type MemberId,
  type OwnRecord,
  orUndefined,
  ownDrugs,
  PlatformError,
  parseJson,
  recordCommitment,
  recordLogRow,
  recoveriesRow,
  utf8,
} from "@aceso/core"
import type { SourceLine, TimelineEntry } from "./history-schemas.ts"
import type { LedgerProofs } from "./ledger-proofs.ts"
import type { PatientCalls, PatientPlace } from "./patient-place.ts"
import type { ProvenRows } from "./proven-rows.ts"
import { PublicClient } from "./public-client.ts"
import { recordPages } from "./record-pages.ts"
import { type CustodiansDrug, mergeTimeline } from "./timeline.ts"

/** What one custodian has shown of the own records, held against the ledger. */
export interface OwnHistoryPart {
  readonly custodian: MemberId
  /**
   * `matches`: what is shown is all that it committed to, and nothing else; `differs`: it is not; `incomplete`: a recovery
   * lost some of it, so the rest cannot be held against the ledger as a whole; `unreachable`: nothing was shown.
   */
  readonly state: "matches" | "differs" | "incomplete" | "unreachable"
  /** The block whose record log this was compared with; 0: none was shown. */
  readonly height: number
  /** Entries that stand for nothing, which hide how many there are. */
  readonly dummies: number
  /** Entries whose content is not shown: withdrawn as somebody else's, or unreadable. */
  readonly closed: number
  readonly lost: number
  /** Entries that were shown, and that the ledger says there are, lost ones among them. */
  readonly shown: number
  readonly committed: number
  /** Blocks at which the log was so long, a height and a size side by side, oldest first; not of every block. */
  readonly steps: readonly number[]
  /** Code and words of why it is not `matches`. */
  readonly why?: { readonly code: string; readonly message: string }
  /** ms: it is what this device kept then, because the custodian does not answer now (`kept-history.ts`). */
  readonly keptAt?: number
  /** Of what was kept: how many of the oldest entries had no room. */
  readonly left?: number
  /** Entries that are shown as this device kept them, because the custodian shows them no more; `at`: ms, the oldest. */
  readonly earlier?: { readonly entries: number; readonly at: number }
}

export interface OwnHistory {
  readonly timeline: readonly TimelineEntry[]
  readonly parts: readonly OwnHistoryPart[]
  /** As custodians name what records mean by reference. */
  readonly drugs?: readonly CustodiansDrug[]
}

/** By these names the time that it takes stands in the process's timings (User Timing). */
export const HISTORY_MEASURES = { verify: "aceso history verify", merge: "aceso history merge" } as const

/** While the log grows it is looked at again, so often. */
const MAX_LOOKS = 5

/** The own records of all custodians as one timeline, each of them held against the ledger by this device. */
export async function readOwnHistory(
  { places, ask }: Pick<PatientCalls, "places" | "ask">,
  rows: ProvenRows,
  proofs: LedgerProofs,
  onPage: (custodian: MemberId, entries: number, size: number) => void = () => {},
): Promise<OwnHistory> {
  const all = await Promise.all(
    places.map(async (place) => {
      try {
        const read = await readPlace(place, ask, rows, proofs, onPage)
        return { ...read, drugs: await drugsAt(place, ask, read.lines) }
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        return { part: silent(place, error), lines: [], drugs: [] }
      }
    }),
  )
  const start = performance.now()
  const drugs = all.flatMap((one) => one.drugs)
  const timeline = mergeTimeline(
    all.flatMap(({ lines }) => lines),
    drugs,
  )
  performance.measure(HISTORY_MEASURES.merge, { start })
  return { timeline, parts: all.map(({ part }) => part), ...(drugs.length > 0 && { drugs }) }
}

const MEANT = utf8('"medicationReference"')
/** Whether a record means a drug by reference, as far as its bytes tell. */
function meansDrug({ content }: SourceLine): boolean {
  if (!content) return false
  for (let at = content.indexOf(MEANT[0]); at >= 0; at = content.indexOf(MEANT[0], at + 1))
    if (MEANT.every((byte, i) => content[at + i] === byte)) return true
  return false
}

/** Without them the records say what they refer to: a custodian that cannot name them shows all else. */
async function drugsAt(
  place: PatientPlace,
  ask: PatientCalls["ask"],
  lines: readonly SourceLine[],
): Promise<CustodiansDrug[]> {
  const { custodian } = place
  const indexes = lines.filter((line) => !line.isSuperseded && meansDrug(line)).map(({ index }) => index)
  const found: CustodiansDrug[] = []
  for (let from = 0; from < indexes.length; from += MAX_PAGE)
    try {
      const { drugs } = await ask(place, "drugs", { indexes: indexes.slice(from, from + MAX_PAGE) }, ownDrugs)
      found.push(...drugs.map((one) => ({ ...one, custodian })))
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      break
    }
  return found
}

const silent = ({ custodian }: PatientPlace, { code, message }: PlatformError): OwnHistoryPart => ({
  ...{ custodian, state: "unreachable", height: 0, dummies: 0, closed: 0, lost: 0 },
  ...{ shown: 0, committed: 0, steps: [] },
  why: { code, message },
})

async function readPlace(
  place: PatientPlace,
  ask: PatientCalls["ask"],
  rows: ProvenRows,
  proofs: LedgerProofs,
  onPage: (custodian: MemberId, entries: number, size: number) => void,
): Promise<{ part: OwnHistoryPart; lines: SourceLine[] }> {
  const { custodian } = place
  const records: OwnRecord[] = []
  let [next, lost] = [0, 0]
  for (let look = 1; ; look++) {
    for await (const page of recordPages({ ask: (...question) => ask(place, ...question) }, next)) {
      records.push(...page.records)
      ;({ next, lost } = page)
      onPage(custodian, records.length, page.size)
    }
    const { rows: found, height } = await rows.withHeight(place, "recordLogs", [[]])
    const log = recordLogRow(found[0])
    // It grew since the pages were read: what is new belongs to it.
    if (log.size > next && look < MAX_LOOKS) continue
    const [told] = await proofs.rows(new PublicClient(place.url), "recoveries", [[custodian]])
    const start = performance.now()
    const loss = lossOf(lostOf(log, recoveriesRow(told)), { lost, shown: records.length, size: log.size })
    const isWhole = isWholeLog(
      records.map(({ entry }) => entryHash(entry)),
      log,
    )
    const state = isWhole ? "matches" : loss.isTold ? "incomplete" : "differs"
    const indexes = indexesOutside(loss.ranges, records.length)
    const { size: committed, steps } = log
    const shown = shownAs(custodian, records, indexes, { state, height, lost, committed, steps })
    performance.measure(HISTORY_MEASURES.verify, { start })
    return shown
  }
}

function shownAs(
  custodian: MemberId,
  records: readonly OwnRecord[],
  indexes: readonly number[],
  of: Pick<OwnHistoryPart, "state" | "height" | "lost" | "committed" | "steps">,
): { part: OwnHistoryPart; lines: SourceLine[] } {
  const { state, height } = of
  const newest = new Map<string, number>()
  for (const { entry } of records) {
    const id = entry.recordId.join()
    newest.set(id, Math.max(newest.get(id) ?? 0, entry.version))
  }
  const lines: SourceLine[] = []
  let [dummies, closed, isFalse] = [0, 0, false]
  for (const [i, { entry, salt, content }] of records.entries()) {
    const { recordId, version, operation, commitment } = entry
    const isDeletion = operation === "delete"
    const isOpen = salt !== null && content !== null
    const isKept = isOpen && equalBytes(recordCommitment(salt, content), commitment)
    if (isOpen && !isKept) isFalse = true
    if (!isOpen && !isDeletion) closed++
    if (isKept && content.length === 0 && !isDeletion) {
      dummies++
      continue
    }
    lines.push({
      ...{ custodian, index: indexes[i], version, height, recordId },
      status: statusOf(state, isOpen, isKept, isDeletion),
      isSuperseded: version < (newest.get(recordId.join()) ?? version),
      ...(isDeletion && { isDeletion }),
      ...(isOpen && content.length > 0 && { resourceType: typeOf(content), content }),
    })
  }
  const judged = isFalse ? "differs" : state
  const why = isFalse && state !== "differs" ? CONTENT_DIFFERS : WHY[judged]
  const counts = { dummies, closed, shown: records.length }
  return { part: { custodian, ...of, ...counts, state: judged, ...(why && { why }) }, lines }
}

/** What does not fit its own commitment is a lie whatever the rest is; without a whole log nothing is proven. */
function statusOf(
  state: OwnHistoryPart["state"],
  isOpen: boolean,
  isKept: boolean,
  isDeletion: boolean,
): SourceLine["status"] {
  if (isOpen && !isKept) return "mismatch"
  if (!isOpen && !isDeletion) return "withdrawn"
  return state === "matches" ? "verified" : state === "differs" ? "mismatch" : "damaged"
}

/** Places in the log of what is left of it. */
/**
 * What recoveries lost of a log, as far as ledger and custodian tell it. The ledger's ranges are no smaller than what was
 * lost, and larger where a log's steps were thinned out (`core/recovery.ts`), the older the more: what was lost is the end
 * of each.
 * @param lost as many entries as the custodian says
 * @returns `isTold`: all that is not shown is lost by what both tell
 */
export function lossOf(
  ranges: readonly LostRange[],
  { lost, shown, size }: { readonly lost: number; readonly shown: number; readonly size: number },
): { readonly isTold: boolean; readonly ranges: readonly LostRange[] } {
  const widest = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
  if (lost === 0 || lost > widest || shown + lost !== size) return { isTold: false, ranges }
  let excess = widest - lost
  const narrow = ranges.map(({ from, to }) => {
    const spared = Math.min(excess, to - from)
    excess -= spared
    return { from: from + spared, to }
  })
  return { isTold: true, ranges: narrow }
}

function indexesOutside(ranges: readonly LostRange[], count: number): number[] {
  const indexes: number[] = []
  for (let index = 0; indexes.length < count; index++) if (!isLost(ranges, index)) indexes.push(index)
  return indexes
}

const CONTENT_DIFFERS = {
  code: "content_differs",
  message: "the list of records is the one on the ledger, and what some of them say was changed since",
}
const WHY: Partial<Record<OwnHistoryPart["state"], OwnHistoryPart["why"]>> = {
  differs: {
    code: "log_differs",
    message:
      "what is shown is not what was committed on the ledger: something was changed, left out or added",
  },
  incomplete: {
    code: "log_incomplete",
    message: "records were lost here, as the ledger says; what is left cannot be compared as a whole",
  },
}

/**
 * The block by which an entry was on the ledger, as far as the steps of its log tell.
 * @returns undefined: they do not
 */
export function committedBy({ steps }: Pick<OwnHistoryPart, "steps">, index: number): number | undefined {
  for (let at = 0; at + 1 < steps.length; at += 2) if (steps[at + 1] > index) return steps[at]
  return undefined
}

function typeOf(content: Bytes): string {
  const resource = orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
  const type = isObject(resource) ? resource.resourceType : undefined
  return typeof type === "string" ? type.slice(0, 64) : "?"
}
