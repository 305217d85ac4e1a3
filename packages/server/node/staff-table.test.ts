import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { MAX_PEOPLE } from "@aceso/client"
import { type Cbor, encodeCbor, publicKey, toHex } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { admin, doctor, keyOf, peopleAt, person } from "../testing/people.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"
import { leftAt, mayActAt, newPerson, type StaffPerson, termAt, withDevice } from "./person.ts"
import { Staff } from "./staff.ts"
import { staffMigrations } from "./staff-table.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-staff-"))
after(() => rmSync(folder, { recursive: true, force: true }))
let count = 0
const fresh = () => join(folder, `${count++}`)
const withKey = (one: StaffPerson, seed: string): StaffPerson => ({
  ...one,
  devices: [{ ...one.devices[0], key: publicKey(seedOf(seed)) }],
})

describe("the people in a vault", () => {
  it("are as they were, also after a restart, in the order in which they came", async () => {
    const at = fresh()
    const all = [admin("root"), doctor("zoe"), person("ann", { by: "root" })]
    const first = peopleAt(at)
    for (const one of all) await first.table.add(one)
    assert.deepEqual(await first.table.all(), all)
    const gone = leftAt(withDevice(all[2], { key: keyOf("phone"), label: "phone" }, { by: "root" }, 3), 5)
    await first.table.keep(gone)
    await first.vault.close()
    const second = peopleAt(at)
    assert.deepEqual(await second.table.all(), [all[0], all[1], gone])
    await second.vault.close()
  })

  it("are in no byte of its files: no name, no key, no role, no device", async () => {
    const at = fresh()
    const { vault, table, seconds } = peopleAt(at)
    const rights = { isAdministrator: true, role: "doctor" }
    const key = publicKey(seedOf("zarathustra"))
    await table.add(newPerson({ name: "zarathustra", key, label: "balaclava", ...rights }, { by: "ariadne" }))
    const by = { name: "ariadne", key }
    await seconds.add({ what: "person", name: "persephone", key, label: "balaclava", ...rights }, by)
    const told = ["zarathustra", "ariadne", "persephone", "balaclava", "doctor"]
    for (const file of readdirSync(at)) {
      const content = readFileSync(join(at, file))
      for (const one of [...told, Buffer.from(key), toHex(key)])
        assert.equal(content.includes(one), false, file)
    }
    await vault.close()
  })

  const two = withDevice(person("ann"), { key: keyOf("phone") }, {}, 3)
  const refused: readonly (readonly [what: string, one: StaffPerson, says: RegExp])[] = [
    ["a name that somebody has", withKey(person("ann"), "other"), /called ann here already/],
    ["a name that somebody had", withKey(person("gone"), "other"), /called gone here already/],
    ["a key that somebody has", withKey(person("anna"), "ann"), /has this key already/],
    ["the key of somebody's further device", withKey(person("anna"), "phone"), /has this key already/],
    ["the key of a device that has ended", withKey(person("anna"), "gone"), /has this key already/],
  ]
  for (const [what, one, says] of refused)
    it(`refuse ${what}`, async () => {
      const { vault, table } = peopleAt(fresh())
      await table.add(two)
      await table.add(leftAt(person("gone"), 1))
      const before = await table.all()
      await assert.rejects(table.add(one), { code: "person_exists", message: says })
      assert.deepEqual(await table.all(), before)
      await vault.close()
    })

  it("refuse somebody else's key as a further device, and keep nothing of it", async () => {
    const { vault, table } = peopleAt(fresh())
    await table.add(two)
    await table.add(person("bob"))
    const before = await table.all()
    const thief = withDevice(person("bob"), { key: keyOf("phone") }, {}, 4)
    await assert.rejects(table.put(thief), { code: "person_exists", message: /has this key already/ })
    assert.deepEqual(await table.all(), before)
    await vault.close()
  })

  it("are kept together with what has to be so at once, or not at all", async () => {
    const { vault, table } = peopleAt(fresh())
    const failing = () => Promise.reject(new Error("the disk is full"))
    await assert.rejects(table.put(person("ann"), failing), /the disk is full/)
    assert.deepEqual(await table.all(), [])
    await vault.close()
  })

  it("take one of two who come at once with one name", async () => {
    const { vault, table } = peopleAt(fresh())
    const both = ["first", "second"].map((seed) => withKey(person("ann"), seed))
    const outcomes = await Promise.allSettled(both.map((one) => table.add(one)))
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"])
    const won = outcomes.findIndex(({ status }) => status === "fulfilled")
    assert.deepEqual(await table.all(), [both[won]])
    await vault.close()
  })

  it("are bounded", async () => {
    const { vault, table } = peopleAt(fresh())
    await vault.atomically(async () => {
      for (let i = 0; i < MAX_PEOPLE; i++) await table.add(person(`p-${i}`))
    })
    await assert.rejects(table.add(person("one-more")), { code: "too_many_people" })
    await vault.close()
  })
})

