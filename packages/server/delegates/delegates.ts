import { latestEnd, MAX_GRANT_YEARS } from "@aceso/client/grants.ts"
import { policyDelay } from "@aceso/client/pending.ts"
import { delegates as delegateRows, handles } from "@aceso/contracts"
import {
  AGE_OF_MAJORITY,
  asText,
  type Bytes,
  type DelegateAbility,
  type DelegateAcceptance,
  type DelegateScope,
  type DelegatesAnswer,
  delegateCommitment,
  equalBytes,
  type GenesisDocument,
  type Handle,
  type MemberId,
  ofAgeAt,
  PlatformError,
  type PublicKey,
  randomUnit,
  verifyDelegate,
} from "@aceso/core"
import { type DelegateEventKind, delegateEvent } from "../exchange/audit-event.ts"
import type { Disclosures } from "../exchange/disclosures.ts"
import { newestPatient } from "../import/people-here.ts"
import type { Clock } from "../joins/clock.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { KeptDelegate, KeptDelegates } from "./kept.ts"

/** Somebody who acts for a person of this organisation, as far as it was told and as long as it lasts. */
export interface ActingDelegate {
  readonly key: PublicKey
  readonly scope: DelegateScope
}

interface Parts {
  readonly kept: KeptDelegates
  readonly ledger: LedgerClient
  readonly vault: SqliteVault
  readonly disclosures: Pick<Disclosures, "note">
  readonly document: Pick<GenesisDocument, "ageOfMajority">
  readonly clock: Clock
}

/** What a delegate looks at again and again is noted once in that time, ms. */
const NOTED_EVERY_MS = 3600_000
/** The ledger hears of an end so much later, on average: nothing there says when somebody is of age. */
const MEAN_END_DELAY_MS = 4 * 24 * 3600_000
const ENDED_AT_ONCE = 100

/** Who acts for a person at this custodian, and what they may do (CAPABILITIES.md, Delegates). */
export class Delegates {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /**
   * The delegate who acts by this key, which may do one of these; it is noted in the person's audit before anything is
   * answered.
   * @param abilities none: nobody does this for a person
   * @throws PlatformError `not_permitted`, `delegate_unknown`, `delegate_ended`
   */
  async acting(
    handle: Handle,
    key: PublicKey,
    abilities: readonly DelegateAbility[] | "any",
  ): Promise<ActingDelegate> {
    const { kept, ledger } = this.parts
    const row = await ledger.engine.read(delegateRows, [ledger.member, handle, key])
    if (!row) throw new PlatformError("not_permitted", "this is not the key of the handle")
    const found = await kept.of(key)
    if (!found || !equalBytes(delegateCommitment(found.opening), row.commitment))
      throw new PlatformError(
        "delegate_unknown",
        "what this delegate may do is not known here (any more): the person, or the desk, ends this delegate and enters a new one",
      )
    const { scope } = found.opening
    if ((await this.endsAt(handle, scope, row.enteredAt)) <= this.parts.clock.now()) throw ended()
    if (abilities === "any") return { key, scope }
    const ability = abilities.find((one) => scope.may.includes(one))
    if (!ability)
      throw new PlatformError(
        "not_permitted",
        abilities.length === 0
          ? "this the person does alone: no delegate does"
          : `a delegate needs to be allowed to ${abilities.join(" or ")} for this, and this one may ${scope.may.join(", ")}`,
      )
    await this.noteUse(found, ability)
    return { key, scope }
  }

  /**
   * Whether the ledger has this key as a delegate of the handle at that custodian.
   * @throws PlatformError `delegate_ended`: it had
   */
  async isActive(custodian: MemberId, handle: Handle, key: PublicKey): Promise<boolean> {
    const row = await this.parts.ledger.engine.read(delegateRows, [custodian, handle, key])
    if (row && row.endedAt !== null) throw ended()
    return row !== undefined
  }

  private async noteUse(delegate: KeptDelegate, ability: DelegateAbility): Promise<void> {
    const { kept, clock } = this.parts
    const now = clock.now()
    const last = await kept.notedAt(delegate.key, ability)
    if (last !== undefined && last <= now && now < last + NOTED_EVERY_MS) return
    await kept.atomically(async () => {
      await this.note(delegate, ability)
      await kept.setNoted(delegate, ability, now)
    })
  }

  /** Once for each, whatever comes again: the ledger says that it entered or ended. */
  async noteOnce(handle: Handle, key: PublicKey, kind: "entered" | "ended"): Promise<void> {
    const { kept } = this.parts
    const delegate = (await kept.of(key)) ?? { key, handle }
    await kept.atomically(async () => {
      if ((await kept.notedAt(key, kind)) !== undefined) return
      await this.note(delegate, kind)
      await kept.setNoted({ key, handle }, kind, this.parts.clock.now())
      if (kind === "ended") await kept.setEndAt(key, null)
    })
  }

  private note(
    { key, handle, ...rest }: Pick<KeptDelegate, "key" | "handle"> & Partial<KeptDelegate>,
    kind: DelegateEventKind,
  ) {
    const { disclosures, ledger } = this.parts
    const facts = { custodian: ledger.member, handle, time: this.parts.clock.now(), kind, key }
    const by = { scope: rest.opening?.scope, enteredBy: rest.enteredBy }
    return disclosures.note(handle, delegateEvent({ ...facts, ...by }), null)
  }

