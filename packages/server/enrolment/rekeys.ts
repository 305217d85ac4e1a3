import { handles } from "@aceso/contracts"
import {
  type Bytes,
  decodeCbor,
  encodeCbor,
  type Handle,
  keyAt,
  type LedgerEvent,
  object,
  PlatformError,
  type PublicKey,
  publicKeySchema,
  text,
} from "@aceso/core"
import type { Disclosures } from "../exchange/disclosures.ts"
import { type RekeyFacts, type RekeyWord, rekeyEvent } from "../exchange/rekey-event.ts"
import { ownPatient } from "../joins/own-patients.ts"
import { type LedgerClient, Rejection } from "../node/ledger-client.ts"
import type { ModuleDatabase } from "../vault/module-database.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { EnrolmentTables } from "./confirmed.ts"

interface Parts {
  readonly database: ModuleDatabase<EnrolmentTables>
  readonly ledger: LedgerClient
  readonly vault: SqliteVault
  readonly disclosures: Pick<Disclosures, "note">
}

const clerk = object({ name: text(64), key: publicKeySchema })
type Clerk = { readonly name: string; readonly key: PublicKey }

/** Keys that the desk puts in place of lost ones: who did it stands in the patient's audit (docs/decisions/0046). */
export class Rekeys {
  private readonly parts: Parts
  private readonly now: () => number
  /** Another key waits to take the place of a patient's. */
  onPending: (handle: Bytes) => void = () => {}

  constructor(parts: Parts, now: () => number = Date.now) {
    this.parts = parts
    this.now = now
  }

  /** Before the ledger hears of it; durable when it returns. @param key the new one */
  async say(what: RekeyWord, { handle, key }: Place, { name, key: own }: Clerk): Promise<void> {
    const { db, seal } = this.parts.database
    const content = seal("word", handle, encodeCbor({ name, key: own }))
    await db
      .insertInto("enrolments_words")
      .values({ handle, key, what, content })
      .onConflict((conflict) => conflict.columns(["handle", "key", "what"]).doUpdateSet({ content }))
      .execute()
  }

  /**
   * The desk takes back what it has begun, whoever there began it.
   * @throws PlatformError `unknown_patient`, `no_rekey`; Rejection of the contract
   */
  async cancelAtDesk(alias: string, by: Clerk): Promise<void> {
    const { ledger, vault } = this.parts
    const { handle } = await ownPatient(vault, alias)
    const key = await this.pendingOf(handle)
    if (!key) throw noRekey()
    const place = { handle, key }
    await this.say("cancelled", place, by)
    try {
      await ledger.call("people", "cancelRekey", { custodian: ledger.member, handle })
    } catch (error) {
      // Somebody else was quicker, and it is theirs.
      if (error instanceof Rejection) await this.unsay("cancelled", place)
      throw error
    }
  }

  /** Notes in the patient's audit, once, what the ledger says. */
  async note({ name, data, height, transaction }: LedgerEvent): Promise<void> {
    const { database, disclosures, ledger } = this.parts
    const { custodian, handle } = data as unknown as { custodian: string; handle: Handle }
    if (custodian !== ledger.member) return
    const what = name === "rekeyBegun" ? "begun" : "cancelled"
    // What was cancelled the block before has it.
    const key = await this.pendingOf(handle, what === "begun" ? height : height - 1)
    const said = key && (await this.saidBy(what, { handle, key }))
    const by: RekeyFacts["by"] = said ?? (what === "cancelled" && key ? "patient" : undefined)
    const event = rekeyEvent({ custodian, handle, time: this.now(), what, by })
    await database.atomically(async () => {
      const isNoted = await database.db
        .selectFrom("enrolments_noted")
        .select("height")
        .where("handle", "=", handle)
        .where("height", "=", height)
        .where("transaction_index", "=", transaction)
        .executeTakeFirst()
      if (isNoted) return
      await disclosures.note(handle, event, null)
      await database.db
        .insertInto("enrolments_noted")
        .values({ handle, height, transaction_index: transaction })
        .execute()
    })
    if (what === "begun") this.onPending(handle)
  }

  /** The key that does not count yet. @param height default: the newest; one that is gone here says nothing */
  private async pendingOf(handle: Handle, height?: number): Promise<PublicKey | undefined> {
    const { engine, member } = this.parts.ledger
    try {
      const row = await engine.read(handles, [member, handle], height)
      if (!row?.next) return undefined
      return height !== undefined || keyAt(row, this.now()).isPending ? row.next.key : undefined
    } catch (error) {
      if (height !== undefined && error instanceof PlatformError) return undefined
      throw error
    }
  }

  private async saidBy(what: RekeyWord, { handle, key }: Place): Promise<Clerk | undefined> {
    const { db, open } = this.parts.database
    const row = await db
      .selectFrom("enrolments_words")
      .select("content")
      .where("handle", "=", handle)
      .where("key", "=", key)
      .where("what", "=", what)
      .executeTakeFirst()
    return row && clerk.parse(decodeCbor(open("word", handle, row.content)), "word")
  }

  private async unsay(what: RekeyWord, { handle, key }: Place): Promise<void> {
    await this.parts.database.db
      .deleteFrom("enrolments_words")
      .where("handle", "=", handle)
      .where("key", "=", key)
      .where("what", "=", what)
      .execute()
  }
}

interface Place {
  readonly handle: Handle
  readonly key: Bytes
}

export const noRekey = () =>
  new PlatformError(
    "no_rekey",
    "no other key waits to take the place of this patient's: it was cancelled, or it counts already",
  )
