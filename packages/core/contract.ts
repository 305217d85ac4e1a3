import type { Bytes } from "./bytes.ts"
import type { Cbor } from "./cbor.ts"
import { encodeCbor } from "./cbor.ts"
import { assert } from "./errors.ts"
import type { Handle, MemberId, PublicKey } from "./ids.ts"
import type { Signer } from "./member.ts"
import type { Infer, ObjectSchema, Schema } from "./schema.ts"

/** What contracts are made of. A contract is a pure function from state and input to writes or a rejection. */

/**
 * Who may read rows, and events, through a node: anybody; all members; those that the row names; none but members of kind
 * `authority` and `custodian`, among which all rows lie (PRIVACY.md), so that they may read each of them.
 */
export type Readers = "public" | "members" | "parties" | "custodians"

/** Who is named in a row or an event: members, and keys of those who are none. */
export interface Parties {
  readonly members: readonly MemberId[]
  readonly keys: readonly PublicKey[]
}

/** A typed table of the state. Rows are stored as [version, ...fields in declared order]. */
export interface Table<K extends readonly unknown[] = readonly unknown[], R = unknown> {
  readonly name: string
  readonly key: { readonly [I in keyof K]: Schema<K[I]> }
  readonly row: ObjectSchema<R>
  readonly version: number
  readonly readers: Readers
  /** With readers `parties`: who the row names, or the row that it belongs to. */
  parties?(row: Readonly<R>, key: K, state: StateReader): Parties
  /** Upgrades the fields of an older version to the newest when a row is read. */
  readonly upgrade?: (version: number, fields: readonly Cbor[]) => readonly Cbor[]
}

export function table<const K extends readonly Schema<unknown>[], R>(definition: {
  readonly name: string
  readonly key: K
  readonly row: ObjectSchema<R>
  readonly version: number
  readonly readers: Readers
  parties?(row: R, key: { [I in keyof K]: Infer<K[I]> }, state: StateReader): Parties
  readonly upgrade?: (version: number, fields: readonly Cbor[]) => readonly Cbor[]
}): Table<{ [I in keyof K]: Infer<K[I]> }, R> {
  return definition as unknown as Table<{ [I in keyof K]: Infer<K[I]> }, R>
}

export function encodeRow<K extends readonly unknown[], R>(table: Table<K, R>, row: R): Uint8Array {
  const values: Cbor[] = [table.version]
  for (const name of Object.keys(table.row.fields)) {
    const value = (row as Record<string, Cbor | undefined>)[name]
    assert(value !== undefined, `row of ${table.name} lacks ${name}; use nullable for what may be absent`)
    values.push(value)
  }
  return encodeCbor(values)
}

/** Decodes the array of encodeRow; the values were validated when they were written. */
export function decodeRow<K extends readonly unknown[], R>(table: Table<K, R>, values: readonly Cbor[]): R {
  const [version, ...stored] = values
  assert(
    typeof version === "number" && version <= table.version,
    `row of ${table.name} is newer than this node's code`,
  )
  const fields = version === table.version ? stored : (table.upgrade?.(version, stored) ?? stored)
  const out: Record<string, unknown> = {}
  Object.keys(table.row.fields).forEach((name, i) => {
    out[name] = fields[i]
  })
  return out as R
}

export interface StateReader {
  get<K extends readonly unknown[], R>(table: Table<K, R>, key: K): Readonly<R> | undefined
}

/**
 * What a contract shows others of its tables: a shape that stays, whatever becomes of the rows behind it. The version of
 * that contract that is active reads it.
 */
export interface View<K extends readonly unknown[] = readonly unknown[], V = unknown> {
  readonly contract: string
  readonly name: string
  /** Of types alone. */
  readonly of?: (key: K) => V
}

export const view = <K extends readonly unknown[], V>(contract: string, name: string): View<K, V> => ({
  contract,
  name,
})

/** A contract's state, and what others show of theirs. */
export interface ContractState extends StateReader {
  see<K extends readonly unknown[], V>(view: View<K, V>, key: K): V | undefined
}

/** How a version of a contract reads a view from its own tables. */
export interface Shown {
  readonly view: View
  readonly read: (state: StateReader, key: readonly unknown[]) => unknown
}

export const shows = <K extends readonly unknown[], V>(
  view: View<K, V>,
  read: (state: StateReader, key: K) => V | undefined,
): Shown => ({ view: view as View, read: read as Shown["read"] })

export interface Write {
  readonly table: Table
  readonly key: readonly unknown[]
  readonly row: unknown
}

/** A write of one row; `row` undefined deletes it. */
export function put<K extends readonly unknown[], R>(table: Table<K, R>, key: K, row: R | undefined): Write {
  return { table: table as unknown as Table, key, row }
}

export interface EventOut {
  readonly name: string
  readonly data: { readonly [name: string]: Cbor }
}

/** An event as a contract declares it: what it says, and who may hear it from a node. */
export interface EventType<D = unknown> {
  readonly name: string
  readonly data: ObjectSchema<D>
  readonly readers: Readers
  /** With readers `parties`: who it names. */
  parties?(data: NoInfer<D>): Parties
}