  /**
   * Takes what a delegate may do, before the ledger has the key: without it the key is of no use here.
   * @param enteredBy who of the staff, at the desk
   * @throws PlatformError `bad_delegate`, `delegate_needs_end`, `key_exists`, `too_many_delegates`
   */
  async keep(acceptance: DelegateAcceptance, enteredBy?: string): Promise<void> {
    const { kept, ledger } = this.parts
    const { network, custodian, handle, key, opening, possession } = acceptance
    if (network !== ledger.engine.network || custodian !== ledger.member)
      throw bad("it is for another network or another organisation")
    const commitment = delegateCommitment(opening)
    if (!verifyDelegate(network, { custodian, handle, key, commitment }, possession))
      throw bad("the delegate's key did not sign it, or what it may do was changed since")
    const now = this.parts.clock.now()
    const end = await this.mustEnd(handle, opening.scope, now)
    const endAt = end + policyDelay(randomUnit(), MEAN_END_DELAY_MS)
    await kept.keep(
      { key, handle, opening, ...(enteredBy !== undefined && { enteredBy }) },
      now,
      Math.ceil(endAt),
    )
  }

  /** At the desk, for somebody without a key. @throws PlatformError; Rejection of the contract */
  async enterAtDesk(acceptance: DelegateAcceptance, staff: string): Promise<void> {
    const { ledger } = this.parts
    const { custodian, handle, key, opening, possession } = acceptance
    const row = await ledger.engine.read(handles, [custodian, handle])
    if (row?.key)
      throw new PlatformError(
        "patient_must_sign",
        "this patient has a key of their own and enters delegates by it (aceso delegates enter)",
      )
    await this.keep(acceptance, staff)
    const commitment = delegateCommitment(opening)
    await ledger.call("delegates", "enter", { custodian, handle, key, commitment, possession })
  }

  /** Ends a delegate in the organisation's own name. @throws Rejection of the contract */
  async endAtDesk(handle: Handle, key: PublicKey): Promise<void> {
    const { ledger } = this.parts
    await ledger.call("delegates", "end", { custodian: ledger.member, handle, key })
  }

  /** Those of a person. @param only of this key alone */
  async shown(handle: Handle, only?: PublicKey): Promise<DelegatesAnswer> {
    const { kept, ledger } = this.parts
    const found = await kept.ofHandle(handle)
    const delegates: DelegatesAnswer["delegates"][number][] = []
    for (const { key, opening } of found) {
      if (only && !equalBytes(key, only)) continue
      const row = await ledger.engine.read(delegateRows, [ledger.member, handle, key])
      if (row)
        delegates.push({ key, opening, endsAt: await this.endsAt(handle, opening.scope, row.enteredAt) })
    }
    for (const key of only ? [] : await kept.unknownOf(handle)) {
      const row = await ledger.engine.read(delegateRows, [ledger.member, handle, key])
      if (row) delegates.push({ key, opening: null, endsAt: null })
    }
    return { delegates }
  }

  /** Brings to the ledger what has ended since, some time after it has. */
  async endDue(now = this.parts.clock.now()): Promise<void> {
    const { kept, ledger } = this.parts
    for (const { key, handle, opening } of await kept.due(now, ENDED_AT_ONCE)) {
      const row = await ledger.engine.read(delegateRows, [ledger.member, handle, key])
      const end = row && (await this.endsAt(handle, opening.scope, row.enteredAt))
      // Another birth date is known by now.
      if (end !== undefined && end > now && row?.endedAt === null)
        await kept.setEndAt(key, Math.ceil(end + policyDelay(randomUnit(), MEAN_END_DELAY_MS)))
      else {
        if (row && row.endedAt === null) await this.endAtDesk(handle, key)
        await kept.setEndAt(key, null)
      }
    }
  }

  /** When a delegate's time is over, ms: the end of the scope, and for a minor the day on which the person is of age. */
  private async endsAt(handle: Handle, scope: DelegateScope, enteredAt: number): Promise<number> {
    const ofAge = await this.ofAgeAt(handle)
    const asMinor = ofAge !== undefined && enteredAt < ofAge ? ofAge : undefined
    // Without an end, and nobody knows any more how old the person is.
    return Math.min(scope.until ?? asMinor ?? 0, asMinor ?? Number.MAX_SAFE_INTEGER)
  }

  private async mustEnd(handle: Handle, scope: DelegateScope, now: number): Promise<number> {
    const { until } = scope
    const end = await this.endsAt(handle, scope, now)
    if (until === null && end <= now)
      throw new PlatformError(
        "delegate_needs_end",
        "this person is of age, or no birth date is known here: name an end",
      )
    if (end <= now)
      throw new PlatformError("delegate_needs_end", "the end that was named has passed: name a later one")
    if (until !== null && until > latestEnd(now))
      throw new PlatformError(
        "delegate_needs_end",
        `a delegate ends within ${MAX_GRANT_YEARS} years; name an earlier end, and enter a new one then`,
      )
    return end
  }

  /** ms; undefined: no birth date is known here. */
  private async ofAgeAt(handle: Bytes): Promise<number | undefined> {
    const { vault, document } = this.parts
    const patient = await vault.patient({ handle })
    const resource = patient && (await newestPatient(vault, patient.fhirId))
    const birthDate = resource && asText(resource.birthDate)
    return birthDate === undefined ? undefined : ofAgeAt(birthDate, document.ageOfMajority ?? AGE_OF_MAJORITY)
  }
}

const ended = () =>
  new PlatformError(
    "delegate_ended",
    "this delegate's time has ended: the person enters a new one, if they wish",
  )
const bad = (why: string) => new PlatformError("bad_delegate", `this delegate is not taken: ${why}`)
