import { verifyAttestation } from "./attestation.ts"
import { attested } from "./attested.ts"
import { type Bytes, equalBytes, toHex } from "./bytes.ts"
import {
  type Checkpoint,
  checkpoint,
  checkpointBytes,
  operatorAttestation,
  verifyOperator,
} from "./checkpoint.ts"
import { publicKey, sign, verify } from "./crypto.ts"
import { messageOf, PlatformError } from "./errors.ts"
import { type MemberKeyRow, memberKeyRow } from "./evidence-rows.ts"
import { type GenesisDocument, readGenesis, signedGenesis } from "./genesis.ts"
import { domainBytes } from "./hash.ts"
import { type MemberId, memberId, publicKeySchema, signature64 } from "./ids.ts"
import { type Infer, list, nullable, object, oneOf } from "./schema.ts"
import { rowKeyHash, rowProof, verifyRow } from "./state-proof.ts"

/** A network has at most so many members; each signs a checkpoint once. */
const MAX_COUNTERSIGNERS = 1000

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

export const isSameCheckpoint = (a: Checkpoint, b: Checkpoint): boolean =>
  equalBytes(checkpointBytes(a), checkpointBytes(b))

/** Whose a key is or was: the row of `memberKeys`. */
export type KeyOwner = (key: Bytes) => MemberKeyRow | undefined
export type { MemberKeyRow }

/** Whether a key may speak for its member at this time, ms. */
export const isKeyValidAt = (
  { from, to, compromisedAt }: Omit<MemberKeyRow, "member">,
  time: number,
): boolean => time >= from && (to === null || time < to) && (compromisedAt === null || time < compromisedAt)

/** Why a countersignature does not count; undefined: it does. */
export function countersignatureFault(
  c: Checkpoint,
  { member, key, signature }: Countersignature,
  owner: MemberKeyRow | undefined,
): string | undefined {
  const short = `${toHex(key).slice(0, 12)}…`
  if (!verify(signature, countersignBytes(c, member), key))
    return `the signature of ${member} over block ${c.height} is wrong`
  if (!owner) return `the ledger knows no key ${short}, with which ${member} signed block ${c.height}`
  if (owner.member !== member)
    return `${member} signed block ${c.height} with the key ${short}, which is ${owner.member}'s`
  return isKeyValidAt(owner, c.time)
    ? undefined
    : `the key ${short} of ${member} was not valid at the time of block ${c.height}`
}

const bad = (what: string) => new PlatformError("bad_checkpoint", `the checkpoint does not hold: ${what}`)

/** Who attests a checkpoint. */
export interface Attesters {
  /** The engine's key (`embedded`). */
  readonly operator: boolean
  readonly members: readonly MemberId[]
}

/**
 * Checks every signature of a countersigned checkpoint; at least one has to be there.
 * @throws PlatformError `bad_checkpoint`
 */
export function verifyCountersigned(
  { checkpoint: c, operator, signatures }: Countersigned,
  anchor: Pick<GenesisDocument, "network" | "engineKey">,
  ownerOf: KeyOwner,
): Attesters {
  if (c.network !== anchor.network) throw bad(`it is of network ${c.network}, not of ${anchor.network}`)
  if (operator) {
    if (!anchor.engineKey || !equalBytes(anchor.engineKey, operator.key))
      throw bad(`block ${c.height} is signed by ${toHex(operator.key)}, which the genesis does not name`)
    if (!verifyOperator(c, operator)) throw bad(`the operator's signature over block ${c.height} is wrong`)
  }
  const members = new Set<MemberId>()
  for (const one of signatures) {
    const fault = countersignatureFault(c, one, ownerOf(one.key))
    if (fault !== undefined) throw bad(fault)
    if (members.has(one.member)) throw bad(`${one.member} signs block ${c.height} twice`)
    members.add(one.member)
  }
  if (!operator && members.size === 0) throw bad(`nobody signed block ${c.height}`)
  return { operator: operator !== null, members: [...members] }
}

/** Two histories of one network: both sides with those who vouch for them. */
export const forkEvidence = object({
  kind: oneOf("fork"),
  first: countersigned,
  second: countersigned,
  /** The ledger's row of each key that signs, proven against `attested`. */
  keys: list(object({ key: publicKeySchema, proven: rowProof }), 2 * MAX_COUNTERSIGNERS),
  attested,
  genesis: signedGenesis,
})
export type ForkEvidence = Infer<typeof forkEvidence>

