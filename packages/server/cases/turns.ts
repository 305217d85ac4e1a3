import type { Bytes, LedgerEvent } from "@aceso/core"
import type { Inbox } from "../inbox/inbox.ts"
import type { Reactor } from "../reactors/reactors.ts"
import type { Cases } from "./cases.ts"

/** Who of an organisation sees cases of a process in the inbox, where the process says nothing. */
export const DEFAULT_ROLE = "administrator"

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
    await this.inbox.put({
      id,
      capability: process.name,
      role: DEFAULT_ROLE,
      what: { state: standing.state.name, steps: row.size },
      since: standing.since,
      dueAt: standing.dueAt,
    })
  }

  /** Deadlines write nothing on the ledger: what passed one is looked at again. */
  async overdue(now = Date.now()): Promise<void> {
    for (const id of await this.inbox.overdue(now, 100)) await this.look(id, now)
  }
}
