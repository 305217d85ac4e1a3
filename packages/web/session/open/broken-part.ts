import {
  type Countersigned,
  type Evidence,
  envelopeHash,
  type ForkEvidence,
  type GenesisDocument,
  PlatformError,
  type Receipt,
  type RowProof,
  readEnvelope,
  rowKeyHash,
  verifyManifest,
  verifyRow,
} from "@aceso/core"
import { verifyAttestation } from "@aceso/core/attestation.ts"
import { type BlockFault, checkBlock } from "@aceso/core/explorer.ts"

/** Which link of a file does not hold; what checks it in core throws at the first one, and says which in English alone. */
export type BrokenPart = BlockFault["name"] | "network" | "manifest" | "key" | "log" | "lie" | "sides"

const bad = (what: string) => new PlatformError("bad_proof", what)

function isSound(check: () => unknown): boolean {
  try {
    check()
    return true
  } catch (error) {
    if (error instanceof PlatformError) return false
    throw error
  }
}

/** Of a receipt that does not hold. */
export function brokenReceipt(
  { envelope, events, rejection, resultPath, transaction, ...block }: Receipt,
  anchor: GenesisDocument,
): BrokenPart | undefined {
  if (block.checkpoint.network !== anchor.network) return "network"
  const { index, size, path } = transaction
  let payloadId: ReturnType<typeof readEnvelope>["payloadId"]
  try {
    payloadId = readEnvelope(envelope).payloadId
  } catch (error) {
    if (error instanceof PlatformError) return "hash"
    throw error
  }
  const base = { index, payloadId, hash: envelopeHash(envelope), rejection, path, resultPath }
  const { fault, transactions } = checkBlock(
    { ...block, size, events: [], transactions: [{ ...base, seen: { envelope, events, rows: [] } }] },
    anchor,
    verifyAttestation,
  )
  return transactions[0]?.fault?.name ?? fault?.name
}

/** Of evidence against a custodian that does not hold. */
export function brokenEvidence(
  { manifest, keyProof, logProof, ...e }: Evidence,
  anchor: GenesisDocument,
): BrokenPart {
  const { key, body } = manifest
  if (e.checkpoint.network !== anchor.network || body.network !== anchor.network) return "network"
  if (!isSound(() => verifyAttestation(e, anchor, bad))) return "attestation"
  if (!verifyManifest(manifest)) return "manifest"
  const isProven = (table: string, of: Parameters<typeof rowKeyHash>[1], { row, proof }: RowProof) =>
    verifyRow(e.checkpoint.stateRoot, rowKeyHash(table, of), row, proof)
  if (!keyProof.row || !isProven("memberKeys", [key], keyProof)) return "key"
  return isProven("recordLogs", [body.responder, body.handle], logProof) ? "lie" : "log"
}

/** Of evidence of a fork that does not hold. */
export function brokenFork(
  { first, second, keys, attested }: ForkEvidence,
  anchor: GenesisDocument,
): BrokenPart {
  const isOther = ({ checkpoint }: Pick<Countersigned, "checkpoint">) => checkpoint.network !== anchor.network
  if ([first, second, attested].some(isOther)) return "network"
  if (!isSound(() => verifyAttestation(attested, anchor, bad))) return "attestation"
  const { stateRoot } = attested.checkpoint
  const isProven = keys.every(
    ({ key, proven: { row, proof } }) =>
      row !== null && verifyRow(stateRoot, rowKeyHash("memberKeys", [key]), row, proof),
  )
  return isProven ? "sides" : "key"
}
