import {
  type Action,
  AssertionError,
  type Authorised,
  type Bytes,
  blockRoots,
  type Contract,
  domainHash,
  EMPTY_ROOT,
  type Envelope,
  envelopeHash,
  eventBytes,
  GENESIS_HISTORY,
  type GenesisDocument,
  hash32,
  type LedgerEvent,
  MAX_LIFETIME_MS,
  memberId,
  nextHistory,
  object,
  oneOf,
  type PayloadId,
  PlatformError,
  put,
  resultBytes,
  type StateReader,
  type Table,
  type TxResult,
  table,
  tables,
  uint,
  type Write,
} from "@aceso/core"
import { KeyError, type Row, type RowWrite, type StateStore } from "./state/store.ts"

/**
 * What a member used of the current window (LEDGER.md, Fair use). What its patients send is counted apart, so
 * that a busy custodian does not stop a patient's revocation.
 */
export const quotas = table({
  name: "quotas",
  key: [memberId, oneOf("own", "patients")],
  row: object({ window: uint(), bytes: uint(), transactions: uint(), urgent: uint() }),
  version: 1,
  readers: "members",
})

/** Per minute of expiry: a chain over the ids of included transactions, so that a restored node can check. */
export const seenChains = table({
  name: "seen",
  key: [uint()],
  row: object({ chain: hash32, count: uint() }),
  version: 1,
  readers: "members",
})

/** Time of the newest block that held transactions. */
export const lastBlock = table({
  name: "lastBlock",
  key: [],
  row: object({ time: uint() }),
  version: 1,
  readers: "members",
})

export const parameters = table({
  name: "parameters",
  key: [],
  row: object({ windowMs: uint(), bytes: uint(), transactions: uint(), urgentTransactions: uint() }),
  version: 1,
  readers: "members",
})

export const systemTables = tables(quotas, seenChains, lastBlock, parameters)

/** The rules of a network: its contracts and what genesis writes. The ledger knows no contract by name. */
export interface Rules {
  readonly contracts: readonly Contract[]
  readonly genesisRows: (genesis: GenesisDocument) => readonly Write[]
}

export interface Included {
  readonly envelope: Envelope
  readonly bytes: Bytes
}

/** What a block does, computed and not yet applied. */
export interface Execution {
  readonly results: readonly TxResult[]
  readonly events: readonly LedgerEvent[]
  readonly writes: readonly RowWrite[]
  readonly historyHash: Bytes
  readonly txRoot: Bytes
}

export interface Alarm {
  readonly contract: string
  readonly action: string
  readonly payloadId: PayloadId
  readonly error: unknown
}

const MINUTE_MS = 60_000

/** The history before block 1. */
export const genesisHistory = (network: string): Bytes =>
  domainHash("genesis-history", GENESIS_HISTORY, network)

export class Executor {
  private readonly network: string
  private readonly store: StateStore
  private readonly contracts: ReadonlyMap<string, Contract>
  private readonly declared: ReadonlyMap<Contract, ReadonlySet<Table>>
  private readonly rules: Rules
  /** Told of exceptions in contracts; they become the result `contract_fault`. */
  onAlarm: (alarm: Alarm) => void = () => {}

  constructor(network: string, rules: Rules, store: StateStore) {
    this.network = network
    this.rules = rules
    this.store = store
    this.contracts = new Map(rules.contracts.map((contract) => [contract.name, contract]))
    this.declared = new Map(rules.contracts.map((c) => [c, new Set([...c.tables, ...c.reads])]))
  }

  get tables(): readonly Table[] {
    return [...this.rules.contracts.flatMap((contract) => contract.tables), ...systemTables]
  }

  /** What block 0 writes. */
  genesis(document: GenesisDocument): RowWrite[] {
    const block = new BlockState(this.store)
    block.write([
      ...this.rules.genesisRows(document),
      put(parameters, [], document.quota),
      put(lastBlock, [], { time: document.time }),
    ])
    return block.writes()
  }

