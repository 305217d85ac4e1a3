import { summarise, toHex } from "@aceso/core"
import { purposeWords } from "@aceso/core/display/index.ts"
import { table } from "../columns.ts"
import { command } from "../command.ts"
import { localTime } from "../output.ts"
import { whoOf } from "./audit.ts"
import { whatIn } from "./consent-words.ts"
import { moveLine, shownMove } from "./patient-moves.ts"

export const requests = command({
  summary: "what waits for the patient's decision, and the consents in force",
  example: "aceso requests --as patient-1",
  async run(session) {
    const { client } = await session.patient()
    const inbox = await client.inbox()
    const consents = await Promise.all(
      client.places.map(async (place) => {
        const { documents } = await client.policy(place)
        return documents.map((document) => ({ custodian: place.custodian, ...summarise(document) }))
      }),
    )
    const waiting = inbox.map(({ place, requestId, practitioner, ...rest }) => ({
      id: toHex(requestId).slice(0, 12),
      custodian: place.custodian,
      ...rest,
      practitioner: toHex(practitioner),
    }))
    return { requests: waiting, consents: consents.flat(), moves: (await client.moves.all()).map(shownMove) }
  },
  print: ({ requests, consents, moves }) =>
    [
      "  Requests",
      table(
        ["id", "asked at", "by", "purpose", "what", "until", "reason", "state"],
        requests.map((r) => [
          r.id,
          r.custodian,
          whoOf({ ...r, practitionerName: r.name }),
          purposeWords(r.purpose),
          whatIn(r.classes, r.from, r.to),
          localTime(r.until).slice(0, 10),
          r.reason,
          r.state,
        ]),
      ),
      ...(moves.length > 0 ? ["  Records at the wrong patient", ...moves.map(moveLine)] : []),
      "",
      "  Consents in force",
      table(
        ["id", "at", "for", "purpose", "what", "until"],
        consents.map((c) => [
          c.id.slice(0, 12),
          c.custodian,
          c.grantees.join(", "),
          c.purposes.map(purposeWords).join(", "),
          `${whatIn(c.classes, c.from, c.to)}${c.hasMore ? ", with more conditions" : ""}`,
          c.until.slice(0, 10),
        ]),
      ),
    ].join("\n"),
})
