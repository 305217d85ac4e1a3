import { verifyAttestation } from "./attestation.ts"
import { attested } from "./attested.ts"
import { toHex } from "./bytes.ts"
import { countersigned, MAX_COUNTERSIGNERS } from "./countersigned.ts"
import { PlatformError } from "./errors.ts"
import { type MemberKeyRow, memberKeyRow } from "./evidence-rows.ts"
import { type GenesisDocument, readGenesis, signedGenesis } from "./genesis.ts"
import { publicKeySchema } from "./ids.ts"
import { type Infer, list, object, oneOf } from "./schema.ts"
import { rowKeyHash, rowProof, verifyRow } from "./state-proof.ts"
import { type ForkAnswer, verifyFork } from "./verify-countersigned.ts"

/** Two histories of one network: both sides with those who vouch for them. */
export const forkEvidence = object({
  kind: oneOf("fork"),
  first: countersigned,
  second: countersigned,
  /** The ledger's row of each key that signs, proven against `attested`. */
  keys: list(object({ key: publicKeySchema, proven: rowProof }), 2 * MAX_COUNTERSIGNERS),
  attested,
  genesis: signedGenesis,
})
export type ForkEvidence = Infer<typeof forkEvidence>

/**
 * Checks fork evidence offline; `anchor` is the genesis that the reader trusts (without one, the file's own is used,
 * and the answer says so).
 * @throws PlatformError `bad_evidence`
 */
export function verifyForkEvidence(
  e: ForkEvidence,
  anchor?: GenesisDocument,
): ForkAnswer & { restsOn: string } {
  const wrong = (what: string) => new PlatformError("bad_evidence", `the evidence does not hold: ${what}`)
  try {
    const trusted = anchor ?? readGenesis(e.genesis)
    const rests = verifyAttestation(e.attested, trusted, wrong)
    const owners = new Map<string, MemberKeyRow>()
    for (const { key, proven } of e.keys) {
      const { row, proof } = proven
      if (!row || !verifyRow(e.attested.checkpoint.stateRoot, rowKeyHash("memberKeys", [key]), row, proof))
        throw wrong(`the ledger's row of the key ${toHex(key).slice(0, 12)}… is not proven`)
      owners.set(toHex(key), memberKeyRow(row))
    }
    const answer = verifyFork(e.first, e.second, trusted, (key) => owners.get(toHex(key)))
    return { ...answer, restsOn: `keys ${rests}${anchor ? "" : "; the anchor is the file's own"}` }
  } catch (error) {
    if (error instanceof PlatformError && error.code !== "bad_evidence") throw wrong(error.message)
    throw error
  }
}
