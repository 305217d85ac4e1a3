import {
  type Bytes,
  type Cbor,
  type PairingBegun,
  PlatformError,
  pairingBegun,
  pairingCommitment,
  pairingDigits,
  pairingState,
  publicKey,
  type Schema,
  signPairing,
} from "@aceso/core"
import { nobody, post } from "./http.ts"
import { okAnswer } from "./schemas.ts"

/** Between two looks whether the digits were typed, ms. */
const POLL_MS = 1000

/** A new device at a desk, which has a code and a key of its own (core/pairing.ts). */
export class NewDevice {
  /** What the other side says that this is about; who it is has to be shown to the person. */
  readonly begun: PairingBegun
  /** What the person reads out at the desk. */
  readonly digits: string
  private readonly url: string
  private readonly code: string

  private constructor(url: string, code: string, begun: PairingBegun, digits: string) {
    this.url = url
    this.code = code
    this.begun = begun
    this.digits = digits
  }

  /**
   * Uses the code up.
   * @param url the organisation's node
   * @param seed of the key that is to be introduced
   * @param network that the device knows
   * @throws PlatformError `unknown_code`, `code_used`, `wrong_network`, `busy`
   */
  static async begin(url: string, code: string, seed: Bytes, network: string): Promise<NewDevice> {
    const key = publicKey(seed)
    const commitment = pairingCommitment(key)
    const begun = await call(url, "begin", { code, commitment }, pairingBegun)
    if (begun.network !== network)
      throw new PlatformError(
        "wrong_network",
        `this code is of the network ${begun.network}, and this device belongs to ${network}`,
      )
    const possession = signPairing(begun, seed)
    await call(url, "key", { code, key, possession }, okAnswer)
    return new NewDevice(url, code, begun, pairingDigits(begun.invitation, key, begun.nonce))
  }

  /**
   * Resolves when the digits were typed at the desk.
   * @throws PlatformError `unknown_code`: they did not fit, or the code has died
   */
  async confirmed(signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted()
      if ((await call(this.url, "state", { code: this.code }, pairingState)).isConfirmed) return
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }
}

const call = <T>(url: string, what: string, question: { readonly [name: string]: Cbor }, answer: Schema<T>) =>
  post(`${url}/pairing/${what}`, question, nobody(), answer)
