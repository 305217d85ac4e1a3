import { handles } from "@aceso/contracts"
import {
  type Bytes,
  type CaseKeyStock,
  type Cbor,
  encodeCbor,
  equalBytes,
  type Handle,
  PlatformError,
  type PublicKey,
  verifyStock,
} from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"
import type { Vault } from "../vault/vault.ts"

/** One-time keys that patients left here (CAPABILITIES.md, Case keys): by them this organisation knows whose case it is. */

interface Tables {
  stocks_left: { handle: Bytes; from_number: number; content: Bytes }
  stocks_keys: { key: Bytes; handle: Bytes }
}

/** `kept`: and the device leaves those again that it has used, whenever it looks at its cases. */
export const stockMigrations: readonly Migration[] = [
  {
    name: "keys",
    sql: `CREATE TABLE stocks_left (handle BLOB NOT NULL, from_number INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (handle, from_number)) WITHOUT ROWID;
CREATE TABLE stocks_keys (key BLOB PRIMARY KEY, handle BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX stocks_keys_by_handle ON stocks_keys (handle)`,
    tables: { stocks_left: "kept", stocks_keys: "kept" },
  },
]

/** Of one patient. */
const MAX_KEYS = 10_000

export class Stocks {
  private readonly database: ModuleDatabase<Tables>
  private readonly ledger: LedgerClient
  private readonly vault: Pick<Vault, "patient">

  constructor(database: ModuleDatabase<Tables>, ledger: LedgerClient, vault: Pick<Vault, "patient">) {
    this.database = database
    this.ledger = ledger
    this.vault = vault
  }

  /**
   * Keeps a stock, with the signature by which the patient left it. Keys that are here already stay.
   * @throws PlatformError `bad_stock`, `too_many_keys`
   */
  async leave(stock: CaseKeyStock): Promise<void> {
    const { network, custodian, handle, from, keys } = stock
    const { engine, member } = this.ledger
    if (network !== engine.network || custodian !== member)
      throw bad("it is for another network or another organisation")
    const row = await engine.read(handles, [member, handle])
    if (!row?.key || !verifyStock(stock, row.key))
      throw bad(
        "the key of the handle did not sign it, or one of its keys did not sign that it is this handle's",
      )
    const { db, seal } = this.database
    const content = seal("stock", handle, encodeCbor(stock as unknown as Cbor))
    await this.database.atomically(async () => {
      const there = await db
        .selectFrom("stocks_keys")
        .selectAll()
        .where("key", "in", [...keys])
        .execute()
      if (there.some((one) => !equalBytes(one.handle, handle)))
        throw bad("one of its keys is somebody else's")
      if (there.length === keys.length) return
      const { count } = await db
        .selectFrom("stocks_keys")
        .select((select) => select.fn.countAll<number>().as("count"))
        .where("handle", "=", handle)
        .executeTakeFirstOrThrow()
      if (count + keys.length - there.length > MAX_KEYS)
        throw new PlatformError("too_many_keys", `${MAX_KEYS} keys of this patient lie here already`)
      await db
        .insertInto("stocks_keys")
        .values(keys.map((key) => ({ key, handle })))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      await db
        .insertInto("stocks_left")
        .values({ handle, from_number: from, content })
        .onConflict((conflict) => conflict.columns(["handle", "from_number"]).doUpdateSet({ content }))
        .execute()
    })
  }

  /** The patient of this organisation who left one of these keys here; undefined: none. */
  async handleOf(keys: readonly PublicKey[]): Promise<Handle | undefined> {
    if (keys.length === 0) return undefined
    const one = await this.database.db
      .selectFrom("stocks_keys")
      .select("handle")
      .where("key", "in", [...keys])
      .executeTakeFirst()
    return one?.handle
  }

  /** By which that patient is known here; null: there is none. */
  async aliasOf(keys: readonly PublicKey[]): Promise<string | null> {
    const handle = await this.handleOf(keys)
    return (handle && (await this.vault.patient({ handle }))?.alias) ?? null
  }
}

const bad = (why: string) => new PlatformError("bad_stock", `these case keys are not taken: ${why}`)
