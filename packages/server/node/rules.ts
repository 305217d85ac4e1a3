import { rulesWith } from "@aceso/contracts"
import type { Process } from "@aceso/core"
import type { Rules } from "@aceso/ledger"
import { knownProcesses } from "./processes.ts"
import { sourcesOf } from "./sources.ts"

let made: { readonly of: readonly Process[]; readonly rules: Rules } | undefined

/** What this release executes. */
export function rules(): Rules {
  const of = knownProcesses()
  if (made?.of !== of) made = { of, rules: { ...rulesWith(of), sourcesOf } }
  return made.rules
}
