import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, afterEach, before, beforeEach, describe, it, mock } from "node:test"
import { MAX_SECONDS } from "@aceso/client"
import { PlatformError, publicKey } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { startLedger, type TestLedger } from "../testing/custodian.ts"
import { nodeAt } from "../testing/people.ts"
import { LedgerClient } from "./ledger-client.ts"
import { leftAt, newPerson, type Rights } from "./person.ts"
import { SECOND_MS, type StaffChange } from "./seconds.ts"
import type { StaffMember } from "./staff.ts"

const HOUR_MS = 3_600_000
const folder = mkdtempSync(join(tmpdir(), "aceso-personnel-"))
after(() => rmSync(folder, { recursive: true, force: true }))
let ledger: TestLedger
let client: LedgerClient
before(async () => {
  ledger = await startLedger("city", "county")
  client = new LedgerClient(ledger.engine, "city", seedOf("city"))
})
after(() => ledger.end())

type Node = Awaited<ReturnType<typeof nodeAt>>
let node: Node
let at: string
let count = 0
let twoAdministrators = false
/** Of each test its own: the tests have one ledger, which forgets no end. */
const keyOf = (name: string) => publicKey(seedOf(`${count} ${name}`))
const person = (name: string, rights: Rights) => newPerson({ name, key: keyOf(name), ...rights }, {}, 0)
const by = (name: string, key = name): StaffMember => ({ name, key: keyOf(key), isAdministrator: true })
const open = async () => {
  node = await nodeAt(at, client, twoAdministrators)
}
const restart = async () => {
  await node.vault.close()
  await open()
}
beforeEach(async () => {
  at = join(folder, `${count++}`)
  await open()
  const people = [
    person("root", { isAdministrator: true }),
    person("second", { isAdministrator: true }),
    person("ann", { isAdministrator: false, role: "doctor" }),
    leftAt(person("gone", { isAdministrator: false }), 5),
  ]
  for (const one of people) await node.table.add(one)
  await node.personnel.begin()
})
afterEach(() => node.vault.close())

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error) => (error instanceof PlatformError ? error.code : String(error)),
  )
const newcomer = (name: string, more: Partial<StaffChange> = {}): StaffChange => ({
  ...{ what: "person", name, key: keyOf(name), isAdministrator: false },
  ...more,
})
const device = (name: string, key: string): StaffChange => ({
  ...{ what: "device", name, key: keyOf(key), label: key, isAdministrator: false },
})
const rights = (name: string, isAdministrator: boolean, role?: string): StaffChange => ({
  ...{ what: "rights", name, isAdministrator },
  ...(role !== undefined && { role }),
})
const may = (key: string) => {
  const who = node.staff.byKey(keyOf(key))
  return who && [...(who.isAdministrator ? ["administrator"] : []), ...(who.role ? [who.role] : [])].join(" ")
}

