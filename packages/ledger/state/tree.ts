import type { ExistenceProof, StateProof } from "@aceso/core"
import { Bucket, copy32, MAX_LEAVES, sha256Into } from "./bucket.ts"

/** Where buckets lie while they are not in memory. Keys: see bucketKey. */
export interface BucketStore {
  load(key: Buffer): Bucket
}

const NONE = -1
const pair = Buffer.alloc(65)
pair[0] = 1

interface Neighbour {
  readonly node: number
  readonly bucket: Bucket
  readonly index: number
}

/**
 * The state tree: a path-compressed Merkle trie over 32-byte keys (LEDGER.md, State tree). The top, as far
 * down as the buckets, is in typed arrays; buckets of at most 16 leaves come from the store and are kept in a
 * bounded cache. A node's hash is that of its only child when the other side is empty, so where buckets
 * begin does not show in the root.
 */
export class StateTree {
  private readonly store: BucketStore
  private readonly cacheLimitBytes: number
  private left = new Int32Array(1024)
  private right = new Int32Array(1024)
  private hashes = Buffer.alloc(1024 * 32)
  /** Bits: 1 inner node, 2 has leaves below, 4 to be hashed again. */
  private flags = new Uint8Array(1024)
  private nodeCount = 1
  /** Buckets in memory, by node. Two generations make a cheap least-recently-used order. */
  private cached: (Bucket | undefined)[] = []
  private generation = 0
  private usedBytes = 0
  /** Buckets changed since the last flush, by node; they stay in memory. */
  private changed = new Map<number, Bucket>()
  private flushing = new Map<number, Bucket>()
  private removedKeys: Buffer[] = []
  /** Buckets touched since the last takeTouched(), with the root they had (null: empty). */
  private touched = new Map<number, { storeKey: Buffer; root: Buffer | null }>()

  constructor(store: BucketStore, cacheLimitBytes: number) {
    this.store = store
    this.cacheLimitBytes = cacheLimitBytes
    this.left[0] = this.right[0] = NONE
  }

  /** Restores the top from the store's entries: the path of each bucket and the root of its leaves. */
  restore(key: Buffer, bucket: Bucket): void {
    const depth = depthOf(key)
    let node = 0
    for (let bit = 0; bit < depth; bit++) {
      if (!(this.flags[node] & 1)) this.makeInner(node)
      node = bitOf(key, bit) ? this.right[node] : this.left[node]
    }
    this.setBucketHash(node, bucket)
    // It was read anyway: what fits stays, so that a node that was restarted is not slow at first.
    if (this.usedBytes < this.cacheLimitBytes / 4) {
      this.cached[node] = bucket
      this.use(bucket)
    }
    for (let up = 0, bit = 0; up !== node; bit++) {
      this.flags[up] |= 4
      up = bitOf(key, bit) ? this.right[up] : this.left[up]
    }
  }

  /** Sets (value) or removes (null) keys; hash afterwards with root(). */
  set(key: Uint8Array, value: Uint8Array | null): void {
    let node = 0
    let depth = 0
    while (this.flags[node] & 1) {
      this.flags[node] |= 4
      node = bitOf(key, depth++) ? this.right[node] : this.left[node]
    }
    const bucket = this.bucketAt(node, key, depth)
    if (!this.touched.has(node))
      this.touched.set(node, { storeKey: bucket.storeKey, root: this.hashOf(node) })
    if (value === null) bucket.remove(key)
    else bucket.set(key, value)
    this.flags[node] |= 4
    this.changed.set(node, bucket)
    if (bucket.count > MAX_LEAVES) this.split(node, bucket, depth)
  }

  /** The roots that the touched buckets had before: what a proof at an older height is made from. */
  takeTouched(): { storeKey: Buffer; root: Buffer | null }[] {
    const all = [...this.touched.values()]
    this.touched.clear()
    return all
  }

  get(key: Uint8Array): Buffer | null {
    const { bucket } = this.locate(key)
    const i = bucket.find(key)
    return i < 0 ? null : Buffer.from(bucket.value(i))
  }

  root(): Buffer {
    this.rehash(0)
    return Buffer.from(this.hashes.subarray(0, 32))
  }

  /** Whether any key is present. */
  get isEmpty(): boolean {
    this.rehash(0)
    return !(this.flags[0] & 2)
  }

  prove(key: Uint8Array): StateProof {
    this.rehash(0)
    const { node, bucket } = this.locate(key)
    const found = bucket.find(key)
    if (found >= 0)
      return { present: this.existence({ node, bucket, index: found }), left: null, right: null }
    const at = ~found
    const left = at > 0 ? { node, bucket, index: at - 1 } : this.neighbour(key, true)
    const right = at < bucket.count ? { node, bucket, index: at } : this.neighbour(key, false)
    return { present: null, left: left && this.existence(left), right: right && this.existence(right) }
  }

