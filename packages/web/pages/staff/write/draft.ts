import { localOf, withZone } from "../../../kit/local-time.ts"
import type { WriteForms } from "../../../session/staff/writing.ts"

/** What is being written, as the fields have it. */
export interface Draft {
  what: "result" | "note" | "allergy" | "problem"
  at: string
  /** Where that hour was twice. */
  isLater: boolean
  /** As the version before has it; it stays so while the field shows it. */
  atBefore: string
  code: string
  name: string
  value: string
  comparator: "" | "<" | "<=" | ">=" | ">"
  unit: string
  isInWords: boolean
  words: string
  remark: string
  type: string
  text: string
  substance: string
  category: "medication" | "food" | "environment" | "biologic"
  criticality: "low" | "high" | "unable-to-assess"
  reaction: string
  certain: "confirmed" | "unconfirmed"
  diagnosis: string
  icd: string
  state: "active" | "recurrence" | "remission" | "resolved"
  provisional: "confirmed" | "provisional"
  onset: string
  reason: string
}

export const OTHER = "other"

export const emptyDraft = (now: Date): Draft => ({
  ...{
    what: "result",
    at: localOf(now),
    isLater: false,
    atBefore: "",
    code: "",
    name: "",
    value: "",
    comparator: "",
    unit: "",
  },
  ...{ isInWords: false, words: "", remark: "", type: "11506-3", text: "" },
  ...{ substance: "", category: "medication", criticality: "unable-to-assess", reaction: "" },
  ...{ certain: "confirmed", diagnosis: "", icd: "", state: "active", provisional: "confirmed" },
  ...{ onset: "", reason: "" },
})

const filled = <N extends string>(name: N, value: string): Partial<Record<N, string>> =>
  (value.trim() === "" ? {} : { [name]: value.trim() }) as Partial<Record<N, string>>

/** What the version says that is corrected. */
export function draftOf(
  { result, note, allergy, problem }: WriteForms,
  now: Date,
  choices: readonly string[],
): Draft & { readonly typedCode: string } {
  const draft = { ...emptyDraft(now), typedCode: "" }
  const when = (at: string) => ({ at: localOf(new Date(at)), atBefore: at })
  if (note) return { ...draft, what: "note", ...when(note.at), type: note.type, text: note.text }
  if (result) {
    const { code, name = "", at, number, words = "", remark = "" } = result
    const isChoice = name === "" && choices.includes(code)
    return {
      ...{
        ...draft,
        what: "result",
        ...when(at),
        code: isChoice ? code : OTHER,
        typedCode: isChoice ? "" : code,
      },
      ...{ name, value: number?.value ?? "", comparator: number?.comparator ?? "", unit: number?.unit ?? "" },
      ...{ isInWords: number === undefined, words, remark },
    }
  }
  if (allergy) {
    const { verification: certain, reaction = "", onset = "", ...rest } = allergy
    return { ...draft, what: "allergy", ...rest, certain, reaction, onset }
  }
  if (!problem) return draft
  const { problem: diagnosis, code: icd = "", state, verification: provisional, onset = "" } = problem
  return { ...draft, what: "problem", diagnosis, icd, state, provisional, onset }
}

/** The time with its zone: as it was, unless it was changed; undefined: clocks here never showed it. */
export const atOf = ({ at, isLater, atBefore }: Draft): string | undefined =>
  atBefore !== "" && at === localOf(new Date(atBefore)) ? atBefore : withZone(at, isLater)

const YEAR_MS = 366 * 86_400_000
/** What is seldom so long ago that a mistyped year is likelier. */
export const isLongAgo = ({ result, note }: WriteForms, now: number): boolean => {
  const at = result?.at ?? note?.at
  return at !== undefined && now - Date.parse(at) > YEAR_MS
}

/** @param code of the measurement that was chosen or typed */
export function formsOf(draft: Draft, code: string, isMistake: boolean): WriteForms {
  const { what, value, comparator, unit, words, isInWords } = draft
  const at = atOf(draft) ?? ""
  if (isMistake) return { mistake: { reason: draft.reason.trim() } }
  switch (what) {
    case "note":
      return { note: { type: draft.type, at, text: draft.text } }
    case "result": {
      const number = { value: value.trim(), unit, ...(comparator && { comparator }) }
      return {
        result: {
          ...{ code, at },
          ...(draft.code === OTHER && filled("name", draft.name)),
          ...(isInWords ? { words: words.trim() } : { number }),
          ...filled("remark", draft.remark),
        },
      }
    }
    case "allergy": {
      const { substance, category, criticality, certain: verification, reaction, onset } = draft
      return {
        allergy: {
          ...{ substance: substance.trim(), category, criticality, verification },
          ...filled("reaction", reaction),
          ...filled("onset", onset),
        },
      }
    }
    case "problem": {
      const { diagnosis, icd, state, provisional: verification, onset } = draft
      return {
        problem: {
          ...{ problem: diagnosis.trim(), state, verification },
          ...filled("code", icd),
          ...filled("onset", onset),
        },
      }
    }
  }
}
