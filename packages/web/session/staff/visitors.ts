import { type AccessAnswer, readCard, type StaffClient } from "@aceso/client"
import { type AccessWish, type Card, nameOf, PlatformError } from "@aceso/core"
import { visibleAll } from "@aceso/core/display/index.ts"

const PAGE = 50

/** What a card says, before anything is asked with it. */
export interface ShownCard {
  readonly name: string
  readonly organisation: string
  readonly custodians: readonly string[]
  /** ms: the first of its statements that ends, ends it. */
  readonly expires: number
}

export interface AskedShown {
  readonly visitor: string
  /** Others here that turned out to be this person. */
  readonly folded: readonly string[]
  readonly outcomes: readonly Omit<AccessAnswer["outcomes"][number], "requestId">[]
  readonly at: number
}

/** A wish as the form has it. */
export type Wish = AccessWish

/** People whose records lie elsewhere, and what is asked of them. */
export const visitorCalls = (client: StaffClient) => {
  const cards = new Map<string, Card>()
  const asked = new Map<string, AskedShown & { readonly wish: Wish }>()

  const ask = async (name: string, wish: Wish): Promise<AskedShown> => {
    const card = cards.get(name)
    if (!card) throw new PlatformError("bad_card", "this card is not here any more; read it again")
    const { outcomes, visitor, folded } = await client.request(card, wish)
    const shown: AskedShown = {
      visitor,
      folded,
      outcomes: outcomes.map(({ requestId: _requestId, ...outcome }) => visibleAll(outcome)),
      at: Date.now(),
    }
    asked.set(visitor, { ...shown, wish })
    return shown
  }

  return {
    visitors: async (after: number) => {
      const { visitors, next } = await client.visitors(after, PAGE)
      return {
        visitors: visitors.map(({ alias, since, places, also, consents }) => ({
          ...{ alias, since, also, consents },
          custodians: [...new Set(places.map(({ custodian }) => custodian))].sort(),
          /** What was asked in this session. */
          asked: asked.get(alias) ?? null,
        })),
        next,
      }
    },
    /** What this person was last asked for, in this session. */
    askedPurpose: async (alias: string): Promise<Wish["purpose"] | null> =>
      asked.get(alias)?.wish.purpose ?? null,
    /** @param bytes of a file or a code @throws PlatformError `bad_card` */
    readCard: async (bytes: Uint8Array): Promise<ShownCard> => {
      const card = readCard(bytes)
      const name = nameOf(card.key)
      cards.set(name, card)
      const { organisation, statements } = card
      return {
        ...{ name, organisation },
        custodians: statements.map(({ custodian }) => custodian),
        expires: Math.min(...statements.map(({ expiry }) => expiry)),
      }
    },
    /**
     * Asks with a card that was read; asked again with the same one, each custodian answers how the request stands, and
     * nothing is asked twice.
     */
    ask,
  }
}
