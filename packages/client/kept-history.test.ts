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
    const of = recordsToKeep(history(many, [part("city")]), [place("city")], about, undefined, 10_000)
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

describe("drugs that a custodian names", () => {
  const drugs = (count: number, size: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...{ custodian: "city", reference: `Medication/${i}` },
      content: utf8(JSON.stringify({ resourceType: "Medication", code: { text: "x".repeat(size) } })),
    }))
  for (const [comment, named, most, room] of [
    ["in any number are kept so that they open again", drugs(1_500, 1), 1_000, 4_000_000],
    ["and that are large take no room from the records", drugs(10, 60_000), 4, 1_000_000],
  ] as const)
    it(comment, async () => {
      const all = { ...history([line("city", 1)], [part("city")]), drugs: named }
      const of = recordsToKeep(all, [place("city")], about, undefined, room)
      assert.equal(of.parts[0].lines.length, 1)
      assert.equal(of.drugs?.length, most)
      assert.deepEqual(await openedRecords(seed, await sealedRecords(seed, of)), of)
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
    const bare = ({ keptAt: _keptAt, ...one }: SourceLine) => one
    const plain = offline.timeline.map((one) => ({
      ...one,
      sources: one.sources.map(bare),
      older: one.older.map(bare),
    }))
    assert.deepEqual(plain, online.timeline)
    assert.ok(offline.timeline.every(({ sources }) => sources.every(({ keptAt }) => keptAt === 42)))
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

describe("what was verified and kept", () => {
  const at = [place("city")]
  const good = [line("city", 1), line("city", 2), line("city", 3)]
  const first = recordsToKeep(history(good, [part("city")]), at, about)
  const offline = (of: KeptRecords) => withKept(history([], [silent("city")]), of, at)
  const shownOf = ({ timeline }: OwnHistory) =>
    timeline.flatMap(({ title, sources }) => sources.map(({ status, keptAt }) => [title, status, keptAt]))
  const other = (one: SourceLine, more: Partial<SourceLine> = {}): SourceLine => ({
    ...one,
    content: utf8(`{"resourceType":"Observation","code":{"text":"a lie"}}`),
    status: "mismatch",
    ...more,
  })
  const bare = ({ content: _content, resourceType: _type, ...rest }: SourceLine): SourceLine => ({
    ...rest,
    status: "withdrawn",
  })
  const now = (lines: readonly SourceLine[], more: Partial<OwnHistoryPart>) =>
    history(lines, [part("city", { height: 9, ...more })])
  const verified = (n: number) => [`city ${n}`, "verified", 42]

  for (const [comment, of, shown] of [
    [
      "lost all but one",
      now([{ ...good[0], status: "damaged" }], { state: "incomplete", lost: 2 }),
      [verified(3), verified(2), verified(1)],
    ],
    [
      "lost all but one, and has a new one since",
      now(
        [
          { ...good[0], status: "damaged" },
          { ...line("city", 4), status: "damaged" },
        ],
        { state: "incomplete", lost: 2 },
      ),
      [["city 4", "damaged", undefined], verified(3), verified(2), verified(1)],
    ],
    [
      "says other things in their place",
      now(
        good.map((one) => other(one)),
        { state: "differs" },
      ),
      [...[verified(3), verified(2), verified(1)], ...good.map(() => ["a lie", "mismatch", undefined])],
    ],
    [
      "says what it was, with one left out and one added",
      now(
        [good[0], good[2], line("city", 5)].map((one) => ({ ...one, status: "mismatch" as const })),
        { state: "differs" },
      ),
      [["city 5", "mismatch", undefined], verified(3), verified(2), verified(1)],
    ],
    [
      "makes up newer versions of them",
      now(
        good.map((one) => other(one, { version: 2 })),
        { state: "differs" },
      ),
      [...[verified(3), verified(2), verified(1)], ...good.map(() => ["a lie", "mismatch", undefined])],
    ],
  ] as const)
    it(`stays, and is shown as of its moment, where its custodian ${comment}`, async () => {
      const filled = withKept(of, first, at)
      assert.deepEqual(shownOf(filled), shown)
      assert.deepEqual(filled.parts[0].earlier, { entries: 3, at: 42 })
      let again = first
      // Opened again and again, the device has it still.
      for (const moment of [100, 200, 300])
        again = recordsToKeep(filled, at, { ...about, now: moment }, again)
      const opened = await openedRecords(seed, await sealedRecords(seed, again))
      assert.deepEqual(
        shownOf(offline(opened)),
        shown.map(([title, status, keptAt]) => [title, status, keptAt ?? 300]),
      )
      // Also where what was read was not filled before, as on another page.
      assert.deepEqual(recordsToKeep(of, at, { ...about, now: 300 }, first), again)
      // And goes once the custodian shows it verified again.
      const back = recordsToKeep(now(good, {}), at, { ...about, now: 400 }, again)
      assert.deepEqual(back.parts[0].earlier, undefined)
      assert.deepEqual(
        shownOf(offline(back)),
        [3, 2, 1].map((n) => [`city ${n}`, "verified", 400]),
      )
    })

  it("stays where its custodian closes it, as an older version that speaks in no block", () => {
    const filled = withKept(now(good.map(bare), { closed: 3 }), first, at)
    assert.deepEqual(
      filled.timeline.map(({ isStruckOut, sources, older }) => [
        ...[isStruckOut, sources.map(({ status }) => status)],
        older.map(({ status, keptAt, content }) => [status, keptAt, content !== undefined]),
      ]),
      good.map(() => [false, [], [["verified", 42, true]]]),
    )
    assert.ok(filled.timeline.every(({ first: block }) => block === undefined))
    const again = recordsToKeep(filled, at, { ...about, now: 100 }, first)
    assert.equal(again.parts[0].earlier?.length, 3)
    assert.deepEqual(
      offline(again).timeline.map(({ sources }) => sources),
      [[], [], []],
    )
  })

  it("gives way to a newer version that is verified, and becomes an older one beneath one that cannot be checked", () => {
    const two = good.map((one): SourceLine => ({ ...one, version: 2 }))
    const both = [...good.map((one): SourceLine => ({ ...one, isSuperseded: true })), ...two]
    const newer = recordsToKeep(now(both, {}), at, { ...about, now: 100 }, first)
    assert.deepEqual([newer.parts[0].earlier, newer.parts[0].lines.length], [undefined, 6])
    const unsure = withKept(
      now(
        two.map((one): SourceLine => ({ ...one, status: "damaged" })),
        { state: "incomplete", lost: 3 },
      ),
      first,
      at,
    )
    assert.deepEqual(
      unsure.timeline.map(({ sources, older }) => [sources[0]?.status, older[0]?.status, older[0]?.keptAt]),
      good.map(() => ["damaged", "verified", 42]),
    )
  })

  it("stays where an older state of the log was shown", () => {
    const behind = recordsToKeep(now(good.slice(0, 2), { height: 5 }), at, { ...about, now: 100 }, first)
    assert.deepEqual(
      behind.parts[0].earlier?.map(({ at, line }) => [at, line.index]),
      [[42, 3]],
    )
  })

  it("is not put back by a page that has shown an older copy since", () => {
    const stale = offline(first)
    const newer = recordsToKeep(now([...good, line("city", 4)], {}), at, { ...about, now: 100 }, first)
    assert.deepEqual(recordsToKeep(stale, at, { ...about, now: 200 }, newer), newer)
  })

  it("has room before anything that nobody proves", () => {
    const flood = Array.from({ length: 40 }, (_, i) => ({
      ...line("city", 50 + i, 1000),
      status: "mismatch" as const,
    }))
    const full = recordsToKeep(now(flood, { state: "differs" }), at, { ...about, now: 100 }, first, 10_000)
    assert.equal(full.parts[0].earlier?.length, 3)
    assert.ok(full.parts[0].left > 30)
  })

  it("of a handle that does not answer stays where another handle there does", () => {
    const twice = [place("city"), place("city", randomBytes(32))]
    const of = recordsToKeep(history(good, [part("city"), part("city")]), twice, about)
    const half = history([], [silent("city"), part("city")])
    const again = recordsToKeep(half, twice, { ...about, now: 100 }, of)
    const none = history([], [silent("city"), silent("city")])
    assert.deepEqual(titles(withKept(none, again, twice)), ["city 3", "city 2", "city 1"])
  })
})
