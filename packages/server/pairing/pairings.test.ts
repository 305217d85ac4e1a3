import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  PAIRING_MS,
  type PublicKey,
  pairingCommitment,
  pairingDigits,
  publicKey,
  randomBytes,
  signPairing,
} from "@aceso/core"
import { Pairings } from "./pairings.ts"

const place = { network: "net", member: "city" }

function desk() {
  let now = 1_000_000
  const taken: PublicKey[] = []
  const pairings = new Pairings(place, () => now)
  const open = (by = "lin") =>
    pairings.open({
      kind: "staff",
      by,
      take: async (key) => {
        taken.push(key)
        return key
      },
    }).code
  /** A device that comes with the code. */
  const come = (code: string, seed = randomBytes(32)) => {
    const key = publicKey(seed)
    const begun = pairings.begin(code, pairingCommitment(key))
    pairings.show(code, key, signPairing(begun, seed))
    return { key, digits: pairingDigits(begun.invitation, key, begun.nonce), begun }
  }
  return {
    ...{ pairings, taken, open, come },
    pass: (ms: number) => {
      now += ms
    },
  }
}
const others = (digits: string) => String((Number(digits) + 1) % 1_000_000).padStart(6, "0")

describe("a new device at the desk", () => {
  it("counts once the digits that it shows were typed", async () => {
    const { pairings, taken, open, come } = desk()
    const code = open()
    const { key, digits } = come(code)
    assert.deepEqual(pairings.state(code), { hasDevice: true, isConfirmed: false })
    assert.deepEqual(taken, [])
    assert.equal(await pairings.confirm(code, digits, "staff", "lin"), key)
    assert.deepEqual([taken, pairings.state(code).isConfirmed], [[key], true])
  })

  it("was not the first: whoever came before it shows other digits, and one try is all there is", async () => {
    const { pairings, taken, open, come } = desk()
    const code = open()
    const thief = come(code)
    assert.throws(() => come(code), { code: "code_used" })
    await assert.rejects(pairings.confirm(code, others(thief.digits), "staff", "lin"), {
      code: "digits_differ",
    })
    await assert.rejects(pairings.confirm(code, thief.digits, "staff", "lin"), { code: "unknown_code" })
    assert.deepEqual(taken, [])
  })

  it("cannot choose its key once it knows the nonce", () => {
    const { pairings, open } = desk()
    const code = open()
    const begun = pairings.begin(code, pairingCommitment(publicKey(randomBytes(32))))
    const seed = randomBytes(32)
    assert.throws(() => pairings.show(code, publicKey(seed), signPairing(begun, seed)), {
      code: "bad_pairing",
    })
    assert.throws(() => pairings.state(code), { code: "unknown_code" })
  })

  it("cannot show somebody else's key, nor show one twice", () => {
    const { pairings, open, come } = desk()
    const code = open()
    const key = publicKey(randomBytes(32))
    const begun = pairings.begin(code, pairingCommitment(key))
    assert.throws(() => pairings.show(code, key, signPairing(begun, randomBytes(32))), {
      code: "bad_pairing",
    })
    const other = open()
    const seed = randomBytes(32)
    const { begun: again } = come(other, seed)
    assert.throws(() => pairings.show(other, publicKey(seed), signPairing(again, seed)), {
      code: "code_used",
    })
  })

  it("is confirmed once, also by two at one moment, by whoever invited, and for what", async () => {
    const { pairings, taken, open, come } = desk()
    const code = open()
    const { digits } = come(code)
    await assert.rejects(pairings.confirm(code, digits, "staff", "wang"), { code: "unknown_code" })
    await assert.rejects(pairings.confirm(code, digits, "patient", "lin"), { code: "unknown_code" })
    const both = [1, 2].map(() => pairings.confirm(code, digits, "staff", "lin"))
    const ends = (await Promise.allSettled(both)).map(({ status }) => status)
    assert.deepEqual(ends, ["fulfilled", "rejected"])
    assert.equal(taken.length, 1)
  })

  it("is told that it is confirmed once what follows is done, not before", async () => {
    const { pairings, come } = desk()
    const { promise, resolve } = Promise.withResolvers<void>()
    const { code } = pairings.open({ kind: "staff", by: "lin", take: () => promise })
    const { digits } = come(code)
    const confirming = pairings.confirm(code, digits, "staff", "lin")
    assert.equal(pairings.state(code).isConfirmed, false)
    resolve()
    await confirming
    assert.equal(pairings.state(code).isConfirmed, true)
  })

  it("has ten minutes", async () => {
    const { pairings, open, come, pass } = desk()
    const code = open()
    const { digits } = come(code)
    pass(PAIRING_MS)
    await assert.rejects(pairings.confirm(code, digits, "staff", "lin"), { code: "unknown_code" })
    assert.throws(() => pairings.begin(open("wang").replace(/.$/, "U"), randomBytes(32)), {
      code: "unknown_code",
    })
  })

  it("is waited for: typing digits before it came uses nothing up", async () => {
    const { pairings, open, come } = desk()
    const code = open()
    await assert.rejects(pairings.confirm(code, "123456", "staff", "lin"), { code: "no_device_yet" })
    const { digits } = come(code)
    assert.ok(await pairings.confirm(code, digits, "staff", "lin"))
  })

  it("dies with what it was invited to", async () => {
    const { pairings, come } = desk()
    const take = () => Promise.reject(new Error("full"))
    const { code } = pairings.open({ kind: "staff", by: "lin", take })
    const { digits } = come(code)
    await assert.rejects(pairings.confirm(code, digits, "staff", "lin"), /full/)
    assert.throws(() => pairings.state(code), { code: "unknown_code" })
  })
})

it("codes that nobody uses are bounded, and room comes back", () => {
  const { open, pass } = desk()
  for (let i = 0; i < 50; i++) open()
  assert.throws(open, { code: "too_many_pairings" })
  assert.ok(open("wang"))
  pass(PAIRING_MS)
  assert.ok(open())
})
