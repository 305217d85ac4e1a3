import type { JoinShown, ToldOrganisation } from "@aceso/client"
import { toHex } from "@aceso/core"
import { command } from "../command.ts"
import { localTime } from "../output.ts"
import { ALIAS, PAIR, REASON, reasonOf } from "./patients-words.ts"

/** Who is whom: handles of which staff says that they are one person, or are not. */
export const joinCommands = {
  same: command({
    summary: "two of them are one person: staff sees them together; each keeps log, policy and device",
    arguments: PAIR,
    options: { reason: REASON },
    example: 'aceso patients same patient-3 patient-9 --reason "same passport, seen at the desk"',
    run: (session, { positionals: [a, b], values }) =>
      session.staff().client.joins.same(a, b, reasonOf(values)),
    print: ({ a, b }) =>
      `  ${a} and ${b} are shown together to staff from now on; each keeps log, policy and device (aceso patients apart takes it back)`,
  }),
  apart: command({
    summary: "two of them are two people: parts them, and tells everyone who was shown something meanwhile",
    arguments: PAIR,
    options: { reason: REASON },
    example: 'aceso patients apart patient-3 patient-9 --reason "two sisters"',
    async run(session, { positionals: [a, b], values }) {
      const { moved, ...rest } = await session.staff().client.joins.apart(a, b, reasonOf(values))
      return { ...rest, moved: moved.map((id) => toHex(id).slice(0, 12)) }
    },
    print: ({ join: { a, b }, told, moved }) =>
      [
        `  ${a} and ${b} are two people`,
        ...told.map(toldLine),
        ...moved.map((id) => `  move ${id} was between the two and stands: aceso patients return ${id}`),
      ].join("\n"),
  }),
  joins: command({
    summary: "with whom a patient was joined, or said to be another than, when and by whom",
    arguments: [ALIAS],
    example: "aceso patients joins patient-3",
    run: async (session, { positionals: [alias] }) => ({
      joins: await session.staff().client.joins.joins(alias),
    }),
    print: ({ joins }) => (joins.length === 0 ? "  (none)" : joins.map(joinLine).join("\n")),
  }),
}

export const toldLine = ({ organisation, alias, releases, first, last }: ToldOrganisation): string =>
  `  ${organisation} is told: it read about ${alias} ${releases === 1 ? "once" : `${releases} times`}, ${localTime(first)}${last > first ? ` to ${localTime(last)}` : ""}`

function joinLine({ a, b, since, by, reason, ended, endedBy, endReason }: JoinShown): string {
  if (ended === since) return `  ${a} and ${b}: two people, decided ${localTime(since)} by ${by}: ${reason}`
  const joined = `  ${a} and ${b}: joined ${localTime(since)} by ${by}: ${reason}`
  return ended === null ? joined : `${joined}; parted ${localTime(ended)} by ${endedBy}: ${endReason}`
}
