import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import type { MoveShown } from "@aceso/client"
import { equalBytes, MOVE_WAIT_MS, nameOf, PlatformError, toHex } from "@aceso/core"
import { admin, HOUR_MS, MisfiledWorld, observation } from "../testing/misfiled.ts"
import type { StoredRecord } from "../vault/vault.ts"

let world: MisfiledWorld
before(async () => {
  world = await MisfiledWorld.start()
})
after(() => world.end())

const [first, second] = [admin("first"), admin("second")]
const code = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof PlatformError, String(error))
  assert.equal(error.code, expected, error.message)
  return true
}
const idOf = ({ id }: MoveShown) => toHex(id)
/** What is said to be bob's and lies at ann. */
async function misfiled(belongsTo: string | null = "bob", at = "ann") {
  const record = await world.observe(at)
  const { move } = await world.moves.misfiled(first, { alias: at, record, belongsTo, reason: "two Anns" })
  return { record, move }
}
const stateOf = async ({ id }: MoveShown) => (await world.city.vault.misfiling(id))?.state
const withheld = async (alias: string, [one]: readonly StoredRecord[]) =>
  (await world.city.vault.withheldIn(await world.handleOf(alias))).has(nameOf(one.recordId))
const operations = (records: readonly StoredRecord[]) => records.map(({ operation }) => operation)

describe("a record at the wrong patient", () => {
  it("is withheld at once, whether or not it is known whose it is", async () => {
    const { record, move } = await misfiled(null)
    assert.equal(move.state, "withheld")
    assert.equal(await withheld("ann", await world.inLog("ann", record)), true)
    // Known later, it is proposed.
    const question = { alias: "ann", record, belongsTo: "bob", reason: "it is Bob's" }
    const { move: proposed } = await world.moves.misfiled(first, question)
    assert.deepEqual([idOf(proposed), proposed.belongsTo], [idOf(move), "bob"])
  })

  it("is named by its type and id, or by the beginning of its record id", async () => {
    const record = await world.observe("ann")
    const [{ recordId }] = await world.inLog("ann", record)
    const name = toHex(recordId).slice(0, 10)
    const { move } = await world.moves.misfiled(first, {
      alias: "ann",
      record: name,
      belongsTo: null,
      reason: "r",
    })
    assert.equal(`Observation/${move.fhirId}`, record)
  })

  const refused: [comment: string, question: object, expected: string][] = [
    ["of nobody", { alias: "nobody" }, "unknown_patient"],
    ["for nobody, or for a patient of another custodian", { belongsTo: "visitor-1" }, "unknown_patient"],
    ["for the very same patient", { belongsTo: "ann" }, "bad_input"],
    ["that is another patient's", { alias: "bob" }, "unknown_record"],
    ["that is none", { record: "Observation/none" }, "unknown_record"],
    ["by too short an id", { record: "abc" }, "unknown_record"],
    ["that says who the patient is", { record: "Patient/ann" }, "not_movable"],
  ]
  for (const [comment, change, expected] of refused)
    it(`${expected}: one ${comment}, and nothing is withheld`, async () => {
      const record = await world.observe("ann")
      const question = { alias: "ann", record, belongsTo: "bob", reason: "r", ...change }
      await assert.rejects(world.moves.misfiled(first, question), code(expected))
      assert.equal(await withheld("ann", await world.inLog("ann", record)), false)
    })

  it("already_misfiled: twice, also once it was moved", async () => {
    const { record, move } = await misfiled()
    const again = { alias: "ann", record, belongsTo: "bob", reason: "again" }
    await assert.rejects(world.moves.misfiled(second, again), code("already_misfiled"))
    await world.agree("ann", move.id)
    await world.agree("bob", move.id)
    await assert.rejects(world.moves.misfiled(second, again), code("already_misfiled"))
    await world.settle()
    assert.equal(await stateOf(move), "moved")
    await assert.rejects(world.moves.misfiled(second, again), code("unknown_record"))
  })
})

