import { publicKeySchema, signature64 } from "./ids.ts"
import { bytes, type Infer, list, nullable, object, text, uint } from "./schema.ts"

/**
 * CometBFT v0.38 headers and commits (spec/core/data_structures.md, spec/core/encoding.md): application hash of
 * height H stands in header H+1, and the commit of H+1 signs it.
 */
const partSet = object({ total: uint(0xffffffff), hash: bytes(0, 32) })
const blockId = object({ hash: bytes(0, 32), parts: partSet })
const timestamp = object({ seconds: uint(), nanos: uint(999_999_999) })

export const cometHeader = object({
  blockVersion: uint(),
  appVersion: uint(),
  chainId: text(50),
  height: uint(),
  time: timestamp,
  lastBlockId: blockId,
  lastCommitHash: bytes(0, 32),
  dataHash: bytes(0, 32),
  validatorsHash: bytes(32),
  nextValidatorsHash: bytes(32),
  consensusHash: bytes(0, 32),
  appHash: bytes(0, 32),
  lastResultsHash: bytes(0, 32),
  evidenceHash: bytes(0, 32),
  proposerAddress: bytes(20),
})
export type CometHeader = Infer<typeof cometHeader>

const commit = object({
  round: uint(0x7fffffff),
  blockId,
  /** One per validator in the set's order; null: absent or voted nil. */
  signatures: list(nullable(object({ time: timestamp, signature: signature64 })), 100),
})
const validators = list(object({ key: publicKeySchema, power: uint() }), 100)

/** A header with the commit that signs it. The validators of its height sign, among other things, the next set. */
const link = object({ header: cometHeader, commit, validators })
export type CometLink = Infer<typeof link>

export const cometAttestation = object({
  header: cometHeader,
  next: cometHeader,
  commit,
  validators,
  /** For each change of the validators since the anchor, oldest first: the last header of the set before. */
  links: list(link, 1000),
})
export type CometAttestation = Infer<typeof cometAttestation>
