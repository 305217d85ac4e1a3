import { appReleaseState } from "@aceso/client/app-standing.ts"
import { type Blocks, blocksAt } from "@aceso/client/blocks.ts"
import { LedgerProofs } from "@aceso/client/ledger-proofs.ts"
import type { PublicClient } from "@aceso/client/public-client.ts"
import {
  type Attested,
  type Bytes,
  type Cbor,
  type Countersigned,
  decodeCbor,
  equalBytes,
  evidence,
  forkEvidence,
  type GenesisDocument,
  genesisHash,
  isObject,
  isSameCheckpoint,
  type MemberKeyRow,
  memberKeyRow,
  nameOf,
  PlatformError,
  parseCheckpoints,
  readGenesis,
  receipt,
  type SignedGenesis,
  signedGenesis,
  toHex,
  verifyCountersigned,
  verifyEvidence,
  verifyForkEvidence,
  verifyReceipt,
} from "@aceso/core"
import { readAppBuild } from "@aceso/core/app-build.ts"
import { once } from "../late.ts"
import { faultOf } from "../protocol.ts"
import { valueShown } from "../shown-value.ts"
import { type BrokenPart, brokenEvidence, brokenFork, brokenReceipt } from "./broken-part.ts"
import { comparedWith } from "./checkpoints-compared.ts"
import { MAX_FILE_BYTES } from "./limits.ts"
import type { RestsOn, Verified, VerifiedKind } from "./verified.ts"

/** Checkpoints of one file that are checked. */
const MAX_CHECKPOINTS = 10_000
/** Keys of one question to the ledger. */
const AT_ONCE = 256

/** Files of others, checked here; the node says only whose keys are whose, with proofs. */
export function verifyCalls(node: PublicClient, blocks: Pick<Blocks, "heads"> = blocksAt(node.url)) {
  // Asked for once: what is checked later needs no network.
  const shown = once(async () => (await node.genesis()).signed)
  return {
    /** Fetches what files are checked by, so that they are checked without a network. */
    async verifyReady(): Promise<void> {
      await shown()
    },
    /**
     * @param file what was given @param anchor a genesis.json that the reader trusts; null: the one that this node shows
     * @throws PlatformError `bad_anchor`; `bad_file`: it is nothing that can be checked here; `empty_file`; `genesis_file`;
     * `too_large`; those of the node
     */
    async verifyFile(file: Uint8Array, anchor: Uint8Array | null): Promise<Verified> {
      if (file.length === 0) throw new PlatformError("empty_file", "the file is empty")
      if (file.length > MAX_FILE_BYTES)
        throw new PlatformError(
          "too_large",
          `the file has ${file.length} bytes, and none to check has more than ${MAX_FILE_BYTES}`,
        )
      const signed = anchor ? anchorIn(anchor) : await shown()
      const genesis = readGenesis(signed)
      const { what, check } = kindOf({ file, signed, genesis, node, blocks, shown })
      const found = {
        anchor: toHex(genesisHash(signed)),
        isOwnAnchor: anchor !== null,
        network: genesis.network,
      }
      try {
        return { ...found, ...(await check()) }
      } catch (error) {
        if (!(error instanceof PlatformError) || OF_THE_NODE.has(error.code)) throw error
        const more = error instanceof Broken ? error.more : {}
        return { ...found, kind: "bad", what, fault: faultOf(error), ...more }
      }
    },
  }
}

/** What does not work says nothing of the file. */
const OF_THE_NODE = new Set([
  "genesis_differs",
  "node_unreachable",
  "not_here",
  "bad_answer",
  "bad_proof",
  "busy",
  "too_many_requests",
])

/** A file that does not hold, and why. */
class Broken extends PlatformError {
  readonly more: { readonly part?: BrokenPart; readonly of?: string }

  constructor(code: string, cause: PlatformError, part: BrokenPart | undefined, of: string) {
    super(code, cause.message, { cause })
    this.more = { ...(part && { part }), ...(part === "network" && { of }) }
  }
}

interface Checking<T> {
  readonly check: () => T
  /** Of its fault, whatever was found in the file. */
  readonly code: string
  /** Which link it is that does not hold. */
  readonly partOf: () => BrokenPart | undefined
  /** Of which the file is. */
  readonly network: string
}

