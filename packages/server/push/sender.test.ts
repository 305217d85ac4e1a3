import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Bytes, randomBytes, toHex } from "@aceso/core"
import type { Outcome } from "./push-service.ts"
import { PushSender, RINGS_PER_MEMBER } from "./sender.ts"

const MINUTE_MS = 60_000

/** An operator with a clock of its own; tags are of endpoints as given. */
function operator(answers: Readonly<Record<string, readonly Outcome[]>> = {}) {
  const tags = new Map<string, { n: number; endpoint: string }[]>()
  const sent: string[] = []
  const accepted: number[] = []
  const gone: number[] = []
  let now = 1_000_000
  const sender = new PushSender({
    register: {
      of: async (tag) => tags.get(toHex(tag)) ?? [],
      has: async (n) => !gone.includes(n) && [...tags.values()].flat().some((one) => one.n === n),
      accepted: async (n) => void accepted.push(n),
      gone: async (n) => void gone.push(n),
    },
    service: {
      async send(endpoint) {
        const before = sent.filter((one) => one === endpoint).length
        sent.push(endpoint)
        return answers[endpoint]?.[before] ?? { is: "accepted" }
      },
    },
    gapMs: MINUTE_MS,
    retryMs: 1_000,
    now: () => now,
  })
  let next = 0
  const numbers = new Map<string, number>()
  return {
    ...{ sender, sent, accepted, gone },
    tagOf(...endpoints: readonly string[]): Bytes {
      const tag = randomBytes(32)
      const found = endpoints.map((endpoint) => {
        if (!numbers.has(endpoint)) numbers.set(endpoint, ++next)
        return { n: numbers.get(endpoint) as number, endpoint }
      })
      tags.set(toHex(tag), found)
      return tag
    },
    end: (tag: Bytes) => tags.delete(toHex(tag)),
    /** So much later it is, ms; then a round. */
    async round(later = 0) {
      now += later
      await sender.run()
    },
  }
}

describe("what custodians ring", () => {
  it("reaches every device of the tag, once, and whoever has none is answered the same", async () => {
    const { sender, sent, tagOf, round } = operator()
    const tag = tagOf("phone", "tablet")
    assert.equal(sender.ring("city", tag), sender.ring("city", randomBytes(32)))
    sender.ring("city", tag)
    assert.deepEqual(sent, [], "nothing is done before the answer")
    await round()
    assert.deepEqual(sent.toSorted(), ["phone", "tablet"])
    await round()
    assert.equal(sent.length, 2)
  })

  // The attack: a custodian would wake its patient all night.
  it("comes once in five minutes for one tag, however often a custodian rings", async () => {
    const { sender, sent, tagOf, round } = operator()
    const tag = tagOf("phone")
    for (let i = 0; i < 29; i++) {
      sender.ring("city", tag)
      await round(10_000)
    }
    assert.deepEqual(sent, ["phone"])
    sender.ring("city", tag)
    await round(20_000)
    assert.deepEqual(sent, ["phone", "phone"])
  })

  it("of two custodians within a minute comes twice, the second when the minute is over", async () => {
    const { sender, sent, tagOf, round } = operator()
    const [city, county] = [tagOf("phone"), tagOf("phone")]
    sender.ring("city", city)
    await round()
    sender.ring("county", county)
    await round(30_000)
    assert.deepEqual(sent, ["phone"])
    await round(30_000)
    assert.deepEqual(sent, ["phone", "phone"])
  })

  it("at one moment is one message to one device", async () => {
    const { sender, sent, tagOf, round } = operator()
    sender.ring("city", tagOf("phone"))
    sender.ring("county", tagOf("phone"))
    await round()
    await round(2 * MINUTE_MS)
    assert.deepEqual(sent, ["phone"])
  })

  it("is bounded for each member, by itself", () => {
    const { sender } = operator()
    for (let i = 0; i < RINGS_PER_MEMBER; i++) sender.ring("city", randomBytes(32))
    assert.throws(() => sender.ring("city", randomBytes(32)), { code: "too_many_requests" })
    sender.ring("county", randomBytes(32))
  })

  it("is not sent any more to whoever has ended it meanwhile", async () => {
    const { sender, sent, tagOf, end, round } = operator()
    const tags = [tagOf("phone"), tagOf("phone")]
    sender.ring("city", tags[0])
    await round()
    sender.ring("county", tags[1])
    await round(1000)
    for (const tag of tags) end(tag)
    await round(MINUTE_MS)
    assert.deepEqual(sent, ["phone"])
  })
})

describe("what a push service answers", () => {
  it("that it took it is noted, that it does not know the device ends the device", async () => {
    const { sender, accepted, gone, tagOf, round } = operator({ old: [{ is: "gone" }] })
    sender.ring("city", tagOf("phone", "old"))
    await round()
    assert.deepEqual([accepted, gone], [[1], [2]])
  })

  it("later is tried again, four times in all, not before it said, and given up", async () => {
    const later = { is: "later" } as const
    const { sender, sent, tagOf, round } = operator({
      slow: [{ ...later, afterMs: 7_000 }, later, later, later, later],
    })
    sender.ring("city", tagOf("slow"))
    await round()
    await round(6_999)
    assert.equal(sent.length, 1)
    await round(1)
    assert.equal(sent.length, 2)
    await round(4_000)
    await round(16_000)
    assert.equal(sent.length, 4)
    await round(3_600_000)
    assert.equal(sent.length, 4)
  })

  it("refused is not tried again", async () => {
    const { sender, sent, gone, accepted, tagOf, round } = operator({ phone: [{ is: "refused" }] })
    sender.ring("city", tagOf("phone"))
    await round()
    await round(3_600_000)
    assert.deepEqual([sent, gone, accepted], [["phone"], [], []])
  })
})

describe("a device that registers", () => {
  it("is told once, and is proven by that; an invented one is gone", async () => {
    const { sender, accepted, gone, sent, tagOf, round } = operator({ invented: [{ is: "gone" }] })
    tagOf("phone", "invented")
    sender.prove(1, "phone")
    sender.prove(1, "phone")
    sender.prove(2, "invented")
    assert.deepEqual(sent, [], "nothing is done before the answer")
    await round()
    assert.deepEqual([sent.toSorted(), accepted, gone], [["invented", "phone"], [1], [2]])
    await round(MINUTE_MS)
    assert.equal(sent.length, 2)
  })

  // The attack: strangers register without end, and nobody hears what custodians ring.
  it("holds up no ring, however many register", async () => {
    const { sender, sent, tagOf, round } = operator()
    const strangers = Array.from({ length: 500 }, (_, i) => `stranger ${i}`)
    tagOf(...strangers)
    strangers.forEach((name, i) => {
      sender.prove(i + 1, name)
    })
    sender.ring("city", tagOf("phone"))
    await round()
    assert.ok(sent.includes("phone"))
    assert.ok(sent.length < 100, `${sent.length}`)
  })
})
