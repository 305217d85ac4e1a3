import type { Find } from "./answer-finding.ts"
import { type Bytes, equalBytes, toHex } from "./bytes.ts"
import { decide, NO_FACTS, readPolicy } from "./consent.ts"
import { hasNoRecordCriteria } from "./consent-documents.ts"
import { judgeEnvelope } from "./envelope.ts"
import { orUndefined } from "./errors.ts"
import type { ConsentCopy, FetchRequest } from "./exchange.ts"
import { handle, hash32, memberId } from "./ids.ts"
import type { LedgerView } from "./ledger-view.ts"
import type { Manifest, ManifestBody } from "./manifest.ts"
import { policyRoot } from "./policy-tree.ts"
import { object, uint } from "./schema.ts"

/** Whether the policy that was applied is the ledger's, or a change of it that the patient signed. */
export function checkPolicy({ body }: Manifest, view: LedgerView, find: Find): void {
  const { policyVersion, policyRoot: root, policyState } = body
  const isOnLedger =
    view.policy !== undefined &&
    root !== null &&
    view.policy.version === policyVersion &&
    equalBytes(view.policy.root, root)
  if (isOnLedger) return
  if (policyState === "current")
    find("policy_mismatch", "the policy that the custodian decided by is not the one on the ledger")
  else if (!isPatientsChange(body, view))
    find("policy_mismatch", "the policy is said to be pending, but no change signed by the patient is there")
}

/** Whether the pending changes are the patient's, follow the ledger's version, and end at the root in use. */
function isPatientsChange(body: ManifestBody, view: LedgerView): boolean {
  const { pendingChange, pendingBefore, policyRoot: root, policyVersion } = body
  if (!pendingChange || !root) return false
  let base = view.policy?.version ?? 0
  let last: Bytes | undefined
  for (const envelope of [...pendingBefore, pendingChange]) {
    last = rootOfChange(envelope, base++, body, view)
    if (!last) return false
  }
  return base === policyVersion && last !== undefined && equalBytes(last, root)
}

/**
 * A custodian that was down at a change's moment obeys it until the patient's device has signed it anew. That it
 * hides a newer change behind an old one is a lie that has to end all the same.
 */
const MAX_OVERDUE_MS = 30 * 24 * 3600_000

/** The root that a change on this base leads to; undefined unless the patient signed it for this custodian. */
function rootOfChange(
  envelope: Bytes,
  base: number,
  body: ManifestBody,
  view: LedgerView,
): Bytes | undefined {
  const verdict = judgeEnvelope(envelope, view.network)
  if (!verdict.ok || !view.handleKey) return undefined
  const { contract, action, signers, expiry, input: raw } = verdict.envelope.payload
  const input = orUndefined(["bad_input"], () => policyInput.parse(raw))
  const isTheirs =
    input !== undefined &&
    contract === "policy" &&
    ["grant", "restrict", "revoke"].includes(action) &&
    signers.length === 1 &&
    equalBytes(signers[0], view.handleKey) &&
    expiry + MAX_OVERDUE_MS > body.time &&
    input.custodian === body.responder &&
    equalBytes(input.handle, body.handle) &&
    input.base === base
  return isTheirs ? input.root : undefined
}

const policyInput = object({ custodian: memberId, handle, base: uint(), root: hash32 })

/**
 * Whether a consent opens every record to this requester: it is the only document of the policy that was
 * applied, fits the request, and has no criterion about records.
 */
export function permitsEverything(
  consent: ConsentCopy,
  request: FetchRequest,
  recipient: string,
  { body }: Manifest,
): boolean {
  const isApplied =
    consent.custodian === body.responder &&
    equalBytes(consent.handle, body.handle) &&
    consent.version === body.policyVersion &&
    consent.whole !== undefined &&
    body.policyRoot !== null &&
    equalBytes(policyRoot([consent.document], consent.whole), body.policyRoot)
  if (!isApplied) return false
  const policy = orUndefined(["policy_unknown"], () => readPolicy([consent.document]))
  if (!policy || !hasNoRecordCriteria(consent.document)) return false
  const { key, role } = request.practitioner.proof.practitioner
  const query = {
    member: recipient,
    practitioner: toHex(key),
    role,
    purpose: request.purpose,
    time: body.time,
  }
  return decide(policy, query, NO_FACTS) === "permit"
}
