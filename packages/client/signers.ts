import {
  type Bytes,
  delegateRow,
  equalBytes,
  handleKeyRow,
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
  /** A valid key of a member, and whose a key is or was, both proven. */
  keyOfMember(place: PatientPlace): Promise<PublicKey>
  memberOfKey(place: PatientPlace, key: Bytes): Promise<string | undefined>
}

/** Who may have signed what waits for a handle. */
export interface KnownSigners {
  isSigner(signers: readonly PublicKey[]): boolean
  /** Whether it is a delegate whose time has ended. */
  isEnded(signers: readonly PublicKey[]): boolean
}

/** Who signs for a handle: the person, or a delegate together with the custodian (docs/decisions/0037). */
export class Signers {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
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

  /** Who signed these envelopes, as far as the ledger has them as the handle's key or as its delegates. */
  async of(place: PatientPlace, envelopes: readonly Bytes[]): Promise<KnownSigners> {
    const own = publicKey(this.parts.keyOf(place))
    const isOwn = (signers: readonly PublicKey[]) => signers.length === 1 && equalBytes(signers[0], own)
    const all = envelopes.flatMap(
      (one) => orUndefined(["bad_input", "bad_cbor"], () => readEnvelope(one)) ?? [],
    )
    const others = all.map(({ payload }) => payload.signers).filter((signers) => !isOwn(signers))
    if (others.length === 0) return { isSigner: isOwn, isEnded: () => false }
    const known = new Map<string, "active" | "ended">()
    const [handleRow] = await this.parts.rows.at(place, "handles", [[]])
    const key = handleRow && handleKeyRow(handleRow)
    const name = (signers: readonly PublicKey[]) => signers.map(nameOf).join(" ")
    for (const signers of others) {
      const isHandles = signers.length === 1 && key && equalBytes(signers[0], key)
      const state = isHandles ? "active" : await this.asDelegate(place, signers)
      if (state) known.set(name(signers), state)
    }
    return {
      isSigner: (signers) => isOwn(signers) || known.has(name(signers)),
      isEnded: (signers) => known.get(name(signers)) === "ended",
    }
  }

  /** Two keys of which one is, or was, a delegate's and the other the custodian's; undefined: they are not. */
  private async asDelegate(
    place: PatientPlace,
    signers: readonly PublicKey[],
  ): Promise<"active" | "ended" | undefined> {
    if (signers.length !== 2) return undefined
    const rows = await this.parts.rows.at(
      place,
      "delegates",
      signers.map((key) => [key]),
    )
    const i = rows.findIndex((row) => row !== null)
    const row = rows[i]
    if (!row) return undefined
    if ((await this.parts.memberOfKey(place, signers[1 - i])) !== place.custodian) return undefined
    return delegateRow(row).endedAt === null ? "active" : "ended"
  }
}
