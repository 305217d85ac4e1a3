import { type Bytes, equalBytes, toHex } from "./bytes.ts"
import { readPolicy } from "./consent.ts"
import { judgeEnvelope } from "./envelope.ts"
import { type ConsentCopy, type FetchRequest, requestHash } from "./exchange.ts"
import { isObject, parseJson } from "./json.ts"
import { bodyHash, type Manifest, type ReleasedRecord, verifyManifest } from "./manifest.ts"
import type { Frontier } from "./merkle.ts"
import { auditEventHash, verifyPromise } from "./promise.ts"
import { entryHash, isWholeLog, recordCommitment } from "./record.ts"

/** What a requester knows from the ledger, independently of the custodian that answers. */
export interface LedgerView {
  readonly network: string
  /** The member whose valid key signed the manifest. */
  readonly signer: string | undefined
  /** The record log of the handle at the height that the manifest names. */
  readonly log: Frontier
  readonly policy: { readonly version: number; readonly root: Bytes } | undefined
  /** The handle's own key. */
  readonly handleKey: Bytes | null
  /** The newest height. */
  readonly height: number
}

export interface AnswerFinding {
  readonly kind:
    | "wrong_manifest"
    | "log_mismatch"
    | "changed_record"
    | "missing_record"
    | "omitted_under_full_consent"
    | "policy_mismatch"
    | "promise_missing"
    | "audit_mismatch"
  readonly detail: string
  /** The record concerned, by index of the log. */
  readonly index?: number
}

export interface CheckedLine {
  readonly index: number
  readonly status: "verified" | "mismatch" | "withheld" | "damaged"
  readonly content?: Bytes
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
  if (
    !isWholeLog(
      body.lines.map(({ entry }) => entryHash(entry)),
      view.log,
    )
  )
    find(
      "log_mismatch",
      `the manifest's ${body.lines.length} lines are not the ${view.log.size} entries that the ledger has at height ${body.height}`,
    )
  const byIndex = new Map(records.map((record) => [record.index, record]))
  const isFull = consent !== undefined && permitsEverything(consent)
  const lines = body.lines.map(({ entry, status }, index): CheckedLine => {
    if (status === "damaged") return { index, status: "damaged" }
    if (status === "not_permitted") {
      if (isFull)
        find(
          "omitted_under_full_consent",
          `record ${index} is withheld although the consent opens everything`,
          index,
        )
      return { index, status: "withheld" }
    }
    const record = byIndex.get(index)
    if (!record) {
      find("missing_record", `the manifest says that record ${index} was released; it was not sent`, index)
      return { index, status: "mismatch" }
    }
    if (equalBytes(recordCommitment(record.salt, record.content), entry.commitment))
      return { index, status: "verified", content: record.content }
    find("changed_record", `the content of record ${index} is not what was committed on the ledger`, index)
    return { index, status: "mismatch", content: record.content }
  })
  for (const { index } of records)
    if (body.lines[index]?.status !== "released")
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
  return undefined
}

type Find = (kind: AnswerFinding["kind"], detail: string) => void

function checkPromise(manifest: Manifest, view: LedgerView, find: Find): void {
  const { promise, auditEvent, auditSalt, body } = manifest
  if (
    promise.custodian !== body.responder ||
    !equalBytes(promise.key, manifest.key) ||
    !verifyPromise(promise, view.network)
  )
    find("promise_missing", "the answer brings no valid promise that this disclosure will be logged")
  if (!equalBytes(auditEventHash(auditSalt, auditEvent), promise.event))
    find("audit_mismatch", "the AuditEvent is not the one that the promise speaks of")
  const event = parseJson(auditEvent)
  const hash = toHex(bodyHash(body))
  const text = isObject(event) ? JSON.stringify(event) : ""
  if (!text.includes(hash) || !text.includes(body.recipient))
    find("audit_mismatch", "the AuditEvent does not name this answer and this recipient")
}

function checkPolicy(manifest: Manifest, view: LedgerView, find: Find): void {
  const { policyVersion, policyRoot, policyState, pendingChange } = manifest.body
  const onLedger = view.policy
  if (policyState === "current") {
    if (
      !onLedger ||
      !policyRoot ||
      onLedger.version !== policyVersion ||
      !equalBytes(onLedger.root, policyRoot)
    )
      find("policy_mismatch", "the policy that the custodian decided by is not the one on the ledger")
    return
  }
  // On the ledger by now?
  if (onLedger && policyRoot && onLedger.version >= policyVersion) return
  const verdict = pendingChange ? judgeEnvelope(pendingChange, view.network) : undefined
  const isPatients =
    verdict?.ok === true &&
    verdict.envelope.payload.contract === "policy" &&
    view.handleKey !== null &&
    verdict.envelope.payload.signers.some((signer) => equalBytes(signer, view.handleKey as Bytes))
  const input = verdict?.ok ? (verdict.envelope.payload.input as { root?: unknown }) : undefined
  if (
    !isPatients ||
    !(input?.root instanceof Uint8Array) ||
    !policyRoot ||
    !equalBytes(input.root, policyRoot)
  )
    find("policy_mismatch", "the policy is said to be pending, but no change signed by the patient is there")
}

/** Whether a consent has no criterion about records: whatever it names must all be released. */
export function permitsEverything(consent: ConsentCopy): boolean {
  const [document] = readPolicy([consent.document]).consents
  const { provision } = document
  if (document.status !== "active" || !isObject(provision) || provision.type !== "permit") return false
  return ["class", "code", "securityLabel", "dataPeriod", "data", "action", "provision"].every(
    (name) => provision[name] === undefined,
  )
}
