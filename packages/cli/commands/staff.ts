import { type EndAnswer, endAnswer, type StaffAnswer, staffAnswer } from "@aceso/client"
import { table } from "../columns.ts"
import { command, type Group } from "../command.ts"
import { MOMENT, momentOf } from "../moment.ts"
import { localTime } from "../output.ts"
import { add } from "./staff-add.ts"

export const staff: Group = {
  summary: "who works with the node; add a person, or end a person's time",
  parts: {
    list: command({
      summary: "who works with the node, and who of them may act now",
      example: "aceso staff list --folder /var/lib/aceso",
      async run(session) {
        const { people } = staffAnswer.toJson({
          people: await session.staff().client.people(),
        }) as StaffAnswer
        return { did: "list", people }
      },
      print: ({ people }) =>
        table(
          ["name", "may do", "now", "from", "to", "added by", "key"],
          people.map(({ name, isAdministrator, role, isInForce, from, to, addedBy, key }) => [
            name,
            [...(isAdministrator ? ["administrator"] : []), ...(role ? [role] : [])].join(", ") || "staff",
            isInForce ? "yes" : "no",
            from === undefined ? "" : localTime(from),
            to === undefined ? "" : localTime(to),
            addedBy ?? "",
            String(key).slice(0, 16),
          ]),
        ),
    }),
    add,
    end: command({
      summary: "end a person's time: they can do nothing here from then on",
      arguments: [{ name: "name", words: "as aceso staff list shows it" }],
      options: {
        "as-of": {
          type: "string",
          words: `since or from when (default: now): ${MOMENT}`,
          value: "<moment>",
        },
      },
      example: "aceso staff end ann --as-of 2026-11-27T14:30Z --folder /var/lib/aceso",
      async run(session, { positionals: [name], values }) {
        const asOf = momentOf(values["as-of"], "--as-of") ?? null
        const ended = await session.staff().client.endStaff(name, asOf)
        return { did: "end", ...(endAnswer.toJson(ended) as EndAnswer) }
      },
      print: ({ name, to, isPublished }) =>
        [
          to > Date.now()
            ? `  ${name} can do nothing here from ${localTime(to)} on`
            : `  ${name} can do nothing here any more (ended ${localTime(to)})`,
          isPublished
            ? "  the ledger has the directory without them"
            : "  the directory goes to the ledger as soon as it takes it; until then other custodians know the one before",
        ].join("\n"),
    }),
  },
}
