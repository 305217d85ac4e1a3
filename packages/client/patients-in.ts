import { isObject, type JsonObject, orUndefined, parseJson } from "@aceso/core"
import type { SourceLine, TimelineEntry } from "./history-schemas.ts"

/** The newest Patient records that hold, of each custodian. */
export const patientsIn = (
  timeline: readonly TimelineEntry[],
): { readonly custodian: string; readonly patient: JsonObject }[] =>
  timeline
    .filter(({ resourceType, isStruckOut }) => resourceType === "Patient" && !isStruckOut)
    .flatMap(({ sources }) => sources.filter(({ status }) => status === "verified").flatMap(patientIn))

function patientIn({ custodian, content }: SourceLine) {
  const patient = content?.length
    ? orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
    : undefined
  return isObject(patient) ? [{ custodian, patient }] : []
}
