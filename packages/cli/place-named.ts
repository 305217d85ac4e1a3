import { type PatientPlace, placeName } from "@aceso/client"
import { placesNamed } from "@aceso/client/patient-place.ts"
import { UsageError } from "./session.ts"

/** What names one of the person's places in an option: a custodian, or one of two handles at one. */
export const PLACE_NAMED = "[a-z][a-z0-9-]*(?:\\.[0-9a-f]{1,16})?"

/**
 * One of the person's places by its custodian; where there are two of that custodian, by the beginning of its full name,
 * such as `city-hospital.0a1b`.
 * @param name undefined: the only one @param option as it is named in errors
 * @throws UsageError
 */
export function placeNamed(
  places: readonly PatientPlace[],
  name: string | undefined,
  option: string,
): PatientPlace {
  const found = name === undefined ? places : placesNamed(places, name)
  if (found.length === 1) return found[0]
  const known = found.length > 0 ? found : places
  const names = known.map((place) =>
    places.filter(({ custodian }) => custodian === place.custodian).length > 1
      ? placeName(place)
      : place.custodian,
  )
  throw new UsageError(
    found.length === 0
      ? `you are no patient of ${name}; ${option} takes one of ${names.join(", ")}`
      : `which one? ${option} takes one of ${names.join(", ")}`,
  )
}
