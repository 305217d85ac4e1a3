import { contractRules, contracts, rulesWith } from "@aceso/contracts"
import { question } from "@aceso/contracts/testing/processes.ts"
import {
  accept,
  action,
  type Bytes,
  byMember,
  type Contract,
  eventType,
  eventTypes,
  type Infer,
  object,
  occurs,
  put,
  reject,
  sha256,
  table,
  tables,
  uint,
  utf8,
} from "@aceso/core"
import type { Rules } from "../rules.ts"
import { rules } from "./network.ts"

/** A toy contract in two versions: version 1 counts by 1; version 2 by 2, and remembers how often it counted. */
export const countersV1 = table({
  name: "counters",
  key: [],
  row: object({ value: uint() }),
  version: 1,
  readers: "members",
})
export const countersV2 = table({
  name: "counters",
  key: [],
  row: object({ value: uint(), calls: uint() }),
  version: 2,
  readers: "members",
  // Version 1 counted by 1: as often as its value says.
  upgrade: (_version, [value]) => [value, value],
})

const nothing = object({})
const countedEvent = eventType({
  name: "counted",
  data: object({ version: uint(), value: uint() }),
  readers: "members",
})
const counted = (version: number, row: Infer<typeof countersV1.row>) =>
  occurs(countedEvent, { version, value: row.value })

const fault = action({
  input: nothing,
  callers: "a member",
  calledBy: byMember(),
  apply() {
    throw new TypeError("a bug of the counter")
  },
})

export const counterV1: Contract = {
  name: "counter",
  version: 1,
  tables: tables(countersV1),
  events: eventTypes(countedEvent),
  reads: [],
  actions: {
    fault,
    count: action({
      input: nothing,
      callers: "a member",
      calledBy: byMember(),
      apply(state) {
        const row = { value: (state.get(countersV1, [])?.value ?? 0) + 1 }
        return accept([put(countersV1, [], row)], [counted(1, row)])
      },
    }),
  },
}

export const counterV2: Contract = {
  name: "counter",
  version: 2,
  tables: tables(countersV2),
  events: eventTypes(countedEvent),
  reads: [],
  actions: {
    fault,
    count: action({
      input: nothing,
      callers: "a member",
      calledBy: byMember(),
      apply(state) {
        const before = state.get(countersV2, [])
        if (!before) return reject("nothing_counted_yet")
        const row = { value: before.value + 2, calls: before.calls + 1 }
        return accept([put(countersV2, [], row)], [counted(2, row)])
      },
    }),
  },
}

export const counterSources = (version: number): Bytes => sha256(utf8(`sources of counter ${version}`))
/** What the genesis of such a network lists besides the usual contracts. */
export const counterInGenesis = { name: "counter", version: 1, sources: counterSources(1) }

/** @param sourcesOf what the node finds when it hashes a version's sources */
const withCounters = (
  counters: readonly Contract[],
  sourcesOf: (version: number) => Bytes = counterSources,
): Rules => ({
  ...contractRules,
  contracts: [...contracts, ...counters],
  sourcesOf: (name, version) => {
    if (name !== "counter") return new Uint8Array(32)
    return counters.some((one) => one.version === version) ? sourcesOf(version) : undefined
  },
})

/** Rules that a node in a process of its own can be told by name. */
export const namedRules = {
  contracts: rules,
  question: rulesWith([question]),
  counter: withCounters([counterV1, counterV2]),
  counterOfBefore: withCounters([counterV1]),
  counterOfOthers: withCounters([counterV1, counterV2], (version) =>
    version === 1 ? counterSources(1) : sha256(utf8("changed sources")),
  ),
}
export type RulesName = keyof typeof namedRules
