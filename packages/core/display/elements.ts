import { asText, canonicalText, isObject, type Json, type JsonObject } from "../json.ts"
import { attachmentsIn } from "../large-object.ts"
import { ASIDE } from "./aside.table.ts"
import { isOfType } from "./datatype.ts"
import { absentOf, codeText, conceptText, listed, present, scalarText, truthText } from "./datatypes.ts"
import { ALWAYS, ANY_TITLE, DETAILS, SITES, TITLES } from "./details.table.ts"
import { absentText, interpretationsText } from "./details.ts"
import { marksText } from "./marks.ts"
import { dosageText } from "./medication.ts"
import { membersOf } from "./members.ts"
import { personName } from "./names.ts"
import { wholeNarrative } from "./narrative.ts"
import { english, spokenIn, type Tongue, words } from "./spoken.ts"
import { stated } from "./statement.ts"
import { timingText } from "./timing.ts"
import { labelOf } from "./value.ts"
import { wholeOf } from "./whole.ts"
import { entryOf } from "./words.ts"

/** One element of a record, as a view of the whole record shows it. */
export interface ShownElement {
  /** Its name in words. */
  readonly label: string
  /** What it says; absent: it only holds others. */
  readonly text?: string
  /** Each line of the text is a line, and its blanks are to be shown as they are. */
  readonly isPreformatted?: boolean
  readonly inside: readonly ShownElement[]
}

/** What stands before all others, where a record has it. */
const FIRST = ["status", "docStatus", "lifecycleStatus", "clinicalStatus", "verificationStatus", "intent"]
/** What stands behind all others. */
const LAST = [
  "contained",
  "extension",
  "modifierExtension",
  "text",
  "meta",
  "implicitRules",
  "language",
  "id",
]

/**
 * All of a resource beside its type: each element by its name, none left out and none cut. Datatypes stand in words
 * where one line says all that is in them; else the words stand above the parts. Only large base64 is named by its size.
 */
export const elementsOf = (resource: JsonObject, language: Tongue = english): ShownElement[] =>
  spokenIn(language, () => allOf(resource))

const allOf = (resource: JsonObject): ShownElement[] =>
  namesOf(resource).flatMap((name) => memberOf(resource, name))

function memberOf(holder: JsonObject, name: string): ShownElement[] {
  const beside = isBeside(holder, `_${name}`) ? holder[`_${name}`] : undefined
  const shown = name === "data" ? dataText(holder) : undefined
  if (shown === undefined) return elements(name, holder[name], beside)
  return elements(name, shown, beside)
}

/** Of data that stands beside the record, or is long: its size. */
function dataText({ data = null, _data = null, origin, dimensions }: JsonObject): string | undefined {
  if (origin !== undefined || dimensions !== undefined) return undefined
  const [shown] = attachmentsIn({ data, _data })
  if (!shown || (shown.data !== undefined && shown.data.length <= MAX_BASE64)) return undefined
  return `${shown.size} ${words.bytes}, ${words.notShown}`
}
/** Characters of base64 that are shown as they are. */
const MAX_BASE64 = 200

/** In the order of a statement, then what it does not show; `_name` belongs to `name`. */
function namesOf(resource: JsonObject): string[] {
  const type = asText(resource.resourceType) ?? ""
  const named = [
    ...FIRST,
    ...(entryOf(TITLES, type) ?? []),
    ...ANY_TITLE,
    ...SITES,
    ...(entryOf(DETAILS, type) ?? []),
    ...ALWAYS.filter((name) => name !== "text"),
  ].flatMap((path) => membersOf(resource, path.split(".")[0]))
  const all = new Set(named)
  const rest = membersIn(resource).filter((name) => !all.has(name) && name !== "resourceType")
  const rank = (name: string) => (LAST.includes(name) ? 2 + LAST.indexOf(name) : ASIDE.has(name) ? 1 : 0)
  for (const name of rest.sort((a, b) => rank(a) - rank(b))) all.add(name)
  return [...all]
}

/** Each member once, whether it has a value, something beside the value, or both. */
const membersIn = (holder: JsonObject): string[] => [
  ...new Set(Object.keys(holder).map((name) => (isBeside(holder, name) ? name.slice(1) : name))),
]
/** `_birthDate` beside `birthDate`, or in its place (R4 json.html#primitive). */
const isBeside = (holder: JsonObject, name: string): boolean =>
  name.length > 1 && name[0] === "_" && (Array.isArray(holder[name]) || isObject(holder[name]))

