import assert from "node:assert/strict"
import { cpSync, rmSync } from "node:fs"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import {
  encodeCbor,
  encodeRow,
  object,
  PlatformError,
  rowKeyHash,
  table,
  text,
  uint,
  verifyRow,
} from "@aceso/core"
import fc from "fast-check"
import { temporaryFolder } from "../testing/network.ts"
import type { RowWrite } from "./rows.ts"
import { type StateOptions, StateStore } from "./store.ts"

const definition = {
  key: [text(8), uint()],
  row: object({ n: uint() }),
  version: 1,
  readers: "members",
} as const
const visits = table({ name: "visits", ...definition })
/** Their names begin alike, and must not run into each other; one is longer than the others' whole keys. */
const others = ["visit", "visits2", "visitsOfAllWhoEverCameToThisHouse"]
const tables = [visits, ...others.map((name) => table({ name, ...definition }))]

type Key = [string, number]
interface Place {
  readonly table: typeof visits
  readonly key: Key
}
const places: readonly Place[] = tables.flatMap((table) =>
  ["a", "b", "aa"].flatMap((who) =>
    [0, 1, 23, 24, 255, 256, 70_000].map((n) => ({ table, key: [who, n] as Key })),
  ),
)
const nameOf = ({ table, key }: Place) => `${table.name}/${key.join("/")}`
/** Never removed: genesis holds at least one row, so there is always something to prove with. */
const lasting: Place = { table: visits, key: ["z", 0] }

type Snapshot = ReadonlyMap<string, number>

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A store beside a model of it: one plain map and one root for each height. */
class Pair {
  readonly options: StateOptions
  readonly states: Snapshot[] = [new Map()]
  readonly roots: Buffer[] = [Buffer.alloc(32)]
  readonly writes: (readonly (readonly [Place, number | undefined])[])[] = [[]]
  store: StateStore

  constructor(heights = 1000) {
    const folder = temporaryFolder()
    folders.push(folder)
    this.options = { folder: join(folder, "state"), heights, cacheBytes: 4096 }
    this.store = StateStore.open(this.options)
    this.apply([[lasting, 1]])
  }

  get height(): number {
    return this.states.length - 1
  }

  apply(changes: readonly (readonly [Place, number | undefined])[]): void {
    const unique = new Map(changes.map((change) => [nameOf(change[0]), change]))
    const state = new Map(this.states[this.height])
    for (const [place, n] of unique.values())
      if (n === undefined) state.delete(nameOf(place))
      else state.set(nameOf(place), n)
    this.states.push(state)
    this.writes.push([...unique.values()])
    this.roots.push(replay(this.store, this.height, this.writes[this.height]))
  }

  async reopen(): Promise<void> {
    await this.store.close()
    this.store = StateStore.open(this.options)
  }

  /** Every place at that height: the value, and a proof of it against the root of that height. */
  check(height: number, store = this.store): void {
    for (const place of [lasting, ...places]) {
      const { table, key } = place
      const n = this.states[height].get(nameOf(place))
      const at = `${nameOf(place)} at ${height} of ${this.height}`
      assert.deepEqual(store.readAt(table, key, height), n === undefined ? undefined : { n }, at)
      const { row, proof } = store.prove(table, key, height)
      assert.deepEqual(
        row && Buffer.from(row),
        n === undefined ? null : Buffer.from(encodeRow(table, { n })),
        at,
      )
      assert.ok(verifyRow(this.roots[height], rowKeyHash(table.name, key), row, proof), `proof of ${at}`)
    }
  }

  checkAll(from = 1): void {
    for (let height = from; height <= this.height; height++) this.check(height)
  }
}

const replay = (store: StateStore, height: number, writes: Pair["writes"][number]): Buffer =>
  store.apply(
    height,
    writes.map(([{ table, key }, n]): RowWrite => {
      return {
        row: store.row(table as unknown as RowWrite["table"], key),
        table: table as unknown as RowWrite["table"],
        decoded: n === undefined ? undefined : { n },
      }
    }),
  )

const change = fc.tuple(fc.nat(places.length - 1), fc.option(fc.nat(1000), { nil: undefined, freq: 3 }))
const block = fc.array(change, { maxLength: 25 })
const write = (pair: Pair, changes: readonly (readonly [number, number | undefined])[]) =>
  pair.apply(changes.map(([at, n]) => [places[at], n]))
/** A repeatable mix of writes and removals. */
const mixed = (height: number) =>
  Array.from({ length: 12 }, (_, i): [number, number | undefined] => {
    const value = (height * 7919 + i * 104_729) % 9973
    return [value % places.length, value % 3 === 0 ? undefined : value]
  })

const failsAs = (code: string) => (error: unknown) => error instanceof PlatformError && error.code === code