describe("two administrators", () => {
  it("decide, and it is moved after 72 h, not before", async () => {
    const { record, move } = await misfiled()
    const { move: approved } = await world.moves.approve(second, idOf(move).slice(0, 8))
    assert.equal(approved.state, "approved")
    assert.equal(approved.dueAt, world.clock.time + MOVE_WAIT_MS)
    world.later(MOVE_WAIT_MS - 1)
    await world.moving.run()
    assert.equal(await stateOf(move), "approved")
    assert.deepEqual(operations(await world.inLog("bob", record)), [])
    world.later(1)
    await world.settle()
    assert.equal(await stateOf(move), "moved")
    assert.deepEqual(operations(await world.inLog("ann", record)), ["create", "delete"])
    assert.deepEqual(operations(await world.inLog("bob", record)), ["create"])
  })

  const notASecond: [comment: string, who: Parameters<typeof admin>][] = [
    ["the same administrator", ["first"]],
    ["the same administrator under another name", ["second", "key of first"]],
    ["the same administrator with another key", ["first", "a new key"]],
  ]
  for (const [comment, who] of notASecond)
    it(`same_administrator: ${comment} is no second`, async () => {
      const { move } = await misfiled()
      await assert.rejects(world.moves.approve(admin(...who), idOf(move)), code("same_administrator"))
      assert.equal(await stateOf(move), "withheld")
    })

  it("a third yes is not wanted, and neither is one without a proposal", async () => {
    const { move } = await misfiled()
    await world.moves.approve(second, idOf(move))
    await assert.rejects(world.moves.approve(admin("third"), idOf(move)), code("move_closed"))
    const { move: alone } = await misfiled(null)
    await assert.rejects(world.moves.approve(second, idOf(alone)), code("move_closed"))
    await assert.rejects(world.moves.approve(second, "00000000"), code("unknown_move"))
  })

  for (const [comment, change] of [
    ["was removed", () => world.staff.filter(({ name }) => name !== "second")],
    [
      "is no administrator any more",
      () => world.staff.map((one) => (one.name === "second" ? { ...one, isAdministrator: false } : one)),
    ],
    [
      "has that key no more",
      () =>
        world.staff.map((one) => (one.name === "second" ? { ...one, key: admin("second", "new").key } : one)),
    ],
  ] as const)
    it(`one who ${comment} when the 72 h are over does not count: a third has to approve, and 72 h begin anew`, async () => {
      const { move } = await misfiled()
      await world.moves.approve(second, idOf(move))
      const all = [...world.staff]
      world.staff.splice(0, all.length, ...change())
      try {
        world.later(MOVE_WAIT_MS)
        await world.moving.run()
        assert.equal(await stateOf(move), "withheld")
        const { move: again } = await world.moves.approve(admin("third"), idOf(move))
        assert.deepEqual([again.state, again.dueAt], ["approved", world.clock.time + MOVE_WAIT_MS])
      } finally {
        world.staff.splice(0, world.staff.length, ...all)
      }
    })

  it("record_changed_meanwhile: what they agreed on is what is moved", async () => {
    const { record, move } = await misfiled()
    const id = record.slice("Observation/".length)
    await world.import(observation(id, "ann", { note: [{ text: "more" }] }))
    await assert.rejects(world.moves.approve(second, idOf(move)), code("record_changed_meanwhile"))
    const { move: other, record: there } = await misfiled()
    await world.moves.approve(second, idOf(other))
    await world.import(observation(there.slice("Observation/".length), "ann", { note: [{ text: "more" }] }))
    world.later(MOVE_WAIT_MS)
    await world.settle()
    assert.equal(await stateOf(other), "withheld")
    assert.equal(await withheld("ann", await world.inLog("ann", there)), true, "the new version too")
  })

  it("patients are shown it; one without a key is to be told at the desk", async () => {
    const { move } = await misfiled("eve")
    assert.deepEqual(move.toTell, [])
    const { move: approved } = await world.moves.approve(second, idOf(move))
    assert.deepEqual(approved.toTell, ["eve"])
    const [shown] = await world.moves.ofPatient(await world.handleOf("ann"))
    assert.deepEqual([shown.role, shown.isOpen, shown.movesAt], ["from", true, approved.dueAt])
    const [other] = await world.moves.ofPatient(await world.handleOf("eve"))
    assert.deepEqual([other.role, other.opening], ["to", null])
    await assert.rejects(world.moves.told(first, idOf(move), "bob"), code("unknown_move"))
    assert.deepEqual((await world.moves.told(first, idOf(move), "eve")).move.toTell, [])
  })
})

