import { type StaffChanged, type WaitingAnswer, waitingAnswer } from "@aceso/client"
import { PlatformError, toHex } from "@aceso/core"
import { table } from "../columns.ts"
import { command } from "../command.ts"
import { localTime } from "../output.ts"
import { UsageError } from "../session.ts"
import { byBeginning } from "./by-beginning.ts"
import { publishedWords, rightsOf } from "./staff-words.ts"

type Waiting = WaitingAnswer["waiting"][number]

function wordsOf({
  what,
  name,
  label,
  ...rights
}: Pick<Waiting, "what" | "name" | "label" | "isAdministrator" | "role">) {
  if (what === "device") return `a further device of ${name}${label === undefined ? "" : ` (${label})`}`
  return `${name} ${what === "person" ? "comes as" : "becomes"} ${rightsOf(rights)}`
}

export const waiting = command({
  summary: "what waits for the yes of a second administrator",
  example: "aceso staff waiting --folder /var/lib/aceso",
  async run(session) {
    const all = await session.staff().client.people.waiting()
    return waitingAnswer.toJson({ waiting: all }) as WaitingAnswer
  },
  print: ({ waiting }) =>
    table(
      ["id", "what", "key", "asked by", "at", "lapses"],
      waiting.map((one) => [
        String(one.id).slice(0, 12),
        wordsOf(one),
        one.key === undefined ? "" : String(one.key).slice(0, 12),
        one.by,
        localTime(one.at),
        localTime(one.lapsesAt),
      ]),
    ),
})

export const second = command({
  summary: "your yes or no to what another administrator asks for",
  arguments: [{ name: "id", words: "as aceso staff waiting shows it, or the beginning of it" }],
  options: {
    yes: { type: "boolean", words: "it is done, at once" },
    no: { type: "boolean", words: "it is not done; also for whoever asked for it" },
  },
  example: "aceso staff second 5b0f77 --yes --folder /var/lib/aceso",
  async run(session, { positionals: [id], values }) {
    if (!/^[0-9a-f]{1,32}$/.test(id))
      throw new UsageError("which one? its id from aceso staff waiting, or the beginning of it")
    if ((values.yes === true) === (values.no === true)) throw new UsageError("how? --yes or --no")
    const { people } = session.staff().client
    const found = byBeginning(await people.waiting(), (one) => toHex(one.id), id)
    if (!found)
      throw new PlatformError("unknown_waiting", `nothing with the id ${id} waits; see aceso staff waiting`)
    const isYes = values.yes === true
    const { isPublished }: StaffChanged = await people.second(found.id, isYes)
    return { name: found.name, isYes, isPublished, did: wordsOf(found) }
  },
  print: ({ did, isYes, isPublished }) =>
    isYes
      ? `  agreed: ${did}, from now on\n${publishedWords({ isPublished })}`
      : `  not agreed: ${did}; nothing has changed`,
})