/** @throws Broken */
function checked<T>({ check, code, partOf, network }: Checking<T>): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof PlatformError) throw new Broken(code, error, partOf(), network)
    throw error
  }
}

function anchorIn(file: Uint8Array): SignedGenesis {
  const signed = genesisIn(file)
  if (signed) return signed
  throw new PlatformError("bad_anchor", "this is no genesis.json of a network")
}

function genesisIn(file: Uint8Array): SignedGenesis | null {
  return orNull(() => {
    const signed = signedGenesis.parse(JSON.parse(textIn(file)), "anchor", "json")
    readGenesis(signed)
    return signed
  })
}

interface Given {
  readonly file: Uint8Array
  readonly signed: SignedGenesis
  readonly genesis: GenesisDocument
  readonly node: PublicClient
  readonly blocks: Pick<Blocks, "heads">
  /** The genesis of the node. */
  readonly shown: () => Promise<SignedGenesis>
}
type Found = Verified extends infer V
  ? V extends Verified
    ? Omit<V, "anchor" | "isOwnAnchor" | "network">
    : never
  : never

const NOTHING = "this is neither a receipt, evidence, checkpoints nor the list of a build, or it was damaged"

/** What a file says that it is. @throws PlatformError `bad_file`, `genesis_file` */
function kindOf(given: Given): { readonly what: VerifiedKind; readonly check: () => Found | Promise<Found> } {
  const { file, genesis } = given
  if (file[0] === BRACE) return jsonKindOf(given)
  const value = orNull(() => decodeCbor(file))
  if (value === null || typeof value !== "object" || value instanceof Uint8Array || Array.isArray(value))
    throw new PlatformError("bad_file", NOTHING)
  if ((value as { kind?: unknown }).kind === "fork")
    return { what: "fork", check: () => forkIn(value, genesis) }
  if ("manifest" in value) return { what: "evidence", check: () => evidenceIn(value, genesis) }
  if ("envelope" in value) return { what: "receipt", check: () => receiptIn(value, genesis) }
  throw new PlatformError("bad_file", NOTHING)
}

/** `{` */
const BRACE = 0x7b

function jsonKindOf(given: Given): ReturnType<typeof kindOf> {
  const text = orNull(() => textIn(given.file)) ?? ""
  // A line of checkpoints is JSON, several of them are none.
  const first = text.slice(0, text.indexOf("\n") + 1)
  const value = jsonOrNull(text) ?? jsonOrNull(first)
  if (isObject(value)) {
    if ("root" in value && "files" in value) return { what: "app", check: () => appIn(given) }
    if ("checkpoint" in value || "checkpoints" in value)
      return { what: "checkpoints", check: () => checkpointsIn(text, given) }
    if (genesisIn(given.file))
      throw new PlatformError(
        "genesis_file",
        "this is the genesis.json of a network, by which others are checked",
      )
  }
  throw new PlatformError("bad_file", NOTHING)
}

const restsOn = ({ operator }: Pick<Attested, "operator">): RestsOn => (operator ? "operator" : "validators")

function receiptIn(value: Cbor, genesis: GenesisDocument): Found {
  const given = receipt.parse(value, "receipt")
  const { contract, action, payloadId, input, signers, result, height, time } = checked({
    check: () => verifyReceipt(given, genesis),
    code: "bad_receipt",
    partOf: () => brokenReceipt(given, genesis),
    network: given.checkpoint.network,
  })
  return {
    ...{ kind: "receipt", contract, action, height, time, restsOn: restsOn(given) },
    ...{ id: toHex(payloadId), input: valueShown(input), signers: signers.map((key) => toHex(key)) },
    rejection: result.ok ? null : result.rejection,
  }
}

function evidenceIn(value: Cbor, genesis: GenesisDocument): Found {
  const given = evidence.parse(value, "evidence")
  const { custodian, lie, height, says } = checked({
    check: () => verifyEvidence(given, genesis),
    code: "bad_evidence",
    partOf: () => brokenEvidence(given, genesis),
    network: given.manifest.body.network,
  })
  return { kind: "evidence", custodian, lie, height, says, restsOn: restsOn(given) }
}

