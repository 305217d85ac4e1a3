import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { encodeCbor, type StateReader, type Table, toHex, type Write } from "@aceso/core"
import fc from "fast-check"
import { Allowance, chargeTo, forgetPastUse, type MemberCharge, PER_PATIENT } from "./fair-use.ts"
import { parameters, patientUse, patientUseEnds, patientUseOrder } from "./system-tables.ts"
import { handleOf } from "./testing/network.ts"

const WINDOW_MS = 10_000
const START = 1_700_000_000_000

/** Rows in memory, as a block would leave them. */
class MemoryState implements StateReader {
  private readonly rows = new Map<string, { readonly table: Table; readonly row: unknown }>()

  constructor(limits: object) {
    this.write([{ table: parameters as unknown as Table, key: [], row: limits }])
  }

  get<K extends readonly unknown[], R>(table: Table<K, R>, key: K): Readonly<R> | undefined {
    return this.rows.get(nameOfRow(table as unknown as Table, key))?.row as R | undefined
  }

  write(writes: readonly Write[]): void {
    for (const { table, key, row } of writes) {
      const name = nameOfRow(table, key)
      if (row === undefined) this.rows.delete(name)
      else this.rows.set(name, { table, row: table.row.parse(row, table.name) })
    }
  }

  count(table: unknown): number {
    return [...this.rows.values()].filter((one) => one.table === table).length
  }
}
const nameOfRow = (table: Table, key: readonly unknown[]) =>
  `${table.name} ${toHex(encodeCbor([...key] as never))}`

const patients = Array.from({ length: 6 }, (_, i) => handleOf(`patient ${i}`))
const charge = fc.record({
  member: fc.constantFrom("city", "county"),
  patient: fc.option(fc.nat({ max: patients.length - 1 }), { nil: undefined }),
  isUrgent: fc.boolean(),
  sizeBytes: fc.integer({ min: 100, max: 262_144 }),
})
const block = fc.record({
  /** Windows that pass before it. */
  windows: fc.oneof(fc.constant(0), fc.nat({ max: 3 })),
  charges: fc.array(charge, { maxLength: 60 }),
})
const quota = fc.record({
  bytes: fc.integer({ min: 300_000, max: 4_000_000 }),
  transactions: fc.integer({ min: 1, max: 60 }),
  urgentTransactions: fc.integer({ min: 1, max: 60 }),
})

interface Counts {
  bytes: number
  transactions: number
  urgent: number
}

/** The rule, said once more and without rows: what was used of the window at hand. */
class Model {
  private readonly limits: { bytes: number; transactions: number; urgentTransactions: number }
  private readonly used = new Map<string, Counts>()

  constructor(limits: { bytes: number; transactions: number; urgentTransactions: number }) {
    this.limits = limits
  }

  take({ member, patient, isUrgent, sizeBytes }: MemberCharge): boolean {
    const names = patient ? [`${member} patients`, `${member} ${toHex(patient)}`] : [`${member} own`]
    const fits = names.every((name, i) => {
      const { bytes, transactions, urgent } = this.of(name)
      const share = i === 1
      if (isUrgent) return urgent < Math.min(this.limits.urgentTransactions, share ? 8 : 1e9)
      const maxBytes = share ? Math.max(Math.floor(this.limits.bytes / 16), 262_144) : this.limits.bytes
      return (
        transactions < Math.min(this.limits.transactions, share ? 8 : 1e9) && bytes + sizeBytes <= maxBytes
      )
    })
    if (!fits) return false
    for (const name of names) {
      const counts = this.of(name)
      if (isUrgent) counts.urgent++
      else {
        counts.transactions++
        counts.bytes += sizeBytes
      }
    }
    return true
  }

  newWindow(): void {
    this.used.clear()
  }

  get activePatients(): number {
    return [...this.used].filter(
      ([name, { transactions, urgent }]) => / [0-9a-f]{64}$/.test(name) && transactions + urgent > 0,
    ).length
  }

