import { asList, asText, isObject, type JsonObject } from "../json.ts"
import { bothSay, codeText, codingsOf, joined, listed } from "./datatypes.ts"
import { words } from "./spoken.ts"
import { statusKey } from "./status.table.ts"
import { timingText } from "./timing.ts"
import { choiceText, restText, textAs, valueText, wordsText } from "./value.ts"

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
    .find((one) => localName(one) === reference)
}

/** By what the resource around it refers to a contained one; some sources write the `#` into its id. */
export function localName({ id }: JsonObject): string | undefined {
  const name = asText(id)
  return name === undefined || name.startsWith("#") ? name : `#${name}`
}

/** Which drug: by concept or by reference. @returns undefined: the resource has none of both */
export function drugText(resource: JsonObject, find: Find): string | undefined {
  const concept = wordsText(resource.medicationCodeableConcept)
  const reference = resource.medicationReference
  if (!isObject(reference)) return concept
  const medication = medicationOf(resource, find)
  const found = medication && joined([medicationText(medication), restText(medication, MEDICATION)])
  const display = asText(reference.display)
  const named = found && display ? bothSay(display, found) : (found ?? display)
  const said = named ?? `${words.noDrug}${words.colon}${valueText(reference) ?? "?"}`
  return concept === undefined ? said : bothSay(concept, said)
}

/** What a Medication is by itself, and what says nothing of the drug. */
const MEDICATION =
  `code form amount ingredient status resourceType meta implicitRules language text contained identifier
  modifierExtension`.split(/\s+/)

/** A Medication: what it is, form and strengths. */
export function medicationText(medication: JsonObject): string | undefined {
  const ingredients = listed(medication.ingredient).map((one) =>
    isObject(one) ? ingredientText(one) : valueText(one),
  )
  const isWrong = WRONG.has(statusKey(asText(medication.status) ?? "") ?? "")
  return joined([
    wordsText(medication.code),
    wordsText(medication.form),
    valueText(medication.amount),
    joined(ingredients, " + "),
    isWrong ? `${words.medication} ${codeText("status", medication.status) ?? medication.status}` : undefined,
  ])
}

const WRONG: ReadonlySet<string> = new Set(["entered-in-error", "inactive"])

function ingredientText(one: JsonObject): string | undefined {
  const text = joined(
    [choiceText(one, "item"), valueText(one.strength), restText(one, ["item", "strength", "isActive"])],
    " ",
  )
  return text !== undefined && one.isActive === false ? `${text} (${words.inactive})` : text
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
export function dosageText(dosage: JsonObject): string | undefined {
  const rates = listed(dosage.doseAndRate).map((one) =>
    isObject(one) ? joined([rateText(one), restText(one, ["dose", "rate", "type"])]) : valueText(one),
  )
  const parts = joined([
    ...rates,
    rateText(dosage),
    textAs("Timing", timingText, dosage.timing),
    neededText(dosage),
    valueText(dosage.route),
    valueText(dosage.method),
    dosage.site === undefined ? undefined : `${words.site} ${valueText(dosage.site)}`,
    most(valueText(dosage.maxDosePerPeriod), words.perPeriod),
    most(valueText(dosage.maxDosePerAdministration), words.perAdministration),
    most(valueText(dosage.maxDosePerLifetime), words.perLifetime),
    valueText(dosage.additionalInstruction),
    valueText(dosage.patientInstruction),
    restText(dosage, DOSAGE),
  ])
  const text = valueText(dosage.text)
  const said = text !== undefined && parts !== undefined ? `${text} (${parts})` : (text ?? parts)
  const step = valueText(dosage.sequence)
  return said !== undefined && step !== undefined ? `${words.sequence} ${step}${words.colon}${said}` : said
}
const DOSAGE =
  `doseAndRate dose rate timing asNeeded route method site maxDosePerPeriod maxDosePerAdministration
  maxDosePerLifetime additionalInstruction patientInstruction text sequence`.split(/\s+/)

const most = (amount: string | undefined, per: string): string | undefined =>
  amount === undefined ? undefined : `${words.maxDose} ${amount} ${per}`

function neededText(dosage: JsonObject): string | undefined {
  const reason = valueText(dosage.asNeededCodeableConcept)
  if (reason !== undefined) return `${words.asNeededFor} ${reason}`
  return dosage.asNeededBoolean === true ? words.asNeeded : undefined
}

/** Of a doseAndRate, or of a dosage that has dose and rate of its own. */
function rateText(one: JsonObject): string | undefined {
  const [dose, rate] = [choiceText(one, "dose"), choiceText(one, "rate")]
  // The kind of a dose is "ordered" or "calculated".
  const kind = valueText(one.type)
  return joined(
    [
      dose,
      rate === undefined ? undefined : `${words.rate} ${rate}`,
      kind === undefined ? undefined : `(${kind})`,
    ],
    " ",
  )
}
