import { existsSync } from "node:fs"
import type { TimelineEntry } from "@aceso/client"
import { assert, PlatformError } from "@aceso/core"
import { red } from "../columns.ts"
import { command } from "../command.ts"
import { sizeOf, writeOut } from "../output.ts"
import { UsageError } from "../session.ts"
import { attachmentsOf, placesOf } from "./whose.ts"
import { purposeOf } from "./wishes.ts"

const linesOf = (timeline: readonly TimelineEntry[]) =>
  timeline.flatMap(({ sources, older }) => [...sources, ...older])

export const attachment = command({
  summary: "writes an attachment of a record, fetched from its custodian and compared with the ledger",
  arguments: [
    { name: "alias|card file", words: "whose, as for aceso history" },
    { name: "attachment", words: "which one, as aceso history names it, such as city-hospital/12" },
  ],
  options: {
    purpose: { type: "string", words: "TREAT (default), HPAYMT, ...", value: "<code>" },
    out: {
      type: "string",
      words: "the file to be written; it must not exist yet",
      value: "<file>",
      isNeeded: true,
    },
  },
  fails: "something of the custodian's answer does not hold",
  example: "aceso attachment patient-1 city-hospital/12 --as county-doctor --out scan.pdf",
  async run(session, { positionals, values }) {
    const [whose, wanted] = positionals
    const out = String(values.out)
    if (existsSync(out)) throw new UsageError(`${out} exists already; name another file`)
    const purpose = purposeOf(values.purpose)
    const { client, places, own, member } = await placesOf(session, whose)
    const { timeline } = await client.history(places, purpose, { alsoOwn: own })
    const found = linesOf(timeline)
      .flatMap((line) => attachmentsOf(line).map((one) => ({ ...one, line })))
      .find(({ name }) => name === wanted)
    if (!found)
      throw new PlatformError(
        "object_missing",
        `${whose} has no attachment ${wanted} that is shown to you; aceso history ${whose} names them`,
      )
    const { line, object } = found
    const place = places.find(({ custodian }) => custodian === line.custodian)
    const of = line.custodian === member && own ? { own, alias: line.alias } : place && { place }
    assert(of !== undefined, "a record of a custodian that was not asked")
    const { content, findings } = await client.attachment(of, purpose, line.index, object)
    writeOut(out, content)
    return { file: out, bytes: content.length, contentType: object.contentType ?? null, findings }
  },
  print: ({ file, bytes, contentType, findings }) =>
    [
      `  ${file}: ${sizeOf(bytes)}${contentType ? `, ${contentType}` : ""}, as its record committed to it`,
      ...findings.map(({ kind, detail }) => red(`  ${kind}: ${detail}`)),
    ].join("\n"),
  status: ({ findings }) => (findings.length > 0 ? 1 : 0),
})
