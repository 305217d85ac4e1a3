import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { craftedKeys as keys, sha256 } from "../testing/crafted-keys.ts"
import { Bucket, SLOT } from "./bucket.ts"
import { bitOf, StateTree } from "./tree.ts"

const EMPTY = Buffer.alloc(32)

type Leaf = readonly [key: Buffer, value: Buffer]

/** The reference: a path-compressed trie over sorted keys, made anew each time, by the words of LEDGER.md. */
function naiveRoot(leaves: readonly Leaf[], bit = 0): Buffer {
  if (leaves.length === 0) return EMPTY
  if (leaves.length === 1) return sha256(Buffer.of(0), leaves[0][0], sha256(leaves[0][1]))
  let parts: readonly Leaf[][]
  do {
    const at = bit++
    parts = [0, 1].map((side) => leaves.filter(([key]) => bitOf(key, at) === side))
  } while (parts[0].length === 0 || parts[1].length === 0)
  return sha256(Buffer.of(1), naiveRoot(parts[0], bit), naiveRoot(parts[1], bit))
}

/** A tree beside a plain map, and a store whose cache holds next to nothing. */
class Pair {
  readonly model = new Map<string, Leaf>()
  readonly stored = new Map<string, Buffer>()
  loads = 0
  readonly cacheBytes: number
  tree: StateTree

  constructor(cacheBytes = 2 * SLOT) {
    this.cacheBytes = cacheBytes
    this.tree = this.open()
  }

  set(key: Buffer, value: Buffer | null): void {
    if (value) this.model.set(key.toString("hex"), [key, value])
    else this.model.delete(key.toString("hex"))
    this.tree.set(key, value)
  }

  check(): void {
    assert.deepEqual(this.tree.root(), naiveRoot([...this.model.values()]))
    assert.equal(this.tree.isEmpty, this.model.size === 0)
  }

  /** As the store does it; `meanwhile` runs before what is flushed is written. */
  flush(meanwhile = () => {}): void {
    const { put, remove } = this.tree.beginFlush()
    const before = this.tree.root()
    meanwhile()
    for (const key of remove) this.stored.delete(key.toString("hex"))
    for (const { key, data } of put) this.stored.set(key.toString("hex"), Buffer.from(data))
    assert.deepEqual(this.open().root(), before)
    this.tree.flushed()
  }

  open(): StateTree {
    const tree = new StateTree({ load: (key) => this.load(key) }, this.cacheBytes)
    for (const key of this.stored.keys())
      tree.restore(Buffer.from(key, "hex"), this.load(Buffer.from(key, "hex")))
    return tree
  }

  private load(key: Buffer): Bucket {
    this.loads++
    const data = this.stored.get(key.toString("hex"))
    assert.ok(data, `nothing stored under ${key.toString("hex")}`)
    const bucket = Bucket.of(key, data)
    bucket.isShared = true
    return bucket
  }
}

const change = fc.record({
  at: fc.nat(keys.length - 1),
  value: fc.option(fc.integer({ min: 0, max: 255 }), { freq: 3 }),
})
const apply = (pair: Pair, changes: readonly { readonly at: number; readonly value: number | null }[]) => {
  for (const { at, value } of changes) pair.set(keys[at], value === null ? null : sha256(Buffer.of(value)))
}

describe("the state tree has the root of the reference", () => {
  const batches = fc.array(fc.array(change, { maxLength: 120 }), { minLength: 1, maxLength: 6 })

  it("after each batch of sets and removals", () => {
    fc.assert(
      fc.property(batches, (batches) => {
        const pair = new Pair()
        for (const batch of batches) {
          apply(pair, batch)
          pair.check()
        }
      }),
      { numRuns: 60 },
    )
  })

  it("with flushes between and during batches, buckets read back, and a restart after each", () => {
    const steps = fc.array(
      fc.record({ batch: fc.array(change, { maxLength: 80 }), during: fc.array(change, { maxLength: 40 }) }),
      { minLength: 1, maxLength: 6 },
    )
    fc.assert(
      fc.property(steps, fc.boolean(), (steps, restarts) => {
        const pair = new Pair()
        for (const { batch, during } of steps) {
          apply(pair, batch)
          pair.check()
          pair.flush(() => {
            apply(pair, during)
            pair.check()
          })
          pair.check()
          if (!restarts) continue
          pair.flush()
          pair.tree = pair.open()
          pair.check()
        }
        for (const [key, value] of pair.model.values()) assert.deepEqual(pair.tree.get(key), value)
      }),
      { numRuns: 60 },
    )
  })

  it("while all keys go in and out again, in different orders, until it is empty", () => {
    const order = fc.shuffledSubarray([...keys.keys()], { minLength: keys.length })
    fc.assert(
      fc.property(order, order, fc.integer({ min: 1, max: 90 }), (coming, going, size) => {
        const pair = new Pair()
        for (let i = 0; i < coming.length; i += size) {
          for (const at of coming.slice(i, i + size)) pair.set(keys[at], sha256(keys[at]))
          pair.check()
          pair.flush()
        }
        for (let i = 0; i < going.length; i += size) {
          for (const at of going.slice(i, i + size)) pair.set(keys[at], null)
          pair.check()
          pair.flush()
        }
        assert.ok(pair.loads > keys.length)
        assert.equal(pair.stored.size, 0)
        assert.deepEqual(pair.tree.root(), EMPTY)
      }),
      { numRuns: 12 },
    )
  })

  it("also when a removal names a key that is not there", () => {
    const pair = new Pair()
    for (const key of keys.slice(0, 40)) pair.set(key, sha256(key))
    for (const key of keys.slice(40)) pair.set(key, null)
    pair.check()
  })

  it("with ten thousand keys, which need more nodes than it begins with, and after a restart", () => {
    const pair = new Pair(2 ** 20)
    for (let i = 0; i < 10_000; i++) {
      pair.set(sha256(Buffer.from(`key ${i}`)), sha256(Buffer.from(`value ${i}`)))
      if (i % 1000 === 999) pair.check()
    }
    pair.flush()
    pair.tree = pair.open()
    pair.check()
  })
})