/** A row of the time when each person had one key and one time. */
interface Former {
  readonly name: string
  readonly isAdministrator: boolean
  readonly from?: number
  readonly to?: number
  readonly addedBy?: string
  readonly practitioner?: { readonly role: string; readonly from: number; readonly to: number }
}

describe("a vault of the time when each person had one key", () => {
  const FOR_EVER = Date.UTC(2100, 0, 1)
  /** Written as that release wrote it. */
  async function formerVault(at: string, rows: readonly Former[]): Promise<void> {
    const vault = new SqliteVault({ folder: at, organisation: "city", masterKey: seedOf("vault") })
    const old = vault.moduleDatabase<{
      staff_people: { key: Uint8Array; name: Uint8Array; content: Uint8Array }
    }>("staff", staffMigrations.slice(0, 1))
    for (const { practitioner, ...row } of rows) {
      const key = old.tag("key", toHex(keyOf(row.name)))
      const salted = practitioner && { practitioner: { ...practitioner, salt: seedOf(`salt ${row.name}`) } }
      const content = encodeCbor({ ...row, key: keyOf(row.name), ...salted } as unknown as Cbor)
      await old.db
        .insertInto("staff_people")
        .values({ key, name: old.tag("name", row.name), content: old.seal("person", key, content) })
        .execute()
    }
    await vault.close()
  }

  const doctor = { role: "doctor", from: 0, to: FOR_EVER }
  const rows: readonly (readonly [Former, readonly (readonly [at: number, may: string])[]])[] = [
    [
      { name: "root", isAdministrator: true },
      [
        [0, "administrator"],
        [9_000, "administrator"],
      ],
    ],
    [
      { name: "ann", isAdministrator: false, from: 5, practitioner: { ...doctor, from: 5 }, addedBy: "root" },
      [
        [4, "nothing"],
        [5, "doctor"],
        [9_000, "doctor"],
      ],
    ],
    [
      { name: "gone", isAdministrator: false, to: 7, practitioner: { ...doctor, to: 7 } },
      [
        [6, "doctor"],
        [7, "nothing"],
      ],
    ],
    [
      { name: "was", isAdministrator: true, practitioner: { ...doctor, from: 3, to: 7 } },
      [
        [2, "administrator"],
        [3, "administrator doctor"],
        [7, "administrator"],
      ],
    ],
    [
      { name: "bob", isAdministrator: false },
      [
        [0, "staff"],
        [9_000, "staff"],
      ],
    ],
  ]
  const may = (one: StaffPerson, at: number): string => {
    const term = mayActAt(one, at) ? termAt(one, at) : undefined
    if (!term) return "nothing"
    return (
      [...(term.isAdministrator ? ["administrator"] : []), ...(term.role ? [term.role] : [])].join(" ") ||
      "staff"
    )
  }

  it("has its people as they were, with one device each, and reads the same again", async () => {
    const at = fresh()
    await formerVault(
      at,
      rows.map(([row]) => row),
    )
    const { vault, table } = peopleAt(at)
    const all = await table.all()
    assert.deepEqual(await table.all(), all)
    for (const [i, [row, times]] of rows.entries()) {
      const found = times.map(([moment]) => [moment, may(all[i], moment)])
      assert.deepEqual([all[i].name, found], [row.name, times])
    }
    assert.deepEqual(
      all.map(({ name, to, devices }) => [name, to, devices[0].by]),
      rows.map(([{ name, to, addedBy }]) => [name, to, addedBy]),
    )
    await vault.close()
  })

  it("keeps keys and names from others, and takes further devices", async () => {
    const at = fresh()
    await formerVault(
      at,
      rows.map(([row]) => row),
    )
    const { vault, table } = peopleAt(at)
    await assert.rejects(table.add(withKey(person("ann"), "other")), { code: "person_exists" })
    await assert.rejects(table.add(withKey(person("other"), "gone")), { code: "person_exists" })
    const staff = new Staff(await table.all())
    const next = withDevice(staff.named("ann"), { key: keyOf("phone"), label: "phone" }, { by: "root" }, 8)
    await table.put(next)
    await vault.close()
    const again = peopleAt(at)
    assert.deepEqual(new Staff(await again.table.all()).named("ann"), next)
    assert.equal((await again.table.all()).length, rows.length)
    await again.vault.close()
  })
})
