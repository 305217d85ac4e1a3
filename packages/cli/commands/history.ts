import {
  attachmentsOf,
  type HistoryAnswer,
  historyAnswer,
  type JoinedView,
  type NamedAttachment,
  ownCounts,
  type Place,
  personsOf,
  placeOf,
  type SourceLine,
  type TimelineEntry,
  timeAsWritten,
} from "@aceso/client"
import { toHex } from "@aceso/core"
import { isNotSo, marksText } from "@aceso/core/display/index.ts"
import { bold, dim, red, struck } from "../columns.ts"
import { command } from "../command.ts"
import { localTime, writeEvidence } from "../output.ts"
import { firstLines, wholeNumbers } from "./history-first.ts"
import { rekeyLines } from "./history-keys.ts"
import { personLines } from "./history-person.ts"
import { asSeenBefore, earlierLook, filterOf, mustBeOf } from "./looks.ts"
import { noticeLine } from "./notices.ts"
import { attachmentLine, DRUG_APART, placesOf, sourceText } from "./whose.ts"
import { PURPOSE, purposeOf } from "./wishes.ts"

export const history = command({
  summary: "one merged timeline from every custodian, each record checked against the ledger",
  arguments: [
    { name: "alias|card file", words: "whose, as aceso patients and aceso visitors show it, or a card" },
  ],
  options: {
    ids: { type: "boolean", words: "with the ids of the records, as aceso patients misfiled takes them" },
    purpose: PURPOSE,
    classes: {
      type: "string",
      words: "only these FHIR types, such as Observation,Condition",
      value: "<types>",
    },
    codes: {
      type: "string",
      words: "only records with one of these codes, such as http://loinc.org|4548-4",
      value: "<codes>",
    },
    since: {
      type: "string",
      words: "only what is new since a look whose --json was kept in this file",
      value: "<file>",
    },
    evidence: {
      type: "string",
      words: "folder for evidence of records that do not hold (default: here)",
      value: "<folder>",
    },
  },
  example: "aceso history card.json --as county-doctor",
  fails: "a custodian refused or failed, or something does not hold",
  async run(session, { positionals, values }) {
    const { client, places, own, member } = await placesOf(session, positionals[0])
    const filter = filterOf(values.classes, values.codes)
    const look = earlierLook(values.since)
    mustBeOf(look, places, values.since)
    const sinceOf = ({ custodian, handle }: Place) =>
      look.seen.find((one) => one.custodian === custodian && one.handle === handle.join())?.since
    const ownSince = own && look.own?.handle === own.join() ? look.own.since : undefined
    const answer = await client.history(
      places.map((place) => ({ ...place, since: sinceOf(place) })),
      purposeOf(values.purpose),
      { alsoOwn: own, ownSince, filter },
    )
    const files = writeEvidence(answer.evidence, values.evidence)
    const timeline = answer.timeline.map((entry) => asSeenBefore(entry, look))
    const json = historyAnswer.toJson({ ...answer, timeline, evidence: [] }) as unknown as Omit<
      HistoryAnswer,
      "evidence"
    >
    const ownLook = own && json.own ? { handle: toHex(own), ...json.own } : null
    const attachments: NamedAttachment[] = answer.timeline
      .flatMap(({ sources, older }) => [...sources, ...older])
      .flatMap((line) => attachmentsOf(line).map(({ attachment: _attachment, ...shown }) => shown))
    const persons = personsOf(answer.timeline)
    // Where what was seen before does not hold any more, an answer is the whole again.
    const parts = [
      ...answer.custodians,
      ...(answer.own ? [{ custodian: member, from: answer.own.from }] : []),
    ]
    const wasSeen = ({ custodian, handle }: Place) =>
      look.seen.some((one) => one.custodian === custodian && one.handle === handle.join()) ||
      (custodian === member && look.own?.handle === handle.join())
    const seenBefore = new Set(places.filter(wasSeen).map(({ custodian }) => custodian))
    const anew = parts
      .filter(({ custodian, from }) => from === 0 && seenBefore.has(custodian))
      .map(({ custodian }) => custodian)
    const isPart = filter !== undefined || parts.some(({ from }) => from > 0)
    const hasIds = values.ids === true
    return { ...json, own: ownLook, member, anew, evidence: files, persons, attachments, hasIds, isPart }
  },
  print: ({
    timeline,
    custodians,
    isComplete,
    evidence,
    joined,
    lost,
    notices,
    hasIds,
    isPart,
    attachments,
    persons,
    own,
    member,
    anew,
  }) =>
    [
      ...personLines(persons),
      ...firstLines({ timeline, custodians, isComplete, joined, lost, isPart }),
      bold(isPart ? "  What was asked for, the newest first" : "  All records, the newest first"),
      ...(timeline.length === 0 ? ["  (none)"] : []),
      ...parts(timeline).flatMap(([heading, entries]) => [
        ...(heading === undefined || entries.length === 0 ? [] : [bold(`  ${heading}`)]),
        ...entries.map(
          entryLines(
            entries,
            Map.groupBy(attachments, ({ record }) => record),
            hasIds,
          ),
        ),
      ]),
      "",
      ...(own ? [ownLine(member, timeline, own.from, anew)] : []),
      ...custodians.map((c) => `  ${c.custodian}: ${reportText(c, anew)}`),
      ...custodians.flatMap((c) =>
        c.recoveries.map(
          ({ from, at, reason }) =>
            `  ${c.custodian} recovered on ${localTime(at)} (${reason}): what it committed after block ${from} was lost there`,
        ),
      ),
      ...custodians.flatMap(rekeyLines),
      ...custodians.filter(({ lost }) => lost > 0).map((c) => red(`  ${c.custodian}: ${PERHAPS_OLDER}`)),
      ...custodians.flatMap((c) => c.findings.map((f) => red(`  ${c.custodian}: ${f.kind}: ${f.detail}`))),
      ...joined.map(joinedLine),
      ...lost.flatMap(({ alias, entries, isUnreviewed }) => [
        ...(entries > 0
          ? [red(`  ${alias}: ${entries} record versions were lost here since a backup: ${PERHAPS_OLDER}`)]
          : []),
        ...(isUnreviewed
          ? [
              red(
                `  ${alias}: decisions since a backup are lost (withheld, parted, objected to): what is shown may be somebody else's`,
              ),
            ]
          : []),
      ]),
      ...notices.map(noticeLine),
      ...(isComplete
        ? []
        : [
            red(
              "  This history is incomplete: a custodian did not answer with its part, or not with all of it.",
            ),
          ]),
      ...evidence.map((file) => `  evidence written: ${file} (aceso verify ${file})`),
    ].join("\n"),
  status: ({ custodians, isComplete, timeline }) =>
    isComplete &&
    custodians.every((c) => c.findings.length === 0 && c.damaged === 0) &&
    !timeline.some(({ sources, older }) => [...sources, ...older].some(({ status }) => status === "damaged"))
      ? 0
      : 1,
})

