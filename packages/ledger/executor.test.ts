import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { afterEach, describe, it } from "node:test"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import {
  type Accepted,
  accept,
  action,
  type Bytes,
  bytes,
  type Cbor,
  type Contract,
  domainHash,
  eventType,
  eventTypes,
  GENESIS_HISTORY,
  memberId,
  object,
  oneOf,
  optional,
  PlatformError,
  put,
  type Rejected,
  reject,
  type Schema,
  type StateReader,
  table,
  tables,
  toHex,
  uint,
} from "@aceso/core"
import { idBytes } from "./included.ts"
import type { Rules } from "./rules.ts"
import { lastBlock, parameters, patientUse, patientUseEnds, quotas, seenChains } from "./system-tables.ts"
import { Blocks, endAll, executeSampleBlocks, included, START, type Transaction } from "./testing/blocks.ts"
import { handleOf, makeGenesis, patientSeed, rules, seedOf } from "./testing/network.ts"

const notes = table({
  name: "notes",
  key: [uint()],
  row: object({ value: uint() }),
  version: 1,
  readers: "members",
})
const foreign = table({ ...notes, name: "foreign", key: [uint()] })

/** Charged to the member that the input names; `refuse` does not get that far. */
const calledBy = (_: unknown, { member }: { readonly member: string }) =>
  member === "nobody"
    ? (reject("unknown_key") as Rejected<"unknown_key">)
    : { caller: member, chargedTo: member }
const byPatient = (_: unknown, { member, key }: { readonly member: string; readonly key: number }) => ({
  caller: null,
  chargedTo: member,
  byPatient: handleOf(`patient ${key}`),
})
const input = object({ member: memberId, key: uint(), value: uint() })
type Input = { readonly member: string; readonly key: number; readonly value: number }
const written = ({ key, value }: Input) =>
  accept([put(notes, [key], { value })], [{ name: "noted", data: { key } }])

const faults: Readonly<Record<string, () => unknown>> = {
  error: () => {
    throw new TypeError("a bug")
  },
  text: () => {
    throw "a text"
  },
  platform: () => {
    throw new PlatformError("bad_proof", "a proof does not fit")
  },
  length: () => new Array(-1),
  store: () => {
    throw new PlatformError("store_failed", "the disk is full")
  },
  damaged: () => {
    throw new PlatformError("state_damaged", "a page is missing")
  },
  stack: () => (faults.stack as () => number)() + 1,
  memory: () => new ArrayBuffer(Number.MAX_SAFE_INTEGER),
}

const good = put(notes, [1], { value: 99 })
const nothingUsed = { window: 0, bytes: 0, transactions: 0, urgent: 0 }
const odd = (value: unknown): Accepted =>
  accept(
    [good],
    [
      { name: "noted", data: {} },
      { name: "odd", data: { value: value as Cbor } },
    ],
  )
const badRow = (row: unknown): Accepted => accept([good, put(notes, [2], row as { value: number })])
const badKey = (...key: unknown[]): Accepted =>
  accept([good, put(notes, key as unknown as [number], { value: 99 })])

/** What a contract may not write or emit. */
const oversteps: Readonly<Record<string, Accepted>> = {
  "a row of the ledger's own tables": accept([good, put(quotas, ["city", "own"], nothingUsed)]),
  "the deletion of a row of the ledger's own tables": accept([good, put(parameters, [], undefined)]),
  "a row of a table that it does not declare": accept([good, put(foreign, [1], { value: 99 })]),
  "a row of another table by the name of its own": accept([
    good,
    put(table({ ...notes, key: [uint()] }), [1], { value: 99 }),
  ]),
  "half a row": badRow({}),
  "a row with a wrong value": badRow({ value: -1 }),
  "a row with a value too many": badRow({ value: 1, more: 1 }),
  "null for a row": badRow(null),
  "a key of another type": badKey("one"),
  "a key with a part too many": badKey(1, 2),
  "a key with a part too few": badKey(),
  "a deletion with a key of another type": accept([
    good,
    put(notes, ["one"] as unknown as [number], undefined),
  ]),
  "an event with a symbol": odd(Symbol("odd")),
  "an event with a function": odd(() => 1),
  "an event with half a number": odd(0.5),
  "an event with no number": odd(Number.NaN),
  "an event that it does not declare": accept([good], [{ name: "unheard", data: { key: 1 } }]),
  "an event with a value that it does not declare": accept([good], [{ name: "noted", data: { who: "ann" } }]),
}

