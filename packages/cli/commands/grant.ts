import { PublicClient } from "@aceso/client"
import { documentId, toHex } from "@aceso/core"
import { command } from "../command.ts"
import { deliverAll } from "./approve.ts"
import { mustAgree, mustBeAskable, sentenceOf, YES } from "./consent-words.ts"
import { classesOf, dateOf, purposeOf, UNTIL, untilOf } from "./wishes.ts"

export const grant = command({
  summary: "let an organisation read at all your custodians",
  options: {
    to: { type: "string", words: "the organisation", value: "<organisation>", isNeeded: true },
    purpose: { type: "string", words: "TREAT (default), HPAYMT, ...", value: "<code>" },
    classes: { type: "string", words: "FHIR types, comma-separated (default: all)", value: "<list>" },
    until: { type: "string", words: `when it ends (default 30d): ${UNTIL}`, value: "<until>" },
    from: { type: "string", words: "records from this date on, such as 2026-01-31", value: "<date>" },
    yes: YES,
  },
  example: "aceso grant --to insurer --purpose HPAYMT --classes Claim,Encounter --as patient-1",
  async run(session, { values }) {
    const isYes = values.yes === true
    mustBeAskable(isYes)
    const grantee = String(values.to)
    const dataFrom = dateOf(values.from, "--from")
    const terms = {
      grantee,
      purpose: purposeOf(values.purpose),
      classes: classesOf(values.classes),
      until: untilOf(values.until, 30),
      ...(dataFrom && { dataFrom }),
    }
    const { client, person } = await session.patient()
    await new PublicClient(person.node).urlOf(grantee)
    const previews = await client.preview(terms)
    await mustAgree(
      session,
      previews.map((preview) => sentenceOf(terms, preview)),
      isYes,
    )
    const granted = await client.grant(terms)
    await deliverAll(client, person.node, new Map([[grantee, granted.map(({ copy }) => copy)]]))
    return {
      consents: granted.map(({ copy, payloadId }) => ({
        consent: documentId(copy.document),
        custodian: copy.custodian,
        version: copy.version,
        payloadId: toHex(payloadId),
      })),
      previews,
    }
  },
  print: ({ consents }) =>
    consents
      .map(
        (c) =>
          `  consent ${c.consent.slice(0, 12)} at ${c.custodian} (policy version ${c.version}, signed by your key)`,
      )
      .join("\n"),
})
