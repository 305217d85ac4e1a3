import { type Bytes, type LedgerEvent, PlatformError, stepOf } from "@aceso/core"
import type { Mailer } from "../mail/mailer.ts"
import { type LedgerClient, Rejection } from "../node/ledger-client.ts"
import type { Reactor } from "../reactors/reactors.ts"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"
import { type CaseNow, type Committed, keysIn, memberOf } from "./case-now.ts"
import type { Cases } from "./cases.ts"
import type { Correspondence } from "./correspondence.ts"
import type { CaseDocuments, DocumentAt } from "./documents.ts"
import type { Stocks } from "./stocks.ts"

/** Documents that others have committed and this organisation does not have yet (CAPABILITIES.md, Documents). */

interface Tables {
  awaited_documents: {
    id: Bytes
    n: number
    name: string
    /** ms */
    since: number
    look_at: number
    tries: number
    demanded: number
  }
}

/** `rebuilt`: the reactor puts them there again that the ledger's events tell of. */
export const awaitedMigrations: readonly Migration[] = [
  {
    name: "documents",
    sql: `CREATE TABLE awaited_documents (id BLOB NOT NULL, n INTEGER NOT NULL, name TEXT NOT NULL, since INTEGER NOT NULL, look_at INTEGER NOT NULL, tries INTEGER NOT NULL, demanded INTEGER NOT NULL, PRIMARY KEY (id, n, name)) WITHOUT ROWID;
CREATE INDEX awaited_documents_due ON awaited_documents (look_at)`,
    tables: { awaited_documents: "rebuilt" },
  },
]

/** So long its author has time to hand it over before it is demanded on the ledger, ms. */
export const DEMAND_AFTER_MS = 24 * 3_600_000
const FIRST_DELAY_MS = 1_000
const MAX_DELAY_MS = 3_600_000
/** After so many attempts at an author that does not answer, and then after every so many, it is asked by mail. */
const MAIL_AFTER = 3
const MAIL_EVERY = 12
/** Looked at in one pass. */
const PAGE = 50

const GONE = ["unknown_case", "unknown_document"]
/** Rejections after which the ledger is told no more of a document. */
const OVER = [...GONE, "own_document", "not_demanded", "not_a_party"]

type Due = Tables["awaited_documents"]
interface Attempt {
  readonly isLate: boolean
  readonly demanded: boolean
  readonly tries: number
  /** Its author did not answer for another one just now. */
  readonly isAway: boolean
}
interface Outcome {
  readonly is: "settled" | "demanded" | "waits"
  readonly isAway: boolean
}

interface Parts {
  readonly database: ModuleDatabase<Tables>
  readonly ledger: LedgerClient
  readonly cases: Cases
  readonly documents: CaseDocuments
  readonly correspondence: Correspondence
  readonly mailer: Pick<Mailer, "ask">
  readonly stocks: Pick<Stocks, "handleOf">
  readonly demandAfterMs?: number
}

/**
 * Fetches them by itself, again and again, and demands on the ledger what is not handed over; when such a one comes, it
 * says so there. Whatever is broken off goes on with the next pass.
 */
export class Awaited implements Reactor {
  readonly name = "cases.awaited"
  readonly contract = "cases"
  readonly events = ["opened", "stepped"]
  private readonly parts: Parts
  private running: Promise<void> | undefined

  constructor(parts: Parts) {
    this.parts = parts
  }

  async react({ data }: LedgerEvent): Promise<void> {
    const {
      case: id,
      members,
      step,
      n = 0,
    } = data as unknown as {
      readonly case: Bytes
      readonly members: readonly string[]
      readonly step?: string
      readonly n?: number
    }
    if (!members.includes(this.parts.ledger.member)) return
    const found = await this.parts.cases.at(id)
    // Who comes to a case later awaits all that was written before.
    const isNew = step !== undefined && stepOf(found.process, step)?.names !== null
    // Anybody may open a case: of who is not known here nothing is demanded, nor kept in mind.
    const keys = keysIn(found.row)
    if (step === undefined && keys.length > 0 && !(await this.parts.stocks.handleOf(keys))) return
    await this.lacking(found, (at) => at === n || (isNew && at < n))
  }

  /** All that is not here, of a case whose person was not known here before. */
  async ofAll(id: Bytes): Promise<void> {
    const found = await this.parts.cases.at(id)
    if (this.parts.cases.ownParty(found) !== undefined) await this.lacking(found, () => true)
  }

  /** Own ones too: a vault that was restored may have lost them, and others that take part have them. */
  private async lacking(found: CaseNow, isMeant: (n: number) => boolean): Promise<void> {
    const { cases, documents } = this.parts
    const all: DocumentAt[] = []
    for (const [n, step] of (await cases.stepsOf(found)).entries())
      for (const { name, commitment } of isMeant(n) ? step.documents : []) {
        const at = { case: found.id, n, name }
        if (!(await documents.at(at, commitment))) all.push(at)
      }
    await this.await(all, Date.now())
  }

  private async await(all: readonly DocumentAt[], now: number): Promise<void> {
    if (all.length === 0) return
    const { database } = this.parts
    await database.atomically(async () => {
      await database.db
        .insertInto("awaited_documents")
        .values(
          all.map(({ case: id, n, name }) => ({
            ...{ id, n, name, since: now, look_at: now, tries: 0, demanded: 0 },
          })),
        )
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    })
  }