const anything: Schema<Cbor> = { parse: (value) => value as Cbor, toJson: (value) => value, jsonSchema: {} }
const noted = eventType({ name: "noted", data: object({ key: optional(uint()) }), readers: "members" })
const oddity = eventType({ name: "odd", data: object({ value: anything }), readers: "members" })

/** Pays in advance: so many transactions by whoever knows the purse. */
const purses = table({
  name: "purses",
  key: [bytes(32)],
  row: object({ left: uint() }),
  version: 1,
  readers: "members",
})
const leftIn = (state: StateReader, purse: Bytes) => state.get(purses, [purse])?.left ?? 0
const fromPurse = (state: StateReader, { member }: { readonly member: string }) => {
  const purse = handleOf(member)
  const left = leftIn(state, purse)
  if (left === 0) return reject("purse_empty") as Rejected<"purse_empty">
  return { caller: null, prepaid: { purse, writes: [put(purses, [purse], { left: left - 1 })] } }
}

const toy: Contract = {
  name: "toy",
  version: 1,
  tables: tables(notes, purses),
  events: eventTypes(noted, oddity),
  reads: [],
  purse: leftIn,
  actions: {
    fill: action({
      input,
      callers: "anybody",
      calledBy: (_, { member, value }) => ({ caller: null, chargedTo: member, inAdvance: value }),
      apply: (_state, { member, value }) => accept([put(purses, [handleOf(member)], { left: value })]),
    }),
    spend: action({
      input,
      callers: "whoever knows the purse",
      calledBy: fromPurse,
      apply: (_state, input) => (input.value === 0 ? reject("refused") : written(input)),
    }),
    note: action({ input, callers: "anybody", calledBy, apply: (_state, input) => written(input) }),
    hurry: action({
      input,
      callers: "anybody",
      urgent: true,
      calledBy,
      apply: (_state, input) => written(input),
    }),
    add: action({
      input,
      callers: "anybody",
      calledBy,
      apply: (state, { member, key, value }) =>
        written({ member, key, value: (state.get(notes, [key])?.value ?? 0) + value }),
    }),
    refuse: action({ input, callers: "anybody", calledBy, apply: () => reject("no_such_luck") }),
    fail: action({
      input: object({ member: memberId, how: oneOf("error", ...Object.keys(faults)) }),
      callers: "anybody",
      calledBy,
      apply(_state, { how }) {
        faults[how]()
        return accept([])
      },
    }),
    failAsCaller: action({
      input,
      callers: "anybody",
      calledBy: (): { caller: null; chargedTo: string } => {
        throw new TypeError("a bug")
      },
      apply: () => accept([]),
    }),
    peek: action({
      input,
      callers: "anybody",
      calledBy,
      apply(state, input) {
        state.get(foreign, [1])
        return written(input)
      },
    }),
    peekAsCaller: action({
      input,
      callers: "anybody",
      calledBy(state, { member }) {
        state.get(parameters, [])
        return { caller: member, chargedTo: member }
      },
      apply: (_state, input) => written(input),
    }),
    patientNote: action({
      input,
      callers: "anybody",
      calledBy: byPatient,
      apply: (_state, input) => written(input),
    }),
    patientHurry: action({
      input,
      callers: "anybody",
      urgent: true,
      calledBy: byPatient,
      apply: (_state, input) => written(input),
    }),
    overstep: action({
      input: object({ member: memberId, how: oneOf("nothing", ...Object.keys(oversteps)) }),
      callers: "anybody",
      calledBy,
      apply: (_state, { how }) => oversteps[how],
    }),
    readBadly: action({
      input,
      callers: "anybody",
      calledBy,
      apply: (state, input) => {
        state.get(notes, [0.5])
        return written(input)
      },
    }),
  },
}
const toyRules: Rules = {
  contracts: [toy],
  genesisRows: () => [],
  activeVersions: (_state, name) => (name === toy.name ? [{ version: 1, sources: new Uint8Array(32) }] : []),
  activatedNames: () => [toy.name],
  isDisabled: () => false,
  refusalOfSuccessor: () => undefined,
  successorRows: () => [],
}

