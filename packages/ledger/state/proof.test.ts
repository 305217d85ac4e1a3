import assert from "node:assert/strict"
import { randomInt } from "node:crypto"
import { describe, it } from "node:test"
import { type ExistenceProof, type StateProof, verifyRow } from "@aceso/core"
import { verifyMembership, verifyNonMembership } from "@confio/ics23/build/ics23.js"
import { smtSpec } from "@confio/ics23/build/proofs.js"
import { craftedKeys as keys, sha256 } from "../testing/crafted-keys.ts"
import { StateTree } from "./tree.ts"

const existenceOf = ({ keyHash, valueHash, path }: ExistenceProof) => ({
  key: keyHash,
  value: valueHash,
  leaf: smtSpec.leafSpec,
  path: path.map(({ siblingIsLeft, sibling }) => ({
    hash: smtSpec.innerSpec?.hash,
    prefix: siblingIsLeft ? Buffer.concat([Buffer.of(1), sibling]) : Buffer.of(1),
    suffix: siblingIsLeft ? Buffer.alloc(0) : sibling,
  })),
})

const verifyByIcs23 = (
  root: Buffer,
  key: Buffer,
  row: Buffer | null,
  { present, left, right }: StateProof,
) => {
  if (row) {
    if (!present) return false
    return verifyMembership({ exist: existenceOf(present) }, smtSpec, root, key, sha256(row))
  }
  const nonexist = { key, left: left && existenceOf(left), right: right && existenceOf(right) }
  return verifyNonMembership({ nonexist }, smtSpec, root, key)
}

const verifiers = { ours: verifyRow, "@confio/ics23": verifyByIcs23 }

interface Claim {
  readonly root?: Buffer
  readonly key: Buffer
  readonly row: Buffer | null
  readonly proof: StateProof
}

