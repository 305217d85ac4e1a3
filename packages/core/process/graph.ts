import { isEnd, type Process, partyOf, type StepRule } from "./process.ts"

/** What a process can do, seen as a graph of its states. */

interface Edge {
  readonly from: string
  readonly to: string
  /** Absent: time passes. */
  readonly step?: StepRule
}

export function edgesOf({ states, steps }: Process): readonly Edge[] {
  const byTime = states.flatMap(({ name, lapsesTo }): Edge[] =>
    lapsesTo === null ? [] : [{ from: name, to: lapsesTo }],
  )
  const bySteps = steps.flatMap((step) =>
    step.from.map((from): Edge => ({ from, to: step.to ?? from, step })),
  )
  return [...bySteps, ...byTime]
}

/** All that can be reached along edges, the starts among them. */
function reach(starts: readonly string[], next: (at: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set(starts)
  // A set grows while it is walked.
  for (const at of found) for (const to of next(at)) found.add(to)
  return found
}

export function reachable(process: Process): ReadonlySet<string> {
  const edges = edgesOf(process)
  return reach([process.opens.to, process.lasts.to], (at) =>
    edges.flatMap(({ from, to }) => (from === at ? [to] : [])),
  )
}

/** States from which an end can be reached by steps and by their own deadlines. */
export function canEnd(process: Process): ReadonlySet<string> {
  const edges = edgesOf(process)
  const ends = process.states.filter(isEnd).map(({ name }) => name)
  return reach(ends, (at) => edges.flatMap(({ from, to }) => (to === at ? [from] : [])))
}

/** A guard bounds how often the step is taken. */
export const boundOf = ({ counts, guards }: StepRule): number | undefined =>
  guards.find(({ is, counter }) => is === "atMost" && counts !== null && counter === counts)?.max ?? undefined

/** States on a way round that nothing bounds: steps without a counter of their own, and deadlines. */
export function unboundedStates(process: Process): readonly string[] {
  const edges = edgesOf(process).filter(({ step }) => !step || boundOf(step) === undefined)
  return process.states
    .map(({ name }) => name)
    .filter((start) => {
      const starts = edges.flatMap(({ from, to }) => (from === start ? [to] : []))
      const all = reach(starts, (at) => edges.flatMap(({ from, to }) => (from === at ? [to] : [])))
      return all.has(start)
    })
}

/**
 * How often a step can be taken in one case, at most. Between two steps that count, no other one is taken twice, where
 * nothing unbounded leads round; one that leads where no way leads back is taken once.
 */
export function mostOf(process: Process, step: StepRule): number {
  const own = boundOf(step)
  if (own !== undefined) return own
  if (process.states.some((state) => state.name === step.to && isEnd(state))) return 1
  const edges = edgesOf(process)
  const leadsBack = (from: string, to: string) =>
    reach([to], (at) => edges.flatMap((edge) => (edge.from === at ? [edge.to] : []))).has(from)
  if (step.from.every((from) => !leadsBack(from, step.to ?? from))) return step.from.length
  const counted = process.steps.reduce((sum, one) => sum + (boundOf(one) ?? 0), 0)
  return step.from.length * (counted + 1)
}

/** So many steps by keys, at most: whoever opens a case pays for them. */
export const stepsByKeys = (process: Process): number =>
  process.steps
    .filter(({ by }) => by.some((name) => partyOf(process, name)?.is === "key"))
    .reduce((sum, step) => sum + mostOf(process, step), 0)

/** How many steps a case has at most. */
export const stepsInAll = (process: Process): number =>
  process.steps.reduce((sum, step) => sum + mostOf(process, step), 0)
