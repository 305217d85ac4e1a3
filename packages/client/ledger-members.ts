import {
  type Bytes,
  decodeTrusted,
  isLoopbackUrl,
  MAX_ROWS_ASKED,
  type MemberId,
  nodeUrlFault,
  PlatformError,
  type PublicKey,
} from "@aceso/core"
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

  /**
   * Where a member's node is, as the ledger has it: what is handed over there is read by whoever has that address.
   * @throws PlatformError `unknown_member`, `bad_url`, `bad_proof`
   */
  async urlOf(member: MemberId): Promise<string> {
    const { url } = await this.active(member)
    const fault = nodeUrlFault(url, { mayBeLoopback: isLoopbackUrl(this.node.url) })
    if (fault !== undefined) throw new PlatformError("bad_url", `${member} is not asked at ${url}: ${fault}`)
    return url
  }

  /** What a member is called and is. @throws PlatformError `unknown_member`, `bad_proof` */
  async active(member: MemberId): Promise<ReturnType<typeof memberRow>> {
    const [row] = await this.proofs.rows(this.node, "members", [[member]])
    const found = row && memberRow(row)
    if (found?.status === "active") return found
    throw new PlatformError("unknown_member", `${member} is no active member of this network`)
  }

  /**
   * Active members with their names, each as the ledger has it; which there are, the node says.
   * @throws PlatformError `bad_proof`
   */
  async organisations(): Promise<readonly Organisation[]> {
    const ids = (await this.node.members()).map(({ member }) => member)
    return (await this.activeAmong(ids)).map(({ member, name, kind }) => ({ member, name, kind }))
  }

  /** Those of these members that are active, each as the ledger has it. @throws PlatformError `bad_proof` */
  async activeAmong(ids: readonly MemberId[]): Promise<readonly ActiveMember[]> {
    const found: ActiveMember[] = []
    for (let from = 0; from < ids.length; from += MAX_ROWS_ASKED) {
      const some = ids.slice(from, from + MAX_ROWS_ASKED)
      const rows = await this.proofs.rows(
        this.node,
        "members",
        some.map((id) => [id]),
      )
      for (const [i, row] of rows.entries()) {
        const told = row && memberRow(row)
        if (told?.status === "active") found.push({ member: some[i], ...told })
      }
    }
    return found
  }

  /** All members, as the node names them; whatever they sign is checked by their keys. */
  members() {
    return this.node.members()
  }

  /** A valid key of a member. @throws PlatformError `unknown_member`, `bad_proof` */
  async keyOf(member: MemberId): Promise<PublicKey> {
    const key = (await this.keysOf(member)).at(-1)
    if (key) return key
    throw new PlatformError("unknown_member", `${member} has no valid key in this network`)
  }

  /** All valid keys of a member. @throws PlatformError `bad_proof` */
  async keysOf(member: MemberId): Promise<readonly PublicKey[]> {
    const [row] = await this.proofs.rows(this.node, "memberKeyLists", [[member]])
    return row ? (decodeTrusted(row) as [number, readonly PublicKey[]])[1] : []
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

/** A member as people know it. */
export interface Organisation {
  readonly member: MemberId
  readonly name: string
  readonly kind: string
}

/** An active member as its row has it. */
export interface ActiveMember extends Organisation {
  readonly url: string
}

/** A row of `members`: [version, name, kind, abilities, url, status, admittedAt]. A test holds it to the table. */
export function memberRow(row: Bytes): {
  readonly name: string
  readonly kind: string
  readonly url: string
  readonly status: string
} {
  const value = decodeTrusted(row)
  if (!Array.isArray(value) || value.length !== 7)
    throw new PlatformError(
      "bad_answer",
      "the row of a member is of another version than is known here; update",
    )
  const [, name, kind, , url, status] = value as [number, string, string, unknown, string, string, number]
  return { name, kind, url, status }
}

/** Versions that are asked for at once. */
const PAGE = 16
