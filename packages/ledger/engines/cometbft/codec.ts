import { type Bytes, messageOf, PlatformError } from "@aceso/core"
import { Request, Response } from "cosmjs-types/tendermint/abci/types"

/**
 * The few messages that come once per transaction, by hand; everything else is cosmjs-types' (codec.test.ts holds
 * both to the same bytes). Protobuf: field number * 8 + wire type; 2 is length-delimited.
 */
const REQUEST_CHECK_TX = 0x42
const CHECK_TX_TX = 0x0a
const CHECK_TX_TYPE = 0x10
const RESPONSE_FINALIZE_BLOCK = [0xaa, 0x01]
const FINALIZE_TX_RESULTS = 0x12
const FINALIZE_VALIDATORS = 0x1a
const FINALIZE_APP_HASH = 0x2a
const TX_RESULT_CODE = 0x08

export interface CheckTx {
  readonly tx: Bytes
  /** Asked again after a block, of what is left in the mempool. */
  readonly isRecheck: boolean
}

/** A CheckTx request as CometBFT writes it; undefined: it is another request, or written otherwise. */
export function readCheckTx(message: Uint8Array): CheckTx | undefined {
  if (message[0] !== REQUEST_CHECK_TX) return undefined
  const whole = varintAt(message, 1)
  if (!whole || whole.end + whole.value !== message.length || message[whole.end] !== CHECK_TX_TX)
    return undefined
  const length = varintAt(message, whole.end + 1)
  if (!length) return undefined
  const end = length.end + length.value
  const tx = message.subarray(length.end, end)
  if (end === message.length) return { tx, isRecheck: false }
  const isType = message[end] === CHECK_TX_TYPE && end + 2 === message.length && message[end + 1] < 2
  return isType ? { tx, isRecheck: message[end + 1] === 1 } : undefined
}

function varintAt(bytes: Uint8Array, at: number): { value: number; end: number } | undefined {
  let value = 0
  for (let i = 0; i < 5 && at + i < bytes.length; i++) {
    value += (bytes[at + i] & 127) * 2 ** (7 * i)
    if (bytes[at + i] < 128) return { value, end: at + i + 1 }
  }
  return undefined
}

function varint(value: number): number[] {
  const out: number[] = []
  let rest = value
  while (rest >= 128) {
    out.push((rest & 127) | 128)
    rest = Math.floor(rest / 128)
  }
  out.push(rest)
  return out
}

/** A message with its length before it, as both sides of the socket write them. */
export function frame(message: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.from(varint(message.length)), message])
}

export interface Finalized {
  /** 0: accepted. */
  readonly codes: readonly number[]
  readonly validators: readonly { readonly key: Bytes; readonly power: number }[]
  readonly appHash: Bytes
}

/** Response{finalize_block}; a result without a code is an empty message. */
export function encodeFinalized({ codes, validators, appHash }: Finalized): Buffer {
  const body: number[] = []
  for (const code of codes) {
    if (code === 0) body.push(FINALIZE_TX_RESULTS, 0)
    else {
      const bytes = varint(code)
      body.push(FINALIZE_TX_RESULTS, 1 + bytes.length, TX_RESULT_CODE, ...bytes)
    }
  }
  for (const { key, power } of validators) {
    // ValidatorUpdate{pub_key: PublicKey{ed25519}, power}
    const publicKey = [0x0a, key.length, ...key]
    const update = [0x0a, publicKey.length, ...publicKey, ...(power === 0 ? [] : [0x10, ...varint(power)])]
    body.push(FINALIZE_VALIDATORS, update.length, ...update)
  }
  body.push(FINALIZE_APP_HASH, appHash.length, ...appHash)
  return Buffer.from([...RESPONSE_FINALIZE_BLOCK, ...varint(body.length), ...body])
}

/** @throws PlatformError `bad_frame` */
export function decodeRequest(message: Uint8Array): Request {
  try {
    return Request.decode(message)
  } catch (cause) {
    throw new PlatformError(
      "bad_frame",
      `the peer on the ABCI socket sent a message that is no ABCI request (${messageOf(cause)}); use CometBFT v0.38.26`,
      { cause },
    )
  }
}
export const encodeResponse = (response: Partial<Response>): Uint8Array =>
  Response.encode(Response.fromPartial(response)).finish()
