import type { Contract, Process } from "@aceso/core"
import { casesOf } from "./cases/v1/cases.ts"
import { delegatesContract } from "./delegates/v1/delegates.ts"
import { disclosure } from "./disclosure/v1/disclosure.ts"
import {
  activatedNames,
  activeVersions,
  genesisRows,
  governance,
  isDisabled,
  refusalOfSuccessor,
  successorRows,
} from "./governance/v1/governance.ts"
import { library } from "./library/v1/library.ts"
import { people } from "./people/v1/people.ts"
import { policy } from "./policy/v1/policy.ts"
import { records } from "./records/v1/records.ts"

export * from "./cases/v1/cases.ts"
export * from "./delegates/v1/delegates.ts"
export * from "./disclosure/v1/disclosure.ts"
export * from "./governance/v1/governance.ts"
export * from "./library/v1/library.ts"
export * from "./people/v1/people.ts"
export * from "./policy/v1/policy.ts"
export * from "./records/v1/records.ts"
export * from "./views.ts"

/**
 * Every version of every contract that was ever active, in the order in which they read each other's views.
 * @param processes every version of every process that this release knows: `cases` interprets them
 */
export const contractsWith = (processes: readonly Process[]): readonly Contract[] => [
  governance,
  people,
  delegatesContract,
  records,
  policy,
  disclosure,
  library,
  casesOf(processes),
]

/** What the ledger has to know about them (packages/ledger, Rules). */
export const rulesWith = (processes: readonly Process[]) => ({
  contracts: contractsWith(processes),
  genesisRows,
  activatedNames,
  activeVersions,
  isDisabled,
  refusalOfSuccessor,
  successorRows,
})

/** With no process. */
export const contractRules = rulesWith([])
export const { contracts } = contractRules
