import type { Contract } from "@aceso/core"
import { disclosure } from "./disclosure/v1/disclosure.ts"
import {
  activatedNames,
  activeVersion,
  genesisRows,
  governance,
  isDisabled,
  refusalOfSuccessor,
  successorRows,
} from "./governance/v1/governance.ts"
import { people } from "./people/v1/people.ts"
import { policy } from "./policy/v1/policy.ts"
import { records } from "./records/v1/records.ts"

export * from "./disclosure/v1/disclosure.ts"
export * from "./governance/v1/governance.ts"
export * from "./people/v1/people.ts"
export * from "./policy/v1/policy.ts"
export * from "./records/v1/records.ts"
export * from "./views.ts"

/** Every version of every contract that was ever active, in the order in which they read each other's tables. */
export const contracts: readonly Contract[] = [governance, people, records, policy, disclosure]

/** What the ledger has to know about them (packages/ledger, Rules). */
export const contractRules = {
  contracts,
  genesisRows,
  activatedNames,
  activeVersion,
  isDisabled,
  refusalOfSuccessor,
  successorRows,
}
