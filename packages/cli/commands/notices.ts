import { type JoinsClient, noticesAnswer, type ReceivedNoticeShown } from "@aceso/client"
import { PlatformError, toHex } from "@aceso/core"
import { red, table } from "../columns.ts"
import { command } from "../command.ts"
import { localTime } from "../output.ts"
import { numberOf } from "./patients-words.ts"

const WORDS: Readonly<Record<ReceivedNoticeShown["reason"], string>> = {
  misfiled: "released records that are another person's",
  restored: "these records are the patient's after all",
  parted: "took the patient for another person; what it released meanwhile may be about either",
}

/** A notice about somebody whose history is looked at. */
export const noticeLine = ({ custodian, reason, records, time }: ReceivedNoticeShown): string =>
  red(
    `  notice of ${custodian} (${localTime(time)}): ${WORDS[reason]}${records.length > 0 ? ` (${records.map((id) => String(id).slice(0, 12)).join(", ")})` : ""}`,
  )

export const notices = command({
  summary: "what organisations told this one about records released by mistake, and what it told others",
  options: {
    all: { type: "boolean", words: "also those that were dealt with or delivered" },
    before: { type: "string", words: "the page after the one that ended with this number", value: "<n>" },
    done: { type: "string", words: "a notice was dealt with; its id", value: "<id>" },
    again: { type: "boolean", words: "try again to deliver what waits for a person" },
  },
  example: "aceso notices --done 4be1",
  async run(session, { values }) {
    const { joins } = session.staff().client
    if (values.again) await joins.sendNotices()
    if (values.done !== undefined) await end(joins, String(values.done))
    const before = numberOf(values.before, "--before")
    const answer = await joins.notices({ all: values.all === true, before })
    return noticesAnswer.toJson(answer) as unknown as typeof answer
  },
  print: ({ received, sent }) =>
    [
      "  Received",
      table(
        ["n", "id", "from", "about", "what", "written", "dealt with"],
        received.map((one) => [
          one.n,
          String(one.id).slice(0, 12),
          one.custodian,
          one.alias ?? `handle ${String(one.handle).slice(0, 12)}`,
          WORDS[one.reason],
          localTime(one.time),
          one.doneAt === null ? "" : localTime(one.doneAt),
        ]),
      ),
      "  Sent",
      table(
        ["n", "to", "about", "reason", "written", "tries", "state"],
        sent.map((one) => [
          one.n,
          one.recipient,
          one.alias,
          one.reason,
          localTime(one.createdAt),
          one.tries,
          one.state,
        ]),
      ),
    ].join("\n"),
})

/** @param id from its beginning, among those that nobody has dealt with */
async function end(joins: JoinsClient, id: string): Promise<void> {
  const { received } = await joins.notices({ limit: 200 })
  const found = received.filter((one) => toHex(one.id).startsWith(id))
  if (found.length !== 1)
    throw new PlatformError(
      "not_found",
      `${found.length} notices that wait begin with ${id}; see aceso notices`,
    )
  await joins.endNotice(found[0].custodian, found[0].id)
}
