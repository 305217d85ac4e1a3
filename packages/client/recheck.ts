import {
  type AccessQuery,
  type AccountEntry,
  type AuditEventFacts,
  type Bytes,
  binariesIn,
  bodyHash,
  concerns,
  type DocumentSummary,
  decide,
  decodeCbor,
  type EntryPreimage,
  equalBytes,
  indexedLines,
  isObject,
  isWanted,
  manifestBody,
  nameOf,
  type ObjectRef,
  type OwnRecord,
  objectsIn,
  type PatientMove,
  type Policy,
  type PolicyDocument,
  type PolicyState,
  parseJson,
  policyRoot,
  type RecordFacts,
  readAuditEvent,
  readPolicy,
  type Subject,
  settledFactsOf,
  subjectOf,
  summarise,
  toHex,
} from "@aceso/core"
import { type FoundName, found } from "@aceso/core/display/found-words.ts"
import { coveringThen, permitting } from "./consents-behind.ts"
import type { PolicyDifference } from "./deliveries.ts"
import type { RootedPolicy } from "./device.ts"
import { type InsideLook, looksIn, wrongLooks } from "./looks.ts"

/** What evaluating a line needs to know of a record. */
export interface KnownRecord {
  readonly type: string
  /** Without content, and no deletion: a record of nothing. */
  readonly isDummy: boolean
  /** Undefined: a dummy or a deletion. */
  readonly facts: RecordFacts | undefined
  readonly subject: Subject | undefined
  readonly entry: EntryPreimage
  /** In the record log; undefined where a recovery lost some of it, so that nobody can count. */
  readonly index: number | undefined
  /** The attachments beside it, by name of their root; undefined: it is not shown. */
  readonly objects: ReadonlySet<string> | undefined
  /** The Binaries to which it refers by url; undefined: it is not shown. */
  readonly files: ReadonlySet<string> | undefined
}

/** @param content null: withdrawn as somebody else's, and not shown */
export function knownRecord(
  { entry, content }: Pick<OwnRecord, "entry" | "content">,
  index: number | undefined,
): KnownRecord {
  const resource = content?.length ? parseJson(content) : undefined
  const objects = content ? new Set(objectsIn(resource ?? null).map(nameOfObject)) : undefined
  const files = content ? new Set(binariesIn(resource ?? null)) : undefined
  const isDummy = content?.length === 0 && entry.operation !== "delete"
  const known = { entry, index, objects, files, isDummy }
  if (!isObject(resource)) return { ...known, type: "?", facts: undefined, subject: undefined }
  const subject = subjectOf(resource)
  return { ...known, type: subject.type || "?", facts: settledFactsOf(resource), subject }
}

const nameOfObject = ({ root, size }: ObjectRef): string => `${size} ${nameOf(root)}`

/** One disclosure as the patient's device sees it after evaluating every line again. */
export interface DisclosureCheck extends Omit<AuditEventFacts, "isChange" | "manifestBody" | "policyChange"> {
  readonly isLogged: boolean
  /**
   * `changed`: not a disclosure but a change of the own policy; `document`: one of the own case was handed out;
   * `delegate`: somebody acted for the person, or began or ended to; `rekey`: the desk put another key in place of the
   * person's, or that was taken back; `inside`: a day's looks of the custodian's own staff.
   */
  readonly outcome: "read" | "denied" | "changed" | "document" | "delegate" | "rekey" | "inside"
  /** Of `inside`: the looks, as they stand under the root that is on the ledger. */
  readonly looks?: readonly InsideLook[]
  /** Versions of records; what is none of anything (a dummy) counts nowhere. */
  readonly released: number
  /** Of versions with which a record was deleted those that were shown. */
  readonly deleted: number
  /** How many records of each type were released. */
  readonly types: Readonly<Record<string, number>>
  readonly withheld: number
  /** Held back by the custodian as somebody else's, although the policy opens them. */
  readonly withdrawn: number
  /** Opened by the policy, and not of what the requester asked for. */
  readonly notRequested: number
  /** Opened by the policy, and left for the next answer. */
  readonly later: number
  /** Medications that were named beside the records that refer to them. */
  readonly drugs: number
  /** The index of the record log with which the answer began: what lies before it, the requester had. */
  readonly from: number
  /** Not records but one attachment of the record with this index, of so many bytes. */
  readonly attachment?: { readonly index: number; readonly size: number }
  /** Of a change of the policy: what it added and took back, where this device signed it. */
  readonly change?: PolicyDifference
  /** Of the newest change, where the device does not know what it changed: all that is in force since. */
  readonly inForce?: readonly DocumentSummary[]
  /** Consents by which it was decided, where the policy that was applied is known here; absent: it is not. */
  readonly allowedBy?: readonly string[]
  /**
   * Where the policy that was applied is not known here: consents of today that stood already then and open all that was released,
   * as far as no denial of then closed it; absent: they do not.
   */
  readonly coveredBy?: readonly string[]
  /** Lines of the manifest that the patient's own documents contradict. */
  readonly contradictions: readonly string[]
}

