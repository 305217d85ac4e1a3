import { contractRules } from "@aceso/contracts"
import type { Rules } from "@aceso/ledger"
import { sourcesOf } from "./sources.ts"

/** What this release executes. */
export const rules: Rules = { ...contractRules, sourcesOf }
