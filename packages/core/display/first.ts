import { asText, type JsonObject } from "../json.ts"
import { ALLERGIES, ALLERGY_WORDS } from "./allergies.table.ts"
import { ATC_GROUP, CHINESE_NAMES, NAMES, RXNORM, SNOMED } from "./anticoagulants.table.ts"
import { codingsOf } from "./datatypes.ts"
import { isNotSo, isOver } from "./marks.ts"
import { drugCodings, type Find } from "./medication.ts"
import type { Mark, MarkKey } from "./words.ts"

/** What a doctor has to see before anything else. */
export const FIRST = ["flag", "allergy", "anticoagulant", "problem"] as const
export type First = (typeof FIRST)[number]

const MEDICATIONS = new Set([
  "MedicationRequest",
  "MedicationStatement",
  "MedicationAdministration",
  "MedicationDispense",
])
/** A problem with these is not one of now. */
const OVER_PROBLEM: ReadonlySet<MarkKey> = new Set<MarkKey>(["resolved", "remission", "inactive", "ended"])

/** @param title of the resource; @returns undefined: it belongs into no block */
export function firstOf(
  resource: JsonObject,
  marks: readonly Mark[],
  title: string,
  find: Find,
): First | undefined {
  if (isNotSo(marks)) return undefined
  const type = asText(resource.resourceType) ?? ""
  // An allergy that rests is one still; "no known allergies" belongs here too, with its mark.
  if (type === "AllergyIntolerance") return "allergy"
  if (type === "Flag") return isOver(marks) ? undefined : "flag"
  if (type === "Condition" && isAllergy(codingsOf(resource.code), title)) return "allergy"
  if (type === "Condition") return isPast(marks) ? undefined : "problem"
  // A prescription that is completed or stopped may still act; its mark says what it is.
  if (!MEDICATIONS.has(type)) return undefined
  return isAnticoagulant(drugCodings(resource, find), title) ? "anticoagulant" : undefined
}

/** Over, and nothing says the contrary: what may be a problem of now is not lost. */
const isPast = (marks: readonly Mark[]): boolean =>
  marks.some(({ key }) => OVER_PROBLEM.has(key)) && !marks.some(({ key }) => key === "also")

/** Many sources record an allergy as a problem. */
const isAllergy = (codings: readonly JsonObject[], title: string): boolean =>
  ALLERGY_WORDS.test([title, ...codings.map(({ display }) => asText(display) ?? "")].join(" ")) ||
  codings.some(({ code }) => ALLERGIES.has(asText(code) ?? ""))

function isAnticoagulant(codings: readonly JsonObject[], title: string): boolean {
  const words = [title, ...codings.flatMap(({ display }) => asText(display) ?? [])].join(" ").toLowerCase()
  return (
    codings.some((one) => {
      const [system, code] = [asText(one.system) ?? "", asText(one.code) ?? ""]
      if (isAtc(system)) return code.toUpperCase().startsWith(ATC_GROUP)
      if (/rxnorm|2\.16\.840\.1\.113883\.6\.88$/i.test(system)) return RXNORM.has(code)
      return /snomed|2\.16\.840\.1\.113883\.6\.96$/i.test(system) && SNOMED.has(code)
    }) ||
    NAME.test(words) ||
    CHINESE_NAMES.some((name) => words.includes(name))
  )
}

const NAME = new RegExp(`\\b(?:${NAMES.join("|")})`)

/** http://www.whocc.no/atc, its OID, and national editions of it. */
const isAtc = (system: string): boolean => /\batc\b|2\.16\.840\.1\.113883\.6\.73$/i.test(system)
