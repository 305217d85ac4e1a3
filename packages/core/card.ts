import { type Bytes, equalBytes, nameOf } from "./bytes.ts"
import { publicKey, randomBytes, randomUnit, sign, verify } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import { domainBytes, domainHash, type Hash } from "./hash.ts"
import {
  type Handle,
  handle,
  hash32,
  type MemberId,
  memberId,
  networkId,
  type PublicKey,
  publicKeySchema,
  signature64,
} from "./ids.ts"
import { bytes, type Infer, list, object, uint } from "./schema.ts"

/** Nothing on a card lives longer; each statement's own time is drawn, and none is shorter than the least. */
export const CARD_LIFETIME_MS = 15 * 60_000
export const CARD_LEAST_MS = 10 * 60_000
export const MAX_CARD_STATEMENTS = 64
/** How far the clocks of a patient's device and a node may differ. */
const CLOCK_MS = 60_000

/**
 * What a patient says to one custodian (PRIVACY.md, Card): this organisation may ask. It allows asking, not
 * reading. `link` ties it to one card, for those alone who have the salt.
 */
export const cardStatement = object({
  network: networkId,
  custodian: memberId,
  handle,
  /** The organisation that may ask. */
  organisation: memberId,
  /** ms */
  expiry: uint(),
  nonce: bytes(16),
  key: publicKeySchema,
  link: hash32,
  signature: signature64,
})
export type CardStatement = Infer<typeof cardStatement>

/**
 * What a patient shows at a desk: a statement for each custodian, the salt that opens each statement's link, and
 * the signature of the card's one-time key over the list. Custodians get their statement alone.
 */
export const card = object({
  key: publicKeySchema,
  organisation: memberId,
  statements: list(cardStatement, MAX_CARD_STATEMENTS, 1),
  salts: list(bytes(32), MAX_CARD_STATEMENTS, 1),
  signature: signature64,
})
export type Card = Infer<typeof card>

/** For whom a card is, and when. */
export interface CardUse {
  readonly network: string
  readonly organisation: MemberId
  /** ms */
  readonly now: number
}

type Terms = Omit<CardStatement, "signature">

const statementBytes = (c: Terms): Bytes =>
  domainBytes("card", c.network, c.custodian, c.handle, c.organisation, c.expiry, c.nonce, c.key, c.link)

export const cardLink = (cardKey: PublicKey, salt: Bytes): Hash => domainHash("card-link", cardKey, salt)

/** @param seed of the handle's key */
export function makeCardStatement(terms: Omit<Terms, "key">, seed: Bytes): CardStatement {
  const statement = { ...terms, key: publicKey(seed) }
  return { ...statement, signature: sign(statementBytes(statement), seed) }
}

const listBytes = (network: string, organisation: MemberId, statements: readonly CardStatement[]): Bytes =>
  domainBytes(
    "card-list",
    network,
    organisation,
    statements.map((one) => domainHash("card-statement", statementBytes(one), one.signature)),
  )

/** @param cardSeed of the card's one-time key */
export const signCardList = (
  network: string,
  organisation: MemberId,
  statements: readonly CardStatement[],
  cardSeed: Bytes,
): Bytes => sign(listBytes(network, organisation, statements), cardSeed)

/** A card for one organisation. @param places `seed`: of the handle's key */
export function makeCard(
  { network, organisation, now }: CardUse,
  places: readonly { readonly custodian: MemberId; readonly handle: Handle; readonly seed: Bytes }[],
): Card {
  const cardSeed = randomBytes(32)
  const key = publicKey(cardSeed)
  const salts = places.map(() => randomBytes(32))
  // Each is drawn by itself: what custodians see of a card's statements links none to another.
  const expiries = new Set<number>()
  while (expiries.size < places.length) expiries.add(drawExpiry(now))
  const drawn = [...expiries]
  const statements = places.map(({ custodian, handle, seed }, i) => {
    const nonce = randomBytes(16)
    const link = cardLink(key, salts[i])
    return makeCardStatement(
      { network, custodian, handle, organisation, expiry: drawn[i], nonce, link },
      seed,
    )
  })
  return {
    key,
    organisation,
    statements,
    salts,
    signature: signCardList(network, organisation, statements, cardSeed),
  }
}

const drawExpiry = (now: number): number =>
  now + CARD_LEAST_MS + Math.floor(randomUnit() * (CARD_LIFETIME_MS - CARD_LEAST_MS))

const bad = (why: string) => new PlatformError("bad_card", `the card is refused: ${why}`)

/**
 * Whether the organisation may ask with this statement now. That the key is the handle's is for the ledger to say.
 * @throws PlatformError `bad_card`, `card_expired`
 */
export function checkCardStatement(statement: CardStatement, use: CardUse): void {
  const { network, organisation, expiry, custodian } = statement
  const which = `its statement for ${custodian}`
  if (network !== use.network) throw bad(`${which} is for the network ${network}`)
  if (organisation !== use.organisation)
    throw bad(`${which} lets ${organisation} ask, not ${use.organisation}`)
  if (!verify(statement.signature, statementBytes(statement), statement.key))
    throw bad(`the signature of ${which} is wrong`)
  if (expiry > use.now + CARD_LIFETIME_MS + CLOCK_MS)
    throw bad(`${which} claims to live longer than 15 minutes`)
  if (expiry < use.now)
    throw new PlatformError("card_expired", "the card has expired; ask the patient to show it again")
}

/**
 * Checks a whole card as its requester has to, before it keeps or sends anything of it. One wrong statement spoils
 * all: only a card that is valid as a whole says that its handles are one person's.
 * @throws PlatformError `bad_card` with the statement and the reason, `card_expired`
 */
export function checkCard(shown: Card, use: CardUse): void {
  const { key, organisation, statements, salts } = shown
  if (organisation !== use.organisation)
    throw bad(`it is for ${organisation}; ask the patient for one for ${use.organisation}`)
  if (salts.length !== statements.length) throw bad("it has not one salt for each statement")
  const handles = new Set(statements.map(({ handle }) => nameOf(handle)))
  if (handles.size !== statements.length) throw bad("a handle is on it twice")
  if (!verify(shown.signature, listBytes(use.network, organisation, statements), key))
    throw bad("its list is not signed by its own key")
  for (const [i, statement] of statements.entries()) {
    checkCardStatement(statement, use)
    if (!equalBytes(statement.link, cardLink(key, salts[i])))
      throw bad(`its statement for ${statement.custodian} was made for another card`)
  }
}
