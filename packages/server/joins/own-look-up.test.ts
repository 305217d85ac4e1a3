import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { policyRoot, toHex, utf8 } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { Disclosures } from "../exchange/disclosures.ts"
import { Policies } from "../exchange/policies.ts"
import type { Reader } from "../readings/reading-event.ts"
import { admin, MisfiledWorld } from "../testing/misfiled.ts"
import { notedLooks, READER } from "../testing/readings.ts"
import { JoinedPolicies } from "./joined-policies.ts"
import { OwnLookUp } from "./own-look-up.ts"

let world: MisfiledWorld
let lookUp: OwnLookUp
before(async () => {
  world = await MisfiledWorld.start()
  const { vault, client } = world.city
  const policies = new Policies(vault, client, new Disclosures(vault, client, 60_000))
  lookUp = new OwnLookUp(vault, world.joins, new JoinedPolicies(vault, policies, client), client, noted)
})
after(() => world.end())
const noted = notedLooks()

const VIEWER: Reader = { ...READER, what: "search" }
const first = admin("first")
const find = (alias: string, more: object = {}) =>
  lookUp.find({ purpose: "TREAT", alias, type: "Observation", limit: 50, ...more }, VIEWER)

describe("staff finds", () => {
  it("own patients' records, each with what a timeline says of it", async () => {
    const observation = await world.observe("eve")
    const { records, next, erased } = await find("eve")
    assert.deepEqual([records.length, next, erased], [1, undefined, 0])
    assert.equal(records[0].alias, "eve")
    assert.equal(records[0].reference, observation)
    assert.notEqual(records[0].title, "")
    const [eve, bob] = [await world.handleOf("eve"), await world.handleOf("bob")].map(toHex)
    assert.deepEqual(noted.all, [`search ${eve}`])
    assert.deepEqual((await find("bob")).records, [])
    // Also that there is nothing was looked at.
    assert.deepEqual(noted.all, [`search ${eve}`, `search ${bob}`])
    await assert.rejects(find("nobody"), { code: "unknown_patient" })
  })

  it("none that is withheld as somebody else's", async () => {
    const wrong = await world.observe("eve")
    assert.equal((await find("eve")).records.length, 2)
    await world.moves.misfiled(first, { alias: "eve", record: wrong, reason: "r", belongsTo: null })
    assert.equal((await find("eve")).records.length, 1)
  })

  it("those of all joined handles, by either name, in pages", async () => {
    await world.observe("bob")
    await world.joins.same(first, "eve", "bob", "one woman, two cards")
    for (const alias of ["eve", "bob"])
      assert.deepEqual(new Set((await find(alias)).records.map((one) => one.alias)), new Set(["eve", "bob"]))
    const page = await find("eve", { limit: 1 })
    const rest = await find("eve", { limit: 1, after: page.next })
    assert.equal(rest.next, undefined)
    assert.notDeepEqual(page.records, rest.records)
    await world.joins.apart(first, "eve", "bob", "two women")
    assert.equal((await find("eve")).records.length, 1)
  })
  it("of joined handles nothing that a policy of one of them denies, and no gap where it stood", async () => {
    const provision = { type: "deny", class: [{ code: "Observation" }] }
    const denial = { provision, resourceType: "Consent", status: "active" }
    const documents = [{ salt: seedOf("denial"), content: utf8(JSON.stringify(denial)) }]
    const salt = seedOf("policy")
    for (const alias of ["ann", "bob"]) await world.observe(alias)
    await world.joins.same(first, "ann", "bob", "one woman, two cards")
    assert.equal((await find("ann")).records.length, 3)
    await world.city.vault.setPolicy(await world.handleOf("ann"), {
      ...{ version: 1, root: policyRoot(documents, salt), salt, documents, pending: [utf8("a change")] },
    })
    assert.deepEqual(await find("ann", { limit: 1 }), { records: [], erased: 0 })
  })
})
