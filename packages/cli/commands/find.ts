import type { FoundShown, LookUpWish } from "@aceso/client"
import { dateRange, isResourceType, messageOf, resourceTypes, wantedCode } from "@aceso/core"
import { marksText } from "@aceso/core/display/index.ts"
import { table } from "../columns.ts"
import { command } from "../command.ts"
import { meant } from "../meant.ts"
import { UsageError } from "../session.ts"
import { wholeNumbers } from "./history-first.ts"
import { codeOf } from "./looks.ts"
import { datesOf, PURPOSE, purposeOf } from "./wishes.ts"

type Value = string | boolean | undefined

/** Records of one command; who wants more narrows it. */
const MOST = 1_000
const PAGE = 200

interface Found {
  readonly records: readonly FoundShown[]
  readonly erased: number
}

export const find = command<Found>({
  summary: "own patients' records of one type, of a patient, with a code, or both, newest first",
  arguments: [{ name: "type", words: "a FHIR type such as Immunization" }],
  options: {
    code: {
      type: "string",
      words: "the record's main code, such as http://loinc.org|4548-4; without a system of any",
      value: "<code>",
    },
    patient: {
      type: "string",
      words: "of this patient alone, and of those joined with it; without it of all",
      value: "<alias>",
    },
    from: { type: "string", words: "what can have been so from this date on", value: "<date>" },
    to: { type: "string", words: "what can have been so up to the end of this date", value: "<date>" },
    purpose: PURPOSE,
  },
  example: "aceso find Observation --code http://loinc.org|4548-4 --patient person-7 --from 2026-01",
  fails: "nothing was found",
  async run(session, { positionals, values }) {
    const { client } = session.staff()
    const wish = wishOf(positionals[0], values)
    const records: FoundShown[] = []
    let erased = 0
    let after: string | undefined
    do {
      const page = await client.lookUp({ ...wish, limit: PAGE, ...(after && { after }) })
      records.push(...page.records)
      erased += page.erased
      after = page.next
    } while (after !== undefined && records.length < MOST)
    if (after !== undefined) session.progress(`  there are more, all of them older: narrow it with --to`)
    return { records, erased }
  },
  print: ({ records, erased }) =>
    [
      records.length === 0
        ? "  (none)"
        : table(["time", "patient", "what it says", "record"], records.map(rowOf)),
      ...(erased > 0 ? [`  ${erased} passed over: their keys were erased`] : []),
    ].join("\n"),
  status: ({ records }) => (records.length > 0 ? 0 : 1),
})

const rowOf = ({ timeText, alias, marks, title, value, reference }: FoundShown) => [
  timeText ?? "(not told)",
  alias,
  `${marksText(marks)}${value === undefined ? title : `${title}: ${wholeNumbers(value)}`}`,
  reference,
]

function wishOf(type: string, values: Readonly<Record<string, Value>>): LookUpWish {
  const { code, patient, from, to } = values
  if (!isResourceType(type)) {
    const close = meant(type, resourceTypes())
    throw new UsageError(
      `${type} is no FHIR R4 type${close === undefined ? "." : `; did you mean ${close}?`}`,
    )
  }
  if (code === undefined && patient === undefined)
    throw new UsageError("name a patient (--patient) or a code (--code): everything of a type is no look-up")
  const dates = datesOf(from, to)
  return {
    type,
    purpose: purposeOf(values.purpose),
    ...(patient !== undefined && { alias: String(patient) }),
    ...(code !== undefined && { code: codeIn(String(code)) }),
    ...(dates.from !== undefined && { from: Math.max(0, dateRange(dates.from).fromMs) }),
    ...(dates.to !== undefined && { to: Math.max(0, dateRange(dates.to).toMs) }),
  }
}

function codeIn(text: string) {
  try {
    return wantedCode.parse(codeOf(text), "--code")
  } catch (cause) {
    throw new UsageError(messageOf(cause), { cause })
  }
}
