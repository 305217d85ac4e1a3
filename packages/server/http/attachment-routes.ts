import { attachmentAnswer, attachmentQuestion } from "@aceso/client"
import {
  type Bytes,
  type Cbor,
  concat,
  type Handle,
  isObject,
  nameOf,
  PlatformError,
  parseJson,
  toHex,
} from "@aceso/core"
import { withAttachment } from "../exchange/attachments.ts"
import { fileOf, type Gate } from "../exchange/files.ts"
import { noObject, storedObject } from "../exchange/own-records.ts"
import type { StaffMember } from "../node/config.ts"
import type { AcesoNode } from "../node/node.ts"
import type { StaffHandler } from "./handlers.ts"
import { encoded, parseBody } from "./signed.ts"

export const attachmentRoutes: Readonly<Record<string, StaffHandler>> = {
  "/staff/attachment": (node, body, who) =>
    withAttachment(`staff ${node.services.config.member} ${who.name}`, () => attachment(node, body, who)),
}

async function attachment(node: AcesoNode, body: Bytes, who: StaffMember): Promise<Cbor> {
  const { purpose, asked, own, index, object, reference } = parseBody(attachmentQuestion, body)
  const proof = node.services.personnel.proofOf(who.key)
  const wanted = object ?? (reference === undefined ? undefined : { reference })
  if (!wanted || (object && reference !== undefined))
    throw new PlatformError("bad_input", "expected object or reference")
  if (asked) {
    const { content, report } = await node.services.requester.object(asked, purpose, proof, index, wanted)
    return encoded(attachmentAnswer.parse({ content, findings: report.findings }))
  }
  if (!own) throw new PlatformError("bad_input", "expected asked or own")
  const { key, role } = proof.practitioner
  const { lines } = await node.services.ownView.of(own.handle, { practitioner: toHex(key), role, purpose })
  // Of joined handles what a policy hides has no line.
  const isShown = lines.some((line) => line.index === index && line.alias === own.alias)
  const patient = await node.services.vault.patient(
    own.alias === undefined ? { handle: own.handle } : { alias: own.alias },
  )
  const [record] = isShown && patient ? await node.services.vault.log(patient.handle, index, 1) : []
  if (record?.index !== index) throw noObject()
  if ("reference" in wanted) return encoded(attachmentAnswer.parse(await ownFile(node, own, index, wanted)))
  const content = await storedObject(node.services.vault, record, wanted)
  return encoded(attachmentAnswer.parse({ content, findings: [] }))
}

/** Of joined handles none: what the policy of one of them hides would be shown under another's name. */
async function ownFile(
  { services: { vault } }: AcesoNode,
  { handle, alias }: { readonly handle: Handle; readonly alias?: string },
  index: number,
  { reference }: { readonly reference: string },
) {
  const withheld = await vault.withheldIn(handle)
  const size = await vault.logSize(handle)
  const gate: Gate = {
    async open(record) {
      if (withheld.has(nameOf(record.recordId))) return undefined
      const { content } = await vault.content(record)
      const resource = content.length > 0 ? parseJson(content) : undefined
      return isObject(resource) ? resource : undefined
    },
    mayShow: () => true,
  }
  const file = alias === undefined ? await fileOf(vault, { handle, index, reference, size }, gate) : undefined
  if (!file) throw noObject()
  return { content: concat(...file.chunks), findings: [] }
}
