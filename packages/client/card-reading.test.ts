import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Cbor, card, encodeCbor, makeCard, PlatformError, randomBytes, utf8 } from "@aceso/core"
import { MAX_CARD_BYTES, readCard } from "./card-reading.ts"

const use = { network: "net", organisation: "county", now: Date.parse("2026-05-01T12:00:00Z") } as const
const made = (places: number) =>
  makeCard(
    use,
    Array.from({ length: places }, (_, i) => ({
      custodian: `custodian-${i}`,
      handle: randomBytes(32),
      seed: randomBytes(32),
    })) as never,
  )

describe("a card", () => {
  for (const places of [1, 3, 64]) {
    const one = made(places)
    const forms: [comment: string, bytes: Uint8Array][] = [
      ["JSON as aceso card writes it", utf8(`${JSON.stringify(card.toJson(one), null, 2)}\n`)],
      ["JSON in one line", utf8(JSON.stringify(card.toJson(one)))],
      ["CBOR", encodeCbor(one as unknown as Cbor)],
    ]
    for (const [comment, bytes] of forms)
      it(`of ${places} is read as ${comment}`, () => assert.deepEqual(readCard(bytes), one))
  }
  const [json] = [JSON.stringify(card.toJson(made(1)))]
  const refused: [comment: string, bytes: Uint8Array][] = [
    ["nothing", new Uint8Array(0)],
    ["half of one", utf8(json.slice(0, 500))],
    ["JSON of something else", utf8('{"key":"00"}')],
    ["a web address", utf8("https://city.example")],
    ["other CBOR", encodeCbor(["card"] as Cbor)],
    ["bytes", randomBytes(300)],
    ["no UTF-8", Uint8Array.of(0x7b, 0xff)],
    ["one with a member more", utf8(json.replace("{", '{"more":1,'))],
    ["too much", new Uint8Array(MAX_CARD_BYTES + 1)],
  ]
  for (const [comment, bytes] of refused)
    it(`is not ${comment}`, () =>
      assert.throws(
        () => readCard(bytes),
        (error) =>
          error instanceof PlatformError &&
          error.code === "bad_card" &&
          /this is no card/.test(error.message),
      ))
})
