import { type Bytes, equalBytes, toHex } from "./bytes.ts"
import { type Checkpoint, checkpointBytes, verifyOperator } from "./checkpoint.ts"
import { type Countersignature, type Countersigned, countersignBytes } from "./countersigned.ts"
import { verify } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import type { MemberKeyRow } from "./evidence-rows.ts"
import type { GenesisDocument } from "./genesis.ts"
import type { MemberId } from "./ids.ts"

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
