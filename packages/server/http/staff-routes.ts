import {
  accessQuestion,
  blocksAnswer,
  historyAnswer,
  historyQuestion,
  importAnswer,
  type PatientsAnswer,
  patientsAnswer,
  visitorsAnswer,
} from "@aceso/client"
import {
  accessRequest,
  bool,
  type Cbor,
  decodeCbor,
  encodeCbor,
  object,
  PlatformError,
  payloadId,
  practitionerProof,
  toHex,
  uint,
} from "@aceso/core"
import type { AcesoNode } from "../node/node.ts"
import { tamper, undoTamper } from "../node/tamper.ts"
import type { StaffHandler } from "./app.ts"
import { parseBody } from "./signed.ts"

const encoded = (value: unknown) => value as Cbor

export function mustBeAdministrator(isAdministrator: boolean): void {
  if (!isAdministrator)
    throw new PlatformError("not_permitted", "only an administrator of this organisation may do this")
}

/** What the organisation's own people ask their node. */
export const staffRoutes: Readonly<Record<string, StaffHandler>> = {
  "/staff/patients": async (node) => encoded(patientsAnswer.parse({ patients: await patientsOf(node) })),

  "/staff/visitors": async (node) => {
    const visitors = (await node.visitors()).map(({ alias, places }) => ({ alias, places }))
    return encoded(visitorsAnswer.parse({ visitors }))
  },

  "/staff/import": async (node, body, who, context) => {
    mustBeAdministrator(who.isAdministrator)
    const where = (context.req.query("where") ?? "input").slice(0, 200)
    const summary = await node.importer.import(body, where)
    return encoded(importAnswer.parse({ ...summary, unresolved: summary.unresolved.slice(0, 1000) }))
  },

  "/staff/proof": async (node, _body, who) => encoded(practitionerProof.parse(node.proofOf(who.key))),

  "/staff/request": async (node, body, who) => {
    node.proofOf(who.key)
    const requests = parseBody(accessQuestion, body).requests.map((one) =>
      accessRequest.parse(decodeCbor(one), "request"),
    )
    for (const { practitioner } of requests)
      if (toHex(practitioner.proof.practitioner.key) !== toHex(who.key))
        throw new PlatformError("not_permitted", "sign requests with your own key")
    await node.keepVisitor(
      requests.map(({ statement: { custodian, handle } }) => ({ custodian, handle })),
      [],
    )
    return encoded(await node.requester.request(requests))
  },

  "/staff/history": async (node, body, who) => {
    const { purpose, asked, alsoOwn } = parseBody(historyQuestion, body)
    const proof = node.proofOf(who.key)
    const copies = (await node.visitors()).flatMap((visitor) => visitor.copies)
    const own = alsoOwn ? await node.ownLines(alsoOwn) : []
    const others = asked.filter(({ custodian }) => custodian !== node.config.member)
    return encodeCbor(
      encoded(historyAnswer.parse(await node.requester.history(others, purpose, proof, copies, own))),
    )
  },

  "/staff/receipt": async (node, body) => {
    const question = parseBody(object({ payloadId }), body)
    return encodeCbor(encoded(await node.engine.receipt(question.payloadId)))
  },

  "/staff/blocks": async (node, body) => {
    const { from } = parseBody(object({ from: uint() }), body)
    const kind = await node.kind()
    if (kind !== "authority" && kind !== "custodian")
      throw new PlatformError(
        "not_permitted",
        "blocks are for custodians and authorities; other members read rows with proofs",
      )
    return encodeCbor(encoded(blocksAnswer.parse(await node.blocks(from))))
  },

  "/staff/tamper": async (node, body, who) => {
    mustBeAdministrator(who.isAdministrator)
    const { undo } = parseBody(object({ undo: bool() }), body)
    return encoded(undo ? await undoTamper(node) : await tamper(node))
  },
}

async function patientsOf(node: AcesoNode): Promise<PatientsAnswer["patients"]> {
  const own = await Promise.all(
    (await node.vault.patients()).map(async ({ alias, handle, fhirId, hasKey }) => ({
      alias,
      handle,
      fhirId,
      hasKey,
      // Dummies are no records.
      records: (await node.vault.log(handle)).filter(({ type }) => type !== "").length,
      isVisitor: false,
    })),
  )
  const visitors = (await node.visitors()).map(({ alias, places }) => ({
    alias,
    handle: places[0].handle,
    fhirId: "elsewhere",
    hasKey: true,
    records: 0,
    isVisitor: true,
  }))
  return [...own, ...visitors]
}
