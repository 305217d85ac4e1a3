import {
  type Bytes,
  type Cbor,
  caseId,
  documentCommitment,
  type PractitionerProof,
  randomBytes,
  signDocumentWord,
  utf8,
} from "@aceso/core"
import { days, defineProcess } from "@aceso/core/process/define.ts"
import type { AcesoNode } from "@aceso/server/node/node.ts"

/** One hospital hands something over to another one; whoever uses it makes it known first (knowCapabilities). */
export const handover = defineProcess({
  name: "handover",
  parties: { sender: { ability: "keepsRecords" }, receiver: { ability: "keepsRecords" } },
  opens: { by: "sender", to: "sent", documents: ["Task"], dueMs: days(1) },
  steps: { accept: { from: "sent", by: "receiver", to: "accepted" } },
  lasts: { ms: days(30), to: "ended" },
})

/**
 * A node opens a case with another member, with a document in the word of one of its people.
 * @param person the proof of standing in the directory, and the seed of the key that signs; nobody checks them here
 */
export async function handOver(
  { services }: Pick<AcesoNode, "services">,
  receiver: string,
  words: string,
  { proof, seed }: { readonly proof: PractitionerProof; readonly seed: Bytes },
) {
  const { ledger, cases, config } = services
  const [minute, random] = [Math.floor(Date.now() / 60_000), randomBytes(32)]
  const id = caseId(minute, config.member, random)
  const at = { case: id, n: 0, name: "Task" }
  const content = utf8(words)
  const salt = randomBytes(32)
  const commitment = documentCommitment(salt, content)
  const word = signDocumentWord(cases.placeOf(at), config.member, commitment, proof, seed)
  await services.caseDocuments.keep(at, { content, salt, word }, Date.now())
  await ledger.call("cases", "open", {
    ...{ process: "handover", minute, random, capabilities: [], documents: [commitment] },
    parties: [{ party: "receiver", member: receiver }],
  } as unknown as Cbor)
  return { id, at, content }
}
