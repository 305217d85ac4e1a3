import { type Bytes, equalBytes } from "./bytes.ts"
import { sha256 } from "./crypto.ts"
import { assert, PlatformError } from "./errors.ts"
import type { Hash } from "./hash.ts"

/** Append-only Merkle trees of RFC 6962 section 2.1 (SHA-256). */

export const EMPTY_ROOT: Hash = sha256(new Uint8Array(0))

export function leafHash(leaf: Bytes): Hash {
  const data = new Uint8Array(leaf.length + 1)
  data.set(leaf, 1)
  return sha256(data)
}

const pair = new Uint8Array(65)
pair[0] = 1

export function nodeHash(left: Hash, right: Hash): Hash {
  pair.set(left, 1)
  pair.set(right, 33)
  return sha256(pair)
}

/** What is needed to append: the roots of the perfect subtrees, largest first (one per set bit of size). */
export interface Frontier {
  readonly size: number
  readonly peaks: readonly Hash[]
}

export const EMPTY_FRONTIER: Frontier = { size: 0, peaks: [] }

/** Whether there is one peak for each set bit of the size: only such a one can be appended to. */
export function isFrontier({ size, peaks }: Frontier): boolean {
  let bits = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2
  return peaks.length === bits
}

/** Whether two trees have the same leaves. */
export const isSameFrontier = (a: Frontier, b: Frontier): boolean =>
  a.size === b.size && a.peaks.length === b.peaks.length && a.peaks.every((p, i) => equalBytes(p, b.peaks[i]))

export function append(frontier: Frontier, leaves: Iterable<Bytes>): Frontier {
  const peaks = [...frontier.peaks]
  let size = frontier.size
  for (const leaf of leaves) {
    let hash = leafHash(leaf)
    for (let bits = size; bits % 2 === 1; bits = Math.floor(bits / 2))
      hash = nodeHash(peaks.pop() as Hash, hash)
    peaks.push(hash)
    size++
  }
  return { size, peaks }
}

export function rootOf(frontier: Frontier): Hash {
  if (frontier.peaks.length === 0) return EMPTY_ROOT
  let root = frontier.peaks[frontier.peaks.length - 1]
  for (let i = frontier.peaks.length - 2; i >= 0; i--) root = nodeHash(frontier.peaks[i], root)
  return root
}

export const merkleRoot = (leaves: readonly Bytes[]): Hash => rootOf(append(EMPTY_FRONTIER, leaves))

const largestPowerBelow = (n: number): number => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** PATH(m, D[n]) of RFC 6962 section 2.1.1: sibling hashes from the leaf to the root. */
export const inclusionPath = (leaves: readonly Bytes[], index: number): Hash[] =>
  inclusionPaths(leaves)(index)

/** The same of many leaves of one tree: each of its nodes is hashed once at most. */
export function inclusionPaths(leaves: readonly Bytes[]): (index: number) => Hash[] {
  const hashes = leaves.map(leafHash)
  const known = new Map<string, Hash>()
  const rootOf = (from: number, to: number): Hash => {
    if (to - from === 1) return hashes[from]
    const name = `${from} ${to}`
    const there = known.get(name)
    if (there) return there
    const middle = from + largestPowerBelow(to - from)
    const root = nodeHash(rootOf(from, middle), rootOf(middle, to))
    known.set(name, root)
    return root
  }
  return (index) => {
    assert(index >= 0 && index < leaves.length, "inclusionPath: index outside of the tree")
    const path: Hash[] = []
    let [from, to] = [0, leaves.length]
    while (to - from > 1) {
      const middle = from + largestPowerBelow(to - from)
      if (index < middle) {
        path.push(rootOf(middle, to))
        to = middle
      } else {
        path.push(rootOf(from, middle))
        from = middle
      }
    }
    return path.reverse()
  }
}

/** The root that leaf at index in a tree of that size has by this path (RFC 9162 section 2.1.3.2). */
export function rootFromPath(leaf: Bytes, index: number, size: number, path: readonly Hash[]): Hash {
  const fail = () => new PlatformError("bad_proof", "the inclusion path does not fit the tree's size")
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) throw fail()
  let node = index
  let last = size - 1
  let hash = leafHash(leaf)
  for (const sibling of path) {
    if (last === 0) throw fail()
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash)
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
      }
    } else hash = nodeHash(hash, sibling)
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  if (last !== 0) throw fail()
  return hash
}

export function verifyInclusion(
  root: Hash,
  leaf: Bytes,
  index: number,
  size: number,
  path: readonly Hash[],
): boolean {
  try {
    return equalBytes(rootFromPath(leaf, index, size, path), root)
  } catch (error) {
    if (error instanceof PlatformError && error.code === "bad_proof") return false
    throw error
  }
}
