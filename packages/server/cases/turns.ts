import { type Bytes, type LedgerEvent, PlatformError } from "@aceso/core"
import type { Inbox } from "../inbox/inbox.ts"
import type { Reactor } from "../reactors/reactors.ts"
import { keysIn } from "./case-now.ts"
import type { Cases } from "./cases.ts"

/** Who of an organisation sees cases of a process in the inbox, where the process says nothing. */
export const DEFAULT_ROLE = "administrator"

/** Deadlines that are looked at together. */
const PAGE = 100

/** Puts cases into the inbox while it is this organisation's turn. Doing it again changes nothing. */
export class Turns implements Reactor {
  readonly name = "cases.turns"
  readonly contract = "cases"
  readonly events = ["opened", "stepped"]
  private readonly cases: Cases
  private readonly inbox: Inbox
  private readonly member: string

  constructor(cases: Cases, inbox: Inbox, member: string) {
    this.cases = cases
    this.inbox = inbox
    this.member = member
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
    if (own === undefined || !standing.state.turn.includes(own)) return this.inbox.done(id, now)
    const item = {
      id,
      capability: process.name,
      role: DEFAULT_ROLE,
      what: { state: standing.state.name, steps: row.size, keys: keysIn(row) },
      since: standing.since,
      dueAt: standing.dueAt,
    }
    await this.inbox.put(item, now)
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
