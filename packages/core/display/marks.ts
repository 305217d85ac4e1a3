import { dateRange } from "../clinical.ts"
import { asList, asText, isObject, type Json, type JsonObject } from "../json.ts"
import { absentOf, codingsOf, conceptText, isInterpretation, listed } from "./datatypes.ts"
import {
  CERTAINTY,
  EXCEPT,
  INTENT,
  KIND,
  NO_INFORMATION_FORM,
  NONE_KNOWN,
  NONE_KNOWN_FORM,
  NONE_KNOWN_WORDS,
  NOT_THERE,
  NOT_THERE_INTERPRETATION,
  NOT_THERE_WORDS,
} from "./marks.table.ts"
import { english, spokenIn, type Tongue, tongue } from "./spoken.ts"
import { statusOf } from "./status.ts"
import { wordsText } from "./value.ts"
import type { Mark } from "./words.ts"
import { entryOf, MARK_KEYS, type MarkKey } from "./words.ts"

export const MAX_MARKS = 32

/** With these what the title says is not so, or was never done. */
const NOT_SO: ReadonlySet<MarkKey> = new Set<MarkKey>([
  "entered-in-error",
  "refuted",
  "somebody-else",
  "do-not-perform",
  "not-done",
  "not-taken",
  "cancelled",
  "declined",
  "rejected",
  "revoked",
  "failed",
  "aborted",
  "no-show",
])
/** With these it is over. */
const OVER: ReadonlySet<MarkKey> = new Set<MarkKey>([
  "stopped",
  "completed",
  "ended",
  "resolved",
  "remission",
  "inactive",
  "superseded",
])
export const isOver = (marks: readonly Mark[]): boolean => marks.some(({ key }) => OVER.has(key))
export const isNotSo = (marks: readonly Mark[]): boolean => marks.some(({ key }) => NOT_SO.has(key))

/** `[REFUTED; FAMILY HISTORY of mother] `, to stand before a title; empty without marks. */
export function marksText(marks: readonly Mark[], language: Tongue = tongue): string {
  const said = marks.map(language.markText)
  return said.length > 0 ? `[${said.join(language.separators["; "] ?? "; ")}] ` : ""
}

/** Of STU3 and DSTU2, which say it by a member of its own. */
const NOT_DONE_MEMBERS = ["notDone", "notGiven", "wasNotGiven", "wasNotTaken"]

/** All marks of a resource, the gravest first. */
export function marksOf(resource: JsonObject): Mark[] {
  const type = asText(resource.resourceType) ?? ""
  const found: Mark[] = [
    ...statusMarks(resource, type),
    ...intentMarks(resource, type),
    ...findingMarks(resource, type),
  ]
  const add = (is: boolean, key: MarkKey, of?: string) => {
    if (is) found.push(of === undefined ? { key } : { key, of })
  }
  add(isTrue(resource.doNotPerform), "do-not-perform")
  add(
    NOT_DONE_MEMBERS.some((name) => isTrue(resource[name])),
    "not-done",
  )
  add(resource.taken === "n", "not-taken")
  // R4 Resource.implicitRules is a modifier too.
  add(asText(resource.implicitRules) !== undefined || hasModifier(resource), "modifier")
  add(resource.isSubpotent === true, "subpotent")
  add(
    resource.primarySource === false ||
      resource.reportedBoolean === true ||
      resource.reportedReference !== undefined,
    "reported",
  )
  add(resource.active === false, "inactive")
  const kind = entryOf(KIND, type)
  if (kind) found.push({ key: isContraindicated(resource) ? "do-not-perform" : kind })
  if (type === "FamilyMemberHistory") found.push({ key: "family-history", of: relativeOf(resource) })
  return gravestFirst(found)
}

function gravestFirst(found: Mark[]): Mark[] {
  if (found.length < 2) return found
  const isDraft = found.some(({ key }) => key === "draft")
  const unique = new Map(found.map((mark) => [`${mark.key} ${mark.of ?? ""}`, mark]))
  return [...unique.values()]
    .filter(({ key }) => !(key === "ordered" && isDraft))
    .sort((a, b) => MARK_KEYS.indexOf(a.key) - MARK_KEYS.indexOf(b.key))
    .slice(0, MAX_MARKS)
}

/** An ImmunizationRecommendation that advises against. */
const isContraindicated = ({ recommendation }: JsonObject): boolean =>
  asList(recommendation).some(
    (one) =>
      isObject(one) &&
      [one.forecastStatus, ...codingsOf(one.forecastStatus)].some(
        (said) =>
          isObject(said) &&
          [said.code, said.display, said.text].some(
            (text) => asText(text)?.toLowerCase() === "contraindicated",
          ),
      ),
  )

const STATUS_ELEMENTS = [
  "status",
  "docStatus",
  "lifecycleStatus",
  "clinicalStatus",
  "verificationStatus",
  "actuality",
]

function statusMarks(resource: JsonObject, type: string): Mark[] {
  const found = STATUS_ELEMENTS.flatMap((name): readonly Mark[] => {
    const status = resource[name]
    if (status !== undefined)
      return typeof status === "string" ? ofCode(status, type) : ofStatus(status, type)
    return absentOf(resource[`_${name}`]) === undefined ? [] : [{ key: "status-unknown" }]
  })
  // What is over without saying so: R4 lets a Condition have an end and no clinical status.
  const isOver =
    type === "Condition" && resource.clinicalStatus === undefined && isAbated(resource, Date.now())
  return isOver ? [...found, { key: "ended" }] : found
}

