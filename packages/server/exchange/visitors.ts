import { policies } from "@aceso/contracts"
import {
  type Bytes,
  type Card,
  type ConsentCopy,
  checkCard,
  equalBytes,
  isSamePlace,
  MAX_CARD_STATEMENTS,
  MAX_PENDING_CHANGES,
  PlatformError,
  type PublicKey,
} from "@aceso/core"
import { delegationOf } from "../delegates/rows.ts"
import { keyOfHandle } from "../node/handle-keys.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Vault } from "../vault/vault.ts"
import type { CopyTotals, HeldCopy, Visitor, VisitorPlace } from "../vault/vault-visitors.ts"
import { heldFrom, isProven, mergeCopies, nextLook, stillHeld } from "./held-copies.ts"

/** By copies alone, of one custodian's patients. */
export const NEW_VISITORS_PER_HOUR = 500
/** Of one custodian's patients in all: places with copies of consents, and bytes of them. */
const MAX_HELD: CopyTotals = { places: 20_000, bytes: 64 * 2 ** 20 }
/** How long a visitor is kept after its last card. */
export const KEPT_MS = 30 * 86_400_000
/** Of what is due so much at a time. */
const LOOKED_AT_ONCE = 500
const FORGOTTEN_AT_ONCE = 500
const HOUR_MS = 3_600_000

/**
 * People whose records lie elsewhere (PRIVACY.md, Card). Nothing is kept before all of it is proven, and places are
 * one person's only because one wholly valid card said so.
 */
export class Visitors {
  private readonly vault: Vault
  private readonly ledger: LedgerClient
  private readonly maxHeld: CopyTotals

  /** @param maxHeld of each custodian's patients, by copies of consents */
  constructor(vault: Vault, ledger: LedgerClient, maxHeld = MAX_HELD) {
    this.vault = vault
    this.ledger = ledger
    this.maxHeld = maxHeld
  }

  /**
   * Checks a whole card, then makes its places one visitor's.
   * @returns `folded`: aliases of visitors that turned out to be this one
   * @throws PlatformError `bad_card`, `card_expired`: nothing is kept
   */
  async keepCard(card: Card): Promise<{ visitor: Visitor; folded: readonly string[] }> {
    const { engine, member } = this.ledger
    checkCard(card, { network: engine.network, organisation: member, now: Date.now() })
    for (const { custodian, handle, key } of card.statements)
      if (!(await this.isKeyOf({ custodian, handle }, key)))
        throw new PlatformError(
          "bad_card",
          `the card is refused: its statement for ${custodian} is not signed by the key that the ledger has for the handle`,
        )
    return this.vault.atomically(async () => {
      const now = Date.now()
      const joined = await this.vault.joinPlaces(card.statements.map(placeOf), {
        now,
        keptUntil: now + KEPT_MS,
        byCopyFrom: null,
      })
      if (joined.visitor.places.length > MAX_CARD_STATEMENTS)
        throw new PlatformError(
          "bad_card",
          `the card is refused: with it this person would have more than ${MAX_CARD_STATEMENTS} places here`,
        )
      return joined
    })
  }

  /**
   * Keeps the copies of consents that a patient hands over for one of their places, each until its end.
   * @param key that signed the call
   * @throws PlatformError `bad_input`, `not_permitted`, `policy_unknown`, `policy_changed_meanwhile`, `too_many_requests`
   */
  async keepCopies(copies: readonly ConsentCopy[], key: Bytes): Promise<Visitor> {
    const place = placeOf(copies[0])
    if (copies.some((copy) => !isSamePlace(copy, place)))
      throw new PlatformError("bad_input", "copies of several handles: send those of each by its own key")
    // A card says more than that: there only the person's own key counts.
    if (!((await this.isKeyOf(place, key)) || (await this.isDelegate(place, key))))
      throw new PlatformError("not_permitted", "the copies are not sent by the patient whose they are")
    const row = await this.policyAt(place)
    return this.vault.atomically(async () => {
      const now = Date.now()
      const fresh = usable(copies, place, row?.version ?? 0, (copy) => isProven(row, copy), now)
      const before = await this.vault.copies(place)
      const held = mergeCopies(stillHeld(before, row, now), fresh)
      if (before.length === 0) await this.mustHaveRoom(place, now)
      const visitor = await this.hold(place, held, now)
      const { bytes } = await this.vault.copyTotals(place.custodian)
      if (bytes > this.maxHeld.bytes) throw full(place.custodian)
      return visitor
    })
  }

