import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { nameOf, policyRoot, type RecordFilter, toHex, utf8 } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { Disclosures } from "../exchange/disclosures.ts"
import { Policies } from "../exchange/policies.ts"
import type { Reader } from "../readings/reading-event.ts"
import { admin, MisfiledWorld } from "../testing/misfiled.ts"
import { notedLooks, READER } from "../testing/readings.ts"
import { OwnView } from "./own-view.ts"

let world: MisfiledWorld
let view: OwnView
before(async () => {
  world = await MisfiledWorld.start()
  const { vault, client } = world.city
  const policies = new Policies(vault, client, new Disclosures(vault, client, 60_000))
  view = new OwnView(vault, policies, world.joins, client, noted)
})
after(() => world.end())
const noted = notedLooks()

const VIEWER = READER
const COVERAGE: RecordFilter = { classes: ["Coverage"], codes: [] }
const OBSERVATIONS: RecordFilter = { classes: ["Observation"], codes: [] }
const first = admin("first")

interface Question {
  readonly viewer?: Reader
  readonly filter?: RecordFilter
}
interface Row {
  readonly comment: string
  readonly before?: Question
  readonly now?: Question
  /** What happens between the looks. */
  readonly meanwhile?: () => Promise<unknown>
  /** How many lines the second look brings, and the index with which it begins. */
  readonly lines: number
  readonly from: number
}

describe("an own look since an earlier one", () => {
  let observation: string
  let misfiling: Uint8Array
  const look = async ({ viewer = VIEWER, filter }: Question, since?: { size: number; view: Uint8Array }) =>
    view.of(await world.handleOf("eve"), viewer, since, filter)

  before(async () => {
    observation = await world.observe("eve")
    await world.observe("eve")
  })

  // Eve has a Patient and two Observations.
  const rows: readonly Row[] = [
    { comment: "nothing has changed", lines: 0, from: 3 },
    {
      comment: "the same of the same filter",
      before: { filter: COVERAGE },
      now: { filter: COVERAGE },
      lines: 0,
      from: 3,
    },
    { comment: "a filter before, none now", before: { filter: COVERAGE }, lines: 3, from: 0 },
    {
      comment: "another filter now",
      before: { filter: COVERAGE },
      now: { filter: OBSERVATIONS },
      lines: 2,
      from: 0,
    },
    { comment: "another purpose", now: { viewer: { ...VIEWER, purpose: "HPAYMT" } }, lines: 3, from: 0 },
    { comment: "another role", now: { viewer: { ...VIEWER, role: "nurse" } }, lines: 3, from: 0 },
    {
      comment: "somebody else",
      now: { viewer: { ...VIEWER, key: new Uint8Array(32).fill(0xbb) } },
      lines: 3,
      from: 0,
    },
    { comment: "something new", meanwhile: () => world.observe("eve"), lines: 1, from: 3 },
    {
      comment: "a record was withheld as another's",
      meanwhile: async () => {
        const wrong = { alias: "eve", record: observation, reason: "r" }
        misfiling = (await world.moves.misfiled(first, { ...wrong, belongsTo: null })).move.id
      },
      lines: 4,
      from: 0,
    },
    {
      comment: "it was returned by two administrators",
      meanwhile: async () => {
        await world.moves.returnMove(first, toHex(misfiling), "r")
        await world.moves.approve(admin("second"), toHex(misfiling))
      },
      lines: 4,
      from: 0,
    },
    {
      comment: "entries were lost",
      meanwhile: async () => {
        const log = await world.handleOf("eve")
        await world.city.vault.addLostEntries([{ log, index: 7, entry: new Uint8Array(32) }])
      },
      lines: 4,
      from: 0,
    },
    {
      comment: "joined with another handle: all of both is shown",
      meanwhile: () => world.joins.same(first, "eve", "bob", "one woman, two cards"),
      lines: 5,
      from: 0,
    },
    {
      comment: "parted again",
      meanwhile: () => world.joins.apart(first, "eve", "bob", "two women"),
      lines: 4,
      from: 0,
    },
  ]
  for (const { comment, before: asked = {}, now = {}, meanwhile, lines, from } of rows)
    it(comment, async () => {
      const { own } = await look(asked)
      await meanwhile?.()
      const second = await look(now, own)
      assert.deepEqual([second.lines.length, second.own.from], [lines, from])
    })

  it("begins anew where the log is another one up to there, or shorter", async () => {
    const { own } = await look({})
    for (const size of [own.size - 1, own.size + 1]) {
      const { lines } = await look({}, { ...own, size })
      assert.equal(lines.length, 4, `${size}`)
    }
  })

  it("tells nothing of what it stands for", async () => {
    const { own } = await look({})
    const other = await view.of(await world.handleOf("ann"), VIEWER)
    assert.equal(own.view.length, 32)
    assert.notEqual(nameOf(own.view), nameOf(other.own.view))
  })
})