describe("changes of the people", () => {
  it("hold when the call returns, here, in the vault and in the directory", async () => {
    const { personnel } = node
    const done = { isPublished: true, waitsForSecond: false }
    const nurse = newcomer("nina", { role: "nurse", label: "phone" })
    assert.deepEqual(await personnel.change(nurse, by("root")), { name: "nina", ...done })
    assert.deepEqual(await personnel.change(device("nina", "tablet"), by("second")), {
      name: "nina",
      ...done,
    })
    assert.deepEqual(await personnel.change(rights("nina", true, "midwife"), by("root")), {
      name: "nina",
      ...done,
    })
    for (const key of ["nina", "tablet"])
      assert.equal(personnel.proofOf(keyOf(key)).practitioner.role, "midwife")
    const told = node.staff.named("nina").devices.map(({ label, by }) => [label, by])
    assert.deepEqual(told, [
      ["phone", "root"],
      ["tablet", "second"],
    ])
    await restart()
    assert.deepEqual([may("nina"), may("tablet")], ["administrator midwife", "administrator midwife"])
  })

  it("an absence holds at once and over a restart, and ends by itself", async () => {
    const until = Date.now() + HOUR_MS
    await node.personnel.absent("ann", undefined, until, "root")
    assert.equal(may("ann"), undefined)
    assert.throws(() => node.personnel.proofOf(keyOf("ann")), { code: "not_a_practitioner" })
    await restart()
    assert.equal(may("ann"), undefined)
    assert.equal(node.staff.byKey(keyOf("ann"), until)?.role, "doctor")
    await node.directory.publish()
    assert.equal(node.directory.proofOf(keyOf("ann"), until)?.practitioner.from, until)
  })

  const refused: readonly (readonly [comment: string, call: () => Promise<unknown>, code: string])[] = [
    [
      "a name that is there",
      () => node.personnel.change(newcomer("ann", { key: keyOf("x") }), by("root")),
      "person_exists",
    ],
    [
      "a name that was there",
      () => node.personnel.change(newcomer("gone", { key: keyOf("x") }), by("root")),
      "person_exists",
    ],
    [
      "a key that is there",
      () => node.personnel.change(newcomer("eve", { key: keyOf("ann") }), by("root")),
      "person_exists",
    ],
    [
      "somebody's key as a device",
      () => node.personnel.change(device("root", "ann"), by("root")),
      "person_exists",
    ],
    ["a device of nobody", () => node.personnel.change(device("nobody", "x"), by("root")), "unknown_person"],
    [
      "a device of whoever left",
      () => node.personnel.change(device("gone", "x"), by("root")),
      "person_ended",
    ],
    ["rights of whoever left", () => node.personnel.change(rights("gone", true), by("root")), "person_ended"],
    ["rights of nobody", () => node.personnel.change(rights("nobody", true), by("root")), "unknown_person"],
    [
      "an absence that is over",
      () => node.personnel.absent("ann", undefined, Date.now() - 1, "root"),
      "bad_input",
    ],
    [
      "an absence that ends before it begins",
      () => node.personnel.absent("ann", Date.now() + HOUR_MS, Date.now() + 5, "root"),
      "bad_input",
    ],
    [
      "an absence of whoever left",
      () => node.personnel.absent("gone", undefined, Date.now() + HOUR_MS, "root"),
      "person_ended",
    ],
    ["a device that nobody has", () => node.personnel.endKey("ann", "phone", Date.now()), "unknown_device"],
    [
      "an invitation of whoever left",
      async () => node.personnel.invited({ name: "gone", isAdministrator: false }),
      "person_ended",
    ],
    [
      "an invitation with rights of somebody who is there",
      async () => node.personnel.invited({ name: "ann", isAdministrator: true }),
      "person_exists",
    ],
    [
      "an invitation of a device that is called as another one of theirs",
      async () => node.personnel.invited({ name: "ann", label: "device-1", isAdministrator: false }),
      "person_exists",
    ],
  ]
  for (const [comment, call, code] of refused)
    it(`refuse ${comment}`, async () => {
      const before = node.staff.all
      assert.equal(await codeOf(call()), code)
      assert.deepEqual([node.staff.all, await node.table.all()], [before, before])
    })

  it("the last administrator cannot be changed, sent away, ended, nor lose the device", async () => {
    const { personnel } = node
    await personnel.end("second", Date.now())
    for (const call of [
      () => personnel.change(rights("root", false), by("root")),
      () => personnel.absent("root", Date.now() + HOUR_MS, Date.now() + 2 * HOUR_MS, "root"),
      () => personnel.end("root", Date.now()),
      () => personnel.endKey("root", "device-1", Date.now()),
    ])
      assert.equal(await codeOf(call()), "last_administrator")
    assert.equal(may("root"), "administrator")
    await personnel.change(device("root", "phone"), by("root"))
    assert.equal(await codeOf(personnel.endKey("root", "device-1", Date.now())), "done")
    assert.deepEqual([may("root"), may("phone")], [undefined, "administrator"])
  })

  it("of one moment do not undo each other", async () => {
    const { personnel } = node
    const outcomes = await Promise.all([
      codeOf(personnel.change(rights("ann", false, "nurse"), by("root"))),
      codeOf(personnel.change(device("ann", "phone"), by("second"))),
      codeOf(personnel.endKey("ann", "device-1", Date.now())),
      codeOf(personnel.change(device("ann", "tablet"), by("root"))),
      codeOf(personnel.change(newcomer("twin"), by("root"))),
      codeOf(personnel.change(newcomer("twin", { key: keyOf("other twin") }), by("second"))),
    ])
    assert.deepEqual(outcomes.slice(0, 4), ["done", "done", "done", "done"])
    assert.deepEqual(outcomes.slice(4).sort(), ["done", "person_exists"])
    const all = () => ["ann", "phone", "tablet"].map(may)
    assert.deepEqual(all(), [undefined, "nurse", "nurse"])
    await restart()
    assert.deepEqual(all(), [undefined, "nurse", "nurse"])
    assert.equal(node.staff.all.filter(({ name }) => name === "twin").length, 1)
  })

  it("that the vault cannot keep have not happened", async () => {
    node.table.put = () => Promise.reject(new Error("the disk is full"))
    assert.match(await codeOf(node.personnel.change(rights("ann", true), by("root"))), /disk is full/)
    assert.match(await codeOf(node.personnel.change(newcomer("eve"), by("root"))), /disk is full/)
    assert.deepEqual([may("ann"), may("eve")], ["doctor", undefined])
  })
})

