import { isObject, type JsonObject } from "@aceso/core"
import type { Wrong } from "./conditions.ts"

/**
 * Elements by which other versions of FHIR say what R4 says elsewhere: that a thing was not done, or whose it is. R4
 * has none of them, and whoever reads R4 would read the contrary (STU3 3.0.2, DSTU2 1.0.2 and R5, each type's page).
 */
const ELSEWHERE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AllergyIntolerance: { substance: "DSTU2" },
  Communication: { notDone: "STU3", notDoneReason: "STU3" },
  Condition: { patient: "DSTU2" },
  Consent: { subject: "R5" },
  Encounter: { patient: "DSTU2", actualPeriod: "R5" },
  Immunization: { notGiven: "STU3", wasNotGiven: "DSTU2" },
  MedicationAdministration: {
    medication: "R5",
    notGiven: "STU3",
    wasNotGiven: "DSTU2",
    reasonNotGiven: "STU3",
  },
  MedicationDispense: { medication: "R5", notDoneCodeableConcept: "STU3", notDoneReference: "STU3" },
  MedicationRequest: { medication: "R5" },
  MedicationStatement: {
    medication: "R5",
    adherence: "R5",
    taken: "STU3",
    reasonNotTaken: "STU3",
    wasNotTaken: "DSTU2",
    patient: "DSTU2",
  },
  Procedure: {
    occurrenceDateTime: "R5",
    occurrencePeriod: "R5",
    notDone: "STU3",
    notDoneReason: "STU3",
    notPerformed: "DSTU2",
    reasonNotPerformed: "DSTU2",
  },
}

/** Why a resource of another version of FHIR is refused; undefined: nothing shows that it is. */
export function otherVersion(type: string, resource: JsonObject): Wrong | undefined {
  const elements = Object.hasOwn(ELSEWHERE, type) ? ELSEWHERE[type] : {}
  const found = Object.keys(elements).find((name) => resource[name] !== undefined)
  if (found !== undefined) return wrong(`${type}.${found}`, elements[found])
  // What R5 has as a CodeableReference, R4 would take for a code without a text.
  return isObject(resource.code) && resource.code.concept !== undefined
    ? wrong(`${type}.code.concept`, "R5")
    : undefined
}

const wrong = (element: string, version: string): Wrong => ({
  reason: "other_fhir_version",
  detail: `${element} is of FHIR ${version}, and R4 would be read otherwise; export it as R4`,
})
