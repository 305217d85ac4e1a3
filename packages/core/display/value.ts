import { asText, canonicalText, isObject, type Json, JsonNumber, type JsonObject } from "../json.ts"
import {
  absentOf,
  codingText,
  joined,
  periodText,
  present,
  quantityText,
  rangeText,
  ratioText,
  referenceText,
  scalarText,
  siteText,
} from "./datatypes.ts"
import { personName } from "./names.ts"
import { timingText } from "./timing.ts"
import { english as words } from "./words.ts"

interface Datatype {
  /** All that it may hold. */
  readonly members: ReadonlySet<string>
  /** One of these it has to hold. */
  readonly needs: readonly string[]
  readonly text: (value: JsonObject) => string | undefined
}
const datatype = (members: string, needs: string, text: Datatype["text"]): Datatype => ({
  members: new Set(members.split(" ")),
  needs: needs.split(" "),
  text,
})

/** R4 datatypes by their members; what holds another member is none of them, so that nothing is left out. */
const DATATYPES: readonly Datatype[] = [
  datatype("coding text", "coding", siteText),
  datatype("low high", "low high", rangeText),
  datatype("numerator denominator", "numerator denominator", ratioText),
  datatype("origin period factor lowerLimit upperLimit dimensions data", "origin dimensions", sampledText),
  datatype("event repeat code", "event repeat", timingText),
  datatype("contentType language data url size hash title creation", "contentType data size", attachmentText),
  datatype("use text family given prefix suffix period", "family given", personName),
  datatype("value comparator unit system code currency", "comparator unit currency", quantityText),
  datatype("start end", "start end", periodText),
  datatype("reference type identifier display", "reference identifier", referenceText),
  datatype("system version code display userSelected", "code", codingText),
  datatype("text time authorString authorReference", "text", noteText),
  datatype("display", "display", (value) => asText(value.display)),
]

const isOf = ({ members, needs }: Datatype, value: JsonObject): boolean =>
  needs.some((name) => value[name] !== undefined) &&
  Object.keys(value).every((name) => isAside(name) || members.has(name))
const isAside = (name: string): boolean => name === "id" || name === "extension" || name.startsWith("_")
/** A narrative says in HTML what the other members say. */
const isNarrative = (value: Json): boolean => isObject(value) && value.div !== undefined

/** A number, or that there is none, with or without a unit. */
const isNumber = (value: JsonObject): boolean =>
  (value.value instanceof JsonNumber || value._value !== undefined) &&
  Object.keys(value).every((name) => isAside(name) || NUMBER_MEMBERS.has(name))
const NUMBER_MEMBERS = new Set(["value", "comparator", "unit", "system", "code", "currency"])

function noteText(note: JsonObject): string | undefined {
  const author = asText(note.authorString) ?? referenceText(note.authorReference)
  return joined([asText(note.text), author, asText(note.time)])
}

/** Any value of FHIR's datatypes, known by its members; of what is none of them all members, with their names. */
export function valueText(value: Json | undefined): string | undefined {
  if (Array.isArray(value)) return joined(value.map(valueText), value.some(isBackbone) ? "; " : ", ")
  if (!isObject(value)) return scalarText(value)
  if (isNumber(value)) return quantityText(value)
  const known = DATATYPES.find((one) => isOf(one, value))
  if (known) return known.text(value)
  return (
    joined(
      Object.entries(value)
        .filter(([name, part]) => !isAside(name) && !isNarrative(part))
        .map(([name, part]) => {
          const text = valueText(part)
          return text === undefined ? undefined : `${labelOf(name)} ${text}`
        }),
    ) ??
    absentOf(value) ??
    (Object.keys(value).length > 0 ? canonicalText(value) : undefined)
  )
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
    said("period", data.period, " ms"),
    said(words.factor, data.factor),
    joined([said(`${words.limits} ${words.from}`, data.lowerLimit), said(words.to, data.upperLimit)], " "),
    said(words.dimensions, data.dimensions),
  ]
  return `${words.sampled} (${present(facts).join(", ")})`
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
  return `${words.attachment} ${present(facts).join(", ")}`.trim()
}

const isBackbone = (value: Json): boolean =>
  isObject(value) && !isNumber(value) && !DATATYPES.some((one) => isOf(one, value))

/** `doseNumberPositiveInt` of R4 without its type, then in words. */
export const labelOf = (name: string): string =>
  name
    .replace(
      /^(.+[a-z])(CodeableConcept|Quantity|Range|Ratio|String|DateTime|PositiveInt|Boolean|Decimal|Coding|Reference)$/,
      "$1",
    )
    .replace(/([a-z])([A-Z])/g, (_, before: string, letter: string) => `${before} ${letter.toLowerCase()}`)
