import { type Bytes, compareBytes, equalBytes } from "./bytes.ts"
import type { Cbor } from "./cbor.ts"
import { sha256 } from "./crypto.ts"
import { domainHash, type Hash } from "./hash.ts"
import { hash32 } from "./ids.ts"
import { bool, bytes, type Infer, list, nullable, object } from "./schema.ts"

/**
 * Proofs of presence and absence in the state tree: a path-compressed binary trie over SHA-256(table, key),
 * nodes as ICS 23's `smtSpec` (LEDGER.md, State tree). Checked against `@confio/ics23` by the tests.
 */

export const rowKeyHash = (table: string, key: readonly Cbor[]): Hash => domainHash("row", table, [...key])

/** Leaf = SHA-256(0x00, key, SHA-256(value)) where value = SHA-256(row). */
export function stateLeafHash(keyHash: Hash, valueHash: Hash): Hash {
  const data = new Uint8Array(65)
  data.set(keyHash, 1)
  data.set(sha256(valueHash), 33)
  return sha256(data)
}

export function stateInnerHash(left: Hash, right: Hash): Hash {
  const data = new Uint8Array(65)
  data[0] = 1
  data.set(left, 1)
  data.set(right, 33)
  return sha256(data)
}

const step = object({ siblingIsLeft: bool(), sibling: hash32 })

/** The way from a leaf up to the root. */
export const existenceProof = object({ keyHash: hash32, valueHash: hash32, path: list(step, 256) })
export type ExistenceProof = Infer<typeof existenceProof>

/** Presence: `left` and `right` null. Absence: the neighbours in key order; null beyond either end. */
export const stateProof = object({
  present: nullable(existenceProof),
  left: nullable(existenceProof),
  right: nullable(existenceProof),
})
export type StateProof = Infer<typeof stateProof>

/** A row with its proof; `row` null says that there is none. */
export const rowProof = object({ row: nullable(bytes(0, 262_144)), proof: stateProof })
export type RowProof = Infer<typeof rowProof>

export function existenceRoot(proof: ExistenceProof): Hash {
  let hash = stateLeafHash(proof.keyHash, proof.valueHash)
  for (const { siblingIsLeft, sibling } of proof.path)
    hash = siblingIsLeft ? stateInnerHash(sibling, hash) : stateInnerHash(hash, sibling)
  return hash
}

const reaches = (root: Hash, proof: ExistenceProof) => equalBytes(existenceRoot(proof), root)

/** Whether `row` (null: no row) stands under keyHash in the state with this root. */
export function verifyRow(root: Hash, keyHash: Hash, row: Bytes | null, proof: StateProof): boolean {
  if (row !== null) {
    const { present, left, right } = proof
    if (!present || left || right) return false
    return (
      equalBytes(present.keyHash, keyHash) &&
      equalBytes(present.valueHash, sha256(row)) &&
      reaches(root, present)
    )
  }
  return verifyAbsence(root, keyHash, proof)
}

function verifyAbsence(root: Hash, keyHash: Hash, { present, left, right }: StateProof): boolean {
  if (present || (!left && !right)) return false
  if (left && (compareBytes(left.keyHash, keyHash) >= 0 || !reaches(root, left))) return false
  if (right && (compareBytes(keyHash, right.keyHash) >= 0 || !reaches(root, right))) return false
  if (!right) return isOutermost((left as ExistenceProof).path, true)
  if (!left) return isOutermost(right.path, false)
  return areNeighbours(left, right)
}

/** Every step of an outermost leaf has its sibling on the inner side. */
const isOutermost = (path: ExistenceProof["path"], rightmost: boolean) =>
  path.every((step) => step.siblingIsLeft === rightmost)

/** The paths part at one node, the left leaf being the last below its left child, the right one the first. */
function areNeighbours(left: ExistenceProof, right: ExistenceProof): boolean {
  let l = left.path.length - 1
  let r = right.path.length - 1
  while (l >= 0 && r >= 0) {
    const a = left.path[l]
    const b = right.path[r]
    if (a.siblingIsLeft !== b.siblingIsLeft || !equalBytes(a.sibling, b.sibling)) break
    l--
    r--
  }
  if (l < 0 || r < 0) return false
  if (left.path[l].siblingIsLeft || !right.path[r].siblingIsLeft) return false
  return isOutermost(left.path.slice(0, l), true) && isOutermost(right.path.slice(0, r), false)
}
