import {
  type BlockContext,
  type Cbor,
  type Contract,
  type ContractState,
  compareBytes,
  decodeRow,
  decodeTrusted,
  type EventOut,
  encodeCbor,
  encodeRow,
  type Handle,
  type MemberId,
  PlatformError,
  type PublicKey,
  type StateReader,
  type Table,
  toHex,
  type ValidatorUpdate,
  type View,
  type Write,
} from "@aceso/core"
import { delegatesContract } from "../delegates/v1/delegates.ts"
import { governance } from "../governance/v1/governance.ts"
import { signerOf } from "../governance/v1/members.ts"
import { people } from "../people/v1/people.ts"

/** Rows as bytes, so that a contract cannot change what it reads and a test sees what a restart would. */
export class MemoryState implements StateReader {
  private readonly rows = new Map<string, { table: Table; key: readonly unknown[]; bytes: Uint8Array }>()

  get<K extends readonly unknown[], R>(table: Table<K, R>, key: K): Readonly<R> | undefined {
    const found = this.rows.get(placeOf(table.name, key))
    return found && decodeRow(table, decodeTrusted(found.bytes) as Cbor[])
  }

  /** @throws when a row or a key does not fit its table */
  write(writes: readonly Write[]): this {
    for (const { table, key, row } of writes) {
      const place = placeOf(table.name, key)
      table.key.forEach((schema, i) => {
        schema.parse(key[i], `${table.name}.key`)
      })
      if (key.length !== table.key.length) throw new Error(`${table.name}: the key has ${key.length} parts`)
      if (row === undefined) this.rows.delete(place)
      else this.rows.set(place, { table, key, bytes: encodeRow(table, table.row.parse(row, table.name)) })
    }
    return this
  }

  copy(): MemoryState {
    const copy = new MemoryState()
    for (const [place, row] of this.rows) copy.rows.set(place, row)
    return copy
  }

  /** What differs from an earlier state, by table and key in CBOR: comparable with shown(). */
  changesSince(earlier: MemoryState): Shown {
    const changes: Record<string, unknown> = {}
    for (const [place, { table, bytes }] of this.rows)
      if (!sameBytes(earlier.rows.get(place)?.bytes, bytes))
        changes[place] = decodeRow(table, decodeTrusted(bytes) as Cbor[])
    for (const place of earlier.rows.keys()) if (!this.rows.has(place)) changes[place] = "deleted"
    return changes
  }
}

export type Shown = Readonly<Record<string, unknown>>

/** Writes in the form of changesSince(). */
export const shown = (writes: readonly Write[]): Shown => ({
  ...new MemoryState().write(writes).changesSince(EMPTY),
  ...Object.fromEntries(
    writes
      .filter(({ row }) => row === undefined)
      .map(({ table, key }) => [placeOf(table.name, key), "deleted"]),
  ),
})

const placeOf = (table: string, key: readonly unknown[]) =>
  `${table} ${toHex(encodeCbor([...key] as Cbor[]))}`
const sameBytes = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && compareBytes(a, b) === 0
const EMPTY = new MemoryState()

export interface Block {
  readonly signers: readonly PublicKey[]
  readonly time: number
  readonly height?: number
  readonly network?: string
}

export type Called =
  | { readonly rejection: string; readonly chargedTo?: MemberId }
  | {
      readonly events: readonly EventOut[]
      /** Absent: a purse paid. */
      readonly chargedTo?: MemberId
      readonly byPatient?: Handle
      readonly inAdvance?: number
    }

/** Does what the executor does with one transaction, apart from quotas and faults: those are thrown. */
export function call(
  state: MemoryState,
  contract: Contract,
  action: string,
  input: unknown,
  { signers, time, height = 1, network = NETWORK }: Block,
): Called {
  const { input: schema, calledBy, apply } = contract.actions[action]
  const resolved = [...signers].sort(compareBytes).map((key) => signerOf(state, key, time))
  const context = { network, height, time, signers: resolved }
  const reader = declaredOf(state, contract)
  let parsed: unknown
  try {
    parsed = schema.parse(input, "input")
  } catch (error) {
    if (error instanceof PlatformError && error.code === "bad_input") return { rejection: "bad_input" }
    throw error
  }
  const authorised = calledBy(reader, parsed, context)
  if ("rejection" in authorised) return authorised
  const { caller, chargedTo, byPatient, inAdvance } = authorised
  if (authorised.prepaid) writeOwn(state, contract, authorised.prepaid.writes)
  const outcome = apply(reader, parsed, { ...context, caller })
  if ("rejection" in outcome) return { rejection: outcome.rejection, chargedTo }
  writeOwn(state, contract, outcome.write)
  mustDeclare(contract, outcome.emit)
  return { events: outcome.emit, chargedTo, byPatient, inAdvance }
}

/** Does what the executor does after the transactions of a block. */
export function endOf(
  state: MemoryState,
  contract: Contract,
  {
    time,
    height = 1,
    misbehaviour = [],
    network = NETWORK,
  }: Partial<BlockContext> & { readonly time: number },
): { readonly events: readonly EventOut[]; readonly validators: readonly ValidatorUpdate[] } {
  if (!contract.endBlock) throw new Error(`${contract.name} does nothing at the end of a block`)
  const context = { network, height, time, misbehaviour }
  const { write, emit, validators } = contract.endBlock(declaredOf(state, contract), context)
  writeOwn(state, contract, write)
  mustDeclare(contract, emit)
  return { events: emit, validators }
}

function declaredOf(state: MemoryState, contract: Contract): ContractState {
  return {
    get(table, key) {
      if (!contract.tables.includes(table as unknown as Table))
        throw new Error(`${contract.name} reads ${table.name} undeclared`)
      return state.get(table, key)
    },
    see<K extends readonly unknown[], V>(view: View<K, V>, key: K) {
      if (!contract.reads.includes(view as View))
        throw new Error(`${contract.name} reads ${view.contract}.${view.name} undeclared`)
      const shown = [governance, people, delegatesContract]
        .find(({ name }) => name === view.contract)
        ?.shows?.find((one) => one.view === (view as View))
      if (!shown) throw new Error(`nobody shows ${view.contract}.${view.name}`)
      return shown.read(state, key) as V | undefined
    },
  }
}

function writeOwn(state: MemoryState, contract: Contract, writes: readonly Write[]): void {
  for (const { table } of writes)
    if (!contract.tables.includes(table)) throw new Error(`${contract.name} writes ${table.name} of another`)
  state.write(writes)
}

function mustDeclare(contract: Contract, events: readonly EventOut[]): void {
  for (const { name, data } of events) {
    const type = contract.events.find((one) => one.name === name)
    if (!type) throw new Error(`${contract.name} tells of ${name} undeclared`)
    type.data.parse(data, name)
  }
}

export const NETWORK = "test-net"