/** A policy as its patient has it, and those before it as far as they are known; computed once for many entries. */
export interface PolicyInForce {
  readonly documents: readonly PolicyDocument[]
  /** The policy of a root, of today or before; undefined: it is not known here. */
  readonly policyOf: (root: Bytes) => KnownPolicy | undefined
  /** The version that the documents make by their root; undefined: they do not. */
  readonly version?: number
  readonly differenceOf?: (payloadId: string) => PolicyDifference | undefined
}

interface KnownPolicy {
  readonly documents: readonly PolicyDocument[]
  readonly policy: Policy
}

/** @param earlier policies that the device remembers */
export function policyInForce(
  { salt, documents, version, root: shown }: PolicyState,
  differenceOf?: PolicyInForce["differenceOf"],
  earlier: readonly RootedPolicy[] = [],
): PolicyInForce {
  const root = salt ? policyRoot(documents, salt) : undefined
  const byRoot = new Map(earlier.map((one) => [nameOf(one.root), one.documents]))
  if (root) byRoot.set(nameOf(root), documents)
  const read = new Map<string, KnownPolicy>()
  return {
    documents,
    policyOf: (of) => {
      const name = nameOf(of)
      const found = byRoot.get(name)
      if (found && !read.has(name)) read.set(name, { documents: found, policy: readPolicy(found) })
      return read.get(name)
    },
    ...(root && shown && equalBytes(root, shown) && { version }),
    ...(differenceOf && { differenceOf }),
  }
}

/** What a change of the policy is about, as far as this device can say. */
function changeIn(
  { isChange, policyChange, policyVersion }: AuditEventFacts,
  { documents, version, differenceOf }: PolicyInForce,
): Pick<DisclosureCheck, "change" | "inForce"> {
  if (!isChange) return {}
  const change = policyChange === undefined ? undefined : differenceOf?.(policyChange)
  if (change) return { change }
  return policyVersion === String(version) ? { inForce: documents.map(summarise) } : {}
}

/** Contradictions of one entry that are said one by one. */
const MAX_CONTRADICTIONS = 20

/** The newest change of the policy that the log had before an entry. */
export interface ChangeBefore {
  readonly version: number
  /** ms */
  readonly time: number
}

/** By what an entry is checked. */
export interface CheckContext {
  readonly records: ReadonlyMap<string, KnownRecord>
  readonly inForce: PolicyInForce
  readonly moves?: readonly PatientMove[]
  /** Whether a record that is not there may be one that a recovery lost. */
  readonly isLost?: (commitment: Bytes) => boolean
  /** Undefined: there was none, or something of the log before it is not known. */
  readonly changed?: ChangeBefore | undefined
}

