import { canonicalText, type JsonObject, parseJson } from "@aceso/core"
import type { StandingContent } from "./entries.ts"

/** By which one record of a patient is told from another; the rest of it changes from version to version. */
const TELLING =
  /^(?:identifier|code|category|type|class|vaccineCode|relationship|content|item|period|billablePeriod|created|date|authoredOn|recordedDate|sent|started|(?:medication|effective|onset|occurrence|performed|timing|serviced)(?:[A-Z]\w*)?)$/
/** Choice elements, of which a record has one or the other. */
const CHOICE = /^(medication|effective|onset|occurrence|performed|timing|serviced)[A-Z]/

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
  const isTelling = (name: string) => (patients.size > 0 ? TELLING.test(name) : !OF_SERVERS.has(name))
  return Object.keys(resource)
    .filter(isTelling)
    .every((name) => {
      const other = known[name]
      if (other !== undefined) return canonicalText(resource[name]) === canonicalText(other)
      const [, stem] = CHOICE.exec(name) ?? []
      return stem === undefined || !Object.keys(known).some((one) => one.startsWith(stem) && CHOICE.test(one))
    })
}
