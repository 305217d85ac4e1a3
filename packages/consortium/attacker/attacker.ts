import { type Bytes, readEnvelope } from "@aceso/core"
import type { Seen } from "./ledger-of-a-week.ts"

/** What the ledger says about one handle. */
interface Trace {
  readonly handle: string
  readonly custodian: string
  readonly times: number[]
  readonly policyTimes: number[]
  readonly values: Set<string>
}

/** Reads the whole ledger and guesses, for each handle, one handle elsewhere that belongs to the same person. */
export function guessPartners(ledger: readonly Seen[]): Map<string, string> {
  const traces = collect(ledger)
  const guesses = new Map<string, string>()
  const byValue = new Map<string, string[]>()
  for (const trace of traces.values())
    for (const value of trace.values) byValue.set(value, [...(byValue.get(value) ?? []), trace.handle])
  const timeline = [...traces.values()]
    .flatMap((trace) => trace.times.map((time) => ({ time, trace })))
    .sort((a, b) => a.time - b.time)
  const policies = [...traces.values()]
    .flatMap((trace) => trace.policyTimes.map((time) => ({ time, trace })))
    .sort((a, b) => a.time - b.time)
  for (const trace of traces.values()) {
    const shared = sharing(trace, byValue, traces)
    const near =
      shared ??
      nearest(trace, policies, trace.policyTimes) ??
      nearest(trace, timeline, trace.times.slice(0, 1))
    if (near) guesses.set(trace.handle, near)
  }
  return guesses
}

function collect(ledger: readonly Seen[]): Map<string, Trace> {
  const traces = new Map<string, Trace>()
  const traceOf = (handle: Bytes, custodian: string) => {
    const name = Buffer.from(handle).toString("hex")
    const known = traces.get(name)
    if (known) return known
    const fresh: Trace = { handle: name, custodian, times: [], policyTimes: [], values: new Set() }
    traces.set(name, fresh)
    return fresh
  }
  for (const { time, envelope } of ledger) {
    const { contract, action, input, expiry } = readEnvelope(envelope).payload
    const one = input as { custodian: string; handle: Bytes; key?: Bytes; root?: Bytes }
    // Windows name many handles of one custodian: their times say little; their handles are known by then.
    if (contract === "records") continue
    const trace = traceOf(one.handle, one.custodian)
    if (contract === "people" && action === "enrol") {
      trace.times.push(time)
      if (one.key) trace.values.add(`key ${Buffer.from(one.key).toString("hex")}`)
    }
    if (contract === "policy") {
      trace.policyTimes.push(time)
      trace.values.add(`root ${Buffer.from(one.root ?? []).toString("hex")}`)
      // Custodians submit five minutes before the expiry; any other distance is a mark of the patient's.
      if (Math.abs(expiry - time - 300_000) > 60_000) trace.values.add(`expiry ${expiry}`)
    }
  }
  return traces
}

function sharing(
  trace: Trace,
  byValue: ReadonlyMap<string, string[]>,
  traces: ReadonlyMap<string, Trace>,
): string | undefined {
  for (const value of trace.values)
    for (const other of byValue.get(value) ?? [])
      if (traces.get(other)?.custodian !== trace.custodian) return other
  return undefined
}

/** The handle of another custodian whose event is nearest in time. */
function nearest(
  trace: Trace,
  timeline: readonly { time: number; trace: Trace }[],
  mine: readonly number[],
): string | undefined {
  let best: { distance: number; handle: string } | undefined
  for (const time of mine) {
    let at = lowerBound(timeline, time)
    for (const step of [-1, 1]) {
      at = lowerBound(timeline, time)
      for (let i = step < 0 ? at - 1 : at; i >= 0 && i < timeline.length; i += step) {
        const distance = Math.abs(timeline[i].time - time)
        if (best && distance >= best.distance) break
        if (timeline[i].trace.custodian === trace.custodian) continue
        best = { distance, handle: timeline[i].trace.handle }
        break
      }
    }
  }
  return best?.handle
}

function lowerBound(timeline: readonly { time: number }[], time: number): number {
  let low = 0
  let high = timeline.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (timeline[middle].time < time) low = middle + 1
    else high = middle
  }
  return low
}
