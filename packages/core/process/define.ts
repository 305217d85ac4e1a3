import { PlatformError } from "../errors.ts"
import type { Ability, Licence, MemberKind } from "../member.ts"
import { faultsOf } from "./faults.ts"
import { type Guard, type PartyRule, type Process, processRules, type StateRule } from "./process.ts"

/** A process as people write it; `defineProcess` says in full what is left out here. */

interface Entitlement {
  readonly kind?: MemberKind
  readonly ability?: Ability
  readonly licence?: Licence
}
/** `case key`: of a person, or of a member that stays hidden. */
export type PartyDraft = "case key" | (Entitlement & { readonly comes?: PartyRule["comes"] })

export interface StateDraft {
  /** One who has a step there; needed where several have. */
  readonly turn?: string | readonly string[]
  readonly dueMs?: number
  readonly lapsesTo?: string
}

export interface StepDraft {
  readonly from: string | readonly string[]
  readonly by: string | readonly string[]
  readonly to?: string
  readonly documents?: readonly string[]
  readonly names?: string
  /** Counts under the step's own name, at most so often. */
  readonly atMost?: number
  readonly counts?: string
  readonly guards?: readonly Guard[]
}

export interface ProcessDraft {
  readonly name: string
  readonly version?: number
  readonly parties: Readonly<Record<string, PartyDraft>>
  readonly opens: {
    readonly by: string
    readonly to: string
    readonly documents?: readonly string[]
    /** Of the state that it opens in. */
    readonly dueMs?: number
  }
  readonly steps: Readonly<Record<string, StepDraft>>
  readonly states?: Readonly<Record<string, StateDraft>>
  readonly lasts: { readonly ms: number; readonly to: string }
  readonly keepMs?: number
}

const DAY_MS = 24 * 3600 * 1000
export const days = (n: number): number => n * DAY_MS
const KEEP_MS = days(365)

const all = (names: string | readonly string[] | undefined): readonly string[] =>
  names === undefined ? [] : typeof names === "string" ? [names] : names

const EMPTY: Guard = {
  is: "newTag",
  counter: null,
  max: null,
  party: null,
  licence: null,
  moment: null,
  ms: null,
  document: null,
  of: null,
}
export const atMost = (counter: string, max: number): Guard => ({ ...EMPTY, is: "atMost", counter, max })
export const differs = (party: string): Guard => ({ ...EMPTY, is: "differs", party })
export const licensed = (licence: Licence): Guard => ({ ...EMPTY, is: "licensed", licence })
export const newTag = (): Guard => EMPTY
type Moment = NonNullable<Guard["moment"]>
export const before = (moment: Moment, ms = 0): Guard => ({ ...EMPTY, is: "before", moment, ms })
export const after = (moment: Moment, ms = 0): Guard => ({ ...EMPTY, is: "after", moment, ms })
export const equals = (document: string, of: string): Guard => ({ ...EMPTY, is: "equals", document, of })

/**
 * The process in full.
 * @throws PlatformError `bad_process` with all that is wrong with it
 */
export function defineProcess(draft: ProcessDraft): Process {
  const parties = Object.entries(draft.parties).map(([name, rule]): PartyRule => {
    if (rule === "case key")
      return { name, is: "key", comes: "opening", kind: null, ability: null, licence: null }
    const { comes = "opening", kind = null, ability = null, licence = null } = rule
    return { name, is: "member", comes, kind, ability, licence }
  })
  const steps = Object.entries(draft.steps).map(([name, step]) => {
    const { atMost: most, counts = most === undefined ? null : name, guards = [] } = step
    return {
      name,
      from: all(step.from),
      by: all(step.by),
      to: step.to ?? null,
      documents: step.documents ?? [],
      names: step.names ?? null,
      counts,
      guards: most === undefined || counts === null ? guards : [atMost(counts, most), ...guards],
    }
  })
  const named = [
    draft.opens.to,
    ...steps.flatMap(({ from, to }) => [...from, ...(to === null ? [] : [to])]),
    ...Object.entries(draft.states ?? {}).flatMap(([name, { lapsesTo }]) => [name, ...all(lapsesTo)]),
    draft.lasts.to,
  ]
  const unclear: string[] = []
  const states = [...new Set(named)].map((name): StateRule => {
    const given: StateDraft = draft.states?.[name] ?? {}
    const acting = [...new Set(steps.flatMap(({ from, by }) => (from.includes(name) ? by : [])))]
    if (given.turn === undefined && acting.length > 1)
      unclear.push(`state ${name}: say whose turn it is (${acting.join(", ")} have steps there)`)
    const isFirst = name === draft.opens.to
    const dueMs = given.dueMs ?? (isFirst ? draft.opens.dueMs : undefined) ?? null
    return {
      name,
      turn: given.turn === undefined ? acting : all(given.turn),
      dueMs,
      lapsesTo: given.lapsesTo ?? null,
    }
  })
  const found = processRules.parse(
    {
      name: draft.name,
      version: draft.version ?? 1,
      parties,
      opens: { by: draft.opens.by, to: draft.opens.to, documents: draft.opens.documents ?? [] },
      states,
      steps,
      lasts: { ms: draft.lasts.ms, to: draft.lasts.to },
      keepMs: draft.keepMs ?? KEEP_MS,
    },
    `process ${draft.name}`,
  )
  const faults = [...unclear, ...faultsOf(found)]
  if (faults.length > 0)
    throw new PlatformError("bad_process", `the process ${draft.name} cannot be used: ${faults.join("; ")}`)
  return found
}
