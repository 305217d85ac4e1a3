import {
  type Bytes,
  type Cbor,
  decodeTrusted,
  encodeCbor,
  equalBytes,
  type GenesisDocument,
  genesisHash,
  type Hash,
  type MemberId,
  memberKeyRow,
  nameOf,
  PlatformError,
  type RowsAnswer,
  rowKeyHash,
  verifyOperated,
  verifyRow,
} from "@aceso/core"
import { PublicClient } from "./public-client.ts"

/** LEDGER.md, Time: three heartbeats, as nodes have it. */
const MAX_CHECKPOINT_AGE_MS = 90_000

/** The event in a row of `disclosures`. */
export const eventOf = (row: Bytes): Bytes => (decodeTrusted(row) as [number, Bytes])[1]

/** A node that is asked for rows by a right of one's own. @param ask for these rows */
export const rowsAt = (
  url: string,
  ask: (question: {
    readonly table: string
    readonly keys: readonly (readonly Bytes[])[]
    readonly height: number
  }) => Promise<RowsAnswer>,
): Pick<PublicClient, "url" | "prove" | "genesis"> => ({
  url,
  genesis: () => new PublicClient(url).genesis(),
  prove: (table, keys, height = 0) =>
    ask({ table, keys: keys.map((key) => key.map((part) => encodeCbor(part))), height }),
})

/** Rows of the ledger as a device believes them: by proofs, up to the anchor that it trusts. */
export class LedgerProofs {
  private anchor: GenesisDocument | undefined
  /** The newest height that any node showed: none may prove by an older state. */
  private newestHeight = 0
  private readonly memberKeys = new Map<string, string>()
  private readonly genesis: Hash | undefined
  private readonly isFirstFresh: boolean
  private readonly now: () => number
  private asking: Promise<GenesisDocument> | undefined

  /**
   * @param anchor without one the genesis that a node shows
   * @param genesis its hash, where that is what is known of it: a node that shows another one is not believed. Without
   * either, the first that is asked is.
   * @param isFirstFresh also the first checkpoint has to be a fresh one, where validators make blocks all the time: for
   * whoever has nothing to hold it against. A device shows a patient the own records by an old one too, where the ledger stands still.
   */
  constructor(
    anchor: GenesisDocument | undefined,
    {
      genesis,
      isFirstFresh = false,
      now = Date.now,
    }: { readonly genesis?: Hash; readonly isFirstFresh?: boolean; readonly now?: () => number } = {},
  ) {
    this.anchor = anchor
    this.genesis = genesis
    this.isFirstFresh = isFirstFresh
    this.now = now
  }

  /**
   * Rows, or null, with proofs against a checkpoint that the engine attested and that is not an old one.
   * @throws PlatformError `bad_proof`
   */
  async rows(
    client: Pick<PublicClient, "url" | "prove" | "genesis">,
    table: string,
    keys: readonly (readonly Cbor[])[],
  ): Promise<(Bytes | null)[]> {
    return (await this.rowsAndHeight(client, table, keys)).rows
  }

  /** The same, and the block by whose state they were proven. @throws PlatformError `bad_proof` */
  async rowsAndHeight(
    client: Pick<PublicClient, "url" | "prove" | "genesis">,
    table: string,
    keys: readonly (readonly Cbor[])[],
  ): Promise<{ readonly rows: (Bytes | null)[]; readonly height: number }> {
    const { rows, checkpoint, operator, comet } = await client.prove(table, keys)
    const bad = (why: string) =>
      new PlatformError("bad_proof", `the node at ${client.url} gave a proof that does not hold: ${why}`)
    const anchor = await this.anchorFrom(client, bad)
    if (operator || !comet) verifyOperated({ checkpoint, operator }, anchor, bad)
    else {
      // What validators sign takes curves of its own to verify: a page loads that where there are validators.
      const { verifyAttestation } = await import("@aceso/core/attestation.ts")
      verifyAttestation({ checkpoint, operator, comet }, anchor, bad)
    }
    // An embedded engine that has nothing to do makes no blocks: how old its newest one is says nothing.
    const mustBeFresh = this.isFirstFresh && this.newestHeight === 0 && anchor.engine !== "embedded"
    const isNewest = checkpoint.height >= this.newestHeight && !mustBeFresh
    const isFresh = this.now() - checkpoint.time < MAX_CHECKPOINT_AGE_MS || isNewest
    if (!isFresh) throw bad("its checkpoint is an old one")
    this.newestHeight = Math.max(this.newestHeight, checkpoint.height)
    if (rows.length !== keys.length) throw bad("it is not about the rows that were asked for")
    const checked = rows.map(({ row, proof }, i) => {
      if (!verifyRow(checkpoint.stateRoot, rowKeyHash(table, keys[i]), row, proof))
        throw bad("it does not lead to the state root")
      return row
    })
    return { rows: checked, height: checkpoint.height }
  }

  /** Of two nodes that are asked at once one alone says what is believed from then on. */
  private async anchorFrom(
    client: Pick<PublicClient, "genesis">,
    bad: (why: string) => PlatformError,
  ): Promise<GenesisDocument> {
    if (this.anchor) return this.anchor
    if (this.genesis) {
      const { signed, document } = await client.genesis()
      if (!equalBytes(genesisHash(signed), this.genesis))
        throw bad("it shows another genesis than the network has that this device joined")
      this.anchor = document
      return document
    }
    this.asking ??= client
      .genesis()
      .then(({ document }) => {
        this.anchor = document
        return document
      })
      .finally(() => {
        this.asking = undefined
      })
    return this.asking
  }

  /** The event that a custodian's disclosure log has under a tag. */
  async disclosure(client: PublicClient, custodian: MemberId, tag: Bytes): Promise<Bytes | undefined> {
    const [row] = await this.rows(client, "disclosures", [[custodian, tag]])
    return row ? eventOf(row) : undefined
  }

  /** Whose key it is, or was. */
  async memberOfKey(client: PublicClient, key: Bytes): Promise<string | undefined> {
    const name = nameOf(key)
    const known = this.memberKeys.get(name)
    if (known !== undefined) return known
    const [row] = await this.rows(client, "memberKeys", [[key]])
    const member = row ? memberKeyRow(row).member : undefined
    if (member !== undefined) this.memberKeys.set(name, member)
    return member
  }
}
