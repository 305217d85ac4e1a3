import { hash } from "node:crypto"
import { takeCell } from "./cells.ts"

/** Copies 32 bytes; for so few, a loop is several times faster than Buffer.copy. */
export function copy32(from: Uint8Array, at: number, to: Uint8Array, toAt: number): void {
  for (let i = 0; i < 32; i++) to[toAt + i] = from[at + i]
}

/**
 * A bucket holds the leaves of one subtree of the state tree, sorted by key, with the hashes of its inner
 * nodes. A path-compressed trie over n sorted keys has n - 1 inner nodes, one for each gap between
 * neighbours: the node that parts leaves i and i+1 keeps its hash in slot i. So no pointers are needed, and
 * the shape follows from the keys alone.
 *
 * Slot (128 bytes): key | value = SHA-256(row) | leaf hash | inner hash of the gap to the next leaf.
 */
export const SLOT = 128
/** More leaves than this split a bucket. */
export const MAX_LEAVES = 16

const scratch = Buffer.alloc(65)
const value = Buffer.alloc(32)

/** SHA-256 of `input` written to out at offset; the one-shot "binary" digest is the fastest that Node has. */
export function sha256Into(input: Uint8Array, out: Buffer, at: number): void {
  out.write(hash("sha256", input, "binary"), at, 32, "latin1")
}

export class Bucket {
  /** Leaf i lies in data at `at + i * SLOT`; other buckets lie before and behind. */
  private data: Buffer
  private at: number
  private capacity: number
  count: number
  /** One bit per leaf whose path has to be hashed again. */
  dirty = 0
  /** The memory was handed to a flush: copy it before writing. */
  isShared = false
  /** The cache's generation in which it was used last (tree.ts). */
  usedIn = -1

  /** Its path and depth, as the store names it (tree.ts, bucketKey). */
  readonly storeKey: Buffer

  private constructor(storeKey: Buffer, data: Buffer, at: number, capacity: number, count: number) {
    this.storeKey = storeKey
    this.data = data
    this.at = at
    this.capacity = capacity
    this.count = count
  }

  /** A bucket with a copy of whole slots and room for `spare` more. */
  static of(storeKey: Buffer, slots: Uint8Array, spare = 0): Bucket {
    const count = slots.length / SLOT
    const { slab, at } = takeCell(slots.length + spare * SLOT)
    slab.set(slots, at)
    return new Bucket(storeKey, slab, at, count + spare, count)
  }

  static empty(storeKey: Buffer, capacity = 4): Bucket {
    const { slab, at } = takeCell(capacity * SLOT)
    return new Bucket(storeKey, slab, at, capacity, 0)
  }

  /** Bytes that it takes in memory. */
  get size(): number {
    return this.capacity * SLOT
  }

  /** The slots low..high-1 as they lie in memory. */
  slots(low = 0, high = this.count): Buffer {
    return this.data.subarray(this.at + low * SLOT, this.at + high * SLOT)
  }

  key(i: number): Buffer {
    const at = this.at + i * SLOT
    return this.data.subarray(at, at + 32)
  }

  value(i: number): Buffer {
    const at = this.at + i * SLOT + 32
    return this.data.subarray(at, at + 32)
  }

