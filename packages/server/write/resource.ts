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
  asText,
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
  /** By which the patient is known, as FHIR writes them; none: it is not known. */
  readonly birthDates?: readonly string[]
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
    date: pastMoment(at, writing),
    author: [authorOf(writing)],
    title: kind?.display ?? "Note",
    custodian: { type: "Organization", identifier: { system: MEMBER_SYSTEM, value: writing.member } },
    section: [{ title: kind?.display ?? "Note", text: { status: "additional", div: narrativeOf(text) } }],
  }) as JsonObject
}

/** What tells columns apart, or begins a line further in. */
const HAS_COLUMNS = /^[ \u3000]|\t|[ \u3000]{2}/m

/** Paragraphs of what was typed; whatever it says is text. Columns stay under each other. */
export function narrativeOf(text: string): string {
  const escaped = text
    .replace(/\r\n?/g, "\n")
    .replace(/^(?:[^\S\n]*\n)+/, "")
    .trimEnd()
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
  // XHTML keeps white space in `pre` alone.
  if (HAS_COLUMNS.test(escaped))
    return `<div xmlns="http://www.w3.org/1999/xhtml"><pre>${escaped}</pre></div>`
  const paragraphs = escaped.split(/\n{2,}/).map((one) => `<p>${one.replace(/\n/g, "<br/>")}</p>`)
  return `<div xmlns="http://www.w3.org/1999/xhtml">${paragraphs.join("")}</div>`
}

const isCalled = ({ en, zh, display }: (typeof RESULT_CHOICES)[number], name: string): boolean =>
  [en, zh, display].some((one) => one.toLowerCase() === name.trim().toLowerCase())

function resultResource(form: ResultForm, writing: Writing, isCorrection: boolean): JsonObject {
  const { code, name, at, number, words, remark } = form
  const choice = RESULT_CHOICES.find((one) => one.code === code)
  if (!choice && !isLoinc(code))
    throw bad(`result.code: ${code} is no LOINC code: its last digit does not fit`)
  if (!choice && name === undefined) throw bad(`result.name: say what ${code} is`)
  const named = RESULT_CHOICES.find((one) => name !== undefined && isCalled(one, name))
  if (named && named.code !== code)
    throw bad(
      `result: ${name} is ${named.code}, and the code is ${code}: choose ${named.en}, or name ${code} more exactly`,
    )
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
    code: { ...coded(LOINC, code, choice?.display), text: name ?? choice?.en },
    subject: subjectOf(writing),
    effectiveDateTime: pastMoment(at, writing),
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
    ...(onset !== undefined && { onsetDateTime: pastDate(onset, writing) }),
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
    ...(onset !== undefined && { onsetDateTime: pastDate(onset, writing) }),
    recordedDate: instantOf(writing),
    recorder: authorOf(writing),
  }) as JsonObject
}

export const instantOf = ({ now }: Writing): string => new Date(now).toISOString()

/** @param slackMs so far ahead of this clock it may be */
function past(text: string, writing: Writing, slackMs: number): string {
  const { fromMs, toMs } = rangeOf(text)
  if (fromMs > writing.now + slackMs) throw bad(`${text} is yet to come; write what was`)
  mustBeAfterBirth(text, toMs, writing)
  return text
}
const pastMoment = (text: string, writing: Writing) => past(text, writing, CLOCK_MS)
/** A day is a day of where it is written, which begins up to 14 hours before UTC's. */
const ZONES_MS = 14 * 3_600_000
const pastDate = (text: string, writing: Writing) => past(text, writing, ZONES_MS)

/** Nobody who lives was born before. */
const FIRST_MS = Date.UTC(1880, 0, 1)
/** A mistyped year is committed for good. */
function mustBeAfterBirth(text: string, toMs: number, { birthDates = [] }: Writing): void {
  const births = birthDates.flatMap((date) => {
    try {
      return [dateRange(date).fromMs - ZONES_MS]
    } catch {
      // What an import called a birth date is none: then it is not known.
      return []
    }
  })
  const isBefore = births.length > 0 && toMs < Math.min(...births)
  if (isBefore) throw bad(`${text} is before the patient was born; look at the year`)
  if (toMs < FIRST_MS) throw bad(`${text} is before 1880; look at the year`)
}

function rangeOf(text: string): ReturnType<typeof dateRange> {
  try {
    return dateRange(text)
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

/** Under which writing a version came to be, where it is a correction: it is told from others when it is sent again. */
export const WRITING_TAG = "urn:aceso:writing"
export function isOfWriting({ meta }: JsonObject, { writing }: Writing): boolean {
  const tags = isObject(meta) ? asList(meta.tag) : []
  return tags.some((one) => isObject(one) && one.system === WRITING_TAG && one.code === writing)
}

/**
 * What a record is about does not change with a correction: consents and readers name the record, not its version.
 * @throws PlatformError `bad_input`
 */
export function mustBeOfSame(before: JsonObject, now: JsonObject): void {
  const [was, is] = [subjectMatter(before), subjectMatter(now)]
  // A problem that had no code may get one.
  const isSame =
    was.text === is.text && (was.code === is.code || (was.code === "" && now.resourceType === "Condition"))
  if (!isSame || before.resourceType !== now.resourceType)
    throw bad(
      `${OTHER_MATTER[String(before.resourceType)] ?? "that is something else"}: mark this one as entered in error and write a new one`,
    )
}
const OTHER_MATTER: Readonly<Record<string, string>> = {
  Observation: "that is another measurement",
  Composition: "that is another kind of note",
  AllergyIntolerance: "that is another substance",
  Condition: "that is another problem",
}
function subjectMatter({ resourceType, type, code }: JsonObject): {
  readonly code: string
  readonly text: string
} {
  const matter = resourceType === "Composition" ? type : code
  if (!isObject(matter)) return { code: "", text: "" }
  const [coding] = asList(matter.coding)
  const text = asText(matter.text) ?? ""
  return {
    code: (isObject(coding) ? asText(coding.code) : undefined) ?? "",
    text: text.normalize("NFKC").trim().toLowerCase(),
  }
}

/** The identifiers of a writing with which a record came to be; undefined: it was not written here. */
export function writtenIdentifier(resource: JsonObject): Json | undefined {
  const all = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier]
  return all.find((one) => isObject(one) && one.system === WRITTEN_SYSTEM)
}
