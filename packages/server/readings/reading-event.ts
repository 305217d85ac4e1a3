import {
  type Bytes,
  canonicalJson,
  type Handle,
  MEMBER_SYSTEM,
  PRACTITIONER_ROLE_SYSTEM,
  PRACTITIONER_SYSTEM,
  PURPOSE_SYSTEM,
  type PublicKey,
  toHex,
  toJson,
} from "@aceso/core"
import { dicom, identified, patient } from "../exchange/audit-event.ts"

/** Who of the own staff looks, and at what of a patient's records. */
export interface Reader {
  readonly key: PublicKey
  readonly name: string
  readonly role: string
  readonly purpose: string
  /** `history`; `search`: found by what it says; or an attachment, with the index of its record. */
  readonly what: "history" | "search" | `attachment ${number}`
}

const PATIENT_RECORD = dicom("110110", "Patient Record")

/** One look as FHIR R4 AuditEvent (DICOM PS3.16: Patient Record, 110110; IHE BALP, "Patient Read"). */
export function readingEvent(custodian: string, handle: Handle, reader: Reader, time: number): Bytes {
  const { key, name, role, purpose, what } = reader
  return canonicalJson(
    toJson({
      resourceType: "AuditEvent",
      type: PATIENT_RECORD,
      action: "R",
      recorded: new Date(time).toISOString(),
      outcome: "0",
      purposeOfEvent: [{ coding: [{ system: PURPOSE_SYSTEM, code: purpose }] }],
      agent: [
        { who: identified(MEMBER_SYSTEM, custodian), requestor: false },
        {
          ...{ name, who: identified(PRACTITIONER_SYSTEM, toHex(key)), requestor: true },
          role: [{ coding: [{ system: PRACTITIONER_ROLE_SYSTEM, code: role }] }],
        },
      ],
      source: { observer: identified(MEMBER_SYSTEM, custodian) },
      entity: [{ what: patient(handle), detail: [{ type: "reading", valueString: what }] }],
    }),
  )
}

/** A day's looks as one FHIR R4 AuditEvent, which stands in the disclosure log. @param root over them (core/readings.ts) */
export function readingsEvent(
  custodian: string,
  handle: Handle,
  day: { readonly from: number; readonly to: number; readonly count: number; readonly root: Bytes },
): Bytes {
  return canonicalJson(
    toJson({
      resourceType: "AuditEvent",
      type: PATIENT_RECORD,
      action: "R",
      period: { start: new Date(day.from).toISOString(), end: new Date(day.to).toISOString() },
      recorded: new Date(day.to).toISOString(),
      outcome: "0",
      agent: [{ who: identified(MEMBER_SYSTEM, custodian), requestor: true }],
      source: { observer: identified(MEMBER_SYSTEM, custodian) },
      entity: [
        {
          what: patient(handle),
          detail: [
            { type: "readings", valueString: String(day.count) },
            { type: "readings-root", valueString: toHex(day.root) },
          ],
        },
      ],
    }),
  )
}
