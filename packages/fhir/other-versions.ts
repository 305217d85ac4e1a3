import type { JsonObject } from "@aceso/core"
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
  Encounter: { patient: "DSTU2" },
  Immunization: { notGiven: "STU3", wasNotGiven: "DSTU2" },
  MedicationAdministration: { notGiven: "STU3", wasNotGiven: "DSTU2", reasonNotGiven: "STU3" },
  MedicationDispense: { notDoneCodeableConcept: "STU3", notDoneReference: "STU3" },
  MedicationStatement: {
    taken: "STU3",
    reasonNotTaken: "STU3",
    wasNotTaken: "DSTU2",
    patient: "DSTU2",
  },
  Procedure: { notDone: "STU3", notDoneReason: "STU3", notPerformed: "DSTU2", reasonNotPerformed: "DSTU2" },
}

/** Why a resource of another version of FHIR is refused; undefined: nothing shows that it is. */
export function otherVersion(type: string, resource: JsonObject): Wrong | undefined {
  const elements = Object.hasOwn(ELSEWHERE, type) ? ELSEWHERE[type] : {}
  const found = Object.keys(elements).find((name) => resource[name] !== undefined)
  return found === undefined
    ? undefined
    : {
        reason: "other_fhir_version",
        detail: `${type}.${found} is of FHIR ${elements[found]}, and R4 would be read otherwise; export it as R4`,
      }
}