describe("a patient", () => {
  for (const alias of ["ann", "bob"])
    it(`${alias} objects within the 72 h: nothing is moved, it stays withheld`, async () => {
      const { record, move } = await misfiled()
      await world.moves.approve(second, idOf(move))
      world.later(71 * HOUR_MS)
      await world.moves.object(await world.handleOf(alias), move.id)
      world.later(2 * HOUR_MS)
      await world.settle()
      assert.equal(await stateOf(move), "withheld")
      assert.equal(await withheld("ann", await world.inLog("ann", record)), true)
      assert.deepEqual(await world.inLog("bob", record), [])
      const shown = await world.moves.ofPatient(await world.handleOf("bob"))
      assert.ok(!shown.some(({ id }) => equalBytes(id, move.id)), "it is none of Bob's business any more")
    })

  it("one administrator stops it for a patient at the desk", async () => {
    const { move } = await misfiled()
    await world.moves.approve(second, idOf(move))
    const { move: stopped } = await world.moves.stop(first, idOf(move), "Bob says that it is not his")
    assert.deepEqual([stopped.state, stopped.belongsTo, stopped.dueAt], ["withheld", null, null])
  })

  it("both agree: it is moved without waiting", async () => {
    const { record, move } = await misfiled()
    await world.agree("bob", move.id)
    await world.agree("bob", move.id)
    assert.equal(await stateOf(move), "withheld", "twice the same is not both")
    await world.agree("ann", move.id)
    assert.equal(await stateOf(move), "moving")
    await assert.rejects(world.moves.object(await world.handleOf("ann"), move.id), code("move_closed"))
    await world.settle()
    assert.deepEqual(operations(await world.inLog("bob", record)), ["create"])
  })

  it("bad_signature: the key of another handle agrees to nothing", async () => {
    const { move } = await misfiled()
    await assert.rejects(world.agree("bob", move.id, "ann"), code("bad_signature"))
    await assert.rejects(world.agree("ann", move.id, "bob"), code("bad_signature"))
  })

  it("unknown_move: whose record it is not neither agrees nor objects", async () => {
    const { move } = await misfiled("eve")
    await assert.rejects(world.agree("bob", move.id), code("unknown_move"))
    await assert.rejects(world.moves.object(await world.handleOf("bob"), move.id), code("unknown_move"))
  })

  it("bad_signature: one without a key cannot agree", async () => {
    const { move } = await misfiled("eve")
    await assert.rejects(world.agree("eve", move.id), code("bad_signature"))
  })
})