  /** What has to be written; the caller writes it in one transaction and then calls flushed(). */
  beginFlush(): { put: { key: Buffer; data: Buffer }[]; remove: Buffer[] } {
    this.rehash(0)
    const put: { key: Buffer; data: Buffer }[] = []
    for (const [node, bucket] of this.changed) {
      if (this.flags[node] & 1) continue
      if (bucket.count === 0) {
        this.removedKeys.push(bucket.storeKey)
        continue
      }
      bucket.isShared = true
      put.push({ key: bucket.storeKey, data: bucket.slots() })
    }
    const remove = this.removedKeys
    this.removedKeys = []
    this.flushing = this.changed
    this.changed = new Map()
    return { put, remove }
  }

  flushed(): void {
    for (const [node, bucket] of this.flushing) if (!this.changed.has(node)) bucket.isShared = false
    this.flushing = new Map()
  }

  isInner(node: number): boolean {
    return (this.flags[node] & 1) === 1
  }

  child(node: number, bit: number): number {
    return bit === 1 ? this.right[node] : this.left[node]
  }

  /** Every leaf below a node; `path` leads to it in its first `depth` bits. */
  *leavesBelow(node: number, path: Uint8Array, depth: number): Generator<{ key: Buffer; value: Buffer }> {
    if (this.flags[node] & 1) {
      const way = Buffer.from(path)
      setBit(way, depth, false)
      yield* this.leavesBelow(this.left[node], way, depth + 1)
      setBit(way, depth, true)
      yield* this.leavesBelow(this.right[node], way, depth + 1)
      return
    }
    const bucket = this.bucketAt(node, path, depth)
    for (let i = 0; i < bucket.count; i++)
      yield { key: Buffer.from(bucket.key(i)), value: Buffer.from(bucket.value(i)) }
  }

  private locate(key: Uint8Array): { node: number; bucket: Bucket } {
    let node = 0
    let depth = 0
    while (this.flags[node] & 1) node = bitOf(key, depth++) ? this.right[node] : this.left[node]
    return { node, bucket: this.bucketAt(node, key, depth) }
  }

  private bucketAt(node: number, path: Uint8Array, depth: number): Bucket {
    let bucket = this.cached[node]
    if (!bucket) {
      const storeKey = bucketKey(path, depth)
      bucket = this.flags[node] & 2 ? this.store.load(storeKey) : Bucket.empty(storeKey)
      this.cached[node] = bucket
    }
    if (bucket.usedIn !== this.generation) this.use(bucket)
    return bucket
  }

  private use(bucket: Bucket): void {
    // Else it would keep the slab of others that are forgotten.
    if (bucket.usedIn >= 0) bucket.move()
    bucket.usedIn = this.generation
    this.usedBytes += bucket.size
    if (this.usedBytes * 2 < this.cacheLimitBytes) return
    this.usedBytes = 0
    this.generation++
    this.cached.forEach((one, node) => {
      if (!one || one.usedIn >= this.generation - 1) return
      if (!this.changed.has(node) && !this.flushing.has(node)) this.cached[node] = undefined
    })
  }

  private split(node: number, bucket: Bucket, depth: number): void {
    this.removedKeys.push(bucket.storeKey)
    this.changed.delete(node)
    this.flushing.delete(node)
    this.cached[node] = undefined
    this.makeInner(node)
    this.flags[node] |= 4
    let middle = 0
    while (middle < bucket.count && !bitOf(bucket.key(middle), depth)) middle++
    const path = Buffer.from(bucket.key(0))
    setBit(path, depth, false)
    this.adopt(this.left[node], bucketKey(path, depth + 1), bucket, 0, middle)
    setBit(path, depth, true)
    this.adopt(this.right[node], bucketKey(path, depth + 1), bucket, middle, bucket.count)
  }

  private adopt(node: number, storeKey: Buffer, from: Bucket, low: number, high: number): void {
    const bucket = Bucket.of(storeKey, from.slots(low, high), 2)
    bucket.dirty = (1 << bucket.count) - 1
    this.changed.set(node, bucket)
    this.cached[node] = bucket
    this.use(bucket)
    this.flags[node] |= 4
    if (bucket.count > MAX_LEAVES) this.split(node, bucket, depthOf(storeKey))
  }

  private makeInner(node: number): void {
    // newNode may replace the arrays: take both before writing into them.
    const left = this.newNode()
    const right = this.newNode()
    this.left[node] = left
    this.right[node] = right
    this.flags[node] |= 1
  }

  private newNode(): number {
    const node = this.nodeCount++
    if (node >= this.flags.length) this.grow()
    this.left[node] = this.right[node] = NONE
    this.flags[node] = 0
    return node
  }