const ofStatus = (status: Json, type: string): Mark[] =>
  statusOf(status, type).map(({ key, of }) => (of === undefined ? { key } : { key, of: short(of) }))

/** Nearly all statuses are one of a few codes. */
const codes = new Map<string, readonly Mark[]>()
const MAX_CODES = 1000

function ofCode(code: string, type: string): readonly Mark[] {
  const name = `${type} ${code}`
  const known = codes.get(name)
  if (known) return known
  const found = ofStatus(code, type)
  if (codes.size < MAX_CODES && name.length <= 100) codes.set(name, found)
  return found
}

/** Some sources write a boolean as a text. */
const isTrue = (value: Json | undefined): boolean => value === true || value === "true"

/** Whether an abatement (R4, `Condition.abatement[x]`) lies behind us for certain: an age does, a day to come and words do not. */
function isAbated(condition: JsonObject, now: number): boolean {
  const { abatementBoolean, abatementDateTime, abatementPeriod, abatementAge, abatementRange } = condition
  const { start, end } = isObject(abatementPeriod) ? abatementPeriod : {}
  const isPast = (time: Json | undefined) => {
    try {
      return dateRange(asText(time) ?? "").fromMs <= now
    } catch (error) {
      if (error instanceof RangeError) return false
      throw error
    }
  }
  return (
    isTrue(abatementBoolean) ||
    isPast(abatementDateTime) ||
    isPast(end ?? start) ||
    abatementAge !== undefined ||
    abatementRange !== undefined
  )
}

function intentMarks(resource: JsonObject, type: string): Mark[] {
  // A plan is one by its type.
  const intent = asText(resource.intent)
  if (intent === undefined || (type === "CarePlan" && intent !== "proposal" && intent !== "option")) return []
  const key = entryOf(INTENT, intent.toLowerCase())
  return [key ? { key } : otherStatus(intent)]
}

/** A code that no table here knows is shown as it is. */
const otherStatus = (code: string): Mark => ({ key: "status", of: short(code) })
const short = (text: string): string => {
  const whole = text.replace(/^\ufeff+/, "")
  return (whole.length > 100 ? `${whole.slice(0, 98)} …` : whole).toWellFormed() || "?"
}

/** Titles and values by which something is not there. */
function findingMarks(resource: JsonObject, type: string): Mark[] {
  const titles = [resource.code, resource.medicationCodeableConcept].flatMap(codingsOf)
  const negated = titles.flatMap(certaintyMarks)
  negated.push(
    ...titles.flatMap(({ code: one }): Mark[] => {
      const code = asText(one) ?? ""
      if (NO_INFORMATION_FORM.test(code)) return [{ key: "no-information" }]
      return NONE_KNOWN.has(code) || NONE_KNOWN_FORM.test(code) ? [{ key: "none-known" }] : []
    }),
  )
  const said = asText(isObject(resource.code) ? resource.code.text : undefined) ?? ""
  const isNone = NONE_KNOWN_WORDS.test(said.trim()) && !EXCEPT.test(said)
  if (negated.length === 0 && isNone) negated.push({ key: "none-known" })
  return type === "Observation" ? [...negated, ...valueMarks(resource)] : negated
}

/** How sure a diagnosis is, as German records say it beside its ICD-10-GM code. */
function certaintyMarks(coding: JsonObject): Mark[] {
  const codes = asList(coding.extension)
    .filter(isObject)
    .filter(({ url }) => (asText(url) ?? "").endsWith("/icd-10-gm-diagnosesicherheit"))
    .map(({ valueCoding }) => (isObject(valueCoding) ? asText(valueCoding.code) : undefined))
  return codes.flatMap((code): Mark[] => {
    const key = entryOf(CERTAINTY, code ?? "")
    return key ? [{ key }] : []
  })
}

function valueMarks(resource: JsonObject): Mark[] {
  if (resource.valueBoolean === false) return [{ key: "no" }]
  const value = resource.valueCodeableConcept
  const codes = codingsOf(value).flatMap(({ code }) => asText(code) ?? [])
  const interpreted = listed(resource.interpretation)
    .flatMap(codingsOf)
    .flatMap((coding) => (isInterpretation(coding) ? (asText(coding.code) ?? []) : []))
  // What is not there is known by what was sent, in whatever language it is told.
  const sent = spokenIn(english, () => conceptText(value))
  const said = [sent, asText(resource.valueString)].flatMap((text) =>
    text === undefined ? [] : [text.trim().toLowerCase()],
  )
  const keys = [
    ...codes.map((code) => entryOf(NOT_THERE, code)),
    ...interpreted.map((code) => entryOf(NOT_THERE_INTERPRETATION, code)),
    ...said.map((text) => entryOf(NOT_THERE_WORDS, text)),
  ]
  return keys.flatMap((key): Mark[] => (key ? [{ key }] : []))
}

/** R4 2.4.0.1: who does not understand a modifier must not use what it stands in as if it were not there. */
function hasModifier(value: Json): boolean {
  if (typeof value !== "object" || value === null) return false
  if (Array.isArray(value)) return value.some(hasModifier)
  if (!isObject(value)) return false
  for (const name in value)
    if (name === "modifierExtension" ? asList(value[name]).length > 0 : hasModifier(value[name])) return true
  return false
}

function relativeOf(resource: JsonObject): string {
  const name = asText(resource.name)
  const relation = wordsText(resource.relationship) ?? "?"
  return short(name === undefined ? relation : `${relation}, ${name}`)
}
