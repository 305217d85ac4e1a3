import {
  type Attested,
  type Bytes,
  decodeCbor,
  type EventsAnswer,
  type EventsQuestion,
  encodeCbor,
  type LedgerEvent,
  MAX_ROWS_ASKED,
  type PayloadId,
  PlatformError,
  type ProvenEvents,
  type Receipt,
  type RowsAnswer,
  type RowsQuestion,
  readEnvelope,
  type ScanAnswer,
  type ScanQuestion,
  type StateReader,
  type StatusStatement,
  type Table,
} from "@aceso/core"
import type { Chain } from "./chain.ts"
import { Explorer } from "./explorer.ts"
import { isAmong, mayEverRead, mayHear, mayReadRow, mayScan, type Reader } from "./readers.ts"

/** What the engine of a member that holds all rows gives those who do not. */
export interface ServingEngine {
  readonly chain: Chain
  proveMany(table: Table, keys: readonly (readonly unknown[])[], height?: number): Promise<RowsAnswer>
  proveEvents(height: number, isWanted: (event: LedgerEvent) => boolean): Promise<ProvenEvents>
  attestedAt(height: number): Promise<Attested>
  receipt(payloadId: PayloadId): Promise<Receipt>
  /** The newest block that is attested. */
  attestedTip(): Promise<Attested & { readonly statement: StatusStatement | null }>
  /** Resolves with the next block, or when the time is over. */
  nextBlock(waitMs: number): Promise<void>
}

/** Blocks that one question about events looks through. */
const BLOCKS_AT_ONCE = 2_000
const EVENT_BLOCKS = 64
const EVENT_BYTES = 4 * 2 ** 20

/** Rows, events and receipts with proofs, for whoever may have them (readers.ts). */
export class LedgerService {
  private readonly engine: ServingEngine
  private readonly tables: ReadonlyMap<string, Table>
  readonly explorer: Explorer

  constructor(engine: ServingEngine) {
    this.engine = engine
    // The newest version of a table reads the rows of all versions.
    this.tables = new Map(engine.chain.executor.tables.map((table) => [table.name, table]))
    this.explorer = new Explorer(engine, this.tables, (question, reader) => this.rows(question, reader))
  }

  /** @throws PlatformError `unknown_table`, `not_permitted`, `bad_input`, `height_pruned`, `height_unknown` */
  async rows(question: RowsQuestion, reader: Reader): Promise<RowsAnswer> {
    const table = this.table(question.table)
    if (!mayEverRead(table, reader)) throw notPermitted(table)
    const keys = question.keys.map((key, i) => parseKey(table, key, `keys[${i}]`))
    const { height } = question
    const proven = await this.engine.proveMany(table, keys, height === 0 ? undefined : height)
    const state = this.stateAt(proven.checkpoint.height)
    for (const key of keys)
      if (!mayReadRow(table, key, state.get(table, key as never), state, reader)) throw notPermitted(table)
    return proven
  }

  /** @throws PlatformError `unknown_table`, `not_permitted`, `bad_input` */
  async scan(question: ScanQuestion, reader: Reader): Promise<ScanAnswer> {
    const table = this.table(question.table)
    const prefix = parseParts(table, question.prefix, "prefix")
    const after = question.after.length === 0 ? undefined : parseKey(table, question.after, "after")
    if (!mayScan(table, prefix, reader)) throw notPermitted(table)
    const found = [...this.engine.chain.store.scan(table, prefix, after, MAX_ROWS_ASKED)]
    const keys = found.map(({ key }) => key.map((part) => encodeCbor(part)))
    return { keys, next: keys.length < MAX_ROWS_ASKED ? [] : keys[keys.length - 1] }
  }

  /** What a reader may hear of blocks above a height; where there is nothing, waits for the next. */
  async events({ after, waitMs }: EventsQuestion, reader: Reader): Promise<EventsAnswer> {
    const until = Date.now() + waitMs
    let seen = after
    for (;;) {
      const { statement, ...tip } = await this.engine.attestedTip()
      const found = await this.eventsBetween(seen, tip.checkpoint.height, reader)
      seen = found.upTo
      const left = until - Date.now()
      if (found.blocks.length > 0 || found.upTo < tip.checkpoint.height || left <= 0)
        return { ...found, tip, statement }
      await this.engine.nextBlock(left)
    }
  }

  private async eventsBetween(after: number, tip: number, reader: Reader) {
    const { chain } = this.engine
    const from = Math.max(after, chain.prunedUpTo)
    if (after < chain.prunedUpTo)
      throw new PlatformError(
        "height_pruned",
        `this node has no blocks up to ${chain.prunedUpTo}; ask another one for what happened in them`,
      )
    const isWanted = (event: LedgerEvent) => this.mayHear(event, reader)
    const blocks: ProvenEvents[] = []
    let sizeBytes = 0
    let upTo = from
    while (
      upTo < tip &&
      upTo < from + BLOCKS_AT_ONCE &&
      blocks.length < EVENT_BLOCKS &&
      sizeBytes < EVENT_BYTES
    ) {
      upTo++
      if (!chain.eventsOf(upTo).some(isWanted)) continue
      const proven = await this.engine.proveEvents(upTo, isWanted)
      for (const { bytes } of proven.events) sizeBytes += bytes.length
      blocks.push(proven)
    }
    return { blocks, upTo }
  }

  private mayHear(event: LedgerEvent, reader: Reader): boolean {
    const types = this.engine.chain.executor.eventTypes(event.contract, event.name)
    return types.length > 0 && types.every((type) => mayHear(type, event.data, reader))
  }

  /**
   * For those who signed the transaction, or whose member's key did.
   * @throws PlatformError `unknown_transaction`, also where it is not the reader's
   */
  async receipt(payloadId: PayloadId, reader: Reader): Promise<Receipt> {
    const receipt = await this.engine.receipt(payloadId)
    const { signers } = readEnvelope(receipt.envelope).payload
    const { executor } = this.engine.chain
    const members = signers.flatMap((key) => executor.signerOf(key).of ?? [])
    if (isAmong({ members, keys: signers }, reader)) return receipt
    throw new PlatformError("unknown_transaction", "no block holds a transaction of yours with this id")
  }

  private table(name: string): Table {
    const table = this.tables.get(name)
    if (!table) throw new PlatformError("unknown_table", `there is no table ${name}`)
    return table
  }

  private stateAt(height: number): StateReader {
    const { store } = this.engine.chain
    return { get: (table, key) => store.readAt(table, key, height) }
  }
}

const notPermitted = ({ name, readers }: Table) =>
  new PlatformError("not_permitted", `rows of ${name} are for ${WHO[readers]}; this caller is none of them`)

const WHO: Readonly<Record<Table["readers"], string>> = {
  public: "everybody",
  members: "members",
  parties: "those whom they name, and for custodians and authorities",
  custodians: "custodians and authorities",
}

function parseKey(table: Table, key: readonly Bytes[], at: string): unknown[] {
  if (key.length !== table.key.length)
    throw new PlatformError(
      "bad_input",
      `${at}: the table ${table.name} has keys of ${table.key.length} parts, each CBOR`,
    )
  return parseParts(table, key, at)
}

/** The first parts of a key. */
function parseParts(table: Table, parts: readonly Bytes[], at: string): unknown[] {
  if (parts.length > table.key.length)
    throw new PlatformError("bad_input", `${at}: a key of ${table.name} has ${table.key.length} parts`)
  return parts.map((part, i) => table.key[i].parse(decodeCbor(part), `${at}[${i}]`))
}
