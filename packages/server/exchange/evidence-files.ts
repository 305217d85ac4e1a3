import { memberKeys, recordLogs, recoveries } from "@aceso/contracts"
import {
  type AnswerFinding,
  type Bytes,
  type Cbor,
  encodeCbor,
  evidence,
  type Manifest,
  type ReleasedRecord,
  type SignedGenesis,
} from "@aceso/core"
import type { Engine, ProvenRow } from "@aceso/ledger"

/** Lies that a third party can see in manifest and ledger alone. */
const PROVABLE = ["changed_record", "log_mismatch", "undeclared_loss"] as const

/** Evidence for each finding that a third party can check from ledger and manifest alone. */
export async function evidenceFor(
  engine: Engine,
  genesis: SignedGenesis,
  manifest: Manifest,
  records: readonly ReleasedRecord[],
  findings: readonly AnswerFinding[],
): Promise<{ readonly name: string; readonly content: Bytes }[]> {
  const { responder, handle, height } = manifest.body
  // One lie convicts; a thousand files of it would only cost the one who was lied to.
  const provable = PROVABLE.flatMap((kind) => findings.find((one) => one.kind === kind) ?? [])
  const files: { name: string; content: Bytes }[] = []
  for (const { kind, detail, index } of provable) {
    const [keyProof, logProof] = await Promise.all([
      engine.prove(memberKeys as never, [manifest.key], height),
      engine.prove(recordLogs as never, [responder, handle], height),
    ])
    const isLoss = kind === "undeclared_loss"
    const recovered = isLoss ? await engine.prove(recoveries as never, [responder], height) : null
    const record = records.find((one) => one.index === index) ?? null
    const file = evidence.parse({
      kind,
      manifest,
      record,
      keyProof: rowOf(keyProof),
      logProof: rowOf(logProof),
      recoveryProof: recovered && rowOf(recovered),
      checkpoint: logProof.checkpoint,
      operator: logProof.operator,
      comet: logProof.comet,
      genesis,
      notes: [detail],
    })
    files.push({
      name: `evidence-${responder}-${index ?? "log"}.aceso`,
      content: encodeCbor(file as unknown as Cbor),
    })
  }
  return files
}

const rowOf = ({ row, proof }: ProvenRow) => ({ row, proof })