describe("where two administrators are needed", () => {
  before(() => {
    twoAdministrators = true
  })
  after(() => {
    twoAdministrators = false
  })

  const waiting = async () =>
    (await node.personnel.waiting()).map(({ change }) => `${change.what} ${change.name}`)
  const idOf = async (name: string) => {
    const found = (await node.personnel.waiting()).find(({ change }) => change.name === name)
    assert.ok(found, name)
    return found.id
  }

  it("one alone makes no second one of themself, in no way", async () => {
    const { personnel } = node
    const waits = { isPublished: false, waitsForSecond: true }
    const mallory = newcomer("mallory", { isAdministrator: true })
    assert.deepEqual(await personnel.change(mallory, by("root")), { name: "mallory", ...waits })
    assert.deepEqual(await personnel.change(rights("ann", true, "doctor"), by("root")), {
      name: "ann",
      ...waits,
    })
    // A key of one's own as a device of the other one.
    assert.deepEqual(await personnel.change(device("second", "stolen"), by("root")), {
      name: "second",
      ...waits,
    })
    assert.deepEqual([may("mallory"), may("ann"), may("stolen")], [undefined, "doctor", undefined])
    for (const name of ["mallory", "ann", "second"])
      assert.equal(await codeOf(personnel.decide(await idOf(name), true, by("root"))), "same_administrator")
    // By another device that is one's own already.
    assert.equal(
      await codeOf(personnel.decide(await idOf("mallory"), true, by("root", "other device"))),
      "same_administrator",
    )
    // Somebody who is nothing yet is made so in two steps.
    await personnel.change(newcomer("eve"), by("root"))
    assert.equal((await personnel.change(rights("eve", true), by("root"))).waitsForSecond, true)
    // The other one is sent away, so that nobody else is there: that changes nothing.
    await personnel.end("second", Date.now())
    for (const name of ["mallory", "ann", "eve"])
      assert.equal(await codeOf(personnel.decide(await idOf(name), true, by("root"))), "same_administrator")
    assert.deepEqual([may("mallory"), may("eve"), may("ann")], [undefined, "", "doctor"])
  })

  it("the other one's yes does it at once, and says who agreed", async () => {
    const { personnel } = node
    await personnel.change(newcomer("third", { isAdministrator: true, label: "phone" }), by("root"))
    await personnel.change(rights("ann", true, "doctor"), by("root"))
    await restart()
    assert.deepEqual(await waiting(), ["person third", "rights ann"], "also after a restart")
    for (const name of ["third", "ann"])
      assert.equal((await node.personnel.decide(await idOf(name), true, by("second"))).isPublished, true)
    assert.deepEqual([may("third"), may("ann")], ["administrator", "administrator doctor"])
    const { devices, terms } = node.staff.named("third")
    assert.deepEqual([devices[0].by, devices[0].second], ["root", "second"])
    assert.deepEqual([terms[0].by, terms[0].second], ["root", "second"])
    assert.deepEqual(await waiting(), [])
    await restart()
    assert.deepEqual([may("third"), may("ann")], ["administrator", "administrator doctor"])
  })

  it("what hurts nobody needs no second one", async () => {
    const { personnel } = node
    for (const change of [
      newcomer("nina", { role: "nurse" }),
      device("nina", "phone"),
      rights("nina", false, "midwife"),
      rights("second", true, "nurse"),
      rights("second", false),
    ])
      assert.equal((await personnel.change(change, by("root"))).waitsForSecond, false, change.name)
  })

  it("somebody who has lost every device gets none as an administrator by one alone", async () => {
    const { personnel } = node
    await personnel.endKey("second", "device-1", Date.now())
    assert.equal((await personnel.change(device("second", "stolen"), by("root"))).waitsForSecond, true)
    await personnel.absent("ann", undefined, Date.now() + HOUR_MS, "root")
    assert.equal(may("stolen"), undefined)
  })

  const declined = [
    ["a second one's no", "second"],
    ["one's own no", "root"],
  ] as const
  for (const [comment, who] of declined)
    it(`${comment} ends it`, async () => {
      await node.personnel.change(rights("ann", true), by("root"))
      const id = await idOf("ann")
      assert.deepEqual(await node.personnel.decide(id, false, by(who)), {
        ...{ name: "ann", isPublished: true, waitsForSecond: false },
      })
      assert.equal(await codeOf(node.personnel.decide(id, true, by("second"))), "unknown_waiting")
      assert.equal(may("ann"), "doctor")
    })

  const lapsed: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["whoever asked has left", () => node.personnel.end("root", Date.now())],
    ["the device that asked was ended", () => node.personnel.endKey("root", "device-1", Date.now())],
    [
      "whoever asked is no administrator any more",
      () => node.personnel.change(rights("root", false), by("second")),
    ],
  ]
  for (const [comment, change] of lapsed)
    it(`it waits no more when ${comment}`, async () => {
      await node.personnel.change(rights("ann", true), by("root"))
      const id = await idOf("ann")
      await change()
      assert.deepEqual(await waiting(), [])
      assert.equal(await codeOf(node.personnel.decide(id, true, by("second"))), "unknown_waiting")
      assert.equal(may("ann"), "doctor")
    })

  it("what cannot be any more is refused at the yes, and changes nothing", async () => {
    const { personnel } = node
    await personnel.change(newcomer("eve", { isAdministrator: true }), by("root"))
    await personnel.change(rights("ann", true), by("root"))
    await personnel.change(newcomer("eve", { key: keyOf("another eve") }), by("root"))
    await personnel.end("ann", Date.now())
    assert.equal(await codeOf(personnel.decide(await idOf("eve"), true, by("second"))), "person_exists")
    assert.equal(await codeOf(personnel.decide(await idOf("ann"), true, by("second"))), "person_ended")
    assert.deepEqual([may("eve"), may("another eve"), may("ann")], [undefined, "", undefined])
  })

  it("what cannot be at all does not wait", async () => {
    const { personnel } = node
    assert.equal(await codeOf(personnel.change(rights("gone", true), by("root"))), "person_ended")
    assert.equal(
      await codeOf(personnel.change(newcomer("ann", { key: keyOf("x"), isAdministrator: true }), by("root"))),
      "person_exists",
    )
    assert.deepEqual(await waiting(), [])
  })

  it("killed before the vault has the whole of a yes, it waits still", async () => {
    await node.personnel.change(newcomer("third", { isAdministrator: true }), by("root"))
    const id = await idOf("third")
    node.seconds.remove = () => Promise.reject(new Error("killed"))
    assert.match(await codeOf(node.personnel.decide(id, true, by("second"))), /killed/)
    assert.equal(may("third"), undefined)
    await restart()
    assert.deepEqual([await waiting(), may("third")], [["person third"], undefined])
    assert.equal(await codeOf(node.personnel.decide(id, true, by("second"))), "done")
  })

  it("lapses after 72 hours", async (context) => {
    await node.personnel.change(rights("ann", true), by("root"))
    const id = await idOf("ann")
    const start = Date.now()
    mock.timers.enable({ apis: ["Date"], now: start + SECOND_MS - 1000 })
    context.after(() => mock.timers.reset())
    assert.deepEqual(await waiting(), ["rights ann"])
    mock.timers.setTime(start + SECOND_MS + 1000)
    assert.deepEqual(await waiting(), [])
    assert.equal(await codeOf(node.personnel.decide(id, true, by("second"))), "unknown_waiting")
  })

  it("so many wait at most, and room comes back when they have lapsed", async (context) => {
    for (let i = 0; i < MAX_SECONDS; i++)
      await node.seconds.add(newcomer(`p-${i}`, { isAdministrator: true }), by("root"))
    assert.equal(await codeOf(node.personnel.change(rights("ann", true), by("root"))), "too_many_waiting")
    mock.timers.enable({ apis: ["Date"], now: Date.now() + SECOND_MS + 1000 })
    context.after(() => mock.timers.reset())
    await node.seconds.add(rights("ann", true), by("root"))
    assert.deepEqual(await waiting(), ["rights ann"])
    assert.equal((await node.seconds.all()).length, 1)
  })
})
