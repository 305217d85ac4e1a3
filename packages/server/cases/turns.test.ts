import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Bytes, type LedgerEvent, PlatformError, sha256, standingAt, toHex, utf8 } from "@aceso/core"
import { days, defineProcess } from "@aceso/core/process/define.ts"
import { Inbox, inboxMigrations } from "../inbox/inbox.ts"
import { freshVault } from "../testing/fresh-vault.ts"
import type { CaseNow } from "./case-now.ts"
import type { Cases } from "./cases.ts"
import { DEFAULT_ROLE, Turns } from "./turns.ts"

const DUE = days(14)
const PROCESS = defineProcess({
  name: "question",
  parties: { patient: "case key", hospital: { ability: "keepsRecords" }, authority: { kind: "authority" } },
  opens: { by: "patient", to: "asked" },
  states: {
    asked: { turn: "hospital", dueMs: DUE },
    inquired: { turn: "hospital", dueMs: DUE, lapsesTo: "passedOn" },
    passedOn: { turn: "authority", dueMs: days(30) },
  },
  steps: {
    inquire: { from: ["asked", "passedOn"], by: "authority", to: "inquired", atMost: 5 },
    explain: { from: ["asked", "inquired"], by: "hospital", to: "passedOn", atMost: 5 },
    decide: { from: "passedOn", by: "authority", to: "decided" },
  },
  lasts: { ms: days(365), to: "ended" },
})

