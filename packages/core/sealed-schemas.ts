import type { Bytes } from "./bytes.ts"
import { bytes, list, object, uint } from "./schema.ts"

export const MAX_SEALED_BYTES = 64 * 2 ** 20

/** `messages`: ciphertexts in sequence under one encapsulation (RFC 9180 section 5.2). */
export const sealedAnswer = object({
  suite: uint(0xffff),
  encapsulated: bytes(1, 4096),
  messages: list(bytes(16, MAX_SEALED_BYTES), 100_000, 1),
})
export interface SealedAnswer {
  readonly suite: number
  readonly encapsulated: Bytes
  readonly messages: readonly Bytes[]
}
