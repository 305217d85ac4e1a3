import { handles, policies } from "@aceso/contracts"
import {
  asText,
  type Bytes,
  type Card,
  type ConsentCopy,
  checkCard,
  concat,
  dateRange,
  equalBytes,
  isInPolicy,
  isObject,
  isSamePlace,
  MAX_CARD_STATEMENTS,
  MAX_PENDING_CHANGES,
  nameOf,
  PlatformError,
  readPolicy,
} from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Vault, Visitor, VisitorPlace } from "../vault/vault.ts"

/** What is kept of one place's consents: so many, newest versions first, and so many bytes of documents. */
export const MAX_COPIES = 32
export const MAX_COPIES_BYTES = 256 * 1024
/** By copies alone, of one custodian's patients. */
export const NEW_VISITORS_PER_HOUR = 500
/** How long a visitor is kept after its last card or copy, and after its last consent ended. */
export const KEPT_MS = 30 * 86_400_000
/** At each change so many, that are due, are forgotten. */
const FORGOTTEN_AT_ONCE = 100
const HOUR_MS = 3_600_000

/**
 * People whose records lie elsewhere (PRIVACY.md, Card). Nothing is kept before all of it is proven, and places are
 * one person's only because one wholly valid card said so.
 */
export class Visitors {
  private readonly vault: Vault
  private readonly ledger: LedgerClient

  constructor(vault: Vault, ledger: LedgerClient) {
    this.vault = vault
    this.ledger = ledger
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
    return this.keep(async (now) => {
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
   * Keeps the copies of consents that a patient hands over for one of their places.
   * @param key that signed the call
   * @throws PlatformError `bad_input`, `not_permitted`, `policy_unknown`, `too_many_requests`
   */
  async keepCopies(copies: readonly ConsentCopy[], key: Bytes): Promise<Visitor> {
    const place = placeOf(copies[0])
    if (copies.some((copy) => !isSamePlace(copy, place)))
      throw new PlatformError("bad_input", "copies of several handles: send those of each by its own key")
    if (!(await this.isKeyOf(place, key)))
      throw new PlatformError("not_permitted", "the copies are not sent by the patient whose they are")
    const usable = await this.proven(place, copies)
    const ends = Math.max(0, ...usable.map(endOf))
    return this.keep(async (now) => {
      const { custodian } = place
      const isKnown = (await this.vault.visitor({ place })) !== undefined
      if (
        !isKnown &&
        (await this.vault.visitorsByCopySince(custodian, now - HOUR_MS)) >= NEW_VISITORS_PER_HOUR
      )
        throw new PlatformError(
          "too_many_requests",
          `more than ${NEW_VISITORS_PER_HOUR} patients of ${custodian} became known here within the hour; send the copies later, or show a card`,
        )
      const { visitor } = await this.vault.joinPlaces([place], {
        now,
        keptUntil: Math.max(now, ends) + KEPT_MS,
        byCopyFrom: custodian,
      })
      await this.vault.setCopies(place, mergeCopies(await this.vault.copies(place), usable))
      return visitor
    })
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
    return (await Promise.all(places.map((place) => this.vault.copies(place)))).flat()
  }

  private keep<T>(f: (now: number) => Promise<T>): Promise<T> {
    return this.vault.atomically(async () => {
      const now = Date.now()
      await this.vault.forgetVisitors(now, FORGOTTEN_AT_ONCE)
      return f(now)
    })
  }

  private async isKeyOf({ custodian, handle }: VisitorPlace, key: Bytes): Promise<boolean> {
    const row = await this.ledger.engine.read(handles, [custodian, handle])
    return row?.key != null && equalBytes(row.key, key)
  }

  /**
   * The copies that can be of use. Those of the version that the ledger has are proven; of a later one, which waits
   * for the ledger, the patient's word is taken, for this handle alone; an earlier one says nothing any more.
   */
  private async proven(place: VisitorPlace, copies: readonly ConsentCopy[]): Promise<ConsentCopy[]> {
    const row = await this.ledger.engine.read(policies, [place.custodian, place.handle])
    const version = row?.version ?? 0
    for (const copy of copies) {
      const isProven = row !== undefined && isInPolicy(row.root, copy.document, copy)
      if (copy.version === version && !isProven)
        throw new PlatformError("bad_input", `the consent is not in the policy at ${place.custodian}`)
      if (copy.version > version + MAX_PENDING_CHANGES)
        throw new PlatformError(
          "bad_input",
          `the consent is of policy version ${copy.version}; the ledger has ${version}, and at most ${MAX_PENDING_CHANGES} more can wait for it`,
        )
      readPolicy([copy.document])
    }
    return copies.filter((copy) => copy.version >= version)
  }
}

/** Each document once, in its newest version; of too many the newest versions. */
export function mergeCopies(old: readonly ConsentCopy[], fresh: readonly ConsentCopy[]): ConsentCopy[] {
  const byDocument = new Map<string, ConsentCopy>()
  for (const copy of [...old, ...fresh]) {
    const name = nameOf(concat(copy.document.salt, copy.document.content))
    const there = byDocument.get(name)
    if (!there || there.version <= copy.version) byDocument.set(name, copy)
  }
  let sizeBytes = 0
  return [...byDocument.values()]
    .sort((a, b) => b.version - a.version)
    .slice(0, MAX_COPIES)
    .filter(({ document }) => {
      sizeBytes += document.content.length
      return sizeBytes <= MAX_COPIES_BYTES
    })
}

const placeOf = ({ custodian, handle }: VisitorPlace): VisitorPlace => ({ custodian, handle })

/** When a consent ends, ms; one without an end does not. */
function endOf({ document }: ConsentCopy): number {
  const [{ provision }] = readPolicy([document]).consents
  const end = isObject(provision) && isObject(provision.period) ? asText(provision.period.end) : undefined
  if (end === undefined) return NEVER
  try {
    return dateRange(end).toMs
  } catch (error) {
    // Such a consent permits nothing.
    if (error instanceof PlatformError) return 0
    throw error
  }
}

const NEVER = Number.MAX_SAFE_INTEGER - KEPT_MS
