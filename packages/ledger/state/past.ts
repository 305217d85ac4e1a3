import { createHash } from "node:crypto"
import { type ExistenceProof, type StateProof, stateInnerHash } from "@aceso/core"
import { Bucket } from "./bucket.ts"
import type { StateTree } from "./tree.ts"
import { bitOf, depthOf, setBit } from "./tree.ts"
import type { Undo } from "./undo.ts"

/**
 * A proof as it would have been before the undo records (oldest first): buckets that changed since take the
 * root that they had, the key's own bucket takes its leaves back.
 */
export function provePast(tree: StateTree, undos: readonly Undo[], keyHash: Buffer): StateProof {
  const past = new Past(tree, undos)
  return past.prove(keyHash)
}

interface Place {
  readonly node: number
  readonly path: Buffer
  readonly depth: number
}

class Past {
  private readonly tree: StateTree
  /** Root before, by node; and the nodes above such ones. */
  private readonly roots = new Map<number, Buffer | null>()
  private readonly above = new Set<number>()
  private readonly values = new Map<string, { keyHash: Buffer; value: Buffer | null }>()

  constructor(tree: StateTree, undos: readonly Undo[]) {
    this.tree = tree
    for (const undo of [...undos].reverse()) {
      for (const { storeKey, root } of undo.buckets) {
        const node = this.mark(storeKey)
        this.roots.set(node, root)
      }
      for (const { keyHash, row } of undo.entries)
        this.values.set(keyHash.toString("latin1"), { keyHash, value: row ? sha256(row) : null })
    }
  }

  prove(key: Buffer): StateProof {
    const place = this.locate(key)
    const bucket = this.bucket(place)
    const found = bucket.find(key)
    if (found >= 0) return { present: this.existence(place, bucket, found), left: null, right: null }
    const at = ~found
    return {
      present: null,
      left: at > 0 ? this.existence(place, bucket, at - 1) : this.neighbour(place, true),
      right: at < bucket.count ? this.existence(place, bucket, at) : this.neighbour(place, false),
    }
  }

  private mark(storeKey: Buffer): number {
    let node = 0
    for (let bit = 0; bit < depthOf(storeKey); bit++) {
      this.above.add(node)
      node = this.tree.child(node, bitOf(storeKey, bit))
    }
    return node
  }

  /** A node is a bucket of the past when it has a recorded root or is a bucket today. */
  private isBucket = (node: number) => this.roots.has(node) || !this.tree.isInner(node)

  private locate(key: Buffer, from: Place = { node: 0, path: Buffer.alloc(32), depth: 0 }): Place {
    let { node, depth } = from
    while (!this.isBucket(node)) node = this.tree.child(node, bitOf(key, depth++))
    return { node, path: key, depth }
  }

  private bucket({ node, path, depth }: Place): Bucket {
    const leaves = new Map<string, { key: Buffer; value: Buffer }>()
    for (const { key, value } of this.tree.leavesBelow(node, path, depth))
      leaves.set(key.toString("latin1"), { key, value })
    for (const { keyHash, value } of this.values.values()) {
      if (!isBelow(keyHash, path, depth)) continue
      if (value) leaves.set(keyHash.toString("latin1"), { key: keyHash, value })
      else leaves.delete(keyHash.toString("latin1"))
    }
    const bucket = Bucket.empty(Buffer.alloc(0), leaves.size)
    for (const { key, value } of leaves.values()) bucket.set(key, value)
    if (bucket.count > 0) bucket.rootInto(Buffer.alloc(32), 0)
    return bucket
  }

  private hash(node: number): Buffer | null {
    const recorded = this.roots.get(node)
    if (recorded !== undefined) return recorded
    if (!this.above.has(node)) return this.tree.hashOf(node)
    const left = this.hash(this.tree.child(node, 0))
    const right = this.hash(this.tree.child(node, 1))
    return left && right ? Buffer.from(stateInnerHash(left, right)) : (left ?? right)
  }

  private existence(place: Place, bucket: Bucket, index: number): ExistenceProof {
    const key = Buffer.from(bucket.key(index))
    const above: { siblingIsLeft: boolean; sibling: Buffer }[] = []
    for (let node = 0, depth = 0; node !== place.node; depth++) {
      const bit = bitOf(key, depth)
      const sibling = this.hash(this.tree.child(node, 1 - bit))
      if (sibling) above.push({ siblingIsLeft: bit === 1, sibling })
      node = this.tree.child(node, bit)
    }
    const path = [...bucket.path(index), ...above.reverse()]
    return { keyHash: key, valueHash: Buffer.from(bucket.value(index)), path }
  }

  private neighbour(place: Place, before: boolean): ExistenceProof | null {
    const way: { node: number; depth: number }[] = []
    for (let node = 0, depth = 0; node !== place.node; depth++) {
      const bit = bitOf(place.path, depth)
      if ((bit === 1) === before) way.push({ node: this.tree.child(node, 1 - bit), depth })
      node = this.tree.child(node, bit)
    }
    for (const { node, depth } of way.reverse()) {
      if (!this.hash(node)) continue
      const path = Buffer.from(place.path)
      setBit(path, depth, !before)
      let at = depth + 1
      let found = node
      while (!this.isBucket(found)) {
        const preferred = before ? 1 : 0
        const bit = this.hash(this.tree.child(found, preferred)) ? preferred : 1 - preferred
        setBit(path, at++, bit === 1)
        found = this.tree.child(found, bit)
      }
      const bucket = this.bucket({ node: found, path, depth: at })
      return this.existence({ node: found, path, depth: at }, bucket, before ? bucket.count - 1 : 0)
    }
    return null
  }
}

function isBelow(key: Buffer, path: Buffer, depth: number): boolean {
  for (let bit = 0; bit < depth; bit++) if (bitOf(key, bit) !== bitOf(path, bit)) return false
  return true
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest()
