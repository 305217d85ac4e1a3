import {
  type Action,
  type Authorised,
  type BlockRoots,
  type Bytes,
  blockRoots,
  type Context,
  type Contract,
  type ContractState,
  EMPTY_ROOT,
  type Envelope,
  type EventType,
  envelopeHash,
  eventBytes,
  GENESIS_HISTORY,
  type GenesisDocument,
  type LedgerEvent,
  MAX_LIFETIME_MS,
  type MemberId,
  type Misbehaviour,
  nextHistory,
  type PayloadId,
  PlatformError,
  type Prepaid,
  type PublicKey,
  put,
  resultBytes,
  type Signer,
  type Table,
  type TxResult,
  type ValidatorUpdate,
  type Write,
} from "@aceso/core"
import { type Active, ActiveContracts } from "./active-contracts.ts"
import { BlockState, StoreFault } from "./block-state.ts"
import { checkEvents, checkWrites } from "./declared.ts"
import { Allowance, type Charge, chargeTo, forgetPastUse, QUOTA_EXCEEDED } from "./fair-use.ts"
import { envelopeOf, type Included, idBytes } from "./included.ts"
import type { Rules } from "./rules.ts"
import { minuteOf, nextSeen } from "./seen-ids.ts"
import type { RowWrite } from "./state/rows.ts"
import type { StateStore } from "./state/store.ts"
import { lastBlock, parameters, seenChains, systemTables } from "./system-tables.ts"

/** What a block does, computed and not yet applied. */
export interface Execution {
  readonly results: readonly TxResult[]
  readonly events: readonly LedgerEvent[]
  readonly writes: readonly RowWrite[]
  /** Of each transaction the rows that its action wrote, by their keys in lmdb; of one that was rejected none. */
  readonly touched: readonly (readonly Buffer[])[]
  /** Of each transaction what it is found by. */
  readonly sought: readonly Sought[]
  readonly historyHash: Bytes
  readonly roots: BlockRoots
  readonly validators: readonly ValidatorUpdate[]
}

/** `contract`: null where there is none of that name; `members`: of whom its signers are. */
export interface Sought {
  readonly contract: string | null
  readonly members: readonly MemberId[]
}
const NOT_SOUGHT: Sought = { contract: null, members: [] }

const EMPTY_ROOTS: BlockRoots = { txRoot: EMPTY_ROOT, resultsRoot: EMPTY_ROOT, eventsRoot: EMPTY_ROOT }

export interface Alarm {
  readonly contract: string
  readonly action: string
  readonly payloadId: PayloadId
  readonly error: unknown
}

export class Executor {
  private readonly network: string
  private readonly store: StateStore
  private readonly rules: Rules
  private readonly contracts: ActiveContracts
  /** Told of exceptions in contracts; they become the result `contract_fault`. */
  onAlarm: (alarm: Alarm) => void = () => {}

  constructor(network: string, rules: Rules, store: StateStore) {
    this.network = network
    this.rules = rules
    this.store = store
    this.contracts = new ActiveContracts(rules, store)
  }

  get tables(): readonly Table[] {
    return [...this.rules.contracts.flatMap((contract) => contract.tables), ...systemTables]
  }

  /** Names of tables whose rows are for everybody. */
  get publicTables(): ReadonlySet<string> {
    const others = new Set(this.tables.filter(({ readers }) => readers !== "public").map(({ name }) => name))
    return new Set(this.tables.map(({ name }) => name).filter((name) => !others.has(name)))
  }

  /** @throws PlatformError `contract_missing`: this node lacks what executes at this height */
  mustHaveAll(height: number): void {
    this.contracts.at(height)
  }

  /** How the versions of a contract declare an event. */
  eventTypes(contract: string, name: string): readonly EventType[] {
    return this.rules.contracts
      .filter((one) => one.name === contract)
      .flatMap(({ events }) => events.filter((one) => one.name === name))
  }

  /** Whose a key is, as the newest state has it. */
  signerOf(key: PublicKey): Signer {
    const state = new BlockState(this.store)
    const time = state.get(lastBlock, [])?.time ?? 0
    return this.contracts.at(this.store.height + 1).signer(key, state, time)
  }

  /** What block 0 writes. */
  genesis(document: GenesisDocument): readonly RowWrite[] {
    const block = new BlockState(this.store)
    block.write([
      ...this.rules.genesisRows(document),
      put(parameters, [], document.quota),
      put(lastBlock, [], { time: document.time }),
    ])
    return block.writes()
  }

  /** What a genesis writes that goes on from the state at hand. @throws PlatformError `not_successor` */
  successor(document: GenesisDocument, cosigners: readonly PublicKey[]): readonly RowWrite[] {
    const block = new BlockState(this.store)
    const refusal = this.rules.refusalOfSuccessor(block, document, cosigners)
    if (refusal !== undefined)
      throw new PlatformError("not_successor", `the genesis cannot go on from this snapshot: ${refusal}`)
    block.write([...this.rules.successorRows(block, document), put(parameters, [], document.quota)])
    return block.writes()
  }

