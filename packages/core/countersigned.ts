import type { Bytes } from "./bytes.ts"
import { type Checkpoint, checkpoint, checkpointBytes, operatorAttestation } from "./checkpoint.ts"
import { publicKey, sign } from "./crypto.ts"
import { domainBytes } from "./hash.ts"
import { type MemberId, memberId, publicKeySchema, signature64 } from "./ids.ts"
import { type Infer, list, nullable, object } from "./schema.ts"

/** A network has at most so many members; each signs a checkpoint once. */
export const MAX_COUNTERSIGNERS = 1000

/** A member's word that this checkpoint is of its own chain. */
export const countersignature = object({ member: memberId, key: publicKeySchema, signature: signature64 })
export type Countersignature = Infer<typeof countersignature>

/** `operator`: the engine's signature (`embedded`). */
export const countersigned = object({
  checkpoint,
  operator: nullable(operatorAttestation),
  signatures: list(countersignature, MAX_COUNTERSIGNERS),
})
export type Countersigned = Infer<typeof countersigned>

export const countersignBytes = (c: Checkpoint, member: MemberId): Bytes =>
  domainBytes("countersignature", checkpointBytes(c), member)

export const countersign = (c: Checkpoint, member: MemberId, seed: Bytes): Countersignature => ({
  member,
  key: publicKey(seed),
  signature: sign(countersignBytes(c, member), seed),
})

/** What a node answers on `GET /checkpoints`: its own, oldest first. */
export const MAX_CHECKPOINTS = 256
export const checkpointsAnswer = object({ checkpoints: list(countersigned, MAX_CHECKPOINTS) })