/** Reads an entry and, where the policy that was applied is known here, decides each line again. */
export function checkDisclosure(
  entry: AccountEntry,
  { records, inForce, moves = [], isLost = () => false, changed }: CheckContext,
  isLogged: boolean,
): DisclosureCheck {
  const facts = readAuditEvent(entry.auditEvent)
  const body = entry.body ? manifestBody.parse(decodeCbor(entry.body), "body") : undefined
  const contradictions: string[] = []
  let unsaid = 0
  const contradict = (name: FoundName, told: { readonly [name: string]: string | number } = {}) => {
    if (contradictions.length < MAX_CONTRADICTIONS) contradictions.push(found(name, told))
    else unsaid++
  }
  const types: Record<string, number> = Object.create(null)
  let released = 0
  let deleted = 0
  const lines = body ? indexedLines(body) : []
  const isRecord = ({ entry }: (typeof lines)[number]) =>
    entry === null || !records.get(nameOf(entry.commitment))?.isDummy
  const time = body?.time ?? 0
  let withdrawn = 0
  let notRequested = 0
  let later = 0
  if (body && facts && facts.manifestBody !== toHex(bodyHash(body))) contradict("manifest")
  const looks = entry.readings ?? []
  const wrong = facts && wrongLooks(facts, looks)
  if (wrong) contradict(wrong)
  const applied = body?.policyRoot ? inForce.policyOf(body.policyRoot) : undefined
  const policy = applied?.policy
  for (const { index, ...line } of lines) {
    if (!line.entry) continue
    const record = records.get(nameOf(line.entry.commitment))
    const isCounted = !record?.isDummy
    if (line.status === "released" && line.entry.operation === "delete") deleted++
    else if (line.status === "released" && isCounted) {
      released++
      const type = record?.type ?? "?"
      types[type] = (types[type] ?? 0) + 1
    }
    if (line.status === "withdrawn") withdrawn++
    if (line.status === "not_requested") notRequested++
    if (line.status === "later" && isCounted) later++
    if (!record && !isLost(line.entry.commitment)) contradict("stranger", { index })
    const told = record ? withdrawals(line.entry, moves) : []
    if (line.status === "withdrawn" && record && !told.some((one) => mayBeWithdrawn(one, time)))
      contradict("heldUntold", { index })
    if (line.status === "released" && told.some((one) => mustBeWithdrawn(one, time)))
      contradict("releasedWithdrawn", { index })
    const isAskedFor = !body?.filter || !record?.subject || isWanted(body.filter, record.subject)
    if (line.status === "not_requested" && isAskedFor) contradict("leftOut", { index })
    if (line.status === "released" && !isAskedFor) contradict("unasked", { index })
    if (!policy || !facts) continue
    const query = queryOf(facts, time)
    // Of a record that cannot be read only those are told to whom everything is open.
    if (line.status === "damaged" && !isOpen(policy, query, undefined)) contradict("damaged", { index })
    if (!record?.facts) continue
    const isPermitted = isOpen(policy, query, record.facts)
    if (isPermitted && line.status === "not_permitted") contradict("withheld", { index })
    if (!isPermitted && line.status === "released") contradict("released", { index })
    if (!isPermitted && (line.status === "not_requested" || line.status === "later"))
      contradict("shownOpen", { index })
  }
  const attachment = body?.object
  if (attachment) {
    const record = records.get(nameOf(attachment.commitment))
    const query = facts && queryOf(facts, time)
    const isPermitted = !policy || !record?.facts || !query || isOpen(policy, query, record.facts)
    if (!record) contradict("attachmentStranger")
    else if (!isPermitted) contradict("attachmentClosed")
    const { reference } = attachment
    const has =
      reference === undefined ? record?.objects?.has(nameOfObject(attachment)) : record?.files?.has(reference)
    if (has === false) contradict("attachmentUnknown")
    if (record?.index !== undefined && record.index !== attachment.index)
      contradict("attachmentElsewhere", { index: record.index, said: attachment.index })
    if (reference !== undefined && policy && query)
      for (const { facts: of, files, index } of records.values())
        if (of && files?.has(reference) && decide(policy, query, of) !== "permit")
          contradict("fileClosed", { index: index ?? "?" })
    if (record && withdrawals(record.entry, moves).some((one) => mustBeWithdrawn(one, time)))
      contradict("attachmentWithdrawn")
  }
  if (body && changed && body.policyVersion < changed.version) {
    const isOpened = released + deleted > 0 || attachment !== undefined
    if (isOpened && Math.abs(time - changed.time) > ANSWER_MS)
      contradict("replaced", { version: body.policyVersion, newer: changed.version })
  }
  const shown = lines.flatMap(({ status, entry }) => {
    const known = status === "released" && entry ? records.get(nameOf(entry.commitment)) : undefined
    return known?.facts ? [known.facts] : []
  })
  const coveredBy =
    facts && !policy ? coveringThen(inForce.documents, queryOf(facts, time), shown) : undefined
  if (unsaid > 0) contradictions.push(found("moreLines", { n: unsaid }))
  return {
    isLogged,
    outcome: body ? "read" : withoutBody(facts),
    ...(facts ?? UNREADABLE),
    ...(facts && changeIn(facts, inForce)),
    released,
    deleted,
    types,
    withheld: lines.filter((line) => WITHHELD.has(line.status) && isRecord(line)).length,
    withdrawn,
    notRequested,
    later,
    drugs: body?.drugs?.length ?? 0,
    from: attachment ? 0 : (body?.from?.size ?? 0),
    ...(attachment && { attachment: { index: attachment.index, size: attachment.size } }),
    ...(applied && facts && { allowedBy: permitting(applied.documents, queryOf(facts, time)) }),
    ...(coveredBy && { coveredBy }),
    ...(looks.length > 0 && { looks: looksIn(looks) }),
    contradictions,
  }
}