const WINDOW_MS = 10_000
const quota = (more: Partial<Record<"bytes" | "transactions" | "urgentTransactions", number>> = {}) => ({
  windowMs: WINDOW_MS,
  bytes: 1_000_000,
  transactions: 1000,
  urgentTransactions: 1000,
  ...more,
})

const tx = (action: string, more: Partial<Transaction> & { readonly member?: string } = {}) => {
  const { member = "city", ...rest } = more
  return included({
    contract: "toy",
    action,
    input: { member, key: 1, value: 5 },
    by: [seedOf("anybody")],
    ...rest,
  })
}
const fail = (how: string) => tx("fail", { input: { member: "city", how } })
const written1 = (blocks: Blocks) => blocks.store.get(notes, [1])?.value
const tablesWritten = (writes: readonly { readonly row: { readonly table: { name: string } } }[]) =>
  writes.map(({ row }) => row.table.name).sort()

afterEach(endAll)

describe("executor: what becomes of a transaction", () => {
  const rows: readonly [
    outcome: string,
    comment: string,
    transaction: Partial<Transaction> & { action: string },
  ][] = [
    ["accepted", "a contract that writes", { action: "note" }],
    ["unknown_contract", "no contract of that name", { contract: "toys", action: "note" }],
    ["unknown_contract", "a name that every object has", { contract: "constructor", action: "note" }],
    ["unknown_action", "no action of that name", { action: "notes" }],
    ["unknown_action", "a name that every object has", { action: "toString" }],
    ["bad_input", "no input", { action: "note", input: null }],
    ["bad_input", "a member too few", { action: "note", input: { member: "city", key: 1 } }],
    [
      "bad_input",
      "a member too many",
      { action: "note", input: { member: "city", key: 1, value: 5, more: 1 } },
    ],
    ["bad_input", "a negative number", { action: "note", input: { member: "city", key: 1, value: -5 } }],
    [
      "unknown_key",
      "who calls is refused",
      { action: "note", input: { member: "nobody", key: 1, value: 5 } },
    ],
    ["no_such_luck", "the contract's rejection", { action: "refuse" }],
  ]
  for (const [outcome, comment, { action, ...more }] of rows)
    it(`${outcome}: ${comment}`, () => {
      const blocks = new Blocks(toyRules)
      const { outcomes, events } = blocks.block(START, [tx(action, more)])
      assert.deepEqual(outcomes, [outcome])
      assert.equal(written1(blocks), outcome === "accepted" ? 5 : undefined)
      assert.equal(events.length, outcome === "accepted" ? 1 : 0)
      assert.deepEqual(blocks.alarms, [])
    })

  it("each transaction sees the writes of those before it in the block", () => {
    const blocks = new Blocks(toyRules)
    const { events } = blocks.block(START, [tx("add"), tx("refuse"), tx("add"), tx("add")])
    assert.equal(written1(blocks), 15)
    assert.deepEqual(
      events.map(({ height, transaction, index, contract, name }) => [
        height,
        transaction,
        index,
        contract,
        name,
      ]),
      [0, 2, 3].map((transaction) => [1, transaction, 0, "toy", "noted"]),
    )
  })

  for (const action of ["refuse", "fail", "peek"])
    it(`leaves no row but the ledger's own when it ends in ${action}`, () => {
      const blocks = new Blocks(toyRules)
      const { writes } = blocks.block(START, [action === "fail" ? fail("error") : tx(action)])
      assert.deepEqual(tablesWritten(writes), ["lastBlock", "quotas", "seen"])
    })

  for (const more of [{ contract: "toys" }, { input: null }, { member: "nobody" }])
    it(`leaves no quota when no member can be charged: ${Object.keys(more)}`, () => {
      const { writes } = new Blocks(toyRules).block(START, [tx("note", more)])
      assert.deepEqual(tablesWritten(writes), ["lastBlock", "seen"])
    })
})

