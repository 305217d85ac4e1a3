import { card as cardSchema } from "@aceso/core"
import { command } from "../command.ts"
import { localTime, writeOut } from "../output.ts"
import { memberUrl } from "./member.ts"

export const card = command({
  summary: "what a patient shows at a desk: allows one organisation to ask, not to read (at most 15 minutes)",
  options: {
    for: { type: "string", words: "the organisation that may ask", value: "<organisation>", isNeeded: true },
    out: { type: "string", words: "where the card goes", value: "<file>", isNeeded: true },
  },
  example: "aceso card --for county-hospital --out card.json --as patient-1",
  async run(session, { values }) {
    const { client, person } = await session.patient()
    await memberUrl(person.node, String(values.for))
    const made = client.card(String(values.for), Date.now())
    writeOut(String(values.out), `${JSON.stringify(cardSchema.toJson(made), null, 2)}\n`)
    return {
      file: String(values.out),
      custodians: made.statements.map(({ custodian }) => custodian),
      // Each statement has a time of its own; the first that ends, ends the card.
      expires: Math.min(...made.statements.map(({ expiry }) => expiry)),
    }
  },
  print: (c) =>
    `  ${c.file}: ${c.custodians.length} statements (${c.custodians.join(", ")}), valid until ${localTime(c.expires)}`,
})
