import type { Purpose } from "@aceso/core"

/** FHIR R4's practitioner-role, v3's and what the demo's organisations have beside them; whether they write clinical records. */
const ROLES: Readonly<Record<string, boolean>> = {
  doctor: true,
  physician: true,
  "emergency-physician": true,
  nurse: true,
  midwife: true,
  dentist: true,
  pharmacist: true,
  therapist: true,
  psychologist: true,
  paramedic: true,
  // Of a laboratory or of imaging: results are theirs.
  technician: true,
  // They read for a purpose of their own, or speak with patients, and treat nobody.
  researcher: false,
  "social-worker": false,
  "claims-officer": false,
  // Of an office that reads what a person shows it, such as one vaccination for a visa.
  "visa-officer": false,
  clerk: false,
  "patient-relations": false,
  "complaints-officer": false,
}

/** Roles that this release knows. */
export const KNOWN_ROLES: readonly string[] = Object.keys(ROLES)

/** Whether somebody with this role writes in patients' records; one that is not known here does not. */
export const isClinicalRole = (role: string): boolean => Object.hasOwn(ROLES, role) && ROLES[role]

const PURPOSES_BY_ROLE: Readonly<Record<string, Purpose>> = {
  "claims-officer": "HPAYMT",
  "visa-officer": "PATRQT",
  researcher: "HRESCH",
}
/** What somebody of this role reads for, as a rule. */
export const usualPurpose = (role: string | undefined): Purpose =>
  role !== undefined && Object.hasOwn(PURPOSES_BY_ROLE, role) ? PURPOSES_BY_ROLE[role] : "TREAT"

/** They see what people show them, one by one, and look nobody up. */
const SHOWN_ALONE: readonly string[] = ["visa-officer"]
export const maySearch = (role: string | undefined): boolean =>
  role === undefined || !SHOWN_ALONE.includes(role)

/** Roles whose work is the desk: they register people and let their devices join. */
export const DESK_ROLES: readonly string[] = ["clerk", "patient-relations"]
export const isDeskRole = (role: string): boolean => DESK_ROLES.includes(role)