/** Those of a member: as many as it has values. */
function elements(name: string, value: Json | undefined, beside: Json | undefined): ShownElement[] {
  const label = labelled(name, value)
  if (!Array.isArray(value) && !Array.isArray(beside)) return [element(name, label, value, beside)]
  const [values, besides] = [
    Array.isArray(value) ? value : [value],
    Array.isArray(beside) ? beside : [beside],
  ]
  const count = Math.max(value === undefined ? 0 : values.length, beside === undefined ? 0 : besides.length)
  if (count === 0) return [{ label, text: words.empty, inside: [] }]
  return Array.from({ length: count }, (_, i) => element(name, label, values[i], besides[i]))
}

/** People have a name of another kind than things have, which is another word in some languages. */
function labelled(name: string, value: Json | undefined): string {
  const isPerson = name === "name" && listed(value).some((one) => isOfType("HumanName", one))
  return isPerson ? words.personName : labelOf(name)
}

function element(
  name: string,
  label: string,
  value: Json | undefined,
  beside: Json | undefined,
): ShownElement {
  const aside = asideOf(label, beside)
  if (Array.isArray(value))
    return { label, inside: [...value.map((one) => element(name, label, one, undefined)), ...aside] }
  if (isObject(value)) {
    const shown = ofObject(name, value)
    return { label, ...shown, inside: [...shown.inside, ...aside] }
  }
  const said = value === null || value === undefined ? absentOf(beside) : sentText(name, value)
  const text = said || (aside.length > 0 ? undefined : words.empty)
  return { label, ...(text !== undefined && { text }), inside: aside }
}

/** A code of FHIR's own stands beside its word. */
function sentText(name: string, value: Json): string | undefined {
  const word = codeText(name, value)
  return word === undefined ? truthText(value) : `${word} (${scalarText(value)})`
}

/** Id and extensions of a primitive. */
function asideOf(label: string, beside: Json | undefined): readonly ShownElement[] {
  if (isObject(beside)) return membersOfObject(beside)
  return beside === undefined || beside === null
    ? []
    : [element("", `${words.beside} ${label}`, beside, undefined)]
}

type Shown = Omit<ShownElement, "label">

function ofObject(name: string, value: JsonObject): Shown {
  const type = asText(value.resourceType)
  if (type !== undefined) {
    const said = stated(value)
    const marked = said ? `${marksText(said.marks)}${said.title}` : undefined
    return { text: present([type, marked]).join(": "), inside: allOf(value) }
  }
  if (isNarrative(value)) return ofNarrative(value)
  const url = name === "extension" || name === "modifierExtension" ? asText(value.url) : undefined
  if (url) return withInside(url, value, new Set(["url"]))
  const whole = HAS_WORDS.has(name) ? undefined : wholeOf(value)
  return whole ? withInside(whole.text, value, whole.covered) : withInside(wordsOf(name, value), value)
}

/** Codes of these have words. */
const HAS_WORDS = new Set(["interpretation", "dataAbsentReason"])

function withInside(text: string | undefined, value: JsonObject, covered?: ReadonlySet<string>): Shown {
  const inside = membersOfObject(value, covered)
  const said = text ?? (inside.length === 0 ? words.empty : undefined)
  return { ...(said !== undefined && { text: said }), inside }
}

/** What the parts say together, above the parts; undefined: nothing but the parts. */
function wordsOf(name: string, value: JsonObject): string | undefined {
  if (name === "interpretation") return interpretationsText([value])
  if (name === "dataAbsentReason") return absentText(value)
  if (Array.isArray(value.coding)) return conceptText(value)
  if (isObject(value.repeat) || Array.isArray(value.event)) return timingText(value)
  if (/dosage/i.test(name)) return dosageText(value)
  if (value.family !== undefined || Array.isArray(value.given)) return personName(value)
  return absentOf(value)
}

const NOTHING: ReadonlySet<string> = new Set()

const membersOfObject = (value: JsonObject, covered = NOTHING): ShownElement[] =>
  membersIn(value)
    .filter((name) => !covered.has(name) || value[`_${name}`] !== undefined)
    .flatMap((name) => memberOf(value, name))

const isNarrative = (value: JsonObject): boolean =>
  typeof value.div === "string" && value.div.trimStart().startsWith("<div")

/** XHTML as the text that it is, all of it. */
function ofNarrative(value: JsonObject): Shown {
  const { div, ...more } = value
  const { text, isPreformatted } = wholeNarrative({ div }) ?? { text: canonicalText(div) }
  return { text, ...(isPreformatted && { isPreformatted }), inside: membersOfObject(more) }
}
