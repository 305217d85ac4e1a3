import { type Bytes, decodeTrusted, type MemberId, PlatformError, type PublicKey } from "@aceso/core"
import type { LedgerProofs } from "./ledger-proofs.ts"
import type { PublicClient } from "./public-client.ts"

/** What the ledger says of members, by proofs, as a device asks one node for it. */
export class LedgerMembers {
  private readonly proofs: LedgerProofs
  private readonly node: PublicClient

  constructor(proofs: LedgerProofs, node: PublicClient) {
    this.proofs = proofs
    this.node = node
  }

  /** Where a member's node is. @throws PlatformError `unknown_member`, `bad_url` */
  urlOf(member: MemberId): Promise<string> {
    return this.node.urlOf(member)
  }

  /** All members, as the node names them; whatever they sign is checked by their keys. */
  members() {
    return this.node.members()
  }

  /** A valid key of a member. @throws PlatformError `unknown_member`, `bad_proof` */
  async keyOf(member: MemberId): Promise<PublicKey> {
    const [row] = await this.proofs.rows(this.node, "memberKeyLists", [[member]])
    const [, valid] = row ? (decodeTrusted(row) as [number, readonly PublicKey[]]) : [0, []]
    const key = valid.at(-1)
    if (key) return key
    throw new PlatformError("unknown_member", `${member} has no valid key in this network`)
  }

  /**
   * The root of a member's directory at a time.
   * @param time ms @throws PlatformError `unknown_practitioner`: it had none; `bad_proof`
   */
  async directoryAt(member: MemberId, time: number): Promise<Bytes> {
    const [newest] = await this.proofs.rows(this.node, "directories", [[member]])
    const [, version] = newest ? (decodeTrusted(newest) as [number, number, Bytes]) : [0, 0]
    for (let last = version; last > 0; last -= PAGE) {
      const versions = Array.from({ length: Math.min(PAGE, last) }, (_, i) => [member, last - i])
      for (const row of await this.proofs.rows(this.node, "directoryVersions", versions)) {
        const [, root, from] = row ? (decodeTrusted(row) as [number, Bytes, number]) : []
        if (root && from !== undefined && from <= time) return root
      }
    }
    throw new PlatformError("unknown_practitioner", `${member} had published no directory by then`)
  }
}

/** Versions that are asked for at once. */
const PAGE = 16
