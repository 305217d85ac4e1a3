import { type Bytes, equalBytes, toHex } from "./bytes.ts"
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts"
import { publicKey, sign, verify } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import { type MemberId, memberId, networkId, type PublicKey, publicKeySchema, signature64 } from "./ids.ts"
import { bytes, type Infer, list, nullable, object, oneOf, text, uint } from "./schema.ts"

/**
 * The founder's first word, signed by the founder. It is the anchor of every receipt: whoever has it needs to
 * trust no node.
 */
export const genesisDocument = object({
  network: networkId,
  /** ms; no block is older. */
  time: uint(),
  engine: oneOf("embedded", "cometbft"),
  /** `embedded`: the key that signs checkpoints. `cometbft`: null. */
  engineKey: nullable(publicKeySchema),
  /** `cometbft`: the first validators' consensus keys, each of power 10. */
  validators: list(object({ member: memberId, key: publicKeySchema }), 100),
  founder: object({ member: memberId, name: text(100), key: publicKeySchema, url: text(200) }),
  contracts: list(object({ name: text(32), version: uint(1000), sources: bytes(32) }), 64),
  quota: object({
    windowMs: uint(),
    bytes: uint(),
    transactions: uint(),
    urgentTransactions: uint(),
  }),
})
export type GenesisDocument = Infer<typeof genesisDocument>

export const signedGenesis = object({ document: bytes(1, 65_536), signature: signature64 })
export type SignedGenesis = Infer<typeof signedGenesis>

const genesisBytes = (document: Bytes): Bytes => domainBytes("genesis", document)
export const genesisHash = (genesis: SignedGenesis): Hash => domainHash("genesis-hash", genesis.document)

/** What a validator's consensus key signs, so that nobody can name another's key: proof of possession. */
export const validatorPossessionBytes = (member: MemberId, key: PublicKey): Bytes =>
  domainBytes("validator-possession", member, key)

export function signGenesis(document: GenesisDocument, founderSeed: Bytes): SignedGenesis {
  const parsed = genesisDocument.parse(document, "genesis")
  if (!equalBytes(parsed.founder.key, publicKey(founderSeed)))
    throw new PlatformError(
      "wrong_key",
      "the genesis must be signed with the key of the founder that it names",
    )
  const bytes = encodeCbor(parsed as unknown as Cbor)
  return { document: bytes, signature: sign(genesisBytes(bytes), founderSeed) }
}

/** @throws PlatformError `bad_genesis` when it is malformed or not signed by the founder that it names */
export function readGenesis(genesis: SignedGenesis): GenesisDocument {
  const document = genesisDocument.parse(decodeCbor(genesis.document), "genesis")
  if (!verify(genesis.signature, genesisBytes(genesis.document), document.founder.key))
    throw new PlatformError("bad_genesis", "the genesis is not signed by the founder that it names")
  if (document.quota.windowMs < 1000)
    throw new PlatformError("bad_genesis", "the window of the quota must be at least 1,000 ms")
  const { validators } = document
  for (const part of ["member", "key"] as const)
    if (
      new Set(validators.map((one) => (part === "key" ? toHex(one.key) : one.member))).size <
      validators.length
    )
      throw new PlatformError("bad_genesis", `two validators of the genesis have the same ${part}`)
  return document
}
