import { type Bytes, compareBytes, equalBytes } from "./bytes.ts"
import { assert, PlatformError } from "./errors.ts"
import { domainHash, type Hash } from "./hash.ts"
import { hash32 } from "./ids.ts"
import { inclusionPath, merkleRoot, verifyInclusion } from "./merkle.ts"
import { bytes, type Infer, object } from "./schema.ts"

/**
 * The policy root: what the ledger holds of a patient's policy at one custodian. Whoever sees it learns nothing, not
 * even whether any document is in force (docs/decisions/0023-policy-root.md).
 */

/** A document in force: its canonical JSON and the salt of its leaf in the policy tree. */
export const policyDocument = object({ content: bytes(2, 65_536), salt: hash32 })
export type PolicyDocument = Infer<typeof policyDocument>

export const MAX_DOCUMENTS = 200
/** Every policy tree has so many leaves; what no document takes is filled from the policy's own salt. */
const LEAVES = 256

const leaf = ({ salt, content }: PolicyDocument): Hash => domainHash("policy-document", salt, content)

/** In the order of their hashes, which the salts make random: a document's place says nothing of the others. */
function leavesOf(documents: readonly PolicyDocument[], salt: Bytes): Hash[] {
  if (documents.length > MAX_DOCUMENTS)
    throw new PlatformError(
      "bad_input",
      `a policy has at most ${MAX_DOCUMENTS} documents, not ${documents.length}: take some back first`,
    )
  const fillers = Array.from({ length: LEAVES - documents.length }, (_, i) =>
    domainHash("policy-filler", salt, i),
  )
  return [...documents.map(leaf), ...fillers].sort(compareBytes)
}

/**
 * RFC 6962 over 256 leaves. The set counts, not its order.
 * @param salt 32 random bytes of this version alone: the same documents never give the same root twice
 */
export const policyRoot = (documents: readonly PolicyDocument[], salt: Bytes): Hash =>
  merkleRoot(leavesOf(documents, salt))

/** Where a document stands in the tree, with the path from there to the root. */
export interface PolicyPlace {
  readonly index: number
  readonly path: readonly Hash[]
}

export function policyPlace(
  documents: readonly PolicyDocument[],
  salt: Bytes,
  document: PolicyDocument,
): PolicyPlace {
  const leaves = leavesOf(documents, salt)
  const own = leaf(document)
  const index = leaves.findIndex((one) => equalBytes(one, own))
  assert(index >= 0, "policyPlace: the document is not in the policy")
  return { index, path: inclusionPath(leaves, index) }
}

export const isInPolicy = (root: Hash, document: PolicyDocument, { index, path }: PolicyPlace): boolean =>
  verifyInclusion(root, leaf(document), index, LEAVES, path)
