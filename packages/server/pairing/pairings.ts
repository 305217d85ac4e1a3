import {
  type Bytes,
  isPaired,
  type MemberId,
  newPairingCode,
  PAIRING_MS,
  type PairingBegun,
  type PairingKind,
  PlatformError,
  type PublicKey,
  pairingDigits,
  randomBytes,
} from "@aceso/core"

/** Open ones, of the node and of one person who invites. */
const MAX_OPEN = 1000
const MAX_OF_ONE = 50

interface Wanted<T> {
  readonly kind: PairingKind
  /** Who of the staff invites, and alone may type the digits: name. */
  readonly by: string
  /** What follows when the digits fit, with the new device's key. */
  take(key: PublicKey): Promise<T>
}

interface Pairing extends Wanted<unknown> {
  readonly invitation: Bytes
  readonly expiresAt: number
  /** Once a device has come: what it committed to. */
  readonly begun?: { readonly commitment: Bytes; readonly nonce: Bytes }
  readonly key?: PublicKey
  /** The digits were typed, and fit. */
  readonly isTried?: true
  /** And what follows has been done. */
  readonly isConfirmed?: true
}

/**
 * New devices that come to this organisation's desk (core/pairing.ts). They live in memory: a code dies with the
 * process, or after ten minutes, and whoever invited invites again. Each step of one is taken once.
 */
export class Pairings {
  private readonly place: { readonly network: string; readonly member: MemberId }
  private readonly now: () => number
  private readonly byCode = new Map<string, Pairing>()
  /** Told when it goes on with a code: the name of who invited. */
  onMoved: (by: string) => void = () => {}

  constructor(place: { readonly network: string; readonly member: MemberId }, now: () => number = Date.now) {
    this.place = place
    this.now = now
  }

  /** @throws PlatformError `too_many_pairings` */
  open<T>(wanted: Wanted<T>): { readonly code: string; readonly expiresAt: number } {
    this.forgetPast()
    const own = [...this.byCode.values()].filter(({ by }) => by === wanted.by).length
    if (own >= MAX_OF_ONE || this.byCode.size >= MAX_OPEN)
      throw new PlatformError(
        "too_many_pairings",
        "too many codes are open; each dies after ten minutes, or once it was used: wait, or use those",
      )
    const code = newPairingCode()
    const expiresAt = this.now() + PAIRING_MS
    this.byCode.set(code, { ...wanted, invitation: randomBytes(32), expiresAt })
    return { code, expiresAt }
  }

  /** The device commits to a key. @throws PlatformError `unknown_code`, `code_used` */
  begin(code: string, commitment: Bytes): PairingBegun {
    const found = this.find(code)
    if (found.begun) throw used()
    const nonce = randomBytes(32)
    this.byCode.set(code, { ...found, begun: { commitment, nonce } })
    const { kind, invitation, expiresAt } = found
    return { ...this.place, kind, invitation, nonce, expiresAt }
  }

  /** The device shows its key. @throws PlatformError `unknown_code`, `code_used`, `bad_pairing` */
  show(code: string, key: PublicKey, possession: Bytes): void {
    const found = this.find(code)
    const { begun, invitation } = found
    if (!begun || found.key) throw used()
    if (!isPaired({ ...this.place, invitation, nonce: begun.nonce }, begun.commitment, key, possession)) {
      this.byCode.delete(code)
      throw new PlatformError(
        "bad_pairing",
        "the key is not the one that the device promised, or it does not sign; the code is dead, ask for another one",
      )
    }
    this.byCode.set(code, { ...found, key })
    this.onMoved(found.by)
  }

  /** How far it is. @throws PlatformError `unknown_code` */
  state(code: string): { readonly hasDevice: boolean; readonly isConfirmed: boolean } {
    const { key, isConfirmed } = this.find(code)
    return { hasDevice: key !== undefined, isConfirmed: isConfirmed === true }
  }

  /**
   * Whoever invited types what the device shows: one try.
   * @param by name
   * @returns what became of it
   * @throws PlatformError `unknown_code`, `no_device_yet`, `code_used`, `digits_differ`, those of `take`
   */
  async confirm(code: string, digits: string, kind: PairingKind, by: string): Promise<unknown> {
    const found = this.find(code)
    if (found.by !== by || found.kind !== kind) throw unknown()
    const { key, begun, invitation } = found
    if (found.isTried) throw used()
    if (!key || !begun)
      throw new PlatformError("no_device_yet", "no device has come with this code yet; nothing was tried")
    if (pairingDigits(invitation, key, begun.nonce) !== digits) {
      this.byCode.delete(code)
      throw new PlatformError(
        "digits_differ",
        "these are not the digits of the device that came with this code: either they were mistyped, or somebody else was there first. The code is dead; make another one, and let nobody else see it",
      )
    }
    // Before anything is awaited: the digits count once.
    const tried = { ...found, isTried: true as const }
    this.byCode.set(code, tried)
    try {
      const taken = await found.take(key)
      this.byCode.set(code, { ...tried, isConfirmed: true })
      this.onMoved(by)
      return taken
    } catch (error) {
      this.byCode.delete(code)
      throw error
    }
  }

  private find(code: string): Pairing {
    const found = this.byCode.get(code)
    if (!found || found.expiresAt <= this.now()) throw unknown()
    return found
  }

  private forgetPast(): void {
    for (const [code, { expiresAt }] of this.byCode) if (expiresAt <= this.now()) this.byCode.delete(code)
  }
}

const unknown = () =>
  new PlatformError(
    "unknown_code",
    "there is no such code here, or it has died: each lives for ten minutes; check how it was typed, or ask for another one",
  )
const used = () =>
  new PlatformError(
    "code_used",
    "this code was used already: if that was not your device, say so at the desk, and ask for another one",
  )
