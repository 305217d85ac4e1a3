import {
  type Bytes,
  type Cbor,
  type DelegateAcceptance,
  type DelegateInvitation,
  type DelegateOpening,
  type DelegateScope,
  delegateCommitment,
  delegateCountRow,
  delegateRow,
  delegateSeed,
  delegatesAnswer,
  equalBytes,
  makeEnvelope,
  type NewPayload,
  PlatformError,
  type PublicKey,
  publicKey,
  randomBytes,
  signDelegate,
  toHex,
} from "@aceso/core"
import type { PatientCalls, PatientPlace } from "./patient-place.ts"
import type { ProvenRows } from "./proven-rows.ts"
import { PublicClient } from "./public-client.ts"
import { okAnswer } from "./schemas.ts"

/** A delegate of the person, as the ledger and the custodian have them. */
export interface ShownDelegate {
  readonly place: PatientPlace
  readonly key: PublicKey
  /** Null: the custodian does not know it, so that this delegate does nothing there. */
  readonly scope: DelegateScope | null
  /** ms */
  readonly enteredAt: number
  readonly endedAt: number | null
  /** When the custodian takes it for ended, ms. */
  readonly endsAt: number | null
}

const LIFETIME_MS = 120_000

/** What a person, or a desk, hands to somebody who is to act for the person. */
export const inviteDelegate = (
  network: string,
  { custodian, handle, url }: Pick<PatientPlace, "custodian" | "handle" | "url">,
  scope: DelegateScope,
): DelegateInvitation => ({
  ...{ format: "aceso/delegate-invitation/v1" as const, network, custodian, handle, url },
  opening: { salt: randomBytes(32), scope },
})

/**
 * The yes of whoever is invited, by a key that is made for this one handle.
 * @param seed of the delegate @param number of the key, counted from 1
 */
export function acceptInvitation(
  { network, custodian, handle, opening }: DelegateInvitation,
  seed: Bytes,
  number: number,
): DelegateAcceptance {
  const own = delegateSeed(seed, custodian, handle, number)
  const key = publicKey(own)
  const entry = { custodian, handle, key, commitment: delegateCommitment(opening) }
  const possession = signDelegate(network, entry, own)
  return { format: "aceso/delegate-acceptance/v1", network, custodian, handle, key, opening, possession }
}

/** Who acts for a person, or where this device does so for another one. */
export class PatientDelegates {
  private readonly calls: PatientCalls
  private readonly rows: ProvenRows

  constructor(calls: PatientCalls, rows: ProvenRows) {
    this.calls = calls
    this.rows = rows
  }

  /**
   * Those at a custodian, each held against the ledger, and that none is left out who acts now.
   * @throws PlatformError `bad_answer`, `bad_proof`
   */
  async at(place: PatientPlace): Promise<readonly ShownDelegate[]> {
    for (let attempt = 0; ; attempt++) {
      const shown = await this.shown(place)
      const [row] = await this.rows.at(place, "delegateCounts", [[]])
      const count = row ? delegateCountRow(row) : 0
      const active = shown.filter(({ endedAt }) => endedAt === null).length
      if (active === count) return shown
      // One may have entered or ended between both questions.
      if (attempt >= 2)
        throw new PlatformError(
          "bad_answer",
          `${place.custodian} shows ${active} delegates who act for you, and the ledger has ${count}: it hides somebody, or has lost what they may do; complain to the authority (aceso messages complain)`,
        )
    }
  }

  /** What a delegate is shown: itself alone. */
  async own(place: PatientPlace): Promise<readonly ShownDelegate[]> {
    return this.shown(place)
  }

  private async shown(place: PatientPlace): Promise<ShownDelegate[]> {
    const { delegates } = await this.calls.ask(place, "delegates", {}, delegatesAnswer)
    if (delegates.length === 0) return []
    const rows = await this.rows.at(
      place,
      "delegates",
      delegates.map(({ key }) => [key]),
    )
    return delegates.map(({ key, opening, endsAt }, i) => {
      const row = rows[i]
      const found = row && delegateRow(row)
      if (!found || (opening && !equalBytes(found.commitment, delegateCommitment(opening))))
        throw new PlatformError(
          "bad_answer",
          `${place.custodian} shows the delegate ${opening?.scope.name ?? toHex(key).slice(0, 12)} otherwise than the ledger has it`,
        )
      const { enteredAt, endedAt } = found
      return { place, key, scope: opening?.scope ?? null, enteredAt, endedAt, endsAt }
    })
  }

  /** @throws PlatformError `unknown_place`: it is for no handle of this person */
  placeOf({ custodian, handle }: Pick<DelegateInvitation, "custodian" | "handle">): PatientPlace {
    const found = this.calls.places.find(
      (place) => place.custodian === custodian && equalBytes(place.handle, handle),
    )
    if (found) return found
    throw new PlatformError("bad_delegate", "this is the answer to an invitation of somebody else")
  }

  /**
   * Enters a delegate by the person's key: what it may do goes to the custodian, and the key to the ledger.
   * @param meant what the person had invited for
   * @throws PlatformError `bad_delegate`, those of the node; the rejection of the contract
   */
  async enter(acceptance: DelegateAcceptance, meant: DelegateOpening): Promise<void> {
    const place = this.placeOf(acceptance)
    const { custodian, handle, key, opening, possession } = acceptance
    const commitment = delegateCommitment(opening)
    if (!equalBytes(commitment, delegateCommitment(meant)))
      throw new PlatformError(
        "bad_delegate",
        "what comes back is not what you had invited for: nothing was entered; invite anew",
      )
    await this.calls.ask(place, "delegate", { acceptance: acceptance as unknown as Cbor }, okAnswer)
    await this.submit(place, "enter", { custodian, handle, key, commitment, possession })
  }

  /** Ends one, by the key of this device. @throws the rejection of the contract */
  async end(place: PatientPlace, key: PublicKey): Promise<void> {
    const { custodian, handle } = place
    await this.submit(place, "end", { custodian, handle, key })
  }

  private async submit(place: PatientPlace, action: string, input: NewPayload["input"]): Promise<void> {
    const { network } = this.calls
    const expiry = Date.now() + LIFETIME_MS
    const payload = { network, contract: "delegates", action, input, expiry }
    const { bytes } = makeEnvelope(payload, [this.calls.keyOf(place)])
    const { rejection } = await new PublicClient(place.url).submit(bytes)
    if (rejection !== null)
      throw new PlatformError(rejection, `the ledger refused it (${rejection}); nothing was changed`)
  }
}
