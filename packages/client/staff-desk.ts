import { type Cbor, type EnrolmentInvitation, genesisHash } from "@aceso/core"
import {
  type DeskStanding,
  deskStanding,
  type EnrolState,
  enrolConfirmed,
  enrolOpened,
  enrolState,
  type RegisterAnswer,
  type RegisterQuestion,
  registerAnswer,
} from "./enrolment-schemas.ts"
import { type Caller, post } from "./http.ts"
import { PublicClient } from "./public-client.ts"
import { okAnswer } from "./schemas.ts"

interface Lost {
  /** The patient has a key, and the device with it is lost for good. */
  readonly isLost?: boolean
}

/** The ledger takes what was signed within two minutes. */
const LONG = { timeoutMs: 150_000 }

/** A desk, at which people are registered and get a key on their own device. */
export class StaffDesk {
  private readonly url: string
  private readonly caller: Caller

  constructor(url: string, caller: Caller) {
    this.url = url
    this.caller = caller
  }

  /** @throws PlatformError `not_permitted`, `patient_here`, `bad_input` */
  register(person: RegisterQuestion): Promise<RegisterAnswer> {
    return post(`${this.url}/staff/register`, person as unknown as Cbor, this.caller, registerAnswer, LONG)
  }

  /**
   * A code for the patient's device.
   * @throws PlatformError `unknown_patient`, `key_exists`, `too_many_pairings`; of a lost one also `patient_has_no_key`,
   *   `rekey_pending`
   */
  enrol(alias: string, { isLost = false }: Lost = {}) {
    const question = { alias, ...(isLost && { isLost }) }
    return post(`${this.url}/staff/enrol`, question, this.caller, enrolOpened)
  }

  /** Whether a device of this patient counts, and whether another one waits. @throws PlatformError `unknown_patient` */
  standing(alias: string): Promise<DeskStanding> {
    return post(`${this.url}/staff/enrol/standing`, { alias }, this.caller, deskStanding)
  }

  /** Takes back the key that was put in place of a lost one. @throws PlatformError `unknown_patient`, `no_rekey` */
  async cancelRekey(alias: string): Promise<void> {
    await post(`${this.url}/staff/enrol/cancel`, { alias }, this.caller, okAnswer, LONG)
  }

  /** The same with all that a device needs to know of this organisation, as the ledger has it. */
  async invite(
    alias: string,
    lost: Lost = {},
  ): Promise<{ invitation: EnrolmentInvitation; expiresAt: number }> {
    const { code, expiresAt } = await this.enrol(alias, lost)
    const node = new PublicClient(this.url)
    const [{ member, network }, { signed }] = await Promise.all([node.status(), node.genesis()])
    const url = await node.urlOf(member)
    return { invitation: { network, genesis: genesisHash(signed), custodian: member, url, code }, expiresAt }
  }

  /** How far it is with a code of one's own. @throws PlatformError `unknown_code`, `key_exists` */
  state(code: string): Promise<EnrolState> {
    return post(`${this.url}/staff/enrol/pairing`, { code }, this.caller, enrolState)
  }

  /** Types what the device shows. @throws PlatformError `digits_differ`, `no_device_yet`, `unknown_code` */
  async confirm(code: string, digits: string): Promise<string> {
    const question = { code, digits }
    return (await post(`${this.url}/staff/enrol/confirm`, question, this.caller, enrolConfirmed)).alias
  }
}
