import { memberKeys, recordLogs } from "@aceso/contracts"
import {
  auditEventHash,
  type Bytes,
  type Cbor,
  type Checkpoint,
  type Countersigned,
  countersign,
  countersigned,
  type Evidence,
  encodeCbor,
  type ForkEvidence,
  type ManifestBody,
  makePromise,
  publicKey,
  type SignedGenesis,
  signManifest,
  utf8,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"

/** Files that somebody checks, of one member of a network. */
export interface Signer {
  readonly engine: Engine
  readonly signed: SignedGenesis
  readonly member: string
  readonly seed: Bytes
}

export const fileOf = (value: unknown): Bytes => encodeCbor(value as Cbor)
const filled = (n: number, size = 32): Bytes => new Uint8Array(size).fill(n)

/** The member signed that a patient of theirs has no record, and the ledger has some. */
export async function evidenceOf(
  { engine, signed, member, seed }: Signer,
  handle: Bytes,
  change: Partial<ManifestBody> = {},
): Promise<Evidence> {
  const { checkpoint } = await engine.status()
  const { network, height, time } = checkpoint
  const key = publicKey(seed)
  const auditEvent = utf8('{"resourceType":"AuditEvent"}')
  const auditSalt = filled(3)
  const event = auditEventHash(auditSalt, auditEvent)
  const promise = makePromise(
    { custodian: member, tag: filled(4, 16), event, includeBy: time + 60_000, key },
    network,
    seed,
  )
  const body: ManifestBody = {
    ...{ network, height, time, requestHash: filled(1), responder: member, recipient: "county-hospital" },
    ...{ handle, purpose: "TREAT", policyVersion: 1, policyRoot: filled(2), policyState: "current" },
    ...{ pendingChange: null, pendingBefore: [], lines: [] },
    ...change,
  }
  const manifest = signManifest({ body, auditEvent, auditSalt, promise }, seed)
  const { row, proof } = await engine.prove(memberKeys as never, [key], height)
  const log = await engine.prove(recordLogs as never, [member, handle], height)
  return {
    ...{ kind: "log_mismatch", manifest, record: null, recoveryProof: null, genesis: signed, notes: [] },
    ...{ keyProof: { row, proof }, logProof: { row: log.row, proof: log.proof } },
    ...{ checkpoint: log.checkpoint, operator: log.operator, comet: log.comet },
  }
}

export const signedBy = (
  { member, seed }: Pick<Signer, "member" | "seed">,
  checkpoint: Checkpoint,
): Countersigned => ({ checkpoint, operator: null, signatures: [countersign(checkpoint, member, seed)] })

/** The member signed two histories. */
export async function forkOf(signer: Signer): Promise<ForkEvidence> {
  const { engine, signed, seed } = signer
  const key = publicKey(seed)
  const height = (await engine.status()).checkpoint.height
  const { row, proof, ...attested } = await engine.prove(memberKeys as never, [key], height)
  const { checkpoint, operator, comet } = attested
  return {
    kind: "fork",
    first: signedBy(signer, checkpoint),
    second: signedBy(signer, { ...checkpoint, stateRoot: filled(9) }),
    keys: [{ key, proven: { row, proof } }],
    attested: { checkpoint, operator, comet },
    genesis: signed,
  }
}

/** As a node keeps them: one a line. */
export const linesOf = (...all: readonly Countersigned[]): Bytes =>
  utf8(all.map((one) => `${JSON.stringify(countersigned.toJson(one))}\n`).join(""))
