import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { randomBytes, sha256, toHex, utf8 } from "@aceso/core"
import type { SourceLine } from "./history-schemas.ts"
import {
  type KeptRecords,
  keptId,
  MAX_KEPT_BYTES,
  openedRecords,
  recordsToKeep,
  sealedRecords,
  withKept,
} from "./kept-history.ts"
import type { OwnHistory, OwnHistoryPart } from "./own-history.ts"
import { mergeTimeline } from "./timeline.ts"

const seed = randomBytes(32)
const place = (custodian: string, handle = sha256(utf8(custodian))) => ({
  ...{ custodian, handle, keyNumber: 0, url: `https://${custodian}.example` },
})
const line = (custodian: string, index: number, size = 10): SourceLine => ({
  ...{ custodian, index, version: 1, height: 7, status: "verified", isSuperseded: false },
  recordId: sha256(utf8(`${custodian}/${index}`)),
  resourceType: "Observation",
  content: utf8(
    JSON.stringify({
      resourceType: "Observation",
      effectiveDateTime: `20${String(10 + index)}-05-01`,
      code: { text: `${custodian} ${index}` },
      note: [{ text: "x".repeat(size) }],
    }),
  ),
})
const part = (custodian: string, more: Partial<OwnHistoryPart> = {}): OwnHistoryPart => ({
  ...{ custodian, state: "matches", height: 7, dummies: 1, closed: 0, lost: 0 },
  ...{ shown: 3, committed: 3, steps: [5, 3] },
  ...more,
})
const history = (lines: readonly SourceLine[], parts: readonly OwnHistoryPart[]): OwnHistory => ({
  ...{ timeline: mergeTimeline(lines), parts },
})
const silent = (custodian: string) =>
  part(custodian, {
    ...{ state: "unreachable", height: 0, dummies: 0, shown: 0, committed: 0, steps: [] },
    why: { code: "node_unreachable", message: "no answer" },
  })
const about = { network: "net", policyDelayMs: 1000, organisations: { city: "City Hospital" }, now: 42 }
const places = [place("city"), place("county")]
const lines = [line("city", 1), line("city", 2), line("county", 3)]
const kept = recordsToKeep(history(lines, [part("city"), part("county")]), places, about)
const titles = ({ timeline }: OwnHistory) => timeline.map(({ title }) => title)

