import type { CipherSuite, KeyPair } from "hpke"
import type { Bytes } from "./bytes.ts"
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts"
import { messageOf, PlatformError } from "./errors.ts"
import { domainBytes } from "./hash.ts"
import { type SealedAnswer, sealedAnswer } from "./sealed-schemas.ts"

/**
 * Sealed envelopes: HPKE (RFC 9180) to a one-time key. Suites have numbers, so that one can be replaced; what
 * the message belongs to (record, recipient, consent, purpose) is bound through `info`.
 */
export const SUITE_MLKEM768_X25519 = 1

/** Loaded when something is sealed or opened for the first time: a page that does neither goes without. */
const suites: Readonly<Record<number, () => Promise<CipherSuite>>> = {
  [SUITE_MLKEM768_X25519]: async () => (await import("#sealing")).hybrid,
}

/** A key pair for one answer; drop it when the answer is opened. */
export interface OneTimeKey {
  readonly suite: number
  readonly publicKey: Bytes
  open(info: Cbor, sealed: SealedAnswer): Promise<Bytes[]>
}

async function suiteOf(id: number): Promise<CipherSuite> {
  const load = suites[id]
  if (!load)
    throw new PlatformError(
      "unknown_suite",
      `sealing suite ${id} is unknown; known: ${Object.keys(suites).join(", ")}`,
    )
  return load()
}

const infoBytes = (suite: number, info: Cbor): Bytes => domainBytes("sealed", suite, info)

/** @param secret 32 bytes from which it is derived, for an answer that may come after a restart; default: from nothing */
export async function makeOneTimeKey(
  id: number = SUITE_MLKEM768_X25519,
  secret?: Bytes,
): Promise<OneTimeKey> {
  const suite = await suiteOf(id)
  const pair: KeyPair = await (secret ? suite.DeriveKeyPair(secret, false) : suite.GenerateKeyPair(false))
  return {
    suite: id,
    publicKey: await suite.SerializePublicKey(pair.publicKey),
    async open(info, sealed) {
      if (sealed.suite !== id)
        throw new PlatformError("unsealing_failed", "the answer is sealed with another suite than asked for")
      try {
        const context = await suite.SetupRecipient(pair, sealed.encapsulated, { info: infoBytes(id, info) })
        const opened: Bytes[] = []
        for (const message of sealed.messages) opened.push(await context.Open(message))
        return opened
      } catch (cause) {
        throw new PlatformError("unsealing_failed", `the answer cannot be opened: ${messageOf(cause)}`, {
          cause,
        })
      }
    },
  }
}

/** Whether anything can be sealed to it, before there is anything. @throws PlatformError `unknown_suite`, `bad_key` */
export async function mustBeSealingKey(id: number, publicKey: Bytes): Promise<void> {
  const suite = await suiteOf(id)
  try {
    await suite.SetupSender(await suite.DeserializePublicKey(publicKey))
  } catch (cause) {
    throw badKey(cause)
  }
}

/** @throws PlatformError `unknown_suite`, `bad_key` */
export async function seal(
  id: number,
  publicKey: Bytes,
  info: Cbor,
  messages: readonly Bytes[],
): Promise<SealedAnswer> {
  const suite = await suiteOf(id)
  try {
    const key = await suite.DeserializePublicKey(publicKey)
    const { encapsulatedSecret, ctx } = await suite.SetupSender(key, { info: infoBytes(id, info) })
    const sealed: Bytes[] = []
    for (const message of messages) sealed.push(await ctx.Seal(message))
    return { suite: id, encapsulated: encapsulatedSecret, messages: sealed }
  } catch (cause) {
    throw badKey(cause)
  }
}

const badKey = (cause: unknown) =>
  new PlatformError("bad_key", `the answer cannot be sealed to this key: ${messageOf(cause)}`, { cause })

export const encodeSealed = (sealed: SealedAnswer): Bytes => encodeCbor(sealed as unknown as Cbor)
export const decodeSealed = (bytes: Bytes): SealedAnswer => sealedAnswer.parse(decodeCbor(bytes), "answer")
