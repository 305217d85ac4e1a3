import { rulesWith } from "@aceso/contracts"
import { question } from "@aceso/contracts/testing/processes.ts"
import { accept, action, byMember, type Contract, object, put, table, tables, uint } from "@aceso/core"
import type { Rules } from "../../rules.ts"

/** A contract of two versions: the second counts in twos and has one field more in its row. */
const rowOf1 = table({
  name: "counters",
  key: [uint()],
  row: object({ total: uint() }),
  version: 1,
  readers: "members",
})
export const counters = table({
  name: "counters",
  key: [uint()],
  row: object({ total: uint(), changes: uint() }),
  version: 2,
  readers: "members",
  upgrade: (_version, [total]) => [total, 0],
})

const first: Contract = {
  name: "counter",
  version: 1,
  tables: tables(rowOf1),
  events: [],
  reads: [],
  actions: {
    count: action({
      input: object({ which: uint(100) }),
      callers: "a member",
      calledBy: byMember(),
      apply: (state, { which }) =>
        accept([put(rowOf1, [which], { total: (state.get(rowOf1, [which])?.total ?? 0) + 1 })]),
    }),
  },
}

const second: Contract = {
  ...first,
  version: 2,
  tables: tables(counters),
  actions: {
    count: action({
      input: object({ which: uint(100) }),
      callers: "a member",
      calledBy: byMember(),
      apply(state, { which }) {
        const { total, changes } = state.get(counters, [which]) ?? { total: 0, changes: 0 }
        return accept([put(counters, [which], { total: total + 2, changes: changes + 1 })])
      },
    }),
  },
}

export const counterContracts: readonly Contract[] = [first, second]

const usual = rulesWith([question])
export const goldenRules: Rules = { ...usual, contracts: [...usual.contracts, ...counterContracts] }
