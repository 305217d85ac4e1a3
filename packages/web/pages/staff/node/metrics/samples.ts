import type { MetricsAnswer } from "@aceso/client"

/** How often the page asks while it is seen, ms, and how much it keeps: a quarter of an hour. */
export const SAMPLE_MS = 5_000
export const MAX_SAMPLES = 180
const KEPT_MS = SAMPLE_MS * MAX_SAMPLES
/** Where this long no sample was taken, such as while nobody saw the page, nothing is known. */
const GAP_MS = 4 * SAMPLE_MS

/** Adds a sample. With another process all counts begin anew, and so does the page. */
export function withSample(
  before: readonly MetricsAnswer[],
  sample: MetricsAnswer,
): readonly MetricsAnswer[] {
  const last = before.at(-1)
  if (last && (last.began !== sample.began || sample.time < last.time)) return [sample]
  // The node says the same for a second.
  if (last?.time === sample.time) return before
  return [...before.filter(({ time }) => time > sample.time - KEPT_MS), sample]
}

/** Values at the samples' times; null: not known there. */
export interface Line {
  readonly name: LineName
  readonly values: readonly (number | null)[]
}
type LineName =
  | "height"
  | "accepted"
  | "rejected"
  | "answered"
  | "refused"
  | "failed"
  | "verdicts"
  | "intake"
  | "records"
  | "disclosures"
  | "resident"
  | "heap"

export interface PlotOf {
  readonly name: "height" | "transactions" | "requests" | "queues" | "memory"
  readonly lines: readonly Line[]
  readonly in: "count" | "rate" | "bytes"
}

/** Whether too long lies between two samples for a line from one to the other. */
export const isGap = (before: number, after: number): boolean => after - before > GAP_MS

/** A line's points in runs that no gap divides, by their places among the samples. */
export function runsOf(values: Line["values"], times: readonly number[]): number[][] {
  const runs: number[][] = []
  for (const [i, value] of values.entries()) {
    if (value === null) continue
    const run = runs.at(-1)
    if (run && run.at(-1) === i - 1 && !isGap(times[i - 1], times[i])) run.push(i)
    else runs.push([i])
  }
  return runs
}

/** What is drawn of samples; rates are between each and the one before. */
export function plotsOf(samples: readonly MetricsAnswer[]): readonly PlotOf[] {
  const now = (name: LineName, of: (one: MetricsAnswer) => number): Line => ({
    ...{ name, values: samples.map(of) },
  })
  const rate = (name: LineName, of: (one: MetricsAnswer) => number): Line => ({
    name,
    values: samples.map((one, i) =>
      i === 0 || isGap(samples[i - 1].time, one.time)
        ? null
        : ((of(one) - of(samples[i - 1])) * 1000) / (one.time - samples[i - 1].time),
    ),
  })
  return [
    { name: "height", in: "count", lines: [now("height", ({ height }) => height)] },
    {
      ...{ name: "transactions", in: "rate" },
      lines: [rate("accepted", ({ accepted }) => accepted), rate("rejected", ({ rejected }) => rejected)],
    },
    {
      ...{ name: "requests", in: "rate" },
      lines: (["answered", "refused", "failed"] as const).map((name) =>
        rate(name, ({ requests }) => requests[name]),
      ),
    },
    {
      ...{ name: "queues", in: "count" },
      lines: (["verdicts", "intake", "records", "disclosures"] as const).map((name) =>
        now(name, ({ waiting }) => waiting[name]),
      ),
    },
    {
      ...{ name: "memory", in: "bytes" },
      lines: (["resident", "heap"] as const).map((name) => now(name, ({ memory }) => memory[name])),
    },
  ]
}
