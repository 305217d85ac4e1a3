import {
  bytes,
  hash32,
  type Infer,
  isObject,
  type Json,
  nullable,
  object,
  oneOf,
  optional,
  orUndefined,
  type Schema,
  text,
  uint,
} from "@aceso/core"
import { NOTE_TYPES, UNITS } from "./write-choices.ts"

/** What somebody who treats a patient writes in that patient's record: one of a closed set of small forms. */

/** A date, a time to the second and its zone: without a zone nobody knows when that was. */
const MOMENT = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/
export const clinicalMoment = text(35, MOMENT)
/** A year, a month or a day. */
export const clinicalDate = text(10, /^\d{4}(-\d\d(-\d\d)?)?$/)
/** A number as it is typed: 1.00 is more precise than 1. */
export const decimal = text(20, /^-?(0|[1-9]\d*)(\.\d+)?$/)
const line = (max: number) => text(max, /^[^\p{C}]+$/u)

export const MAX_NOTE = 20_000
export const COMPARATORS = ["<", "<=", ">=", ">"] as const
export const ALLERGY_CATEGORIES = ["medication", "food", "environment", "biologic"] as const
export const CRITICALITIES = ["low", "high", "unable-to-assess"] as const
export const PROBLEM_STATES = ["active", "recurrence", "remission", "resolved"] as const

const noteTypes = NOTE_TYPES.map(({ code }) => code)
export const noteForm = object({ type: oneOf(...noteTypes), at: clinicalMoment, text: text(MAX_NOTE) })
export type NoteForm = Infer<typeof noteForm>

const units = oneOf(...Object.keys(UNITS)) as Schema<string>
/** `name`: of a code that is not among the choices. Either `number` or `words`. */
export const resultForm = object({
  code: text(9, /^\d{1,7}-\d$/),
  name: optional(line(200)),
  at: clinicalMoment,
  number: optional(object({ value: decimal, comparator: optional(oneOf(...COMPARATORS)), unit: units })),
  words: optional(line(500)),
  remark: optional(line(500)),
})
export type ResultForm = Infer<typeof resultForm>

const remark = line(500)
/** Which of an Observation's notes is a form's remark: one of words alone, which fits; -1: none is. */
export const remarkAt = (notes: readonly Json[]): number =>
  notes.findIndex(
    (one) =>
      isObject(one) &&
      Object.keys(one).length === 1 &&
      orUndefined(["bad_input"], () => remark.parse(one.text)) !== undefined,
  )

export const allergyForm = object({
  substance: line(200),
  category: oneOf(...ALLERGY_CATEGORIES),
  criticality: oneOf(...CRITICALITIES),
  verification: oneOf("confirmed", "unconfirmed"),
  reaction: optional(line(200)),
  onset: optional(clinicalDate),
})
export type AllergyForm = Infer<typeof allergyForm>

export const problemForm = object({
  problem: line(200),
  /** ICD-10. */
  code: optional(text(8, /^[A-Z]\d\d(\.[0-9A-Z]{1,4})?$/)),
  state: oneOf(...PROBLEM_STATES),
  verification: oneOf("confirmed", "provisional"),
  onset: optional(clinicalDate),
})
export type ProblemForm = Infer<typeof problemForm>

/** Whom the writer saw on the screen: the newest Patient record has to say the very same. */
export const patientShown = object({
  name: nullable(text(200)),
  birthDate: nullable(text(20)),
  recordNumber: nullable(text(100)),
})

/** One of the forms, or `mistake`: what was written should not have been. */
export const writeQuestion = object({
  alias: text(64),
  shown: patientShown,
  /** Fresh for each writing, and the same where it is sent again: nothing is written twice. */
  id: bytes(16),
  note: optional(noteForm),
  result: optional(resultForm),
  allergy: optional(allergyForm),
  problem: optional(problemForm),
  mistake: optional(object({ reason: line(500) })),
  /** The newest version of what was written here before, which this corrects. */
  replaces: optional(
    object({ reference: text(100, /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/), version: uint(undefined, 1) }),
  ),
})
export type WriteQuestion = Infer<typeof writeQuestion>

export const writeAnswer = object({
  recordId: hash32,
  /** Type/id */
  reference: text(100),
  version: uint(),
  /** In the patient's record log. */
  index: uint(),
  /** The block that has it; null: the ledger did not take it yet, and it is sent again until it does. */
  height: nullable(uint()),
})
export type WriteAnswer = Infer<typeof writeAnswer>