/** A version of a record. */
export type RecordVersion = Pick<EntryPreimage, "recordId" | "version">

/** Whether an entry of the account is about an answer that brought this version, or an attachment of it. */
export function hasReleased(
  { body }: Pick<AccountEntry, "body">,
  wanted: RecordVersion,
  known: ReadonlyMap<string, Pick<KnownRecord, "entry">>,
): boolean {
  if (!body) return false
  const { object, ...answer } = manifestBody.parse(decodeCbor(body), "body")
  const isIt = (entry: RecordVersion | null | undefined): boolean =>
    entry?.version === wanted.version && equalBytes(entry.recordId, wanted.recordId)
  if (object && isIt(known.get(nameOf(object.commitment))?.entry)) return true
  return indexedLines(answer).some(({ status, entry }) => status === "released" && isIt(entry))
}

function withoutBody(facts: AuditEventFacts | undefined): Exclude<DisclosureCheck["outcome"], "read"> {
  if (facts?.isChange) return "changed"
  if (facts?.delegate) return "delegate"
  if (facts?.rekey !== undefined) return "rekey"
  if (facts?.readings) return "inside"
  return facts?.caseDocument === undefined ? "denied" : "document"
}

const queryOf = ({ requester, practitioner, role, purpose }: AuditEventFacts, time: number) => ({
  member: requester,
  practitioner,
  role,
  purpose,
  time,
})

const isOpen = (policy: Policy, query: AccessQuery, facts: RecordFacts | undefined): boolean =>
  concerns(policy, query) && decide(policy, query, facts) === "permit"

const WITHHELD: ReadonlySet<string> = new Set(["not_permitted", "damaged"])

/** An answer names the time at which the custodian began with it. */
const ANSWER_MS = 60_000

/** When the custodian says that it withheld the record; a deletion has no content to withhold. */
const withdrawals = (entry: EntryPreimage, moves: readonly PatientMove[]): readonly PatientMove[] =>
  moves.filter(
    ({ opening }) => opening && entry.operation !== "delete" && equalBytes(opening.recordId, entry.recordId),
  )

const mayBeWithdrawn = ({ since, ended }: PatientMove, time: number): boolean =>
  since - ANSWER_MS <= time && time <= (ended ?? time)

const mustBeWithdrawn = ({ since, ended }: PatientMove, time: number): boolean =>
  since < time && (ended === null || time < ended - ANSWER_MS)

const UNREADABLE: AuditEventFacts = {
  requester: "?",
  practitioner: "?",
  role: "?",
  purpose: "?",
  time: "?",
  reason: "",
  policyVersion: "?",
  isChange: false,
}
