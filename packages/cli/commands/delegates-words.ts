import { type DelegateScope, domainHash, type PublicKey, toHex } from "@aceso/core"
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

/** What both sides compare: whoever takes an invitation away accepts by another key, and has another code. */
export const codeOf = (key: PublicKey): string => {
  const digits = BigInt(`0x${toHex(domainHash("delegate-code", key)).slice(0, 16)}`) % 10n ** 12n
  return (String(digits).padStart(12, "0").match(/.{3}/g) ?? []).join(" ")
}

export const untilWords = ({ until }: DelegateScope): string =>
  until === null ? "until they are of age" : `until ${endOf(until)}`

const ABILITIES: Readonly<Record<DelegateScope["may"][number], string>> = {
  read: "read records and audit",
  decide: "decide who may read what",
  write: "write, such as messages",
}

/** What a person agrees to. */
export const sentence = (custodian: string, scope: DelegateScope, whom: string): string =>
  `${scope.name} (${scope.relation}) acts for ${whom} at ${custodian}, ${untilWords(scope)}, and may ${scope.may.map((one) => ABILITIES[one]).join("; ")}. Every audit will name them.`
