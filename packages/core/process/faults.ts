import { canEnd, reachable, stepsByKeys, stepsInAll, unboundedStates } from "./graph.ts"
import {
  type Guard,
  isEnd,
  MAX_STEPS_BY_KEYS,
  MAX_TAGS,
  type Process,
  partyOf,
  type StepRule,
  stateOf,
} from "./process.ts"

/** Of a case: its rows are deleted together. */
export const MAX_STEPS_IN_ALL = 512

/** Why a process would not do what is expected of one; empty: it ends, everything in it can happen, and is bounded. */
export function faultsOf(process: Process): readonly string[] {
  return [
    ...faultsOfNames(process),
    ...process.parties.flatMap((party) => faultsOfParty(process, party.name)),
    ...process.states.flatMap((state) => faultsOfState(process, state.name)),
    ...process.steps.flatMap((step) => faultsOfStep(process, step)),
    ...faultsOfCourse(process),
  ]
}

function faultsOfNames({ parties, states, steps }: Process): string[] {
  const twice = (what: string, names: readonly string[]) =>
    [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].map(
      (name) => `the ${what} ${name} is there twice`,
    )
  return [
    ...twice(
      "party",
      parties.map(({ name }) => name),
    ),
    ...twice(
      "state",
      states.map(({ name }) => name),
    ),
    ...twice(
      "step",
      steps.map(({ name }) => name),
    ),
  ]
}

function faultsOfParty(process: Process, name: string): string[] {
  const party = partyOf(process, name)
  if (!party) return []
  const out: string[] = []
  const asksForMember = party.kind !== null || party.ability !== null || party.licence !== null
  if (party.is === "key" && asksForMember)
    out.push(`party ${name}: of a key nobody can say what member has it`)
  if (party.is === "key" && party.comes !== "opening")
    out.push(`party ${name}: keys are named when the case is opened`)
  const naming = process.steps.filter(({ names }) => names === name)
  if (party.comes === "named" && naming.length === 0) out.push(`party ${name}: no step names it`)
  if (party.comes !== "named" && naming.length > 0)
    out.push(`party ${name}: step ${naming[0].name} names what is there already`)
  const acts = process.opens.by === name || process.steps.some(({ by }) => by.includes(name))
  if (!acts && party.comes === "acting") out.push(`party ${name}: it does nothing, so it never comes`)
  return out
}

function faultsOfState(process: Process, name: string): string[] {
  const state = stateOf(process, name)
  if (!state) return []
  const out: string[] = []
  const leaving = process.steps.filter(({ from }) => from.includes(name))
  if (isEnd(state)) {
    if (leaving.length > 0) out.push(`state ${name}: step ${leaving[0].name} leads out of an end`)
    if (state.dueMs !== null || state.lapsesTo !== null) out.push(`state ${name}: an end is not due`)
  }
  for (const party of state.turn) {
    if (!partyOf(process, party)) out.push(`state ${name}: there is no party ${party}`)
    else if (!leaving.some(({ by }) => by.includes(party)))
      out.push(`state ${name}: it is ${party}'s turn, who has no step there`)
  }
  if (state.lapsesTo !== null) {
    if (state.dueMs === null) out.push(`state ${name}: it lapses at no time (dueMs)`)
    if (!stateOf(process, state.lapsesTo)) out.push(`state ${name}: there is no state ${state.lapsesTo}`)
  }
  if (state.dueMs === 0) out.push(`state ${name}: due at once is never in time`)
  return out
}

function faultsOfStep(process: Process, step: StepRule): string[] {
  const at = `step ${step.name}`
  const out: string[] = []
  for (const name of step.from) if (!stateOf(process, name)) out.push(`${at}: there is no state ${name}`)
  if (step.to !== null && !stateOf(process, step.to)) out.push(`${at}: there is no state ${step.to}`)
  for (const name of step.by) if (!partyOf(process, name)) out.push(`${at}: there is no party ${name}`)
  if (step.names !== null && !partyOf(process, step.names)) out.push(`${at}: there is no party ${step.names}`)
  if (new Set(step.documents).size < step.documents.length) out.push(`${at}: a document is there twice`)
  return [...out, ...step.guards.flatMap((guard) => faultsOfGuard(process, step, guard, at))]
}

