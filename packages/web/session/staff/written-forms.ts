import { RESULT_CHOICES, remarkAt, type SourceLine, type WriteQuestion } from "@aceso/client"
import {
  asList,
  asText,
  isObject,
  type Json,
  JsonNumber,
  type JsonObject,
  orUndefined,
  parseJson,
} from "@aceso/core"

export type WriteForms = Pick<WriteQuestion, "note" | "result" | "allergy" | "problem" | "mistake">

const part = (value: Json | undefined, key: string): Json | undefined =>
  isObject(value) ? value[key] : undefined
const first = (value: Json | undefined): Json | undefined => asList(value)[0]
const codeOf = (concept: Json | undefined): string =>
  asText(part(first(part(concept, "coding")), "code")) ?? ""
const textOf = (value: Json | undefined): string => asText(value) ?? ""
const given = <N extends string>(name: N, value: string | undefined): Partial<Record<N, string>> =>
  (value ? { [name]: value } : {}) as Partial<Record<N, string>>

/** What a version says; nothing where it cannot be read. */
export function resourceOf({ content }: SourceLine): JsonObject {
  const resource = content?.length
    ? orUndefined(["bad_json", "bad_utf8"], () => parseJson(content))
    : undefined
  return isObject(resource) ? resource : {}
}

/**
 * What a record that was written with a form says, as the form had it (`server/write/resource.ts`); whoever corrects it
 * begins with that. Undefined: it is of another kind. What is no value of the form's is refused when it is sent.
 */
export function writtenForms(resource: JsonObject): WriteForms | undefined {
  switch (resource.resourceType) {
    case "Observation":
      return { result: resultOf(resource) }
    case "Composition":
      return {
        note: {
          type: codeOf(resource.type) as NonNullable<WriteForms["note"]>["type"],
          at: textOf(resource.date),
          text: writtenText(textOf(part(part(first(resource.section), "text"), "div"))),
        },
      }
    case "AllergyIntolerance":
      return {
        allergy: {
          substance: textOf(part(resource.code, "text")),
          category: textOf(first(resource.category)),
          criticality: textOf(resource.criticality),
          verification: codeOf(resource.verificationStatus),
          ...given("reaction", asText(part(first(part(first(resource.reaction), "manifestation")), "text"))),
          ...given("onset", asText(resource.onsetDateTime)),
        } as NonNullable<WriteForms["allergy"]>,
      }
    case "Condition":
      return {
        problem: {
          problem: textOf(part(resource.code, "text")),
          ...given("code", codeOf(resource.code)),
          state: codeOf(resource.clinicalStatus),
          verification: codeOf(resource.verificationStatus),
          ...given("onset", asText(resource.onsetDateTime)),
        } as NonNullable<WriteForms["problem"]>,
      }
  }
  return undefined
}

function resultOf(resource: JsonObject): NonNullable<WriteForms["result"]> {
  const code = codeOf(resource.code)
  const name = textOf(part(resource.code, "text"))
  const choice = RESULT_CHOICES.find((one) => one.code === code)
  const quantity = resource.valueQuantity
  const value = part(quantity, "value")
  const notes = asList(resource.note)
  return {
    code,
    ...(choice?.en !== name && given("name", name)),
    at: textOf(resource.effectiveDateTime),
    ...(isObject(quantity) && {
      number: {
        value: value instanceof JsonNumber ? value.token : String(value ?? ""),
        unit: textOf(quantity.code),
        ...given("comparator", asText(quantity.comparator)),
      } as NonNullable<NonNullable<WriteForms["result"]>["number"]>,
    }),
    ...given("words", asText(resource.valueString)),
    ...given("remark", asText(part(notes[remarkAt(notes)], "text"))),
  }
}

/** A note's text, of the narrative that the node made of it. */
const writtenText = (div: string): string =>
  div
    .replace(/^<div[^>]*>/, "")
    .replace(/<\/div>$/, "")
    .replace(/<\/p><p>/g, "\n\n")
    .replace(/<br\/>/g, "\n")
    .replace(/<\/?(p|pre)>/g, "")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, "&")
