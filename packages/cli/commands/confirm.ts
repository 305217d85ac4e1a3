import { command } from "../command.ts"
import { UsageError } from "../session.ts"

export const confirm = command({
  summary: "confirm a policy that a custodian restored, or a change of a delegate whose time has ended",
  arguments: [
    {
      name: "alias",
      words: "by staff: whose policy, with that patient at the desk; a patient leaves it out",
      count: "optional",
    },
  ],
  example: "aceso confirm person-12 --as dr-chen --folder /var/lib/aceso",
  async run(session, { positionals }) {
    const person = session.person()
    if (person.kind !== "staff") {
      if (positionals[0]) throw new UsageError("a patient confirms the own policies: leave the alias out")
      const { client } = await session.patient()
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
