import assert from "node:assert/strict"
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { startLedger, type TestLedger } from "../testing/custodian.ts"
import { admin, doctor, keyOf, nodeAt, peopleAt, person } from "../testing/people.ts"
import { LedgerClient } from "./ledger-client.ts"
import { absentFor, leftAt, type StaffPerson, withDevice, withoutDevice, withRights } from "./person.ts"
import { Staff } from "./staff.ts"
import { StaffEnds } from "./staff-ends.ts"

const HOUR_MS = 3_600_000
const FOR_EVER = 4_102_444_800_000
const folder = mkdtempSync(join(tmpdir(), "aceso-staff-ends-"))
after(() => rmSync(folder, { recursive: true, force: true }))

describe("an end on the ledger", () => {
  let ledger: TestLedger
  let client: LedgerClient
  before(async () => {
    ledger = await startLedger("city", "county")
    client = new LedgerClient(ledger.engine, "city", seedOf("city"))
  })
  after(() => ledger.end())

  const heights = async () => (await ledger.engine.status()).checkpoint.height
  const mayAct = (staff: Staff, ...names: string[]) => names.filter((name) => staff.byKey(keyOf(name)))
  const node = (name: string) => nodeAt(join(folder, name), client)
  const who = { name: "root", key: keyOf("root"), isAdministrator: true }

  it("is there once, also beyond one transaction, and also where it lies ahead", async () => {
    const many = Array.from({ length: 75 }, (_, i) => leftAt(person(`p-${i}`), 1_000 + i))
    const later = leftAt(person("later"), FOR_EVER)
    const staff = new Staff([admin("root"), ...many, person("stays"), later])
    const ends = new StaffEnds(client, staff)
    const before = await heights()
    await ends.publish()
    assert.equal((await heights()) - before, 2, "76 keys and 76 people, 100 at once")
    await ends.publish()
    assert.equal((await heights()) - before, 2)
    const another = new StaffEnds(client, new Staff())
    const found = [admin("root"), ...many.slice(73), person("stays"), later]
    assert.deepEqual(await Promise.all(found.map(({ devices }) => another.of(devices[0].key))), [
      ...[undefined, 1_073, 1_074, undefined],
      FOR_EVER,
    ])
  })

  /** The vault as a backup has it, then as it is after a change that the ledger knows. */
  async function restoredAfter(name: string, next: (one: StaffPerson) => StaffPerson) {
    const first = await node(name)
    for (const one of [admin("root"), doctor(name)]) await first.table.add(one)
    await first.vault.close()
    cpSync(join(folder, name), join(folder, `${name} backup`), { recursive: true })
    const newer = await node(name)
    newer.staff.put(next(newer.staff.named(name)))
    await newer.staffEnds.publish()
    await newer.vault.close()
    return node(`${name} backup`)
  }

  const now = Date.now()
  const changes: readonly (readonly [name: string, what: string, next: (one: StaffPerson) => StaffPerson])[] =
    [
      ["left", "a person who left", (one) => leftAt(one, now - 5_000)],
      ["lost", "a device that was lost", (one) => withoutDevice(one, one.devices[0].key, now - 5_000)],
      [
        "changed",
        "a role that was taken away",
        (one) => withRights(one, { isAdministrator: false }, {}, now - 5_000),
      ],
      ["absent", "who is absent", (one) => absentFor(one, { from: now - 5_000, until: now + HOUR_MS }, {})],
    ]
  for (const [name, what, next] of changes)
    it(`holds whatever an older vault says: ${what}`, async () => {
      const again = await restoredAfter(name, next)
      assert.deepEqual(mayAct(again.staff, "root", name), ["root"])
      const [leaf] = again.staff.leaves().filter(({ practitioner }) => practitioner.name === name)
      assert.equal(leaf.practitioner.to, now - 5_000)
      await again.vault.close()
    })

  it("of one of two devices leaves the other one, also in an older vault", async () => {
    const two = (one: StaffPerson) => withDevice(one, { key: keyOf("phone") }, {}, 0)
    const first = await node("two")
    for (const one of [admin("root"), two(doctor("zoe"))]) await first.table.add(one)
    await first.personnel.begin()
    await first.personnel.endKey("zoe", "device-2", 9_000)
    await first.directory.follow()
    await first.vault.close()
    // Nothing of it is in this one.
    const backup = peopleAt(join(folder, "two backup"))
    for (const one of [admin("root"), two(doctor("zoe"))]) await backup.table.add(one)
    await backup.vault.close()
    for (const name of ["two", "two backup"]) {
      const again = await node(name)
      assert.deepEqual(mayAct(again.staff, "zoe", "phone"), ["zoe"], name)
      await again.vault.close()
    }
  })

  it("gives whoever left no further device at an older vault, and whoever lost one gets another", async () => {
    const gone = await restoredAfter("gone", (one) => leftAt(one, now - 5_000))
    const lost = await restoredAfter("careless", (one) => withoutDevice(one, one.devices[0].key, now - 5_000))
    const device = (name: string) =>
      ({ what: "device", name, key: keyOf(`new ${name}`), isAdministrator: false }) as const
    await assert.rejects(gone.personnel.change(device("gone"), who), { code: "person_ended" })
    await lost.personnel.change(device("careless"), who)
    assert.equal(lost.staff.byKey(keyOf("new careless"))?.role, "doctor")
    for (const { vault } of [gone, lost]) await vault.close()
  })

  it("that the ledger has not taken outlives a restart, and gets there by itself", async () => {
    const first = await node("crash")
    const two = withDevice(person("max"), { key: keyOf("tablet"), label: "tablet" }, {}, 0)
    for (const one of [admin("root"), person("lee"), person("kim"), two]) await first.table.add(one)
    // The process ends before the ledger took them.
    const ahead = Date.now() + HOUR_MS
    await first.table.keep(leftAt(person("lee"), 8_000))
    await first.table.keep(leftAt(person("kim"), ahead))
    await first.table.keep(withoutDevice(two, keyOf("tablet"), 8_000))
    await first.vault.close()
    const again = await node("crash")
    assert.deepEqual(mayAct(again.staff, "root", "lee", "kim", "max", "tablet"), ["root", "kim", "max"])
    const known = () =>
      Promise.all(["lee", "kim", "tablet", "max"].map((name) => again.staffEnds.of(keyOf(name))))
    assert.deepEqual(await known(), [undefined, undefined, undefined, undefined])
    await again.directory.publish()
    assert.deepEqual(await known(), [8_000, ahead, 8_000, undefined], "what lies ahead is there too")
    await again.vault.close()
  })

  it("keeps its key out for good: nobody is taken on with it, under whatever name", async () => {
    const { vault, table, personnel, directory, staff } = await node("key")
    for (const one of [admin("root"), person("joe")]) await table.add(one)
    await personnel.begin()
    await personnel.end("joe", 9_000)
    await directory.follow()
    // A vault that never heard of joe.
    const other = await node("other")
    await other.table.add(person("bob"))
    await other.personnel.begin()
    for (const name of ["joe", "joseph"])
      await assert.rejects(
        other.personnel.change({ what: "person", name, key: keyOf("joe"), isAdministrator: true }, who),
        { code: "person_ended" },
      )
    await assert.rejects(
      other.personnel.change({ what: "device", name: "bob", key: keyOf("joe"), isAdministrator: false }, who),
      { code: "person_ended" },
    )
    assert.deepEqual(
      (await other.table.all()).map(({ devices }) => devices.length),
      [1],
    )
    await assert.rejects(
      personnel.change({ what: "person", name: "joe", key: keyOf("new key"), isAdministrator: false }, who),
      { code: "person_exists" },
    )
    assert.equal(staff.all.length, 2)
    await other.vault.close()
    await vault.close()
  })

  it("where the vault cannot keep it holds all the same, and is said", async () => {
    const { vault, table, staff, personnel, directory } = await node("broken")
    const two = withDevice(person("sam"), { key: keyOf("watch"), label: "watch" }, {}, 0)
    for (const one of [admin("root"), two, person("tim")]) await table.add(one)
    await personnel.begin()
    table.keep = () => Promise.reject(new Error("the disk is full"))
    await assert.rejects(personnel.endKey("sam", "watch", 4_000), {
      code: "end_not_kept",
      message: /sam can do nothing here from then on .*the disk is full.*run the same line again/,
    })
    await assert.rejects(personnel.end("tim", 4_000), { code: "end_not_kept" })
    assert.deepEqual(mayAct(staff, "root", "sam", "watch", "tim"), ["root", "sam"])
    await directory.follow()
    await vault.close()
    // The ledger had it by then.
    const again = await node("broken")
    assert.deepEqual(mayAct(again.staff, "root", "sam", "watch", "tim"), ["root", "sam"])
    await again.vault.close()
  })
})
