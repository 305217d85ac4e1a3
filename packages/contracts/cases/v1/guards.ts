import {
  type Bytes,
  type ContractState,
  equalBytes,
  type Guard,
  type Member,
  type Process,
  type Standing,
  type StepRule,
} from "@aceso/core"
import { type Case, caseSteps } from "./tables.ts"

/** What a step is held against. */
export interface Guarded {
  readonly definition: Process
  readonly row: Case
  readonly rule: StepRule
  readonly member?: Member
  readonly standing: Standing
  /** What came with it, in the order of the rule. */
  readonly input: {
    readonly case: Bytes
    readonly documents: readonly Bytes[]
    readonly tag?: Bytes
  }
  readonly time: number
}

export type GuardRejection =
  | "counter_exhausted"
  | "same_member"
  | "not_licensed"
  | "tag_used"
  | "too_late"
  | "too_early"
  | "document_differs"

/** The first guard of the step that does not hold. */
export function guardsRefuse(state: ContractState, guarded: Guarded): GuardRejection | undefined {
  for (const guard of guarded.rule.guards) {
    const wrong = refusalOf(state, guard, guarded)
    if (wrong) return wrong
  }
  return undefined
}

function refusalOf(state: ContractState, guard: Guard, guarded: Guarded): GuardRejection | undefined {
  const { row, member, input, time } = guarded
  switch (guard.is) {
    case "atMost": {
      const count = row.counters.find(({ name }) => name === guard.counter)?.count ?? 0
      return count < (guard.max ?? 0) ? undefined : "counter_exhausted"
    }
    case "differs": {
      const other = row.parties.find(({ party }) => party === guard.party)?.member
      return member && other !== member.member ? undefined : "same_member"
    }
    case "licensed":
      return guard.licence !== null && member?.licences.includes(guard.licence) ? undefined : "not_licensed"
    case "newTag": {
      const { tag } = input
      return tag && !row.tags.some((one) => equalBytes(one, tag)) ? undefined : "tag_used"
    }
    case "before":
      return time < momentOf(guard, guarded) ? undefined : "too_late"
    case "after":
      return time >= momentOf(guard, guarded) ? undefined : "too_early"
    case "equals":
      return isEqual(state, guard, guarded) ? undefined : "document_differs"
  }
}

/** The guard's moment, ms. */
function momentOf({ moment, ms }: Guard, { row, standing }: Guarded): number {
  const from =
    moment === "opened" ? row.openedAt : moment === "due" ? (standing.dueAt ?? row.endsAt) : standing.since
  return from + (ms ?? 0)
}

/** Whether the document is the very one that was committed last under the other name. */
function isEqual(state: ContractState, { document, of }: Guard, { row, rule, input }: Guarded): boolean {
  const brought = input.documents[rule.documents.indexOf(document ?? "")]
  const at = row.documents.find(({ name }) => name === of)?.at
  const step = at === undefined ? undefined : state.get(caseSteps, [input.case, at])
  const committed = step?.documents.find(({ name }) => name === of)?.commitment
  return brought !== undefined && committed !== undefined && equalBytes(brought, committed)
}
