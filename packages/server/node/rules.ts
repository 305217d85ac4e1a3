import { contracts, genesisRows } from "@aceso/contracts"
import type { Rules } from "@aceso/ledger"

/** What this release executes. */
export const rules: Rules = { contracts, genesisRows }
