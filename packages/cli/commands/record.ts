import { attachmentsOf, personsOf, placeOf, type SourceLine, saidOfVersion, versionsOf } from "@aceso/client"
import { isObject, type Json, JsonNumber, orUndefined, parseJson, toHex } from "@aceso/core"
import { elementsOf, isNotSo, marksText } from "@aceso/core/display/index.ts"
import { bold, red, screen, struck } from "../columns.ts"
import { command } from "../command.ts"
import { elementLines } from "../element-lines.ts"
import { sizeOf, writeEvidence, writeOut } from "../output.ts"
import { personLines } from "./history-person.ts"
import { filterOf } from "./looks.ts"
import { mustBeNew, ONLY_CODES, oneRecord, WHOSE } from "./one-record.ts"
import { attachmentLine, DRUG_APART, sourceText } from "./whose.ts"
import { PURPOSE, purposeOf } from "./wishes.ts"

export const record = command({
  summary: "a whole record, every element of it, and who vouches for it",
  arguments: [
    WHOSE,
    { name: "record", words: "which one, as aceso history names it, such as city-hospital/12" },
  ],
  options: {
    purpose: PURPOSE,
    classes: {
      type: "string",
      words: "only these FHIR types are asked for: the record's own, and Patient",
      value: "<types>",
    },
    codes: ONLY_CODES,
    out: {
      type: "string",
      words: "a file that gets the record as it was committed; it must not exist yet",
      value: "<file>",
    },
    evidence: {
      type: "string",
      words: "folder for evidence of records that do not hold (default: here)",
      value: "<folder>",
    },
  },
  example: "aceso record patient-1 city-hospital/12 --as county-doctor",
  fails: "the record, or something else of the custodian's answer, does not hold",
  async run(session, { positionals, values }) {
    const [whose, wanted] = positionals
    const out = values.out === undefined ? undefined : String(values.out)
    if (out !== undefined) mustBeNew(out)
    const filter = filterOf(values.classes, values.codes)
    const asked = { purpose: purposeOf(values.purpose), filter }
    const one = await oneRecord(session, whose, wanted, asked, "unknown_record")
    const { line, answer } = one
    const evidence = writeEvidence(answer.evidence, values.evidence)
    const content = line.content?.length ? line.content : undefined
    const resource = content && orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
    const isHeld = line.status === "verified" || line.status === "withdrawn"
    const isWritten = out !== undefined && content !== undefined && isHeld
    if (isWritten) writeOut(out, content)
    return {
      record: placeOf(line),
      line: withoutContent(line),
      ...saidOfVersion(one, isObject(resource) ? resource : {}),
      versions: versionsOf(one).map(withoutContent),
      persons: personsOf(answer.timeline),
      isPart: filter !== undefined,
      attachments: attachmentsOf(line).map(({ attachment: _attachment, ...shown }) => shown),
      findings: answer.custodians.flatMap(({ findings }) => findings),
      evidence,
      file: isWritten ? out : null,
      isNotWritten: out !== undefined && !isWritten,
      bytes: content?.length ?? 0,
      elements: isObject(resource) ? elementsOf(resource) : [],
      resource: resource === undefined ? null : asSent(resource),
    }
  },
  json: ({ elements: _elements, isNotWritten: _isNotWritten, line, ...shown }) => ({ ...line, ...shown }),
  keeps: ["elements"],
  print: (r) =>
    [
      bold(`  ${r.resourceType} ${r.record}`),
      ...personLines(r.persons, "Whose record"),
      bold("  What it is"),
      `    ${isNotSo(r.marks) ? `${red(marksText(r.marks).trimEnd())} ` : marksText(r.marks)}${r.isStruckOut ? struck(r.title) : r.title}`,
      ...(r.isDrugApart ? [`    ${DRUG_APART}`] : []),
      bold("  Who vouches for it"),
      `    ${sourceText(r.line)}`,
      ...versionLines(r.line, r.versions),
      ...(r.isPart
        ? [red("    Not everything was asked for: others may say more of it, and of whose it is.")]
        : []),
      bold("  What stands in it"),
      ...(r.elements.length > 0
        ? elementLines(r.elements, screen(), 1)
        : [red("    nothing that can be shown")]),
      ...r.attachments.map((one) => `  ${attachmentLine(one)}`),
      ...(r.file === null ? [] : [`  written: ${r.file}, ${sizeOf(r.bytes)}, as it was committed`]),
      ...(r.isNotWritten ? [red("  No file was written: there is no content that holds.")] : []),
      ...r.findings.map(({ kind, detail }) => red(`  ${kind}: ${detail}`)),
      ...r.evidence.map((file) => `  evidence written: ${file} (aceso verify ${file})`),
    ].join("\n"),
  status: ({ line, findings, isNotWritten }) =>
    findings.length > 0 || isNotWritten || line.status === "mismatch" || line.status === "damaged" ? 1 : 0,
})

type Shown = Omit<SourceLine, "content" | "recordId"> & { readonly recordId: string }

const withoutContent = ({ content: _content, recordId, ...line }: SourceLine): Shown => ({
  ...line,
  recordId: toHex(recordId),
})

function versionLines(line: Shown, versions: readonly Shown[]): string[] {
  const others = versions.filter(({ index }) => index !== line.index)
  const newer = others.find(({ version }) => version > line.version)
  return [
    ...(line.isSuperseded
      ? [
          red(
            newer
              ? `    An older version: the newest one that is shown is ${placeOf(newer)}.`
              : "    An older version: a newer one is there, and is not shown to you.",
          ),
        ]
      : []),
    ...others.map((one) => `    ${one.version > line.version ? "newer" : "older"}: ${sourceText(one)}`),
  ]
}

/** A number as it was sent; `JSON.stringify` writes its token. */
class SentNumber extends JsonNumber {
  override toJSON(): never {
    return (JSON as unknown as { rawJSON(text: string): never }).rawJSON(this.token)
  }
}

function asSent(value: Json): Json {
  if (value instanceof JsonNumber) return new SentNumber(value.token)
  if (Array.isArray(value)) return value.map(asSent)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, asSent(part)]))
}