  /** Holds copies whose time has come against the ledger again, and forgets who is known by nothing any more. */
  async tidy(now = Date.now()): Promise<void> {
    for (const place of await this.vault.dueCopies(now, LOOKED_AT_ONCE)) {
      const row = await this.policyAt(place)
      await this.vault.atomically(async () => {
        await this.hold(place, stillHeld(await this.vault.copies(place), row, now), now)
      })
    }
    await this.vault.forgetVisitors(now, FORGOTTEN_AT_ONCE)
  }

  /** @throws PlatformError `not_one_person` unless there is one place alone, or a card showed that all are one's */
  async mustBeOne(places: readonly VisitorPlace[]): Promise<void> {
    const [first, ...rest] = places
    const others = rest.filter((place) => !isSamePlace(place, first))
    if (others.length === 0) return
    const known = (await this.vault.visitor({ place: first }))?.places ?? []
    if (others.some((place) => !known.some((one) => isSamePlace(one, place))))
      throw new PlatformError(
        "not_one_person",
        "no card showed here that these places are one person's: ask with the patient's card first (aceso request), or one place at a time",
      )
  }

  async copiesOf(places: readonly VisitorPlace[]): Promise<ConsentCopy[]> {
    const held = await Promise.all(places.map((place) => this.vault.copies(place)))
    return held.flat().map(({ copy }) => copy)
  }

  private async isKeyOf({ custodian, handle }: VisitorPlace, key: Bytes): Promise<boolean> {
    const own = await keyOfHandle(this.ledger.engine, custodian, handle)
    return own !== null && equalBytes(own, key)
  }

  private async isDelegate({ custodian, handle }: VisitorPlace, key: Bytes): Promise<boolean> {
    const row = await delegationOf(this.ledger.engine, custodian, handle, key as PublicKey)
    return row?.endedAt === null
  }

  private async hold(place: VisitorPlace, held: readonly HeldCopy[], now: number): Promise<Visitor> {
    const keptUntil = Math.max(0, ...held.map(({ until }) => until))
    const { visitor } = await this.vault.joinPlaces([place], { now, keptUntil, byCopyFrom: place.custodian })
    await this.vault.setCopies(place, held, nextLook(held, now))
    return visitor
  }

  private policyAt({ custodian, handle }: VisitorPlace) {
    return this.ledger.engine.read(policies, [custodian, handle])
  }

  /** A custodian's keys and handles are its own to make: what its patients may fill is bounded by custodian. */
  private async mustHaveRoom(place: VisitorPlace, now: number): Promise<void> {
    const { custodian } = place
    if ((await this.vault.copyTotals(custodian)).places >= this.maxHeld.places) throw full(custodian)
    if (await this.vault.visitor({ place })) return
    if ((await this.vault.visitorsByCopySince(custodian, now - HOUR_MS)) >= NEW_VISITORS_PER_HOUR)
      throw new PlatformError(
        "too_many_requests",
        `more than ${NEW_VISITORS_PER_HOUR} patients of ${custodian} became known here within the hour; send the copies later, or show a card`,
      )
  }
}

/**
 * The copies that can be of use. Those of the version that the ledger has are proven; of a later one, which waits
 * for the ledger, the patient's word is taken, for this handle alone and for a while; an earlier one says nothing
 * any more.
 * @throws PlatformError `bad_input`, `policy_changed_meanwhile`
 */
function usable(
  copies: readonly ConsentCopy[],
  { custodian }: VisitorPlace,
  version: number,
  judge: (copy: ConsentCopy) => boolean | undefined,
  now: number,
): HeldCopy[] {
  const held = copies.flatMap((copy) => {
    const proven = judge(copy)
    if (proven === false)
      throw new PlatformError("bad_input", `the consent is not in the policy at ${custodian}`)
    if (copy.version > version + MAX_PENDING_CHANGES)
      throw new PlatformError(
        "bad_input",
        `the consent is of policy version ${copy.version}; the ledger has ${version}, and at most ${MAX_PENDING_CHANGES} more can wait for it`,
      )
    const one = heldFrom(copy, proven === true, now)
    return copy.version >= version ? one : []
  })
  if (held.length === 0)
    throw new PlatformError(
      "policy_changed_meanwhile",
      `these consents have ended, or are of an earlier policy at ${custodian} than the ledger has (version ${version}): send copies of those in force`,
    )
  return held
}

const full = (custodian: string) =>
  new PlatformError(
    "too_many_requests",
    `as many copies of consents of ${custodian}'s patients are kept here as may be; show a card, or send the copies when others have ended`,
  )

const placeOf = ({ custodian, handle }: VisitorPlace): VisitorPlace => ({ custodian, handle })
