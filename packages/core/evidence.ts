import { verifyAttestation } from "./attestation.ts"
import { attestedFields } from "./attested.ts"
import { equalBytes, toHex } from "./bytes.ts"
import { PlatformError } from "./errors.ts"
import { memberKeyRow, recordLogRow, recoveriesRow } from "./evidence-rows.ts"
import { type GenesisDocument, readGenesis, signedGenesis } from "./genesis.ts"
import {
  indexedLines,
  lineAt,
  lineHash,
  manifest,
  releasedRecord,
  sentHash,
  verifyManifest,
} from "./manifest.ts"
import { entryHash, isContinued, LOG_START, recordCommitment } from "./record.ts"
import { isLost, lostOf } from "./recovery.ts"
import { type Infer, list, nullable, object, text } from "./schema.ts"
import { type RowProof, rowKeyHash, rowProof, verifyRow } from "./state-proof.ts"

/**
 * What convinces a third party offline that a custodian signed a lie: its manifest, what it sent, and the
 * ledger's proof of its key and of the record log.
 */
export const evidence = object({
  kind: text(64),
  manifest,
  /** Null where the lie is in the manifest itself. */
  record: nullable(releasedRecord),
  keyProof: rowProof,
  logProof: rowProof,
  /** The custodian's recoveries, where it says that entries are lost; null: it says so of none, or that is not the lie. */
  recoveryProof: nullable(rowProof),
  ...attestedFields,
  genesis: signedGenesis,
  notes: list(text(2000), 20),
})
export type Evidence = Infer<typeof evidence>

export interface EvidenceAnswer {
  readonly custodian: string
  readonly lie: "changed_record" | "log_mismatch" | "undeclared_loss"
  readonly index: number | null
  readonly height: number
  readonly restsOn: string
  readonly says: string
}

const bad = (what: string) => new PlatformError("bad_evidence", `the evidence does not hold: ${what}`)

/**
 * Checks evidence; `anchor` is the genesis that the reader trusts (without one, the file's own is used, and the
 * answer says so).
 * @throws PlatformError `bad_evidence`
 */
export function verifyEvidence(e: Evidence, anchor?: GenesisDocument): EvidenceAnswer {
  const own = ownGenesis(e.genesis)
  const trusted = anchor ?? own
  const attested = verifyAttestation(e, trusted, bad)
  const { body, key } = e.manifest
  if (!verifyManifest(e.manifest)) throw bad("the manifest's signature is wrong")
  if (body.network !== trusted.network) throw bad("the manifest is of another network")
  const { stateRoot } = e.checkpoint
  if (
    !e.keyProof.row ||
    !verifyRow(stateRoot, rowKeyHash("memberKeys", [key]), e.keyProof.row, e.keyProof.proof)
  )
    throw bad("the ledger does not know the manifest's key")
  const owner = memberKeyRow(e.keyProof.row)
  if (owner.member !== body.responder) throw bad("the manifest's key belongs to somebody else")
  const isValid = body.time >= owner.from && (owner.to === null || body.time < owner.to)
  if (!isValid || (owner.compromisedAt !== null && body.time >= owner.compromisedAt))
    throw bad("the manifest's key was not valid when it signed")
  if (
    !verifyRow(
      stateRoot,
      rowKeyHash("recordLogs", [body.responder, body.handle]),
      e.logProof.row,
      e.logProof.proof,
    )
  )
    throw bad("the record log is not proven")
  if (body.height !== e.checkpoint.height)
    throw bad("the checkpoint is not of the height that the manifest names")
  const restsOn = anchor ? attested : `${attested}; the anchor is the file's own`
  const found = { custodian: body.responder, height: e.checkpoint.height, restsOn }
  const log = recordLogRow(e.logProof.row)
  const { from = LOG_START } = body
  const hashes = body.lines.map(lineHash)
  if (!hashes.every((hash) => hash !== undefined) || !isContinued(from, hashes, log))
    return {
      ...found,
      lie: "log_mismatch",
      index: null,
      says: `${body.responder} signed a list of ${from.size + body.lines.length} entries; the ledger has ${log.size} others`,
    }
  const undeclared = e.recoveryProof && undeclaredLoss(e, e.recoveryProof)
  if (undeclared !== null)
    return {
      ...found,
      lie: "undeclared_loss",
      index: undeclared,
      says: `${body.responder} said that it lost entry ${undeclared}; no recovery that it declared on the ledger covers it`,
    }
  if (!e.record) throw bad("manifest and ledger agree, and no record is there to compare")
  const line = lineAt(body, e.record.index)
  if (line?.status !== "released" || !line.entry)
    throw bad("the manifest does not say that this record was released")
  if (!line.sent || !equalBytes(line.sent, sentHash(e.record.salt, e.record.content)))
    throw bad("this is not what the custodian signed that it sent")
  if (equalBytes(recordCommitment(e.record.salt, e.record.content), line.entry.commitment))
    throw bad("the record is exactly what was committed: there is no lie")
  return {
    ...found,
    lie: "changed_record",
    index: e.record.index,
    says: `${body.responder} sent record ${e.record.index} with a content other than it committed (entry ${toHex(entryHash(line.entry)).slice(0, 12)})`,
  }
}

/** The first entry that is said to be lost and that no recovery covers (lostOf). */
function undeclaredLoss({ manifest, logProof, checkpoint }: Evidence, proof: RowProof): number {
  const { responder } = manifest.body
  if (!verifyRow(checkpoint.stateRoot, rowKeyHash("recoveries", [responder]), proof.row, proof.proof))
    throw bad("the custodian's recoveries are not proven")
  const lost = lostOf(recordLogRow(logProof.row), recoveriesRow(proof.row))
  const index = indexedLines(manifest.body).find(({ entry, index }) => !entry && !isLost(lost, index))?.index
  if (index === undefined) throw bad("whatever is said to be lost is covered by a recovery on the ledger")
  return index
}

function ownGenesis(genesis: Evidence["genesis"]): GenesisDocument {
  try {
    return readGenesis(genesis)
  } catch (error) {
    if (error instanceof PlatformError) throw bad(error.message)
    throw error
  }
}
