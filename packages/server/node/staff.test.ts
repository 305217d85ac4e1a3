import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { PlatformError } from "@aceso/core"
import { admin, doctor, keyOf, person } from "../testing/people.ts"
import { absentFor, leftAt, type StaffPerson, withDevice, withoutDevice, withRights } from "./person.ts"
import { Staff } from "./staff.ts"

const now = 1_000
const NONE = { isAdministrator: false }

describe("the last administrator", () => {
  const second = (one: StaffPerson) => withDevice(one, { key: keyOf("more") }, {}, now)
  const rows: readonly (readonly [
    comment: string,
    all: readonly StaffPerson[],
    next: (root: StaffPerson) => StaffPerson,
    may: boolean,
  ])[] = [
    ["is not ended", [doctor("ann")], (root) => leftAt(root, now), false],
    ["is not ended ahead", [], (root) => leftAt(root, now + 5), false],
    ["is not ended as of before now", [], (root) => leftAt(root, now - 5), false],
    ["is no administrator no more", [], (root) => withRights(root, NONE, {}, now), false],
    [
      "may get a role beside",
      [],
      (root) => withRights(root, { isAdministrator: true, role: "nurse" }, {}, now),
      true,
    ],
    ["is not absent", [], (root) => absentFor(root, { from: now, until: now + 9 }, {}), false],
    ["is not absent later", [], (root) => absentFor(root, { from: now + 5, until: now + 9 }, {}), false],
    ["does not lose the only device", [], (root) => withoutDevice(root, keyOf("root"), now), false],
    ["does not lose it later", [], (root) => withoutDevice(root, keyOf("root"), now + 5), false],
    ["may lose one of two devices", [], (root) => withoutDevice(second(root), keyOf("root"), now), true],
    ["may go once there is another", [admin("bob")], (root) => leftAt(root, now), true],
    ["is left by one who is no administrator", [person("bob")], (root) => leftAt(root, now), false],
    ["is left by one who has gone", [leftAt(admin("bob"), now)], (root) => leftAt(root, now), false],
    ["is left by one who goes later", [leftAt(admin("bob"), now + 5)], (root) => leftAt(root, now), false],
    [
      "is left by one who goes before",
      [leftAt(admin("bob"), now + 5)],
      (root) => leftAt(root, now + 9),
      false,
    ],
    [
      "is left by one who comes later",
      [person("bob", { isAdministrator: true, from: now + 1 })],
      (root) => leftAt(root, now),
      false,
    ],
    [
      "may go when the other one comes",
      [person("bob", { isAdministrator: true, from: now + 1 })],
      (root) => leftAt(root, now + 1),
      true,
    ],
    [
      "is left by one who is absent meanwhile",
      [absentFor(admin("bob"), { from: now + 3, until: now + 6 }, {})],
      (root) => leftAt(root, now + 1),
      false,
    ],
    [
      "may go once the other one is back",
      [absentFor(admin("bob"), { from: now + 3, until: now + 6 }, {})],
      (root) => leftAt(root, now + 6),
      true,
    ],
    [
      "is left by one who has no device",
      [withoutDevice(admin("bob"), keyOf("bob"), now)],
      (root) => leftAt(root, now),
      false,
    ],
    [
      "may be absent while another one is there",
      [leftAt(admin("bob"), now + 9)],
      (root) => absentFor(root, { from: now + 3, until: now + 6 }, {}),
      true,
    ],
    [
      "is not absent longer than the other one is there",
      [leftAt(admin("bob"), now + 5)],
      (root) => absentFor(root, { from: now + 3, until: now + 6 }, {}),
      false,
    ],
  ]
  for (const [comment, others, next, may] of rows)
    it(comment, () => {
      const root = admin("root")
      const staff = new Staff([root, ...others])
      const check = () => staff.mustLeaveAdministrator(next(root), now)
      if (may) check()
      else
        assert.throws(check, (error: PlatformError) => {
          assert.equal(error.code, "last_administrator")
          return true
        })
      assert.equal(staff.byKey(keyOf("root"), now)?.name, "root", "nothing has changed")
    })

  it("is at every later moment, in whatever order the ends are told", () => {
    const staff = new Staff([admin("root"), admin("second"), admin("third")])
    for (const [name, at] of [
      ["second", now + 3],
      ["third", now + 1],
    ] as const) {
      const gone = leftAt(staff.named(name), at)
      staff.mustLeaveAdministrator(gone, now)
      staff.put(gone)
    }
    for (const at of [now + 2, now + 4])
      assert.throws(() => staff.mustLeaveAdministrator(leftAt(staff.named("root"), at), now), {
        code: "last_administrator",
      })
  })

  it("is not missed where nobody was: others may be changed on a node that nobody administers", () => {
    const staff = new Staff([doctor("ann"), leftAt(admin("root"), 5)])
    staff.mustLeaveAdministrator(leftAt(doctor("ann"), now), now)
    assert.equal(staff.hasAdministrator(now), false)
  })
})

describe("the people of a node", () => {
  it("are found by name, and put in place of who they were", () => {
    const staff = new Staff([admin("root"), doctor("ann")])
    staff.put(leftAt(doctor("ann"), 5))
    staff.put(person("bob"))
    assert.deepEqual(
      staff.all.map(({ name, to }) => [name, to]),
      [
        ["root", undefined],
        ["ann", 5],
        ["bob", undefined],
      ],
    )
    assert.throws(() => staff.named("nobody"), { code: "unknown_person" })
  })

  it("stand in the directory as what each is at that time", () => {
    const staff = new Staff([withRights(doctor("ann"), { ...NONE, role: "nurse" }, {}, now), admin("root")])
    const roleAt = (time: number) => staff.leafOf(keyOf("ann"), time)?.practitioner.role
    assert.deepEqual([roleAt(now - 1), roleAt(now)], ["doctor", "nurse"])
    assert.equal(staff.leafOf(keyOf("root"), now), undefined)
    assert.equal(staff.leaves().length, 2)
  })
})

describe("who has a key", () => {
  // The attack: unsigned calls, and one event to many streams, each of which would walk all people.
  it("is found without a look at the others, a stranger too, and is who is there now", () => {
    let looks = 0
    const watched = (name: string): StaffPerson => {
      const one = doctor(name)
      return Object.defineProperty({ ...one }, "devices", {
        enumerable: true,
        get() {
          looks++
          return one.devices
        },
      })
    }
    const staff = new Staff(Array.from({ length: 50 }, (_, i) => watched(`p${i}`)))
    assert.equal(staff.byKey(keyOf("p49"), now)?.name, "p49")
    looks = 0
    assert.equal(staff.byKey(keyOf("nobody"), now), undefined)
    assert.equal(staff.byKey(keyOf("p0"), now)?.name, "p0")
    assert.equal(looks, 0)
    staff.put(withDevice(doctor("p0"), { key: keyOf("another") }, {}, now))
    assert.equal(staff.byKey(keyOf("another"), now)?.name, "p0")
    staff.put(leftAt(doctor("p1"), now))
    assert.equal(staff.byKey(keyOf("p1"), now), undefined)
    staff.take([doctor("p2")])
    assert.equal(staff.byKey(keyOf("p0"), now), undefined)
    assert.equal(staff.byKey(keyOf("p2"), now)?.name, "p2")
  })
})
