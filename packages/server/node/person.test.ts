import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { MAX_DEVICES, MAX_TERMS } from "@aceso/client"
import { type Bytes, PlatformError, toHex } from "@aceso/core"
import fc from "fast-check"
import { admin, doctor, keyOf, person } from "../testing/people.ts"
import {
  absentFor,
  deviceCalled,
  isEmpty,
  leftAt,
  mayActAt,
  type Rights,
  type StaffPerson,
  termAt,
  withDevice,
  withoutDevice,
  withRights,
} from "./person.ts"
import { endsOf, leavesOf, withEnds } from "./person-on-ledger.ts"
import { Staff } from "./staff.ts"

const code = (wanted: string) => (error: unknown) => error instanceof PlatformError && error.code === wanted
const A = { isAdministrator: true }
const D = { isAdministrator: false, role: "doctor" }
const N = { isAdministrator: false, role: "nurse" }
const NONE = { isAdministrator: false }

const LETTERS: readonly (readonly [string, Rights])[] = [
  ["D", D],
  ["N", N],
  ["A", A],
  ["-", NONE],
]
/** What somebody may do at 0, 1, ... 9; `.` nothing. */
const shown = (one: StaffPerson): string =>
  Array.from({ length: 10 }, (_, at) => {
    const term = mayActAt(one, at) ? termAt(one, at) : undefined
    const rights = ({ role, isAdministrator }: Rights) => `${role} ${isAdministrator}`
    return term ? (LETTERS.find(([, one]) => rights(one) === rights(term))?.[0] ?? "?") : "."
  }).join("")

type Step = (one: StaffPerson) => StaffPerson
const change =
  (rights: Rights, now: number): Step =>
  (one) =>
    withRights(one, rights, {}, now)
const absent =
  (from: number, until: number): Step =>
  (one) =>
    absentFor(one, { from, until }, {})
const left =
  (at: number): Step =>
  (one) =>
    leftAt(one, at)
const lost =
  (at: number): Step =>
  (one) =>
    withoutDevice(one, one.devices[0].key, at)
const again =
  (now: number): Step =>
  (one) =>
    withDevice(one, { key: keyOf("new") }, {}, now)
const after = (...steps: readonly Step[]): StaffPerson =>
  steps.reduce((one, step) => step(one), person("ann", { ...D, from: 1 }))

describe("what somebody may do, by time", () => {
  const rows: readonly (readonly [string, readonly Step[], string])[] = [
    ["from the beginning on", [], ".DDDDDDDDD"],
    ["another role", [change(N, 4)], ".DDDNNNNNN"],
    ["another role, twice at one moment", [change(N, 4), change(A, 4)], ".DDDAAAAAA"],
    ["the same role again is no change", [change(D, 4)], ".DDDDDDDDD"],
    ["no role any more", [change(NONE, 4)], ".DDD------"],
    ["absent", [absent(3, 6)], ".DD...DDDD"],
    ["absent, and back later than was said", [absent(3, 5), absent(4, 7)], ".DD....DDD"],
    ["absent, and back sooner than was said", [absent(3, 8), absent(4, 5)], ".DD..DDDDD"],
    ["absent twice", [absent(2, 3), absent(5, 7)], ".D.DD..DDD"],
    ["absent before and within what was said", [absent(5, 7), absent(3, 6)], ".DD...DDDD"],
    ["another role while absent counts when they are back", [absent(3, 6), change(N, 4)], ".DD...NNNN"],
    ["another role before an absence that is known", [absent(5, 7), change(N, 3)], ".DDNN..NNN"],
    ["gone", [left(5)], ".DDDD....."],
    ["an end only comes nearer", [left(5), left(7)], ".DDDD....."],
    ["gone while absent", [absent(3, 6), left(5)], ".DD......."],
    ["gone after an absence", [absent(3, 6), left(8)], ".DD...DD.."],
    ["absent when it is known that they go", [left(8), absent(3, 5)], ".DD..DDD.."],
    ["the only device lost", [lost(5)], ".DDDD....."],
    ["lost, and another one", [lost(5), again(7)], ".DDDD..DDD"],
    ["two devices, one lost", [again(3), lost(5)], ".DDDDDDDDD"],
    ["lost before it was there", [lost(0)], ".........."],
    ["another role without a device", [lost(3), change(N, 4), again(6)], ".DD...NNNN"],
  ]
  for (const [comment, steps, wanted] of rows) it(comment, () => assert.equal(shown(after(...steps)), wanted))

  const refused: readonly (readonly [string, readonly Step[], Step, string])[] = [
    ["another role for whoever left", [left(5)], change(N, 6), "person_ended"],
    ["another role for whoever is to leave", [left(5)], change(N, 4), "person_ended"],
    ["a device for whoever left", [left(5)], again(6), "person_ended"],
    ["an absence after the end", [left(5)], absent(6, 8), "person_ended"],
    [
      "two devices of one name",
      [],
      (one) => withDevice(one, { key: keyOf("new"), label: "device-1" }, {}, 3),
      "person_exists",
    ],
  ]
  for (const [comment, steps, step, wanted] of refused)
    it(`refuses ${comment}`, () => assert.throws(() => step(after(...steps)), code(wanted)))

  it("a lost device's name is free again", () => {
    const one = withDevice(after(lost(5)), { key: keyOf("new"), label: "device-1" }, {}, 6)
    assert.deepEqual(
      one.devices.map(({ label, to }) => [label, to]),
      [
        ["device-1", 5],
        ["device-1", undefined],
      ],
    )
  })

  it("devices and changes of one person are bounded", () => {
    let one = after()
    for (let i = 1; i < MAX_DEVICES; i++) one = withDevice(one, { key: keyOf(`${i}`) }, {}, 3)
    assert.throws(() => withDevice(one, { key: keyOf("more") }, {}, 3), code("person_full"))
    let changed = after()
    for (let i = 1; i < MAX_TERMS; i++) changed = withRights(changed, i % 2 ? N : D, {}, 1 + i)
    assert.throws(() => withRights(changed, D, {}, 1000), code("person_full"))
    assert.throws(() => absentFor(changed, { from: 1000, until: 1001 }, {}), code("person_full"))
  })
})

