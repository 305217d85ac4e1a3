import { asText, isObject, type Json, type JsonObject } from "../json.ts"
import { absentOf, codingText, listed, scalarText } from "./datatypes.ts"
import { OVER_WHEN_COMPLETED } from "./marks.table.ts"
import { isCompleted, snomedKey, statusKey } from "./status.table.ts"
import { valueText } from "./value.ts"
import type { MarkKey } from "./words.ts"

/** What one code, display or text of a status says. */
interface Saying {
  readonly words: string
  /** null: it is as one would think; undefined: nobody here can read it. */
  readonly key: MarkKey | null | undefined
  /** A code without words. */
  readonly isBare?: true
}

/** A mark, and with a key for words those of the source. */
export interface Status {
  readonly key: MarkKey
  readonly of?: string
}

/**
 * What a status element says, a code in some types and a concept in others, by code, display and text. Where they
 * contradict each other all of them stand, where one cannot be read its words do.
 */
export function statusOf(status: Json | undefined, type: string): Status[] {
  const all = listed(status).flatMap(sayingsOf)
  const worded = all.filter(({ isBare }) => !isBare)
  // A code of another system beside one that can be read is of the same meaning (R4 CodeableConcept.coding).
  const said = (worded.length > 0 ? worded : all).map((one) => ofType(one, type))
  const isMarked = said.some(({ key }) => typeof key === "string")
  return said.flatMap(({ key, words }): Status[] => {
    if (key === undefined) return [{ key: "status", of: words }]
    if (key !== null) return [{ key }]
    return isMarked ? [{ key: "also", of: words }] : []
  })
}

const ofType = (one: Saying, type: string): Saying =>
  one.key === null && OVER_WHEN_COMPLETED.has(type) && isCompleted(one.words)
    ? { ...one, key: "completed" }
    : one

function sayingsOf(status: Json): Saying[] {
  if (!isObject(status)) {
    const words = scalarText(status)
    return words === undefined ? [] : [{ words, key: statusKey(words) }]
  }
  const text = asText(status.text)
  // A Coding where a concept belongs is read as one.
  const codings = [...listed(status.coding).filter(isObject), status].flatMap(codingSayings)
  const said = text ? [...codings, { words: text, key: statusKey(text) }] : codings
  if (said.length > 0) return said
  const words = absentOf(status) === undefined ? valueText(status) : undefined
  if (words !== undefined) return [{ words, key: undefined }]
  return Object.keys(status).length > 0 ? [{ words: "", key: "status-unknown" }] : []
}

function codingSayings(coding: JsonObject): Saying[] {
  const code = scalarText(coding.code)
  const display = asText(coding.display) || undefined
  const shown = display === undefined ? undefined : { words: display, key: statusKey(display) }
  if (code === undefined) return shown ? [shown] : []
  const key = codeKey(code, asText(coding.system) ?? "")
  if (key === undefined) return [shown ?? { words: codingText(coding) ?? code, key, isBare: true }]
  const isOther = shown?.key !== undefined && shown.key !== key
  // Another language's word for a code that can be read says nothing new.
  return [{ words: code, key }, ...(isOther ? [shown] : [])]
}

function codeKey(code: string, system: string): MarkKey | null | undefined {
  const known = /snomed|2\.16\.840\.1\.113883\.6\.96$/i.test(system) ? snomedKey(code) : undefined
  return known === undefined ? statusKey(code) : known
}
