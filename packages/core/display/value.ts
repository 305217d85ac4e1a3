import { asText, canonicalText, isObject, type Json, JsonNumber, type JsonObject } from "../json.ts"
import { type Datatype, isOfType, isWholly } from "./datatype.ts"
import {
  absentOf,
  codeText,
  codingText,
  conceptText,
  joined,
  periodText,
  quantityText,
  rangeText,
  ratioText,
  referenceText,
  scalarText,
  siteText,
  truthText,
} from "./datatypes.ts"
import { elementNames, memberOf, membersOf } from "./members.ts"
import { usedName } from "./names.ts"
import { tongue, words } from "./spoken.ts"
import { timingText } from "./timing.ts"

interface Known {
  readonly type: Datatype
  /** One of these it has to hold. */
  readonly needs: readonly string[]
  readonly text: (value: JsonObject) => string | undefined
}
const known = (type: Datatype, needs: string, text: Known["text"]): Known => ({
  type,
  needs: needs.split(" "),
  text,
})

/** R4 datatypes that are said in a way of their own; what is none of them wholly is said member by member. */
const KNOWN: readonly Known[] = [
  known("CodeableConcept", "coding text", siteText),
  known("Range", "low high", rangeText),
  known("Ratio", "numerator denominator", ratioText),
  known("SampledData", "origin dimensions", sampledText),
  known("Timing", "event repeat", timingText),
  known("Attachment", "contentType data size", attachmentText),
  known("HumanName", "family given", usedName),
  known("Quantity", "comparator unit currency", quantityText),
  known("Period", "start end", periodText),
  known("Reference", "reference identifier", referenceText),
  known("Coding", "code", codingText),
  known("Annotation", "text", noteText),
  known("Coding", "display", codingText),
]

const isOf = ({ type, needs }: Known, value: JsonObject): boolean =>
  needs.some((name) => value[name] !== undefined) && isWholly(type, value)
const isKnown = (value: JsonObject): boolean => isNumber(value) || KNOWN.some((one) => isOf(one, value))
/** A narrative says in HTML what the other members say. */
const isNarrative = (value: Json): boolean =>
  isObject(value) && value.div !== undefined && isWholly("Narrative", value)

/** A number, or that there is none, with or without a unit. */
const isNumber = (value: JsonObject): boolean =>
  (value.value instanceof JsonNumber || value._value !== undefined) && isWholly("Quantity", value)

function noteText(note: JsonObject): string | undefined {
  const author = asText(note.authorString) ?? referenceText(note.authorReference)
  return joined([asText(note.text), author, asText(note.time)])
}

/** Any value of FHIR's datatypes, known by its members; of what is none of them all members, with their names. */
export function valueText(value: Json | undefined): string | undefined {
  if (Array.isArray(value)) return joined(value.map(valueText), value.some(isBackbone) ? "; " : ", ")
  if (!isObject(value)) return truthText(value)
  const text = isNumber(value) ? quantityText(value) : KNOWN.find((one) => isOf(one, value))?.text(value)
  return (
    text ||
    (restText(value, []) ??
      absentOf(value) ??
      (Object.keys(value).length > 0 ? canonicalText(value) : undefined))
  )
}

/** The words of a concept, without its extensions; of anything else all that it says. */
export const wordsText = (value: Json | undefined): string | undefined =>
  textAs("CodeableConcept", conceptText, value)

/** As this datatype, where it is wholly one, whatever it may look like otherwise. */
export const textAs = (
  type: Datatype,
  text: (value: JsonObject) => string | undefined,
  value: Json | undefined,
): string | undefined => (isOfType(type, value) ? text(value) || valueText(value) : valueText(value))

/** An element by its name; of a choice element, such as `value[x]`, by its name and a type. */
export function choiceText(from: JsonObject, name: string): string | undefined {
  return joined(
    membersOf(from, name).map(
      (key) => codeText(name, from[key]) ?? valueText(from[key]) ?? absentOf(from[`_${key}`]),
    ),
  )
}

/** All members with their names, but those that another text says. @param said a choice element by its name */
export function restText(value: JsonObject, said: readonly string[]): string | undefined {
  const texts: (string | undefined)[] = []
  for (const key in value) {
    if (key === "id" || key === "extension") continue
    const name = memberOf(key)
    if ((key !== name && value[name] !== undefined) || isNarrative(value[key])) continue
    if (said.length > 0 && elementNames(key).some((one) => said.includes(one))) continue
    const text = key === name ? (codeText(name, value[key]) ?? valueText(value[key])) : absentOf(value[key])
    if (text !== undefined) texts.push(tongue.labelled(labelOf(name), text))
  }
  return joined(texts)
}

/** Named, with how many points it has; the points themselves are a curve and no text. */
function sampledText(data: JsonObject): string {
  const points = (asText(data.data) ?? "").split(/\s+/).filter((point) => point !== "").length
  const said = (label: string, value: Json | undefined, unit = "") => {
    const text = scalarText(value)
    return text === undefined ? undefined : `${label} ${text}${unit}`
  }
  const origin = quantityText(data.origin)
  const facts = [
    `${points} ${words.points}`,
    origin === undefined ? undefined : `${words.origin} ${origin}`,
    said(words.period, data.period, " ms"),
    said(words.factor, data.factor),
    joined([said(`${words.limits} ${words.atLeast}`, data.lowerLimit), said(words.to, data.upperLimit)], " "),
    said(words.dimensions, data.dimensions),
  ]
  return `${words.sampled} (${joined(facts)})`
}

function attachmentText(one: JsonObject): string {
  const size = scalarText(one.size)
  const facts = [
    asText(one.title),
    asText(one.contentType),
    size === undefined ? undefined : `${size} ${words.bytes}`,
    asText(one.creation),
    asText(one.url),
  ]
  return `${words.attachment} ${joined(facts) ?? ""}`.trim()
}

/** An object that is no datatype: what it says has names of its own. */
export const isBackbone = (value: Json): boolean => isObject(value) && !isKnown(value)

/** `doseNumberPositiveInt` of R4 without its type, then in words. */
export function labelOf(name: string): string {
  for (const element of elementNames(name)) {
    const own = tongue.elementOf(element)
    if (own !== undefined) return own
  }
  return name
    .replace(
      /^(.+[a-z])(CodeableConcept|Quantity|Range|Ratio|String|DateTime|PositiveInt|Boolean|Decimal|Coding|Reference)$/,
      "$1",
    )
    .replace(/([a-z])([A-Z])/g, (_, before: string, letter: string) => `${before} ${letter.toLowerCase()}`)
}
