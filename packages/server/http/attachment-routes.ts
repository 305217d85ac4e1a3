import { attachmentAnswer, attachmentQuestion } from "@aceso/client"
import { type Bytes, type Cbor, PlatformError, toHex } from "@aceso/core"
import { withAttachment } from "../exchange/attachments.ts"
import { noObject, storedObject } from "../exchange/own-records.ts"
import type { StaffMember } from "../node/config.ts"
import type { AcesoNode } from "../node/node.ts"
import type { StaffHandler } from "./app.ts"
import { encoded, parseBody } from "./signed.ts"

export const attachmentRoutes: Readonly<Record<string, StaffHandler>> = {
  "/staff/attachment": (node, body, who) =>
    withAttachment(`staff ${node.config.member} ${who.name}`, () => attachment(node, body, who)),
}

async function attachment(node: AcesoNode, body: Bytes, who: StaffMember): Promise<Cbor> {
  const { purpose, asked, own, index, object } = parseBody(attachmentQuestion, body)
  const proof = node.proofOf(who.key)
  if (asked) {
    const { content, report } = await node.requester.object(asked, purpose, proof, { ...object, index })
    return encoded(attachmentAnswer.parse({ content, findings: report.findings }))
  }
  if (!own) throw new PlatformError("bad_input", "expected asked or own")
  const { key, role } = proof.practitioner
  const { lines } = await node.ownView.of(own.handle, { practitioner: toHex(key), role, purpose })
  // Of joined handles what a policy hides has no line.
  const isShown = lines.some((line) => line.index === index && line.alias === own.alias)
  const patient = await node.vault.patient(
    own.alias === undefined ? { handle: own.handle } : { alias: own.alias },
  )
  const [record] = isShown && patient ? await node.vault.log(patient.handle, index, 1) : []
  if (record?.index !== index) throw noObject()
  const content = await storedObject(node.vault, record, object)
  return encoded(attachmentAnswer.parse({ content, findings: [] }))
}
