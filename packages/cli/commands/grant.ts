import { PublicClient } from "@aceso/client"
import { documentId, toHex } from "@aceso/core"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"
import { deliverAll } from "./approve.ts"
import { classesOf, dateOf, purposeOf, untilOf } from "./wishes.ts"

export const grant = command({
  summary: "let an organisation read at all your custodians",
  options: {
    to: { type: "string", words: "the organisation", value: "<organisation>" },
    purpose: { type: "string", words: "TREAT (default), HPAYMT, ...", value: "<code>" },
    classes: { type: "string", words: "FHIR types, comma-separated (default: all)", value: "<list>" },
    until: { type: "string", words: "when it ends (default 30d)", value: "<date|days>" },
    from: { type: "string", words: "records from this date on", value: "<date>" },
  },
  async run(session, { values }) {
    const { client, person } = await session.patient()
    if (typeof values.to !== "string") throw new UsageError("to whom? --to <organisation>")
    await new PublicClient(person.node).urlOf(values.to)
    const dataFrom = dateOf(values.from, "--from")
    const granted = await client.grant({
      grantee: values.to,
      purpose: purposeOf(values.purpose),
      classes: classesOf(values.classes),
      until: untilOf(values.until, 30),
      ...(dataFrom && { dataFrom }),
    })
    await deliverAll(client, person.node, new Map([[values.to, granted.map(({ copy }) => copy)]]))
    return {
      consents: granted.map(({ copy, payloadId }) => ({
        consent: documentId(copy.document),
        custodian: copy.custodian,
        version: copy.version,
        payloadId: toHex(payloadId),
      })),
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
