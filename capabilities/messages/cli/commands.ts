import { partsOf } from "@aceso/cli/cases/group.ts"
import { OPENING, openByPerson } from "@aceso/cli/cases/opening.ts"
import { command, type Group } from "@aceso/cli/command.ts"
import { PLACE_NAMED, placeNamed } from "@aceso/cli/place-named.ts"
import { textGiven } from "@aceso/cli/readable.ts"
import { type Session, UsageError } from "@aceso/cli/session.ts"
import { writeMessage } from "../client/communication.ts"
import { messages } from "../definition/process.ts"
import { messagesWords, TEXT } from "./words.ts"

/** A line as it is typed: its number, behind the custodian where it is another one than who is written to. */
const LINE = new RegExp(`^(?:(${PLACE_NAMED})/)?([1-9]\\d{0,8})$`)

async function lineOf(session: Session, to: string, typed: string) {
  const [, at = to, n] = LINE.exec(typed) ?? []
  if (n === undefined)
    throw new UsageError(
      `--line ${typed}: expected the number of a line of aceso audit, such as 3 or city-hospital/3`,
    )
  const { client } = await session.patient()
  const place = placeNamed(client.places, at, "--line, before its number,")
  const { tag, salt, auditEvent } = await client.auditLine(place, Number(n))
  return { custodian: place.custodian, tag, salt, auditEvent }
}

const write = command({
  summary: "ask an organisation something, or complain about an access",
  options: {
    ...OPENING,
    text: TEXT,
    line: {
      type: "string",
      words: "the line of aceso audit that it is about: its number, or custodian/number",
      value: "<line>",
    },
  },
  example: 'aceso messages write --to city-hospital --line 3 --text "Why was this?" --as patient-1',
  async run(session, { values }) {
    const to = String(values.to)
    const about = values.line === undefined ? undefined : await lineOf(session, to, String(values.line))
    const content = writeMessage({ text: textGiven(String(values.text)), ...(about && { about }) })
    const written = [{ name: "Communication", content }]
    const id = await openByPerson(session, {
      ...{ process: messages, party: "organisation", to, sponsor: values.sponsor, written },
    })
    return { id, to, line: values.line ?? null }
  },
  print: ({ id, to, line }) =>
    `  ${id.slice(0, 12)}: ${to} has ${line === null ? "your message" : `your complaint about line ${line}`}; aceso messages shows what becomes of it`,
})

export const messagesGroup: Group = {
  summary: "questions to organisations and complaints about accesses",
  otherwise: "list",
  parts: { write, ...partsOf(messagesWords) },
}