describe("a device is meant", () => {
  const two = withDevice(person("ann"), { key: keyOf("second"), label: "phone" }, {}, 3)
  const [first, second] = two.devices.map(({ key }) => toHex(key))
  const rows: readonly (readonly [string, StaffPerson, string, string | undefined])[] = [
    ["by its name", two, "phone", second],
    ["by its key", two, first, first],
    ["by how its key begins", two, second.slice(0, 8), second],
    ["not by too little of a key", two, second.slice(0, 7), undefined],
    ["not by another name", two, "tablet", undefined],
    ["not by the name of one that has ended", withoutDevice(two, keyOf("second"), 5), "phone", undefined],
    ["one that has ended by its key", withoutDevice(two, keyOf("second"), 5), second, second],
  ]
  for (const [comment, one, called, key] of rows)
    it(comment, () => {
      if (key === undefined) assert.throws(() => deviceCalled(one, called, 6), code("unknown_device"))
      else assert.equal(toHex(deviceCalled(one, called, 6).key), key)
    })
})

describe("the directory's leaves", () => {
  const told = (one: StaffPerson) =>
    leavesOf(one).map(({ practitioner: { key, role, from, to } }) => [
      toHex(key) === toHex(keyOf("ann")) ? "first" : "second",
      role,
      from,
      to < 1000 ? to : "open",
    ])
  const rows: readonly (readonly [string, StaffPerson, unknown])[] = [
    ["one of a practitioner", after(), [["first", "doctor", 1, "open"]]],
    ["none of anybody else", admin("root"), []],
    [
      "each role in its time",
      after(change(N, 4)),
      [
        ["first", "doctor", 1, 4],
        ["first", "nurse", 4, "open"],
      ],
    ],
    [
      "none of an absence",
      after(absent(3, 6)),
      [
        ["first", "doctor", 1, 3],
        ["first", "doctor", 6, "open"],
      ],
    ],
    [
      "each device in its time",
      after(again(3), lost(5)),
      [
        ["first", "doctor", 1, 5],
        ["second", "doctor", 3, "open"],
      ],
    ],
    ["what was lost before a role has none in it", after(lost(3), change(N, 4)), [["first", "doctor", 1, 3]]],
    [
      "none of what never was",
      after(absent(3, 6), absent(3, 8)),
      [
        ["first", "doctor", 1, 3],
        ["first", "doctor", 8, "open"],
      ],
    ],
    ["it ends for whoever left, and stays", after(left(5)), [["first", "doctor", 1, 5]]],
  ]
  for (const [comment, one, wanted] of rows) it(comment, () => assert.deepEqual(told(one), wanted))

  it("tell nothing of each other: each has a salt of its own", () => {
    const salts = leavesOf(after(again(3), change(N, 5))).map(({ salt }) => toHex(salt))
    assert.equal(salts.length, 4)
    assert.equal(new Set(salts).size, 4)
  })
  it("keep their salts when their end becomes known", () => {
    assert.deepEqual(leavesOf(after(left(5)))[0].salt, leavesOf(doctor("ann"))[0].salt)
  })
})

