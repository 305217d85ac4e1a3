import {
  type Bytes,
  type Cbor,
  type DelegateAcceptance,
  type DelegateInvitation,
  type DelegateScope,
  delegateCommitment,
  delegateCountRow,
  delegateRow,
  delegateSeed,
  delegatesAnswer,
  domainHash,
  equalBytes,
  makeEnvelope,
  type NewPayload,
  PlatformError,
  type PublicKey,
  publicKey,
  randomBytes,
  signDelegate,
  togetherEnded,
  toHex,
} from "@aceso/core"
import { type Device, MAX_INVITED } from "./device.ts"
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

/** What a person hands to somebody who is to act for them. */
const inviteDelegate = (
  network: string,
  { custodian, handle, url }: Pick<PatientPlace, "custodian" | "handle" | "url">,
  person: string,
  scope: DelegateScope,
): DelegateInvitation => ({
  ...{ format: "aceso/delegate-invitation/v1" as const, network, custodian, handle, url, person },
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

/** What both sides compare: whoever takes an invitation away accepts by another key, and has another code. */
export const delegateCode = (key: PublicKey): string => {
  const digits = BigInt(`0x${toHex(domainHash("delegate-code", key)).slice(0, 16)}`) % 10n ** 12n
  return (String(digits).padStart(12, "0").match(/.{3}/g) ?? []).join(" ")
}

/** Who acts for a person, or where this device does so for another one. */
export class PatientDelegates {
  private readonly calls: PatientCalls
  private readonly rows: ProvenRows
  private readonly device: Device

  constructor(calls: PatientCalls, rows: ProvenRows, device: Device) {
    this.calls = calls
    this.rows = rows
    this.device = device
  }

  /**
   * An invitation, which this device remembers: nobody is entered by anything else.
   * @param person for whom, as screens show it
   */
  async invite(place: PatientPlace, person: string, scope: DelegateScope): Promise<DelegateInvitation> {
    const invitation = inviteDelegate(this.calls.network, place, person, scope)
    const { custodian, handle, opening } = invitation
    await this.device.change((memory) => ({
      ...memory,
      invited: [...(memory.invited ?? []), { custodian, handle, opening }].slice(-MAX_INVITED),
    }))
    return invitation
  }

  /**
   * Those at a custodian, each held against the ledger, and that none is left out who acts now.
   * @throws PlatformError `bad_answer`, `bad_proof`
   */
  async at(place: PatientPlace): Promise<readonly ShownDelegate[]> {
    for (let attempt = 0; ; attempt++) {
      const shown = await this.shown(place)
      const { active: count, allEndedAt } = await this.counts(place)
      const all = shown.map((one) => togetherEnded(one, allEndedAt))
      const active = all.filter(({ endedAt }) => endedAt === null).length
      if (active === count) return all
      // One may have entered or ended between both questions.
      if (attempt >= 2)
        throw new PlatformError(
          "bad_answer",
          `${place.custodian} shows ${active} delegates who act for you, and the ledger has ${count}: it hides somebody, or has lost what they may do. aceso delegates end all ends whoever there is, also those who are hidden; and complain to the authority (aceso messages complain)`,
        )
    }
  }

  private async counts(place: PatientPlace) {
    const [row] = await this.rows.at(place, "delegateCounts", [[]])
    return row ? delegateCountRow(row) : { active: 0, allEndedAt: null }
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

  /**
   * It is, to the letter, what this device had invited for.
   * @throws PlatformError `bad_delegate`
   */
  async mustBeInvited({
    custodian,
    handle,
    opening,
  }: Pick<DelegateAcceptance, "custodian" | "handle" | "opening">): Promise<void> {
    const commitment = delegateCommitment(opening)
    const isMeant = ((await this.device.read()).invited ?? []).some(
      (one) =>
        one.custodian === custodian &&
        equalBytes(one.handle, handle) &&
        equalBytes(delegateCommitment(one.opening), commitment),
    )
    if (!isMeant)
      throw new PlatformError(
        "bad_delegate",
        "this device has not invited for that: what comes back was made for somebody else or changed on its way; nothing was entered; invite anew",
      )
  }

  /** @throws PlatformError `bad_delegate`: it is for no handle of this person */
  private placeOf({ custodian, handle }: Pick<DelegateInvitation, "custodian" | "handle">): PatientPlace {
    const found = this.calls.places.find(
      (place) => place.custodian === custodian && equalBytes(place.handle, handle),
    )
    if (found) return found
    throw new PlatformError("bad_delegate", "this is the answer to an invitation of somebody else")
  }

  /**
   * Enters a delegate by the person's key: what it may do goes to the custodian, and the key to the ledger.
   * @throws PlatformError `bad_delegate`, those of the node; the rejection of the contract
   */
  async enter(acceptance: DelegateAcceptance): Promise<void> {
    await this.mustBeInvited(acceptance)
    const place = this.placeOf(acceptance)
    const { custodian, handle, key, opening, possession } = acceptance
    const commitment = delegateCommitment(opening)
    await this.calls.ask(place, "delegate", { acceptance: acceptance as unknown as Cbor }, okAnswer)
    await this.submit(place, "enter", { custodian, handle, key, commitment, possession })
  }

  /** Ends whoever acts for the person there, also those who are not shown. @throws the rejection of the contract */
  async endAll(place: PatientPlace): Promise<void> {
    const { custodian, handle } = place
    await this.submit(place, "endAll", { custodian, handle })
  }

  /** What a delegate may do now, as the ledger has it and the custodian opens it; undefined: nothing that is known. */
  async scopeOf(place: PatientPlace, key: PublicKey, now = Date.now()): Promise<DelegateScope | undefined> {
    const [all, { allEndedAt }] = await Promise.all([this.shown(place), this.counts(place)])
    const found = all.map((one) => togetherEnded(one, allEndedAt)).find((one) => equalBytes(one.key, key))
    if (!found?.scope || found.endedAt !== null) return undefined
    const isOver = (end: number | null) => end !== null && end <= now
    return isOver(found.scope.until) || isOver(found.endsAt) ? undefined : found.scope
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