  private of(name: string): Counts {
    const counts = this.used.get(name) ?? { bytes: 0, transactions: 0, urgent: 0 }
    this.used.set(name, counts)
    return counts
  }
}

describe("fair use: one patient's part of the patients' lane", () => {
  it("any charges: as the rule says, an allowance says the same, and past windows leave no row", () => {
    fc.assert(
      fc.property(quota, fc.array(block, { maxLength: 25 }), (limits, blocks) => {
        const state = new MemoryState({ ...limits, windowMs: WINDOW_MS })
        const model = new Model(limits)
        let time = START
        for (const { windows, charges } of blocks) {
          time += windows * WINDOW_MS
          if (windows > 0) model.newWindow()
          const allowance = new Allowance(state, time, () => 0)
          for (const { patient, ...rest } of charges) {
            const one: MemberCharge = {
              ...rest,
              ...(patient !== undefined && { patient: patients[patient] }),
            }
            const writes = chargeTo(state, one, time)
            const mayBe = model.take(one)
            assert.equal(writes !== undefined, mayBe)
            assert.equal(allowance.take(one), mayBe)
            state.write(writes ?? [])
          }
          const deletions = forgetPastUse(state, time, charges.length)
          assert.ok(deletions.length <= 2 * (2 * charges.length + 64) + 1)
          state.write(deletions)
          // Few enough here for every block to delete all: what is left is of this window.
          assert.equal(state.count(patientUse), model.activePatients)
          assert.equal(state.count(patientUseOrder), model.activePatients)
          assert.equal(state.count(patientUseEnds), model.activePatients > 0 ? 1 : 0)
        }
      }),
      { numRuns: 300 },
    )
  })

  it("a thousand patients in one window: deleted by later blocks, so many at a time, also by empty-handed ones", () => {
    const limits = { windowMs: WINDOW_MS, bytes: 2 ** 26, transactions: 20_000, urgentTransactions: 1_000 }
    const state = new MemoryState(limits)
    const one = (name: string): MemberCharge => ({
      member: "city",
      patient: handleOf(name),
      isUrgent: true,
      sizeBytes: 500,
    })
    for (let i = 0; i < 1_000; i++) state.write(chargeTo(state, one(`patient ${i}`), START) ?? assert.fail())
    assert.equal(chargeTo(state, one("one more"), START), undefined, "the lane of all is used up")
    assert.deepEqual(forgetPastUse(state, START, 1_000), [])
    assert.equal(state.count(patientUse), 1_000)
    const later = START + WINDOW_MS
    const left: number[] = []
    for (let i = 0; state.count(patientUse) > 1; i++) {
      // One patient is busy in each block meanwhile.
      if (i < PER_PATIENT.urgentTransactions)
        state.write(chargeTo(state, one("busy"), later) ?? assert.fail())
      const deletions = forgetPastUse(state, later, 1)
      assert.equal(deletions.length, 2 * Math.min(66, state.count(patientUse) - 1) + 1)
      state.write(deletions)
      left.push(state.count(patientUse))
    }
    assert.equal(left.length, 16)
    state.write(forgetPastUse(state, later + WINDOW_MS, 0))
    for (const table of [patientUse, patientUseOrder, patientUseEnds]) assert.equal(state.count(table), 0)
  })

  it("a window of another length, as a network that goes on may have, leaves nothing behind", () => {
    const state = new MemoryState({ windowMs: 1_000, bytes: 2 ** 20, transactions: 9, urgentTransactions: 9 })
    const one: MemberCharge = { member: "city", patient: patients[0], isUrgent: false, sizeBytes: 1 }
    state.write(chargeTo(state, one, START) ?? assert.fail())
    const longer = { windowMs: 60_000, bytes: 2 ** 20, transactions: 9, urgentTransactions: 9 }
    state.write([{ table: parameters as unknown as Table, key: [], row: longer }])
    state.write(forgetPastUse(state, START, 1))
    assert.equal(state.count(patientUse), 0)
  })
})