  /** Executes transactions whose envelopes were judged good and that are neither expired nor seen. */
  execute(
    height: number,
    time: number,
    previousHistory: Bytes,
    included: readonly Included[],
    misbehaviour: readonly Misbehaviour[] = [],
  ): Execution {
    try {
      const active = this.contracts.at(height)
      // A block that says nothing changes nothing: CometBFT would otherwise never come to rest.
      if (included.length === 0 && misbehaviour.length === 0)
        return {
          results: [],
          events: [],
          writes: [],
          touched: [],
          sought: [],
          historyHash: previousHistory,
          roots: EMPTY_ROOTS,
          validators: [],
        }
      return this.executeAll({ height, time, active, misbehaviour }, previousHistory, included)
    } catch (error) {
      throw error instanceof StoreFault ? error.cause : error
    }
  }

  private executeAll(block: BlockAtHand, previousHistory: Bytes, included: readonly Included[]): Execution {
    const { height, time } = block
    const state = new BlockState(this.store)
    const results: TxResult[] = []
    const events: LedgerEvent[] = []
    const leaves: Bytes[] = []
    const touched: (readonly Buffer[])[] = []
    const sought: Sought[] = []
    included.forEach((one, transaction) => {
      const outcome = this.executeOne(state, envelopeOf(one), one.bytes.length, block, transaction)
      sought.push(outcome.sought ?? NOT_SOUGHT)
      if ("rejection" in outcome) {
        results.push({ ok: false, rejection: outcome.rejection })
        touched.push([])
        return
      }
      results.push({ ok: true })
      state.write(outcome.write)
      touched.push(state.keysOf(outcome.write))
      for (const { event, leaf } of outcome.events) {
        events.push(event)
        leaves.push(leaf)
      }
    })
    const ended = this.endBlock(state, block, included.length)
    for (const event of ended.events) {
      events.push(event)
      leaves.push(eventBytes(event))
    }
    this.rememberSeen(state, time, included)
    state.write(forgetPastUse(state, time, included.length))
    const roots = blockRoots(
      included.map(({ bytes, hash }) => (hash === undefined ? envelopeHash(bytes) : idBytes(hash))),
      included.map(({ id }, i) => resultBytes(idBytes(id), results[i])),
      leaves,
    )
    const historyHash = nextHistory(previousHistory, height, roots)
    const { validators } = ended
    return { results, events, writes: state.writes(), touched, sought, historyHash, roots, validators }
  }

  private endBlock(
    state: BlockState,
    { height, time, active, misbehaviour }: BlockAtHand,
    transaction: number,
  ) {
    const events: LedgerEvent[] = []
    const validators: ValidatorUpdate[] = []
    for (const contract of active.contracts.values()) {
      if (!contract.endBlock) continue
      const declared = active.state(contract, state)
      const ended = contract.endBlock(declared, { network: this.network, height, time, misbehaviour })
      checkWrites(contract, ended.write)
      checkEvents(contract, ended.emit)
      state.write(ended.write)
      validators.push(...ended.validators)
      ended.emit.forEach(({ name, data }) => {
        events.push({ height, transaction, index: events.length, contract: contract.name, name, data })
      })
    }
    return { events, validators }
  }

  private executeOne(
    block: BlockState,
    envelope: Envelope,
    sizeBytes: number,
    { height, time, active }: BlockAtHand,
    transaction: number,
  ): Outcome {
    const { payload } = envelope
    let sought: Sought | undefined
    try {
      const call = this.authorise(block, envelope, height, time, active)
      if ("rejection" in call) return call
      const { contract, action, input, state, context, authorised } = call
      sought = soughtOf(contract, context)
      const charge = chargeOf(call, sizeBytes)
      if ("purse" in charge) {
        const { writes } = (authorised as Prepaid).prepaid
        checkWrites(contract, writes)
        block.write(writes)
      } else {
        const charged = chargeTo(block, charge, time)
        if (!charged) return { rejection: QUOTA_EXCEEDED, sought }
        block.write(charged)
      }
      const outcome = action.apply(state, input, { ...context, caller: authorised.caller })
      if ("rejection" in outcome) return { ...outcome, sought }
      checkWrites(contract, outcome.write)
      checkEvents(contract, outcome.emit)
      const events = outcome.emit.map(({ name, data }, index) => {
        const event = { height, transaction, index, contract: contract.name, name, data }
        return { event, leaf: eventBytes(event) }
      })
      return { write: outcome.write, events, sought }
    } catch (error) {
      if (error instanceof StoreFault) throw error
      if (error instanceof PlatformError && error.code === "bad_input")
        return { rejection: "bad_input", ...(sought && { sought }) }
      if (isMachineFault(error)) throw error
      this.onAlarm({
        contract: payload.contract,
        action: payload.action,
        payloadId: envelope.payloadId,
        error,
      })
      return { rejection: "contract_fault", ...(sought && { sought }) }
    }
  }

