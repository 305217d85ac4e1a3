import {
  type Bytes,
  divide,
  type Prepaid,
  type Process,
  put,
  type StateReader,
  stepsByKeys,
  type Write,
} from "@aceso/core"
import { type Case, caseDays, casePurses, caseSteps, cases, casesOfDay, forgotten } from "./tables.ts"

/** Beyond the steps that a process allows: attempts that came too late, or on an old base. */
const SPARE_TRANSACTIONS = 8

/** How many transactions by keys whoever opens a case of this process pays for. */
export const paidInAdvance = (definition: Process): number => {
  const steps = stepsByKeys(definition)
  return steps === 0 ? 0 : steps + SPARE_TRANSACTIONS
}

export const fill = (id: Bytes, definition: Process): readonly Write[] => {
  const left = paidInAdvance(definition)
  return left === 0 ? [] : [put(casePurses, [id], { left })]
}

export const leftIn = (state: StateReader, id: Bytes): number => state.get(casePurses, [id])?.left ?? 0

export const payFrom = (id: Bytes, left: number): Prepaid => ({
  prepaid: { purse: id, writes: [put(casePurses, [id], { left: left - 1 })] },
})

const DAY_MS = 24 * 3600 * 1000
/** Rows that one block deletes, beyond the last case's own. */
const FORGOTTEN_ROWS = 512
/** Days without cases that one block passes over. */
const DAYS_PER_BLOCK = 64

const dayAfter = (time: number): number => divide(time, DAY_MS) + 1

/** Notes when a case is to be forgotten. @param at ms */
export function forgetAt(state: StateReader, id: Bytes, at: number, now: number): readonly Write[] {
  const day = dayAfter(at)
  const count = state.get(caseDays, [day])?.count ?? 0
  const isFirst = state.get(forgotten, []) === undefined
  return [
    put(caseDays, [day], { count: count + 1 }),
    put(casesOfDay, [day, count], { case: id }),
    ...(isFirst ? [put(forgotten, [], { day: divide(now, DAY_MS), count: 0 })] : []),
  ]
}

/** Deletes cases whose time to be kept has passed, a bounded number with each block. @param now ms */
export function forgetPast(state: StateReader, now: number): readonly Write[] {
  const before = state.get(forgotten, [])
  if (!before) return []
  const today = divide(now, DAY_MS)
  const writes: Write[] = []
  let { day, count } = before
  for (let passed = 0; day <= today && passed < DAYS_PER_BLOCK && writes.length < FORGOTTEN_ROWS; ) {
    const entry = state.get(casesOfDay, [day, count])
    if (entry) {
      writes.push(put(casesOfDay, [day, count], undefined), ...removal(state, entry.case))
      count++
      continue
    }
    if (count > 0) writes.push(put(caseDays, [day], undefined))
    day++
    count = 0
    passed++
  }
  if (day === before.day && count === before.count) return []
  return [...writes, put(forgotten, [], { day, count })]
}

function removal(state: StateReader, id: Bytes): readonly Write[] {
  const row: Case | undefined = state.get(cases, [id])
  const writes: Write[] = [put(cases, [id], undefined)]
  for (let n = 0; n < (row?.size ?? 0); n++) writes.push(put(caseSteps, [id, n], undefined))
  if (state.get(casePurses, [id])) writes.push(put(casePurses, [id], undefined))
  return writes
}