describe("executor: faults of contracts", () => {
  for (const how of ["error", "text", "platform", "length", "store", "damaged"])
    it(`contract_fault with an alarm, and the rest of the block goes on: ${how}`, () => {
      const blocks = new Blocks(toyRules)
      const faulty = fail(how)
      const { outcomes } = blocks.block(START, [tx("add"), faulty, tx("add")])
      assert.deepEqual(outcomes, ["accepted", "contract_fault", "accepted"])
      assert.equal(written1(blocks), 10)
      assert.deepEqual(
        blocks.alarms.map(({ contract, action, payloadId }) => [contract, action, payloadId]),
        [["toy", "fail", idBytes(faulty.id)]],
      )
    })

  for (const action of ["failAsCaller", "peek", "peekAsCaller"])
    it(`contract_fault with an alarm: ${action}`, () => {
      const blocks = new Blocks(toyRules)
      assert.deepEqual(blocks.block(START, [tx(action)]).outcomes, ["contract_fault"])
      assert.equal(written1(blocks), undefined)
      assert.equal(blocks.alarms.length, 1)
      if (action.startsWith("peek"))
        assert.match(String(blocks.alarms[0].error), /reads the table \w+, which it does not declare/)
    })

  for (const how of ["stack", "memory"])
    it(`errors of memory and stack are not caught: ${how}`, () => {
      const blocks = new Blocks(toyRules)
      assert.throws(() => blocks.block(START, [fail(how)]))
      assert.deepEqual(blocks.alarms, [])
    })

  for (const how of Object.keys(oversteps)) {
    it(`contract_fault with an alarm, and no write of it stays: ${how}`, () => {
      const blocks = new Blocks(toyRules)
      const limits = blocks.store.get(parameters, [])
      const all = [tx("add"), tx("overstep", { input: { member: "city", how } }), tx("add")]
      const { outcomes, writes, events } = blocks.block(START, all)
      assert.deepEqual(outcomes, ["accepted", "contract_fault", "accepted"])
      assert.deepEqual(tablesWritten(writes), ["lastBlock", "notes", "quotas", "seen"])
      assert.equal(written1(blocks), 10)
      assert.equal(blocks.store.get(quotas, ["city", "own"])?.transactions, 3)
      assert.deepEqual(blocks.store.get(parameters, []), limits)
      assert.equal(events.length, 2)
      assert.deepEqual(
        blocks.alarms.map(({ action }) => action),
        ["overstep"],
      )
    })
  }

  it("contract_fault: a read with a key that cannot be encoded is the contract's fault, not the store's", () => {
    const blocks = new Blocks(toyRules)
    assert.deepEqual(blocks.block(START, [tx("readBadly")]).outcomes, ["contract_fault"])
  })

  const damage: readonly [comment: string, error: Error][] = [
    ["its own fault", new PlatformError("store_failed", "the disk is full")],
    ["an error of lmdb", new Error("MDB_CORRUPTED: Located page was wrong type")],
    ["a row that is no CBOR", new PlatformError("bad_cbor", "not valid CBOR")],
    ["a row that is not as declared", new PlatformError("bad_input", "value: a whole number")],
  ]
  for (const broken of ["notes", "quotas", "parameters", "seen", "lastBlock"])
    for (const [comment, error] of damage)
      it(`a store that cannot read ${broken} stops the block: ${comment}`, () => {
        const blocks = new Blocks(toyRules)
        const row = blocks.store.row.bind(blocks.store)
        blocks.store.row = (table, key) => {
          if (table.name === broken) throw error
          return row(table, key)
        }
        assert.throws(
          () => blocks.block(START, [tx("add")]),
          (thrown) => thrown === error,
        )
        assert.deepEqual(blocks.alarms, [])
      })
})

