import { asList, asText, isObject, type Json, JsonNumber, type JsonObject } from "../json.ts"
import { tongue, words } from "./spoken.ts"
import { entryOf } from "./words.ts"

const DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

/** Names by which code systems are known; of others the whole URL is shown. */
const SYSTEMS: Readonly<Record<string, string>> = {
  "http://snomed.info/sct": "SNOMED CT",
  "http://loinc.org": "LOINC",
  "http://unitsofmeasure.org": "UCUM",
  "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
  "http://www.whocc.no/atc": "ATC",
  "http://hl7.org/fhir/sid/icd-10": "ICD-10",
  "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
  "http://hl7.org/fhir/sid/cvx": "CVX",
  "http://hl7.org/fhir/sid/ndc": "NDC",
}

export const present = (texts: readonly (string | undefined)[]): string[] =>
  texts.filter((text): text is string => text !== undefined && text !== "")

/** As the language that is spoken writes it between parts. @returns undefined: there is none of them */
export const joined = (texts: readonly (string | undefined)[], by = ", "): string | undefined => {
  const all = present(texts)
  return all.length > 0 ? all.join(entryOf(tongue.separators, by) ?? by) : undefined
}

/** One value or a list of them, as a list. */
export const listed = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]

/** The word of the spoken language for a code that FHIR itself gives out; English has none, the displays are English. */
export function knownConcept({ system, code }: JsonObject): string | undefined {
  const all = entryOf(tongue.concepts, asText(system) ?? "")
  return all && entryOf(all, asText(code) ?? "")
}

/** By their names in all releases of FHIR. There are tables of these; a code of another system may mean anything. */
const INTERPRETATION_SYSTEMS: ReadonlySet<string> = new Set([
  "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
  "http://terminology.hl7.org/CodeSystem/v2-0078",
  "http://hl7.org/fhir/v3/ObservationInterpretation",
  "http://hl7.org/fhir/v2/0078",
])
const ABSENT_SYSTEMS: ReadonlySet<string> = new Set([
  "http://terminology.hl7.org/CodeSystem/data-absent-reason",
  "http://hl7.org/fhir/data-absent-reason",
])

export const isInterpretation = ({ system }: JsonObject): boolean =>
  INTERPRETATION_SYSTEMS.has(asText(system) ?? "")
export const isAbsentReason = ({ system }: JsonObject): boolean => ABSENT_SYSTEMS.has(asText(system) ?? "")

/** What a coding says: its display; without one the code and the system that it is of. */
export function codingText(coding: Json | undefined): string | undefined {
  if (!isObject(coding)) return asText(coding)
  const display = asText(coding.display)
  const own = knownConcept(coding)
  if (own !== undefined) return display ? bothSay(own, display) : own
  if (display) return display
  const code = asText(coding.code)
  if (code === undefined) return absentOf(coding._code)
  const system = asText(coding.system)
  return system === undefined ? code : `${code} (${systemName(system)})`
}

export const systemName = (system: string): string => entryOf(SYSTEMS, system) ?? system

/** The codings of a concept in the order in which they speak for it: what a person chose, then what has words. */
export function codingsOf(concept: Json | undefined): readonly JsonObject[] {
  const all = isObject(concept) ? asList(concept.coding).filter(isObject) : []
  const rank = (one: JsonObject) => (one.userSelected === true ? 0 : asText(one.display) ? 1 : 2)
  return [...all].sort((a, b) => rank(a) - rank(b))
}

/** The text of a concept, and beside it the words of its codings where they say something else. */
export function conceptText(concept: Json | undefined): string | undefined {
  if (!isObject(concept)) return asText(concept)
  const codings = codingsOf(concept)
  const said: string[] = []
  const own = codings.map(knownConcept)
  for (const text of present([
    ...own,
    asText(concept.text),
    ...codings.map(({ display }) => asText(display)),
  ])) {
    const same = said.findIndex((one) => isSame(one, text))
    if (same < 0) said.push(text)
    else said[same] = bothSay(said[same], text)
    if (said.length > MAX_WORDS) break
  }
  const [first, ...more] = said.slice(0, MAX_WORDS)
  const rest = said.length > MAX_WORDS ? ["…"] : []
  if (first === undefined)
    return (codings.length > 0 ? codingText(codings[0]) : undefined) ?? absentOf(concept)
  return more.length > 0 ? `${first} (${[...more, ...rest].join("; ")})` : first
}
/** Of one concept; a record may hold thousands. */
const MAX_WORDS = 8

/**
 * Two words for one matter: once where they are the same, or one has only a kind or a strength behind it, as in "Asthma
 * (disorder)" and "digoxin 0.125 mg".
 */
