import { asList, asText, isObject, type Json, type JsonObject } from "../json.ts"
import {
  bothSay,
  codingsOf,
  conceptText,
  identifierText,
  joined,
  quantityText,
  rangeText,
  ratioText,
  scalarText,
  siteText,
} from "./datatypes.ts"
import { timingText } from "./timing.ts"
import { english as words } from "./words.ts"

/** What a reference such as `Medication/7` points at among what came from the same source. */
export type Find = (reference: string) => JsonObject | undefined

/** The Medication that is meant, contained or from the same source. */
export function medicationOf(resource: JsonObject, find: Find): JsonObject | undefined {
  const reference = isObject(resource.medicationReference)
    ? asText(resource.medicationReference.reference)
    : undefined
  if (reference === undefined) return undefined
  if (!reference.startsWith("#")) return find(reference)
  return asList(resource.contained)
    .filter(isObject)
    .find(({ id }) => id === reference.slice(1))
}

/** Which drug: by concept or by reference. @returns undefined: the resource has none of both */
export function drugText(resource: JsonObject, find: Find): string | undefined {
  const concept = conceptText(resource.medicationCodeableConcept)
  const reference = resource.medicationReference
  if (!isObject(reference)) return concept
  const medication = medicationOf(resource, find)
  const found = medication && medicationText(medication)
  const display = asText(reference.display)
  const named = found && display ? bothSay(display, found) : (found ?? display)
  const said =
    named ?? `${words.noDrug}: ${identifierText(reference.identifier) ?? asText(reference.reference) ?? "?"}`
  return concept === undefined ? said : bothSay(concept, said)
}

/** A Medication: what it is, form and strengths. */
export function medicationText(medication: JsonObject): string | undefined {
  const ingredients = asList(medication.ingredient)
    .filter(isObject)
    .map((one) => {
      const what =
        conceptText(one.itemCodeableConcept) ?? asText((one.itemReference as JsonObject | undefined)?.display)
      return joined([what, ratioText(one.strength)], " ")
    })
  const amount = ratioText(medication.amount)
  const isWrong = medication.status === "entered-in-error" || medication.status === "inactive"
  return joined([
    conceptText(medication.code),
    conceptText(medication.form),
    amount,
    joined(ingredients, " + "),
    isWrong ? `Medication ${medication.status}` : undefined,
  ])
}

/** All codings of the drug and of its ingredients. */
export function drugCodings(resource: JsonObject, find: Find): readonly JsonObject[] {
  const medication = medicationOf(resource, find)
  const inside = medication
    ? [
        medication.code,
        ...asList(medication.ingredient)
          .filter(isObject)
          .map((one) => one.itemCodeableConcept),
      ]
    : []
  return [resource.medicationCodeableConcept, ...inside].flatMap((concept) => [...codingsOf(concept)])
}

/** FHIR Dosage (R4 2.24.0.14), or the dosage of a MedicationAdministration: its text, and what its parts say. */
export function dosageText(dosage: Json | undefined): string | undefined {
  if (!isObject(dosage)) return asText(dosage)
  const rates = [...asList(dosage.doseAndRate).filter(isObject), dosage].map((one) => rateText(one))
  const needed = neededText(dosage)
  const parts = joined([
    joined(rates),
    timingText(dosage.timing),
    needed,
    conceptText(dosage.route),
    conceptText(dosage.method),
    dosage.site === undefined ? undefined : `${words.site} ${siteText(dosage.site)}`,
    most(ratioText(dosage.maxDosePerPeriod), `${words.per} period`),
    most(quantityText(dosage.maxDosePerAdministration), `${words.per} administration`),
    most(quantityText(dosage.maxDosePerLifetime), `${words.per} lifetime`),
    ...asList(dosage.additionalInstruction).map(conceptText),
    asText(dosage.patientInstruction),
  ])
  const text = asText(dosage.text)
  const said = text !== undefined && parts !== undefined ? `${text} (${parts})` : (text ?? parts)
  const step = scalarText(dosage.sequence)
  return said !== undefined && step !== undefined ? `${words.sequence} ${step}: ${said}` : said
}

const most = (amount: string | undefined, per: string): string | undefined =>
  amount === undefined ? undefined : `${words.maxDose} ${amount} ${per}`

function neededText(dosage: JsonObject): string | undefined {
  const reason = conceptText(dosage.asNeededCodeableConcept)
  if (reason !== undefined) return `${words.asNeededFor} ${reason}`
  return dosage.asNeededBoolean === true ? words.asNeeded : undefined
}

function rateText(one: JsonObject): string | undefined {
  const dose = quantityText(one.doseQuantity) ?? rangeText(one.doseRange) ?? quantityText(one.dose)
  const rate = ratioText(one.rateRatio) ?? rangeText(one.rateRange) ?? quantityText(one.rateQuantity)
  // The kind of a dose, "ordered" or "calculated", stands only beside one.
  const kind =
    one.doseAndRate === undefined && (dose ?? rate) !== undefined ? conceptText(one.type) : undefined
  return joined(
    [dose, rate === undefined ? undefined : `rate ${rate}`, kind === undefined ? undefined : `(${kind})`],
    " ",
  )
}
