import type { Checked, NewPerson } from "../../../session/staff/desk.ts"

/** What a clerk types, as the form has it. */
export interface Draft {
  family: string
  given: string
  birthDate: string
  sex: NewPerson["sex"] | ""
  /** "": not chosen yet; `none`: there was none. */
  document: Checked["type"] | "none" | ""
  number: string
  country: string
  issuer: string
  validUntil: string
  identifiers: { system: string; value: string }[]
}

export const emptyDraft = (): Draft => ({
  ...{ family: "", given: "", birthDate: "", sex: "", document: "", number: "", country: "" },
  ...{ issuer: "", validUntil: "", identifiers: [] },
})

export const DOCUMENTS = [
  "national-id",
  "passport",
  "driving-licence",
  "residence-permit",
  "birth-certificate",
  "insurance-card",
] as const satisfies readonly Checked["type"][]

/** FHIR's system of passport numbers, a country's each. */
const PASSPORT = "http://hl7.org/fhir/sid/passport-"

const trimmed = (text: string) => text.trim().replace(/\s+/g, " ")

/** What is asked of the node; empty lines are none. */
export function personOf(draft: Draft): NewPerson {
  const document = documentOf(draft)
  return {
    name: { family: trimmed(draft.family), given: trimmed(draft.given).split(" ").filter(Boolean) },
    birthDate: draft.birthDate,
    sex: draft.sex === "" ? "unknown" : draft.sex,
    identifiers: draft.identifiers
      .map(({ system, value }) => ({ system: system.trim(), value: trimmed(value) }))
      .filter(({ system, value }) => system !== "" || value !== ""),
    ...(document && { document }),
  }
}

function documentOf({ document: type, number, country, issuer, validUntil }: Draft): Checked | undefined {
  if (type === "" || type === "none") return undefined
  const code = country.trim().toUpperCase()
  return {
    type,
    number: trimmed(number),
    ...(type === "passport" && code !== "" && { system: `${PASSPORT}${code}` }),
    ...(issuer.trim() !== "" && { issuer: trimmed(issuer) }),
    ...(validUntil !== "" && { validUntil }),
  }
}
