import type { Case, caseSteps } from "@aceso/contracts"
import type { Bytes, Infer, MemberId, Process, PublicKey, Standing } from "@aceso/core"

export type Step = Infer<typeof caseSteps.row>

/** A case as it stands now. */
export interface CaseNow {
  readonly id: Bytes
  readonly row: Case
  readonly process: Process
  readonly standing: Standing
}

/** A document as a step has it on the ledger. */
export interface Committed {
  readonly step: Step
  readonly commitment: Bytes
}

/** The member that is a party; null: a key is, or nobody. */
export const memberOf = ({ parties }: Case, party: string): MemberId | null =>
  parties.find((one) => one.party === party)?.member ?? null

/** Of the people who are parties. */
export const keysIn = ({ parties }: Pick<Case, "parties">): PublicKey[] =>
  parties.flatMap(({ key }) => key ?? [])
