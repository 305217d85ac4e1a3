import { type Bytes, type Envelope, nameOf, readEnvelope } from "@aceso/core"

/** A sound envelope in a block. It is decoded while it is executed and not kept: thousands of them make a block. */
export interface Included {
  readonly bytes: Bytes
  /** The payload's id as latin1 text. */
  readonly id: string
  readonly expiry: number
  /** envelopeHash of the bytes as latin1 text, if it is at hand. */
  readonly hash?: string
}

/** @param bytes an envelope whose verdict is known to be good */
export function includedOf(bytes: Bytes): Included {
  const { payload, payloadId } = readEnvelope(bytes)
  return { bytes, id: nameOf(payloadId), expiry: payload.expiry }
}

export const envelopeOf = ({ bytes, id }: Included): Envelope => readEnvelope(bytes, idBytes(id))

/** The bytes of what nameOf() made. */
export const idBytes = (id: string): Bytes => Buffer.from(id, "latin1")

/** Where a transaction stands. */
export interface TransactionPlace {
  readonly height: number
  readonly index: number
}