describe("a record that its source has deleted, at its own hospital", () => {
  const deleted = async (name: string) => {
    const entry = [{ request: { method: "DELETE", url: name } }]
    await world.import({ resourceType: "Bundle", type: "history", entry })
    await world.city.committer.flush()
  }
  /** Of deletions: their type, and whether what it ended came with it. */
  const ends = ({ lines }: Awaited<ReturnType<OwnView["of"]>>) =>
    lines
      .filter(({ isDeletion }) => isDeletion)
      .map(({ recordId, resourceType, version, content }) => {
        const before = lines.find((one) => nameOf(one.recordId) === nameOf(recordId) && one.version < version)
        return [resourceType, content?.length, before?.isSuperseded]
      })
  const ann = () => world.handleOf("ann")
  let before: Awaited<ReturnType<OwnView["of"]>>

  it("has a line that says so, in a whole look, since an earlier one, and of its own type alone", async () => {
    const name = await world.observe("ann")
    before = await view.of(await ann(), VIEWER)
    await deleted(name)
    const one = ["Observation", 0, true]
    assert.deepEqual(ends(await view.of(await ann(), VIEWER)), [one])
    assert.deepEqual(ends(await view.of(await ann(), VIEWER, before.own)), [one])
    assert.deepEqual(ends(await view.of(await ann(), VIEWER, undefined, OBSERVATIONS)), [one])
    assert.deepEqual(ends(await view.of(await ann(), VIEWER, undefined, COVERAGE)), [])
  })

  it("of joined handles is hidden where a policy hides what it was", async () => {
    const provision = { type: "deny", class: [{ code: "Observation" }] }
    const documents = [
      {
        salt: seedOf("denial"),
        content: utf8(JSON.stringify({ provision, resourceType: "Consent", status: "active" })),
      },
    ]
    const salt = seedOf("policy")
    await world.joins.same(first, "ann", "bob", "one woman, two cards")
    assert.equal(ends(await view.of(await ann(), VIEWER)).length, 1)
    await world.city.vault.setPolicy(await world.handleOf("bob"), {
      ...{ version: 1, root: policyRoot(documents, salt), salt, documents, pending: [utf8("a change")] },
    })
    assert.deepEqual(ends(await view.of(await ann(), VIEWER)), [])
  })
})

it("a look is noted for the patient, under each handle that is joined", async () => {
  noted.all.length = 0
  await view.of(await world.handleOf("eve"), VIEWER)
  assert.deepEqual(noted.all.splice(0), [`history ${toHex(await world.handleOf("eve"))}`])
  // They were joined above.
  const joined = await Promise.all(["ann", "bob"].map(async (one) => toHex(await world.handleOf(one))))
  await view.of(await world.handleOf("ann"), VIEWER)
  assert.deepEqual(
    noted.all,
    joined.map((one) => `history ${one}`),
  )
})

it("of nobody who is a patient here, or by whoever looks nobody up, nothing is looked at and nothing noted", async () => {
  noted.all.length = 0
  await assert.rejects(view.of(new Uint8Array(32), VIEWER), { code: "unknown_patient" })
  const officer = { ...VIEWER, role: "visa-officer" }
  await assert.rejects(view.of(await world.handleOf("eve"), officer), { code: "not_permitted" })
  assert.deepEqual(noted.all, [])
})
