import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import { plainFetch } from "@aceso/client"
import { type CustodianNotice, PlatformError, publicKey, signNotice } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { MisfiledWorld } from "../testing/misfiled.ts"
import { MAX_TRIES, Notices } from "./notices.ts"

let world: MisfiledWorld
let handle: Uint8Array
before(async () => {
  world = await MisfiledWorld.start()
  handle = await world.handleOf("ann")
})
after(() => world.end())

const code = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof PlatformError, String(error))
  assert.equal(error.code, expected, error.message)
  return true
}
const PAGE = { before: null, limit: 50, isOpen: true }

describe("a notice that comes in", () => {
  let count = 0
  const notice = (change: Partial<CustodianNotice> = {}): CustodianNotice => ({
    ...{ network: world.ledger.engine.network, custodian: "city", recipient: "county" },
    ...{ id: seedOf(`notice ${++count}`).subarray(0, 16), handle, reason: "misfiled" as const },
    ...{ records: [seedOf("record")], time: world.clock.time },
    ...change,
  })
  const signed = (one: CustodianNotice, by = "city") => signNotice(one, publicKey(seedOf(by)), seedOf(by))
  /** City's notices arrive at County; its vault is the world's, which is as good as another. */
  const county = () => {
    const ledger = Object.assign(Object.create(world.city.client), { member: "county" })
    return new Notices(world.city.vault, ledger, { fetch: plainFetch }, world.clock)
  }

  it("is kept once, shown, and shown no more once it is dealt with", async () => {
    const one = signed(notice())
    assert.equal(await county().receive(one, "city"), "kept")
    assert.equal(await county().receive(one, "city"), "known")
    const place = { custodian: "city", handle }
    const now = world.clock.time
    const { visitor } = await world.city.vault.joinPlaces([place], { now, keptUntil: now, byCopyFrom: null })
    const { received } = await county().page(PAGE)
    assert.deepEqual(
      received.map(({ custodian, alias, reason, records }) => [custodian, alias, reason, records]),
      [["city", visitor.alias, "misfiled", [seedOf("record")]]],
    )
    assert.equal((await county().about([place])).length, 1)
    await county().end("city", one.notice.id)
    assert.deepEqual((await county().page(PAGE)).received, [])
    assert.equal((await county().page({ ...PAGE, isOpen: false })).received.length, 1)
    await assert.rejects(county().end("city", seedOf("x").subarray(0, 16)), code("not_found"))
  })

  const refused: [
    comment: string,
    change: () => Partial<CustodianNotice>,
    expected: string,
    by?: string,
    sender?: string,
  ][] = [
    ["for somebody else", () => ({ recipient: "city" }), "wrong_recipient"],
    ["of another network", () => ({ network: "other" }), "wrong_recipient"],
    ["in another's name", () => ({}), "wrong_recipient", "city", "county"],
    ["signed by another", () => ({}), "bad_signature", "county"],
    ["signed by nobody", () => ({}), "unknown_key", "stranger"],
    ["of tomorrow", () => ({ time: world.clock.time + 86_400_000 }), "bad_input"],
    [
      "about a handle that its custodian does not have",
      () => ({ handle: seedOf("nobody") }),
      "unknown_patient",
    ],
  ]
  for (const [comment, change, expected, by = "city", sender = "city"] of refused)
    it(`${expected}: ${comment}`, () =>
      assert.rejects(county().receive(signed(notice(change()), by), sender), code(expected)))

  it("bad_signature: changed on its way", () =>
    assert.rejects(
      county().receive({ ...signed(notice()), notice: notice({ reason: "restored" }) }, "city"),
      code("bad_signature"),
    ))
})

describe("a notice that cannot be delivered", () => {
  const faults: unknown[] = []
  beforeEach(() => {
    world.notices.onFault = (fault) => faults.push(fault)
  })

  it("is tried again ever later, so many times, then it waits for a person who is told once", async () => {
    const shown = { organisation: "nobody", releases: 1, first: 1, last: 1 }
    await world.notices.tell([shown], { handle, reason: "misfiled", records: [] })
    const state = async () => (await world.notices.page(PAGE)).sent[0]
    const waits: number[] = []
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      await world.notices.run()
      assert.equal((await state()).tries, tries)
      await world.notices.run()
      assert.equal((await state()).tries, tries, "not before its time")
      const [{ dueAt }] = await world.city.vault.sentNotices(PAGE)
      if (dueAt === null) break
      waits.push(dueAt - world.clock.time)
      world.clock.time = dueAt
    }
    assert.equal((await state()).state, "needs a person")
    assert.ok(waits.every((ms, i) => ms >= (waits[i - 1] ?? 0)) && waits.length === MAX_TRIES - 1)
    assert.deepEqual(
      faults.map((fault) => (fault as PlatformError).code),
      ["notice_undelivered"],
    )
    world.later(86_400_000)
    await world.notices.run()
    assert.equal((await state()).tries, MAX_TRIES)
    await world.notices.sendAgain()
    assert.deepEqual([(await state()).state, (await state()).tries], ["waits", 0])
  })
})