describe("proofs", () => {
  const rows = new Map<string, Buffer>()
  const tree = new StateTree({ load: () => assert.fail("everything is in memory") }, 2 ** 30)
  for (let i = 0; i < 4000 + keys.length; i++) {
    const row = Buffer.from(`row ${i}`)
    const key = keys[i] ?? sha256(row)
    rows.set(key.toString("hex"), row)
    tree.set(key, sha256(row))
  }
  const root = tree.root()
  const present = [...rows].map(([hex, row]) => ({ key: Buffer.from(hex, "hex"), row }))
  const absent = (i: number) => sha256(Buffer.from(`absent ${i}`))

  const replace = (proof: StateProof, change: (part: ExistenceProof) => ExistenceProof): StateProof => {
    const names = (["present", "left", "right"] as const).filter((name) => proof[name])
    const name = names[randomInt(names.length)]
    return { ...proof, [name]: change(proof[name] as ExistenceProof) }
  }
  const flip = (bytes: Uint8Array): Buffer => {
    const changed = Buffer.from(bytes)
    changed[randomInt(changed.length)] ^= randomInt(1, 256)
    return changed
  }
  const withPath = (
    claim: Claim,
    change: (path: ExistenceProof["path"], at: number) => ExistenceProof["path"],
  ) => ({
    ...claim,
    proof: replace(claim.proof, (part) => ({
      ...part,
      path: change(part.path, randomInt(part.path.length)),
    })),
  })
  /** The leaf before this one. */
  const before = (key: Uint8Array) => {
    const number = BigInt(`0x${Buffer.from(key).toString("hex")}`) - 1n
    return tree.prove(Buffer.from(number.toString(16).padStart(64, "0"), "hex")).left
  }

  const lies: Readonly<Record<string, (claim: Claim) => Claim | undefined>> = {
    "a byte of a key changed": (claim) => ({
      ...claim,
      proof: replace(claim.proof, (part) => ({ ...part, keyHash: flip(part.keyHash) })),
    }),
    "a byte of a value changed": (claim) => ({
      ...claim,
      proof: replace(claim.proof, (part) => ({ ...part, valueHash: flip(part.valueHash) })),
    }),
    "a byte of a sibling changed": (claim) =>
      withPath(claim, (path, at) => path.with(at, { ...path[at], sibling: flip(path[at].sibling) })),
    "a step on the other side": (claim) =>
      withPath(claim, (path, at) => path.with(at, { ...path[at], siblingIsLeft: !path[at].siblingIsLeft })),
    "a step dropped": (claim) => withPath(claim, (path, at) => path.toSpliced(at, 1)),
    "a step doubled": (claim) => withPath(claim, (path, at) => path.toSpliced(at, 0, path[at])),
    "two steps exchanged": (claim) =>
      withPath(claim, (path, at) => path.toSpliced(at, 1).toSpliced(at > 0 ? at - 1 : 1, 0, path[at])),
    "no steps": (claim) => withPath(claim, () => []),
    "a byte of the root changed": (claim) => ({ ...claim, root: flip(root) }),
    "another key": (claim) => ({
      ...claim,
      key: claim.row ? absent(randomInt(9)) : present[randomInt(4000)].key,
    }),
    "a byte of the row changed": ({ row, ...claim }) => (row ? { ...claim, row: flip(row) } : undefined),
    "a row where there is none": (claim) => (claim.row ? undefined : { ...claim, row: present[0].row }),
    "no row where there is one": (claim) => (claim.row ? { ...claim, row: null } : undefined),
    "neighbours swapped": ({ proof, ...claim }) =>
      claim.row ? undefined : { ...claim, proof: { present: null, left: proof.right, right: proof.left } },
    "one neighbour left out": ({ proof, ...claim }) => {
      if (claim.row || !proof.left || !proof.right) return undefined
      return { ...claim, proof: { ...proof, [randomInt(2) ? "left" : "right"]: null } }
    },
    "one neighbour twice": ({ proof, ...claim }) =>
      claim.row ? undefined : { ...claim, proof: { ...proof, right: proof.left } },
    "a neighbour further away": ({ proof, ...claim }) =>
      claim.row || !proof.left
        ? undefined
        : { ...claim, proof: { ...proof, left: before(proof.left.keyHash) } },
    "the neighbours of a row that is there": ({ row, proof, ...claim }) => {
      if (row || !proof.left) return undefined
      const key = Buffer.from(proof.left.keyHash)
      return { ...claim, key, row: null, proof: { ...proof, left: before(key) } }
    },
  }

  for (const [name, verify] of Object.entries(verifiers)) {
    it(`of every row that is there hold for ${name}`, () => {
      for (const { key, row } of present)
        assert.ok(verify(root, key, row, tree.prove(key)), key.toString("hex"))
    })

    it(`of 100,000 random absences hold for ${name}`, () => {
      for (let i = 0; i < 100_000; i++) {
        const key = absent(i)
        assert.ok(verify(root, key, null, tree.prove(key)), key.toString("hex"))
      }
    })

    it(`of absence right before and after every crafted key, and at both ends, hold for ${name}`, () => {
      const number = (key: Buffer) => BigInt(`0x${key.toString("hex")}`)
      const near = keys.flatMap((key) => [number(key) - 1n, number(key) + 1n])
      for (const value of [0n, 2n ** 256n - 1n, ...near]) {
        const key = Buffer.from(value.toString(16).padStart(64, "0"), "hex")
        if (!rows.has(key.toString("hex"))) assert.ok(verify(root, key, null, tree.prove(key)))
      }
    })

    for (const [what, change] of Object.entries(lies))
      it(`do not hold for ${name} with ${what}`, () => {
        let tried = 0
        for (let i = 0; i < 2000; i++) {
          const { key, row } = i % 2 === 0 ? present[2 * i] : { key: absent(i), row: null }
          const lie = change({ key, row, proof: tree.prove(key) })
          if (!lie) continue
          tried++
          assert.equal(
            verify(lie.root ?? root, lie.key, lie.row, lie.proof),
            false,
            `${i}: ${lie.key.toString("hex")}`,
          )
        }
        assert.ok(tried >= 900, `only ${tried} lies`)
      })
  }
})