describe("executor: fair use", () => {
  const windowStart = Math.ceil(START / WINDOW_MS) * WINDOW_MS
  const used = (blocks: Blocks, by: "own" | "patients" = "own") => blocks.store.get(quotas, ["city", by])
  const far = { expiry: windowStart + 60_000 }

  it("transactions: the third of two is refused, until the next window", () => {
    const blocks = new Blocks(toyRules, quota({ transactions: 2 }))
    const three = () => [tx("note", far), tx("note", far), tx("note", far)]
    assert.deepEqual(blocks.block(windowStart, three()).outcomes, ["accepted", "accepted", "quota_exceeded"])
    assert.deepEqual(blocks.block(windowStart + WINDOW_MS - 1, [tx("note", far)]).outcomes, [
      "quota_exceeded",
    ])
    assert.deepEqual(blocks.block(windowStart + WINDOW_MS, three()).outcomes, [
      "accepted",
      "accepted",
      "quota_exceeded",
    ])
    assert.equal(used(blocks)?.window, windowStart / WINDOW_MS + 1)
  })

  it("bytes: what fits exactly passes, one byte more does not", () => {
    const size = tx("note", far).bytes.length
    const exact = new Blocks(toyRules, quota({ bytes: 2 * size }))
    assert.deepEqual(exact.block(windowStart, [tx("note", far), tx("note", far)]).outcomes, [
      "accepted",
      "accepted",
    ])
    assert.deepEqual(used(exact), {
      window: windowStart / WINDOW_MS,
      bytes: 2 * size,
      transactions: 2,
      urgent: 0,
    })
    const less = new Blocks(toyRules, quota({ bytes: 2 * size - 1 }))
    assert.deepEqual(less.block(windowStart, [tx("note", far), tx("note", far)]).outcomes, [
      "accepted",
      "quota_exceeded",
    ])
    assert.deepEqual(less.block(windowStart + WINDOW_MS, [tx("note", far)]).outcomes, ["accepted"])
  })

  it("urgent actions have a quota of their own, both ways", () => {
    const blocks = new Blocks(toyRules, quota({ transactions: 1, urgentTransactions: 1 }))
    const { outcomes } = blocks.block(windowStart, [
      tx("note", far),
      tx("note", far),
      tx("hurry", far),
      tx("hurry", far),
    ])
    assert.deepEqual(outcomes, ["accepted", "quota_exceeded", "accepted", "quota_exceeded"])
    const next = blocks.block(windowStart + WINDOW_MS, [tx("hurry", far), tx("hurry", far), tx("note", far)])
    assert.deepEqual(next.outcomes, ["accepted", "quota_exceeded", "accepted"])
  })

  it("each member has its own", () => {
    const blocks = new Blocks(toyRules, quota({ transactions: 1 }))
    const { outcomes } = blocks.block(windowStart, [
      tx("note", far),
      tx("note", { ...far, member: "county" }),
      tx("note", far),
    ])
    assert.deepEqual(outcomes, ["accepted", "accepted", "quota_exceeded"])
  })

  it("a rejected transaction is charged too; one over the quota writes nothing", () => {
    const blocks = new Blocks(toyRules, quota({ transactions: 2 }))
    const all = [tx("refuse", far), fail("error"), tx("note", far)]
    assert.deepEqual(blocks.block(windowStart, all).outcomes, [
      "no_such_luck",
      "contract_fault",
      "quota_exceeded",
    ])
    assert.equal(used(blocks)?.transactions, 2)
    assert.equal(written1(blocks), undefined)
  })

  it("what patients sign is counted apart from what their custodian signs, both ways", () => {
    const blocks = new Blocks(toyRules, quota({ transactions: 1, urgentTransactions: 1 }))
    const kinds = ["note", "hurry", "patientNote", "patientHurry"]
    const twice = (...kinds: string[]) => [...kinds, ...kinds].map((kind) => tx(kind, far))
    const half = kinds.map(() => "accepted")
    const both = [...half, ...half.map(() => "quota_exceeded")]
    assert.deepEqual(blocks.block(windowStart, twice(...kinds)).outcomes, both)
    assert.deepEqual(blocks.block(windowStart + WINDOW_MS, twice(...kinds.toReversed())).outcomes, both)
    const window = windowStart / WINDOW_MS + 1
    for (const [by, kind] of [
      ["own", "note"],
      ["patients", "patientNote"],
    ] as const)
      assert.deepEqual(used(blocks, by), {
        window,
        bytes: tx(kind, far).bytes.length,
        transactions: 1,
        urgent: 1,
      })
  })

  it("whoever pays in advance is charged for all of it at once", () => {
    const blocks = new Blocks(toyRules, quota({ transactions: 9 }))
    const fill = (value: number) => tx("fill", { ...far, input: { member: "city", key: 1, value } })
    assert.deepEqual(blocks.block(windowStart, [fill(5), fill(3), fill(2)]).outcomes, [
      "accepted",
      "quota_exceeded",
      "accepted",
    ])
    assert.equal(used(blocks)?.transactions, 9)
  })

  it("a purse pays for what is rejected too, until it is empty; no member is charged", () => {
    const blocks = new Blocks(toyRules, quota({ transactions: 3 }))
    const of = (kind: string, value: number) => tx(kind, { ...far, input: { member: "city", key: 1, value } })
    const all = [of("fill", 2), of("spend", 0), of("spend", 7), of("spend", 8)]
    assert.deepEqual(blocks.block(windowStart, all).outcomes, [
      "accepted",
      "refused",
      "accepted",
      "purse_empty",
    ])
    assert.equal(used(blocks)?.transactions, 3)
    assert.deepEqual(blocks.store.get(purses, [handleOf("city")]), { left: 0 })
  })

  it("of what a purse pays for, no more is let into a proposal than it still pays", () => {
    const blocks = new Blocks(toyRules, quota({}))
    const of = (kind: string, value: number) => tx(kind, { ...far, input: { member: "city", key: 1, value } })
    blocks.block(windowStart, [of("fill", 2)])
    const allowance = blocks.executor.allowance(windowStart)
    const charge = { contract: "toy", purse: handleOf("city"), isUrgent: false } as const
    const other = { ...charge, purse: handleOf("county") }
    assert.deepEqual(
      [charge, other, charge, charge].map((one) => allowance.take(one)),
      [true, false, true, false],
    )
  })

  it("one patient cannot use up the lane of the others; its rows go with a later block", () => {
    const blocks = new Blocks(toyRules, quota({ urgentTransactions: 20 }))
    const of = (kind: string, key: number) => tx(kind, { ...far, input: { member: "city", key, value: 5 } })
    const greedy = Array.from({ length: 30 }, () => of("patientHurry", 1))
    const others = Array.from({ length: 12 }, (_, i) => of("patientHurry", 2 + i))
    const { outcomes } = blocks.block(windowStart, [...greedy, ...others])
    assert.deepEqual(
      [outcomes.slice(0, 30), outcomes.slice(30)].map(
        (some) => some.filter((one) => one === "accepted").length,
      ),
      [8, 12],
    )
    assert.deepEqual(blocks.block(windowStart, [of("patientNote", 1)]).outcomes, ["accepted"])
    const handle = handleOf("patient 1")
    const row = (window: number) => blocks.store.get(patientUse, [window, "city", handle])
    assert.equal(row(windowStart / WINDOW_MS)?.urgent, 8)
    const again = blocks.block(windowStart + WINDOW_MS, [of("patientHurry", 1)])
    assert.deepEqual(again.outcomes, ["accepted"])
    assert.deepEqual([row(windowStart / WINDOW_MS), row(windowStart / WINDOW_MS + 1)?.urgent], [undefined, 1])
    blocks.block(windowStart + 2 * WINDOW_MS, [tx("note", far)])
    assert.equal(row(windowStart / WINDOW_MS + 1), undefined)
    assert.equal(blocks.store.get(patientUseEnds, []), undefined)
  })

  it("a genesis whose window is shorter than a second is refused", () => {
    const windowed = (windowMs: number) => makeGenesis({ quota: { ...quota(), windowMs } }).genesis.quota
    assert.equal(windowed(1000).windowMs, 1000)
    for (const windowMs of [0, 1, 999])
      assert.throws(() => windowed(windowMs), {
        code: "bad_genesis",
        message: "the window of the quota must be at least 1,000 ms",
      })
  })

  it("a custodian cannot use up the urgent quota of its patients' revocations", () => {
    const blocks = new Blocks(rules, quota({ urgentTransactions: 3 }))
    executeSampleBlocks(blocks)
    const time = START + 20 * WINDOW_MS
    const expiry = time + 60_000
    const promise = {
      custodian: "city",
      tag: new Uint8Array(16),
      event: new Uint8Array(32),
      includeBy: 0,
      key: new Uint8Array(32),
      signature: new Uint8Array(64),
    }
    const nonsense = Array.from({ length: 3 }, () =>
      included({
        contract: "disclosure",
        action: "promiseBroken",
        input: { promise },
        by: [seedOf("city")],
        expiry,
      }),
    )
    const ann = handleOf("ann at city")
    const revoke = included({
      contract: "policy",
      action: "revoke",
      input: { custodian: "city", handle: ann, base: 1, root: ann },
      by: [patientSeed("ann", "city")],
      expiry,
    })
    assert.deepEqual(blocks.block(time, [...nonsense, revoke]).outcomes, [
      "bad_promise",
      "bad_promise",
      "bad_promise",
      "accepted",
    ])
  })

  it("a member has one row however many windows pass: nothing is left to delete", () => {
    const blocks = new Blocks(toyRules)
    for (let i = 0; i < 5; i++) blocks.block(windowStart + i * WINDOW_MS, [tx("note", far)])
    assert.equal(used(blocks)?.transactions, 1)
  })
})

