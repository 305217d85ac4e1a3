import { latestEnd, MAX_GRANT_YEARS } from "@aceso/client/grants.ts"
import { handles } from "@aceso/contracts"
import {
  AGE_OF_MAJORITY,
  type DelegateAbility,
  type DelegateAcceptance,
  type DelegateInvitation,
  type DelegateOpening,
  type DelegateRow,
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
  randomBytes,
  randomUnit,
  toHex,
  verifyDelegate,
} from "@aceso/core"
import { type DelegateEventKind, delegateEvent } from "../exchange/audit-event.ts"
import type { Disclosures } from "../exchange/disclosures.ts"
import { birthDatesOf } from "../import/people-here.ts"
import type { Clock } from "../joins/clock.ts"
import { eachApart } from "../modules/each-apart.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { KeptDelegate, KeptDelegates } from "./kept.ts"
import { delegationOf } from "./rows.ts"

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
/** The ledger hears of an end within half a year after it: nothing there says when somebody is of age. */
const MAX_END_DELAY_MS = 180 * 24 * 3600_000
/** Of whom no birth date is known nobody can say when they are of age, ms. */
const MAX_UNKNOWN_AGE_MS = 366 * 24 * 3600_000
/** What the ledger hears holds for good: a clock that is so far from the ledger's, ms, is not believed. */
const MAX_CLOCK_MS = 24 * 3600_000
const ENDED_AT_ONCE = 100

/** Who acts for a person at this custodian, and what they may do (CAPABILITIES.md, Delegates). */
export class Delegates {
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  private rowOf(handle: Handle, key: PublicKey): Promise<DelegateRow | undefined> {
    const { ledger } = this.parts
    return delegationOf(ledger.engine, ledger.member, handle, key)
  }

  /**
   * The delegate who acts by this key, which may do one of these.
   * @param abilities none: nobody does this for a person
   * @throws PlatformError `not_permitted`, `delegate_unknown`, `delegate_ended`
   */
  async mustAct(
    handle: Handle,
    key: PublicKey,
    abilities: readonly DelegateAbility[] | "any",
  ): Promise<ActingDelegate & { readonly ability: DelegateAbility | undefined }> {
    const row = await this.rowOf(handle, key)
    if (!row) throw new PlatformError("not_permitted", "this is not the key of the handle")
    if (row.endedAt !== null) throw ended()
    const found = await this.parts.kept.of(key)
    if (!found || !equalBytes(delegateCommitment(found.opening), row.commitment))
      throw new PlatformError(
        "delegate_unknown",
        "what this delegate may do is not known here (any more): the person, or the desk, ends this delegate and enters a new one",
      )
    const { scope } = found.opening
    if ((await this.endsAt(handle, scope, row.enteredAt)) <= this.parts.clock.now()) throw ended()
    if (abilities === "any") return { key, scope, ability: undefined }
    const ability = abilities.find((one) => scope.may.includes(one))
    if (ability) return { key, scope, ability }
    throw new PlatformError(
      "not_permitted",
      abilities.length === 0
        ? "this the person does alone: no delegate does"
        : `a delegate needs to be allowed to ${abilities.join(" or ")} for this, and this one may ${scope.may.join(", ")}`,
    )
  }

  /** The same, and noted in the person's audit before anything is answered. */
  async acting(
    handle: Handle,
    key: PublicKey,
    abilities: readonly DelegateAbility[] | "any",
  ): Promise<ActingDelegate> {
    const { ability, ...delegate } = await this.mustAct(handle, key, abilities)
    if (ability) await this.noteUse(handle, key, ability)
    return delegate
  }

  /** Whether this delegate may have done something at a time, ms, whatever has become of them since. */
  async couldAct(handle: Handle, key: PublicKey, ability: DelegateAbility, at: number): Promise<boolean> {
    const row = await this.rowOf(handle, key)
    const scope = (await this.parts.kept.of(key))?.opening.scope
    if (!row || !scope?.may.includes(ability) || at < row.enteredAt) return false
    if (row.endedAt !== null && at >= row.endedAt) return false
    return at < (await this.endsAt(handle, scope, row.enteredAt))
  }

  /**
   * Whether the ledger has this key as a delegate of the handle at that custodian.
   * @throws PlatformError `delegate_ended`: it had
   */
  async isActive(custodian: MemberId, handle: Handle, key: PublicKey): Promise<boolean> {
    const row = await delegationOf(this.parts.ledger.engine, custodian, handle, key)
    if (row && row.endedAt !== null) throw ended()
    return row !== undefined
  }

