import {
  type AttachmentAnswer,
  attachmentsOf,
  type ComparedAttachment,
  comparedAttachment,
} from "@aceso/client"
import { decodeBase64, PlatformError, type ShownAttachment } from "@aceso/core"
import { red } from "../columns.ts"
import { command } from "../command.ts"
import { sizeOf, writeOut } from "../output.ts"
import { filterOf } from "./looks.ts"
import { mustBeNew, ONLY_CODES, type OneRecord, oneRecord, WHOSE } from "./one-record.ts"
import { PURPOSE, purposeOf } from "./wishes.ts"

export const attachment = command({
  summary: "writes an attachment of a record, from the record or from its custodian, and compares it",
  arguments: [
    WHOSE,
    { name: "attachment", words: "which one, as aceso history names it, such as city-hospital/12" },
  ],
  options: {
    purpose: PURPOSE,
    classes: { type: "string", words: "only these FHIR types are asked for", value: "<types>" },
    codes: ONLY_CODES,
    out: {
      type: "string",
      words: "the file to be written; it must not exist yet",
      value: "<file>",
      isNeeded: true,
    },
  },
  fails: "it is not what its record says of it, or something of the custodian's answer does not hold",
  example: "aceso attachment patient-1 city-hospital/12 --as county-doctor --out scan.pdf",
  async run(session, { positionals, values }) {
    const [whose, wanted] = positionals
    const out = String(values.out)
    mustBeNew(out)
    const purpose = purposeOf(values.purpose)
    const asked = { purpose, filter: filterOf(values.classes, values.codes) }
    const one = await oneRecord(session, whose, wanted, asked, "object_missing")
    const found = attachmentsOf(one.line).find(({ name }) => name === wanted)?.attachment
    if (!found)
      throw new PlatformError(
        "object_missing",
        `${whose} has no attachment ${wanted} that is shown to you; aceso history ${whose} names them`,
      )
    mustHold(one)
    const { content, findings } = await contentOf(one, purpose, found)
    const compared = await comparedAttachment(content, found)
    const { contradictions } = compared
    const vouched = vouchedWords(compared, found, one.line.custodian)
    const note = compared.note && "its hash in the record is no SHA-1 in base64: not compared"
    writeOut(out, content)
    const { contentType = null } = found
    const all = [...findings, ...contradictions]
    return { file: out, bytes: content.length, contentType, vouched, note, findings: all }
  },
  print: ({ file, bytes, contentType, vouched, note, findings }) =>
    [
      `  ${file}: ${sizeOf(bytes)}${contentType ? `, ${contentType}` : ""}, ${vouched}`,
      ...(note === null ? [] : [`  ${note}`]),
      ...findings.map(({ kind, detail }) => red(`  ${kind}: ${detail}`)),
    ].join("\n"),
  status: ({ findings }) => (findings.length > 0 ? 1 : 0),
})

function mustHold({ line }: OneRecord): void {
  if (line.status === "mismatch")
    throw new PlatformError(
      "object_differs",
      "the record is not what was committed, and so is what stands in it; nothing was written",
    )
}

async function contentOf(
  { client, of, line }: OneRecord,
  purpose: Parameters<OneRecord["client"]["attachment"]>[1],
  { object, reference, data }: ShownAttachment,
): Promise<AttachmentAnswer> {
  const wanted = object ?? (reference === undefined ? undefined : { reference })
  if (wanted) return client.attachment(of, purpose, line.index, wanted)
  return { content: decodeBase64(data ?? ""), findings: [] }
}

const vouchedWords = (
  { vouched }: ComparedAttachment,
  { reference }: ShownAttachment,
  custodian: string,
): string =>
  vouched === "record"
    ? "as its record committed to it"
    : vouched === "hash"
      ? `${reference}, with the SHA-1 to which its record committed`
      : `${reference} by the word of ${custodian} alone: its record does not say its SHA-1`