describe("executor: seen chains", () => {
  const MINUTE = 60_000
  const minute = Math.floor(START / MINUTE)
  const start = (minute + 1) * MINUTE
  const at = (blocks: Blocks, after: number) => blocks.store.get(seenChains, [minute + 1 + after])
  const expiring = (after: number, action = "note") => tx(action, { expiry: start + after })

  it("per minute of expiry: a chain over the ids in block order, rejected ones too", () => {
    const blocks = new Blocks(toyRules)
    const all = [expiring(90_000), expiring(30_000), expiring(MINUTE, "refuse"), expiring(119_999)]
    const [a, b, c, d] = all.map(({ id }) => idBytes(id))
    blocks.block(start, all)
    assert.deepEqual(at(blocks, 0), { chain: domainHash("seen", GENESIS_HISTORY, [b]), count: 1 })
    const first = domainHash("seen", GENESIS_HISTORY, [a, c, d])
    assert.deepEqual(at(blocks, 1), { chain: first, count: 3 })
    const later = expiring(100_000)
    blocks.block(start + 1, [later])
    assert.deepEqual(at(blocks, 1), {
      chain: domainHash("seen", first, [idBytes(later.id)]),
      count: 4,
    })
  })

  it("a past minute is deleted by the next block, the current one is kept", () => {
    const blocks = new Blocks(toyRules)
    blocks.block(start, [expiring(30_000), expiring(90_000), expiring(150_000)])
    blocks.block(start + 59_999, [expiring(150_000)])
    assert.ok(at(blocks, 0))
    blocks.block(start + 60_000, [expiring(150_000)])
    assert.equal(at(blocks, 0), undefined)
    assert.ok(at(blocks, 1) && at(blocks, 2))
    blocks.block(start + 180_000, [expiring(190_000)])
    assert.equal(at(blocks, 1), undefined)
    assert.equal(at(blocks, 2), undefined)
  })

  for (const idle of [...Array.from({ length: 13 }, (_, i) => i), 60, 24 * 60])
    it(`only past minutes are deleted after ${idle} minutes without a transaction`, () => {
      const blocks = new Blocks(toyRules)
      const newest = start + MINUTE - 1
      blocks.block(newest - 1, [expiring(MINUTE - 1)])
      const all = Array.from({ length: 11 }, (_, i) => expiring((i + 1) * MINUTE - 1 + (i === 0 ? 1 : 0)))
      blocks.block(newest, all)
      blocks.block(newest + idle * MINUTE, [expiring((idle + 1) * MINUTE)])
      for (let i = 0; i <= 10; i++) assert.equal(at(blocks, i) !== undefined, i >= idle, `minute ${i}`)
      assert.ok(at(blocks, idle + 1))
    })

  it("each block with transactions leaves its time, genesis its own", () => {
    const blocks = new Blocks(toyRules)
    assert.deepEqual(blocks.store.get(lastBlock, []), { time: START - 1000 })
    for (const [time, action] of [
      [start, "note"],
      [start + 1, "refuse"],
    ] as const) {
      blocks.block(time, [expiring(MINUTE, action)])
      assert.deepEqual(blocks.store.get(lastBlock, []), { time })
    }
  })

  it("a block without transactions changes neither state nor history", () => {
    const blocks = new Blocks(toyRules)
    const { stateRoot, historyHash } = blocks.block(start, [expiring(1)])
    const empty = blocks.block(start + 2 * MINUTE, [])
    assert.deepEqual(tablesWritten(empty.writes), [])
    assert.deepEqual([empty.stateRoot, empty.historyHash], [stateRoot, historyHash])
  })
})

