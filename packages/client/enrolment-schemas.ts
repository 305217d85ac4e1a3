import {
  bool,
  bytes,
  enrolAction,
  handle,
  type Infer,
  list,
  memberId,
  nullable,
  object,
  oneOf,
  optional,
  pairingCode,
  payloadId,
  publicKeySchema,
  sixDigits,
  text,
  uint,
} from "@aceso/core"
import { shownPatient } from "./schemas.ts"

/** A patient at the desk, and the patient's new device. Patients are named by alias; all times are ms. */

const alias = text(64)
/** In one line, without characters that nobody sees. */
const line = (max: number) => text(max, /^[^\p{C}]+$/u)

/** `isLost`: the patient has a key, and the device with it is lost for good. */
export const enrolQuestion = object({ alias: text(200), isLost: optional(bool()) })
export const rekeyCancel = object({ alias: text(200) })
export const deskStandingQuestion = object({ alias: text(200) })
/** Of a patient, at the desk: whether a device of theirs counts, and from when on another one takes its place (ms). */
export const deskStanding = object({ hasKey: bool(), pendingFrom: optional(uint()) })
export type DeskStanding = Infer<typeof deskStanding>
/** `code`: for the device, once. */
export const enrolOpened = object({ code: pairingCode, expiresAt: uint() })
export type EnrolOpened = Infer<typeof enrolOpened>
export const enrolStateQuestion = object({ code: pairingCode })
/** `hasDevice`: one has come with the code; `countsFrom`: in place of a lost key it counts from then on. */
export const enrolState = object({
  hasDevice: bool(),
  isConfirmed: bool(),
  isEnrolled: bool(),
  countsFrom: optional(uint()),
})
export type EnrolState = Infer<typeof enrolState>
export const enrolConfirm = object({ code: pairingCode, digits: sixDigits })
export const enrolConfirmed = object({ alias })

/** What a device is told once its digits were typed: whom it joins, and what it has to sign for that. */
export const personTold = object({
  custodian: memberId,
  handle,
  /** Of the key that it makes, from 1. */
  keyNumber: uint(1_000_000, 1),
  action: enrolAction,
  /** By which the custodian signs. */
  memberKey: publicKeySchema,
  /** As recorded; absent: it is not. */
  name: optional(text(200)),
  birthDate: optional(text(20)),
  /** What stands in the person's audit by now. */
  auditEntries: uint(),
})
export type PersonTold = Infer<typeof personTold>
/** @param envelope `signFirstKey`, without the custodian's signature */
export const firstKeyQuestion = object({ envelope: bytes(1, 4096) })
export const firstKeyAnswer = object({ payloadId, height: uint() })
export type FirstKeyAnswer = Infer<typeof firstKeyAnswer>

export const MAX_PHOTO_BYTES = 256 * 1024
const date = text(10, /^\d{4}-\d\d-\d\d$/)
const system = text(200, /^[A-Za-z][A-Za-z0-9+.-]*:[^\s\p{C}]+$/u)

/** What a clerk looked at; the code of HL7 table 0203 that says so stands in the record. */
export const documentType = oneOf(
  "national-id",
  "passport",
  "driving-licence",
  "residence-permit",
  "birth-certificate",
  "insurance-card",
)
export const checkedDocument = object({
  type: documentType,
  number: line(100),
  /** Whose numbers these are, such as `http://hl7.org/fhir/sid/passport-CHN`; without it whoever has the same kind with this number is asked about. */
  system: optional(system),
  /** Who issued it. */
  issuer: optional(line(200)),
  validUntil: optional(date),
})
export type CheckedDocument = Infer<typeof checkedDocument>

const person = {
  name: object({ family: line(100), given: list(line(100), 8) }),
  birthDate: date,
  sex: oneOf("female", "male", "other", "unknown"),
  identifiers: list(object({ system, value: line(100) }), 16),
  /** Absent: none was there to be checked, as of somebody unconscious. */
  document: optional(checkedDocument),
}
/** What is known of the person, as `aceso register` reads it from a file. */
export const personToRegister = object(person)
export type PersonToRegister = Infer<typeof personToRegister>
export const registerQuestion = object({
  ...person,
  /** JPEG or PNG, compared with the document. */
  photo: optional(bytes(1, MAX_PHOTO_BYTES)),
  /** Although others may be this person: they were looked at, and are not. */
  evenSo: optional(bool()),
})
export type RegisterQuestion = Infer<typeof registerQuestion>
export const MAX_ALIKE = 20
export const registerAnswer = object({
  /** null: nothing was stored, because somebody here may be this person. */
  registered: nullable(object({ alias, handle })),
  /** Who may be this person, and why. */
  alike: list(object({ patient: shownPatient, reasons: list(text(32), 16) }), MAX_ALIKE),
})
export type RegisterAnswer = Infer<typeof registerAnswer>
