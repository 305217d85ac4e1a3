import {
  accept,
  action,
  type ContractState,
  entitled,
  equalBytes,
  hash32,
  type Infer,
  list,
  MAX_STEP_DOCUMENTS,
  type MemberRejection,
  memberId,
  nameInProcess,
  object,
  occurs,
  optional,
  type Process,
  partyOf,
  put,
  type Rejected,
  reject,
  type Standing,
  type StepRule,
  standingAt,
  stepOf,
  uint,
} from "@aceso/core"
import { type Actor, actingIn } from "./actor.ts"
import { stepped } from "./events.ts"
import { guardsRefuse } from "./guards.ts"
import { type Known, refusalOfMember, wantedOf } from "./open.ts"
import { type Case, caseSteps, cases, partiesOf } from "./tables.ts"

/** `base`: the number of steps that the caller knows of. `names`: of a step that names a party. */
export const stepInput = object({
  case: hash32,
  base: uint(),
  step: nameInProcess,
  documents: list(hash32, MAX_STEP_DOCUMENTS),
  names: optional(memberId),
  tag: optional(hash32),
})
export type StepInput = Infer<typeof stepInput>

export const stepCase = (known: Known) =>
  action({
    input: stepInput,
    callers: "the party whose step it is; its key alone, or together with a member that pays for it",
    calledBy: (state, { case: id }, context) => actingIn(state, known, id, context),
    apply(state, input, { caller, time }) {
      const { definition, row, member } = caller
      const standing = standingAt(definition, row, time)
      if (standing.isEnded) return reject("case_ended")
      if (input.base !== row.size) return reject("case_changed_meanwhile")
      const rule = stepOf(definition, input.step)
      if (!rule) return reject("unknown_step")
      if (!rule.from.includes(standing.state.name)) return reject("not_in_this_state")
      const part = partOf(caller, rule)
      if ("rejection" in part) return part
      const wrong =
        refusalOfInput(state, definition, rule, input) ??
        guardsRefuse(state, { ...caller, rule, standing, input, time })
      if (wrong) return reject(wrong)
      const after = rowAfter(row, { ...caller, rule, input, standing, part, time })
      const { members, keys } = partiesOf(after.parties)
      return accept(
        [
          put(cases, [input.case], after),
          put(caseSteps, [input.case, row.size], {
            step: rule.name,
            party: part.party,
            documents: rule.documents.map((name, i) => ({ name, commitment: input.documents[i] })),
            isAssisted: part.isAssisted,
            at: time,
          }),
        ],
        [
          occurs(stepped, {
            case: input.case,
            process: definition.name,
            version: definition.version,
            step: rule.name,
            n: row.size,
            party: part.party,
            member: member?.member ?? null,
            state: after.state,
            documents: rule.documents,
            isAssisted: part.isAssisted,
            members,
            keys,
          }),
        ],
      )
    },
  })

/** In whose name the step is done. */
interface Part {
  readonly party: string
  readonly isAssisted: boolean
}

type PartRejection = "not_your_step" | "not_permitted" | "capability_used"

function partOf(
  { definition, row, member, key, signer }: Actor,
  rule: StepRule,
): Part | Rejected<PartRejection | MemberRejection> {
  if (key) {
    const party = row.parties.find((one) => one.key !== null && equalBytes(one.key, key))
    if (party)
      return rule.by.includes(party.party)
        ? { party: party.party, isAssisted: false }
        : reject("not_your_step")
    const paper = row.capabilities.find((one) => equalBytes(one.key, key))
    if (!paper || paper.step !== rule.name) return reject("not_your_step")
    return paper.isUsed ? reject("capability_used") : { party: paper.party, isAssisted: true }
  }
  for (const name of rule.by) {
    const party = partyOf(definition, name)
    const bound = row.parties.find((one) => one.party === name)?.member
    if (party?.is !== "member") continue
    const comesNow = party.comes === "acting" && bound === null
    if (!comesNow && bound !== member?.member) continue
    const found = entitled(signer, wantedOf(party))
    if ("rejection" in found) return found
    return { party: name, isAssisted: false }
  }
  return reject("not_your_step")
}

type InputRejection =
  | "documents_differ"
  | "names_differ"
  | "unknown_member"
  | "member_suspended"
  | "member_does_not_fit"
  | "tag_differs"
  | "parties_differ"

/** What comes with a step is exactly what its rule says. */
function refusalOfInput(
  state: ContractState,
  definition: Process,
  rule: StepRule,
  { documents, names, tag }: StepInput,
): InputRejection | undefined {
  if (documents.length !== rule.documents.length) return "documents_differ"
  if ((names !== undefined) !== (rule.names !== null)) return "names_differ"
  const wantsTag = rule.guards.some(({ is }) => is === "newTag")
  if ((tag !== undefined) !== wantsTag) return "tag_differs"
  const named = rule.names === null ? undefined : partyOf(definition, rule.names)
  return named && names !== undefined ? refusalOfMember(state, named, names) : undefined
}

interface Doing extends Actor {
  readonly rule: StepRule
  readonly input: StepInput
  readonly standing: Standing
  readonly part: Part
  readonly time: number
}

function rowAfter(row: Case, { rule, input, standing, part, member, key, time }: Doing): Case {
  const counted = row.counters.find(({ name }) => name === rule.counts)?.count ?? 0
  return {
    ...row,
    state: rule.to ?? standing.state.name,
    // What comes back to its own state begins anew there; what only adds to it leaves the deadline as it is.
    since: rule.to === null ? standing.since : time,
    size: row.size + 1,
    parties: row.parties.map((one) => {
      if (one.party === rule.names && input.names !== undefined) return { ...one, member: input.names }
      return one.party === part.party && member ? { ...one, member: member.member } : one
    }),
    counters:
      rule.counts === null
        ? row.counters
        : [
            ...row.counters.filter(({ name }) => name !== rule.counts),
            { name: rule.counts, count: counted + 1 },
          ],
    documents: [
      ...row.documents.filter(({ name }) => !rule.documents.includes(name)),
      ...rule.documents.map((name) => ({ name, at: row.size })),
    ],
    tags: input.tag === undefined ? row.tags : [...row.tags, input.tag],
    capabilities: row.capabilities.map((one) =>
      part.isAssisted && key && equalBytes(one.key, key) ? { ...one, isUsed: true } : one,
    ),
  }
}
