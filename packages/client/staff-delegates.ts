import {
  type Cbor,
  type DelegateAcceptance,
  type DelegateInvitation,
  type DelegateScope,
  type DeskDelegates,
  delegateInvitation,
  deskDelegates,
  type PublicKey,
} from "@aceso/core"
import { type Caller, post } from "./http.ts"
import { okAnswer } from "./schemas.ts"

/** Who acts for patients, as an organisation's people enter and end them at the desk. */
export class StaffDelegates {
  private readonly url: string
  private readonly caller: Caller

  constructor(url: string, caller: Caller) {
    this.url = url
    this.caller = caller
  }

  of(alias: string): Promise<DeskDelegates> {
    return post(`${this.url}/staff/delegates`, { alias }, this.caller, deskDelegates)
  }

  /** For a patient without a key. @throws PlatformError `delegate_needs_end` */
  invite(alias: string, scope: DelegateScope): Promise<DelegateInvitation> {
    const question = { alias, scope: scope as unknown as Cbor }
    return post(`${this.url}/staff/delegate/invite`, question, this.caller, delegateInvitation)
  }

  /** For a patient without a key. @throws PlatformError `patient_must_sign`, `bad_delegate`, `delegate_needs_end` */
  async enter(alias: string, acceptance: DelegateAcceptance): Promise<void> {
    const question = { alias, acceptance: acceptance as unknown as Cbor }
    await post(`${this.url}/staff/delegate`, question, this.caller, okAnswer)
  }

  async end(alias: string, key: PublicKey): Promise<void> {
    await post(`${this.url}/staff/delegate/end`, { alias, key }, this.caller, okAnswer)
  }
}
