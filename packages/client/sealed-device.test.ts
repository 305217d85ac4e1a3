import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Bytes, randomBytes } from "@aceso/core"
import { forgetfulDevice } from "./device.ts"
import { memoryOf, SealedDevice, type SealedStore } from "./sealed-device.ts"
import { deviceSuite, invitation, inviting, letter, writing } from "./testing/device-suite.ts"

/** A store in memory, as a browser's is: one at a time, all or nothing. */
class Shelf implements SealedStore {
  readonly parts = new Map<string, Bytes>()
  private last: Promise<unknown> = Promise.resolve()
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work, work)
    this.last = done.catch(() => {})
    return done
  }
  async load(names: readonly string[]) {
    return new Map([...this.parts].filter(([name]) => names.includes(name)))
  }
  async save(parts: ReadonlyMap<string, Bytes>) {
    for (const [name, content] of parts) this.parts.set(name, content)
  }
}

deviceSuite("as long as its process lives", {
  lasts: false,
  open: () => {
    const device = forgetfulDevice()
    return { device, again: () => device }
  },
})
deviceSuite("sealed where others may write", {
  open: () => {
    const [shelf, key] = [new Shelf(), randomBytes(32)]
    const again = () => new SealedDevice(shelf, key, false)
    return { device: new SealedDevice(shelf, key, false), again }
  },
})

async function filled() {
  const [shelf, key] = [new Shelf(), randomBytes(32)]
  const device = new SealedDevice(shelf, key, false)
  await device.change(inviting(invitation("Lin Mei")))
  await device.change(writing(letter(1)))
  await device.change(writing(letter(2)))
  return { shelf, key, again: (by = key) => new SealedDevice(shelf, by, true) }
}
const change = (shelf: Shelf, name: string, edit: (content: Bytes) => Bytes) =>
  shelf.parts.set(name, edit(shelf.parts.get(name) ?? new Uint8Array()))
const flipped = (content: Bytes) => content.map((byte, i) => (i === 20 ? byte ^ 1 : byte))
const everything = [
  { part: "places", count: null },
  { part: "invited", count: null },
  { part: "written", count: null },
]

describe("a sealed memory that somebody else wrote in", () => {
  const rows: readonly (readonly [string, (shelf: Shelf) => unknown, string, readonly object[]])[] = [
    [
      "one part changed",
      (shelf) => change(shelf, "written", flipped),
      "damaged",
      [{ part: "written", count: 2 }],
    ],
    [
      "one part cut",
      (shelf) => change(shelf, "invited", (all) => all.slice(0, -1)),
      "damaged",
      [{ part: "invited", count: 1 }],
    ],
    [
      "one part cut to nothing",
      (shelf) => change(shelf, "invited", () => new Uint8Array()),
      "damaged",
      [{ part: "invited", count: 1 }],
    ],
    [
      "one part taken away",
      (shelf) => shelf.parts.delete("written"),
      "damaged",
      [{ part: "written", count: 2 }],
    ],
    [
      "two parts swapped",
      (shelf) => {
        const [a, b] = [shelf.parts.get("invited"), shelf.parts.get("written")]
        if (b) shelf.parts.set("invited", b)
        if (a) shelf.parts.set("written", a)
      },
      "damaged",
      [
        { part: "invited", count: 1 },
        { part: "written", count: 2 },
      ],
    ],
    ["the index changed", (shelf) => change(shelf, "index", flipped), "damaged", everything],
    ["the index taken away", (shelf) => shelf.parts.delete("index"), "damaged", everything],
    ["all of it cleared", (shelf) => shelf.parts.clear(), "cleared", everything],
  ]
  for (const [comment, attack, state, lost] of rows)
    it(`is refused, says what is gone, and begins anew when it is told to: ${comment}`, async () => {
      const { shelf, again } = await filled()
      attack(shelf)
      const device = again()
      assert.deepEqual(await device.state(), { state, lost })
      await assert.rejects(device.read(), { code: "memory_damaged" })
      await assert.rejects(device.change(inviting(invitation("Wu"))), { code: "memory_damaged" })
      await device.begin()
      assert.deepEqual((await device.state()).state, state, "nothing is begun anew unasked")
      await device.forgetLost()
      assert.deepEqual(await again().state(), { state: "whole", lost: [] })
      const { invited = [], written = [] } = await again().read()
      const isLost = (part: string) => lost.some((one) => "part" in one && one.part === part)
      assert.deepEqual(
        [invited.length, written.length],
        [isLost("invited") ? 0 : 1, isLost("written") ? 0 : 2],
      )
    })

  it("does not take an older state of one part for the newest", async () => {
    const { shelf, again } = await filled()
    const older = shelf.parts.get("written")
    await again().change(writing(letter(3)))
    if (older) shelf.parts.set("written", older)
    assert.deepEqual((await again().state()).lost, [{ part: "written", count: 3 }])
  })

  it("opens to its own seed alone, and lies under another name for each whom somebody acts for", async () => {
    const { again } = await filled()
    assert.deepEqual((await again(randomBytes(32)).state()).state, "damaged")
    const seed = randomBytes(32)
    const [own, other] = [memoryOf(seed), memoryOf(seed, "city", randomBytes(32), 1)]
    assert.notDeepEqual(own.id, other.id)
    assert.notDeepEqual(own.key, other.key)
    assert.deepEqual(memoryOf(seed), own)
  })
})

describe("a sealed memory", () => {
  it("shows nothing of what it holds", async () => {
    const [shelf, key] = [new Shelf(), randomBytes(32)]
    const device = new SealedDevice(shelf, key, false)
    await device.change(inviting(invitation("Lin Mei")))
    for (const content of shelf.parts.values()) assert.ok(!Buffer.from(content).includes("Lin"))
  })

  it("is begun once, and from then on its absence is known", async () => {
    const [shelf, key] = [new Shelf(), randomBytes(32)]
    const device = new SealedDevice(shelf, key, false)
    assert.deepEqual((await device.state()).state, "new")
    await device.begin()
    await device.begin()
    assert.deepEqual((await new SealedDevice(shelf, key, true).state()).state, "whole")
  })

  it("writes what has changed and no more", async () => {
    const { shelf, again } = await filled()
    const before = new Map(shelf.parts)
    await again().change(inviting(invitation("Wu")))
    const same = [...shelf.parts]
      .filter(([name, content]) => before.get(name) === content)
      .map(([name]) => name)
    assert.deepEqual(same.toSorted(), ["places", "written"])
  })

  it("has no room for what is too much: nothing is changed", async () => {
    const { again } = await filled()
    const large = Array.from({ length: 52 }, (_, i) => letter(i, 1_000_000))
    const tooMuch = again().change((memory) => ({ ...memory, written: large }))
    await assert.rejects(tooMuch, { code: "memory_full" })
    assert.equal((await again().read()).written?.length, 2)
  })
})
