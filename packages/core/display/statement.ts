import { clinicalTime } from "../clinical.ts"
import { asList, asText, isObject, type Json, type JsonObject } from "../json.ts"
import { isOfType } from "./datatype.ts"
import { absentOf, bothSay, codingsOf, codingText, joined, listed, present } from "./datatypes.ts"
import { ANY_TITLE, SITES, TITLES } from "./details.table.ts"
import { additionalText, detailsOf } from "./details.ts"
import { type First, firstOf } from "./first.ts"
import { marksOf, marksText } from "./marks.ts"
import { drugText, type Find, localName, medicationText } from "./medication.ts"
import { nameText, otherNames } from "./names.ts"
import { english, spokenIn, type Tongue, tongue, words } from "./spoken.ts"
import { unshownText } from "./unshown.ts"
import { choiceText, restText, valueText, wordsText } from "./value.ts"
import type { Mark } from "./words.ts"
import { entryOf } from "./words.ts"

export const MAX_TITLE = 500
export const MAX_VALUE = 4000
const MAX_SITE = 150
/** Characters. */
const MAX_REPEATED = 64 * 1024

/** What a resource states, for people. */
export interface Statement {
  readonly title: string
  readonly marks: readonly Mark[]
  readonly value?: string
  /** As it was written. */
  readonly timeText?: string
  /** In which block above the timeline it belongs. */
  readonly first?: First
  /** Its drug is named by a record of its own, which stands in no patient's log: its custodian alone vouches for it. */
  readonly isDrugApart?: true
}

const nothing: Find = () => undefined

/**
 * @param find resources of the same source by reference
 * @param language of our own words; what the source sent stands as it was sent
 * @returns undefined: it is no resource
 */
export const statementOf = (
  given: JsonObject,
  find: Find = nothing,
  language: Tongue = english,
): Statement | undefined => spokenIn(language, () => stated(given, find))

/** In the language that is spoken. */
export function stated(given: JsonObject, find: Find = nothing): Statement | undefined {
  const type = asText(given.resourceType)
  if (type === undefined) return undefined
  const { resource, apart } = withContained(given, find)
  const marks = marksOf(documentIn(resource) ?? resource)
  const site = joined([
    ...SITES.flatMap((name) => listed(resource[name]).map(valueText)),
    ...codingsOf(resource.code).map(sideText),
  ])
  const { text: named, paths } = titleOf(resource, type, find)
  const title = site === undefined ? named : `${cut(named, MAX_TITLE - MAX_SITE - 2)}, ${cut(site, MAX_SITE)}`
  const timeText = clinicalTime(resource)
  // Where nothing says what it is, its narrative does.
  const unnamed = paths.length === 0 ? additionalText(resource.text) : undefined
  const inside = apart.length > 0 ? `${words.contained} ${apart.join("; ")}` : undefined
  const others = paths.includes("name") ? otherNames(resource.name) : undefined
  const details = joined([unnamed, others, ...detailsOf(resource, paths), inside], "; ")
  const rest = unshownText(resource, paths)
  const first = firstOf(resource, marks, named, find)
  return {
    title: cut(title, MAX_TITLE),
    marks,
    ...valueWith(details, rest),
    ...(timeText !== undefined && timeText !== "" && { timeText: cut(timeText, 64) }),
    ...(first !== undefined && { first }),
    ...(isDrugApart(resource, find) && { isDrugApart: true }),
  }
}

/** A contained Medication is part of the record. */
function isDrugApart({ medicationReference: of }: JsonObject, find: Find): boolean {
  const reference = isObject(of) ? asText(of.reference) : undefined
  return reference !== undefined && !reference.startsWith("#") && find(reference) !== undefined
}

/** The side that German records say beside an ICD-10-GM or OPS code. */
function sideText(coding: JsonObject): string | undefined {
  const side = asList(coding.extension)
    .filter(isObject)
    .find(({ url }) => (asText(url) ?? "").endsWith("/seitenlokalisation"))?.valueCoding
  const code = isObject(side) ? (asText(side.code) ?? "") : ""
  return entryOf<string>(tongue.sides, code) ?? codingText(side)
}

/** What is left out is said last, however long the rest is. */
function valueWith(details: string | undefined, rest: string | undefined): { readonly value?: string } {
  if (rest === undefined) return details === undefined ? {} : { value: cut(details, MAX_VALUE) }
  const said = details === undefined ? undefined : cut(details, MAX_VALUE - rest.length - 2)
  return { value: cut(joined([said, rest], "; ") ?? "", MAX_VALUE) }
}

