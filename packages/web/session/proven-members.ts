import type { LedgerProofs } from "@aceso/client/ledger-proofs.ts"
import { networkRows } from "@aceso/client/network-rows.ts"
import type { PublicClient } from "@aceso/client/public-client.ts"
import { type Bytes, type Cbor, MAX_ROWS_ASKED, toHex } from "@aceso/core"

/** An organisation as the ledger has it. */
export interface ShownMember {
  readonly member: string
  readonly name: string
  readonly kind: string
  readonly abilities: readonly string[]
  readonly url: string
  readonly status: "active" | "suspended"
  /** ms */
  readonly admittedAt: number
  /** ms; also those that ended. */
  readonly licences: readonly { readonly what: string; readonly from: number; readonly to: number | null }[]
  readonly validator: { readonly status: string; readonly key: string } | null
  /** Valid ones, oldest first. */
  readonly keys: readonly string[]
  readonly recoveries: readonly {
    readonly from: number
    readonly height: number
    /** ms */
    readonly at: number
    readonly reason: string
  }[]
  /** When an authority last permitted another recovery within a year, ms. */
  readonly permittedAt: number | null
  /** Names under which it published in the library. */
  readonly publications: number
}
/** `unproven`: the node names them, and the ledger has no such member. */
export interface ShownMembers {
  readonly members: readonly ShownMember[]
  readonly unproven: readonly string[]
}

/** What the ledger says of a member under its name. */
const TABLES = ["members", "licences", "validators", "memberKeyLists", "recoveries", "publicationCounts"]

type Rows = (table: string, keys: readonly (readonly Cbor[])[]) => Promise<readonly (Bytes | null)[]>

/** Rows with proofs, in pieces that one question takes. */
export const rowsBy =
  (proofs: LedgerProofs, node: PublicClient) =>
  async (table: string, keys: readonly (readonly Cbor[])[]): Promise<(Bytes | null)[]> => {
    const found: (Bytes | null)[] = []
    for (let at = 0; at < keys.length; at += MAX_ROWS_ASKED)
      found.push(...(await proofs.rows(node, table, keys.slice(at, at + MAX_ROWS_ASKED))))
    return found
  }

/** What the ledger says of those whom a node names. */
export async function provenMembers(
  rows: Rows,
  named: readonly { readonly member: string }[],
): Promise<ShownMembers> {
  const ids = named.map(({ member }) => member)
  const found: (readonly (Bytes | null)[])[] = []
  for (const table of TABLES)
    found.push(
      await rows(
        table,
        ids.map((member) => [member]),
      ),
    )
  const [members, licences, validators, keyLists, recoveries, counts] = found
  const unproven: string[] = []
  const shown = ids.flatMap((member, i): ShownMember[] => {
    const row = members[i]
    if (row === null) {
      unproven.push(member)
      return []
    }
    const validator = validators[i] ? networkRows.validators.read(validators[i]) : null
    const recovered = recoveries[i] ? networkRows.recoveries.read(recoveries[i]) : null
    return [
      {
        ...{ member, ...networkRows.members.read(row) },
        licences: licences[i] ? networkRows.licences.read(licences[i]).all : [],
        validator: validator && { status: validator.status, key: toHex(validator.key) },
        keys: keyLists[i] ? networkRows.memberKeyLists.read(keyLists[i]).valid.map((key) => toHex(key)) : [],
        recoveries: recovered?.all ?? [],
        permittedAt: recovered?.permittedAt ?? null,
        publications: counts[i] ? networkRows.publicationCounts.read(counts[i]).count : 0,
      },
    ]
  })
  return { members: shown, unproven }
}