export const eventType = <D>(type: EventType<D>): EventType<D> => type

export const occurs = <D>(type: EventType<D>, data: D): EventOut => ({
  name: type.name,
  data: data as EventOut["data"],
})

/** Events of whatever data. */
// biome-ignore lint/suspicious/noExplicitAny: what events say differs
export const eventTypes = (...all: readonly EventType<any>[]): readonly EventType[] =>
  all as readonly EventType[]

export interface Accepted {
  readonly write: readonly Write[]
  readonly emit: readonly EventOut[]
}

export interface Rejected<Code extends string = string> {
  readonly rejection: Code
}

export type Outcome<Code extends string = string> = Accepted | Rejected<Code>

export const accept = (write: readonly Write[], emit: readonly EventOut[] = []): Accepted => ({ write, emit })
export const reject = <const Code extends string>(rejection: Code): Rejected<Code> => ({ rejection })

/** Block time in ms, height, and the envelope's own facts. */
export interface Context {
  readonly network: string
  readonly height: number
  readonly time: number
  readonly signers: readonly Signer[]
}

/** Charged to a member. */
export interface Charged {
  readonly chargedTo: MemberId
  /** The patient of that member who calls: what one patient may send is bounded apart. */
  readonly byPatient?: Handle
  /** So many transactions of others are paid with this one. */
  readonly inAdvance?: number
  readonly prepaid?: undefined
}

/** Paid in advance, by whoever filled the purse. */
export interface Prepaid {
  readonly chargedTo?: undefined
  readonly byPatient?: undefined
  readonly inAdvance?: undefined
  readonly prepaid: {
    /** Names the purse among all of this contract (Contract.purse). */
    readonly purse: Bytes
    /** Takes one out of it, whatever becomes of the transaction. */
    readonly writes: readonly Write[]
  }
}

/** Who calls, read from state during execution, and who pays. */
export type Authorised<C> = { readonly caller: C } & (Charged | Prepaid)

export type CalledBy<I, C, Code extends string> = (
  state: ContractState,
  input: I,
  context: Context,
) => Authorised<C> | Rejected<Code>

export interface Action<I = unknown, C = unknown, Code extends string = string> {
  readonly input: Schema<I>
  /** Words for documentation: who may call. */
  readonly callers: string
  /** Counted against the small separate quota of urgent actions. */
  readonly urgent?: true
  readonly calledBy: CalledBy<I, C, Code>
  apply(state: ContractState, input: I, context: Context & { readonly caller: C }): Outcome<Code>
}

export function action<I, C, Code extends string>(definition: Action<I, C, Code>): Action<I, C, Code> {
  return definition
}

/** Misbehaviour that the engine reports with evidence (ABCI 2.0, Misbehavior). */
export interface Misbehaviour {
  readonly kind: "duplicate_vote" | "light_client_attack"
  /** The validator's address, 20 bytes. */
  readonly address: Uint8Array
  readonly height: number
  /** ms */
  readonly time: number
}

/** A change of the validator set; power 0 removes. */
export interface ValidatorUpdate {
  readonly key: PublicKey
  readonly power: number
}

/** What a contract knows at the end of a block. */
export interface BlockContext {
  readonly network: string
  readonly height: number
  readonly time: number
  readonly misbehaviour: readonly Misbehaviour[]
}

/** What a contract interprets, by name and version: activated by ballot as contracts are, as `<contract>.<name>`. */
export interface Part {
  readonly name: string
  readonly version: number
  readonly hash: Bytes
}

export interface Contract {
  readonly name: string
  readonly version: number
  readonly tables: readonly Table[]
  readonly events: readonly EventType[]
  readonly parts?: readonly Part[]
  /** What it reads of other contracts. */
  readonly reads: readonly View[]
  /** What others may read of it. */
  readonly shows?: readonly Shown[]
  /** Of the contract that knows the members: whose a key is at a time. */
  readonly signer?: (state: StateReader, key: PublicKey, time: number) => Signer
  // biome-ignore lint/suspicious/noExplicitAny: the registry holds actions of every input type
  readonly actions: Readonly<Record<string, Action<any, any, string>>>
  /** How many transactions a purse still pays; its rows are the contract's own. */
  readonly purse?: (state: StateReader, purse: Bytes) => number
  /** Called after the transactions of every block that holds transactions or reports misbehaviour. */
  endBlock?(
    state: ContractState,
    context: BlockContext,
  ): Accepted & { readonly validators: readonly ValidatorUpdate[] }
}

/** Tables as contracts declare them, of whatever key and row. */
// biome-ignore lint/suspicious/noExplicitAny: rows differ per table
export const tables = (...all: readonly Table<any, any>[]): readonly Table[] => all as readonly Table[]

/** Views of whatever key and shape. */
// biome-ignore lint/suspicious/noExplicitAny: views differ
export const views = (...all: readonly View<any, any>[]): readonly View[] => all as readonly View[]
