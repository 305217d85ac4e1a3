import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { describe, it } from "node:test"
import fc from "fast-check"
import { type Bytes, concat, fromHex, toHex, utf8 } from "./bytes.ts"
import { AssertionError, PlatformError } from "./errors.ts"
import {
  append,
  EMPTY_FRONTIER,
  EMPTY_ROOT,
  inclusionPath,
  leafHash,
  merkleRoot,
  rootFromPath,
  rootOf,
  verifyInclusion,
} from "./merkle.ts"

const sha256 = (...parts: readonly Bytes[]): Bytes =>
  Uint8Array.from(
    createHash("sha256")
      .update(concat(...parts))
      .digest(),
  )

/** MTH(D[n]) word for word as RFC 6962 section 2.1 has it. */
function naiveRoot(leaves: readonly Bytes[]): Bytes {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return sha256(Uint8Array.of(0), leaves[0])
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return sha256(Uint8Array.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)))
}

const leavesOf = (size: number): Bytes[] => Array.from({ length: size }, (_, i) => utf8(`leaf ${i}`))

describe("RFC 6962: the test tree of certificate-transparency", () => {
  const leaves = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
  ].map(fromHex)
  const roots = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]
  roots.forEach((root, size) => {
    it(`root of ${size} leaves`, () => assert.equal(toHex(merkleRoot(leaves.slice(0, size))), root))
  })

  const paths: readonly (readonly [index: number, size: number, path: readonly string[]])[] = [
    [0, 1, []],
    [
      0,
      8,
      [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
      ],
    ],
    [
      5,
      8,
      [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      ],
    ],
  ]
  for (const [index, size, path] of paths)
    it(`path of leaf ${index} in ${size}`, () =>
      assert.deepEqual(inclusionPath(leaves.slice(0, size), index).map(toHex), path))
})

describe("append", () => {
  it("gives the naive recursive root at every size up to 300", () => {
    let frontier = EMPTY_FRONTIER
    assert.deepEqual(rootOf(frontier), EMPTY_ROOT)
    const leaves = leavesOf(300)
    leaves.forEach((leaf, i) => {
      frontier = append(frontier, [leaf])
      assert.equal(frontier.size, i + 1)
      assert.deepEqual(rootOf(frontier), naiveRoot(leaves.slice(0, i + 1)), `size ${i + 1}`)
    })
  })

  it("gives the same root in whatever pieces the leaves come, and leaves the old frontier alone", () => {
    const pieces = fc.array(fc.array(fc.uint8Array({ maxLength: 10 }), { maxLength: 20 }), { maxLength: 10 })
    fc.assert(
      fc.property(pieces, (pieces) => {
        let frontier = EMPTY_FRONTIER
        for (const piece of pieces) {
          const before = rootOf(frontier)
          const next = append(frontier, piece)
          assert.deepEqual(rootOf(frontier), before)
          frontier = next
        }
        assert.deepEqual(rootOf(frontier), naiveRoot(pieces.flat()))
      }),
    )
  })
})

describe("inclusion", () => {
  it("verifies for every leaf of every size from 1 to 70, and at no other index", () => {
    for (let size = 1; size <= 70; size++) {
      const leaves = leavesOf(size)
      const root = naiveRoot(leaves)
      for (let index = 0; index < size; index++) {
        const path = inclusionPath(leaves, index)
        assert.ok(verifyInclusion(root, leaves[index], index, size, path), `${index} of ${size}`)
        const other = (index + 1) % size
        if (other !== index) assert.equal(verifyInclusion(root, leaves[index], other, size, path), false)
      }
    }
  })

  const proof = fc.tuple(fc.integer({ min: 1, max: 130 }), fc.nat()).map(([size, at]) => {
    const leaves = leavesOf(size)
    const index = at % size
    return { size, index, leaf: leaves[index], root: merkleRoot(leaves), path: inclusionPath(leaves, index) }
  })

  it("fails when a byte of root, leaf or path is changed", () => {
    fc.assert(
      fc.property(proof, fc.nat(), fc.integer({ min: 1, max: 255 }), (made, at, mask) => {
        const { size, index } = made
        const all = concat(made.root, made.leaf, ...made.path)
        all[at % all.length] ^= mask
        const end = 32 + made.leaf.length
        const path = made.path.map((_, i) => all.subarray(end + 32 * i, end + 32 * (i + 1)))
        assert.equal(verifyInclusion(all.subarray(0, 32), all.subarray(32, end), index, size, path), false)
      }),
      { numRuns: 2000 },
    )
  })

  it("fails when a step is dropped, added or doubled", () => {
    fc.assert(
      fc.property(proof, fc.nat(), ({ size, index, leaf, root, path }, at) => {
        const verify = (changed: readonly Bytes[]) => verifyInclusion(root, leaf, index, size, changed)
        const place = at % (path.length + 1)
        if (path.length > 0) assert.equal(verify(path.toSpliced(at % path.length, 1)), false)
        assert.equal(verify(path.toSpliced(place, 0, leafHash(leaf))), false)
        assert.equal(verify([...path, root]), false)
      }),
      { numRuns: 500 },
    )
  })

  it("never passes an inner node for a leaf", () => {
    const leaves = leavesOf(4)
    const inner = concat(leafHash(leaves[0]), leafHash(leaves[1]))
    const path = inclusionPath(leaves, 0).slice(1)
    assert.equal(verifyInclusion(merkleRoot(leaves), inner, 0, 2, path), false)
  })

  const impossible: readonly (readonly [what: string, index: number, size: number, steps: number])[] = [
    ["an empty tree", 0, 0, 0],
    ["an index beyond the tree", 3, 3, 2],
    ["a negative index", -1, 3, 2],
    ["a fraction", 0.5, 3, 2],
    ["a size that is no safe integer", 0, 2 ** 53, 53],
    ["not a number", Number.NaN, 3, 2],
    ["too short a path", 0, 3, 1],
    ["too long a path", 0, 3, 3],
  ]
  for (const [what, index, size, steps] of impossible)
    it(`${what} is a bad proof`, () => {
      const path = Array.from({ length: steps }, () => new Uint8Array(32))
      assert.throws(
        () => rootFromPath(utf8("leaf 0"), index, size, path),
        (error) => error instanceof PlatformError && error.code === "bad_proof",
      )
      assert.equal(verifyInclusion(new Uint8Array(32), utf8("leaf 0"), index, size, path), false)
    })

  it("has no path for a leaf outside of the tree", () => {
    for (const index of [-1, 3]) assert.throws(() => inclusionPath(leavesOf(3), index), AssertionError)
  })
})
