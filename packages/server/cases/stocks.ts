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
import type { ActingDelegate } from "../delegates/delegates.ts"
import type { KeptDelegates } from "../delegates/kept.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"
import type { Vault } from "../vault/vault.ts"

/** One-time keys that patients left here (CAPABILITIES.md, Case keys): by them this organisation knows whose case it is. */

interface Tables {
  stocks_left: { handle: Bytes; from_number: number; content: Bytes }
  stocks_keys: { key: Bytes; handle: Bytes }
  stocks_delegates: { key: Bytes; handle: Bytes; delegate: Bytes }
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
  {
    name: "delegates",
    sql: `CREATE TABLE stocks_delegates (key BLOB PRIMARY KEY, handle BLOB NOT NULL, delegate BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX stocks_delegates_by_delegate ON stocks_delegates (delegate)`,
    tables: { stocks_delegates: "kept" },
  },
]

/** Of one patient, and of one delegate of a patient. */
const MAX_KEYS = 10_000
const MAX_DELEGATES_KEYS = 640

export class Stocks {
  private readonly database: ModuleDatabase<Tables>
  private readonly ledger: LedgerClient
  private readonly vault: Pick<Vault, "patient">
  private readonly delegates: Pick<KeptDelegates, "of">

  constructor(
    database: ModuleDatabase<Tables>,
    ledger: LedgerClient,
    vault: Pick<Vault, "patient">,
    delegates: Pick<KeptDelegates, "of">,
  ) {
    this.database = database
    this.ledger = ledger
    this.vault = vault
    this.delegates = delegates
  }

  /**
   * Keeps a stock, with the signature by which the patient left it; of a delegate's the keys. Keys that are here already
   * stay.
   * @throws PlatformError `bad_stock`, `too_many_keys`
   */
  async leave(stock: CaseKeyStock, delegate?: ActingDelegate): Promise<void> {
    const { network, custodian, handle, from, keys } = stock
    const { engine, member } = this.ledger
    if (network !== engine.network || custodian !== member)
      throw bad("it is for another network or another organisation")
    const by = delegate?.key ?? (await engine.read(handles, [member, handle]))?.key
    if (!by || !verifyStock(stock, by))
      throw bad(
        "the key of the handle did not sign it, or one of its keys did not sign that it is this handle's",
      )
    if (delegate) return this.leaveByDelegate(handle, keys, delegate.key)
    const { db, seal } = this.database
    const content = seal("stock", handle, encodeCbor(stock as unknown as Cbor))
    await this.database.atomically(async () => {
      const there = await db
        .selectFrom("stocks_keys")
        .selectAll()
        .where("key", "in", [...keys])
        .execute()
      if (there.some((one) => !equalBytes(one.handle, handle)) || (await this.ofDelegates(keys)).length > 0)
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

  private async leaveByDelegate(
    handle: Handle,
    keys: readonly PublicKey[],
    delegate: PublicKey,
  ): Promise<void> {
    const { db } = this.database
    await this.database.atomically(async () => {
      const there = await this.ofDelegates(keys)
      const isOther = there.some((one) => !equalBytes(one.delegate, delegate))
      if (isOther || (await this.leftByPatient(keys))) throw bad("one of its keys is somebody else's")
      const { count } = await db
        .selectFrom("stocks_delegates")
        .select((select) => select.fn.countAll<number>().as("count"))
        .where("delegate", "=", delegate)
        .executeTakeFirstOrThrow()
      if (count + keys.length - there.length > MAX_DELEGATES_KEYS)
        throw new PlatformError(
          "too_many_keys",
          `${MAX_DELEGATES_KEYS} keys of this delegate lie here already`,
        )
      await db
        .insertInto("stocks_delegates")
        .values(keys.map((key) => ({ key, handle, delegate })))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    })
  }

  private ofDelegates(keys: readonly PublicKey[]) {
    return this.database.db
      .selectFrom("stocks_delegates")
      .selectAll()
      .where("key", "in", [...keys])
      .execute()
  }

  /** The patient of this organisation whose one of these keys is, by whomever it was left here; undefined: nobody's. */
  async handleOf(keys: readonly PublicKey[]): Promise<Handle | undefined> {
    if (keys.length === 0) return undefined
    return (await this.leftByPatient(keys)) ?? (await this.ofDelegates(keys))[0]?.handle
  }

  private async leftByPatient(keys: readonly PublicKey[]): Promise<Handle | undefined> {
    const one = await this.database.db
      .selectFrom("stocks_keys")
      .select("handle")
      .where("key", "in", [...keys])
      .executeTakeFirst()
    return one?.handle
  }

  /** By which that patient is known here, and who began it for them; null: nobody. */
  async whose(
    keys: readonly PublicKey[],
  ): Promise<{ readonly patient: string | null; readonly delegate: string | null }> {
    const handle = await this.handleOf(keys)
    const patient = (handle && (await this.vault.patient({ handle }))?.alias) ?? null
    const [left] = keys.length === 0 ? [] : await this.ofDelegates(keys)
    const scope = left && (await this.delegates.of(left.delegate))?.opening.scope
    return { patient, delegate: scope ? `${scope.name} (${scope.relation})` : null }
  }
}

const bad = (why: string) => new PlatformError("bad_stock", `these case keys are not taken: ${why}`)