  private async noteUse(handle: Handle, key: PublicKey, ability: DelegateAbility): Promise<void> {
    const { kept, clock } = this.parts
    const now = clock.now()
    const isNoted = async () => {
      const last = await kept.notedAt(key, ability)
      return last !== undefined && last <= now && now < last + NOTED_EVERY_MS
    }
    if (await isNoted()) return
    await kept.atomically(async () => {
      if (await isNoted()) return
      await this.note(handle, key, ability)
      await kept.setNoted({ key, handle }, ability, now)
    })
  }

  /** Once for each, whatever comes again: the ledger says that it entered or ended, or opened a case. */
  async noteOnce(
    handle: Handle,
    key: PublicKey,
    kind: DelegateEventKind,
    more: { readonly by?: string; readonly case?: Uint8Array } = {},
  ): Promise<void> {
    const { kept, clock } = this.parts
    const what = more.case ? `${kind} ${toHex(more.case)}` : kind
    await kept.atomically(async () => {
      if ((await kept.notedAt(key, what)) !== undefined) return
      await this.note(handle, key, kind, more)
      await kept.setNoted({ key, handle }, what, clock.now())
      if (kind === "ended") await kept.setEndAt(key, null)
    })
  }

  /** All that act for a handle were ended together. */
  async noteAllEnded(handle: Handle): Promise<void> {
    for (const { key } of await this.parts.kept.ofHandle(handle))
      if ((await this.rowOf(handle, key))?.endedAt != null) await this.noteOnce(handle, key, "ended")
  }

  async note(
    handle: Handle,
    key: PublicKey,
    kind: DelegateEventKind,
    more: { readonly by?: string; readonly case?: Uint8Array } = {},
  ): Promise<void> {
    const { disclosures, ledger, kept, clock } = this.parts
    const found = await kept.of(key)
    const agent = { key, scope: found?.opening.scope, enteredBy: found?.enteredBy }
    const facts = { custodian: ledger.member, handle, time: clock.now(), kind, ...agent, ...more }
    await disclosures.note(handle, delegateEvent(facts), null)
  }

  /** At the desk: what somebody is invited for, who comes back with an acceptance of that and nothing else. */
  async invite(
    handle: Handle,
    { url, person }: Pick<DelegateInvitation, "url" | "person">,
    scope: DelegateScope,
  ): Promise<DelegateInvitation> {
    const { kept, ledger, clock } = this.parts
    await this.mustHaveNoKey(handle)
    await this.mustEnd(handle, scope, clock.now())
    const opening = { salt: randomBytes(32), scope }
    await kept.setInvited(delegateCommitment(opening), handle, clock.now())
    return {
      ...{ format: "aceso/delegate-invitation/v1" as const, network: ledger.engine.network },
      ...{ custodian: ledger.member, handle, url, person, opening },
    }
  }

  /**
   * Takes what a delegate may do, before the ledger has the key: without it the key is of no use here.
   * @param enteredBy who of the staff, at the desk
   * @throws PlatformError `bad_delegate`, `delegate_needs_end`, `key_exists`, `too_many_delegates`
   */
  async keep(acceptance: DelegateAcceptance, enteredBy?: string): Promise<void> {
    const { kept, ledger, clock } = this.parts
    const { network, custodian, handle, key, opening, possession } = acceptance
    if (network !== ledger.engine.network || custodian !== ledger.member)
      throw bad("it is for another network or another organisation")
    const commitment = delegateCommitment(opening)
    if (!verifyDelegate(network, { custodian, handle, key, commitment }, possession))
      throw bad("the delegate's key did not sign it, or what it may do was changed since")
    const now = clock.now()
    const endAt = Math.ceil(
      (await this.mustEnd(handle, opening.scope, now)) + randomUnit() * MAX_END_DELAY_MS,
    )
    const isOther = ({ key: other, opening: { salt } }: KeptDelegate) =>
      equalBytes(salt, opening.salt) && !equalBytes(other, key)
    if ((await kept.ofHandle(handle)).some(isOther))
      throw bad("this invitation was accepted by somebody else already; compare the codes, and invite anew")
    await kept.keep({ key, handle, opening, ...(enteredBy !== undefined && { enteredBy }) }, now, endAt)
  }

