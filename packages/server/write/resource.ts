import {
  type AllergyForm,
  isLoinc,
  NOTE_TYPES,
  type NoteForm,
  type ProblemForm,
  RESULT_CHOICES,
  type ResultForm,
  UNITS,
  type WriteQuestion,
} from "@aceso/client"
import {
  asList,
  dateRange,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
  MEMBER_SYSTEM,
  messageOf,
  PlatformError,
  toJson,
} from "@aceso/core"
import { plainFault, plainFaultWords } from "@aceso/core/display/index.ts"

/** By which a record written here is known as such, and each writing told from others. */
export const WRITTEN_SYSTEM = "urn:aceso:written"
/** Of who works at a member: `<member>/<name>`, the name as the directory has it. */
export const STAFF_SYSTEM = "urn:aceso:staff"

/** Who writes, when, and about whom. */
export interface Writing {
  readonly member: string
  /** As the directory of practitioners has it. */
  readonly author: string
  /** The patient's FHIR id here. */
  readonly patient: string
  /** In hexadecimal. */
  readonly writing: string
  /** ms */
  readonly now: number
}

export type Form = Pick<WriteQuestion, "note" | "result" | "allergy" | "problem">

const LOINC = "http://loinc.org"
const UCUM = "http://unitsofmeasure.org"
const TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
/** Clocks of a ward differ by so much. */
const CLOCK_MS = 5 * 60_000

const bad = (what: string) => new PlatformError("bad_input", what)
const coded = (system: string, code: string, display?: string) => ({
  coding: [{ system, code, ...(display !== undefined && { display }) }],
})

/**
 * The FHIR R4 resource of a form. Exactly one form is filled in.
 * @param isCorrection it takes the place of one that stood there
 * @throws PlatformError `bad_input`
 */
export function resourceOf(form: Form, writing: Writing, isCorrection = false): JsonObject {
  const filled = Object.entries(form).filter(([, one]) => one !== undefined)
  if (filled.length !== 1)
    throw bad("fill in exactly one of note, result, allergy and problem; one record says one thing")
  const { note, result, allergy, problem } = form
  if (note) return noteResource(note, writing, isCorrection)
  if (result) return resultResource(result, writing, isCorrection)
  if (allergy) return allergyResource(allergy, writing)
  return problemResource(problem as ProblemForm, writing)
}

export const authorOf = ({ member, author }: Pick<Writing, "member" | "author">) => ({
  type: "Practitioner",
  identifier: { system: STAFF_SYSTEM, value: `${member}/${author}` },
  display: author,
})
const identifierOf = ({ writing }: Writing) => ({ system: WRITTEN_SYSTEM, value: writing })
const subjectOf = ({ patient }: Writing) => ({ reference: `Patient/${patient}` })

/**
 * R4's Composition, not DocumentReference: its author makes the statement, and its text stands as narrative, which every
 * reader shows, where an attachment would have to be opened first.
 */
function noteResource({ type, at, text }: NoteForm, writing: Writing, isCorrection: boolean): JsonObject {
  const kind = NOTE_TYPES.find(({ code }) => code === type)
  const fault = plainFault(text)
  // Markup is text here: it is escaped.
  if (fault && fault.kind !== "markup") throw bad(plainFaultWords("the note", fault))
  return toJson({
    resourceType: "Composition",
    identifier: identifierOf(writing),
    status: isCorrection ? "amended" : "final",
    type: coded(LOINC, type, kind?.display),
    subject: subjectOf(writing),
    date: pastMoment(at, writing.now),
    author: [authorOf(writing)],
    title: kind?.display ?? "Note",
    custodian: { type: "Organization", identifier: { system: MEMBER_SYSTEM, value: writing.member } },
    section: [{ title: kind?.display ?? "Note", text: { status: "additional", div: narrativeOf(text) } }],
  }) as JsonObject
}

/** Paragraphs of what was typed; whatever it says is text. */
export function narrativeOf(text: string): string {
  const escaped = text
    .replace(/\r\n?/g, "\n")
    .trim()
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
  const paragraphs = escaped.split(/\n{2,}/).map((one) => `<p>${one.replace(/\n/g, "<br/>")}</p>`)
  return `<div xmlns="http://www.w3.org/1999/xhtml">${paragraphs.join("")}</div>`
}

function resultResource(form: ResultForm, writing: Writing, isCorrection: boolean): JsonObject {
  const { code, name, at, number, words, remark } = form
  const choice = RESULT_CHOICES.find((one) => one.code === code)
  if (!choice && !isLoinc(code))
    throw bad(`result.code: ${code} is no LOINC code: its last digit does not fit`)
  if (!choice && name === undefined) throw bad(`result.name: say what ${code} is`)
  if ((number === undefined) === (words === undefined))
    throw bad("result: give a number with its unit, or words; one of them")
  if (number && choice && !choice.units.includes(number.unit))
    throw bad(
      `result.number.unit: ${choice.en} is given in ${choice.units.join(" or ")}, not in ${number.unit}`,
    )
  const digits = number?.value.replace(/[-.]/g, "").replace(/^0+/, "") ?? ""
  if (digits.length > 18) throw bad("result.number.value: FHIR has room for 18 digits; give fewer")
  return toJson({
    resourceType: "Observation",
    identifier: [identifierOf(writing)],
    status: isCorrection ? "corrected" : "final",
    ...(choice && { category: [coded(`${TERMINOLOGY}/observation-category`, choice.category)] }),
    code: { ...coded(LOINC, code, choice?.display), text: choice?.en ?? name },
    subject: subjectOf(writing),
    effectiveDateTime: pastMoment(at, writing.now),
    issued: instantOf(writing),
    performer: [authorOf(writing)],
    ...(number && {
      valueQuantity: {
        value: new JsonNumber(number.value),
        comparator: number.comparator,
        unit: UNITS[number.unit],
        system: UCUM,
        code: number.unit,
      },
    }),
    ...(words !== undefined && { valueString: words }),
    ...(remark !== undefined && { note: [{ text: remark }] }),
  }) as JsonObject
}

