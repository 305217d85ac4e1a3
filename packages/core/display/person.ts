import { asText, isObject, type JsonObject } from "../json.ts"
import { absentOf, codeText, codingsOf, identifierText, joined, listed, present } from "./datatypes.ts"
import { marksOf, marksText } from "./marks.ts"
import { formerNames, goingBy, isEnded } from "./names.ts"
import { english, spokenIn, type Tongue, words } from "./spoken.ts"
import { choiceText } from "./value.ts"
import type { Mark } from "./words.ts"

const MAX_NUMBERS = 3
const MAX_FORMER = 5

/** Who a Patient is, for people; as written, or that it is not recorded. */
export interface Person {
  /** Name, birth date, sex, death; with marks such as INACTIVE before it. */
  readonly who: string
  /**
   * Record numbers (v2-0203 `MR`); where there is none another identifier with its system. Behind them, in brackets,
   * the names and record numbers that hold no more.
   */
  readonly numbers: readonly string[]
}

/** @param patient a resource of type Patient @param nowMs by which names and numbers have ended @param language of our own words */
export const personOf = (patient: JsonObject, nowMs = Date.now(), language: Tongue = english): Person =>
  spokenIn(language, () => personSaid(patient, nowMs))

function personSaid(patient: JsonObject, nowMs: number): Person {
  const born = asText(patient.birthDate) ?? absentOf(patient._birthDate)
  const sex = codeText("gender", patient.gender) ?? asText(patient.gender) ?? absentOf(patient._gender)
  const deceased = deathOf(patient)
  const said = [
    goingBy(patient.name, nowMs) ?? (asText(patient.name) || words.noName),
    born === undefined ? words.noBirthDate : `${words.born} ${born}`,
    sex ?? words.noSex,
    deceased === undefined ? undefined : deceased === "true" ? words.died : `${words.died} ${deceased}`,
  ]
  const { numbers, former } = numbersOf(patient, nowMs)
  const before = [...formerNames(patient.name, nowMs), ...former.map((one) => `${words.formerly} ${one}`)]
  return {
    who: `${marksText(marksOf(patient))}${joined(said) ?? ""}`,
    numbers: [...numbers, ...(before.length > 0 ? [`[${capped(before, MAX_FORMER).join("; ")}]`] : [])],
  }
}

/** What a Patient says of who it is, part by part, for those who write in another language; absent: not recorded. */
export interface PersonParts {
  readonly name?: string
  readonly birthDate?: string
  readonly sex?: string
  /** When, as written, or `true`. */
  readonly deceased?: string
  readonly marks: readonly Mark[]
}

/** @param nowMs by which names have ended */
export function personParts(patient: JsonObject, nowMs = Date.now()): PersonParts {
  const name = goingBy(patient.name, nowMs) ?? (asText(patient.name) || undefined)
  const birthDate = asText(patient.birthDate)
  const sex = asText(patient.gender)
  const deceased = deathOf(patient)
  return {
    ...(name !== undefined && { name }),
    ...(birthDate !== undefined && { birthDate }),
    ...(sex !== undefined && { sex }),
    ...(deceased !== undefined && { deceased }),
    marks: marksOf(patient),
  }
}

/** When, as written, or `true`; undefined: nothing says so. */
function deathOf(patient: JsonObject): string | undefined {
  const { deceasedBoolean: is } = patient
  if (is === true || is === "true") return "true"
  const when = is === false || is === "false" ? undefined : choiceText(patient, "deceased")
  return when
}

interface Numbers {
  readonly numbers: readonly string[]
  /** Record numbers that are no more (R4 Identifier.use `old`, or their period has ended). */
  readonly former: readonly string[]
}

function numbersOf(patient: JsonObject, nowMs: number): Numbers {
  const all = listed(patient.identifier).filter(isObject)
  const isRecord = ({ type }: JsonObject) => codingsOf(type).some(({ code }) => code === "MR")
  const isFormer = ({ use, period }: JsonObject) => use === "old" || isEnded(period, nowMs)
  const held = all.filter((one) => !isFormer(one))
  const records = present(held.filter(isRecord).map(({ value }) => asText(value)))
  return {
    numbers:
      records.length > 0 ? records.slice(0, MAX_NUMBERS) : present(held.map(identifierText)).slice(0, 1),
    former: present(all.filter((one) => isFormer(one) && isRecord(one)).map(({ value }) => asText(value))),
  }
}

const capped = (all: readonly string[], most: number): readonly string[] =>
  all.length > most ? [...all.slice(0, most), "…"] : all
