import { assert } from "../errors.ts"
import { isEnd, type Process, type StateRule, stateOf } from "./process.ts"

/** Where a case stands at a time: deadlines are evaluated when its row is read, nothing is written when one passes. */
export interface Standing {
  readonly state: StateRule
  /** When it came to this state, ms. */
  readonly since: number
  /** When what is to be done there is due, ms. */
  readonly dueAt: number | null
  /** When it stands elsewhere without anybody's doing, ms; null: never. */
  readonly lapsesAt: number | null
  readonly isLate: boolean
  readonly isEnded: boolean
}

/** @param row as it is stored; `since`, `endsAt` and `time` in ms */
export function standingAt(
  process: Process,
  row: { readonly state: string; readonly since: number; readonly endsAt: number },
  time: number,
): Standing {
  let state = known(process, row.state)
  let { since } = row
  // Deadlines lead round nowhere (faultsOf): this ends.
  while (!isEnd(state)) {
    const { dueMs, lapsesTo } = state
    const dueAt = dueMs === null ? null : since + dueMs
    const lapsesAt = lapsesTo !== null && dueAt !== null && dueAt < row.endsAt ? dueAt : row.endsAt
    if (time < lapsesAt)
      return { state, since, dueAt, lapsesAt, isLate: dueAt !== null && time >= dueAt, isEnded: false }
    const isOver = lapsesAt === row.endsAt
    state = known(process, isOver ? process.lasts.to : (lapsesTo as string))
    since = lapsesAt
  }
  return { state, since, dueAt: null, lapsesAt: null, isLate: false, isEnded: true }
}

function known(process: Process, name: string): StateRule {
  const found = stateOf(process, name)
  assert(found !== undefined, `the process ${process.name} has no state ${name}`)
  return found
}
