import {
  bool,
  bytes,
  type Infer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  pairingCode,
  publicKeySchema,
  role,
  sixDigits,
  text,
  uint,
} from "@aceso/core"

/** What a node's people and its administrators ask about who works with it. */
export const personName = text(64, /^[a-z][a-z0-9-]*$/)
/** By which its person tells a device from their others. */
export const deviceLabel = text(32, /^[a-z][a-z0-9-]*$/)
/** Of one person, with those that have ended. */
export const MAX_DEVICES = 32
/** Of one person: one for each change of role, one for each absence. */
export const MAX_TERMS = 200
export const MAX_PEOPLE = 10_000

/** By whom: an administrator; absent: somebody at the node's own folder. `second`: who of the others agreed. */
const byWhom = { by: optional(personName), second: optional(personName) }
/** ms, half-open; `to` absent: open. */
const period = { from: uint(), to: optional(uint()) }
/** `role`: of a practitioner. */
const rights = { role: optional(role), isAdministrator: bool() }

export const staffAnswer = object({
  people: list(
    object({
      name: personName,
      ...rights,
      /** May act now. */
      isInForce: bool(),
      /** When they come back, ms; absent: they are not absent. */
      absentUntil: optional(uint()),
      ...period,
      devices: list(
        object({ key: publicKeySchema, label: deviceLabel, isInForce: bool(), ...period, ...byWhom }),
        MAX_DEVICES,
      ),
      terms: list(object({ ...rights, ...period, ...byWhom }), MAX_TERMS),
    }),
    MAX_PEOPLE,
  ),
})
export type StaffAnswer = Infer<typeof staffAnswer>

export const addQuestion = object({ name: personName, key: publicKeySchema, ...rights })
export type AddQuestion = Infer<typeof addQuestion>

/** What became of a change. */
export const staffChanged = object({
  name: personName,
  /** The ledger has the directory as it is now. */
  isPublished: bool(),
  /** Nothing has changed yet: another administrator has to agree (`/staff/waiting`). */
  waitsForSecond: bool(),
})
export type StaffChanged = Infer<typeof staffChanged>

/** Without role and rights where it is for a further device of somebody who is there. */
export const inviteQuestion = object({ name: personName, ...rights, label: optional(deviceLabel) })
export type InviteQuestion = Infer<typeof inviteQuestion>
export const inviteAnswer = object({
  code: pairingCode,
  /** ms */
  expiresAt: uint(),
  /** Somebody who was not there before; else a further device. */
  isNew: bool(),
})
export type InviteAnswer = Infer<typeof inviteAnswer>

export const pairingQuestion = object({ code: pairingCode })
export const pairingAnswer = object({ hasDevice: bool(), isConfirmed: bool() })
export type PairingAnswer = Infer<typeof pairingAnswer>
export const digitsQuestion = object({ code: pairingCode, digits: sixDigits })

/** The rights from now on, all of them. */
export const changeQuestion = object({ name: personName, role: nullable(role), isAdministrator: bool() })
/** `from` absent: from now on. */
export const absentQuestion = object({ name: personName, from: optional(uint()), until: uint() })

/** `asOf` null: now. */
export const endQuestion = object({ name: personName, asOf: nullable(uint()) })
/** `device`: its label, or how its key begins, in hexadecimal. */
export const endKeyQuestion = object({
  name: personName,
  device: text(64, /^[a-z0-9-]+$/),
  asOf: nullable(uint()),
})
export const endAnswer = object({
  name: personName,
  /** ms; earlier than what was asked for where it had ended by then. */
  to: uint(),
  /** The ledger has the directory as it is now. */
  isPublished: bool(),
})
export type EndAnswer = Infer<typeof endAnswer>
export const endKeyAnswer = object({
  name: personName,
  label: deviceLabel,
  key: publicKeySchema,
  to: uint(),
  isPublished: bool(),
})
export type EndKeyAnswer = Infer<typeof endKeyAnswer>

/** The caller's own standing, by the device that calls. */
export const meAnswer = object({ name: personName, ...rights, label: deviceLabel, ...period })
export type MeAnswer = Infer<typeof meAnswer>

/** So many changes wait for a second administrator at one time. */
export const MAX_SECONDS = 100
/** `person`: takes somebody on; `device`: a further device for an administrator; `rights`: makes one of somebody. */
export const waitingKind = oneOf("person", "device", "rights")
export const waitingAnswer = object({
  waiting: list(
    object({
      id: bytes(16),
      what: waitingKind,
      name: personName,
      ...rights,
      /** Of the device whose key would act. */
      label: optional(deviceLabel),
      key: optional(publicKeySchema),
      /** Who asks for it. */
      by: personName,
      at: uint(),
      lapsesAt: uint(),
    }),
    MAX_SECONDS,
  ),
})
export type WaitingAnswer = Infer<typeof waitingAnswer>
export const secondQuestion = object({ id: bytes(16), yes: bool() })