  /** At the desk, for somebody without a key. @throws PlatformError; Rejection of the contract */
  async enterAtDesk(acceptance: DelegateAcceptance, staff: string): Promise<void> {
    const { ledger, kept } = this.parts
    const { custodian, handle, key, opening, possession } = acceptance
    await this.mustHaveNoKey(handle)
    const commitment = delegateCommitment(opening)
    if (!(await kept.isInvited(commitment, handle)))
      throw bad("what comes back is not what was invited for at this desk; invite anew")
    await this.keep(acceptance, staff)
    await ledger.call("delegates", "enter", { custodian, handle, key, commitment, possession })
  }

  private async mustHaveNoKey(handle: Handle): Promise<void> {
    const { ledger } = this.parts
    const row = await ledger.engine.read(handles, [ledger.member, handle])
    if (row?.key)
      throw new PlatformError(
        "patient_must_sign",
        "this patient has a key of their own, and invites and enters delegates by it (aceso delegates invite --as ...)",
      )
  }

  /** Ends a delegate in the organisation's own name. @throws Rejection of the contract */
  async endAtDesk(handle: Handle, key: PublicKey): Promise<void> {
    const { ledger } = this.parts
    await ledger.call("delegates", "end", { custodian: ledger.member, handle, key })
  }

  /** Those of a person. @param only of this key alone */
  async shown(handle: Handle, only?: PublicKey): Promise<DelegatesAnswer> {
    const { kept } = this.parts
    const delegates: DelegatesAnswer["delegates"][number][] = []
    const show = async (key: PublicKey, opening: DelegateOpening | null) => {
      if (only && !equalBytes(key, only)) return
      const row = await this.rowOf(handle, key)
      if (!row) return
      const endsAt = opening && (await this.endsAt(handle, opening.scope, row.enteredAt))
      delegates.push({ key, opening, endsAt, endedAt: row.endedAt })
    }
    for (const { key, opening } of await kept.ofHandle(handle)) await show(key, opening)
    for (const key of await kept.unknownOf(handle)) await show(key, null)
    return { delegates }
  }

  /**
   * Brings to the ledger what has ended since, some time after it has.
   * @param aheadMs so far may this clock be before the ledger's
   */
  async endDue(now = this.parts.clock.now(), aheadMs = MAX_CLOCK_MS): Promise<void> {
    const { kept, ledger } = this.parts
    const { checkpoint } = await ledger.engine.status()
    if (now > checkpoint.time + aheadMs) return
    await eachApart(await kept.due(now, ENDED_AT_ONCE), async ({ key, handle, opening }) => {
      const row = await this.rowOf(handle, key)
      const end = row && (await this.endsAt(handle, opening.scope, row.enteredAt))
      // Another birth date is known by now.
      if (end !== undefined && end > now && row?.endedAt === null)
        await kept.setEndAt(key, Math.ceil(end + randomUnit() * MAX_END_DELAY_MS))
      else {
        if (row?.endedAt === null) await this.endAtDesk(handle, key)
        await kept.setEndAt(key, null)
      }
    })
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
    const needs = (why: string) => new PlatformError("delegate_needs_end", why)
    if (until === null && end <= now)
      throw needs("this person is of age, or no birth date is known here: name an end")
    if (end <= now) throw needs("the end that was named has passed: name a later one")
    if (until !== null && until > latestEnd(now))
      throw needs(
        `a delegate ends within ${MAX_GRANT_YEARS} years; name an earlier end, and enter a new one then`,
      )
    if (end > now + MAX_UNKNOWN_AGE_MS && (await this.ofAgeAt(handle)) === undefined)
      throw needs("no birth date of this person is known here: name an end within a year")
    return end
  }

  /** ms, by all that is known of the person here, the earliest; undefined: no birth date is. */
  private async ofAgeAt(handle: Handle): Promise<number | undefined> {
    const years = this.parts.document.ageOfMajority ?? AGE_OF_MAJORITY
    const all = (await birthDatesOf(this.parts.vault, handle)).flatMap((one) => ofAgeAt(one, years) ?? [])
    return all.length === 0 ? undefined : Math.min(...all)
  }
}

const ended = () =>
  new PlatformError(
    "delegate_ended",
    "this delegate's time has ended: the person enters a new one, if they wish",
  )
const bad = (why: string) => new PlatformError("bad_delegate", `this delegate is not taken: ${why}`)
