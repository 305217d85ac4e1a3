import { type Caller, post } from "./http.ts"
import {
  type AddQuestion,
  type EndAnswer,
  type EndKeyAnswer,
  endAnswer,
  endKeyAnswer,
  type InviteAnswer,
  type InviteQuestion,
  inviteAnswer,
  type MeAnswer,
  meAnswer,
  type PairingAnswer,
  pairingAnswer,
  type StaffAnswer,
  type StaffChanged,
  staffAnswer,
  staffChanged,
  type WaitingAnswer,
  waitingAnswer,
} from "./staff-schemas.ts"

/** Who works with a node, as its administrators take them on, change and end them. */
export class StaffPeople {
  private readonly url: string
  private readonly caller: Caller

  constructor(url: string, caller: Caller) {
    this.url = url
    this.caller = caller
  }

  async all(): Promise<StaffAnswer["people"]> {
    return (await post(`${this.url}/staff/list`, {}, this.caller, staffAnswer)).people
  }

  /** What the caller is, by the device that calls. */
  me(): Promise<MeAnswer> {
    return post(`${this.url}/staff/me`, {}, this.caller, meAnswer)
  }

  /** Takes somebody on whose key is known, who may act at once. */
  add(person: AddQuestion): Promise<StaffChanged> {
    return post(`${this.url}/staff/add`, { ...person }, this.caller, staffChanged)
  }

  /** A one-time code for a device of somebody. @throws PlatformError `person_ended`, `person_exists`, `too_many_pairings` */
  invite(question: InviteQuestion): Promise<InviteAnswer> {
    return post(`${this.url}/staff/invite`, { ...question }, this.caller, inviteAnswer)
  }

  /** Whether a device has come with the code. @throws PlatformError `unknown_code` */
  pairing(code: string): Promise<PairingAnswer> {
    return post(`${this.url}/staff/pairing`, { code }, this.caller, pairingAnswer)
  }

  /** The device shows these digits. @throws PlatformError `digits_differ`, `no_device_yet`, `unknown_code` */
  confirm(code: string, digits: string): Promise<StaffChanged> {
    return post(`${this.url}/staff/confirm`, { code, digits }, this.caller, staffChanged)
  }

  /** All that somebody may do from now on. @param role of a practitioner; null: none */
  change(name: string, role: string | null, isAdministrator: boolean): Promise<StaffChanged> {
    return post(`${this.url}/staff/change`, { name, role, isAdministrator }, this.caller, staffChanged)
  }

  /** @param until ms; then they are back @param from ms; absent: now */
  absent(name: string, until: number, from?: number): Promise<StaffChanged> {
    const question = { name, until, ...(from !== undefined && { from }) }
    return post(`${this.url}/staff/absent`, question, this.caller, staffChanged)
  }

  /** Ends a person's time, with all devices. @param asOf ms; null: now */
  end(name: string, asOf: number | null): Promise<EndAnswer> {
    return post(`${this.url}/staff/end`, { name, asOf }, this.caller, endAnswer)
  }

  /** Ends one device. @param device its label, or how its key begins @param asOf ms; null: now */
  endKey(name: string, device: string, asOf: number | null): Promise<EndKeyAnswer> {
    return post(`${this.url}/staff/end-key`, { name, device, asOf }, this.caller, endKeyAnswer)
  }

  /** What waits for a second administrator. */
  async waiting(): Promise<WaitingAnswer["waiting"]> {
    return (await post(`${this.url}/staff/waiting`, {}, this.caller, waitingAnswer)).waiting
  }

  /** @throws PlatformError `unknown_waiting`, `same_administrator` */
  second(id: Uint8Array, yes: boolean): Promise<StaffChanged> {
    return post(`${this.url}/staff/second`, { id, yes }, this.caller, staffChanged)
  }
}
