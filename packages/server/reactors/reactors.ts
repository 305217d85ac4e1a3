import { setTimeout as delay } from "node:timers/promises"
import {
  type Bytes,
  type Cbor,
  decodeCbor,
  encodeCbor,
  type LedgerEvent,
  messageOf,
  PlatformError,
} from "@aceso/core"
import { type Cursor, type Engine, isAfter, START } from "@aceso/ledger"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"

/**
 * Turns events of the ledger into work (CAPABILITIES.md, Reactors). Each event comes at least once, in order, also after
 * a crash: what `react` does twice has to be as if it was done once.
 */
export interface Reactor {
  /** Unique in a node; its cursor is kept by it. */
  readonly name: string
  readonly contract: string
  readonly events: readonly string[]
  react(event: LedgerEvent): Promise<void>
}

/** An event that a reactor failed at so often that it was set aside: the others go on. */
export interface SetAside {
  readonly reactor: string
  readonly event: LedgerEvent
  readonly error: string
  /** ms */
  readonly at: number
}

interface Tables {
  reactors_cursors: { reactor: string; height: number; transaction_index: number; event_index: number }
  reactors_aside: {
    reactor: string
    height: number
    transaction_index: number
    event_index: number
    contract: string
    event: string
    data: Bytes
    error: string
    at: number
  }
}

/** Both are `kept`: what a backup lacks of the cursor is reacted to again. */
export const reactorMigrations: readonly Migration[] = [
  {
    name: "cursors and events set aside",
    sql: `CREATE TABLE reactors_cursors (reactor TEXT PRIMARY KEY, height INTEGER NOT NULL, transaction_index INTEGER NOT NULL, event_index INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE reactors_aside (reactor TEXT NOT NULL, height INTEGER NOT NULL, transaction_index INTEGER NOT NULL, event_index INTEGER NOT NULL, contract TEXT NOT NULL, event TEXT NOT NULL, data BLOB NOT NULL, error TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (reactor, height, transaction_index, event_index)) WITHOUT ROWID`,
    tables: { reactors_cursors: "kept", reactors_aside: "kept" },
  },
]

const TRIES = 5
const PAUSE_MS = 200
const MAX_PAUSE_MS = 60_000
/** Events without work for a reactor after which its cursor is written down all the same. */
const NOTE_EVERY = 1_000
const MAX_ERROR = 500

export interface ReactorOptions {
  readonly engine: Pick<Engine, "subscribe">
  readonly database: ModuleDatabase<Tables>
  readonly onFault: (error: unknown) => void
  /** Between attempts at one event, ms; doubled each time. */
  readonly pauseMs?: number
}

/** Runs reactors, each by its own cursor: a slow or failing one holds up no other. */
export class Reactors {
  private readonly options: ReactorOptions
  private readonly ending = new AbortController()
  private readonly closing: (() => void)[] = []
  private readonly atWork = new Set<Promise<boolean>>()
  private reactors: readonly Reactor[] = []

  constructor(options: ReactorOptions) {
    this.options = options
  }

