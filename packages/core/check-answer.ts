import type { AnswerFinding, Find } from "./answer-finding.ts"
import { readAuditEvent } from "./audit-event.ts"
import { type Bytes, equalBytes, toHex } from "./bytes.ts"
import { checkAsked, isAskedFor, isSince, wrongObjectOf } from "./check-asked.ts"
import { checkPolicy, permitsEverything } from "./check-policy.ts"
import { PlatformError } from "./errors.ts"
import { type ConsentCopy, type FetchRequest, requestHash, type SeenLog } from "./exchange.ts"
import type { LedgerView } from "./ledger-view.ts"
import {
  bodyHash,
  drugHash,
  indexedLines,
  lineAt,
  lineHash,
  type Manifest,
  type ManifestBody,
  type ReleasedRecord,
  sentHash,
  verifyManifest,
} from "./manifest.ts"
import { append } from "./merkle.ts"
import { auditEventHash, verifyPromise } from "./promise.ts"
import { isContinued, LOG_START, recordCommitment } from "./record.ts"
import { isSameFilter } from "./record-filter.ts"
import { isLost } from "./recovery.ts"

export interface CheckedLine {
  readonly index: number
  readonly status:
    | "verified"
    | "mismatch"
    | "withheld"
    | "not_requested"
    | "later"
    | "damaged"
    | "lost"
    | "withdrawn"
  readonly content?: Bytes
}

/** A Medication as the custodian says that a reference means it. */
export interface NamedDrug {
  readonly reference: string
  readonly content: Bytes
}

export interface CheckedAnswer {
  readonly lines: readonly CheckedLine[]
  readonly findings: readonly AnswerFinding[]
}

/**
 * Checks an answer against the ledger. Each finding names a lie that this custodian signed.
 * `consent`: the requester's own copy, if it has one.
 */
export function checkAnswer(
  request: FetchRequest,
  recipient: string,
  manifest: Manifest,
  records: readonly ReleasedRecord[],
  view: LedgerView,
  consent?: ConsentCopy,
): CheckedAnswer {
  const findings: AnswerFinding[] = []
  const find = (kind: AnswerFinding["kind"], detail: string, index?: number) =>
    findings.push({ kind, detail, index })
  const { body } = manifest
  const wrong = wrongManifest(request, recipient, manifest, view)
  if (wrong) return { lines: [], findings: [{ kind: "wrong_manifest", detail: wrong }] }
  checkPromise(manifest, view, find)
  checkPolicy(manifest, view, find)
  const { from = LOG_START } = body
  const hashes = body.lines.map(lineHash)
  if (!hashes.every((hash) => hash !== undefined))
    return { lines: [], findings: [{ kind: "wrong_manifest", detail: "a line has no entry, or two" }] }
  checkLosses(body, view, find)
  if (!isContinued(from, hashes, view.log))
    find(
      "log_mismatch",
      `the manifest's ${body.lines.length} lines from ${from.size} on do not lead to the ${view.log.size} entries that the ledger has at height ${body.height}`,
    )
  checkAsked(body, find)
  const byIndex = new Map(records.map((record) => [record.index, record]))
  const isFull = consent !== undefined && permitsEverything(consent, request, recipient, manifest)
  const lines = indexedLines(body).map(({ index, entry, status, sent }): CheckedLine => {
    if (entry === null) return { index, status: "lost" }
    // No omission: the custodian says so under its signature, and the patient holds the notice against it.
    if (status === "damaged" || status === "withdrawn") return { index, status }
    if (status === "not_permitted") {
      if (isFull)
        find(
          "omitted_under_full_consent",
          `record ${index} is withheld although the consent opens everything`,
          index,
        )
      return { index, status: "withheld" }
    }
    if (status === "not_requested" || status === "later") return { index, status }
    const record = byIndex.get(index)
    if (!record) {
      find("missing_record", `the manifest says that record ${index} was released; it was not sent`, index)
      return { index, status: "mismatch" }
    }
    if (!sent || !equalBytes(sent, sentHash(record.salt, record.content))) {
      find("wrong_manifest", `record ${index} is not what the manifest says was sent`, index)
      return { index, status: "mismatch", content: record.content }
    }
    if (!isAskedFor(record.content, body))
      find("wrong_manifest", `record ${index} was sent and not asked for`, index)
    if (equalBytes(recordCommitment(record.salt, record.content), entry.commitment))
      return { index, status: "verified", content: record.content }
    find("changed_record", `the content of record ${index} is not what was committed on the ledger`, index)
    return { index, status: "mismatch", content: record.content }
  })
  for (const { index } of records)
    if (lineAt(body, index)?.status !== "released")
      find("wrong_manifest", `record ${index} was sent but the manifest does not say so`, index)
  return { lines, findings }
}

