import { setImmediate as othersGoOn } from "node:timers/promises"
import { type Bytes, type LedgerEvent, PlatformError, type PublicKey } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import type { Inbox } from "../inbox/inbox.ts"
import type { Reactor } from "../reactors/reactors.ts"
import { type CaseNow, keysIn } from "./case-now.ts"
import type { Cases } from "./cases.ts"
import type { CaseDocuments } from "./documents.ts"
import type { Stocks } from "./stocks.ts"

/** Who of an organisation sees cases of a process in the inbox, where the process says nothing. */
export const DEFAULT_ROLE = "administrator"

/** Cases that are looked at together. */
const PAGE = 100

interface Parts {
  readonly cases: Cases
  readonly inbox: Inbox
  readonly stocks: Pick<Stocks, "handleOf">
  readonly documents: Pick<CaseDocuments, "at">
  readonly engine: Pick<Engine, "status">
  readonly member: string
}

/** Puts cases into the inbox while it is this organisation's turn. Doing it again changes nothing. */
export class Turns implements Reactor {
  readonly name = "cases.turns"
  readonly contract = "cases"
  readonly events = ["opened", "stepped"]
  private readonly parts: Parts
  private readonly startedAt = Date.now()

  constructor(parts: Parts) {
    this.parts = parts
  }

  async react({ data }: LedgerEvent): Promise<void> {
    const { case: id, members } = data as unknown as {
      readonly case: Bytes
      readonly members: readonly string[]
    }
    if (members.includes(this.parts.member)) await this.look(id)
  }

  /** Deadlines have passed when the ledger's time has: whatever this machine's clock says, no step could be too late. */
  private async ledgerTime(): Promise<number> {
    return (await this.parts.engine.status()).checkpoint.time
  }

  /** As the case stands now, whatever the event said. @param now ms of the ledger */
  async look(id: Bytes, now?: number): Promise<void> {
    const { cases, inbox, stocks } = this.parts
    const found = await cases.at(id, now ?? (await this.ledgerTime()))
    const own = cases.ownParty(found)
    const { standing, process, row } = found
    const keys = keysIn(row)
    const isOfStranger = keys.length > 0 && (await stocks.handleOf(keys)) === undefined
    if (own === undefined || (isOfStranger && (await this.hasNothing(found)))) {
      await inbox.done(id, Date.now())
      return inbox.leave(id)
    }
    const { state, since, dueAt, lapsesAt } = standing
    const capability = process.name
    const what = { state: state.name, steps: row.size, keys }
    if (state.turn.includes(own))
      await inbox.put({ ...{ id, capability, what, since, dueAt, isOfStranger }, role: DEFAULT_ROLE })
    else await inbox.done(id, Date.now())
    await inbox.lookAgain({ id, capability, at: lapsesAt, isOfStranger })
  }

  /**
   * Whoever is not known and has handed nothing over has nobody look at it. Of what was opened before this node began
   * nobody can say so: a vault that was restored may have lost who it was, and what they handed over.
   */
  private async hasNothing(found: CaseNow): Promise<boolean> {
    const { row } = found
    return row.size === 1 && row.openedAt >= this.startedAt && !(await this.isBegun(found))
  }

  /** Whether the documents of the opening are here. */
  private async isBegun(found: CaseNow): Promise<boolean> {
    const { cases, documents: kept } = this.parts
    const [{ documents }] = await cases.stepsOf(found)
    for (const { name, commitment } of documents)
      if (!(await kept.at({ case: found.id, n: 0, name }, commitment))) return false
    return true
  }

  /** Cases of these keys that were not looked at as those of somebody who is known here. */
  async ofUnknown(keys: readonly PublicKey[]): Promise<readonly Bytes[]> {
    const { cases, inbox } = this.parts
    const ids = await Promise.all(keys.map((key) => cases.ofKey(key)))
    const found: Bytes[] = []
    for (const id of ids) if (id && !(await inbox.isOfKnown(id))) found.push(id)
    return found
  }

  /**
   * Deadlines write nothing on the ledger: where one may change whose turn it is, the case is looked at then.
   * @throws PlatformError `unknown_case` when all were looked at; what else comes of the ledger: it goes on there later
   */
  async overdue(): Promise<void> {
    const { cases, inbox } = this.parts
    const now = await this.ledgerTime()
    let unknown: unknown
    let page: readonly Bytes[]
    do {
      page = await inbox.toLookAt(now, PAGE, cases.names)
      for (const id of page) {
        try {
          await this.look(id, now)
        } catch (error) {
          if (!(error instanceof PlatformError) || error.code !== "unknown_case") throw error
          unknown = error
          await inbox.leave(id)
        }
        // Nothing in it waits for a disk or a network: after a long while away others would be served behind all of it.
        await othersGoOn()
      }
    } while (page.length === PAGE)
    if (unknown) throw unknown
  }
}
