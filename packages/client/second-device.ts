import {
  type Bytes,
  boxOpened,
  type Cbor,
  type DeviceOffer,
  type DeviceSlot,
  decodeCbor,
  decodeSealed,
  deviceCommitment,
  deviceDigits,
  domainBytes,
  encodeCbor,
  encodeSealed,
  equalBytes,
  type Hash,
  hash32,
  hkdf,
  type Infer,
  isBoxWord,
  isCommitted,
  letterRead,
  makeOneTimeKey,
  type OneTimeKey,
  object,
  PlatformError,
  publicKey,
  randomBytes,
  type Schema,
  SUITE_MLKEM768_X25519,
  seal,
  signBox,
} from "@aceso/core"
import { openWith, sealWith } from "./aes-gcm.ts"
import { nobody, post } from "./http.ts"
import { okAnswer } from "./schemas.ts"
import { keptPlaces } from "./wrapping.ts"

/** Between two looks into the box, ms. */
const POLL_MS = 1000

/** What the new device gets: the person's secret, and where they are known. */
export const deviceGift = object({ seed: hash32, kept: keptPlaces })
export type DeviceGift = Infer<typeof deviceGift>

/** @param url where the app is reached @param origin the first that the genesis names for it */
export interface BoxAt {
  readonly url: string
  readonly origin: string
  /** Between two looks, ms. */
  readonly pollMs?: number
}

/** Letters of one box, sealed under the secret of the QR and bound to their place in it. */
class Box {
  private readonly at: BoxAt
  readonly offer: DeviceOffer

  constructor(at: BoxAt, offer: DeviceOffer) {
    this.at = at
    this.offer = offer
  }

  ask<T>(what: string, question: { readonly [name: string]: Cbor }, answer: Schema<T>): Promise<T> {
    const { box } = this.offer
    return post(`${this.at.url.replace(/\/$/, "")}/second/${what}`, { box, ...question }, nobody(), answer)
  }

  /** What is there by now, held against the key that names the box where that device left it. */
  async look(slot: DeviceSlot, token: Bytes | null): Promise<Bytes | undefined> {
    const { content, signature } = await this.ask("read", { slot, token }, letterRead)
    if (!content) return undefined
    const isOld = slot === "nonce" || slot === "gift"
    const isOwn = !isOld || (signature && isBoxWord(this.at.origin, slot, this.offer.box, signature, content))
    if (!isOwn) throw bad("it was not left by the device that shows the code")
    return this.opened(slot, content)
  }

  async wait(slot: DeviceSlot, token: Bytes | null, signal?: AbortSignal): Promise<Bytes> {
    for (;;) {
      signal?.throwIfAborted()
      const found = await this.look(slot, token)
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, this.at.pollMs ?? POLL_MS))
    }
  }

  sealed(slot: DeviceSlot, plain: Bytes): Promise<Bytes> {
    return sealWith(this.key(), this.bound(slot), plain)
  }

  private async opened(slot: DeviceSlot, content: Bytes): Promise<Bytes> {
    const plain = await openWith(this.key(), this.bound(slot), content)
    if (!plain) throw bad("a letter was changed on its way")
    return plain
  }

  private bound(slot: DeviceSlot): Bytes {
    const { genesis, box } = this.offer
    return domainBytes("device-letter", this.at.origin, genesis, box, slot)
  }

  private key(): Bytes {
    return hkdf(this.offer.secret, new Uint8Array(0), domainBytes("device-letters"), 32)
  }

  /** What the gift is bound to. */
  info(commitment: Hash, nonce: Bytes, digits: string): Cbor {
    const { genesis, box } = this.offer
    return ["device-gift", this.at.origin, genesis, box, commitment, nonce, digits]
  }
}

const bad = (why: string, cause?: unknown) =>
  new PlatformError("bad_pairing", `nothing was handed over: ${why}; show another code`, { cause })

/** The device that is unlocked and shows the code. */
export class FirstDevice {
  readonly offer: DeviceOffer
  /** ms */
  readonly expiresAt: number
  private readonly box: Box
  private readonly origin: string
  private readonly seed: Bytes
  private come: { readonly key: Bytes; readonly commitment: Hash; readonly nonce: Bytes } | undefined
  private isTried = false

  private constructor(box: Box, origin: string, seed: Bytes, expiresAt: number) {
    this.box = box
    this.offer = box.offer
    this.origin = origin
    this.seed = seed
    this.expiresAt = expiresAt
  }

  /** @param genesis its hash @throws PlatformError `too_many_pairings`, `node_unreachable` */
  static async open(at: BoxAt, genesis: Hash): Promise<FirstDevice> {
    const seed = randomBytes(32)
    const box = publicKey(seed)
    const own = new Box(at, { genesis, box, secret: randomBytes(32) })
    const signature = signBox(at.origin, "open", box, seed)
    const { expiresAt } = await own.ask("open", { signature }, boxOpened)
    return new FirstDevice(own, at.origin, seed, expiresAt)
  }

