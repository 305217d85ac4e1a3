import { canonicalText, type JsonObject, parseJson } from "@aceso/core"
import type { StandingContent } from "./entries.ts"

/** By which one record of a patient is told from another; the rest of it changes from version to version. */
const TELLING = [
  "identifier",
  "code",
  "category",
  "type",
  "class",
  "vaccineCode",
  "medicationCodeableConcept",
  "effectiveDateTime",
  "effectivePeriod",
  "onsetDateTime",
  "occurrenceDateTime",
  "performedDateTime",
  "performedPeriod",
  "period",
  "authoredOn",
]

/** What a server makes of its own. */
const OF_SERVERS = new Set(["id", "meta", "text", "implicitRules", "language"])

/**
 * Whether what a source sends with a server's address is what it sent without one under the same type and id: it stands
 * with the same patients, and nothing tells the two apart; of what stands with nobody everything is compared.
 */
export function isSameWithoutServer(
  resource: JsonObject,
  patients: ReadonlySet<string>,
  before: StandingContent,
): boolean {
  const isSamePatients =
    patients.size === before.patients.length && before.patients.every((one) => patients.has(one))
  if (!isSamePatients) return false
  const known = parseJson(before.text) as JsonObject
  const names = patients.size > 0 ? TELLING : Object.keys(resource).filter((name) => !OF_SERVERS.has(name))
  return names.every((name) => {
    const [one, other] = [resource[name], known[name]]
    if (one === undefined || other === undefined) return true
    return canonicalText(one) === canonicalText(other)
  })
}