function forkIn(value: Cbor, genesis: GenesisDocument): Found {
  const given = forkEvidence.parse(value, "evidence")
  const { height, liars, says } = checked({
    check: () => verifyForkEvidence(given, genesis),
    code: "bad_evidence",
    partOf: () => brokenFork(given, genesis),
    network: given.attested.checkpoint.network,
  })
  return { kind: "fork", height, liars, says, restsOn: restsOn(given.attested) }
}

/** Each signature, and that no block has two checkpoints; whose the keys are, the ledger proves. */
async function checkpointsIn(text: string, given: Given): Promise<Found> {
  const { genesis, signed, node } = given
  const { all, isCut } = parseCheckpoints(text)
  if (all.length === 0 || all.length > MAX_CHECKPOINTS)
    throw new PlatformError(
      "bad_checkpoints",
      `it holds ${all.length} checkpoints: 1 to ${MAX_CHECKPOINTS} can be checked at once`,
    )
  const foreign = all.find(({ checkpoint }) => checkpoint.network !== genesis.network)
  if (foreign) {
    const { network } = foreign.checkpoint
    const fault = new PlatformError("bad_checkpoint", `a checkpoint is of network ${network}`)
    throw new Broken(fault.code, fault, "network", network)
  }
  await mustBeOfNode(given)
  const keys = new Map(
    all.flatMap(({ signatures }) => signatures.map(({ key }) => [nameOf(key), key] as const)),
  )
  const owners = await ownersOf(node, genesisHash(signed), [...keys.values()])
  const members = new Map<string, number>()
  const alone: number[] = []
  const heights = new Map<number, Countersigned["checkpoint"]>()
  for (const one of all) {
    const { checkpoint } = one
    const by = verifyCountersigned(one, genesis, (key) => owners.get(nameOf(key)))
    for (const member of by.members) members.set(member, (members.get(member) ?? 0) + 1)
    if (!by.operator && by.members.length === 1) alone.push(checkpoint.height)
    const other = heights.get(checkpoint.height)
    if (other && !isSameCheckpoint(other, checkpoint))
      throw new PlatformError(
        "bad_checkpoints",
        `it holds two different checkpoints of block ${checkpoint.height}`,
      )
    heights.set(checkpoint.height, checkpoint)
  }
  const sorted = [...heights.keys()].sort((a, b) => a - b)
  const { same, ahead } = await comparedWith(given.blocks, genesis, heights)
  const signedBy = [...members].map(([member, count]) => ({ member, count }))
  return {
    ...{ kind: "checkpoints", count: all.length, isCut },
    members: signedBy.sort((a, b) => b.count - a.count || (a.member < b.member ? -1 : 1)),
    ...{ from: sorted[0], to: sorted[sorted.length - 1] },
    ...{ same: same.size, ahead, alone: alone.filter((height) => !same.has(height)).length },
  }
}

/** A ledger says something of its own network alone. @throws PlatformError `genesis_differs` */
async function mustBeOfNode({ signed, shown }: Given): Promise<void> {
  if (equalBytes(genesisHash(signed), genesisHash(await shown()))) return
  throw new PlatformError("genesis_differs", "the node's ledger is of another network than the genesis given")
}

async function ownersOf(
  node: PublicClient,
  genesis: Bytes,
  keys: readonly Bytes[],
): Promise<ReadonlyMap<string, MemberKeyRow>> {
  const proofs = new LedgerProofs(undefined, { genesis, isFirstFresh: true })
  const owners = new Map<string, MemberKeyRow>()
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const asked = keys.slice(at, at + AT_ONCE)
    const rows = await proofs.rows(
      node,
      "memberKeys",
      asked.map((key) => [key]),
    )
    rows.forEach((row, i) => {
      if (row) owners.set(nameOf(asked[i]), memberKeyRow(row))
    })
  }
  return owners
}

async function appIn(given: Given): Promise<Found> {
  const { file, signed, node } = given
  const { root, files } = readAppBuild(file)
  await mustBeOfNode(given)
  const proofs = new LedgerProofs(undefined, { genesis: genesisHash(signed), isFirstFresh: true })
  const [row] = await proofs.rows(node, "appReleases", [[root]])
  return { kind: "app", files: files.length, root: toHex(root), state: appReleaseState(row) }
}

const textIn = (file: Uint8Array): string => new TextDecoder("utf-8", { fatal: true }).decode(file)
const jsonOrNull = (text: string): unknown => orNull(() => JSON.parse(text) as unknown)

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