  /** Executes transactions whose envelopes were judged good and that are neither expired nor seen. */
  execute(height: number, time: number, previousHistory: Bytes, included: readonly Included[]): Execution {
    // A block without transactions changes nothing: CometBFT would otherwise never come to rest.
    if (included.length === 0)
      return { results: [], events: [], writes: [], historyHash: previousHistory, txRoot: EMPTY_ROOT }
    try {
      return this.executeAll(height, time, previousHistory, included)
    } catch (error) {
      throw error instanceof StoreFault ? error.cause : error
    }
  }

  private executeAll(
    height: number,
    time: number,
    previousHistory: Bytes,
    included: readonly Included[],
  ): Execution {
    const block = new BlockState(this.store)
    const results: TxResult[] = []
    const events: LedgerEvent[] = []
    const eventLeaves: Bytes[] = []
    included.forEach(({ envelope, bytes }, transaction) => {
      const outcome = this.executeOne(block, envelope, bytes.length, height, time, transaction)
      if ("rejection" in outcome) {
        results.push({ ok: false, rejection: outcome.rejection })
        return
      }
      results.push({ ok: true })
      block.write(outcome.write)
      for (const { event, leaf } of outcome.events) {
        events.push(event)
        eventLeaves.push(leaf)
      }
    })
    this.rememberSeen(block, time, included)
    const roots = blockRoots(
      included.map(({ bytes }) => envelopeHash(bytes)),
      included.map(({ envelope }, i) => resultBytes(envelope.payloadId, results[i])),
      eventLeaves,
    )
    const historyHash = nextHistory(previousHistory, height, roots)
    return { results, events, writes: block.writes(), historyHash, txRoot: roots.txRoot }
  }

  private executeOne(
    block: BlockState,
    envelope: Envelope,
    sizeBytes: number,
    height: number,
    time: number,
    transaction: number,
  ) {
    const { payload } = envelope
    const contract = this.contracts.get(payload.contract)
    if (!contract) return { rejection: "unknown_contract" }
    const action = Object.hasOwn(contract.actions, payload.action)
      ? contract.actions[payload.action]
      : undefined
    if (!action) return { rejection: "unknown_action" }
    const context = { network: this.network, height, time, signers: payload.signers }
    const state = new DeclaredState(block, this.declared.get(contract) as ReadonlySet<Table>)
    try {
      const input = action.input.parse(payload.input, "input")
      const authorised = action.calledBy(state, input, context)
      if ("rejection" in authorised) return authorised
      const over = this.charge(block, authorised, action, sizeBytes, time)
      if (over) return { rejection: over }
      const outcome = action.apply(state, input, { ...context, caller: authorised.caller })
      if ("rejection" in outcome) return outcome
      checkWrites(contract, outcome.write)
      const events = outcome.emit.map(({ name, data }, index) => {
        const event = { height, transaction, index, contract: contract.name, name, data }
        return { event, leaf: eventBytes(event) }
      })
      return { write: outcome.write, events }
    } catch (error) {
      if (error instanceof StoreFault) throw error
      if (error instanceof PlatformError && error.code === "bad_input") return { rejection: "bad_input" }
      if (isMachineFault(error)) throw error
      this.onAlarm({ contract: contract.name, action: payload.action, payloadId: envelope.payloadId, error })
      return { rejection: "contract_fault" }
    }
  }

  /** Charged whether the contract accepts or not: work was done and the block is longer. */
  private charge(
    block: BlockState,
    { chargedTo, byPatient }: Authorised<unknown>,
    action: Action,
    sizeBytes: number,
    time: number,
  ) {
    const limits = block.get(parameters, []) as {
      windowMs: number
      bytes: number
      transactions: number
      urgentTransactions: number
    }
    const window = Math.floor(time / limits.windowMs)
    const key = [chargedTo, byPatient ? "patients" : "own"] as const
    const before = block.get(quotas, [...key])
    const used = before?.window === window ? before : { window, bytes: 0, transactions: 0, urgent: 0 }
    const after = action.urgent
      ? { ...used, urgent: used.urgent + 1 }
      : { ...used, bytes: used.bytes + sizeBytes, transactions: used.transactions + 1 }
    if (
      after.urgent > limits.urgentTransactions ||
      after.bytes > limits.bytes ||
      after.transactions > limits.transactions
    )
      return "quota_exceeded"
    block.write([put(quotas, [...key], after)])
    return undefined
  }

