import { ed25519 } from "@noble/curves/ed25519.js"
import { type Bytes, compareBytes, concat, equalBytes, utf8 } from "./bytes.ts"
import type { CometAttestation, CometHeader, CometLink } from "./comet-schemas.ts"
import { sha256 } from "./crypto.ts"
import type { PlatformError } from "./errors.ts"
import { merkleRoot } from "./merkle.ts"

export interface CometExpectation {
  readonly chainId: string
  readonly height: number
  /** Block time in ms. */
  readonly time: number
  readonly appHash: Bytes
  /** Keys of the anchor's validators, any order. */
  readonly validators: readonly Bytes[]
}

type Bad = (what: string) => PlatformError

/** @returns what the answer rests on, such as "by 3 of 4 validators" */
export function verifyComet(a: CometAttestation, expected: CometExpectation, bad: Bad): string {
  const { header, next, commit, validators } = a
  if (header.chainId !== expected.chainId || next.chainId !== expected.chainId)
    throw bad("a header of another chain")
  if (header.height !== expected.height || next.height !== expected.height + 1)
    throw bad("a header of another height")
  if (blockTimeMs(header.time) !== expected.time) throw bad("the block's time is not the header's")
  if (!equalBytes(next.appHash, expected.appHash)) throw bad("the application hash is not the next header's")
  if (!equalBytes(next.lastBlockId.hash, headerHash(header)))
    throw bad("the headers do not follow each other")
  let trusted: Trusted = { keys: expected.validators }
  let height = 0
  for (const one of a.links) {
    if (one.header.chainId !== expected.chainId) throw bad("a header of another chain")
    if (one.header.height <= height || one.header.height >= next.height)
      throw bad("the changes of the validators are not in order")
    checkSigned(one, trusted, bad)
    trusted = { hash: one.header.nextValidatorsHash }
    height = one.header.height
  }
  const signed = checkSigned({ header: next, commit, validators }, trusted, bad)
  return `by ${signed} of ${validators.length} validators`
}

/** The validators that may sign: the anchor's, or those that the set before them signed. */
type Trusted = { readonly keys: readonly Bytes[] } | { readonly hash: Bytes }

/** More than two thirds of the trusted validators' power signed the header. @returns how many signed */
function checkSigned({ header, commit, validators }: CometLink, trusted: Trusted, bad: Bad): number {
  if (!equalBytes(commit.blockId.hash, headerHash(header))) throw bad("the commit is for another header")
  const hash = validatorsHash(validators)
  if (!equalBytes(hash, header.validatorsHash)) throw bad("the validators are not the header's")
  if ("hash" in trusted) {
    if (!equalBytes(hash, trusted.hash))
      throw bad("the validators are not those that the set before them named")
  } else {
    const known = [...trusted.keys].sort(compareBytes)
    const named = validators.map((v) => v.key).sort(compareBytes)
    if (known.length !== named.length || !known.every((key, i) => equalBytes(key, named[i])))
      throw bad("the validators are not those that the anchor names")
  }
  if (commit.signatures.length !== validators.length) throw bad("the commit does not fit the validators")
  let power = 0
  let total = 0
  let signed = 0
  commit.signatures.forEach((vote, i) => {
    total += validators[i].power
    if (!vote) return
    const message = voteSignBytes(header, commit, vote.time)
    // ZIP-215, as CometBFT verifies them: a stricter rule would refuse blocks that the chain accepted.
    if (!ed25519.verify(vote.signature, message, validators[i].key, { zip215: true }))
      throw bad(`the signature of validator ${i} is wrong`)
    power += validators[i].power
    signed++
  })
  if (power * 3 <= total * 2) throw bad(`only ${signed} of ${validators.length} validators signed`)
  return signed
}

/** Block time as the ledger has it: whole milliseconds, rounded down. */
export const blockTimeMs = (time: { readonly seconds: number; readonly nanos: number }): number =>
  time.seconds * 1000 + Math.floor(time.nanos / 1_000_000)

export function headerHash(h: CometHeader): Bytes {
  return merkleRoot([
    concat(varintField(1, h.blockVersion), varintField(2, h.appVersion)),
    bytesField(1, utf8(h.chainId)),
    varintField(1, h.height),
    timeMessage(h.time),
    blockIdMessage(h.lastBlockId),
    bytesField(1, h.lastCommitHash),
    bytesField(1, h.dataHash),
    bytesField(1, h.validatorsHash),
    bytesField(1, h.nextValidatorsHash),
    bytesField(1, h.consensusHash),
    bytesField(1, h.appHash),
    bytesField(1, h.lastResultsHash),
    bytesField(1, h.evidenceHash),
    bytesField(1, h.proposerAddress),
  ])
}

/** Merkle root over SimpleValidator{pub_key, voting_power}, in the set's order. */
export const validatorsHash = (validators: CometAttestation["validators"]): Bytes =>
  merkleRoot(
    validators.map(({ key, power }) => concat(messageField(1, bytesField(1, key)), varintField(2, power))),
  )

/** CometBFT's address of a consensus key: the first 20 bytes of its SHA-256. */
export const validatorAddress = (key: Bytes): Bytes => sha256(key).subarray(0, 20)

const PRECOMMIT = 2

/** What a validator signs: length-delimited CanonicalVote (spec/core/encoding.md). */
export function voteSignBytes(
  header: Pick<CometHeader, "height" | "chainId">,
  commit: Pick<CometLink["commit"], "round" | "blockId">,
  time: { readonly seconds: number; readonly nanos: number },
): Bytes {
  const body = concat(
    varintField(1, PRECOMMIT),
    fixed64Field(2, header.height),
    fixed64Field(3, commit.round),
    messageField(4, blockIdMessage(commit.blockId)),
    messageField(5, timeMessage(time)),
    bytesField(6, utf8(header.chainId)),
  )
  return concat(varint(body.length), body)
}

const blockIdMessage = (id: { hash: Bytes; parts: { total: number; hash: Bytes } }) =>
  concat(
    bytesField(1, id.hash),
    messageField(2, concat(varintField(1, id.parts.total), bytesField(2, id.parts.hash))),
  )

const timeMessage = (time: { seconds: number; nanos: number }) =>
  concat(varintField(1, time.seconds), varintField(2, time.nanos))

// The few protobuf forms that hashes and votes are made of; default values are left out (proto3).
function varint(value: number): Bytes {
  const out: number[] = []
  let rest = value
  while (rest >= 128) {
    out.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  out.push(rest)
  return Uint8Array.from(out)
}
const EMPTY = new Uint8Array(0)
const varintField = (field: number, value: number) =>
  value === 0 ? EMPTY : concat(Uint8Array.of(field << 3), varint(value))
const messageField = (field: number, body: Bytes) =>
  concat(Uint8Array.of((field << 3) | 2), varint(body.length), body)
const bytesField = (field: number, body: Bytes) => (body.length === 0 ? EMPTY : messageField(field, body))
function fixed64Field(field: number, value: number): Bytes {
  if (value === 0) return EMPTY
  const out = new Uint8Array(9)
  out[0] = (field << 3) | 1
  new DataView(out.buffer).setBigInt64(1, BigInt(value), true)
  return out
}
