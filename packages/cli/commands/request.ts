import { toHex } from "@aceso/core"
import { fit, table } from "../columns.ts"
import { command } from "../command.ts"
import { UNTIL } from "../moment.ts"
import { localTime } from "../output.ts"
import { UsageError } from "../session.ts"
import { howLong, whatIn } from "./consent-words.ts"
import { classesOf, datesOf, PURPOSE, purposeOf, readCard, untilOf } from "./wishes.ts"

export const request = command({
  summary: "ask, with a patient's card, every other custodian for the history",
  options: {
    card: { type: "string", words: "the card that the patient showed", value: "<file>", isNeeded: true },
    purpose: PURPOSE,
    classes: { type: "string", words: "FHIR types, comma-separated (default: all)", value: "<list>" },
    from: { type: "string", words: "records from this date on, such as 2026-01-31", value: "<date>" },
    to: { type: "string", words: "records up to this date", value: "<date>" },
    until: {
      type: "string",
      words: `how long the consent is wished (default 30d): ${UNTIL}`,
      value: "<until>",
    },
    reason: { type: "string", words: "why; the patient reads it", value: "<text>", isNeeded: true },
  },
  example: 'aceso request --card card.json --reason "Chest pain" --as county-doctor',
  fails: "something on the card is wrong, or a custodian waits for the patient or failed",
  async run(session, { values }) {
    const { client, person } = session.staff()
    const card = readCard(values.card)
    const reason = String(values.reason)
    if (reason.trim() === "") throw new UsageError("say why: --reason <text>")
    const wish = {
      purpose: purposeOf(values.purpose),
      classes: classesOf(values.classes),
      ...datesOf(values.from, values.to),
      until: untilOf(values.until, 30),
      reason,
    }
    const others = card.statements.filter(({ custodian }) => custodian !== person.member)
    session.progress(
      fit(
        `  Asking ${others.length} custodians for ${whatIn(wish.classes, wish.from, wish.to)}, for ${wish.purpose}, until ${localTime(wish.until)} (${howLong(wish.until - Date.now())}).`,
      ),
    )
    const { outcomes, ...who } = await client.request(card, wish)
    return { ...who, outcomes: outcomes.map((one) => ({ ...one, requestId: toHex(one.requestId) })) }
  },
  print: ({ outcomes, visitor, folded }) =>
    [
      table(
        ["custodian", "outcome", "what is missing"],
        outcomes.map((o) => [o.custodian, o.outcome, `${o.detail} (${o.code})`]),
      ),
      `  here this person is ${visitor}`,
      ...folded.map((alias) => `  ${alias} is the same person: it is ${visitor} now`),
    ].join("\n"),
  status: ({ outcomes }) => (outcomes.every(({ outcome }) => outcome === "permitted") ? 0 : 1),
})
