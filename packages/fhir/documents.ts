import { asText, isObject, type JsonObject } from "@aceso/core"
import { bySystem, bySystemPattern } from "./identifiers.table.ts"
import { isPlaceholder, loose, typeCodes } from "./identifiers.ts"

/** More papers has nobody. */
const MAX_DOCUMENTS = 20

/** A paper by its kind (a code of HL7 table 0203) and its number without separators, whoever's system it is of. */
export interface PaperNumber {
  readonly type: string
  readonly value: string
}

/**
 * The papers that a Patient names, also those whose numbers have no system. They find whom to ask about, and never make
 * two people one: another country may give the same number.
 */
export function papersOf(patient: JsonObject): PaperNumber[] {
  const all = Array.isArray(patient.identifier) ? patient.identifier : [patient.identifier]
  const found = all.filter(isObject).flatMap((one) => {
    const value = asText(one.value)
    if (value === undefined || isPlaceholder(value)) return []
    const kinds = new Set([...typeCodes(one), ...kindsOf(asText(one.system) ?? "")].map(paperKind))
    return [...kinds].flatMap((type) => (type === undefined ? [] : [{ type, value: loose(value) }]))
  })
  return found.slice(0, MAX_DOCUMENTS)
}

/** Under what a Patient is found by its papers. */
export const indexedPapers = (patient: JsonObject): { system: string; value: string }[] =>
  papersOf(patient).map(({ type, value }) => ({ system: "", value: JSON.stringify([type, value]) }))

const PAPERS = new Set(["NI", "PPN", "DL", "PRC", "BCT", "MB"])
const NATIONAL = /^(NN[A-Z]{3}|SS)$/
const paperKind = (code: string): string | undefined =>
  NATIONAL.test(code) ? "NI" : PAPERS.has(code) ? code : undefined

/** Of a number without a type, by systems that are known everywhere. */
function kindsOf(system: string): string[] {
  if (/\/sid\/passport-[A-Z]{3}$/.test(system)) return ["PPN"]
  const isLicence = system.startsWith("urn:oid:2.16.840.1.113883.4.3.")
  if (isLicence && bySystemPattern.some(([pattern]) => pattern.test(system))) return ["DL"]
  return Object.hasOwn(bySystem, system) && bySystem[system] === "unique" ? ["NI"] : []
}
