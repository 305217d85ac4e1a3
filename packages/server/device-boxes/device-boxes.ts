import {
  type Bytes,
  DEVICE_SLOTS,
  type DeviceSlot,
  equalBytes,
  isBoxWord,
  type LeaveLetter,
  type LetterRead,
  nameOf,
  PAIRING_MS,
  PlatformError,
  type PublicKey,
  type ReadLetter,
  type SendLetter,
  tokenHash,
} from "@aceso/core"

/** 64 MiB of letters at most. */
const MAX_BOXES = 2000
/** Open at one time of one network address. */
export const BOXES_PER_ADDRESS = 50

interface Letter {
  /** Null: it was taken. */
  readonly content: Bytes | null
  /** Of what the first device left. */
  readonly signature: Bytes | null
}
interface Box {
  readonly expiresAt: number
  /** The network address of whoever opened it. */
  readonly from: string
  readonly letters: Map<DeviceSlot, Letter>
  /** Of the device that came first. */
  taker?: Bytes
}

/**
 * Where two devices of one person meet, at the app's operator (core/second-device.ts): sealed letters in a fixed order, in
 * memory, for ten minutes. Whoever names a box that is not there, has died, was closed, or is somebody else's, is told the
 * same.
 */
export class DeviceBoxes {
  private readonly origin: string | undefined
  private readonly now: () => number
  private readonly boxes = new Map<string, Box>()

  /** @param origin of the app, the first that the genesis names; undefined: this member does not serve it */
  constructor(origin: string | undefined, now: () => number = Date.now) {
    this.origin = origin
    this.now = now
  }

  /** @param from the network address @throws PlatformError `bad_signature`, `code_used`, `too_many_pairings` */
  open(box: PublicKey, signature: Bytes, from: string): { readonly expiresAt: number } {
    this.mustSay(box, "open", signature)
    for (const [name, { expiresAt }] of this.boxes) if (expiresAt <= this.now()) this.boxes.delete(name)
    if (this.boxes.has(nameOf(box))) throw used()
    const ofAddress = [...this.boxes.values()].filter((one) => one.from === from).length
    if (ofAddress >= BOXES_PER_ADDRESS)
      throw new PlatformError(
        "too_many_pairings",
        `${BOXES_PER_ADDRESS} devices are being added from this network address just now, as many as may be; each has ten minutes: try again later, or by another network`,
      )
    if (this.boxes.size >= MAX_BOXES)
      throw new PlatformError(
        "too_many_pairings",
        "too many devices are being added just now; each has ten minutes: try again later",
      )
    const expiresAt = this.now() + PAIRING_MS
    this.boxes.set(nameOf(box), { expiresAt, from, letters: new Map() })
    return { expiresAt }
  }

  /** Of the new device: the first that comes. @throws PlatformError `unknown_code`, `code_used` */
  send({ box, slot, content, token }: SendLetter): void {
    const found = this.find(box)
    const taker = tokenHash(token)
    if (found.taker && !equalBytes(found.taker, taker)) throw used()
    this.put(found, slot, { content, signature: null })
    found.taker = taker
  }

  /** Of the device that opened it. @throws PlatformError `unknown_code`, `bad_signature`, `code_used` */
  leave({ box, slot, content, signature }: LeaveLetter): void {
    this.mustSay(box, slot, signature, content)
    this.put(this.find(box), slot, { content, signature })
  }

  /** What is for the new device alone is taken once. @throws PlatformError `unknown_code` */
  read({ box, slot, token }: ReadLetter): LetterRead {
    const found = this.find(box)
    const letter = found.letters.get(slot)
    if (!letter) return { content: null, signature: null }
    if (slot !== "gift") return letter
    const isTaker = token !== null && found.taker !== undefined && equalBytes(found.taker, tokenHash(token))
    if (!isTaker || letter.content === null) throw unknown()
    found.letters.set(slot, { content: null, signature: null })
    return letter
  }

  /** @throws PlatformError `bad_signature` */
  close(box: PublicKey, signature: Bytes): void {
    this.mustSay(box, "close", signature)
    this.boxes.delete(nameOf(box))
  }

  private put({ letters }: Box, slot: DeviceSlot, letter: Letter): void {
    // Each once, and none before the one before it.
    if (DEVICE_SLOTS[letters.size] !== slot) throw used()
    letters.set(slot, letter)
  }

  private mustSay(
    box: PublicKey,
    word: "open" | "close" | "nonce" | "gift",
    signature: Bytes,
    content?: Bytes,
  ): void {
    if (this.origin !== undefined && isBoxWord(this.origin, word, box, signature, content)) return
    throw new PlatformError("bad_signature", "the device that opened this has to sign it, for this app")
  }

  private find(box: PublicKey): Box {
    const found = this.boxes.get(nameOf(box))
    if (!found || found.expiresAt <= this.now()) throw unknown()
    return found
  }
}

const unknown = () =>
  new PlatformError(
    "unknown_code",
    "there is no such code here, or it has died: each lives for ten minutes and is used once; show another one on the first device",
  )
const used = () =>
  new PlatformError(
    "code_used",
    "this code was used already: if that was not your device, close the code on the first device, and show another one that nobody else sees",
  )
