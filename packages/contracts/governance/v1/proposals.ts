import {
  accept,
  action,
  bool,
  byMember,
  type Cbor,
  domainHash,
  equalBytes,
  hash32,
  type Infer,
  type MemberId,
  object,
  occurs,
  put,
  reject,
  type StateReader,
} from "@aceso/core"
import { effect, newlyActivated, refusalOfAll, votersAfter } from "./changes.ts"
import { proposalOpen, proposalPassed, proposalRejected, proposalWithoutEffect } from "./events.ts"
import { validatorsLeaving } from "./leaving.ts"
import { licensed } from "./members.ts"
import { changes, electorate, MAX_OPEN_PROPOSALS, openProposals, proposals } from "./tables.ts"

export const PROPOSAL_LIFETIME_MS = 14 * 24 * 3600 * 1000

export const propose = action({
  input: object({ changes }),
  callers: "a voter: a member with the ability `votes`",
  calledBy: byMember({ ability: "votes" }),
  apply(state, { changes }, { caller, time, height }) {
    const { voters } = state.get(electorate, []) ?? { voters: [] }
    const wrong = refusalOfAll(state, changes, { height, time })
    if (wrong) return reject(wrong)
    if (openOf(state, caller.member, time).length >= MAX_OPEN_PROPOSALS) return reject("too_many_open")
    const id = domainHash("proposal", caller.member, height, changes as unknown as Cbor)
    if (state.get(proposals, [id])) return reject("already_proposed")
    const proposal = {
      proposer: caller.member,
      changes,
      voters,
      yes: [caller.member],
      no: [],
      openedAt: time,
      status: "open" as const,
    }
    return decide(state, id, proposal, time, height)
  },
})

export const vote = action({
  input: object({ proposal: hash32, yes: bool() }),
  callers: "a voter of the time when the proposal was opened",
  calledBy: byMember({ ability: "votes" }),
  apply(state, { proposal, yes }, { caller, time, height }) {
    const row = state.get(proposals, [proposal])
    if (!row) return reject("unknown_proposal")
    if (row.status !== "open") return reject("proposal_closed")
    if (time >= row.openedAt + PROPOSAL_LIFETIME_MS) return reject("proposal_lapsed")
    if (!row.voters.includes(caller.member)) return reject("not_a_voter")
    if (row.yes.includes(caller.member) || row.no.includes(caller.member)) return reject("already_voted")
    const ballots = yes ? { yes: [...row.yes, caller.member] } : { no: [...row.no, caller.member] }
    return decide(state, proposal, { ...row, ...ballots }, time, height)
  },
})

/** A member's ballots that still wait for votes. */
const openOf = (state: StateReader, member: MemberId, time: number) =>
  (state.get(openProposals, [member])?.open ?? []).filter(
    ({ openedAt }) => time < openedAt + PROPOSAL_LIFETIME_MS,
  )

type Proposal = Infer<typeof proposals.row>

/** More than half of those that were voters when it was opened. */
function decide(state: StateReader, id: Uint8Array, proposal: Proposal, time: number, height: number) {
  const { proposer, voters, yes, no, changes, openedAt } = proposal
  const open = openOf(state, proposer, time)
  const others = open.filter((one) => !equalBytes(one.id, id))
  const isListed = others.length < open.length
  const closed = isListed ? [put(openProposals, [proposer], { open: others })] : []
  if (2 * no.length >= voters.length)
    return accept(
      [put(proposals, [id], { ...proposal, status: "rejected" }), ...closed],
      [occurs(proposalRejected, { proposal: id })],
    )
  if (2 * yes.length <= voters.length) {
    const isNew = yes.length + no.length === 1
    const listed = isNew ? [put(openProposals, [proposer], { open: [...open, { id, openedAt }] })] : []
    return accept([put(proposals, [id], proposal), ...listed], [occurs(proposalOpen, { proposal: id })])
  }
  const passed = [put(proposals, [id], { ...proposal, status: "passed" as const }), ...closed]
  // What was right when it was opened may have become impossible: then none of it has an effect.
  if (refusalOfAll(state, changes, { height, time }))
    return accept(passed, [occurs(proposalWithoutEffect, { proposal: id })])
  const effects = changes.flatMap((change) => effect(state, change, time))
  const voting = put(electorate, [], { voters: votersAfter(state, changes) })
  const shared = [
    ...licensed(state, changes, time),
    ...newlyActivated(state, changes),
    ...validatorsLeaving(state, changes),
  ]
  return accept([...passed, ...effects, ...shared, voting], [occurs(proposalPassed, { proposal: id })])
}