describe("the move", () => {
  it("brings it under a fresh id, key and salt, about the right patient, in another window", async () => {
    const { record, move } = await misfiled()
    await world.agree("ann", move.id)
    await world.agree("bob", move.id)
    await world.settle()
    const [was, end] = await world.inLog("ann", record)
    const [is] = await world.inLog("bob", record)
    assert.ok(!equalBytes(was.recordId, is.recordId) && equalBytes(was.recordId, end.recordId))
    assert.ok(end.height && is.height && end.height !== is.height, "different blocks")
    const text = await world.textOf(is)
    assert.match(text, /"subject":\{"reference":"Patient\/bob"\}/)
    assert.match(text, new RegExp(`"versionId":"${is.version}"`))
    assert.doesNotMatch(text, /Patient\/ann|Name of ann/)
    assert.equal(await world.textOf(end), "")
    assert.deepEqual([await withheld("ann", [was]), await withheld("bob", [is])], [true, false])
    assert.deepEqual(await world.city.differences(), [])
  })

  it("goes either way round", async () => {
    const orders = new Set<boolean>()
    for (let i = 0; i < 40 && orders.size < 2; i++) {
      const { record, move } = await misfiled()
      await world.agree("ann", move.id)
      await world.agree("bob", move.id)
      await world.settle()
      const [, end] = await world.inLog("ann", record)
      const [is] = await world.inLog("bob", record)
      orders.add((end.height ?? 0) < (is.height ?? 0))
    }
    assert.equal(orders.size, 2)
  })

  it("waits with its second half until the ledger has the first", async () => {
    const { record, move } = await misfiled()
    await world.agree("ann", move.id)
    await world.agree("bob", move.id)
    const halves = async () =>
      (await world.inLog("ann", record)).length - 1 + (await world.inLog("bob", record)).length
    for (let i = 0; i < 3; i++) {
      world.later(HOUR_MS)
      await world.moving.run()
    }
    assert.equal(await halves(), 1, "hours later, the ledger stood still")
    await world.city.committer.flush()
    await world.moving.run()
    assert.equal(await halves(), 2)
  })

  for (const when of ["before its first half", "between its halves"])
    it(`lapses when its source says ${when} that it is somebody else's still`, async () => {
      for (let i = 0; i < 6; i++) {
        const { record, move } = await misfiled()
        await world.agree("ann", move.id)
        await world.agree("bob", move.id)
        if (when.startsWith("between")) {
          world.later(HOUR_MS)
          await world.moving.run()
          await world.city.committer.flush()
        }
        const id = record.slice("Observation/".length)
        const sent = await world.import(observation(id, "eve", { note: [{ text: "it is Eve's" }] }))
        assert.deepEqual(sent.refused, [])
        await world.settle()
        const last = (await world.inLog("eve", record)).at(-1) as StoredRecord
        assert.match(await world.textOf(last), /it is Eve's/)
        const inForce = []
        for (const alias of ["ann", "bob"])
          if (((await world.inLog(alias, record)).at(-1)?.operation ?? "delete") !== "delete")
            inForce.push(alias)
        assert.deepEqual(inForce, [])
      }
    })

  it("keeps it in the logs of others whom it names", async () => {
    const performer = [{ reference: "Patient/eve" }]
    const record = await world.observe("ann", { performer })
    const before = await world.inLog("eve", record)
    const { move } = await world.moves.misfiled(first, {
      alias: "ann",
      record,
      belongsTo: "bob",
      reason: "r",
    })
    await world.agree("ann", move.id)
    await world.agree("bob", move.id)
    await world.settle()
    const inEve = await world.inLog("eve", record)
    assert.deepEqual(operations(inEve), ["create", "update"])
    assert.ok(equalBytes(before[0].recordId, inEve[1].recordId))
    assert.match(await world.textOf(inEve[1]), /Patient\/bob/)
  })

  it("not_movable: to one in whose log it stands already", async () => {
    const record = await world.observe("ann", { performer: [{ reference: "Patient/bob" }] })
    const question = { alias: "ann", record, belongsTo: "bob", reason: "r" }
    await assert.rejects(world.moves.misfiled(first, question), code("not_movable"))
  })

  it("misfiled: an import does not bring it back to the wrong patient", async () => {
    const { record, move } = await misfiled()
    await world.agree("ann", move.id)
    await world.agree("bob", move.id)
    await world.settle()
    const id = record.slice("Observation/".length)
    const { refused, resources } = await world.import(observation(id, "ann", { note: [{ text: "again" }] }))
    assert.deepEqual([refused.map(({ reason }) => reason), resources], [["misfiled"], 0])
    const fixed = await world.import(observation(id, "bob", { note: [{ text: "corrected" }] }))
    assert.deepEqual([fixed.refused, fixed.resources], [[], 1])
    assert.deepEqual(operations(await world.inLog("bob", record)), ["create", "update"])
    // A transaction is all or nothing; a batch goes without it.
    const [wrong, right] = [observation(id, "ann", { note: [{ text: "b" }] }), observation("fresh", "bob")]
    const entry = [wrong, right].map((resource) => ({
      resource,
      request: { method: "PUT", url: `Observation/${resource.id}` },
    }))
    for (const [type, resources] of [
      ["transaction", 0],
      ["batch", 1],
    ] as const)
      for (const _again of [1, 2]) {
        const said = await world.import({ resourceType: "Bundle", type, entry })
        assert.deepEqual(
          said.refused.map(({ reason }) => reason),
          ["misfiled"],
          type,
        )
        assert.equal(said.resources + said.unchanged, resources)
        assert.equal(said.duplicates, 0)
      }
  })
})

describe("the way back", () => {
  async function moved() {
    const { record, move } = await misfiled()
    await world.agree("ann", move.id)
    await world.agree("bob", move.id)
    await world.settle()
    return { record, move }
  }

  it("is by the same rule, withholds at once where it was moved to, and gives the patient everything back", async () => {
    const { record, move } = await moved()
    const { move: back } = await world.moves.returnMove(first, idOf(move), "it was Ann's after all")
    assert.deepEqual([back.alias, back.belongsTo, back.state], ["bob", "ann", "withheld"])
    assert.equal(await withheld("bob", await world.inLog("bob", record)), true)
    await assert.rejects(world.moves.returnMove(second, idOf(move), "twice"), code("move_closed"))
    await world.moves.approve(second, idOf(back))
    world.later(MOVE_WAIT_MS)
    await world.settle()
    assert.deepEqual([await stateOf(move), await stateOf(back)], ["returned", "moved"])
    const inAnn = await world.inLog("ann", record)
    assert.deepEqual(operations(inAnn), ["create", "delete", "create"])
    assert.match(await world.textOf(inAnn[2]), /"subject":\{"reference":"Patient\/ann"\}/)
    assert.deepEqual(
      [await withheld("ann", inAnn), await withheld("bob", await world.inLog("bob", record))],
      [false, true],
    )
    assert.deepEqual(await world.city.differences(), [])
  })

  it("of what was only withheld takes two administrators, and no time", async () => {
    const { record, move } = await misfiled(null)
    await world.moves.returnMove(first, idOf(move), "it is Ann's")
    assert.equal(await withheld("ann", await world.inLog("ann", record)), true)
    await assert.rejects(world.moves.approve(first, idOf(move)), code("same_administrator"))
    const { move: cancelled } = await world.moves.approve(second, idOf(move))
    assert.equal(cancelled.state, "cancelled")
    assert.equal(await withheld("ann", await world.inLog("ann", record)), false)
  })

  it("move_closed: while something else is proposed", async () => {
    const { move } = await misfiled()
    await assert.rejects(world.moves.returnMove(first, idOf(move), "no"), code("move_closed"))
  })
})

describe("those to whom it was released", () => {
  beforeEach(() => world.later(1))

  it("are told when it is withheld, and when it was the patient's after all", async () => {
    const record = await world.observe("ann")
    const versions = await world.inLog("ann", record)
    await world.shown("ann", "county", versions)
    await world.shown("ann", "county", versions)
    await world.shown("ann", "insurer", await world.inLog("ann", await world.observe("ann")))
    const { told, move } = await world.moves.misfiled(first, {
      alias: "ann",
      record,
      belongsTo: null,
      reason: "r",
    })
    assert.deepEqual(
      told.map(({ organisation, releases, alias }) => [organisation, releases, alias]),
      [["county", 2, "ann"]],
    )
    await world.moves.returnMove(first, idOf(move), "it is")
    await world.moves.approve(second, idOf(move))
    const { sent } = await world.notices.page({ before: null, limit: 10, isOpen: true })
    assert.deepEqual(
      sent.map(({ recipient, reason }) => [recipient, reason]),
      [
        ["county", "restored"],
        ["county", "misfiled"],
      ],
    )
  })
})