describe("turns", () => {
  const idOf = (name: string) => sha256(utf8(name))
  const KEY = idOf("key")
  /** What the ledger, and this vault, have; each organisation has its own inbox. */
  const world = {
    time: 0,
    isUp: true,
    states: new Map<string, { state: string; since: number; openedAt: number; size: number }>(),
    looked: [] as string[],
    gone: new Set<string>(),
    handle: undefined as Bytes | undefined,
    documents: new Set<string>(),
  }
  const turnsOf = (member: string, vault = freshVault(member)) => {
    const inbox = new Inbox(vault.moduleDatabase("inbox", inboxMigrations))
    const cases = {
      names: ["question"],
      async at(id: Bytes, now: number) {
        const name = toHex(id)
        world.looked.push(name)
        if (world.gone.has(name)) throw new PlatformError("unknown_case", "there is no such case")
        const has = world.states.get(name) ?? { state: "asked", since: 0, openedAt: 0, size: 1 }
        const row = {
          ...has,
          endsAt: has.openedAt + PROCESS.lasts.ms,
          parties: [{ party: "patient", key: KEY }],
        }
        return { id, row, process: PROCESS, standing: standingAt(PROCESS, row, now) } as never as CaseNow
      },
      ownParty: () => member,
      stepsOf: async () => [{ documents: [{ name: "Communication", commitment: KEY }] }],
      ofKey: async () => idOf("opened by the key"),
    } as never as Cases
    const turns = new Turns({
      ...{ cases, inbox, member },
      engine: {
        async status() {
          if (!world.isUp) throw new PlatformError("engine_unreachable", "nobody answers")
          return { checkpoint: { time: world.time } } as never
        },
      },
      stocks: { handleOf: async () => world.handle },
      documents: {
        at: async ({ case: id }) => (world.documents.has(toHex(id)) ? ({} as never) : undefined),
      },
    })
    const open = async () =>
      (await inbox.open({ roles: [DEFAULT_ROLE], limit: 200 })).map(({ id, what }) => [
        toHex(id),
        (what as { state: string }).state,
      ])
    return { turns, inbox, open, ids: async () => (await open()).map(([id]) => id) }
  }
  const set = (name: string, state: string, since = 0, size = 4) =>
    world.states.set(toHex(idOf(name)), { state, since, openedAt: 0, size })

  it("looks once at all that has lapsed, however much that is", async () => {
    const { turns, ids } = turnsOf("hospital")
    const late = Array.from({ length: 150 }, (_, i) => `lapsing ${i}`)
    world.time = 0
    for (const name of late) set(name, "inquired")
    for (const name of [...late, "asked"]) await turns.look(idOf(name))
    world.looked.length = 0
    world.time = DUE - 1
    await turns.overdue()
    assert.deepEqual(world.looked, [])
    world.time = DUE
    await turns.overdue()
    assert.deepEqual(world.looked.toSorted(), late.map((name) => toHex(idOf(name))).sort())
    assert.deepEqual(await ids(), [toHex(idOf("asked"))])
    await turns.overdue()
    assert.equal(world.looked.length, late.length)
  })

  it("lets others go on while it looks at many", async () => {
    const { turns } = turnsOf("hospital")
    const late = Array.from({ length: 20 }, (_, i) => `many ${i}`)
    world.time = 0
    for (const name of late) set(name, "inquired")
    for (const name of late) await turns.look(idOf(name))
    world.time = DUE
    let others = 0
    let isDone = false
    const count = () => {
      others++
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    await turns.overdue()
    isDone = true
    assert.ok(others >= late.length, `${others} of ${late.length}`)
  })

  it("a case that falls back comes to whom it falls back to, and back to nobody when it has ended", async () => {
    const { turns, open } = turnsOf("authority")
    const id = toHex(idOf("silent"))
    world.time = 0
    set("silent", "passedOn")
    await turns.look(idOf("silent"))
    set("silent", "inquired", 10)
    await turns.look(idOf("silent"))
    assert.deepEqual(await open(), [])
    world.time = DUE + 10
    await turns.overdue()
    assert.deepEqual(await open(), [[id, "passedOn"]])
    // Days on which nobody looked.
    world.time = days(366)
    await turns.overdue()
    assert.deepEqual(await open(), [])
  })

  it("nothing is done by a deadline that the ledger's time has not reached, whatever this machine's clock says", async (t) => {
    const { turns, ids } = turnsOf("hospital")
    world.time = 5
    set("ahead", "inquired")
    await turns.look(idOf("ahead"))
    t.mock.timers.enable({ apis: ["Date"], now: 15 * DUE })
    await turns.overdue()
    await turns.look(idOf("ahead"))
    t.mock.timers.reset()
    assert.deepEqual(await ids(), [toHex(idOf("ahead"))])
  })

  it("a case that is not known stops no other; what the ledger cannot say now is looked at later", async () => {
    const { turns, ids } = turnsOf("hospital")
    const [lost, other] = [idOf("lost"), idOf("other")]
    world.time = 0
    for (const name of ["lost", "other"]) set(name, "inquired")
    for (const id of [lost, other]) await turns.look(id)
    world.gone.add(toHex(lost))
    world.looked.length = 0
    world.time = DUE
    world.isUp = false
    await assert.rejects(turns.overdue(), { code: "engine_unreachable" })
    world.isUp = true
    await assert.rejects(turns.overdue(), { code: "unknown_case" })
    assert.deepEqual(world.looked.toSorted(), [lost, other].map(toHex).sort())
    await turns.overdue()
    assert.equal(world.looked.length, 2)
    assert.ok((await ids()).includes(toHex(lost)))
  })

  it("a stranger who hands nothing over is nowhere; what a restore may have lost is last, and known again by keys", async () => {
    const { turns, inbox, ids } = turnsOf("hospital")
    const [before, since] = ["before the start", "since the start"].map((name) => toHex(idOf(name)))
    const event = (name: string) =>
      ({ data: { case: idOf(name), members: ["hospital"] } }) as never as LedgerEvent
    set("before the start", "asked", 0, 1)
    world.states.set(since, { state: "asked", since: 0, openedAt: Date.now() + 1_000, size: 1 })
    set("opened by the key", "asked", 0, 1)
    for (const name of ["since the start", "before the start", "opened by the key"])
      await turns.react(event(name))
    assert.deepEqual((await ids()).sort(), [before, toHex(idOf("opened by the key"))].sort())
    world.documents.add(since)
    await turns.look(idOf("since the start"))
    assert.ok((await ids()).includes(since))

    assert.deepEqual(await turns.ofUnknown([KEY]), [idOf("opened by the key")])
    world.handle = idOf("somebody")
    await turns.look(idOf("opened by the key"))
    assert.deepEqual(await turns.ofUnknown([KEY]), [])
    assert.equal((await ids())[0], toHex(idOf("opened by the key")))
    assert.equal(await inbox.isOfKnown(idOf("before the start")), false)
    world.handle = undefined
  })
})