/** An older vault at a node that has what is known of a later one from the ledger. */
const restored = (older: StaffPerson, newer: StaffPerson): StaffPerson => {
  const ends = new Map(endsOf(newer).map(({ secret, asOf }) => [toHex(secret), asOf]))
  return withEnds(older, (secret: Bytes) => ends.get(toHex(secret)))
}

describe("an older vault with the ledger's ends", () => {
  const rows: readonly (readonly [string, readonly Step[], string])[] = [
    ["gives a lost device nothing", [lost(5)], ".DDDD....."],
    ["gives whoever left nothing", [left(5)], ".DDDD....."],
    ["gives a role that was taken away nothing", [change(N, 4)], ".DDD......"],
    ["knows nothing of what was added to the rights", [change({ ...A, role: "doctor" }, 4)], ".DDDDDDDDD"],
    [
      "gives nothing once what was added is taken away again",
      [change({ ...A, role: "doctor" }, 4), change(NONE, 6)],
      ".DDDDD....",
    ],
    ["lets nobody back who was absent: it does not know until when", [absent(3, 6)], ".DD......."],
  ]
  for (const [comment, steps, wanted] of rows)
    it(comment, () => assert.equal(shown(restored(after(), after(...steps))), wanted))

  it("does not take whoever left for somebody without a device", () => {
    const back = restored(after(), after(left(5)))
    assert.throws(() => withDevice(back, { key: keyOf("new") }, {}, 6), code("person_ended"))
    assert.ok(withDevice(restored(after(), after(lost(5))), { key: keyOf("new") }, {}, 6))
  })

  const moment = fc.integer({ min: 0, max: 9 })
  const step: fc.Arbitrary<(now: number) => Step> = fc.oneof(
    fc
      .constantFrom(...LETTERS.map(([, rights]) => rights), { ...A, role: "doctor" })
      .map((rights) => (now: number) => change(rights, now)),
    fc.tuple(moment, moment).map(
      ([a, b]) =>
        (now: number) =>
          absent(now + a, now + a + b + 1),
    ),
    moment.map((at) => () => lost(at)),
    moment.map((at) => () => left(at)),
  )
  it("never gives anybody what the newer one does not, and no two times of one person overlap", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), fc.nat(6), (steps, backup) => {
        const states = [after()]
        for (const [i, one] of steps.entries()) {
          const last = states[states.length - 1]
          try {
            states.push(one(2 + i)(last))
          } catch (error) {
            if (!(error instanceof PlatformError)) throw error
          }
        }
        const newest = states[states.length - 1]
        for (let at = 0; at < 30; at++) {
          const terms = newest.terms.filter((one) => !isEmpty(one) && one.from <= at && at < (one.to ?? 99))
          assert.ok(terms.length <= 1)
        }
        const back = restored(states[Math.min(backup, states.length - 1)], newest)
        // What has passed is past; rights count from now on.
        for (let at = 2 + steps.length; at < 30; at++) {
          if (!mayActAt(back, at)) continue
          const [had, has] = [termAt(newest, at), termAt(back, at)]
          assert.ok(mayActAt(newest, at) && had && has)
          assert.ok(!has.isAdministrator || had.isAdministrator)
          assert.ok(has.role === undefined || has.role === had.role)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe("who calls", () => {
  const now = 10
  const rows: readonly (readonly [string, StaffPerson, unknown])[] = [
    ["a practitioner", person("ann", { ...D, from: 3 }), { name: "ann", label: "device-1", ...D, from: 3 }],
    ["before the beginning", person("ann", { from: now + 1 }), undefined],
    [
      "at the beginning",
      person("ann", { from: now }),
      { name: "ann", label: "device-1", ...NONE, from: now },
    ],
    [
      "before the end",
      leftAt(doctor("ann"), now + 1),
      { name: "ann", label: "device-1", ...D, from: 0, to: now + 1 },
    ],
    ["at the end", leftAt(doctor("ann"), now), undefined],
    ["an administrator at the end", leftAt(admin("ann"), now), undefined],
    ["by a device that has ended", withoutDevice(admin("ann"), keyOf("ann"), now), undefined],
    ["while absent", absentFor(doctor("ann"), { from: 9, until: 11 }, {}), undefined],
    [
      "with another role since",
      withRights(doctor("ann"), N, {}, 5),
      { name: "ann", label: "device-1", ...N, from: 5 },
    ],
  ]
  for (const [comment, one, wanted] of rows)
    it(comment, () => {
      const found = new Staff([one]).byKey(keyOf("ann"), now)
      assert.deepEqual(found, wanted && { key: keyOf("ann"), ...wanted })
    })

  it("not by somebody else's key", () => {
    assert.equal(new Staff([person("ann")]).byKey(keyOf("bob")), undefined)
  })
})
