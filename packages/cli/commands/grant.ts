import { isToSign, type PatientClient, recordNamed } from "@aceso/client"
import { documentId, toHex } from "@aceso/core"
import { command } from "../command.ts"
import { UNTIL } from "../moment.ts"
import { UsageError } from "../session.ts"
import { deliverAll } from "./approve.ts"
import { mustAgree, mustBeAskable, sentenceOf, tell, YES } from "./consent-words.ts"
import { memberUrl } from "./member.ts"
import { classesOf, dateOf, PURPOSE, purposeOf, untilOf } from "./wishes.ts"

type Values = Readonly<Record<string, string | boolean | undefined>>

/** @throws UsageError one record is what it is: nothing else narrows it */
function mustBeAlone({ record, classes, from }: Values): void {
  if (record !== undefined && (classes !== undefined || from !== undefined))
    throw new UsageError("--record names one record; leave --classes and --from away")
}

const oneOf = async (client: PatientClient, name: string) =>
  recordNamed((await client.history()).timeline, name)

/** Copies of consents join nothing (docs/decisions/0021). */
const apartText = (grantee: string, count: number): string =>
  `Where it has not read your card, ${grantee} gets this as from ${count} patients: nothing that you sign says that they are one person. Show it your card as well (aceso card) if it is to know.`

export const grant = command({
  summary: "let an organisation read at all your custodians",
  options: {
    to: { type: "string", words: "the organisation", value: "<organisation>", isNeeded: true },
    purpose: PURPOSE,
    classes: { type: "string", words: "FHIR types, comma-separated (default: all)", value: "<list>" },
    until: { type: "string", words: `when it ends (default 30d): ${UNTIL}`, value: "<until>" },
    from: { type: "string", words: "records from this date on, such as 2026-01-31", value: "<date>" },
    record: {
      type: "string",
      words:
        "one record of yours alone: its place, such as city-hospital/12, or its FHIR type where you have one of it",
      value: "<record>",
    },
    yes: YES,
  },
  example: "aceso grant --to insurer --purpose HPAYMT --classes Claim,Encounter --as patient-1",
  async run(session, { values }) {
    const isYes = values.yes === true
    mustBeAskable(isYes)
    const grantee = String(values.to)
    const dataFrom = dateOf(values.from, "--from")
    const wide = {
      grantee,
      purpose: purposeOf(values.purpose),
      classes: classesOf(values.classes),
      until: untilOf(values.until, 30),
      ...(dataFrom && { dataFrom }),
    }
    mustBeAlone(values)
    const { client, person } = await session.patient()
    await memberUrl(person.node, grantee)
    const one = values.record === undefined ? undefined : await oneOf(client, String(values.record))
    if (one) tell(session, [`${one.reference} at ${one.custodian}: ${one.title}`])
    const terms = { ...wide, ...(one && { records: [one.reference] }) }
    const places = client.places.filter(({ custodian }) => one === undefined || custodian === one.custodian)
    const seen = await Promise.all(
      places.map(async (place) => ({ place, preview: await client.preview(terms, place) })),
    )
    const previews = seen.map(({ preview }) => preview)
    if (previews.every(({ custodian }) => custodian === grantee))
      throw new UsageError(
        `--to ${grantee}: it made all of these records, and reads them without your consent; name another organisation`,
      )
    const toSign = seen.filter(({ preview }) => isToSign(terms, preview))
    const given = previews.filter(({ custodian }) => custodian !== grantee)
    const sentences = [
      ...previews.map((preview) => sentenceOf(terms, preview)),
      ...(given.length > 1 ? [apartText(grantee, given.length)] : []),
    ]
    if (toSign.length > 0) await mustAgree(session, sentences, isYes)
    else tell(session, sentences)
    const granted = await Promise.all(toSign.map(({ place }) => client.grantAt(place, terms)))
    // What is open already may not have reached the grantee.
    const standing = await Promise.all(
      seen.flatMap(({ place, preview }) => {
        const [first] = preview.standing
        return first?.relation === "covers" ? [client.copy(place, first.document.id)] : []
      }),
    )
    const copies = [...granted.map(({ copy }) => copy), ...standing]
    await deliverAll(client, person.node, new Map([[grantee, copies]]))
    return {
      again: standing.map(({ custodian, document }) => ({ custodian, consent: documentId(document) })),
      consents: granted.map(({ copy, payloadId }) => ({
        consent: documentId(copy.document),
        custodian: copy.custodian,
        version: copy.version,
        payloadId: toHex(payloadId),
      })),
      previews,
    }
  },
  print: ({ consents, again }) =>
    [
      ...consents.map(
        (c) =>
          `  consent ${c.consent.slice(0, 12)} at ${c.custodian} (policy version ${c.version}, signed by your key)`,
      ),
      ...again.map(
        ({ consent, custodian }) =>
          `  consent ${consent.slice(0, 12)} at ${custodian} stands as it was; nothing was signed, and its copy was handed over again`,
      ),
    ].join("\n"),
})
