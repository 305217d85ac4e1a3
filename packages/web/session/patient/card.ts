import { card as cardSchema, encodeCbor } from "@aceso/core"
import type { Known } from "./known.ts"

/** What a person shows at a desk. */
export const cardCalls = ({ client }: Known) => ({
  /**
   * @returns `text`: the card as its file has it, in one line; `code`: its CBOR, of which a picture is coarser; `expires`: ms, when the first statement on it ends
   * @throws PlatformError `not_permitted`
   */
  card: (organisation: string) => {
    const made = client.card(organisation, Date.now())
    return {
      text: JSON.stringify(cardSchema.toJson(made)),
      code: encodeCbor(made),
      custodians: made.statements.map(({ custodian }) => custodian),
      expires: Math.min(...made.statements.map(({ expiry }) => expiry)),
    }
  },
})
