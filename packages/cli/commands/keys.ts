import { toHex } from "@aceso/core"
import type { Rotation } from "@aceso/server/home/rotation.ts"
import { command, type Group } from "../command.ts"
import { MOMENT, momentOf } from "../moment.ts"

interface Rotated {
  readonly of: "member" | "validator"
  readonly key: string
  readonly state: Rotation["state"]
  readonly isLost: boolean
  readonly proposal?: string
}

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

/** As --json and a person are told of it. */
const rotated = (of: Rotated["of"], { key, state, proposal }: Rotation, isLost = false): Rotated => ({
  of,
  key: toHex(key),
  state,
  isLost,
  ...(proposal && { proposal: toHex(proposal) }),
})
const print = (result: Rotated) => `  ${result.of} key ${result.key}\n  ${say(result)}`
const rotation = () => import("@aceso/server/home/rotation.ts")

export const keys: Group = {
  summary: "give the organisation, or its validator, another key",
  parts: {
    rotate: {
      summary: "make another key and put it in place; run again it goes on where it stands",
      parts: {
        member: command<Rotated>({
          summary: "another key of the organisation",
          options: {
            "compromised-at": {
              type: "string",
              words: `since when others may have had the old key: ${MOMENT}`,
              value: "<moment>",
            },
          },
          isAtHome: true,
          changesHome: true,
          example: "aceso keys rotate member --folder /var/lib/aceso",
          async run(session, { values }) {
            const compromisedAt = momentOf(values["compromised-at"], "--compromised-at")
            const folder = session.home
            const { rotateMemberKey } = await rotation()
            return rotated("member", await rotateMemberKey(folder, session.staff().client, compromisedAt))
          },
          print,
        }),
        validator: command<Rotated>({
          summary: "another key of the validator, by ballot",
          options: {
            lost: {
              type: "boolean",
              words: "the node is stopped, and its old key is lost, or what it signed is not known",
            },
          },
          isAtHome: true,
          changesHome: true,
          example: "aceso keys rotate validator --folder /var/lib/aceso",
          async run(session, { values }) {
            const folder = session.home
            const { replaceValidatorSecret, rotateValidatorKey } = await rotation()
            return values.lost === true
              ? rotated("validator", await replaceValidatorSecret(folder), true)
              : rotated("validator", await rotateValidatorKey(folder, session.staff().client))
          },
          print,
        }),
      },
    },
  },
}