describe("what a device keeps of its person's records", () => {
  it("opens again as it was", async () => {
    assert.deepEqual(await openedRecords(seed, await sealedRecords(seed, kept)), kept)
  })

  it("has a size that says little, and is never the same twice", async () => {
    const withLines = (n: number): KeptRecords => ({
      ...kept,
      parts: [{ ...kept.parts[0], lines: Array.from({ length: n }, (_, i) => line("city", i)) }],
    })
    const sizes = await Promise.all(
      [0, 1, 100].map(async (n) => (await sealedRecords(seed, withLines(n))).length),
    )
    assert.equal(new Set(sizes).size, 1)
    assert.equal((await sealedRecords(seed, withLines(1000))).length - sizes[0], 7 * 64 * 2 ** 10)
    assert.notDeepEqual(await sealedRecords(seed, kept), await sealedRecords(seed, kept))
  })

  it("lies under a name that follows from the seed alone, and is not the key", () => {
    assert.equal(keptId(seed), keptId(Uint8Array.from(seed)))
    assert.notEqual(keptId(seed), keptId(randomBytes(32)))
    assert.ok(!toHex(seed).includes(keptId(seed)))
  })

  const changed =
    (at: number, by = 1) =>
    (content: Uint8Array) => {
      const copy = Uint8Array.from(content)
      copy[at < 0 ? copy.length + at : at] ^= by
      return copy
    }
  for (const [comment, tamper] of [
    ["another format", changed(0)],
    ["a bit of the nonce", changed(1)],
    ["the first bit of the content", changed(13)],
    ["a bit of the length, by which padding would be read as records", changed(14, 0x80)],
    ["a bit in the padding", changed(60_000)],
    ["a bit of the tag", changed(-1)],
    ["cut by one byte", (content: Uint8Array) => content.slice(0, -1)],
    ["cut to its nonce", (content: Uint8Array) => content.slice(0, 13)],
    ["one byte longer", (content: Uint8Array) => Uint8Array.of(...content, 0)],
    ["nothing", () => new Uint8Array()],
    ["zeros", (content: Uint8Array) => new Uint8Array(content.length)],
  ] as const)
    it(`is refused when it was changed: ${comment}`, async () => {
      const content = tamper(await sealedRecords(seed, kept))
      await assert.rejects(openedRecords(seed, content), { code: "kept_changed" })
    })

  it("of another person is never opened, also where it was put under one's own name", async () => {
    const other = await sealedRecords(randomBytes(32), kept)
    await assert.rejects(openedRecords(seed, other), { code: "kept_changed" })
  })

  it("that is no list of records is refused although it was sealed", async () => {
    const none = { ...kept, parts: [{ ...kept.parts[0], state: "perfect" }] } as unknown as KeptRecords
    await assert.rejects(openedRecords(seed, await sealedRecords(seed, none)), { code: "kept_changed" })
  })

  it("beyond what may be kept is refused", async () => {
    const large = { ...kept, parts: [{ ...kept.parts[0], lines: [line("city", 1, MAX_KEPT_BYTES)] }] }
    await assert.rejects(sealedRecords(seed, large), RangeError)
  })

  it("is the newest of it where not all has room, and says how many were left", async () => {
    const many = Array.from({ length: 10 }, (_, i) => line("city", i, 1000))
    const of = recordsToKeep(history(many, [part("city")]), [place("city")], about, 10_000)
    const [{ lines: own, left }] = of.parts
    assert.equal(own.length + left, 10)
    assert.ok(own.length > 2 && left > 2, `${own.length} kept, ${left} left`)
    assert.deepEqual(
      own.map(({ index }) => index),
      [9, 8, 7, 6, 5, 4, 3, 2, 1, 0].slice(0, own.length),
    )
    assert.ok((await sealedRecords(seed, of)).length <= 64 * 2 ** 10 + 29)
  })
})

describe("a history where a custodian does not answer", () => {
  it("has what was kept of it, and says of when", () => {
    const now = history([line("city", 9)], [part("city", { height: 9 }), silent("county")])
    const filled = withKept(now, kept, places)
    assert.deepEqual(titles(filled), ["city 9", "county 3"])
    assert.deepEqual(
      filled.parts.map(({ height, keptAt }) => [height, keptAt]),
      [
        [9, undefined],
        [7, 42],
      ],
    )
    const again = recordsToKeep(filled, places, { ...about, now: 99 })
    assert.deepEqual(
      again.parts.map(({ at }) => at),
      [99, 42],
      "what was kept before keeps its moment",
    )
  })

  it("is the very same as when all answered", () => {
    const online = history(lines, [part("city"), part("county")])
    const offline = withKept(history([], [silent("city"), silent("county")]), kept, places)
    assert.deepEqual(offline.timeline, online.timeline)
  })

  for (const [comment, at] of [
    ["another handle", place("county", randomBytes(32))],
    ["another custodian", place("village")],
  ] as const)
    it(`has nothing of ${comment}`, () => {
      const now = history([], [silent("city"), silent(at.custodian)])
      assert.deepEqual(titles(withKept(now, kept, [places[0], at])), ["city 2", "city 1"])
    })

  it("keeps lines of two handles at a custodian once", () => {
    const twice = [place("city"), place("city", randomBytes(32))]
    const of = recordsToKeep(history(lines.slice(0, 2), [part("city"), part("city")]), twice, about)
    const offline = history([], [silent("city"), silent("city")])
    assert.deepEqual(titles(withKept(offline, of, twice)), ["city 2", "city 1"])
  })
})
