import type { CustodianReport, SourceLine } from "@aceso/client"
import { type AnswerFinding, type CheckedAnswer, type Manifest, supersededIndexes } from "@aceso/core"

/** Of a custodian that did not answer with its part. */
export const NOTHING = {
  released: 0,
  withheld: 0,
  mismatched: 0,
  damaged: 0,
  lost: 0,
  withdrawn: 0,
  recoveries: [],
  height: 0,
  findings: [],
}

export type Recoveries = CustodianReport["recoveries"]

export function reportOf(
  { body, promise }: Manifest,
  { lines, findings }: CheckedAnswer,
  recoveries: Recoveries,
): CustodianReport {
  const count = (status: string) => lines.filter((line) => line.status === status && !isDummy(line)).length
  return {
    custodian: body.responder,
    outcome: "answered",
    released: count("verified"),
    withheld: count("withheld"),
    mismatched: count("mismatch"),
    damaged: count("damaged"),
    lost: count("lost"),
    withdrawn: count("withdrawn"),
    recoveries: recoveries.map(({ from, at, reason }) => ({ from, at, reason })),
    height: body.height,
    policyState: body.policyState,
    findings: someOf(findings),
    tag: promise.tag,
  }
}

/** Findings of one kind that are said one by one. */
const MAX_FINDINGS = 20

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

/** Dummies, which have no content, are no records of anything. */
const isDummy = ({ status, content }: CheckedAnswer["lines"][number]) =>
  status === "verified" && content?.length === 0

export function linesOf({ body }: Manifest, { lines }: CheckedAnswer): SourceLine[] {
  const superseded = supersededIndexes(body.lines)
  return lines.flatMap((line): SourceLine[] => {
    const { index, status, content } = line
    const { entry } = body.lines[index]
    if (!entry || status === "lost" || isDummy(line)) return []
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
      },
    ]
  })
}
