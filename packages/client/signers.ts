import {
  type Bytes,
  equalBytes,
  handleKeyRow,
  keyAt,
  makeEnvelope,
  type NewPayload,
  nameOf,
  orUndefined,
  type PayloadId,
  type PublicKey,
  payloadIdOf,
  payloadOf,
  publicKey,
  readEnvelope,
  signPayload,
  withSignatures,
} from "@aceso/core"
import type { PatientCalls, PatientPlace } from "./patient-place.ts"
import type { ProvenRows } from "./proven-rows.ts"

interface Parts extends Pick<PatientCalls, "keyOf"> {
  /** Acts for somebody else: whatever it signs, the custodian signs as well. */
  readonly isDelegate: boolean
  readonly rows: ProvenRows
  /** Whether a delegate acts now and decides, as the ledger has it and the custodian opens it. */
  mayDecide(place: PatientPlace, key: PublicKey): Promise<boolean>
  /** A valid key of a member, and whose a key is or was, both proven. */
  keyOfMember(place: PatientPlace): Promise<PublicKey>
  memberOfKey(place: PatientPlace, key: Bytes): Promise<string | undefined>
}

/**
 * `own`: this device's key; `person`: the handle's; `delegate`: one that may; `past`: one that may not any more, or
 * never, and a key in whose place the desk put another one.
 */
export type Signer = "own" | "person" | "delegate" | "past"

/** Who signs for a handle: the person, or a delegate together with the custodian (docs/decisions/0037). */
export class Signers {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  get isDelegate(): boolean {
    return this.parts.isDelegate
  }

  /** By the key of this device. A delegate's lacks the custodian's signature, which that one adds. */
  async sign(place: PatientPlace, payload: NewPayload): Promise<{ bytes: Bytes; payloadId: PayloadId }> {
    const seed = this.parts.keyOf(place)
    if (!this.parts.isDelegate) return makeEnvelope(payload, [seed])
    const key = publicKey(seed)
    const bytes = payloadOf(payload, [key, await this.parts.keyOfMember(place)])
    return {
      bytes: withSignatures(bytes, [{ key, signature: signPayload(bytes, seed) }]),
      payloadId: payloadIdOf(bytes),
    }
  }

  /**
   * Who signed these envelopes, as far as the ledger has them as the handle's key or as its delegates.
   * @returns of the keys of a payload; undefined: nobody who ever might
   */
  async of(
    place: PatientPlace,
    envelopes: readonly Bytes[],
  ): Promise<(signers: readonly PublicKey[]) => Signer | undefined> {
    const known = new Map<string, Signer>()
    for (const envelope of envelopes) {
      const signers = orUndefined(["bad_input", "bad_cbor"], () => readEnvelope(envelope))?.payload.signers
      if (!signers || known.has(named(signers))) continue
      const signer = await this.signerOf(place, signers)
      if (signer) known.set(named(signers), signer)
    }
    return (signers) => known.get(named(signers))
  }

  private async signerOf(place: PatientPlace, signers: readonly PublicKey[]): Promise<Signer | undefined> {
    const { parts } = this
    const own = publicKey(parts.keyOf(place))
    const [first, second] = signers
    if (!second) {
      if (!parts.isDelegate && equalBytes(first, own)) return "own"
      const [found] = await parts.rows.at(place, "handles", [[]])
      const row = found && handleKeyRow(found)
      const key = row && keyAt(row, Date.now()).key
      if (key && equalBytes(first, key)) return parts.isDelegate ? "person" : undefined
      return row?.key && equalBytes(first, row.key) ? "past" : undefined
    }
    if (signers.length !== 2) return undefined
    const rows = await parts.rows.at(
      place,
      "delegates",
      signers.map((key) => [key]),
    )
    const i = rows.findIndex((row) => row !== null)
    if (i < 0 || (await parts.memberOfKey(place, signers[1 - i])) !== place.custodian) return undefined
    if (parts.isDelegate) return equalBytes(signers[i], own) ? "own" : "delegate"
    return (await parts.mayDecide(place, signers[i])) ? "delegate" : "past"
  }
}

const named = (signers: readonly PublicKey[]): string => signers.map(nameOf).join(" ")