const WANTS: Readonly<Record<Guard["is"], readonly (keyof Guard)[]>> = {
  atMost: ["counter", "max"],
  differs: ["party"],
  licensed: ["licence"],
  newTag: [],
  before: ["moment", "ms"],
  after: ["moment", "ms"],
  equals: ["document", "of"],
}

function faultsOfGuard(process: Process, step: StepRule, guard: Guard, at: string): string[] {
  const wanted = WANTS[guard.is]
  const names = (Object.keys(guard) as (keyof Guard)[]).filter((name) => name !== "is")
  const wrong = names.filter((name) => (guard[name] !== null) !== wanted.includes(name))
  if (wrong.length > 0) return [`${at}: a guard ${guard.is} has ${wanted.join(" and ") || "nothing else"}`]
  const committed = [process.opens, ...process.steps].flatMap(({ documents }) => documents)
  switch (guard.is) {
    case "atMost":
      return process.steps.some(({ counts }) => counts === guard.counter)
        ? guard.max === 0
          ? [`${at}: at most 0 is never`]
          : []
        : [`${at}: no step counts ${guard.counter}`]
    case "differs":
      return partyOf(process, guard.party ?? "")?.is === "member" &&
        step.by.every((name) => partyOf(process, name)?.is === "member")
        ? []
        : [`${at}: only members can be told apart, and ${guard.party} or who acts is none`]
    case "licensed":
      return step.by.every((name) => partyOf(process, name)?.is === "member")
        ? []
        : [`${at}: a key has no licence`]
    case "newTag":
      return []
    case "before":
    case "after":
      return guard.moment === "due" && step.from.some((name) => stateOf(process, name)?.dueMs === null)
        ? [`${at}: where it starts nothing is due`]
        : []
    case "equals":
      if (!step.documents.includes(guard.document ?? "")) return [`${at}: it brings no ${guard.document}`]
      return committed.includes(guard.of ?? "") ? [] : [`${at}: nobody commits ${guard.of}`]
  }
}

function faultsOfCourse(process: Process): string[] {
  const { opens, lasts, states, steps } = process
  const out: string[] = []
  const opener = partyOf(process, opens.by)
  if (opener?.comes !== "opening") out.push(`opens: ${opens.by} is no party that is there at the opening`)
  const first = stateOf(process, opens.to)
  if (!first || isEnd(first)) out.push(`opens: ${opens.to} is no state in which something can be done`)
  if (new Set(opens.documents).size < opens.documents.length) out.push("opens: a document is there twice")
  const last = stateOf(process, lasts.to)
  if (!last || !isEnd(last)) out.push(`lasts: ${lasts.to} is no end`)
  if (lasts.ms === 0) out.push("lasts: a case that ends at once has no course")
  if (out.length > 0) return out
  const reached = reachable(process)
  const ending = canEnd(process)
  for (const { name } of states) {
    if (!reached.has(name)) out.push(`state ${name}: nothing leads there`)
    if (!ending.has(name)) out.push(`state ${name}: no end can be reached from there`)
  }
  const loops = unboundedStates(process)
  if (loops.length > 0) {
    out.push(`states ${loops.join(", ")}: they can be gone round without end; bound a step there (atMost)`)
    return out
  }
  if (stepsByKeys(process) > MAX_STEPS_BY_KEYS)
    out.push(
      `keys can take ${stepsByKeys(process)} steps; whoever opens pays for ${MAX_STEPS_BY_KEYS} at most`,
    )
  if (stepsInAll(process) > MAX_STEPS_IN_ALL)
    out.push(`a case can have ${stepsInAll(process)} steps, at most ${MAX_STEPS_IN_ALL} are allowed`)
  const tagged = steps.filter(({ guards }) => guards.some(({ is }) => is === "newTag"))
  if (tagged.length > 0 && stepsInAll(process) > MAX_TAGS)
    out.push(`a case can have more tags than ${MAX_TAGS}`)
  return out
}
