import { type Bytes, type Handle, type Infer, STAFF_TAG } from "@aceso/core"
import { type Caller, post } from "./http.ts"
import { type RecoveryRestAnswer, recoveryRestAnswer, unreviewedAnswer } from "./recovery-schemas.ts"

/** What a recovery leaves to be done, as administrators see it. */
export class StaffRecovery {
  private readonly url: string
  private readonly caller: Caller

  constructor(url: string, seed: Bytes) {
    this.url = `${url}/staff/recovery`
    this.caller = { seed, tag: STAFF_TAG }
  }

  /** @throws PlatformError `not_permitted` */
  rest(): Promise<RecoveryRestAnswer> {
    return post(`${this.url}/rest`, {}, this.caller, recoveryRestAnswer)
  }

  /**
   * A page of the patients of whom decisions are lost.
   * @param after the `next` of the page before @throws PlatformError `not_permitted`, `not_restored`
   */
  unreviewed(after: Handle | null, limit: number): Promise<Infer<typeof unreviewedAnswer>> {
    return post(`${this.url}/unreviewed`, { after, limit }, this.caller, unreviewedAnswer)
  }
}
