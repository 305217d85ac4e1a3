import assert from "node:assert/strict"
import { once } from "node:events"
import { describe, it } from "node:test"
import type { Fetch } from "@aceso/client"
import { PlatformError } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { pageHeaders } from "../pages/headers.ts"
import { AppWatch } from "./app-watch.ts"
import type { Outbound } from "./outbound.ts"

const ORIGIN = "https://app.example"
const CONFIG = { watchApp: true, watchAppEveryMs: 1000 }
/** A ledger without members and releases. */
const engine = {
  status: async () => ({ checkpoint: { height: 1 } }),
  scan: async () => [],
  read: async () => undefined,
} as unknown as Engine

function watchOf(fetch: Fetch, ledger = engine) {
  const faults: unknown[] = []
  const watch = new AppWatch(
    { app: { operator: "authority", origins: [ORIGIN] } },
    CONFIG,
    ledger,
    { fetch } as Outbound,
    (error) => faults.push(error),
  )
  return { watch, faults }
}
const nothing: Fetch = async () => new Response("no", { status: 404 })

describe("a node's watch over the app", () => {
  it("looks by itself after its start, and tells of what stays wrong once", async () => {
    const { watch, faults } = watchOf(nothing)
    watch.begin()
    // The look that has begun already is the one that a round waits for.
    await watch.round()
    assert.deepEqual(
      watch.newest?.origins.map(({ origin, root, findings }) => [
        origin,
        root,
        findings.map(({ kind }) => kind),
      ]),
      [[ORIGIN, null, ["file_missing"]]],
    )
    const { time } = watch.newest as { time: number }
    await watch.round()
    assert.ok((watch.newest?.time ?? 0) >= time)
    assert.equal(faults.length, 1)
    const [fault] = faults
    assert.ok(fault instanceof PlatformError && fault.code === "app_differs")
    assert.match(fault.message, /https:\/\/app\.example: file_missing, app\.html and 1 more: .*404/)
    await watch.stop()
  })

  it("ends at once with the node, while it waits and while it looks, and keeps no half look", async () => {
    const waiting = watchOf(nothing)
    waiting.watch.begin()
    await waiting.watch.stop()
    assert.equal(waiting.watch.newest, undefined)

    const asked = new EventTarget()
    const { watch, faults } = watchOf((_url, { signal }) => {
      asked.dispatchEvent(new Event("asked"))
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason))
      })
    })
    const begun = once(asked, "asked")
    watch.begin()
    await begun
    await watch.stop()
    assert.equal(watch.newest, undefined)
    assert.deepEqual(faults, [])
  })

  it("lets the app talk to active members that nodes ask, and to no others", async () => {
    const members = [
      { url: "https://active.example", status: "active" },
      { url: "https://suspended.example", status: "suspended" },
      { url: "http://127.0.0.1:1", status: "active" },
    ]
    const ledger = {
      ...engine,
      scan: async () => members.map((row) => ({ key: [], row })),
    } as unknown as Engine
    const origins = members.map(({ url }) => new URL(url).origin)
    const { watch } = watchOf(async () => new Response("", { headers: pageHeaders(origins) }), ledger)
    await watch.look()
    const told = watch.newest?.origins.flatMap(({ findings }) => findings.map(({ detail }) => detail)) ?? []
    assert.deepEqual(
      told.filter((one) => one.includes("connect-src")).sort(),
      ["http://127.0.0.1:1", "https://suspended.example"].map(
        (origin) => `content-security-policy: connect-src allows ${origin}`,
      ),
    )
  })

  it("has nothing to look at where the genesis names no app", async () => {
    const watch = new AppWatch({}, CONFIG, engine, { fetch: nothing } as Outbound, () => assert.fail("told"))
    await watch.look(7)
    assert.deepEqual(watch.newest, { time: 7, origins: [] })
  })
})
