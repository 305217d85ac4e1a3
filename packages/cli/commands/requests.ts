import { askedBy, inForceOf, type PatientClient, type PatientPlace } from "@aceso/client"
import { type DocumentSummary, type PolicyDocument, summarise, toHex } from "@aceso/core"
import { purposeWords } from "@aceso/core/display/index.ts"
import { red, table } from "../columns.ts"
import { command } from "../command.ts"
import { endOf, localTime } from "../output.ts"
import { whoOf } from "./audit.ts"
import { whatIn } from "./consent-words.ts"
import { moveLine, shownMove } from "./patient-moves.ts"

async function inForceAt(
  client: PatientClient,
): Promise<ReadonlyMap<PatientPlace, readonly PolicyDocument[]>> {
  const all = client.places.map(async (place) => [place, (await client.policy(place)).documents] as const)
  return new Map(await Promise.all(all))
}

interface Answered {
  readonly state: string
  readonly classes: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly inForce: readonly DocumentSummary[]
}

/** What the patient decided, and what of it is in force now. */
function stateOf({ state, inForce, classes, from, to }: Answered): string {
  if (state !== "approved") return state
  if (inForce.length === 0) return "approved; no longer in force"
  const asked = whatIn(classes, from, to)
  return inForce
    .map((one) => {
      const what = whatIn(one.classes, one.from, one.to)
      return `approved: consent ${one.id.slice(0, 12)}${what === asked ? "" : `, ${what}`}, until ${consentEnd(one.until)}`
    })
    .join("; ")
}

/** @param until a FHIR time; empty: there is none */
function consentEnd(until: string): string {
  if (until === "") return "without an end"
  return until.includes("T") && !Number.isNaN(Date.parse(until)) ? endOf(Date.parse(until)) : until
}

interface ShownRekey {
  readonly custodian: string
  readonly isPending: boolean
  /** ms */
  readonly from: number | null
}

/** Before it counts somebody who did not ask for it has to see it. */
const rekeyLines = (rekeys: readonly ShownRekey[]): string[] =>
  rekeys
    .filter(({ isPending }) => isPending)
    .flatMap(({ custodian, from }) => [
      red(
        `  The desk of ${custodian} puts another key in place of yours${from === null ? "" : `; it counts from ${localTime(from)} on`}, and yours does not any more.`,
      ),
      red(
        `  If you did not ask for that there: aceso rekey cancel --at ${custodian}. Until then nothing but a revocation is taken.`,
      ),
    ])

export const requests = command({
  summary: "what waits for the patient's decision, and the consents in force",
  example: "aceso requests --as patient-1",
  async run(session) {
    const { client } = await session.patient()
    const [inbox, consents, rekeys] = await Promise.all([client.inbox(), inForceAt(client), client.rekeys()])
    const now = Date.now()
    const waiting = inbox.map(({ place, requestId, practitioner, ...rest }) => ({
      id: toHex(requestId).slice(0, 12),
      custodian: place.custodian,
      ...rest,
      practitioner: toHex(practitioner),
      // A decision of then says nothing of what is in force now.
      inForce:
        rest.state === "approved"
          ? inForceOf(consents.get(place) ?? [], {
              ...askedBy({ ...rest, requestId, practitioner }),
              ...{ custodian: place.custodian, now },
            })
          : [],
    }))
    const shown = client.places.flatMap((place) =>
      (consents.get(place) ?? []).map((one) => ({ custodian: place.custodian, ...summarise(one) })),
    )
    return {
      ...{ requests: waiting, consents: shown, moves: (await client.moves.all()).map(shownMove) },
      rekeys: rekeys.all.map(({ place, ...rest }) => ({ custodian: place.custodian, ...rest })),
      unseen: rekeys.unseen.map(({ custodian }) => custodian),
    }
  },
  print: ({ requests, consents, moves, rekeys, unseen }) =>
    [
      ...rekeyLines(rekeys),
      ...unseen.map((custodian) =>
        red(
          `  Whether another key is to take the place of yours at ${custodian} could not be seen; ask again.`,
        ),
      ),
      "  Requests",
      table(
        ["id", "asked at", "by", "purpose", "asked for", "asked until", "reason", "state"],
        requests.map((r) => [
          r.id,
          r.custodian,
          whoOf({ ...r, practitionerName: r.name }),
          purposeWords(r.purpose),
          whatIn(r.classes, r.from, r.to),
          endOf(r.until),
          r.reason,
          stateOf(r),
        ]),
      ),
      ...(moves.length > 0 ? ["  Records at the wrong patient", ...moves.map(moveLine)] : []),
      "",
      "  Your consents",
      table(
        ["id", "at", "for", "purpose", "what", "until"],
        consents.map((c) => [
          c.id.slice(0, 12),
          c.custodian,
          c.grantees.join(", "),
          c.purposes.map(purposeWords).join(", "),
          `${whatIn(c.classes, c.from, c.to, c.records)}${c.hasMore ? ", with more conditions" : ""}`,
          consentEnd(c.until),
        ]),
      ),
    ].join("\n"),
})
