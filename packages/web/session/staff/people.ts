import type { StaffAnswer, StaffChanged, StaffClient, WaitingAnswer } from "@aceso/client"
import { fromHex, toHex } from "@aceso/core"
import { type Fault, faultOf } from "../protocol.ts"

type Person = StaffAnswer["people"][number]
type Device = Person["devices"][number]

/** A device as its person's administrators tell it from others. */
export interface DeviceShown extends Omit<Device, "key"> {
  /** How its key begins: by this it is ended, whatever others are called. */
  readonly begins: string
}
/** Somebody who works with the node. */
export interface StaffShown extends Omit<Person, "devices"> {
  readonly devices: readonly DeviceShown[]
}

type Waiting = WaitingAnswer["waiting"][number]
/** A change that waits for a second administrator. */
export interface WaitingShown extends Omit<Waiting, "id" | "key"> {
  readonly id: string
  readonly begins?: string
}

/** What became of a change of rights, or of somebody new. */
export interface ChangedShown extends Pick<StaffChanged, "isPublished" | "waitsForSecond"> {
  /** The last day could not be kept: what the node says. */
  readonly endFault?: Fault
}

/** Whom an administrator invites, or what somebody is to be from now on. */
export interface Invited {
  readonly name: string
  readonly role: string | null
  readonly isAdministrator: boolean
}

const beginning = (key: Uint8Array): string => toHex(key).slice(0, 12)
const rightsOf = ({ role, isAdministrator }: Omit<Invited, "name">) => ({
  isAdministrator,
  ...(role !== null && { role }),
})

/** Who works with the node, as its administrators take them on, change and end them. */
export function peopleCalls({ people }: StaffClient) {
  return {
    staffPeople: async (): Promise<readonly StaffShown[]> =>
      (await people.all()).map((one) => ({
        ...one,
        devices: one.devices.map(({ key, ...device }) => ({ ...device, begins: beginning(key) })),
      })),
    /** A code for somebody new, or without role and rights for a further device. @throws PlatformError those of StaffPeople.invite */
    invite: ({ name, ...rights }: Invited, label: string | null) =>
      people.invite({ name, ...rightsOf(rights), ...(label !== null && { label }) }),
    /** @throws PlatformError `unknown_code` */
    invitedState: (code: string) => people.pairing(code),
    /**
     * @param last when whoever is new leaves again, ms; null: it is open
     * @throws PlatformError `digits_differ`, `no_device_yet`, `unknown_code`
     */
    confirmInvited: async (code: string, digits: string, last: number | null): Promise<ChangedShown> => {
      const { name, isPublished, waitsForSecond } = await people.confirm(code, digits)
      if (last === null || waitsForSecond) return { isPublished, waitsForSecond }
      try {
        const ended = await people.end(name, last)
        return { isPublished: ended.isPublished, waitsForSecond }
      } catch (error) {
        // They are in by now, and without an end.
        return { isPublished, waitsForSecond, endFault: faultOf(error) }
      }
    },
    changeRights: async ({ name, role, isAdministrator }: Invited): Promise<ChangedShown> => {
      const { isPublished, waitsForSecond } = await people.change(name, role, isAdministrator)
      return { isPublished, waitsForSecond }
    },
    /** @param until ms @param from ms; null: now */
    setAbsent: async (name: string, until: number, from: number | null): Promise<ChangedShown> => {
      const { isPublished, waitsForSecond } = await people.absent(name, until, from ?? undefined)
      return { isPublished, waitsForSecond }
    },
    /** @param asOf ms; null: now */
    endPerson: (name: string, asOf: number | null) => people.end(name, asOf),
    /** @param begins of its key */
    endDevice: async (name: string, begins: string): Promise<ChangedShown> => {
      const { isPublished } = await people.endKey(name, begins, null)
      return { isPublished, waitsForSecond: false }
    },
    waitingChanges: async (): Promise<readonly WaitingShown[]> =>
      (await people.waiting()).map(({ id, key, ...rest }) => ({
        ...{ ...rest, id: toHex(id) },
        ...(key && { begins: beginning(key) }),
      })),
    /** @throws PlatformError `unknown_waiting`, `same_administrator` */
    decideChange: async (id: string, yes: boolean): Promise<ChangedShown> => {
      const { isPublished, waitsForSecond } = await people.second(fromHex(id), yes)
      return { isPublished, waitsForSecond }
    },
  }
}