  /** Which there are; before the start. @throws PlatformError `two_of_a_name` */
  use(reactors: readonly Reactor[]): void {
    const names = reactors.map(({ name }) => name)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) throw new PlatformError("two_of_a_name", `two reactors are called ${twice}`)
    this.reactors = reactors
  }

  /** Begins where each was; a new one with the first block. */
  async start(): Promise<void> {
    for (const reactor of this.reactors) {
      const after = await this.cursorOf(reactor.name)
      let passed = 0
      let cursor = after
      const close = this.options.engine.subscribe(after, async (event) => {
        if (this.ending.signal.aborted || !isAfter(event, cursor)) return
        const work = this.surely(reactor, event, passed)
        this.atWork.add(work)
        const isTaken = await work
        this.atWork.delete(work)
        if (!isTaken) return
        cursor = event
        passed = isFor(reactor, event) ? 0 : (passed + 1) % NOTE_EVERY
      })
      this.closing.push(close)
    }
  }

  /** Whatever is being done is finished; what comes after it is done after the next start. */
  async stop(): Promise<void> {
    this.ending.abort()
    for (const close of this.closing) close()
    await Promise.allSettled(this.atWork)
  }

  /**
   * Until what became of the event is written down: what comes after it waits. What an engine hands out never fails.
   * @returns false: the node stops, it comes again after the next start
   */
  private async surely(reactor: Reactor, event: LedgerEvent, passed: number): Promise<boolean> {
    for (let pauseMs = this.options.pauseMs ?? PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      try {
        return await this.take(reactor, event, passed)
      } catch (error) {
        if (this.ending.signal.aborted) return false
        this.options.onFault(error)
      }
      await delay(pauseMs, undefined, { signal: this.ending.signal }).catch(() => {})
      if (this.ending.signal.aborted) return false
    }
  }

  private async take(reactor: Reactor, event: LedgerEvent, passed: number): Promise<boolean> {
    if (isFor(reactor, event)) {
      const error = await this.attempt(reactor, event)
      if (this.ending.signal.aborted && error !== undefined) return false
      await this.options.database.atomically(async () => {
        if (error !== undefined) await this.setAside(reactor, event, error)
        await this.note(reactor.name, event)
      })
      if (error !== undefined) this.options.onFault(faultOf(reactor, event, error))
    } else if (passed + 1 >= NOTE_EVERY)
      await this.options.database.atomically(() => this.note(reactor.name, event))
    return true
  }

  /** @returns why it failed each time; undefined: it is done */
  private async attempt(reactor: Reactor, event: LedgerEvent): Promise<unknown> {
    let pauseMs = this.options.pauseMs ?? PAUSE_MS
    for (let i = 1; ; i++) {
      try {
        await reactor.react(event)
        return undefined
      } catch (error) {
        if (i === TRIES || this.ending.signal.aborted) return error
      }
      await delay(pauseMs, undefined, { signal: this.ending.signal }).catch(() => {})
      pauseMs *= 2
    }
  }

  private async cursorOf(reactor: string): Promise<Cursor> {
    const row = await this.options.database.db
      .selectFrom("reactors_cursors")
      .selectAll()
      .where("reactor", "=", reactor)
      .executeTakeFirst()
    return row ? { height: row.height, transaction: row.transaction_index, index: row.event_index } : START
  }

  private async note(reactor: string, { height, transaction, index }: Cursor): Promise<void> {
    const place = { height, transaction_index: transaction, event_index: index }
    await this.options.database.db
      .insertInto("reactors_cursors")
      .values({ reactor, ...place })
      .onConflict((conflict) => conflict.column("reactor").doUpdateSet(place))
      .execute()
  }

  private async setAside(reactor: Reactor, event: LedgerEvent, error: unknown): Promise<void> {
    await this.options.database.db
      .insertInto("reactors_aside")
      .values({
        reactor: reactor.name,
        height: event.height,
        transaction_index: event.transaction,
        event_index: event.index,
        contract: event.contract,
        event: event.name,
        data: encodeCbor(event.data as Cbor),
        error: messageOf(error).slice(0, MAX_ERROR),
        at: Date.now(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }

  /** How many events wait for the operator. */
  async asideCount(): Promise<number> {
    const { count } = await this.options.database.db
      .selectFrom("reactors_aside")
      .select((select) => select.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow()
    return count
  }

  /** What waits for the operator, oldest first. */
  async aside(limit: number): Promise<readonly SetAside[]> {
    const rows = await this.options.database.db
      .selectFrom("reactors_aside")
      .selectAll()
      .orderBy("at")
      .limit(limit)
      .execute()
    return rows.map(({ reactor, error, at, ...row }) => ({
      ...{ reactor, error, at },
      event: {
        height: row.height,
        transaction: row.transaction_index,
        index: row.event_index,
        contract: row.contract,
        name: row.event,
        data: decodeCbor(row.data) as LedgerEvent["data"],
      },
    }))
  }

  /** Tries what was set aside once more (`aceso retry`). @returns how many were done */
  async retry(): Promise<number> {
    let done = 0
    for (const { reactor: wanted, event } of await this.aside(1_000)) {
      const reactor = this.reactors.find(({ name }) => name === wanted)
      if (!reactor) continue
      const failed = await reactor.react(event).then(
        () => undefined,
        (error) => error,
      )
      if (failed !== undefined) {
        this.options.onFault(faultOf(reactor, event, failed))
        continue
      }
      await this.options.database.db
        .deleteFrom("reactors_aside")
        .where("reactor", "=", wanted)
        .where("height", "=", event.height)
        .where("transaction_index", "=", event.transaction)
        .where("event_index", "=", event.index)
        .execute()
      done++
    }
    return done
  }
}

const isFor = ({ contract, events }: Reactor, event: LedgerEvent): boolean =>
  event.contract === contract && events.includes(event.name)

const faultOf = (reactor: Reactor, event: LedgerEvent, error: unknown) =>
  new PlatformError(
    "event_set_aside",
    `${reactor.name} failed at ${event.contract}.${event.name} of block ${event.height} (${messageOf(error)}); it was set aside, the others go on: aceso retry tries it again`,
    { cause: error },
  )
