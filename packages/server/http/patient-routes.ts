import { okAnswer, renewalQuestion } from "@aceso/client"
import {
  account,
  bytes,
  type Cbor,
  consentCopies,
  equalBytes,
  handle,
  list,
  moveAgreement,
  moveObjection,
  nameOf,
  object,
  ownRecords,
  PlatformError,
  patientMoves,
  patientQuestion,
  pendingRequest,
  policyChange,
  policyState,
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
  /** Records that stand at the wrong patient: this one, or another whose they are not. */
  "/patient/moves": async (node, body, key) => {
    const { handle } = parseBody(patientQuestion, body)
    await mustBeHandleKey(node, handle, key)
    return patientMoves.parse({ moves: await node.moves.ofPatient(handle) }) as unknown as Cbor
  },
  "/patient/agree": async (node, body, key) => {
    const { handle, id, signature } = parseBody(moveAgreement, body)
    await mustBeHandleKey(node, handle, key)
    await node.moves.agree(handle, id, signature)
    return ok
  },
  "/patient/object": async (node, body, key) => {
    const { handle, id } = parseBody(moveObjection, body)
    await mustBeHandleKey(node, handle, key)
    await node.moves.object(handle, id)
    return ok
  },
  "/patient/account": async (node, body, key) => {
    const { handle } = parseBody(patientQuestion, body)
    await mustBeHandleKey(node, handle, key)
    const entries = (await node.vault.disclosures(handle)).map(
      ({ n, tag, salt, event, auditEvent, body }) => ({ n, tag, salt, event, auditEvent, body }),
    )
    return account.parse({ auditKey: node.vault.auditKey(handle), entries }) as unknown as Cbor
  },
  "/patient/records": async (node, body, key) => {
    const { handle } = parseBody(patientQuestion, body)
    await mustBeHandleKey(node, handle, key)
    const records = []
    const withheld = await node.vault.withheldIn(handle)
    for (const record of await node.vault.log(handle)) {
      if (record.height === null) break
      const { recordId, version, operation, commitment } = record
      // What is somebody else's is named, so that the log stays whole, and not opened.
      const isOpen = operation === "delete" || !withheld.has(nameOf(recordId))
      records.push({
        entry: { recordId, version, operation, commitment },
        ...(isOpen ? await node.vault.content(record) : { salt: null, content: null }),
      })
    }
    return ownRecords.parse({ records }) as unknown as Cbor
  },
  /** The grantee's copies of consents; all of one handle, by its key. */
  "/consents": async (node, body, key) => {
    const { copies } = parseBody(consentCopies, body)
    const { alias } = await node.visitors.keepCopies(copies, key)
    return { alias }
  },
}