describe("reads and proofs at every older height equal the model", () => {
  const next = fc.constantFrom("go on", "flush", "flush while going on", "reopen")
  const steps = fc.array(fc.record({ block, next }), { minLength: 1, maxLength: 30 })

  it("whatever is written, flushed and opened again in between", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const pair = new Pair()
        for (const { block, next } of steps) {
          write(pair, block)
          if (next === "flush") await pair.store.flush()
          if (next === "flush while going on") void pair.store.flush()
          if (next === "reopen") await pair.reopen()
          pair.check(pair.height)
          pair.check(pair.height - 1 || 1)
        }
        pair.checkAll()
        await pair.store.flush()
        pair.checkAll()
        await pair.reopen()
        pair.checkAll()
        await pair.store.close()
      }),
      { numRuns: 8 },
    )
  })

  it("also over blocks that write nothing", async () => {
    const pair = new Pair()
    write(pair, mixed(1))
    for (let i = 0; i < 5; i++) pair.apply([])
    pair.checkAll()
    await pair.reopen()
    pair.checkAll()
    await pair.store.close()
  })

  it("also from what a crash leaves: the last flush, after which the log's tail is executed again", async () => {
    const pair = new Pair()
    for (let i = 0; i < 10; i++) write(pair, mixed(i))
    const flushed = pair.store.flush()
    const height = pair.height
    for (let i = 0; i < 10; i++) write(pair, mixed(100 + i))
    await flushed
    assert.equal(pair.store.flushedHeight, height)
    const folder = `${pair.options.folder}-copy`
    cpSync(pair.options.folder, folder, { recursive: true })
    const copy = StateStore.open({ ...pair.options, folder })
    assert.equal(copy.height, height)
    for (let h = 1; h <= height; h++) pair.check(h, copy)
    for (let h = height + 1; h <= pair.height; h++)
      assert.deepEqual(replay(copy, h, pair.writes[h]), pair.roots[h], `root at ${h}`)
    pair.check(height, copy)
    pair.check(pair.height, copy)
    await copy.close()
    await pair.store.close()
  })
})

describe("heights", () => {
  const checkWindow = (pair: Pair, heights: number) => {
    pair.checkAll(pair.height - heights + 1)
    for (let height = 0; height <= pair.height - heights; height++) {
      assert.throws(() => pair.store.readAt(visits, ["a", 0], height), failsAs("height_pruned"), `${height}`)
      assert.throws(() => pair.store.prove(visits as never, ["a", 0], height), failsAs("height_pruned"))
    }
  }

  it("beyond those kept are pruned, before and after a flush and after opening again", async () => {
    const pair = new Pair(12)
    for (let i = 0; i < 30; i++) write(pair, mixed(i))
    checkWindow(pair, 12)
    await pair.store.flush()
    checkWindow(pair, 12)
    for (let i = 0; i < 5; i++) write(pair, mixed(i))
    checkWindow(pair, 12)
    await pair.reopen()
    checkWindow(pair, 12)
    const kept = [...pair.store.db.undo.getKeys({})]
    assert.deepEqual([kept[0], kept.at(-1), kept.length], [pair.height - 11, pair.height, 12])
    await pair.store.close()
  })

  it("that are not there yet are unknown", async () => {
    const { store } = new Pair()
    assert.throws(() => store.readAt(visits, ["a", 0], 2), failsAs("height_unknown"))
    assert.throws(() => store.prove(visits as never, ["a", 0], 2), failsAs("height_unknown"))
    await store.close()
  })
})

describe("scan", () => {
  const expected = (pair: Pair, wanted: typeof visits, prefix: readonly (string | number)[]) =>
    [lasting, ...places]
      .filter(({ table, key }) => table === wanted && prefix.every((part, i) => key[i] === part))
      .filter((place) => pair.states[pair.height].has(nameOf(place)))
      .sort((a, b) => Buffer.compare(encodeCbor(a.key), encodeCbor(b.key)))
      .map((place) => ({ key: place.key, row: { n: pair.states[pair.height].get(nameOf(place)) } }))

  const checkScans = (pair: Pair) => {
    for (const table of tables)
      for (const prefix of [[], ["a"], ["aa"], ["nobody"], ["a", 24], ["b", 1]])
        assert.deepEqual([...pair.store.scan(table as never, prefix)], expected(pair, table, prefix))
  }

  it("gives a table's rows in key order, by prefix, wherever they lie just now", async () => {
    const pair = new Pair()
    for (let i = 0; i < 10; i++) {
      write(pair, mixed(i))
      checkScans(pair)
    }
    const flushed = pair.store.flush()
    checkScans(pair)
    for (let i = 10; i < 15; i++) write(pair, mixed(i))
    checkScans(pair)
    await flushed
    checkScans(pair)
    await pair.reopen()
    checkScans(pair)
    await pair.store.close()
  })
})

describe("a damaged state folder", () => {
  it("is refused with the repair when a page of the tree is missing", async () => {
    const pair = new Pair()
    for (let i = 0; i < 10; i++) write(pair, mixed(i))
    await pair.store.flush()
    const [first] = pair.store.db.buckets.getKeys({ limit: 1 })
    await pair.store.db.buckets.remove(first)
    await pair.store.db.root.close()
    assert.throws(() => StateStore.open(pair.options), {
      code: "state_damaged",
      message: /aceso rebuild-state/,
    })
  })
})