const ALLERGY_STATES = {
  clinical: `${TERMINOLOGY}/allergyintolerance-clinical`,
  verification: `${TERMINOLOGY}/allergyintolerance-verification`,
}
const CONDITION_STATES = {
  clinical: `${TERMINOLOGY}/condition-clinical`,
  verification: `${TERMINOLOGY}/condition-ver-status`,
}

function allergyResource(form: AllergyForm, writing: Writing): JsonObject {
  const { substance, category, criticality, verification, reaction, onset } = form
  return toJson({
    resourceType: "AllergyIntolerance",
    identifier: [identifierOf(writing)],
    clinicalStatus: coded(ALLERGY_STATES.clinical, "active"),
    verificationStatus: coded(ALLERGY_STATES.verification, verification),
    category: [category],
    criticality,
    code: { text: substance },
    patient: subjectOf(writing),
    ...(onset !== undefined && { onsetDateTime: pastDate(onset, writing.now) }),
    recordedDate: instantOf(writing),
    recorder: authorOf(writing),
    ...(reaction !== undefined && { reaction: [{ manifestation: [{ text: reaction }] }] }),
  }) as JsonObject
}

function problemResource(form: ProblemForm, writing: Writing): JsonObject {
  const { problem, code, state, verification, onset } = form
  return toJson({
    resourceType: "Condition",
    identifier: [identifierOf(writing)],
    clinicalStatus: coded(CONDITION_STATES.clinical, state),
    verificationStatus: coded(CONDITION_STATES.verification, verification),
    category: [coded(`${TERMINOLOGY}/condition-category`, "problem-list-item")],
    code: { ...(code !== undefined && coded("http://hl7.org/fhir/sid/icd-10", code)), text: problem },
    subject: subjectOf(writing),
    ...(onset !== undefined && { onsetDateTime: pastDate(onset, writing.now) }),
    recordedDate: instantOf(writing),
    recorder: authorOf(writing),
  }) as JsonObject
}

const instantOf = ({ now }: Writing): string => new Date(now).toISOString()

function pastMoment(text: string, now: number): string {
  if (fromMsOf(text) > now + CLOCK_MS) throw bad(`${text} is yet to come; write what was`)
  return text
}
/** A day is a day of where it is written, which begins up to 14 hours before UTC's. */
function pastDate(text: string, now: number): string {
  if (fromMsOf(text) > now + 14 * 3_600_000) throw bad(`${text} is yet to come; write what was`)
  return text
}

function fromMsOf(text: string): number {
  try {
    return dateRange(text).fromMs
  } catch (cause) {
    throw bad(messageOf(cause))
  }
}

/** The same record, said to be a mistake: what it said stays to be read, with who says so and why. */
export function mistakenOf(resource: JsonObject, reason: string, writing: Writing): JsonObject {
  const author = authorOf(writing)
  const note = toJson({ authorReference: author, time: instantOf(writing), text: reason })
  const annotated = (one: JsonObject): JsonObject => ({ ...one, note: [...asList(one.note), note] })
  const { clinicalStatus: _clinicalStatus, ...rest } = resource
  switch (resource.resourceType) {
    case "Observation":
      return annotated({ ...resource, status: "entered-in-error" })
    case "Composition": {
      const why = { title: "Entered in error", author: [author] }
      const section = toJson({ ...why, text: { status: "additional", div: narrativeOf(reason) } })
      return { ...resource, status: "entered-in-error", section: [...asList(resource.section), section] }
    }
    // R4 ait-2 and con-5: what was entered in error has no clinical status.
    case "AllergyIntolerance":
      return annotated({ ...rest, verificationStatus: mistaken(ALLERGY_STATES.verification) })
    case "Condition":
      return annotated({ ...rest, verificationStatus: mistaken(CONDITION_STATES.verification) })
    default:
      throw new PlatformError("not_written_here", NOT_HERE)
  }
}

const mistaken = (system: string): Json => toJson(coded(system, "entered-in-error"))

export const NOT_HERE =
  "this record was not written with a form of this node; correct it in the system that it came from, and import it again"

/** The identifiers of a writing with which a record came to be; undefined: it was not written here. */
export function writtenIdentifier(resource: JsonObject): Json | undefined {
  const all = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier]
  return all.find((one) => isObject(one) && one.system === WRITTEN_SYSTEM)
}
