import { ED25519_TORSION_SUBGROUP, ed25519 } from "@noble/curves/ed25519.js"
import { bytesToNumberLE, numberToBytesLE } from "@noble/curves/utils.js"
import { sha512 } from "@noble/hashes/sha2.js"
import { concat, fromHex, utf8 } from "../bytes.ts"
import type { SignatureClaim } from "../cofactored.ts"
import edgeCases from "./generated/taming-the-many-eddsas.json" with { type: "json" }

/** Signatures that Ed25519 libraries disagree about, and what the rule for envelopes says (`verifyCofactored`). */
export interface CraftedClaim {
  readonly comment: string
  readonly claim: SignatureClaim
  readonly isGood: boolean
}

const { Point } = ed25519
const ORDER = Point.Fn.ORDER
const SECRET = 0x0123456789abcdefn
const RANDOM = 0xfedcba9876543210n
const message = utf8("a payload")
const torsion = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromHex(hex, true))

const scalar = (value: bigint): Uint8Array => numberToBytesLE(value, 32)

/** A signature with the given first half: S = r + H(R, A, M) a. */
function sign(r: bigint, R: Uint8Array, A: Uint8Array, secret = SECRET): SignatureClaim {
  const k = bytesToNumberLE(sha512(concat(R, A, message)))
  return { signature: concat(R, scalar((r + k * secret) % ORDER)), message, key: A }
}

const honestKey = Point.BASE.multiply(SECRET)
const honest = sign(RANDOM, Point.BASE.multiply(RANDOM).toBytes(), honestKey.toBytes())

/** Whoever holds a key can add points of small order to it and to R: without the cofactor each fits or not by chance. */
const mixed: CraftedClaim[] = torsion.flatMap((inKey, i) =>
  torsion.map((inR, j) => ({
    comment: `key with torsion ${i}, R with torsion ${j}`,
    claim: sign(RANDOM, Point.BASE.multiply(RANDOM).add(inR).toBytes(), honestKey.add(inKey).toBytes()),
    isGood: true,
  })),
)

const smallKeys: CraftedClaim[] = torsion.map((key, i) => ({
  comment: `key of small order ${i}`,
  claim: sign(RANDOM, Point.BASE.multiply(RANDOM).toBytes(), key.toBytes(), 0n),
  isGood: false,
}))

/** R of small order: r is 0. The ways to write the same points that are not canonical are refused. */
const smallR: CraftedClaim[] = torsion.flatMap((R, i) => {
  const bytes = R.toBytes()
  const y = R.toAffine().y
  const ways = [{ comment: "canonical", bytes, isGood: true }]
  if (y < 19n)
    ways.push({
      comment: "y plus the field's prime",
      bytes: withSign(y + Point.Fp.ORDER, bytes),
      isGood: false,
    })
  if (R.toAffine().x === 0n) ways.push({ comment: "minus zero", bytes: minusZero(bytes), isGood: false })
  return ways.map(({ comment, bytes, isGood }) => ({
    comment: `R of small order ${i}, ${comment}`,
    claim: sign(0n, bytes, honestKey.toBytes()),
    isGood,
  }))
})

function withSign(y: bigint, like: Uint8Array): Uint8Array {
  const bytes = scalar(y)
  bytes[31] |= like[31] & 0x80
  return bytes
}

function minusZero(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice()
  changed[31] |= 0x80
  return changed
}

const S = bytesToNumberLE(honest.signature.subarray(32))
const plain: CraftedClaim[] = [
  { comment: "honest", claim: honest, isGood: true },
  {
    comment: "S plus the group's order",
    claim: { ...honest, signature: concat(honest.signature.subarray(0, 32), scalar(S + ORDER)) },
    isGood: false,
  },
  { comment: "another message", claim: { ...honest, message: utf8("another") }, isGood: false },
  { comment: "no message", claim: { ...honest, message: new Uint8Array(0) }, isGood: false },
  { comment: "another key", claim: { ...honest, key: Point.BASE.toBytes() }, isGood: false },
  { comment: "a key that is no point", claim: { ...honest, key: scalar(2n) }, isGood: false },
]

const isGoodOf = [false, false, true, true, true, true, false, false, false, false, false, false]
const published: CraftedClaim[] = edgeCases.map(({ comment, message, publicKey, signature }, i) => ({
  comment: `Taming the many EdDSAs, ${comment}`,
  claim: { message: fromHex(message), key: fromHex(publicKey), signature: fromHex(signature) },
  isGood: isGoodOf[i],
}))

export const craftedClaims: readonly CraftedClaim[] = [
  ...plain,
  ...mixed,
  ...smallKeys,
  ...smallR,
  ...published,
]