export function bothSay(first: string, second: string): string {
  const [a, b] = [first.toLowerCase(), second.toLowerCase()]
  if (isWith(a, b)) return first
  return isWith(b, a) ? second : `${first} (${second})`
}
const isWith = (longer: string, shorter: string): boolean =>
  longer.startsWith(shorter) && /^$|^ [(\d]|^, unspecified$/.test(longer.slice(shorter.length))

const isSame = (a: string, b: string): boolean => [a, b].includes(bothSay(a, b))

/** Where it is, with what extensions say of it, such as a laterality. */
export function siteText(site: Json | undefined): string | undefined {
  if (!isObject(site)) return conceptText(site)
  const more = asList(site.extension)
    .filter(isObject)
    .map(
      (one) =>
        conceptText(one.valueCodeableConcept) ?? codingText(one.valueCoding) ?? asText(one.valueString),
    )
  return joined([conceptText(site), ...more])
}

/** Why there is no value, by the extension for that; of a primitive the part with the underscore. */
export function absentOf(part: Json | undefined): string | undefined {
  if (!isObject(part)) return undefined
  const found = asList(part.extension)
    .filter(isObject)
    .find(({ url }) => url === DATA_ABSENT)
  const code = asText(found?.valueCode)
  return code === undefined
    ? undefined
    : `${words.absent}${words.colon}${entryOf<string>(tongue.absentReasons, code) ?? code}`
}

/** Number tokens as received, with comparator, unit, and the unit's code where that is another text. */
export function quantityText(quantity: Json | undefined): string | undefined {
  if (!isObject(quantity)) return scalarText(quantity)
  const { value } = quantity
  const token = scalarText(value)
  const unit = asText(quantity.unit)
  const code = asText(quantity.code) ?? asText(quantity.currency)
  const units = unit && code && unit !== code && code !== "1" ? `${unit} (${code})` : (unit ?? code)
  if (token === undefined)
    return joined([
      absentOf(quantity._value) ?? absentOf(quantity) ?? words.absent,
      asText(quantity.comparator),
      units,
    ])
  // That there is one and nobody says which is not that there is none.
  const comparator = asText(quantity.comparator) ?? (quantity._comparator === undefined ? "" : "?")
  return `${comparator}${token}${units ? ` ${units}` : ""}`
}

export function rangeText(range: Json | undefined): string | undefined {
  if (!isObject(range)) return undefined
  const [low, high] = [quantityText(range.low), quantityText(range.high)]
  if (low !== undefined && high !== undefined) return `${low} ${words.to} ${high}`
  if (low !== undefined) return `${words.atLeast} ${low}`
  return high === undefined ? undefined : `${words.upTo} ${high}`
}

export function ratioText(ratio: Json | undefined): string | undefined {
  if (!isObject(ratio)) return undefined
  return joined([quantityText(ratio.numerator) ?? "?", quantityText(ratio.denominator) ?? "?"], " : ")
}

export function periodText(period: Json | undefined): string | undefined {
  if (!isObject(period)) return asText(period)
  const [start, end] = [asText(period.start), asText(period.end)]
  if (start !== undefined && end !== undefined) return `${start} ${words.to} ${end}`
  if (start !== undefined) return `${words.from} ${start}`
  return end === undefined ? undefined : `${words.until} ${end}`
}

/** What a reference names for people: its display, else an identifier, else what it points at. */
export function referenceText(reference: Json | undefined): string | undefined {
  if (!isObject(reference)) return asText(reference)
  return asText(reference.display) || identifierText(reference.identifier) || asText(reference.reference)
}

export function identifierText(identifier: Json | undefined): string | undefined {
  if (!isObject(identifier)) return undefined
  const value = asText(identifier.value)
  const system = asText(identifier.system)
  return value === undefined || system === undefined ? value : `${value} (${system})`
}

/** A text that is a code of FHIR's own value sets, in the word of the spoken language. @param name of its element */
export function codeText(name: string, value: Json | undefined): string | undefined {
  const codes = entryOf(tongue.codes, name)
  if (codes === undefined) return undefined
  if (typeof value === "string") return entryOf(codes, value)
  if (!Array.isArray(value) || value.length === 0) return undefined
  const texts = value.map((one) => (typeof one === "string" ? entryOf(codes, one) : undefined))
  return texts.includes(undefined) ? undefined : joined(texts)
}

/** A number or text as it was written, a truth in the spoken language. */
export const truthText = (value: Json | undefined): string | undefined =>
  typeof value === "boolean" ? words[value ? "yes" : "no"] : scalarText(value)

/** A number, truth or text, as it was written. */
export function scalarText(value: Json | undefined): string | undefined {
  if (value instanceof JsonNumber) return value.token
  if (typeof value === "boolean") return String(value)
  return asText(value)
}