function wrongManifest(
  request: FetchRequest,
  recipient: string,
  manifest: Manifest,
  view: LedgerView,
): string | undefined {
  const { body } = manifest
  if (!verifyManifest(manifest)) return "its signature is wrong"
  if (view.signer !== request.custodian) return "it is not signed with a valid key of the custodian"
  if (body.network !== view.network || body.responder !== request.custodian || body.recipient !== recipient)
    return "it is by or for somebody else"
  if (!equalBytes(body.requestHash, requestHash(request))) return "it answers another request"
  if (!equalBytes(body.handle, request.handle) || body.purpose !== request.purpose)
    return "it is about another handle or purpose"
  if (body.height > view.height)
    return `it speaks of height ${body.height}, which this node does not have yet`
  if (Math.abs(body.time - request.time) > MAX_CLOCK_MS) return "its time is not that of the request"
  if (!isSameFilter(body.filter, request.filter)) return "it answers for other records than asked for"
  const wrongObject = wrongObjectOf(request, body, view)
  if (wrongObject) return wrongObject
  if (body.from && !request.object && !request.file && !isSince(request.since, body))
    return "it leaves out what was there before, which was not asked for, or not under this policy"
  if (body.height < view.minHeight)
    return `it looks back to height ${body.height}; this node was at ${view.minHeight} when it asked`
  return undefined
}

/** Lost is what was committed after a recovery's block, and all of it: whoever keeps some of it chose. */
function checkLosses(body: ManifestBody, { lost }: LedgerView, find: Find): void {
  const lines = indexedLines(body)
  for (const { index, entry } of lines)
    if (entry === null && !isLost(lost, index))
      find(
        "undeclared_loss",
        `entry ${index} is said to be lost, and no recovery on the ledger covers it`,
        index,
      )
  for (const { from, to } of lost) {
    const within = lines.filter(({ index }) => index >= from && index < to)
    const first = within.find(({ entry }) => entry === null)?.index
    const kept = within.filter(({ index, entry }) => first !== undefined && index > first && entry !== null)
    if (first !== undefined && kept.length > 0)
      find(
        "selective_loss",
        `entry ${first} is lost, and of what was committed after it ${kept.length} are there: the custodian kept or got them back`,
        first,
      )
  }
}

/** Clocks of custodian and requester, and the time on the way. */
export const MAX_CLOCK_MS = 120_000
/** No promise may lie further ahead. */
export const MAX_PROMISE_MS = 600_000

function checkPromise(manifest: Manifest, view: LedgerView, find: Find): void {
  const { promise, auditEvent, auditSalt, body } = manifest
  const isOurs = promise.custodian === body.responder && equalBytes(promise.key, manifest.key)
  const isSoon = promise.includeBy <= body.time + MAX_PROMISE_MS
  if (!isOurs || !isSoon || !verifyPromise(promise, view.network))
    find("promise_missing", "the answer brings no valid promise that this disclosure will soon be logged")
  if (!equalBytes(auditEventHash(auditSalt, auditEvent), promise.event))
    find("audit_mismatch", "the AuditEvent is not the one that the promise speaks of")
  const told = readAuditEvent(auditEvent)
  if (told?.requester !== body.recipient || told.manifestBody !== toHex(bodyHash(body)))
    find("audit_mismatch", "the AuditEvent does not name this answer and this recipient")
}

/** @throws PlatformError `bad_answer` when they are not those that the manifest names */
export function checkedDrugs({ drugs = [] }: ManifestBody, contents: readonly Bytes[]): NamedDrug[] {
  const isEach = drugs.every(({ sent }, i) => contents[i] && equalBytes(drugHash(contents[i]), sent))
  if (!isEach || drugs.length !== contents.length)
    throw new PlatformError("bad_answer", "the medications that were sent are not those of the manifest")
  return drugs.map(({ reference }, i) => ({ reference, content: contents[i] }))
}

/**
 * What a later question may ask since: the log as far as this answer went. Undefined where the answer does not hold,
 * or the custodian cannot answer so.
 */
export function seenBy({ body }: Manifest, { findings }: CheckedAnswer): SeenLog | undefined {
  const { from = LOG_START, lines, view, policyVersion } = body
  if (findings.length > 0 || view === undefined) return undefined
  const firstLater = lines.findIndex(({ status }) => status === "later")
  const hashes = lines
    .slice(0, firstLater < 0 ? lines.length : firstLater)
    .map((line) => lineHash(line) as Bytes)
  return { log: append(from, hashes), view, policyVersion }
}
