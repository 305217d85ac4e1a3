import { okAnswer, renewalQuestion } from "@aceso/client"
import { handles, policies } from "@aceso/contracts"
import {
  account,
  accountQuestion,
  bytes,
  type Cbor,
  consentCopies,
  equalBytes,
  handle,
  list,
  type OwnRecord,
  object,
  ownRecords,
  ownRecordsQuestion,
  PAGE_BYTES,
  PlatformError,
  patientQuestion,
  pendingRequest,
  policyChange,
  policyLeaf,
  policyState,
  verifyInclusion,
} from "@aceso/core"
import { mustBeHandleKey, type PatientHandler } from "./app.ts"
import { parseBody } from "./signed.ts"

const ok = okAnswer.parse({ ok: true }) as Cbor
const declineQuestion = object({ handle, requestId: bytes(16) })

/** What a patient asks the own custodian, signed with the handle's key. */
export const patientRoutes: Readonly<Record<string, PatientHandler>> = {
  "/patient/requests": async (node, body, key) => {
    const { handle } = parseBody(patientQuestion, body)
    await mustBeHandleKey(node, handle, key)
    return {
      requests: list(pendingRequest, 10_000).parse(await node.custodian.pending(handle)),
    } as unknown as Cbor
  },
  "/patient/policy": async (node, body, key) => {
    const { handle } = parseBody(patientQuestion, body)
    await mustBeHandleKey(node, handle, key)
    const stored = await node.policies.documents(handle)
    const { version, documents, pending } = stored ?? { version: 0, documents: [], pending: [] }
    return policyState.parse({ version, documents, pending }) as unknown as Cbor
  },
  "/patient/change": async (node, body, key) => {
    const change = parseBody(policyChange, body)
    await mustBeHandleKey(node, change.handle, key)
    await node.policies.change(change)
    if (change.requestId) await node.vault.setRequestState(change.requestId, "approved")
    return ok
  },
  "/patient/renew": async (node, body, key) => {
    const { handle, envelopes } = parseBody(renewalQuestion, body)
    await mustBeHandleKey(node, handle, key)
    await node.policies.renew(handle, envelopes)
    return ok
  },
  "/patient/decline": async (node, body, key) => {
    const { handle, requestId } = parseBody(declineQuestion, body)
    await mustBeHandleKey(node, handle, key)
    const mine = await node.vault.requests(handle)
    if (!mine.some(({ id }) => equalBytes(id, requestId)))
      throw new PlatformError("not_found", "no such request waits for you")
    await node.vault.setRequestState(requestId, "declined")
    return ok
  },
  "/patient/account": async (node, body, key) => {
    const { handle, fromN, limit } = parseBody(accountQuestion, body)
    await mustBeHandleKey(node, handle, key)
    const page = { fromN, limit: Math.max(1, limit), maxBytes: PAGE_BYTES }
    const entries = (await node.vault.disclosures(handle, page)).map(
      ({ n, tag, salt, event, auditEvent, body }) => ({ n, tag, salt, event, auditEvent, body }),
    )
    const highest = await node.vault.highestDisclosure(handle)
    return account.parse({ auditKey: node.vault.auditKey(handle), highest, entries }) as unknown as Cbor
  },
  "/patient/records": async (node, body, key) => {
    const { handle, from, limit } = parseBody(ownRecordsQuestion, body)
    await mustBeHandleKey(node, handle, key)
    const records: OwnRecord[] = []
    let sizeBytes = 0
    for (const record of await node.vault.committedFrom(handle, from, Math.max(1, limit))) {
      const opened = await node.vault.content(record)
      sizeBytes += opened.content.length
      if (records.length > 0 && sizeBytes > PAGE_BYTES) break
      const { recordId, version, operation, commitment } = record
      records.push({ entry: { recordId, version, operation, commitment }, ...opened })
    }
    const size = await node.vault.committedSize(handle)
    return ownRecords.parse({ size, records }) as unknown as Cbor
  },
  /** The grantee's copies of consents; the key is that of one of the handles, at whichever custodian. */
  "/consents": async (node, body, key) => {
    const { copies } = parseBody(consentCopies, body)
    let isByPatient = false
    for (const copy of copies) {
      const [enrolled, row] = await Promise.all([
        node.engine.read(handles, [copy.custodian, copy.handle]),
        node.engine.read(policies, [copy.custodian, copy.handle]),
      ])
      if (enrolled?.key && equalBytes(enrolled.key, key)) isByPatient = true
      const isOnLedger = row !== undefined && row.version === copy.version
      if (
        isOnLedger &&
        !verifyInclusion(row.root, policyLeaf(copy.document), copy.index, copy.size, copy.path)
      )
        throw new PlatformError("bad_input", `the consent is not in the policy at ${copy.custodian}`)
    }
    if (!isByPatient)
      throw new PlatformError("not_permitted", "the copies are not sent by the patient whose they are")
    const places = copies.map(({ custodian, handle }) => ({ custodian, handle }))
    return { alias: await node.keepVisitor(places, copies) }
  },
}