  private grow(): void {
    const size = this.flags.length * 2
    const left = new Int32Array(size)
    left.set(this.left)
    this.left = left
    const right = new Int32Array(size)
    right.set(this.right)
    this.right = right
    const flags = new Uint8Array(size)
    flags.set(this.flags)
    this.flags = flags
    const hashes = Buffer.alloc(size * 32)
    this.hashes.copy(hashes)
    this.hashes = hashes
  }

  /** The hash of a node, null where nothing is below it. Current after root(). */
  hashOf(node: number): Buffer | null {
    return this.flags[node] & 2 ? Buffer.from(this.hashes.subarray(node * 32, node * 32 + 32)) : null
  }

  private setBucketHash(node: number, bucket: Bucket): void {
    this.flags[node] &= ~6
    if (bucket.count === 0) {
      this.hashes.fill(0, node * 32, node * 32 + 32)
      return
    }
    bucket.rootInto(this.hashes, node * 32)
    this.flags[node] |= 2
  }

  private rehash(node: number): void {
    const flags = this.flags[node]
    if (!(flags & 4)) return
    if (!(flags & 1)) {
      const bucket = this.cached[node]
      if (bucket) this.setBucketHash(node, bucket)
      this.flags[node] &= ~4
      return
    }
    const l = this.left[node]
    const r = this.right[node]
    this.rehash(l)
    this.rehash(r)
    const hasLeft = this.flags[l] & 2
    const hasRight = this.flags[r] & 2
    if (hasLeft && hasRight) {
      copy32(this.hashes, l * 32, pair, 1)
      copy32(this.hashes, r * 32, pair, 33)
      sha256Into(pair, this.hashes, node * 32)
    } else {
      const only = hasLeft ? l : r
      copy32(this.hashes, only * 32, this.hashes, node * 32)
    }
    this.flags[node] = hasLeft || hasRight ? 3 : 1
  }

  private existence({ node, bucket, index }: Neighbour): ExistenceProof {
    const key = Buffer.from(bucket.key(index))
    const path = bucket.path(index)
    const above: { siblingIsLeft: boolean; sibling: Buffer }[] = []
    for (let at = 0, depth = 0; at !== node; depth++) {
      const isRight = bitOf(key, depth) === 1
      const sibling = isRight ? this.left[at] : this.right[at]
      if (this.flags[sibling] & 2)
        above.push({
          siblingIsLeft: isRight,
          sibling: Buffer.from(this.hashes.subarray(sibling * 32, sibling * 32 + 32)),
        })
      at = isRight ? this.right[at] : this.left[at]
    }
    return { keyHash: key, valueHash: Buffer.from(bucket.value(index)), path: [...path, ...above.reverse()] }
  }

  /** The nearest leaf before (or after) the key outside of the key's own bucket. */
  private neighbour(key: Uint8Array, before: boolean): Neighbour | null {
    const way: { sibling: number; depth: number }[] = []
    for (let node = 0, depth = 0; this.flags[node] & 1; depth++) {
      const isRight = bitOf(key, depth) === 1
      if (isRight === before) way.push({ sibling: before ? this.left[node] : this.right[node], depth })
      node = isRight ? this.right[node] : this.left[node]
    }
    for (const { sibling, depth } of way.reverse()) {
      if (!(this.flags[sibling] & 2)) continue
      const path = Buffer.from(key)
      flipBit(path, depth)
      let node = sibling
      let at = depth + 1
      while (this.flags[node] & 1) {
        const preferred = before ? this.right[node] : this.left[node]
        const takeRight = ((this.flags[preferred] & 2) !== 0) === before
        setBit(path, at++, takeRight)
        node = takeRight ? this.right[node] : this.left[node]
      }
      const bucket = this.bucketAt(node, path, at)
      return { node, bucket, index: before ? bucket.count - 1 : 0 }
    }
    return null
  }
}

/** The bucket's path: its bits, zero-padded to whole bytes, then the depth (two bytes, big-endian). */
export function bucketKey(path: Uint8Array, depth: number): Buffer {
  const size = (depth + 7) >> 3
  // From the pool: kept as long as its bucket, and there are many.
  const key = Buffer.allocUnsafe(size + 2)
  for (let i = 0; i < size; i++) key[i] = path[i]
  if (depth & 7) key[size - 1] &= 0xff00 >> (depth & 7)
  key.writeUInt16BE(depth, size)
  return key
}

export const depthOf = (storeKey: Buffer): number => storeKey.readUInt16BE(storeKey.length - 2)
export const bitOf = (key: Uint8Array, bit: number): number => (key[bit >> 3] >> (7 - (bit & 7))) & 1
const flipBit = (key: Uint8Array, bit: number) => {
  key[bit >> 3] ^= 128 >> (bit & 7)
}
export function setBit(key: Uint8Array, bit: number, on: boolean): void {
  const mask = 128 >> (bit & 7)
  if (on) key[bit >> 3] |= mask
  else key[bit >> 3] &= ~mask
}