  /** Looks at what is due. Two passes never overlap. */
  look(now = Date.now()): Promise<void> {
    this.running ??= this.pass(now).finally(() => {
      this.running = undefined
    })
    return this.running
  }

  private async pass(now: number): Promise<void> {
    const { database } = this.parts
    const due = await database.db
      .selectFrom("awaited_documents")
      .selectAll()
      .where("look_at", "<=", now)
      .orderBy("look_at")
      .limit(PAGE)
      .execute()
    // Each author by itself: one that hangs holds up what comes from no other.
    const byAuthor = new Map<string, (typeof due)[number][]>()
    for (const one of due) {
      const author = (await this.authorOf({ case: one.id, n: one.n, name: one.name })) ?? ""
      byAuthor.set(author, [...(byAuthor.get(author) ?? []), one])
    }
    const faults: unknown[] = []
    await Promise.all([...byAuthor.values()].map((some) => this.ofOne(some, now, faults)))
    if (faults.length > 0) throw faults[0]
  }

  /** Undefined: a person, or the case has gone. */
  private async authorOf(at: DocumentAt): Promise<string | undefined> {
    const { cases } = this.parts
    try {
      const { step } = await cases.committed(at)
      return memberOf((await cases.at(at.case)).row, step.party) ?? undefined
    } catch {
      // Whatever is wrong with it shows when it is looked at.
      return undefined
    }
  }

  /** What goes wrong with one is told, and stops no other. */
  private async ofOne(some: readonly Due[], now: number, faults: unknown[]): Promise<void> {
    let isAway = false
    for (const { id, n, name, since, tries, demanded } of some) {
      const at = { case: id, n, name }
      const state = {
        isLate: now - since >= (this.parts.demandAfterMs ?? DEMAND_AFTER_MS),
        demanded: demanded === 1,
        ...{ tries, isAway },
      }
      let outcome: Outcome = { is: state.demanded ? "demanded" : "waits", isAway }
      try {
        outcome = await this.try(at, state)
      } catch (error) {
        faults.push(error)
      }
      isAway = outcome.isAway
      if (outcome.is === "settled") await this.forget(at)
      else await this.postpone(at, tries + 1, outcome.is === "demanded", now)
    }
  }

  /** `settled`: it is here, or never will be; `demanded`: the ledger has that it is missing. */
  private async try(at: DocumentAt, { isLate, demanded, tries, isAway }: Attempt): Promise<Outcome> {
    const { cases, documents, correspondence } = this.parts
    let found: CaseNow
    let committed: Committed
    try {
      found = await cases.at(at.case)
      committed = await cases.committed(at)
    } catch (error) {
      // Its rows have gone: nobody is to hand anything over any more.
      if (error instanceof PlatformError && GONE.includes(error.code)) return { is: "settled", isAway }
      throw error
    }
    const isKept = (await documents.at(at, committed.commitment)) !== undefined
    const author = memberOf(found.row, committed.step.party)
    // An author that has just not answered is not asked for the next one in the same pass.
    const outcome = isKept
      ? "here"
      : isAway
        ? "unreachable"
        : await correspondence.fetched(found, at, committed)
    const isOwn = author === this.parts.ledger.member
    const answer = { isAway: author !== null && !isOwn && outcome === "unreachable" }
    if (answer.isAway && author !== null && tries % MAIL_EVERY === MAIL_AFTER)
      await this.parts.mailer.ask(cases.placeOf(at), author)
    if (outcome === "here") {
      const isSaid = !demanded || (await this.say("meet", at)) !== "refused"
      return { is: isSaid ? "settled" : "demanded", ...answer }
    }
    if (demanded) return { is: "demanded", ...answer }
    // Nobody can be held to hand over what is this organisation's own.
    if (!isLate || isOwn) return { is: "waits", ...answer }
    const said = await this.say("demand", at)
    return { is: said === "over" ? "settled" : said === "there" ? "demanded" : "waits", ...answer }
  }

  /** `there`: the ledger has it now, or had it; `over`: it needs to be told nothing more; `refused`: not now. */
  private async say(
    action: "demand" | "meet",
    { case: id, n, name }: DocumentAt,
  ): Promise<"there" | "over" | "refused"> {
    try {
      await this.parts.ledger.call("cases", action, { case: id, n, name })
      return "there"
    } catch (error) {
      if (!(error instanceof Rejection)) throw error
      if (error.code === "already_demanded") return "there"
      return OVER.includes(error.code) ? "over" : "refused"
    }
  }

  private async forget({ case: id, n, name }: DocumentAt): Promise<void> {
    const { database } = this.parts
    await database.atomically(async () => {
      await database.db
        .deleteFrom("awaited_documents")
        .where((where) => where.and({ id, n, name }))
        .execute()
    })
  }

  private async postpone(
    { case: id, n, name }: DocumentAt,
    tries: number,
    demanded: boolean,
    now: number,
  ): Promise<void> {
    const { database } = this.parts
    const look_at = now + Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(tries, 12))
    await database.atomically(async () => {
      await database.db
        .updateTable("awaited_documents")
        .set({ look_at, tries, ...(demanded && { demanded: 1 }) })
        .where((where) => where.and({ id, n, name }))
        .execute()
    })
  }
}
