import { disclosedAnswer, okAnswer, renewalQuestion } from "@aceso/client"
import {
  account,
  accountQuestion,
  type Bytes,
  bytes,
  type Cbor,
  consentCopies,
  equalBytes,
  handle,
  list,
  nameOf,
  object,
  ownAttachmentQuestion,
  ownRecords,
  ownRecordsQuestion,
  PAGE_BYTES,
  PlatformError,
  patientQuestion,
  pendingRequest,
  policyChange,
  policyState,
} from "@aceso/core"
import { withAttachment } from "../exchange/attachments.ts"
import { ownAttachment, ownRecordsPage } from "../exchange/own-records.ts"
import type { AcesoNode } from "../node/node.ts"
import { mustBeHandleKey } from "./callers.ts"
import type { PatientHandler } from "./handlers.ts"
import { parseBody } from "./signed.ts"

const ok = okAnswer.parse({ ok: true }) as Cbor
const FOR_EVER = Number.POSITIVE_INFINITY
const declineQuestion = object({ handle, requestId: bytes(16) })

const waits = async (node: AcesoNode, handle: Bytes, requestId: Bytes): Promise<boolean> =>
  (await node.services.vault.requests(handle, Date.now())).some(({ id }) => equalBytes(id, requestId))

/** What a patient asks the own custodian, signed with the handle's key. */
export const patientRoutes: Readonly<Record<string, PatientHandler>> = {
  "/patient/requests": async (node, body, key) => {
    const { handle } = parseBody(patientQuestion, body)
    await mustBeHandleKey(node.services, handle, key)
    return {
      requests: list(pendingRequest, 10_000).parse(await node.services.custodian.pending(handle)),
    } as unknown as Cbor
  },
  "/patient/policy": async (node, body, key) => {
    const { handle } = parseBody(patientQuestion, body)
    await mustBeHandleKey(node.services, handle, key)
    return policyState.parse(await node.services.policies.documents(handle)) as unknown as Cbor
  },
  "/patient/change": async (node, body, key) => {
    const change = parseBody(policyChange, body)
    await mustBeHandleKey(node.services, change.handle, key)
    const disclosed = await node.services.policies.change(change)
    // Another patient's request is not this one's to answer.
    if (change.requestId && (await waits(node, change.handle, change.requestId)))
      await node.services.vault.setRequestState(change.requestId, "approved")
    return disclosedAnswer.parse(disclosed) as unknown as Cbor
  },
  "/patient/renew": async (node, body, key) => {
    const { handle, envelopes } = parseBody(renewalQuestion, body)
    await mustBeHandleKey(node.services, handle, key)
    await node.services.policies.renew(handle, envelopes)
    return ok
  },
  "/patient/decline": async (node, body, key) => {
    const { handle, requestId } = parseBody(declineQuestion, body)
    await mustBeHandleKey(node.services, handle, key)
    if (!(await waits(node, handle, requestId)))
      throw new PlatformError("not_found", "no such request waits for you")
    await node.services.vault.setRequestState(requestId, "declined")
    return ok
  },
  "/patient/account": async (node, body, key) => {
    const { handle, fromN, limit } = parseBody(accountQuestion, body)
    await mustBeHandleKey(node.services, handle, key)
    const page = { fromN, limit: Math.max(1, limit), maxBytes: PAGE_BYTES }
    const found = await node.services.vault.disclosures(handle, page)
    const gone = await node.services.vault.lostDisclosures(handle, fromN, page.limit)
    // A page ends where the shorter of both lists was cut.
    const upTo = Math.min(
      found.at(-1)?.n ?? FOR_EVER,
      gone.length < page.limit ? FOR_EVER : gone[page.limit - 1].n,
    )
    const lost = gone.filter(({ n }) => n <= upTo)
    const entries = found
      .filter(({ n }) => n <= upTo)
      .map(({ n, tag, salt, event, auditEvent, body, includeBy }) => ({
        ...{ n, tag, salt, event, auditEvent, body, includeBy },
      }))
    const highest = await node.services.vault.disclosureCount(handle)
    return account.parse({
      auditKey: node.services.vault.auditKey(handle),
      highest,
      entries,
      lost,
    }) as unknown as Cbor
  },
  "/patient/records": async (node, body, key) => {
    const { handle, from, limit } = parseBody(ownRecordsQuestion, body)
    await mustBeHandleKey(node.services, handle, key)
    const page = await ownRecordsPage(node.services.vault, handle, from, Math.max(1, limit))
    return ownRecords.parse(page) as unknown as Cbor
  },
  /** A large object of one of the own records. */
  "/patient/attachment": async (node, body, key) => {
    const { handle, index, object } = parseBody(ownAttachmentQuestion, body)
    await mustBeHandleKey(node.services, handle, key)
    const content = () => ownAttachment(node.services.vault, handle, index, object)
    return { content: await withAttachment(`handle ${nameOf(handle)}`, content) }
  },
  /** The grantee's copies of consents; all of one handle, by its key. */
  "/consents": async (node, body, key) => {
    const { copies } = parseBody(consentCopies, body)
    const { alias } = await node.services.visitors.keepCopies(copies, key)
    return { alias }
  },
}
