import { type CustodianReport, type CustodiansDrug, handleMark, type SourceLine } from "@aceso/client"
import {
  type AnswerFinding,
  type Bytes,
  type CheckedAnswer,
  lineAt,
  type Manifest,
  nameOf,
  type Place,
  type SeenLog,
  supersededIndexes,
} from "@aceso/core"

/** Of a custodian that did not answer with its part. */
export const NOTHING = {
  released: 0,
  withheld: 0,
  mismatched: 0,
  damaged: 0,
  lost: 0,
  withdrawn: 0,
  notRequested: 0,
  later: 0,
  from: 0,
  recoveries: [],
  height: 0,
  findings: [],
}

/** Findings about a promise, beside those of the answer's check. */
export const UNWATCHED = {
  kind: "promise_unwatched",
  detail:
    "this node watches as many promises as it can: nobody looks whether this custodian keeps the one that it gave for this answer (aceso status)",
}
export const NOT_PROMISED = {
  kind: "promise_missing",
  detail: "the refusal brings no valid promise that it will soon be logged",
}

/** Codes by which a custodian refuses; any other one is a failure. */
export const REFUSALS = new Set([
  "policy_missing",
  "policy_unknown",
  "ledger_stale",
  "unknown_practitioner",
  "in_recovery",
  "too_many_requests",
  "object_missing",
])

export type Recoveries = CustodianReport["recoveries"]

/** What one custodian answered. */
export interface OneAnswer {
  readonly report: CustodianReport
  readonly lines: readonly SourceLine[]
  /** Medications as this custodian names them. */
  readonly drugs: readonly CustodiansDrug[]
  readonly evidence: readonly { readonly name: string; readonly content: Bytes }[]
}

/** An answer in parts as one; a part that failed leaves what it should have brought for later. */
export function joined(parts: readonly OneAnswer[]): OneAnswer {
  const [first, ...rest] = parts
  if (rest.length === 0) return first
  const last = parts[parts.length - 1].report
  const answered = parts.filter(({ report }) => report.outcome === "answered").map(({ report }) => report)
  const sum = (count: (report: CustodianReport) => number) => answered.reduce((n, one) => n + count(one), 0)
  const end = answered[answered.length - 1]
  const deleted = sum((report) => report.deleted ?? 0)
  const report: CustodianReport = {
    ...end,
    from: first.report.from,
    released: sum(({ released }) => released),
    withheld: sum(({ withheld }) => withheld),
    mismatched: sum(({ mismatched }) => mismatched),
    damaged: sum(({ damaged }) => damaged),
    lost: sum(({ lost }) => lost),
    withdrawn: sum(({ withdrawn }) => withdrawn),
    notRequested: sum(({ notRequested }) => notRequested),
    ...(deleted > 0 && { deleted }),
    findings: parts.flatMap(({ report }) => report.findings).slice(0, MAX_FINDINGS_OF_ALL),
    ...(last.outcome !== "answered" && { code: last.code, detail: last.detail }),
  }
  const evidence = parts.flatMap((part) => part.evidence)
  return {
    report,
    lines: withNewest(parts.flatMap(({ lines }) => lines)),
    drugs: parts.flatMap(({ drugs }) => drugs),
    evidence,
  }
}

/** Only the newest version of a record speaks for it, whichever part brought it. */
function withNewest(lines: readonly SourceLine[]): SourceLine[] {
  const newest = new Map<string, number>()
  for (const { recordId, version } of lines) {
    const name = nameOf(recordId)
    newest.set(name, Math.max(version, newest.get(name) ?? 0))
  }
  return lines.map((line) =>
    line.isSuperseded || line.version === newest.get(nameOf(line.recordId))
      ? line
      : { ...line, isSuperseded: true },
  )
}

export function reportOf(
  { body, promise }: Manifest,
  checked: CheckedAnswer,
  recoveries: Recoveries,
  seen?: SeenLog,
): CustodianReport {
  const { findings } = checked
  const lines = partOf(checked).filter((line) => !isDummy(body, line))
  const count = (status: string) => lines.filter((line) => line.status === status).length
  const deleted = lines.filter((line) => line.status === "verified" && isDeletion(body, line)).length
  return {
    custodian: body.responder,
    handle: body.handle,
    outcome: "answered",
    released: count("verified") - deleted,
    withheld: count("withheld"),
    mismatched: count("mismatch"),
    damaged: count("damaged"),
    lost: count("lost"),
    withdrawn: count("withdrawn"),
    notRequested: count("not_requested"),
    later: checked.lines.filter(({ status }) => status === "later").length,
    ...(deleted > 0 && { deleted }),
    from: body.from?.size ?? 0,
    ...(seen && { seen }),
    recoveries: recoveries.map(({ from, at, reason }) => ({ from, at, reason })),
    height: body.height,
    policyState: body.policyState,
    findings: someOf(findings),
    tag: promise.tag,
  }
}

/** Findings of one kind that are said one by one. */
const MAX_FINDINGS = 20
const MAX_FINDINGS_OF_ALL = 1000

/** The first of each kind, and how many more there are: an answer of lies must not be longer than one may be. */
function someOf(findings: readonly AnswerFinding[]): CustodianReport["findings"][number][] {
  const kinds = Map.groupBy(findings, ({ kind }) => kind)
  return [...kinds].flatMap(([kind, all]) => [
    ...all.slice(0, MAX_FINDINGS).map(({ detail }) => ({ kind, detail })),
    ...(all.length > MAX_FINDINGS
      ? [{ kind, detail: `and ${all.length - MAX_FINDINGS} more of the kind` }]
      : []),
  ])
}

type Body = Manifest["body"]
type Line = CheckedAnswer["lines"][number]

/** Dummies, which have no content, are no records of anything. */
const isDummy = (body: Body, line: Line): boolean =>
  line.status === "verified" && line.content?.length === 0 && !isDeletion(body, line)

/** Of what is withheld or lost nothing is said, although its entry names the operation. */
const isDeletion = (body: Body, { index, status }: Line): boolean =>
  (status === "verified" || status === "mismatch") && lineAt(body, index)?.entry?.operation === "delete"

/** Up to the first line that comes later: from there on the next part speaks. */
function partOf({ lines }: CheckedAnswer): CheckedAnswer["lines"] {
  const end = lines.findIndex(({ status }) => status === "later")
  return end < 0 ? lines : lines.slice(0, end)
}

export function linesOf({ body }: Manifest, checked: CheckedAnswer): SourceLine[] {
  const superseded = supersededIndexes(body)
  return partOf(checked).flatMap((line): SourceLine[] => {
    const { index, status, content } = line
    const entry = lineAt(body, index)?.entry
    if (
      !entry ||
      status === "lost" ||
      status === "not_requested" ||
      status === "later" ||
      isDummy(body, line)
    )
      return []
    const isEnd = isDeletion(body, line)
    return [
      {
        custodian: body.responder,
        index,
        version: entry.version,
        recordId: entry.recordId,
        status,
        height: body.height,
        isSuperseded: superseded.has(index),
        ...(content && { content }),
        ...(isEnd && { isDeletion: true }),
      },
    ]
  })
}

/**
 * Two handles at one custodian have two logs: their lines are named apart.
 * @param place whose lines they are, of all that were asked
 */
export function namedApart(
  lines: readonly SourceLine[],
  place: Place,
  asked: readonly Place[],
): readonly SourceLine[] {
  const isAlone = asked.filter(({ custodian }) => custodian === place.custodian).length === 1
  return isAlone ? lines : lines.map((line) => ({ ...line, alias: handleMark(place) }))
}
