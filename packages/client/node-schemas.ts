import {
  bool,
  checkpoint,
  cometAttestation,
  type Infer,
  list,
  memberId,
  nullable,
  object,
  payloadId,
  signedGenesis,
  text,
  uint,
} from "@aceso/core"

/** What any node answers to anybody: a page needs nothing else of it before somebody's records are there. */

export const genesisAnswer = signedGenesis
export const memberAnswer = object({
  members: list(
    object({ member: memberId, name: text(100), kind: text(24), url: text(200), status: text(16) }),
    1000,
  ),
})

/** A block of `cometbft` with the commit of the one after it. */
export const attestedAnswer = object({ checkpoint, comet: cometAttestation })
export type AttestedAnswer = Infer<typeof attestedAnswer>

export const submitAnswer = object({
  payloadId,
  height: uint(),
  index: uint(),
  rejection: nullable(text(64)),
  isDuplicate: bool(),
})
