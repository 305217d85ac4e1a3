import type { WriteForms } from "../../../session/staff/writing.ts"

/** What is being written, as the fields have it. */
export interface Draft {
  what: "result" | "note" | "allergy" | "problem"
  at: string
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
  ...{ what: "result", at: localOf(now), code: "", name: "", value: "", comparator: "", unit: "" },
  ...{ isInWords: false, words: "", remark: "", type: "11506-3", text: "" },
  ...{ substance: "", category: "medication", criticality: "unable-to-assess", reaction: "" },
  ...{ certain: "confirmed", diagnosis: "", icd: "", state: "active", provisional: "confirmed" },
  ...{ onset: "", reason: "" },
})

const two = (n: number) => String(n).padStart(2, "0")

/** As a field for date and time has it. */
export const localOf = (at: Date): string =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`

/** With the zone that this device had then. @param local as a field for date and time has it */
export function withZone(local: string): string {
  const offset = -new Date(local).getTimezoneOffset()
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
  return `${local.length === 16 ? `${local}:00` : local}${zone}`
}

const filled = <N extends string>(name: N, value: string): Partial<Record<N, string>> =>
  (value.trim() === "" ? {} : { [name]: value.trim() }) as Partial<Record<N, string>>

/** @param code of the measurement that was chosen or typed */
export function formsOf(draft: Draft, code: string, isMistake: boolean): WriteForms {
  const { what, at, value, comparator, unit, words, isInWords } = draft
  if (isMistake) return { mistake: { reason: draft.reason.trim() } }
  switch (what) {
    case "note":
      return { note: { type: draft.type, at: withZone(at), text: draft.text } }
    case "result": {
      const number = { value: value.trim(), unit, ...(comparator && { comparator }) }
      return {
        result: {
          ...{ code, at: withZone(at) },
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
