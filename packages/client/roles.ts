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
  clerk: false,
  "patient-relations": false,
  "complaints-officer": false,
}

/** Roles that this release knows. */
export const KNOWN_ROLES: readonly string[] = Object.keys(ROLES)

/** Whether somebody with this role writes in patients' records; one that is not known here does not. */
export const isClinicalRole = (role: string): boolean => Object.hasOwn(ROLES, role) && ROLES[role]

/** Roles whose work is the desk: they register people and let their devices join. */
export const DESK_ROLES: readonly string[] = ["clerk", "patient-relations"]
export const isDeskRole = (role: string): boolean => DESK_ROLES.includes(role)
