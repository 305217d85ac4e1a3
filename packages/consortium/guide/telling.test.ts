import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, it, mock } from "node:test"
import type { Guide, GuideLook } from "@aceso/cli/tours/guide.ts"
import { Tellings } from "./telling.ts"

const both = { en: "", zh: "" }
const plain = { title: both, who: "somebody", does: both, proves: both }
/** Both ask for the same: that something was granted while they are told. */
const isGranted = (look: GuideLook) => look.permits("county")
const tourOf = (name: string): Guide => ({
  ...{ name, title: both, summary: both },
  steps: [
    { ...plain, id: "grant", isDone: isGranted },
    { ...plain, id: "look", page: () => "/audit" },
    {
      ...plain,
      id: "revoke",
      isDone: async (look) => look.seen("grant") !== undefined && !(await isGranted(look)),
    },
  ],
})

let folder: string
/** What the nodes would say: when consents that still hold were signed, ms. */
let signed: number[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aceso-telling-"))
  signed = []
  mock.timers.enable({ apis: ["Date"], now: 1_000 })
})
afterEach(() => {
  mock.timers.reset()
  rmSync(folder, { recursive: true, force: true })
})
const tellings = () =>
  new Tellings(
    folder,
    new Map(),
    [tourOf("one"), tourOf("two")],
    (_folder, _nodes, isOurs, seen) =>
      ({ isOurs, seen, permits: async () => signed.some(isOurs) }) as Partial<GuideLook> as GuideLook,
  )
const ticks = async (name: string) =>
  (await tellings().now(name)).flatMap(({ id, isDone }) => (isDone ? [id] : []))
const passes = () => mock.timers.tick(10)
/** Something is granted now, as people do in the middle of a moment. */
function grant() {
  passes()
  signed.push(Date.now())
  passes()
}

describe("a tour", () => {
  it("has no ticks before somebody tells it, whatever the nodes say", async () => {
    grant()
    assert.deepEqual(await ticks("one"), [])
    tellings().open("one")
    assert.deepEqual(await ticks("one"), [], "what was there before is no part of it")
    grant()
    assert.deepEqual(await ticks("one"), ["grant"])
    signed = []
    assert.deepEqual(await ticks("one"), ["grant", "revoke"])
  })

  it("does not tick what is done while another one is told, nor when somebody comes back to it", async () => {
    tellings().open("one")
    passes()
    tellings().open("two")
    grant()
    assert.deepEqual(await ticks("one"), [])
    assert.deepEqual(await ticks("two"), ["grant"])
    tellings().open("one")
    assert.deepEqual(await ticks("one"), [])
    assert.deepEqual(await ticks("two"), ["grant"], "what it had stays")
    signed = []
    assert.deepEqual(await ticks("two"), ["grant"], "nor what is taken back meanwhile")
    grant()
    assert.deepEqual(await ticks("one"), ["grant"])
    tellings().open("two")
    assert.deepEqual(await ticks("two"), ["grant", "revoke"])
  })

  it("finds again what was done while it was told, after another one was", async () => {
    tellings().open("one")
    grant()
    tellings().open("two")
    passes()
    tellings().open("one")
    assert.deepEqual(await ticks("one"), ["grant"])
  })

  it("ticks a step that only looks once its page was opened, and no other one that way", async () => {
    tellings().looked("one", "look")
    tellings().looked("one", "look")
    assert.deepEqual(await ticks("one"), ["look"])
    for (const step of ["grant", "nothing"])
      assert.throws(() => tellings().looked("one", step), { code: "unknown_step" })
    assert.throws(() => tellings().looked("three", "look"), { code: "unknown_tour" })
  })

  it("begins anew with nothing", async () => {
    tellings().open("one")
    grant()
    tellings().looked("one", "look")
    assert.deepEqual(await ticks("one"), ["grant", "look"])
    passes()
    await tellings().begin("one")
    assert.deepEqual(await ticks("one"), [])
  })
})