/** What the node has itself, in numbers of versions. */
function ownLine(
  member: string,
  timeline: readonly TimelineEntry[],
  from: number,
  anew: readonly string[],
): string {
  const { shown, withdrawn, damaged, deleted } = ownCounts(member, timeline)
  const counts = [
    `${shown} shown${sinceText(member, from, anew)}`,
    `${withdrawn} withheld as another person's`,
    `${damaged} damaged`,
    ...(deleted > 0 ? [deletedText(deleted)] : []),
  ]
  return `  ${member}, your own: ${counts.join(", ")}`
}

const deletedText = (n: number): string => `${n} deleted by ${n === 1 ? "its" : "their"} source`

const sinceText = (custodian: string, from: number, anew: readonly string[]): string =>
  from > 0
    ? `, of what is new since entry ${from}`
    : anew.includes(custodian)
      ? ", all of it, since what was seen before does not hold any more"
      : ""

/** What a custodian answered, in numbers. */
function reportText(c: HistoryAnswer["custodians"][number], anew: readonly string[]): string {
  if (c.outcome !== "answered") return `${red(c.outcome)}: ${c.detail} (${c.code})`
  const more = [
    ...(c.deleted ? [deletedText(c.deleted)] : []),
    ...(c.lost > 0 ? [`${c.lost} lost`] : []),
    ...(c.withdrawn > 0
      ? [red(`${c.withdrawn} withdrawn: ${c.custodian} says that they are another person's`)]
      : []),
    ...(c.notRequested > 0 ? [`${c.notRequested} not asked for`] : []),
    ...(c.later > 0 ? [red(`${c.later} ${NO_ROOM}`)] : []),
  ]
  const since = sinceText(c.custodian, c.from, anew)
  const counts = [`${c.withheld} withheld`, `${c.mismatched} false`, `${c.damaged} damaged`, ...more].join(
    ", ",
  )
  const pending = c.policyState === "pending" ? " (policy change pending)" : ""
  return `${c.released} released and verified against block ${c.height}${since}, ${counts}${pending}`
}

