import { toHex } from "@aceso/core"
import type { Rotation } from "@aceso/server/home/rotation.ts"
import { command } from "../command.ts"
import { momentOf } from "../moment.ts"
import { UsageError } from "../session.ts"

interface Rotated {
  readonly of: "member" | "validator"
  readonly key: string
  readonly state: Rotation["state"]
  readonly isLost: boolean
  readonly proposal?: string
}

const USAGE =
  "aceso keys rotate member [--compromised-at <time>], aceso keys rotate validator [--lost], each with --folder <folder>"

const AGAIN = (of: string) => `run aceso keys rotate ${of} again`

function say({ of, state, isLost, proposal = "" }: Rotated): string {
  switch (state) {
    case "retired":
      return "the old key is retired: it signs nothing for this organisation any more"
    case "proposed":
      return `proposal ${proposal.slice(0, 12)} waits for the other voters: aceso vote ${proposal.slice(0, 12)} --yes; after that ${AGAIN(of)}`
    case "waiting":
      return `the ballot has passed; the old key has its power for some blocks more: ${AGAIN(of)} in a minute`
    case "switched":
      if (of === "member")
        return `it is on the ledger and in secrets/member.key: restart the node, then ${AGAIN(of)}`
      return isLost
        ? "it is in secrets/validator.key: start the node, and have any voter propose it (aceso propose replace-validator application.json, or validator where there is none)"
        : "it is in secrets/validator.key: restart the node, which reports by itself that it is ready"
  }
}

export const keys = command<Rotated>({
  summary: "give the organisation, or its validator, another key",
  positional: "rotate member|validator",
  options: {
    "compromised-at": {
      type: "string",
      words: "member: since when others may have had the old key, such as 2026-05-01T08:00:00Z",
      value: "<time>",
    },
    lost: {
      type: "boolean",
      words: "validator: the node is stopped, and its old key is lost, or what it signed is not known",
    },
  },
  async run(session, { positionals, values }) {
    const [did, of, ...more] = positionals
    if (did !== "rotate" || (of !== "member" && of !== "validator") || more.length > 0)
      throw new UsageError(USAGE)
    const isLost = values.lost === true
    if ((isLost && of === "member") || (values["compromised-at"] !== undefined && of === "validator"))
      throw new UsageError(USAGE)
    const compromisedAt = momentOf(values["compromised-at"])
    const folder = session.home
    const { replaceValidatorSecret, rotateMemberKey, rotateValidatorKey } = await import(
      "@aceso/server/home/rotation.ts"
    )
    const turn = async () => {
      if (isLost) return replaceValidatorSecret(folder)
      const { client } = session.staff()
      return of === "member"
        ? rotateMemberKey(folder, client, compromisedAt)
        : rotateValidatorKey(folder, client)
    }
    const { key, state, proposal } = await turn()
    return { of, key: toHex(key), state, isLost, ...(proposal && { proposal: toHex(proposal) }) }
  },
  print: (result) => `  ${result.of} key ${result.key}\n  ${say(result)}`,
})
