import type { MarkKey } from "./words.ts"

/** Codes of R4's status elements, of every type; null: nothing has to be said. */
export const STATUS: Readonly<Record<string, MarkKey | null>> = {
  "entered-in-error": "entered-in-error",
  refuted: "refuted",
  "not-done": "not-done",
  "not-taken": "not-taken",
  cancelled: "cancelled",
  canceled: "cancelled",
  declined: "declined",
  rejected: "rejected",
  revoked: "revoked",
  failed: "failed",
  aborted: "aborted",
  abandoned: "aborted",
  noshow: "no-show",
  differential: "differential",
  provisional: "provisional",
  unconfirmed: "unconfirmed",
  suspected: "suspected",
  preliminary: "preliminary",
  partial: "partial",
  potential: "potential",
  draft: "draft",
  proposed: "proposed",
  requested: "proposed",
  planned: "planned",
  pending: "waiting",
  waitlist: "waiting",
  booked: "booked",
  registered: "registered",
  preparation: "preparation",
  intended: "intended",
  "in-progress": "in-progress",
  "on-hold": "on-hold",
  onhold: "on-hold",
  suspended: "on-hold",
  stopped: "stopped",
  ended: "ended",
  resolved: "resolved",
  remission: "remission",
  inactive: "inactive",
  recurrence: "recurrence",
  relapse: "relapse",
  superseded: "superseded",
  retired: "inactive",
  unavailable: "unavailable",
  unsatisfactory: "unsatisfactory",
  amended: "amended",
  corrected: "corrected",
  appended: "appended",
  unknown: "status-unknown",
  "health-unknown": "no-information",
  final: null,
  completed: null,
  active: null,
  confirmed: null,
  current: null,
  available: null,
  accepted: null,
  received: null,
  ready: null,
  finished: null,
  arrived: null,
  "checked-in": null,
  fulfilled: null,
  triaged: null,
  onleave: null,
  actual: null,
  issued: null,
  balanced: null,
  billable: null,
  billed: null,
  "not-billable": null,
  open: null,
  free: null,
  busy: null,
  "busy-unavailable": null,
  "busy-tentative": null,
  published: null,
}

/** Types of which "completed" means that it is over, not that it was done. */
export const OVER_WHEN_COMPLETED = new Set([
  "Condition",
  "AllergyIntolerance",
  "MedicationRequest",
  "MedicationStatement",
  "ServiceRequest",
  "DeviceRequest",
  "SupplyRequest",
  "NutritionOrder",
  "CarePlan",
  "Goal",
  "DeviceUseStatement",
])

/** R4 request-intent. */
export const INTENT: Readonly<Record<string, MarkKey>> = {
  proposal: "proposed",
  plan: "planned",
  directive: "ordered",
  order: "ordered",
  "original-order": "ordered",
  "reflex-order": "ordered",
  "filler-order": "ordered",
  "instance-order": "ordered",
  option: "option",
}

/** Types that state no fact of the past or present, whatever their status. */
export const KIND: Readonly<Record<string, MarkKey>> = {
  Goal: "goal",
  RiskAssessment: "risk",
  ImmunizationRecommendation: "recommended",
  SupplyRequest: "ordered",
  VisionPrescription: "ordered",
}

/** "No known ..." and "no information about ...": SNOMED CT situations, and IPS absent-or-unknown codes by their form. */
export const NONE_KNOWN = new Set([
  "716186003", // no known allergy
  "409137002", // no known drug allergy
  "429625007", // no known food allergy
  "428607008", // no known environmental allergy
  "428197003", // no known insect allergy
  "716184000", // no known latex allergy
  "160244002", // no known allergies, of older editions
  "160245001", // no current problems or disability
  "787481004", // no known medications
])
export const NONE_KNOWN_FORM = /^no-known-|^no-(allerg|problem|medication|procedure|device|immunization)\w*$/
/** The same where a source gives words alone. */
export const NONE_KNOWN_WORDS =
  /^(no|none) known\b|^(nka|nkda|nkfa)\b|^no (known )?(\w+ )?(allergies|allergy)\b|^(无已知|無已知|否认|否認|未发现|無|无)\S*过敏|^无已知/i
/** What is excepted of it is known. */
export const EXCEPT =
  /\b(except|but|other than|apart from|besides|save for|au(ß|ss)er|sauf|salvo|excepto)\b|除|但|以外|唯/i
export const NO_INFORMATION_FORM = /^no-[a-z-]+-info$/

/** Values that say that something is not there: SNOMED CT, LOINC answers, v3 and v2 interpretations. */
export const NOT_THERE: Readonly<Record<string, MarkKey>> = {
  "2667000": "absent",
  "272519000": "absent",
  "47492008": "absent",
  "260415000": "absent", // not detected
  "260385009": "negative",
  "373067005": "no",
  "LA9634-2": "absent",
  "LA11884-6": "absent",
  "LA6577-6": "negative",
  "LA32-8": "no",
}
export const NOT_THERE_INTERPRETATION: Readonly<Record<string, MarkKey>> = {
  NEG: "negative",
  ND: "absent",
  NR: "negative",
}
/** The same as words that stand alone. */
export const NOT_THERE_WORDS: Readonly<Record<string, MarkKey>> = {
  absent: "absent",
  "not detected": "absent",
  "not present": "absent",
  undetected: "absent",
  none: "absent",
  negative: "negative",
  "non-reactive": "negative",
  nonreactive: "negative",
  no: "no",
  无: "absent",
  未检出: "absent",
  阴性: "negative",
  陰性: "negative",
  否: "no",
}

/** KBV_CS_SFHIR_ICD_DIAGNOSESICHERHEIT; `G` is sure. */
export const CERTAINTY: Readonly<Record<string, MarkKey>> = {
  A: "refuted",
  V: "suspected",
  Z: "resolved",
}