  /**
   * Resolves when a device has come and shown its key.
   * @throws PlatformError `unknown_code`; `bad_pairing`: it shows another key than it promised
   */
  async met(signal?: AbortSignal): Promise<void> {
    const commitment = await this.box.wait("commit", null, signal)
    const nonce = randomBytes(32)
    await this.leave("nonce", nonce)
    const key = await this.box.wait("key", null, signal)
    if (!isCommitted(commitment, key)) {
      await this.close()
      throw bad("the new device shows another key than it promised")
    }
    this.come = { key, commitment, nonce }
  }

  /**
   * One try: what the person read on the new device.
   * @throws PlatformError `no_device_yet`, `code_used`, `digits_differ`
   */
  async give(digits: string, gift: DeviceGift): Promise<void> {
    if (!this.come) throw new PlatformError("no_device_yet", "no device has come with this code yet")
    if (this.isTried) throw new PlatformError("code_used", "the digits of this code were typed already")
    this.isTried = true
    const { key, commitment, nonce } = this.come
    if (deviceDigits(this.offer.box, key, nonce) !== digits) {
      await this.close()
      throw new PlatformError(
        "digits_differ",
        "these are not the digits of the device that came with this code: either they were mistyped, or somebody else was there first. Nothing was handed over, and the code is dead; show another one, and let nobody else see it",
      )
    }
    const plain = encodeCbor(gift as unknown as Cbor)
    const info = this.box.info(commitment, nonce, digits)
    const sealed = await seal(SUITE_MLKEM768_X25519, key, info, [plain])
    await this.leave("gift", encodeSealed(sealed))
  }

  /** Resolves when the new device says that it keeps what it got. @throws PlatformError `unknown_code` */
  async done(signal?: AbortSignal): Promise<void> {
    await this.box.wait("done", null, signal)
    await this.close()
  }

  async close(): Promise<void> {
    const signature = signBox(this.origin, "close", this.offer.box, this.seed)
    await this.box.ask("close", { signature }, okAnswer)
  }

  private async leave(slot: "nonce" | "gift", plain: Bytes): Promise<void> {
    const content = await this.box.sealed(slot, plain)
    const signature = signBox(this.origin, slot, this.offer.box, this.seed, content)
    await this.box.ask("leave", { slot, content, signature }, okAnswer)
  }
}

/** The device that has scanned the code, and is nobody's yet. */
export class SecondDevice {
  /** What the person types on the first device. */
  readonly digits: string
  private readonly box: Box
  private readonly token: Bytes
  private readonly key: OneTimeKey
  private readonly info: Cbor

  private constructor(box: Box, token: Bytes, key: OneTimeKey, bound: readonly [Hash, Bytes, string]) {
    this.box = box
    this.token = token
    this.key = key
    this.digits = bound[2]
    this.info = box.info(...bound)
  }

  /**
   * Uses the code up. It takes as long as the first device needs to look.
   * @param genesis of the network that this app belongs to, its hash
   * @throws PlatformError `wrong_network`, `unknown_code`, `code_used`, `bad_pairing`
   */
  static async begin(
    at: BoxAt,
    offer: DeviceOffer,
    genesis: Hash,
    signal?: AbortSignal,
  ): Promise<SecondDevice> {
    if (!equalBytes(offer.genesis, genesis))
      throw new PlatformError(
        "wrong_network",
        "this code is of another network than this app; nothing was done",
      )
    const box = new Box(at, offer)
    const token = randomBytes(32)
    const send = async (slot: "commit" | "key", plain: Bytes) =>
      box.ask("send", { slot, content: await box.sealed(slot, plain), token }, okAnswer)
    const key = await makeOneTimeKey()
    const commitment = deviceCommitment(key.publicKey)
    await send("commit", commitment)
    const nonce = await box.wait("nonce", token, signal)
    await send("key", key.publicKey)
    const digits = deviceDigits(offer.box, key.publicKey, nonce)
    return new SecondDevice(box, token, key, [commitment, nonce, digits])
  }

  /**
   * Resolves with what the first device handed over, once the digits were typed there.
   * @throws PlatformError `unknown_code`: they did not fit, or the code has died; `bad_pairing`
   */
  async given(signal?: AbortSignal): Promise<DeviceGift> {
    const sealed = await this.box.wait("gift", this.token, signal)
    try {
      const [plain] = await this.key.open(this.info, decodeSealed(sealed))
      return deviceGift.parse(decodeCbor(plain), "gift")
    } catch (cause) {
      if (!(cause instanceof PlatformError)) throw cause
      throw bad("what came was sealed for another device, or for other digits", cause)
    }
  }

  /** That it keeps what it got. */
  async keeps(): Promise<void> {
    const content = await this.box.sealed("done", new Uint8Array([1]))
    await this.box.ask("send", { slot: "done", content, token: this.token }, okAnswer)
  }
}
