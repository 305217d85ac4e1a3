import assert from "node:assert/strict"
import { beforeEach, describe, it } from "node:test"
import { type Bytes, payloadOf, publicKey, randomBytes, sha256, signPayload, toHex, utf8 } from "@aceso/core"
import { days, defineProcess } from "@aceso/core/process/define.ts"
import { Sponsor } from "./sponsor.ts"

const seedOf = (name: string) => sha256(utf8(name))
const process = defineProcess({
  name: "question",
  parties: { person: "case key", organisation: { ability: "keepsRecords" } },
  opens: { by: "person", to: "asked", documents: ["Communication"], dueMs: days(1) },
  steps: { answer: { from: "asked", by: "organisation", to: "answered" } },
  lasts: { ms: days(30), to: "ended" },
})

describe("a sponsor", () => {
  const seed = seedOf("city")
  const known = new Set<string>()
  let paid: Bytes[]
  let sponsor: Sponsor
  beforeEach(() => {
    paid = []
    const ledger = {
      ...{ seed, key: publicKey(seed), engine: { network: "net" } },
      submit: async (envelope: Bytes) => paid.push(envelope),
    }
    sponsor = new Sponsor(ledger as never, [process], async (key) => known.has(toHex(key)))
  })

  function openingBy(name: string, { network = "net", expiry = Date.now() + 120_000 } = {}) {
    const key = publicKey(seedOf(name))
    const parties = [
      { party: "person", key },
      { party: "organisation", member: "city" },
    ]
    const opening = { process: "question", minute: 1, random: randomBytes(32), capabilities: [] }
    const input = { ...opening, parties, documents: [sha256(utf8(name))] }
    const payload = payloadOf({ network, contract: "cases", action: "open", input, expiry }, [
      key,
      publicKey(seed),
    ])
    return { payload, signature: signPayload(payload, seedOf(name)) }
  }
  const open = ({ payload, signature }: { payload: Bytes; signature: Bytes }) =>
    sponsor.open(payload, signature)
  const strangers = (n: number, options = {}) =>
    Array.from({ length: n }, (_, i) => openingBy(`stranger ${i}`, options))

  it("60 of strangers within a minute, then it is busy", async () => {
    for (const one of strangers(60)) await open(one)
    await assert.rejects(open(openingBy("one more")), { code: "sponsor_busy" })
    assert.equal(paid.length, 60)
  })

  it("what nobody signed, or what nobody may have signed, takes no room", async () => {
    for (const { payload } of strangers(100))
      await assert.rejects(open({ payload, signature: randomBytes(64) }), { code: "bad_signature" })
    for (const one of strangers(100, { network: "other" }))
      await assert.rejects(open(one), { code: "not_sponsored" })
    for (const one of strangers(100, { expiry: Date.now() - 1 }))
      await assert.rejects(open(one), { code: "expired" })
    assert.equal(paid.length, 0)
    await open(openingBy("somebody"))
    assert.equal(paid.length, 1)
  })

  it("the very same again takes no more room", async () => {
    const one = openingBy("somebody")
    for (let i = 0; i < 100; i++) await open(one)
    await open(openingBy("somebody else"))
  })

  it("strangers take no room of people who are known here, nor these of each other's", async () => {
    for (const one of strangers(60)) await open(one)
    for (let i = 0; i < 61; i++) known.add(toHex(publicKey(seedOf(`patient ${i}`))))
    for (let i = 0; i < 60; i++) await open(openingBy(`patient ${i}`))
    await assert.rejects(open(openingBy("patient 60")), { code: "sponsor_busy" })
    assert.equal(paid.length, 120)
  })
})
