import {
  type Bytes,
  type Guard,
  type MemberId,
  type PartyRule,
  type Process,
  type PublicKey,
  put,
  type StepRule,
  standingAt,
  stateOf,
  type Write,
} from "@aceso/core"
import { type Case, casePurses, caseSteps, cases } from "../cases/v1/cases.ts"
import { activated, activations, licences, memberKeys, members } from "../governance/v1/governance.ts"
import { MemoryState } from "./state.ts"
import { AN_HOUR_AGO, hashOf, keyOf, keyRow, memberRow, NOW } from "./world.ts"

/** A small consortium for one process: for each of its parties a member, and another one that is just like it. */

export const CASE = hashOf("a case")
export const memberFor = (party: string): MemberId => `of-${party.toLowerCase()}`
export const twinOf = (party: string): MemberId => `twin-${party.toLowerCase()}`
export const partyKey = (party: string): PublicKey => keyOf(`case key of ${party}`)
export const commitmentOf = (document: string): Bytes => hashOf(`document ${document}`)

/** Active, of the kind and with the abilities that a party wants, and with every licence that there is. */
function fitting(member: MemberId, { kind, ability }: PartyRule): readonly Write[] {
  const row = memberRow(member, kind ?? (ability === null ? "insurer" : "custodian"))
  const abilities = ability === null || row.abilities.includes(ability) ? row.abilities : [ability]
  const all = ["treat", "contribute", "review", "handleDrugs", "runDesk", "emergency"] as const
  return [
    put(members, [member], { ...row, abilities }),
    put(memberKeys, [keyOf(member)], keyRow(member)),
    put(licences, [member], { all: all.map((what) => ({ what, from: AN_HOUR_AGO, to: null })) }),
  ]
}

const made = new Map<Process, MemoryState>()
/** Every party's member and its twin; `stranger` fits nothing; `shut` is suspended. */
export function consortium(process: Process): MemoryState {
  const found = made.get(process) ?? founded(process)
  made.set(process, found)
  return found.copy()
}

function founded(process: Process): MemoryState {
  const rules = process.parties.filter(({ is }) => is === "member")
  const named = `cases.${process.name}`
  return new MemoryState().write([
    ...rules.flatMap((rule) => [...fitting(memberFor(rule.name), rule), ...fitting(twinOf(rule.name), rule)]),
    put(members, ["stranger"], memberRow("stranger", "charity")),
    put(memberKeys, [keyOf("stranger")], keyRow("stranger")),
    put(members, ["shut"], memberRow("shut", "custodian", "suspended")),
    put(memberKeys, [keyOf("shut")], keyRow("shut")),
    put(activated, [], { names: [named] }),
    put(activations, [named], {
      versions: [{ version: process.version, sources: hashOf("any"), height: 1 }],
    }),
  ])
}

/** A case in a state, with everybody there, in which every guard of a step holds at `time`. */
export interface Prepared {
  readonly row: Case
  readonly time: number
  readonly writes: readonly Write[]
}

const guardMoments = ({ guards }: StepRule): readonly Guard[] =>
  guards.filter(({ is }) => is === "before" || is === "after")

/** @returns undefined where no time is right for this step in this state */
export function prepared(process: Process, state: string, step: StepRule): Prepared | undefined {
  const openedAt = NOW
  const since = NOW + 1000
  const endsAt = openedAt + process.lasts.ms
  const dueMs = stateOf(process, state)?.dueMs ?? null
  const starts = { opened: openedAt, entered: since, due: dueMs === null ? since : since + dueMs }
  const edges = guardMoments(step).map(({ moment, ms }) => starts[moment ?? "entered"] + (ms ?? 0))
  const times = [since, ...edges, ...edges.map((at) => at - 1)].filter((at) => at >= since && at < endsAt)
  const time = times.find(
    (at) =>
      standingAt(process, { state, since, endsAt }, at).state.name === state &&
      guardMoments(step).every(({ is, moment, ms }) => {
        const edge = starts[moment ?? "entered"] + (ms ?? 0)
        return is === "before" ? at < edge : at >= edge
      }),
  )
  if (time === undefined) return undefined
  const equal = step.guards.filter(({ is }) => is === "equals")
  const row: Case = {
    process: process.name,
    version: process.version,
    state,
    openedAt,
    since,
    endsAt,
    size: 1,
    parties: process.parties.map(({ name, is }) => ({
      party: name,
      member: is === "member" ? memberFor(name) : null,
      key: is === "key" ? partyKey(name) : null,
    })),
    counters: [],
    documents: equal.map(({ of }) => ({ name: of as string, at: 0 })),
    tags: [],
    capabilities: [],
    demands: [],
  }
  const opening = {
    step: "open",
    party: process.opens.by,
    documents: equal.map(({ document, of }) => ({
      name: of as string,
      commitment: commitmentOf(document as string),
    })),
    isAssisted: false,
    at: openedAt,
  }
  return {
    row,
    time,
    writes: [
      put(cases, [CASE], row),
      put(caseSteps, [CASE, 0], opening),
      put(casePurses, [CASE], { left: 100 }),
    ],
  }
}

/** The input that a step wants of a party that may do it. */
export const inputFor = (process: Process, step: StepRule, base: number) => {
  const named = process.parties.find(({ name }) => name === step.names)
  return {
    case: CASE,
    base,
    step: step.name,
    documents: step.documents.map(commitmentOf),
    ...(named && { names: memberFor(named.name) }),
    ...(step.guards.some(({ is }) => is === "newTag") && { tag: hashOf("a tag") }),
  }
}