  /** What is called, with what, and by whom. */
  private authorise(
    block: BlockState,
    { payload }: Envelope,
    height: number,
    time: number,
    active: Active,
  ): Call | { readonly rejection: string; readonly sought?: Sought } {
    const contract = active.contracts.get(payload.contract)
    if (!contract) return { rejection: "unknown_contract" }
    const action = Object.hasOwn(contract.actions, payload.action)
      ? contract.actions[payload.action]
      : undefined
    if (!action) return { rejection: "unknown_action" }
    if (active.isDisabled(contract, action, payload.action)) return { rejection: "action_disabled" }
    const signers = payload.signers.map((key) => active.signer(key, block, time))
    const context = { network: this.network, height, time, signers }
    const state = active.state(contract, block)
    const input = action.input.parse(payload.input, "input")
    const authorised = action.calledBy(state, input, context)
    return "rejection" in authorised
      ? { ...authorised, sought: soughtOf(contract, context) }
      : { contract, action, input, state, context, authorised }
  }

  /**
   * Who would pay for a transaction in the next block, as the state stands; a rejection: nobody would, or the
   * caller may not.
   */
  chargeFor(envelope: Envelope, sizeBytes: number, time: number): Charge | { readonly rejection: string } {
    const height = this.store.height + 1
    try {
      const call = this.authorise(
        new BlockState(this.store),
        envelope,
        height,
        time,
        this.contracts.at(height),
      )
      return "rejection" in call ? call : chargeOf(call, sizeBytes)
    } catch (error) {
      if (error instanceof StoreFault) throw error.cause
      if (error instanceof PlatformError && error.code === "bad_input") return { rejection: "bad_input" }
      if (error instanceof PlatformError || isMachineFault(error)) throw error
      return { rejection: "contract_fault" }
    }
  }

  /** What members may still send on top of the newest state. */
  allowance(time: number): Allowance {
    const state = new BlockState(this.store)
    const active = this.contracts.at(this.store.height + 1)
    return new Allowance(state, time, (contract, purse) => active.leftIn(contract, purse, state))
  }

  private rememberSeen(block: BlockState, time: number, included: readonly Included[]): void {
    const minutes = Map.groupBy(included, ({ expiry }) => minuteOf(expiry))
    for (const [minute, all] of minutes) {
      const ids = all.map(({ id }) => idBytes(id))
      const before = block.get(seenChains, [minute])
      const chain = nextSeen(before?.chain ?? GENESIS_HISTORY, ids)
      block.write([put(seenChains, [minute], { chain, count: (before?.count ?? 0) + ids.length })])
    }
    // Past minutes go with the next block that holds transactions. No row is older than the block before,
    // none further ahead of it than an envelope may live.
    const before = minuteOf(block.get(lastBlock, [])?.time ?? time)
    const now = minuteOf(time)
    for (let minute = before; minute < now && minute <= before + minuteOf(MAX_LIFETIME_MS) + 1; minute++)
      if (block.get(seenChains, [minute])) block.write([put(seenChains, [minute], undefined)])
    block.write([put(lastBlock, [], { time })])
  }
}

interface Call {
  readonly contract: Contract
  readonly action: Action
  readonly input: unknown
  readonly state: ContractState
  readonly context: Context
  readonly authorised: Authorised<unknown>
}

type Outcome = { readonly sought?: Sought } & (
  | { readonly rejection: string }
  | {
      readonly write: readonly Write[]
      readonly events: readonly { readonly event: LedgerEvent; readonly leaf: Bytes }[]
    }
)

const soughtOf = ({ name }: Contract, { signers }: Context): Sought => ({
  contract: name,
  members: [...new Set(signers.flatMap(({ of }) => of ?? []))],
})

function chargeOf({ contract, action, authorised }: Call, sizeBytes: number): Charge {
  if (authorised.prepaid) return { contract: contract.name, purse: authorised.prepaid.purse, isUrgent: false }
  const { chargedTo, byPatient, inAdvance } = authorised
  return {
    member: chargedTo,
    ...(byPatient && { patient: byPatient }),
    ...(inAdvance && { inAdvance }),
    isUrgent: action.urgent === true,
    sizeBytes,
  }
}

interface BlockAtHand {
  readonly height: number
  readonly time: number
  readonly active: Active
  readonly misbehaviour: readonly Misbehaviour[]
}

const isMachineFault = (error: unknown) =>
  error instanceof RangeError && /call stack|allocation|array buffer/i.test(error.message)
