import { asText, isObject, type JsonObject } from "../json.ts"
import { absentOf, codingsOf, identifierText, listed, present } from "./datatypes.ts"
import { choiceText } from "./details.ts"
import { marksOf, marksText } from "./marks.ts"
import { nameText } from "./names.ts"
import { english as words } from "./words.ts"

const MAX_NUMBERS = 3

/** Who a Patient is, for people; as written, or that it is not recorded. */
export interface Person {
  /** Name, birth date, sex, death; with marks such as INACTIVE before it. */
  readonly who: string
  /** Record numbers (v2-0203 `MR`); where there is none another identifier with its system. */
  readonly numbers: readonly string[]
}

/** @param patient a resource of type Patient */
export function personOf(patient: JsonObject): Person {
  const born = asText(patient.birthDate) ?? absentOf(patient._birthDate)
  const sex = asText(patient.gender) ?? absentOf(patient._gender)
  const deceased = choiceText(patient, "deceased")
  const said = [
    nameText(patient.name) ?? words.noName,
    born === undefined ? words.noBirthDate : `${words.born} ${born}`,
    sex ?? words.noSex,
    deceased === undefined || deceased === "false"
      ? undefined
      : deceased === "true"
        ? words.died
        : `${words.died} ${deceased}`,
  ]
  return { who: `${marksText(marksOf(patient))}${present(said).join(", ")}`, numbers: numbersOf(patient) }
}

function numbersOf(patient: JsonObject): string[] {
  const all = listed(patient.identifier).filter(isObject)
  const records = all.filter(({ type }) => codingsOf(type).some(({ code }) => code === "MR"))
  return records.length > 0
    ? present(records.slice(0, MAX_NUMBERS).map(({ value }) => asText(value)))
    : present(all.slice(0, 1).map(identifierText))
}
