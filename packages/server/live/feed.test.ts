import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { LiveTopic } from "@aceso/client/live-topics.ts"
import type { Handle, LedgerEvent, PublicKey } from "@aceso/core"
import type { Cursor } from "@aceso/ledger"
import { Askers } from "./askers.ts"
import { LedgerFeed } from "./feed.ts"
import { LiveHub } from "./hub.ts"

const bytes = (fill: number) => new Uint8Array(32).fill(fill)
const [ANN, BOB] = [bytes(1) as Handle, bytes(2) as Handle]
const KEY = bytes(7) as PublicKey

/** A node of `city` with a doctor who asked about Bob at `county`, and Ann as its patient; all listen. */
async function heardOf(event: Pick<LedgerEvent, "contract" | "name" | "data">) {
  const live = new LiveHub()
  const askers = new Askers()
  askers.note([{ custodian: "county", handle: BOB }], "doctor")
  const heard: string[] = []
  const listen = (name: string, audience: { staff: string } | { handle: Handle }) => {
    const stream = live.listen(
      audience,
      { topics: new Set<LiveTopic>() },
      { standing: async () => ({ topics: new Set<LiveTopic>() }), onEnd() {}, onFault() {} },
    )
    assert.ok(stream)
    stream.tell = (topic) => void heard.push(`${name} ${topic}`)
    stream.check = async () => {
      heard.push(`${name} checked`)
      return undefined
    }
  }
  listen("doctor", { staff: "doctor" })
  listen("nurse", { staff: "nurse" })
  listen("ann", { handle: ANN })
  listen("bob", { handle: BOB })
  let take: ((event: LedgerEvent) => void | Promise<void>) | undefined
  let after: Cursor | undefined
  let isClosed = false
  const engine = {
    status: async () => ({ checkpoint: { height: 41 } }),
    read: async () => ({ parties: [{ party: "patient", member: null, key: KEY }] }),
    subscribe(cursor: Cursor, onEvent: (event: LedgerEvent) => void | Promise<void>) {
      assert.equal(take, undefined, "one subscription is enough")
      after = cursor
      take = onEvent
      return () => {
        isClosed = true
      }
    },
  }
  const faults: unknown[] = []
  const feed = new LedgerFeed({
    ...{ live, askers, member: "city", onFault: (error: unknown) => faults.push(error) },
    engine: engine as never,
    stocks: { handleOf: async ([key]) => (key === KEY ? ANN : undefined) },
  })
  await feed.begin()
  await feed.begin()
  assert.equal(after?.height, 41)
  await take?.({ ...event, height: 42, transaction: 0, index: 0 })
  feed.close()
  live.close()
  assert.deepEqual([isClosed, faults], [true, []])
  return heard
}

describe("what an event of the ledger tells", () => {
  const at = (custodian: string, handle: Handle) => ({ custodian, handle })
  const cases: readonly (readonly [string, string, object, readonly string[]])[] = [
    ["policy", "policyChanged", { ...at("city", ANN), version: 2 }, ["ann policy"]],
    ["policy", "policyChanged", { ...at("county", BOB), version: 2 }, ["doctor requests"]],
    ["policy", "policyChanged", { ...at("clinic", ANN), version: 2 }, []],
    ["people", "enrolled", at("city", ANN), ["ann checked"]],
    ["people", "rekeyBegun", at("city", ANN), ["ann checked", "ann rekeys"]],
    ["people", "rekeyCancelled", at("city", ANN), ["ann checked", "ann rekeys"]],
    ["people", "rekeyBegun", at("county", ANN), []],
    ["delegates", "delegateEnded", { ...at("city", BOB), key: KEY }, ["bob checked", "bob delegates"]],
    ["delegates", "allDelegatesEnded", at("city", BOB), ["bob checked", "bob delegates"]],
    ["cases", "stepped", { case: bytes(9), members: ["county"] }, ["ann inbox"]],
    ["records", "committed", { custodian: "city" }, []],
    ["governance", "proposed", { proposal: bytes(3) }, []],
  ]
  for (const [contract, name, data, expected] of cases)
    it(`${contract}.${name} ${"custodian" in data ? `at ${data.custodian}` : ""}: ${expected.join(", ") || "nobody"}`, async () => {
      assert.deepEqual(await heardOf({ contract, name, data: data as LedgerEvent["data"] }), expected)
    })
})

describe("who asked about whom", () => {
  it("is remembered for the newest places and people alone", () => {
    const askers = new Askers()
    const place = (n: number) => ({
      custodian: "city",
      handle: new Uint8Array(32).fill(n % 256, 0, 1).fill(n >> 8, 1, 2) as Handle,
    })
    for (let n = 0; n < 10_001; n++) askers.note([place(n)], "doctor")
    assert.deepEqual([askers.of(place(0)), askers.of(place(1))], [[], ["doctor"]])
    for (let n = 0; n < 20; n++) askers.note([place(5)], `person ${n}`)
    assert.equal(askers.of(place(5)).length, 16)
    assert.ok(askers.of(place(5)).includes("person 19"))
  })
})
