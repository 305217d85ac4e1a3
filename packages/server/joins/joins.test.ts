import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { nameOf, PlatformError, type PolicyDocument, policyRoot, utf8 } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { Disclosures } from "../exchange/disclosures.ts"
import { Policies } from "../exchange/policies.ts"
import { admin, MisfiledWorld } from "../testing/misfiled.ts"
import { notedLooks, READER } from "../testing/readings.ts"
import { joinedWith } from "./group.ts"
import { OwnView } from "./own-view.ts"

let world: MisfiledWorld
let view: OwnView
before(async () => {
  world = await MisfiledWorld.start()
  const { vault, client } = world.city
  const policies = new Policies(vault, client, new Disclosures(vault, client, 60_000))
  view = new OwnView(vault, policies, world.joins, client, notedLooks())
})
after(() => world.end())

const first = admin("first")
const code = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof PlatformError, String(error))
  assert.equal(error.code, expected, error.message)
  return true
}
const VIEWER = READER
const seen = async (alias: string) => view.of(await world.handleOf(alias), VIEWER)
const denial = (provision: object): PolicyDocument => ({
  salt: seedOf("denial"),
  content: utf8(
    JSON.stringify({ provision: { type: "deny", ...provision }, resourceType: "Consent", status: "active" }),
  ),
})
/** As if the patient had changed the policy; pending, so that the ledger need not know. */
async function setPolicy(alias: string, documents: readonly PolicyDocument[], pending = [utf8("a change")]) {
  const handle = await world.handleOf(alias)
  const salt = seedOf("policy")
  await world.city.vault.setPolicy(handle, {
    version: 1,
    root: policyRoot(documents, salt),
    salt,
    documents,
    pending,
  })
}

describe("the list of possible duplicates", () => {
  it("loses a pair that was decided, either way, and keeps the decision", async () => {
    const [ann, bob] = [await world.handleOf("ann"), await world.handleOf("bob")]
    const { vault } = world.city
    await vault.addDuplicates([{ pair: [ann, bob], reasons: ["shared_identifier"], setApart: null }], 1)
    assert.equal((await vault.openDuplicates(0, 10)).length, 1)
    await world.joins.same(first, "ann", "bob", "one person")
    assert.equal((await vault.openDuplicates(0, 10)).length, 0)
    assert.deepEqual((await joinedWith(vault, ann)).map(nameOf), [ann, bob].map(nameOf))
    await world.joins.apart(first, "ann", "bob", "two after all")
    assert.deepEqual((await joinedWith(vault, ann)).map(nameOf), [nameOf(ann)])
    assert.equal((await vault.duplicate(ann, bob))?.state, "apart")
  })
})

