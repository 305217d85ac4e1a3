import type { attachmentAnswer, attachmentQuestion } from "@aceso/client"
import {
  concat,
  type Handle,
  type Infer,
  isObject,
  nameOf,
  PlatformError,
  type PractitionerProof,
  parseJson,
} from "@aceso/core"
import type { OwnView } from "../joins/own-view.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { fileOf, type Gate } from "./files.ts"
import { noObject, storedObject } from "./own-records.ts"
import type { Requester } from "./requester.ts"

type Attachment = Infer<typeof attachmentAnswer>

interface Sources {
  readonly vault: SqliteVault
  readonly ownView: OwnView
  readonly requester: Requester
}

/** A large object for a practitioner: of another custodian's record, or of one that is here and shown to them. */
export async function staffAttachment(
  { vault, ownView, requester }: Sources,
  { purpose, asked, own, index, object, reference }: Infer<typeof attachmentQuestion>,
  proof: PractitionerProof,
  name: string,
): Promise<Attachment> {
  const wanted = object ?? (reference === undefined ? undefined : { reference })
  if (!wanted || (object && reference !== undefined))
    throw new PlatformError("bad_input", "expected object or reference")
  if (asked) {
    const { content, report } = await requester.object(asked, purpose, proof, index, wanted)
    return { content, findings: report.findings }
  }
  if (!own) throw new PlatformError("bad_input", "expected asked or own")
  const { key, role } = proof.practitioner
  const what = `attachment ${index}` as const
  const { lines } = await ownView.of(own.handle, { key, role, purpose, name, what })
  // Of joined handles what a policy hides has no line.
  const isShown = lines.some((line) => line.index === index && line.alias === own.alias)
  const patient = await vault.patient(own.alias === undefined ? { handle: own.handle } : { alias: own.alias })
  const [record] = isShown && patient ? await vault.log(patient.handle, index, 1) : []
  if (record?.index !== index) throw noObject()
  if ("reference" in wanted) return ownFile(vault, own, index, wanted)
  return { content: await storedObject(vault, record, wanted), findings: [] }
}

/** Of joined handles none: what the policy of one of them hides would be shown under another's name. */
async function ownFile(
  vault: SqliteVault,
  { handle, alias }: { readonly handle: Handle; readonly alias?: string },
  index: number,
  { reference }: { readonly reference: string },
): Promise<Attachment> {
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