  private rememberSeen(block: BlockState, time: number, included: readonly Included[]): void {
    const minutes = new Map<number, PayloadId[]>()
    for (const { envelope } of included) {
      const minute = Math.floor(envelope.payload.expiry / MINUTE_MS)
      const ids = minutes.get(minute)
      if (ids) ids.push(envelope.payloadId)
      else minutes.set(minute, [envelope.payloadId])
    }
    for (const [minute, ids] of minutes) {
      const before = block.get(seenChains, [minute])
      const chain = domainHash("seen", before?.chain ?? GENESIS_HISTORY, ids)
      block.write([put(seenChains, [minute], { chain, count: (before?.count ?? 0) + ids.length })])
    }
    // Past minutes go with the next block that holds transactions. No row is older than the block before,
    // none further ahead of it than an envelope may live.
    const before = Math.floor((block.get(lastBlock, [])?.time ?? time) / MINUTE_MS)
    const now = Math.floor(time / MINUTE_MS)
    for (let minute = before; minute < now && minute <= before + MAX_LIFETIME_MS / MINUTE_MS + 1; minute++)
      if (block.get(seenChains, [minute])) block.write([put(seenChains, [minute], undefined)])
    block.write([put(lastBlock, [], { time })])
  }
}

/** An error of the store while a contract reads: never a contract's result, the process has to end. */
class StoreFault extends Error {
  constructor(cause: unknown) {
    super("the store cannot be read", { cause })
  }
}

const isMachineFault = (error: unknown) =>
  error instanceof RangeError && /call stack|allocation|array buffer/i.test(error.message)

/**
 * What a contract may write: its own tables, rows as they are declared.
 * @throws what makes it a `contract_fault`
 */
function checkWrites(contract: Contract, writes: readonly Write[]): void {
  for (const { table, key, row } of writes) {
    if (!contract.tables.includes(table))
      throw new TypeError(`${contract.name} writes the table ${table.name} of others`)
    try {
      if (key.length !== table.key.length)
        throw new TypeError(`${table.name} has keys of ${table.key.length} parts`)
      if (row !== undefined) table.row.parse(row, table.name)
      for (const [i, schema] of table.key.entries()) schema.parse(key[i], table.name)
    } catch (cause) {
      throw new TypeError(`${contract.name} writes a row that is not as declared`, { cause })
    }
  }
}

/** State as the block sees it so far. */
class BlockState implements StateReader {
  private readonly store: StateStore
  private readonly changed = new Map<string, { row: Row; decoded: unknown }>()

  constructor(store: StateStore) {
    this.store = store
  }

  get<K extends readonly unknown[], R>(table: Table<K, R>, key: K): Readonly<R> | undefined {
    try {
      const row = this.store.row(table as unknown as Table, key)
      const changed = this.changed.get(row.id)
      return (changed ? changed.decoded : row.decoded) as R | undefined
    } catch (cause) {
      throw cause instanceof KeyError ? cause : new StoreFault(cause)
    }
  }

  write(writes: readonly Write[]): void {
    for (const { table, key, row: decoded } of writes) {
      const row = this.store.row(table, key)
      this.changed.set(row.id, { row, decoded })
    }
  }

  writes(): RowWrite[] {
    return [...this.changed.values()]
  }
}

/** Lets a contract see only the tables that it declares. */
class DeclaredState implements StateReader {
  private readonly block: BlockState
  private readonly declared: ReadonlySet<Table>

  constructor(block: BlockState, declared: ReadonlySet<Table>) {
    this.block = block
    this.declared = declared
  }

  get<K extends readonly unknown[], R>(table: Table<K, R>, key: K): Readonly<R> | undefined {
    if (!this.declared.has(table as unknown as Table))
      throw new AssertionError(`contract reads the table ${table.name}, which it does not declare`)
    return this.block.get(table, key)
  }
}