  /** Index of the key, or ~(where it would stand). */
  find(key: Uint8Array): number {
    const { data } = this
    let low = 0
    let high = this.count - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const at = this.at + middle * SLOT
      let i = 0
      while (i < 32 && data[at + i] === key[i]) i++
      if (i === 32) return middle
      if (data[at + i] < key[i]) low = middle + 1
      else high = middle - 1
    }
    return ~low
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const found = this.find(key)
    const i = found < 0 ? ~found : found
    this.own(this.count + (found < 0 ? 1 : 0))
    const at = this.at + i * SLOT
    if (found < 0) {
      this.data.copyWithin(at + SLOT, at, this.at + this.count * SLOT)
      copy32(key, 0, this.data, at)
      this.count++
      const below = (1 << i) - 1
      this.dirty = (this.dirty & below) | ((this.dirty & ~below) << 1)
    }
    copy32(value, 0, this.data, at + 32)
    this.dirty |= 1 << i
  }

  /** Neighbours are marked: every inner node above the removed leaf is above one of them. */
  remove(key: Uint8Array): void {
    const i = this.find(key)
    if (i < 0) return
    this.own(this.count)
    const { at } = this
    this.data.copyWithin(at + i * SLOT, at + (i + 1) * SLOT, at + this.count * SLOT)
    this.count--
    const below = (1 << i) - 1
    this.dirty = (this.dirty & below) | ((this.dirty >> 1) & ~below)
    if (i > 0) this.dirty |= 1 << (i - 1)
    if (i < this.count) this.dirty |= 1 << i
  }

  /** Memory of its own for that many leaves. */
  private own(leaves: number): void {
    if (this.isShared || leaves > this.capacity)
      this.moveTo(Math.max(leaves, Math.min(MAX_LEAVES + 1, leaves + 4)))
  }

  /** Leaves a slab that is about to be forgotten. */
  move(): void {
    if (!this.isShared) this.moveTo(this.capacity)
  }

  private moveTo(capacity: number): void {
    const { slab, at } = takeCell(capacity * SLOT)
    this.data.copy(slab, at, this.at, this.at + this.count * SLOT)
    this.data = slab
    this.at = at
    this.capacity = capacity
    this.isShared = false
  }

  /** Writes the subtree's root to out; the bucket must hold a leaf. Hashes only what is dirty. */
  rootInto(out: Buffer, at: number): void {
    if (this.dirty !== 0) {
      if (this.isShared) this.own(this.count)
      for (let i = 0; i < this.count; i++) if (this.dirty & (1 << i)) this.hashLeaf(i)
      this.hashRange(0, this.count - 1)
      this.dirty = 0
    }
    this.copyHash(0, this.count - 1, out, at)
  }

  private hashLeaf(i: number): void {
    const at = this.at + i * SLOT
    scratch[0] = 0
    copy32(this.data, at, scratch, 1)
    copy32(this.data, at + 32, value, 0)
    sha256Into(value, scratch, 33)
    sha256Into(scratch, this.data, at + 64)
  }

  private hashRange(low: number, high: number): void {
    if (low === high) return
    if ((this.dirty & rangeMask(low, high)) === 0) return
    const gap = this.splitOf(low, high)
    this.hashRange(low, gap)
    this.hashRange(gap + 1, high)
    scratch[0] = 1
    this.copyHash(low, gap, scratch, 1)
    this.copyHash(gap + 1, high, scratch, 33)
    sha256Into(scratch, this.data, this.at + gap * SLOT + 96)
  }

  private copyHash(low: number, high: number, out: Buffer, at: number): void {
    const from = low === high ? low * SLOT + 64 : this.splitOf(low, high) * SLOT + 96
    copy32(this.data, this.at + from, out, at)
  }

  /** The gap at which the leaves low..high part: the last leaf whose first differing bit is 0. */
  private splitOf(low: number, high: number): number {
    const { data } = this
    let a = this.at + low * SLOT
    let b = this.at + high * SLOT
    let offset = 0
    while (data[a] === data[b]) {
      a++
      b++
      offset++
    }
    const bit = 31 - Math.clz32(data[a] ^ data[b])
    for (let i = low; ; i++) if ((data[this.at + (i + 1) * SLOT + offset] >> bit) & 1) return i
  }

  /** Steps from leaf i up to the bucket's root. Call after rootInto. */
  path(i: number): { siblingIsLeft: boolean; sibling: Buffer }[] {
    const steps: { siblingIsLeft: boolean; sibling: Buffer }[] = []
    let low = 0
    let high = this.count - 1
    while (low < high) {
      const gap = this.splitOf(low, high)
      const sibling = Buffer.alloc(32)
      if (i <= gap) {
        this.copyHash(gap + 1, high, sibling, 0)
        steps.push({ siblingIsLeft: false, sibling })
        high = gap
      } else {
        this.copyHash(low, gap, sibling, 0)
        steps.push({ siblingIsLeft: true, sibling })
        low = gap + 1
      }
    }
    return steps.reverse()
  }
}

const rangeMask = (low: number, high: number) => (1 << (high + 1)) - (1 << low)
