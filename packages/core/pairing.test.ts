import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import {
  isPaired,
  newPairingCode,
  pairingCommitment,
  pairingDigits,
  publicKey,
  readPairingCode,
  signPairing,
} from "./index.ts"

const bytesOf = (value: number) => new Uint8Array(32).fill(value)
const seed = bytesOf(1)
const key = publicKey(seed)
const place = { network: "net", member: "city", invitation: bytesOf(2), nonce: bytesOf(3) }

describe("the code of a pairing", () => {
  it("is read as people type it", () => {
    const rows: readonly (readonly [string, string | undefined])[] = [
      ["7K2M-9QXR-4TBW-0HVC", "7K2M-9QXR-4TBW-0HVC"],
      [" 7k2m9qxr4tbw0hvc ", "7K2M-9QXR-4TBW-0HVC"],
      ["7K2M 9QXR 4TBW OHVC", "7K2M-9QXR-4TBW-0HVC"],
      ["IL2M-9QXR-4TBW-0HVC", "112M-9QXR-4TBW-0HVC"],
      ["7K2M-9QXR-4TBW-0HV", undefined],
      ["7K2M-9QXR-4TBW-0HVCC", undefined],
      ["UK2M-9QXR-4TBW-0HVC", undefined],
      ["", undefined],
    ]
    for (const [typed, code] of rows) assert.equal(readPairingCode(typed), code, typed)
  })

  it("is read back, whatever it is, and never the same twice", () => {
    const codes = Array.from({ length: 500 }, newPairingCode)
    for (const code of codes) assert.equal(readPairingCode(code.toLowerCase().replaceAll("-", "")), code)
    assert.equal(new Set(codes).size, codes.length)
  })
})

describe("what both screens show", () => {
  it("is six digits that follow from invitation, key and nonce, from each of them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), (n) =>
        /^\d{6}$/.test(pairingDigits(bytesOf(n), key, bytesOf(3))),
      ),
    )
    const digits = new Set([
      pairingDigits(place.invitation, key, place.nonce),
      pairingDigits(bytesOf(9), key, place.nonce),
      pairingDigits(place.invitation, publicKey(bytesOf(9)), place.nonce),
      pairingDigits(place.invitation, key, bytesOf(9)),
    ])
    assert.equal(digits.size, 4)
    assert.equal(pairingDigits(place.invitation, key, place.nonce), "245772")
  })
})

describe("the key that a device shows", () => {
  const commitment = pairingCommitment(key)
  it("is the one that it promised, and signs for this very pairing", () => {
    assert.equal(isPaired(place, commitment, key, signPairing(place, seed)), true)
  })
  const rows: readonly (readonly [string, boolean])[] = [
    [
      "another key than it promised",
      isPaired(place, commitment, publicKey(bytesOf(9)), signPairing(place, bytesOf(9))),
    ],
    ["somebody else's key", isPaired(place, commitment, key, signPairing(place, bytesOf(9)))],
    ...(["network", "member", "invitation", "nonce"] as const).map((what): readonly [string, boolean] => [
      `a signature for another ${what}`,
      isPaired(
        place,
        commitment,
        key,
        signPairing({ ...place, [what]: typeof place[what] === "string" ? "other" : bytesOf(9) }, seed),
      ),
    ]),
  ]
  for (const [comment, holds] of rows) it(`is refused: ${comment}`, () => assert.equal(holds, false))
})
