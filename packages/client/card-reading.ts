import { type Bytes, type Card, card, decodeCbor, fromUtf8, messageOf, PlatformError } from "@aceso/core"

/** A card of 64 statements as JSON has less. */
export const MAX_CARD_BYTES = 128 * 1024

/**
 * A card as a file or a code has it: JSON as `aceso card` writes it, or CBOR.
 * @throws PlatformError `bad_card`
 */
export function readCard(bytes: Bytes): Card {
  if (bytes.length > MAX_CARD_BYTES) throw noCard(`it has ${bytes.length} bytes, and no card has so many`)
  try {
    return isJson(bytes)
      ? card.parse(JSON.parse(fromUtf8(bytes)), "card", "json")
      : card.parse(decodeCbor(bytes), "card")
  } catch (cause) {
    throw noCard(messageOf(cause), cause)
  }
}

const isJson = (bytes: Bytes): boolean => [0x7b, 0x20, 0x0a, 0x0d, 0x09].includes(bytes[0])

const noCard = (why: string, cause?: unknown) =>
  new PlatformError("bad_card", `this is no card: ${why}; ask the patient to show it again`, { cause })
