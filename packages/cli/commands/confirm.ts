import type { PatientClient } from "@aceso/client"
import { summarise } from "@aceso/core"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"
import { consentWords, mustAgree, mustBeAskable, YES } from "./consent-words.ts"

/** What is in force at a custodian once it is signed. */
const whatStands = ({
  place,
  documents,
}: Awaited<ReturnType<PatientClient["toConfirm"]>>[number]): string[] => [
  `At ${place.custodian}, from now on by your own word: ${documents.length === 0 ? "no other organisation may read anything" : ""}`.trimEnd(),
  ...documents.map((one) => consentWords(summarise(one))),
]

export const confirm = command({
  summary: "confirm a policy that a custodian restored, or a change of a delegate whose time has ended",
  arguments: [
    {
      name: "alias",
      words: "by staff: whose policy, with that patient at the desk; a patient leaves it out",
      count: "optional",
    },
  ],
  options: { yes: YES },
  example: "aceso confirm person-12 --as dr-chen --folder /var/lib/aceso",
  async run(session, { positionals, values }) {
    const person = session.person()
    if (person.kind !== "staff") {
      if (positionals[0]) throw new UsageError("a patient confirms the own policies: leave the alias out")
      const { client } = await session.patient()
      const isYes = values.yes === true
      const all = await client.toConfirm()
      if (all.length === 0) return { confirmed: [] }
      mustBeAskable(isYes)
      await mustAgree(session, all.flatMap(whatStands), isYes)
      return { confirmed: await client.confirm() }
    }
    const [alias] = positionals
    if (!alias)
      throw new UsageError(
        "whose policy? staff name an alias from aceso patients, with that patient at the desk: aceso confirm <alias>; a patient confirms the own: aceso confirm --as patient-1",
      )
    await session.staff().client.confirmPolicy(alias)
    return { confirmed: [person.member] }
  },
  print: ({ confirmed }) =>
    confirmed.length === 0
      ? "  no policy waits to be confirmed"
      : `  confirmed at ${confirmed.join(", ")}: the policy decides again`,
})