describe("executor: determinism", () => {
  const script = fileURLToPath(new URL("testing/sample-roots.ts", import.meta.url))

  it("the same blocks in two fresh stores give the same roots", () => {
    const all = [tx("add"), tx("refuse"), tx("hurry"), fail("error"), tx("note", { contract: "toys" })]
    const [one, two] = [0, 1].map(() => {
      const blocks = new Blocks(toyRules)
      return [START, START + 1].map((time) => {
        const { stateRoot, historyHash, roots } = blocks.block(time, time === START ? all : [])
        return [stateRoot, historyHash, roots.txRoot].map((root) => toHex(root))
      })
    })
    assert.deepEqual(one, two)
    assert.notDeepEqual(one[0], one[1])
  })

  it("the sample holds what the contracts accept and what they reject", () => {
    const [first, second, third] = executeSampleBlocks(new Blocks(rules))
    assert.deepEqual(first.outcomes, ["accepted"])
    assert.deepEqual(second.outcomes, [
      "accepted",
      "accepted",
      "accepted",
      "accepted",
      "policy_changed_meanwhile",
      "accepted",
      "accepted",
      "bad_input",
      "unknown_contract",
    ])
    assert.deepEqual(third.outcomes, ["accepted"])
  })

  it("one root under every time zone, language and stack size", async () => {
    const surroundings: readonly [environment: Record<string, string>, flags: readonly string[]][] = [
      [{ TZ: "UTC", LANG: "C", LC_ALL: "C" }, []],
      [{ TZ: "Asia/Kathmandu", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" }, ["--stack-size=500"]],
      [{ TZ: "America/St_Johns", LANG: "ar_EG.UTF-8", LC_ALL: "ar_EG.UTF-8" }, ["--stack-size=3900"]],
      [
        { TZ: "Pacific/Kiritimati", LANG: "ja_JP.UTF-8", LC_ALL: "ja_JP.UTF-8" },
        ["--max-old-space-size=256"],
      ],
    ]
    const printed = await Promise.all(
      surroundings.map(async ([environment, flags]) => {
        const env = { ...process.env, ...environment, NODE_OPTIONS: "" }
        const { stdout } = await promisify(execFile)(process.execPath, [...flags, script], { env })
        return JSON.parse(stdout) as { roots: string[][]; offsetMinutes: number; locale: string }
      }),
    )
    for (const { roots } of printed) assert.deepEqual(roots, printed[0].roots)
    assert.equal(printed[0].roots.length, 3)
    assert.equal(new Set(printed.map(({ offsetMinutes }) => offsetMinutes)).size, surroundings.length)
    assert.equal(new Set(printed.map(({ locale }) => locale)).size, surroundings.length)
  })
})