const NO_ROOM =
  "for which there is no room here: ask for less with --classes or --codes, or keep this look (--json) and ask --since it"
const PERHAPS_OLDER = "what is shown as newest may have been corrected in one of them"

/** What has no place in the order of time stands apart, after it. */
function parts(timeline: readonly TimelineEntry[]): (readonly [string | undefined, TimelineEntry[]])[] {
  const is = (part: number) =>
    timeline.filter(({ time, timeText }) => part === (time !== null ? 0 : timeText !== undefined ? 1 : 2))
  return [
    [undefined, is(0)],
    ["With a time that cannot be read", is(1)],
    ["Without a time", is(2).sort(patientsFirst)],
  ]
}

const patientsFirst = (a: TimelineEntry, b: TimelineEntry): number =>
  Number(b.resourceType === "Patient") - Number(a.resourceType === "Patient")

/** What it says, then what it is and who vouches for it, behind its time. */
function entryLines(
  all: readonly TimelineEntry[],
  attachments: ReadonlyMap<string, readonly NamedAttachment[]>,
  hasIds: boolean,
): (entry: TimelineEntry) => string {
  const time = all.reduce((widest, entry) => Math.max(widest, timeAsWritten(entry).length), 0)
  const behind = (lead: string, text: string) => `  ${lead.padEnd(time)}  ${text}`
  return (entry) => {
    const type = entry.resourceType === "?" ? "type not told" : entry.resourceType
    const older = entry.older.length > 0 ? ` (+${entry.older.length} older)` : ""
    const apart = entry.isDrugApart ? `; ${DRUG_APART}` : ""
    const sources = entry.sources.length > 0 ? entry.sources.map(sourceText).join(", ") : newestOf(entry)
    return [
      behind(timeAsWritten(entry), saidOf(entry)),
      behind("", `${dim(type)}, ${sources}${older}${apart}`),
      ...entry.sources.flatMap((line) => attachmentLines(line, attachments).map((text) => behind("", text))),
      ...(hasIds ? [behind("", `records ${idsOf(entry)}`)] : []),
    ].join("\n")
  }
}

/** Where no newest version is shown. */
const newestOf = ({ older: [newest] }: TimelineEntry): string =>
  `${sourceText(newest)}, an older version: the newest one is not shown`

/** The marks stand first: what is not so is never read as if it were. */
function saidOf(entry: TimelineEntry): string {
  const marks = marksText(entry.marks)
  const said = entry.value ? `${entry.title}: ${wholeNumbers(entry.value)}` : entry.title
  const deleted = entry.isDeleted ? `${red("[DELETED]")} ` : ""
  return `${deleted}${isNotSo(entry.marks) ? `${red(marks.trimEnd())} ` : marks}${entry.isStruckOut ? struck(said) : said}`
}

function attachmentLines(
  line: SourceLine,
  attachments: ReadonlyMap<string, readonly NamedAttachment[]>,
): string[] {
  if (line.isOmitted) return [red("its content has no room here: ask for less with --classes or --codes")]
  return (attachments.get(placeOf(line)) ?? []).map(attachmentLine)
}

const idsOf = ({ sources, older }: TimelineEntry): string =>
  [...new Set([...sources, ...older].map(({ recordId }) => String(recordId).slice(0, 12)))].join(", ")

const joinedLine = ({ alias, records, withheld, code }: JoinedView): string =>
  code === undefined
    ? `  joined: ${alias}, ${records} records${withheld > 0 ? `, ${withheld} hidden by a policy of the joined handles` : ""}`
    : red(`  joined: ${alias}, nothing shown (${code})`)
