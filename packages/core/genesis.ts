import { type Bytes, equalBytes, toHex } from "./bytes.ts"
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts"
import { publicKey, sign, verify } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import {
  hash32,
  type MemberId,
  memberId,
  networkId,
  type PublicKey,
  publicKeySchema,
  signature64,
} from "./ids.ts"
import { isLoopbackUrl, nodeUrlFault } from "./node-url.ts"
import { bool, bytes, type Infer, list, nullable, object, oneOf, optional, text, uint } from "./schema.ts"

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
  /** Its nodes are on one machine: their URLs may be on loopback. Absent: no. */
  isLoopback: optional(bool()),
  /** Made to be played with: its values may be tampered with (`aceso demo tamper`). Absent: no. */
  isDemo: optional(bool()),
  /** Years: who is as old decides alone, and delegates from before act no more. Absent: AGE_OF_MAJORITY. */
  ageOfMajority: optional(uint(30)),
  /** Where patients find the app, and the member that serves it, which is no hospital and no insurer. Absent: nowhere. */
  app: optional(object({ operator: memberId, origins: list(text(200), 8, 1) })),
  /** The network that this one goes on from, and the snapshot of its last state (snapshot/format.ts, manifest). */
  from: optional(
    object({ genesis: hash32, height: uint(), stateRoot: hash32, historyHash: hash32, snapshot: hash32 }),
  ),
  contracts: list(object({ name: text(32), version: uint(1000), sources: bytes(32) }), 64),
  quota: object({
    windowMs: uint(),
    bytes: uint(),
    transactions: uint(),
    urgentTransactions: uint(),
  }),
})
export type GenesisDocument = Infer<typeof genesisDocument>

export const signedGenesis = object({
  document: bytes(1, 65_536),
  signature: signature64,
  /** Voters of the network before, where no ballot of theirs ended it: a majority has to sign. */
  cosignatures: optional(list(object({ key: publicKeySchema, signature: signature64 }), 1000)),
})
export type SignedGenesis = Infer<typeof signedGenesis>

const genesisBytes = (document: Bytes): Bytes => domainBytes("genesis", document)
export const genesisHash = (genesis: SignedGenesis): Hash => domainHash("genesis-hash", genesis.document)

/** What a validator's consensus key signs, so that nobody can name another's key: proof of possession. */
export const validatorPossessionBytes = (member: MemberId, key: PublicKey): Bytes =>
  domainBytes("validator-possession", member, key)

/** A voter of the network before agrees to go on from there. */
export const cosignGenesis = (genesis: SignedGenesis, seed: Bytes): SignedGenesis => {
  const key = publicKey(seed)
  const others = (genesis.cosignatures ?? []).filter((one) => !equalBytes(one.key, key))
  const signature = sign(genesisBytes(genesis.document), seed)
  return { ...genesis, cosignatures: [...others, { key, signature }] }
}

/** Keys whose cosignatures are right, each once. @throws PlatformError `bad_genesis` for one that is wrong */
export function cosignersOf(genesis: SignedGenesis): readonly PublicKey[] {
  const keys = new Map<string, PublicKey>()
  for (const { key, signature } of genesis.cosignatures ?? []) {
    if (!verify(signature, genesisBytes(genesis.document), key))
      throw new PlatformError("bad_genesis", `the cosignature of ${toHex(key)} is wrong`)
    keys.set(toHex(key), key)
  }
  return [...keys.values()]
}

/** What a genesis says of itself when its founder has this URL. */
export const loopbackOf = (founderUrl: string): Pick<GenesisDocument, "isLoopback"> =>
  isLoopbackUrl(founderUrl) ? { isLoopback: true } : {}

/** Why the patient's app cannot be at this origin (RFC 6454) of a network; undefined: it can. */
export function originFault(
  origin: string,
  { isLoopback = false }: Pick<GenesisDocument, "isLoopback">,
): string | undefined {
  const fault = nodeUrlFault(origin, { mayBeLoopback: isLoopback })
  if (fault !== undefined) return fault
  const { origin: plain } = new URL(origin)
  return plain === origin ? undefined : `${origin} is no origin: write ${plain}`
}

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
  const wrong = nodeUrlFault(document.founder.url, { mayBeLoopback: document.isLoopback ?? false })
  if (wrong !== undefined) throw new PlatformError("bad_genesis", `the founder's url: ${wrong}`)
  for (const origin of document.app?.origins ?? []) {
    const fault = originFault(origin, document)
    if (fault !== undefined) throw new PlatformError("bad_genesis", `the app's origin: ${fault}`)
  }
  const { validators } = document
  for (const part of ["member", "key"] as const)
    if (
      new Set(validators.map((one) => (part === "key" ? toHex(one.key) : one.member))).size <
      validators.length
    )
      throw new PlatformError("bad_genesis", `two validators of the genesis have the same ${part}`)
  return document
}