/** What a reference to a contained resource means stands in its display, where it has none of its own. */
function withContained(resource: JsonObject, find: Find): Contents {
  const all = listed(resource.contained)
  if (all.length === 0) return { resource, apart: [] }
  const local = new Map<string, Local>()
  const others: Json[] = []
  for (const one of all) {
    const name = isObject(one) ? localName(one) : undefined
    if (name === undefined || local.has(name)) others.push(one)
    else local.set(name, { resource: one as JsonObject })
  }
  let depth = 0
  /** @returns undefined: none, or it refers to itself */
  const textOf = (name: string): string | undefined => {
    const one = local.get(name)
    if (!one || one.isAsked || depth === MAX_DEPTH) return one?.text
    one.isAsked = true
    depth++
    one.resource = displayed(one.resource) as JsonObject
    one.text = wholeText(one.resource, find)
    depth--
    return one.text
  }
  // What is said again at each reference is bounded as a whole: only so much of it is shown.
  let room = MAX_REPEATED
  const displayed = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(displayed)
    if (!isObject(value)) return value
    const text = room > 0 ? textOf(asText(value.reference) ?? "") : undefined
    if (text !== undefined) {
      room -= text.length
      return { ...value, display: withDisplay(text, asText(value.display)) }
    }
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, displayed(part)]))
  }
  const { contained: _, medicationReference = null, ...rest } = resource
  const shown = displayed(rest) as JsonObject
  // The title says which drug it is, from the Medication itself.
  if (isObject(medicationReference)) textOf(asText(medicationReference.reference) ?? "")
  const apart = [...local].flatMap(([name, { isAsked }]) => (isAsked ? [] : [textOf(name)]))
  const contained = [...local.values()].map((one) => one.resource)
  return {
    resource: { ...shown, contained, medicationReference },
    apart: present([...apart, ...others.map((one) => wholeText(one, find))]),
  }
}

/** A resource whose references to what it contains have a display, and what it contains that nothing refers to. */
interface Contents {
  readonly resource: JsonObject
  readonly apart: readonly string[]
}

interface Local {
  resource: JsonObject
  isAsked?: true
  text?: string
}

/** All that a contained resource says, in one text. */
function wholeText(one: Json, find: Find): string | undefined {
  const { contained: _, ...inner } = isObject(one) ? one : {}
  const said = stated(inner, find)
  if (said === undefined) return valueText(one)
  return `${marksText(said.marks)}${said.title}${said.value === undefined ? "" : `: ${said.value}`}`
}

/** That far contained resources that refer to each other are followed; what lies behind stands apart. */
const MAX_DEPTH = 8

const withDisplay = (text: string, display = text): string =>
  text.startsWith(`${display}: `) ? text : bothSay(display, text)

/** The Composition of a document, which says what the document is and whether it is so. */
function documentIn(resource: JsonObject): JsonObject | undefined {
  if (resource.resourceType !== "Bundle" || resource.type !== "document") return undefined
  const [first] = asList(resource.entry)
  return isObject(first) && isObject(first.resource) ? first.resource : undefined
}

/** `paths`: the elements that are the title, so that they are not said again; empty: nothing says what it is. */
interface Title {
  readonly text: string
  readonly paths: readonly string[]
}

function titleOf(resource: JsonObject, type: string, find: Find): Title {
  const composition = documentIn(resource)
  if (composition) return titleOf(composition, asText(composition.resourceType) ?? "", find)
  const drug = drugText(resource, find)
  if (drug !== undefined) return { text: drug, paths: ["medication"] }
  const special = entryOf(SPECIAL, type)?.(resource)
  if (special !== undefined) return { text: special, paths: ["code"] }
  for (const path of [...(entryOf(TITLES, type) ?? []), ...ANY_TITLE]) {
    const text = at(resource, path)
    if (text !== undefined) return { text, paths: [path] }
  }
  const name = nameText(resource.name)
  return name === undefined
    ? {
        text: absentOf(resource._code) ?? `${entryOf(tongue.types, type) ?? type} (${words.noCode})`,
        paths: [],
      }
    : { text: name, paths: ["name"] }
}
const SPECIAL: Readonly<Record<string, (resource: JsonObject) => string | undefined>> = {
  Medication: medicationText,
  FamilyMemberHistory: conditionsText,
}

function at(resource: JsonObject, path: string): string | undefined {
  const [holder, name] = path.includes(".") ? path.split(".") : [undefined, path]
  if (holder === undefined) return name === "name" ? nameText(resource.name) : titleText(resource, name)
  return joined(listed(resource[holder]).map((one) => (isObject(one) ? titleText(one, name) : undefined)))
}

function titleText(from: JsonObject, name: string): string | undefined {
  const concepts = listed(from[name])
  const isConcept = (one: Json) => isOfType("CodeableConcept", one)
  return concepts.length > 0 && concepts.every(isConcept)
    ? joined(concepts.map(wordsText))
    : choiceText(from, name)
}

/** What a relative had; which relative stands in the mark before it. */
function conditionsText(resource: JsonObject): string | undefined {
  const conditions = listed(resource.condition).map((one) => {
    if (!isObject(one)) return valueText(one)
    const onset = choiceText(one, "onset")
    return joined([
      wordsText(one.code),
      onset === undefined ? undefined : `${tongue.labels.onset} ${onset}`,
      valueText(one.outcome),
      one.contributedToDeath === true ? words.contributedToDeath : undefined,
      valueText(one.note),
      restText(one, ["code", "onset", "outcome", "contributedToDeath", "note"]),
    ])
  })
  return joined(conditions, "; ")
}

/** Whoever reads sees that it goes on; never within a word, a number or a character. Never empty. */
export function cut(text: string, length: number): string {
  // A byte order mark is no text (R4 2.24.0.1), and no schema here takes one.
  const whole = text.replace(/^\ufeff+/, "").toWellFormed() || "?"
  if (whole.length <= length) return whole
  const room = length - 60
  const space = whole.slice(0, room + 1).search(/[ ，；][^ ，；]*$/)
  const kept = whole.slice(0, space > room / 2 ? space : room).replace(/[\ud800-\udbff]$/, "")
  return `${kept} … ${words.cut.replace("{n}", String(whole.length - kept.length))}`
}
