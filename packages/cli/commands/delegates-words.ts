import type { DelegateScope } from "@aceso/core"
import { delegateAbilities, inLanguage } from "@aceso/core/display/index.ts"
import type { CommandInput } from "../command.ts"
import { endOf } from "../output.ts"
import { UsageError } from "../session.ts"

/** Options and words that the commands about delegates share. */
export const PATIENT = {
  type: "string",
  words: "at a desk: whose, an alias from aceso patients",
  value: "<alias>",
} as const

export function aliasOf({ values }: CommandInput): string {
  if (values.patient !== undefined) return String(values.patient)
  throw new UsageError("at a desk: whose? --patient <alias>, as aceso patients has it")
}

export const untilWords = ({ until }: DelegateScope): string =>
  until === null ? "until they are of age" : `until ${endOf(until)}`

const ABILITIES = inLanguage(delegateAbilities, "en")

/** What a person agrees to. */
export const sentence = (custodian: string, scope: DelegateScope, whom: string): string =>
  `${scope.name} (${scope.relation}) acts for ${whom} at ${custodian}, ${untilWords(scope)}, and may ${scope.may.map((one) => ABILITIES[one]).join("; ")}. Every audit will name them.`
