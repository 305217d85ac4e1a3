import { type Bytes, type LedgerEvent, PlatformError } from "@aceso/core"
import type { Inbox } from "../inbox/inbox.ts"
import type { Reactor } from "../reactors/reactors.ts"
import { type CaseNow, keysIn } from "./case-now.ts"
import type { Cases } from "./cases.ts"
import type { CaseDocuments } from "./documents.ts"
import type { Stocks } from "./stocks.ts"

/** Who of an organisation sees cases of a process in the inbox, where the process says nothing. */
export const DEFAULT_ROLE = "administrator"

/** Deadlines that are looked at together. */
const PAGE = 100

interface Parts {
  readonly cases: Cases
  readonly inbox: Inbox
  readonly stocks: Pick<Stocks, "handleOf">
  readonly documents: Pick<CaseDocuments, "at">
  readonly member: string
}

/** Puts cases into the inbox while it is this organisation's turn. Doing it again changes nothing. */
export class Turns implements Reactor {
  readonly name = "cases.turns"
  readonly contract = "cases"
  readonly events = ["opened", "stepped"]
  private readonly cases: Cases
  private readonly inbox: Inbox
  private readonly stocks: Pick<Stocks, "handleOf">
  private readonly documents: Pick<CaseDocuments, "at">
  private readonly member: string

  constructor(parts: Parts) {
    this.cases = parts.cases
    this.inbox = parts.inbox
    this.stocks = parts.stocks
    this.documents = parts.documents
    this.member = parts.member
  }

  async react({ data }: LedgerEvent): Promise<void> {
    const { case: id, members } = data as unknown as {
      readonly case: Bytes
      readonly members: readonly string[]
    }
    if (members.includes(this.member)) await this.look(id)
  }

  /** As the case stands now, whatever the event said. */
  async look(id: Bytes, now = Date.now()): Promise<void> {
    const found = await this.cases.at(id, now)
    const own = this.cases.ownParty(found)
    const { standing, process, row } = found
    const keys = keysIn(row)
    const isOfStranger = keys.length > 0 && (await this.stocks.handleOf(keys)) === undefined
    const isTurn = own !== undefined && standing.state.turn.includes(own)
    // Whoever is not known and has handed nothing over has nobody look at it.
    if (!isTurn || (isOfStranger && row.size === 1 && !(await this.isBegun(found))))
      return this.inbox.done(id, now)
    const item = {
      id,
      capability: process.name,
      role: DEFAULT_ROLE,
      what: { state: standing.state.name, steps: row.size, keys },
      since: standing.since,
      dueAt: standing.dueAt,
      isOfStranger,
    }
    await this.inbox.put(item, now)
  }

  /** Whether the documents of the opening are here. */
  private async isBegun(found: CaseNow): Promise<boolean> {
    const [{ documents }] = await this.cases.stepsOf(found)
    for (const { name, commitment } of documents)
      if (!(await this.documents.at({ case: found.id, n: 0, name }, commitment))) return false
    return true
  }

  /**
   * Deadlines write nothing on the ledger: what passed one is looked at again, once.
   * @throws PlatformError `unknown_case` when all were looked at; what else comes of the ledger: it goes on there later
   */
  async overdue(now = Date.now()): Promise<void> {
    let unknown: unknown
    let page: readonly Bytes[]
    do {
      page = await this.inbox.overdue(now, PAGE, this.cases.names)
      for (const id of page)
        try {
          await this.look(id, now)
        } catch (error) {
          if (!(error instanceof PlatformError) || error.code !== "unknown_case") throw error
          unknown = error
          await this.inbox.late(id, now)
        }
    } while (page.length === PAGE)
    if (unknown) throw unknown
  }
}
