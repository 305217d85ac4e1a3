import type { ShownBallot } from "../../../session/staff/ballots.ts"

type Counted = Pick<ShownBallot, "voters" | "yes" | "no">

/** So many have to be for it: more than half of those who were voters when it was opened. */
export const needed = ({ voters }: Pick<Counted, "voters">): number => Math.floor(voters.length / 2) + 1

/** `none`: it was no voter then. */
export function ownVote({ voters, yes, no }: Counted, member: string): "yes" | "no" | "notYet" | "none" {
  if (yes.includes(member)) return "yes"
  if (no.includes(member)) return "no"
  return voters.includes(member) ? "notYet" : "none"
}

/** What becomes of it with one more vote (contracts/governance/v1/proposals.ts decides it so). */
export function outcomeWith(ballot: Counted, yes: boolean): "open" | "passed" | "rejected" {
  const { length } = ballot.voters
  if (!yes) return 2 * (ballot.no.length + 1) >= length ? "rejected" : "open"
  return 2 * (ballot.yes.length + 1) > length ? "passed" : "open"
}
