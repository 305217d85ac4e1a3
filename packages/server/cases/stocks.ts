import { caseKeys, cases } from "@aceso/contracts"
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
import type { ActingDelegate, Delegates } from "../delegates/delegates.ts"
import type { KeptDelegates } from "../delegates/kept.ts"
import { keyOfHandle } from "../node/handle-keys.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"
import type { Vault } from "../vault/vault.ts"

/** One-time keys that patients left here (CAPABILITIES.md, Case keys): by them this organisation knows whose case it is. */

type Left = Tables["stocks_delegates"]

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
  private readonly kept: Pick<KeptDelegates, "of">
  private readonly delegates: Pick<Delegates, "couldAct">

  constructor(
    database: ModuleDatabase<Tables>,
    ledger: LedgerClient,
    vault: Pick<Vault, "patient">,
    kept: Pick<KeptDelegates, "of">,
    delegates: Pick<Delegates, "couldAct">,
  ) {
    this.database = database
    this.ledger = ledger
    this.vault = vault
    this.kept = kept
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
    const by = delegate?.key ?? (await keyOfHandle(engine, member, handle))
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

  /** Whoever may have written for a patient when the key's case was opened; undefined: nobody of them. */
  async leftByDelegateOf(keys: readonly PublicKey[]): Promise<Left | undefined> {
    if (keys.length === 0) return undefined
    for (const left of await this.ofDelegates(keys))
      if (await this.delegates.couldAct(left.handle, left.delegate, "write", await this.openedAt(left.key)))
        return left
    return undefined
  }

  private async openedAt(key: PublicKey): Promise<number> {
    const { engine } = this.ledger
    const id = (await engine.read(caseKeys, [key]))?.case
    return (id && (await engine.read(cases, [id]))?.openedAt) ?? Date.now()
  }

  /**
   * A key that a delegate left is of use here as long as the delegate writes for the patient.
   * @throws PlatformError `delegate_ended`
   */
  async mustBeHeld(key: PublicKey): Promise<void> {
    const [left] = await this.ofDelegates([key])
    if (!left || (await this.delegates.couldAct(left.handle, left.delegate, "write", Date.now()))) return
    throw new PlatformError(
      "delegate_ended",
      "whoever has this key acts for the patient no more: nothing of the case is shown or taken",
    )
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
    return (await this.leftByPatient(keys)) ?? (await this.leftByDelegateOf(keys))?.handle
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
    const left = await this.leftByDelegateOf(keys)
    const scope = left && (await this.kept.of(left.delegate))?.opening.scope
    if (!left || !scope) return { patient, delegate: null }
    const acts = await this.delegates.couldAct(left.handle, left.delegate, "write", Date.now())
    return { patient, delegate: `${scope.name} (${scope.relation}${acts ? "" : ", acts no more"})` }
  }
}

const bad = (why: string) => new PlatformError("bad_stock", `these case keys are not taken: ${why}`)
