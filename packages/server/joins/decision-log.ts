import type { Handle } from "@aceso/core"
import { type Decider, type DecisionKind, decisionEvent } from "../exchange/audit-event.ts"
import type { Disclosures } from "../exchange/disclosures.ts"
import type { Clock } from "./clock.ts"

/**
 * Decisions about whose records these are lie in the vault alone, and an older backup would undo them without a trace.
 * So each has an entry in the disclosure log under a number of its own (`decisionTag`): a restored vault finds out of
 * which patients decisions are lost, and keeps those closed until somebody has looked (docs/decisions/0027).
 */
export class DecisionLog {
  private readonly disclosures: Pick<Disclosures, "noteDecision">
  private readonly custodian: string
  private readonly clock: Clock

  constructor(disclosures: Pick<Disclosures, "noteDecision">, custodian: string, clock: Clock) {
    this.disclosures = disclosures
    this.custodian = custodian
    this.clock = clock
  }

  /** In the transaction of the decision itself; an entry for each patient, which name no other patient. */
  async note(kind: DecisionKind, by: Decider, handles: readonly Handle[]): Promise<void> {
    const { custodian, clock } = this
    for (const handle of handles)
      await this.disclosures.noteDecision(
        handle,
        decisionEvent({ custodian, handle, time: clock.now(), kind, by }),
      )
  }
}