export interface ForkAnswer {
  readonly height: number
  readonly first: Attesters
  readonly second: Attesters
  /** Those who signed both histories: they lied, whichever is the true one. */
  readonly liars: readonly string[]
  readonly says: string
}

/** The fork that two countersigned checkpoints show. @throws PlatformError `bad_checkpoint` when there is none */
export function verifyFork(
  one: Countersigned,
  other: Countersigned,
  anchor: Pick<GenesisDocument, "network" | "engineKey">,
  ownerOf: KeyOwner,
): ForkAnswer {
  const first = verifyCountersigned(one, anchor, ownerOf)
  const second = verifyCountersigned(other, anchor, ownerOf)
  const { height } = one.checkpoint
  if (height !== other.checkpoint.height) throw bad("the two checkpoints are of different blocks")
  if (isSameCheckpoint(one.checkpoint, other.checkpoint))
    throw bad(`both checkpoints of block ${height} are the same: there is no fork`)
  const names = ({ operator, members }: Attesters) => [
    ...(operator ? ["the operator's key"] : []),
    ...members,
  ]
  const liars = names(first).filter((name) => names(second).includes(name))
  const says =
    liars.length > 0
      ? `${liars.join(" and ")} signed two different histories of ${anchor.network} at block ${height}`
      : `${names(first).join(" and ")} and, against that, ${names(second).join(" and ")} signed different histories of ${anchor.network} at block ${height}`
  return { height, first, second, liars, says }
}

/**
 * Checks fork evidence offline; `anchor` is the genesis that the reader trusts (without one, the file's own is used,
 * and the answer says so).
 * @throws PlatformError `bad_evidence`
 */
export function verifyForkEvidence(
  e: ForkEvidence,
  anchor?: GenesisDocument,
): ForkAnswer & { restsOn: string } {
  const wrong = (what: string) => new PlatformError("bad_evidence", `the evidence does not hold: ${what}`)
  try {
    const trusted = anchor ?? readGenesis(e.genesis)
    const rests = verifyAttestation(e.attested, trusted, wrong)
    const owners = new Map<string, MemberKeyRow>()
    for (const { key, proven } of e.keys) {
      const { row, proof } = proven
      if (!row || !verifyRow(e.attested.checkpoint.stateRoot, rowKeyHash("memberKeys", [key]), row, proof))
        throw wrong(`the ledger's row of the key ${toHex(key).slice(0, 12)}… is not proven`)
      owners.set(toHex(key), memberKeyRow(row))
    }
    const answer = verifyFork(e.first, e.second, trusted, (key) => owners.get(toHex(key)))
    return { ...answer, restsOn: `keys ${rests}${anchor ? "" : "; the anchor is the file's own"}` }
  } catch (error) {
    if (error instanceof PlatformError && error.code !== "bad_evidence") throw wrong(error.message)
    throw error
  }
}

/** What a node answers on `GET /checkpoints`: its own, oldest first. */
export const MAX_CHECKPOINTS = 256
export const checkpointsAnswer = object({ checkpoints: list(countersigned, MAX_CHECKPOINTS) })

export interface CheckpointFile {
  readonly all: readonly Countersigned[]
  /** The last line has no end: the node was stopped while it wrote. What cannot be read of it is left out. */
  readonly isCut: boolean
}

/**
 * Reads what a node keeps (`checkpoints.jsonl`: one JSON document per line), or what it answers on `GET /checkpoints`.
 * @throws PlatformError `bad_checkpoints` that names the line
 */
export function parseCheckpoints(text: string): CheckpointFile {
  const whole = jsonOf(text)
  if (whole !== null && typeof whole === "object" && "checkpoints" in whole)
    return {
      all: checked(1, () => checkpointsAnswer.parse(whole, "export", "json").checkpoints),
      isCut: false,
    }
  const lines = text.split("\n")
  const last = lines.pop() ?? ""
  if (jsonOf(last) !== undefined) lines.push(last)
  const all = lines.map((line, i) => checked(i + 1, () => countersigned.parse(jsonOf(line), "line", "json")))
  return { all, isCut: last !== "" }
}

function checked<T>(line: number, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new PlatformError(
      "bad_checkpoints",
      `line ${line} is no countersigned checkpoint: ${messageOf(cause)}`,
      {
        cause,
      },
    )
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema says what was expected in its place.
    return undefined
  }
}
