import {
  accept,
  action,
  documentName,
  equalBytes,
  hash32,
  object,
  occurs,
  put,
  reject,
  stepOf,
  uint,
} from "@aceso/core"
import { type Actor, actingIn } from "./actor.ts"
import { demanded, demandMet } from "./events.ts"
import type { Known } from "./open.ts"
import { caseSteps, cases, MAX_DEMANDS, partiesOf } from "./tables.ts"

/** The document by that name of step `n`. */
const demandInput = object({ case: hash32, n: uint(), name: documentName })

const CALLERS = "a party of the case; its key alone, or together with a member that pays for it"

/** The part that somebody takes, whatever the step; a key on paper takes none. */
const partIn = ({ row, member, key }: Actor): string | undefined =>
  row.parties.find((one) =>
    key ? one.key !== null && equalBytes(one.key, key) : one.member !== null && one.member === member?.member,
  )?.party

/** What was committed and not handed over: whoever has it is asked before all who take part. */
export const demandDocument = (known: Known) =>
  action({
    input: demandInput,
    callers: CALLERS,
    calledBy: (state, { case: id }, context) => actingIn(state, known, id, context),
    apply(state, { case: id, n, name }, { caller, time }) {
      const { row, definition } = caller
      const party = partIn(caller)
      if (party === undefined) return reject("not_a_party")
      const step = state.get(caseSteps, [id, n])
      const names = n === 0 ? definition.opens.documents : stepOf(definition, step?.step ?? "")?.documents
      if (!step || !names?.includes(name)) return reject("unknown_document")
      if (step.party === party) return reject("own_document")
      if (row.demands.some((one) => one.party === party && one.n === n && one.name === name))
        return reject("already_demanded")
      // Of each party by itself: nobody uses up what the others need.
      if (row.demands.filter((one) => one.party === party).length >= MAX_DEMANDS)
        return reject("too_many_demands")
      const { members, keys } = partiesOf(row.parties)
      return accept(
        [put(cases, [id], { ...row, demands: [...row.demands, { party, n, name, at: time }] })],
        [occurs(demanded, { case: id, n, name, of: step.party, members, keys })],
      )
    },
  })

/** Whoever demanded it has it. */
export const meetDemand = (known: Known) =>
  action({
    input: demandInput,
    callers: CALLERS,
    calledBy: (state, { case: id }, context) => actingIn(state, known, id, context),
    apply(_state, { case: id, n, name }, { caller }) {
      const { row } = caller
      const party = partIn(caller)
      const left = row.demands.filter((one) => !(one.party === party && one.n === n && one.name === name))
      if (left.length === row.demands.length) return reject("not_demanded")
      const { members, keys } = partiesOf(row.parties)
      return accept(
        [put(cases, [id], { ...row, demands: left })],
        [occurs(demandMet, { case: id, n, name, members, keys })],
      )
    },
  })