describe("aceso patients same", () => {
  it("shows staff both handles together, and names which line is whose", async () => {
    await world.observe("ann")
    await world.observe("bob")
    assert.deepEqual((await seen("ann")).joined, [])
    const join = await world.joins.same(first, "bob", "ann", "one woman, two cards")
    assert.deepEqual([join.by, join.reason, join.ended], ["first", "one woman, two cards", null])
    const { lines, joined } = await seen("ann")
    assert.deepEqual(
      joined.map(({ alias, withheld }) => [alias, withheld]),
      [
        ["ann", 0],
        ["bob", 0],
      ],
    )
    assert.deepEqual([...new Set(lines.map(({ alias }) => alias))], ["ann", "bob"])
  })

  it("a denial in the policy of either hides what it speaks of, whosever it is", async () => {
    await setPolicy("bob", [denial({ class: [{ code: "Observation" }] })])
    const { lines, joined } = await seen("ann")
    const texts = lines.map(({ content }) => Buffer.from(content ?? []).toString())
    assert.ok(texts.every((text) => !text.includes('"Observation"')) && texts.length === 2)
    assert.deepEqual(
      joined.map(({ withheld }) => withheld),
      [1, 1],
    )
    const other = { practitioner: [{ code: "nurse" }] }
    await setPolicy("bob", [denial({ class: [{ code: "Observation" }], purpose: [{ code: "HRESCH" }] })])
    assert.deepEqual(
      (await seen("ann")).joined.map(({ withheld }) => withheld),
      [0, 0],
      JSON.stringify(other),
    )
    await setPolicy("bob", [])
  })

  it("what cannot be read is shown unless either policy denies anything", async () => {
    const { vault } = world.city
    const record = (await vault.log(await world.handleOf("ann"))).find(({ type }) => type === "Observation")
    assert.ok(record)
    const { content } = await vault.content(record)
    vault.overwrite(record, utf8("{}"))
    const damaged = async () => (await seen("ann")).lines.filter(({ status }) => status === "damaged").length
    assert.equal(await damaged(), 1)
    await setPolicy("bob", [denial({ class: [{ code: "Condition" }] })])
    assert.equal(await damaged(), 0)
    await setPolicy("bob", [])
    vault.overwrite(record, content)
  })

  it("of a handle whose policy is not known nothing is shown under another's name", async () => {
    await setPolicy("bob", [], [])
    const { lines, joined } = await seen("ann")
    assert.deepEqual(joined.find(({ alias }) => alias === "bob")?.code, "policy_unknown")
    assert.ok(lines.every(({ alias }) => alias === "ann"))
    const { lines: own } = await seen("bob")
    assert.ok(own.length > 0 && own.every(({ alias }) => alias === "bob"))
    await setPolicy("bob", [])
  })

  it("moves no rights: logs, policies and what the device is given stay apart", async () => {
    const [ann, bob] = [await world.handleOf("ann"), await world.handleOf("bob")]
    assert.equal(await world.city.vault.policy(ann), undefined)
    const { vault } = world.city
    const ids = async (handle: Uint8Array) => (await vault.log(handle)).map(({ fhirId }) => fhirId)
    assert.deepEqual(
      (await ids(ann)).filter((id) => id === "bob"),
      [],
    )
    assert.deepEqual(
      (await ids(bob)).filter((id) => id === "ann"),
      [],
    )
    assert.deepEqual(await world.moves.ofPatient(bob), [])
  })

  const refused: [comment: string, a: string, b: string, expected: string][] = [
    ["joined already", "ann", "bob", "already_joined"],
    ["one with itself", "ann", "ann", "bad_input"],
    ["somebody unknown", "ann", "nobody", "unknown_patient"],
    ["a visitor", "visitor-1", "ann", "unknown_patient"],
  ]
  for (const [comment, a, b, expected] of refused)
    it(`${expected}: ${comment}`, () =>
      assert.rejects(world.joins.same(first, a, b, "reason"), code(expected)))

  it("over others too; parting names the pair that was joined", async () => {
    await world.joins.same(first, "bob", "eve", "three cards")
    assert.deepEqual(
      (await seen("ann")).joined.map(({ alias }) => alias),
      ["ann", "bob", "eve"],
    )
    await assert.rejects(world.joins.same(first, "ann", "eve", "again"), code("already_joined"))
    await assert.rejects(world.joins.apart(first, "ann", "eve", "no"), code("not_joined"))
  })
})

describe("aceso patients apart", () => {
  it("tells everyone to whom something of either was released while they were joined", async () => {
    const { vault } = world.city
    const [{ since }] = (await vault.joins(await world.handleOf("ann"))).filter(({ ended }) => ended === null)
    const records = async (alias: string) => (await vault.log(await world.handleOf(alias))).slice(0, 1)
    await world.shown("ann", "insurer", await records("ann"), since - 1)
    await world.shown("ann", "county", await records("ann"), since)
    world.later(10)
    await world.shown("bob", "county", await records("bob"))
    await world.shown("bob", "clinic", await records("bob"))
    world.later(10)
    const { join, told } = await world.joins.apart(first, "ann", "bob", "two women")
    assert.deepEqual([join.endedBy, join.endReason], ["first", "two women"])
    assert.deepEqual(
      told.map(({ organisation, alias }) => [organisation, alias]),
      [
        ["county", "ann"],
        ["county", "bob"],
        ["clinic", "bob"],
      ],
    )
    const { sent } = await world.notices.page({ before: null, limit: 10, isOpen: true })
    assert.deepEqual(
      sent.map(({ reason }) => reason),
      ["parted", "parted", "parted"],
    )
    assert.deepEqual((await seen("ann")).joined, [])
    assert.deepEqual(
      (await seen("bob")).joined.map(({ alias }) => alias),
      ["bob", "eve"],
    )
  })

  it("names the moves between the two that still stand", async () => {
    await world.joins.same(first, "ann", "bob", "one again")
    const record = await world.observe("ann")
    const { move } = await world.moves.misfiled(first, {
      alias: "ann",
      record,
      belongsTo: "bob",
      reason: "r",
    })
    await world.agree("ann", move.id)
    await world.agree("bob", move.id)
    await world.settle()
    const { moved } = await world.joins.apart(first, "bob", "ann", "two again")
    assert.deepEqual(moved, [move.id])
  })

  it("two who were never joined are decided to be two people, and stay in the list of decisions", async () => {
    const { join, told } = await world.joins.apart(first, "ann", "eve", "sisters")
    assert.deepEqual([join.since, told], [join.ended, []])
    const all = await world.joins.list("ann")
    assert.deepEqual(
      all.map(({ endReason }) => endReason),
      ["sisters", "two again", "two women", "two after all"],
    )
    assert.equal((await world.joins.same(first, "ann", "eve", "one after all")).ended, null)
  })
})
