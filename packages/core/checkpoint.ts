import type { Bytes } from "./bytes.ts"
import { verify } from "./crypto.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import { hash32, networkId, publicKeySchema, signature64 } from "./ids.ts"
import { type Infer, object, uint } from "./schema.ts"

/** What a block leaves behind (LEDGER.md, Application hash and Checkpoint). */
export const checkpoint = object({
  network: networkId,
  height: uint(),
  /** Block time in ms. */
  time: uint(),
  txRoot: hash32,
  historyHash: hash32,
  stateRoot: hash32,
})
export type Checkpoint = Infer<typeof checkpoint>

export const GENESIS_HISTORY: Hash = new Uint8Array(32)

export interface BlockRoots {
  readonly txRoot: Hash
  readonly resultsRoot: Hash
  readonly eventsRoot: Hash
}

export const nextHistory = (previous: Hash, height: number, roots: BlockRoots): Hash =>
  domainHash("history", previous, height, roots.txRoot, roots.resultsRoot, roots.eventsRoot)

export const applicationHash = (stateRoot: Hash, historyHash: Hash): Hash =>
  domainHash("app", stateRoot, historyHash)

export const checkpointBytes = (c: Checkpoint): Bytes =>
  domainBytes("checkpoint", c.network, c.height, c.time, c.txRoot, c.historyHash, c.stateRoot)

/** A checkpoint signed by the key of an `embedded` engine: attested by the operator alone. */
export const operatorAttestation = object({ key: publicKeySchema, signature: signature64 })
export type OperatorAttestation = Infer<typeof operatorAttestation>

export const verifyOperator = (c: Checkpoint, attestation: OperatorAttestation): boolean =>
  verify(attestation.signature, checkpointBytes(c), attestation.key)

/** {network, checkpoint, time} signed by the engine's key: how fresh the tip is although no block was made. */
export const statusStatement = object({
  network: networkId,
  checkpoint,
  time: uint(),
  signature: signature64,
})
export type StatusStatement = Infer<typeof statusStatement>

export const statusBytes = (c: Checkpoint, time: number): Bytes =>
  domainBytes("status", c.network, domainHash("checkpoint-hash", checkpointBytes(c)), time)
