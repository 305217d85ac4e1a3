import type { JoinShown, ToldOrganisation } from "@aceso/client"
import { toHex } from "@aceso/core"
import { day } from "../output.ts"
import { patientsCommand, reasonOf, wordsOf } from "./patients-words.ts"

const PAIR = "<alias> <alias> --reason <text>"

/** Who is whom: handles of which staff says that they are one person, or are not. */
export const joinCommands = {
  same: patientsCommand({
    takes: PAIR,
    run(session, words, { values }) {
      const [a, b] = wordsOf(words, 2, `same ${PAIR}`)
      return session.staff().client.joins.same(a, b, reasonOf(values))
    },
    print: ({ a, b }) =>
      `  ${a} and ${b} are shown together to staff from now on; each keeps log, policy and device (aceso patients apart takes it back)`,
  }),
  apart: patientsCommand({
    takes: PAIR,
    async run(session, words, { values }) {
      const [a, b] = wordsOf(words, 2, `apart ${PAIR}`)
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
  joins: patientsCommand({
    takes: "<alias>",
    async run(session, words) {
      const [alias] = wordsOf(words, 1, "joins <alias>")
      return { joins: await session.staff().client.joins.joins(alias) }
    },
    print: ({ joins }) => (joins.length === 0 ? "  (none)" : joins.map(joinLine).join("\n")),
  }),
}

export const toldLine = ({ organisation, alias, releases, first, last }: ToldOrganisation): string =>
  `  ${organisation} is told: it read about ${alias} ${releases === 1 ? "once" : `${releases} times`}, ${day(first)}${last > first ? ` to ${day(last)}` : ""}`

function joinLine({ a, b, since, by, reason, ended, endedBy, endReason }: JoinShown): string {
  if (ended === since) return `  ${a} and ${b}: two people, decided ${day(since)} by ${by}: ${reason}`
  const joined = `  ${a} and ${b}: joined ${day(since)} by ${by}: ${reason}`
  return ended === null ? joined : `${joined}; parted ${day(ended)} by ${endedBy}: ${endReason}`
}
