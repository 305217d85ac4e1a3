import type { Contract } from "@aceso/core"
import { disclosure } from "./disclosure/disclosure.ts"
import { governance } from "./governance/governance.ts"
import { people } from "./people/people.ts"
import { policy } from "./policy/policy.ts"
import { records } from "./records/records.ts"

export * from "./disclosure/disclosure.ts"
export * from "./governance/governance.ts"
export * from "./people/people.ts"
export * from "./policy/policy.ts"
export * from "./records/records.ts"

/** The contracts of this release, in the order in which they read each other's tables. */
export const contracts: readonly Contract[] = [governance, people, records, policy, disclosure]
