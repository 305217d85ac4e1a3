import { asText, isObject, type Json, type JsonObject } from "@aceso/core"
import type { Meaning } from "./identifier-meaning.ts"
import { bySystem, bySystemPattern, byType, withoutSeparators } from "./identifiers.table.ts"

/** What decides about identifiers besides themselves. */
export interface IdentifierRules {
  /** What the organisation has configured, by system: goes before everything else. */
  readonly configured: Readonly<Record<string, Meaning>>
  /** ms: an identifier whose period has ended by then is no longer the person's. */
  readonly now: number
}

export interface KnownIdentifier {
  readonly system: string
  readonly value: string
  readonly meaning: Meaning
  /** Not `old`, its period not over. */
  readonly isCurrent: boolean
  /** Its first code of HL7 table 0203. */
  readonly type: string | undefined
}

/** Business identifiers of a resource that have a system and a value. */
export function identifiersOf(resource: JsonObject): { system: string; value: string }[] {
  return identifierObjects(resource).map(({ system, value }) => ({
    system: system as string,
    value: value as string,
  }))
}

/** Identifiers with what they are worth. */
export function knownIdentifiers(resource: JsonObject, rules: IdentifierRules): KnownIdentifier[] {
  return identifierObjects(resource).map((one) => ({
    system: one.system as string,
    value: one.value as string,
    meaning: isPlaceholder(one.value as string) ? "unknown" : meaningOf(one, rules.configured),
    isCurrent: isCurrent(one, rules.now),
    type: typeCodes(one)[0],
  }))
}

function identifierObjects(resource: JsonObject): JsonObject[] {
  const all = Array.isArray(resource.identifier) ? resource.identifier : [resource.identifier]
  return all.filter(
    (one): one is JsonObject =>
      isObject(one) && typeof one.system === "string" && typeof one.value === "string" && one.value !== "",
  )
}

/** @param identifier a FHIR Identifier */
export function meaningOf(identifier: JsonObject, configured: IdentifierRules["configured"]): Meaning {
  const system = asText(identifier.system) ?? ""
  if (Object.hasOwn(configured, system)) return configured[system]
  // Numbers of a system that everybody may mean something else by are comparable with nobody's.
  if (isGeneric(system)) return "unknown"
  const known = meaningOfSystem(system)
  if (known) return known
  const types = typeCodes(identifier).map(meaningOfType)
  if (types.includes("shared")) return "shared"
  if (types.includes("unique")) return "unique"
  return types.length > 0 ? "unknown" : meaningByName(system)
}

function meaningOfSystem(system: string): Meaning | undefined {
  if (Object.hasOwn(bySystem, system)) return bySystem[system]
  return bySystemPattern.find(([pattern]) => pattern.test(system))?.[1]
}

function meaningOfType(code: string): Meaning {
  if (/^NN[A-Z]{3}$/.test(code)) return "unique"
  return Object.hasOwn(byType, code) ? byType[code] : "unknown"
}

const TABLE_0203 = new Set([
  "http://terminology.hl7.org/CodeSystem/v2-0203",
  "http://hl7.org/fhir/v2/0203", // as STU3 wrote it
  "urn:oid:2.16.840.1.113883.18.108",
])

export function typeCodes(identifier: JsonObject): string[] {
  const coding = isObject(identifier.type) ? identifier.type.coding : undefined
  return (Array.isArray(coding) ? coding : []).flatMap((one: Json) =>
    isObject(one) && TABLE_0203.has(asText(one.system) ?? "") && typeof one.code === "string"
      ? [one.code]
      : [],
  )
}

/** No absolute URI, or one that names no authority whose numbers these are. */
function isGeneric(system: string): boolean {
  return (
    !/^[A-Za-z][A-Za-z0-9+.-]*:./.test(system) ||
    system === "urn:ietf:rfc:3986" ||
    TABLE_0203.has(system) ||
    /^https?:\/\/(www\.)?example\.(org|com|net)\/?$/.test(system)
  )
}

const SHARED_WORDS =
  /licen[cs]e|passport|driv(er|ing)|insur|member|subscri|policy|payer|payor|account|visit|encounter|episode|order|employ|student|phone|e?mail|device|temp/
const UNIQUE_WORDS =
  /^(mrns?|medicalrecord|recordn(umber|o)|patient(id|identifier|number|no)|ssn|socialsecurity|national(id|identity|identifier|number)|person(id|number|nummer)|(mpi|empi|pid)$)/

/** An untyped identifier of a system that only its name tells of, such as `https://hospital.example/mrn`. */
function meaningByName(system: string): Meaning {
  const [, path] = /^(?:https?:\/\/[^/]*|urn:)(.*)$/i.exec(system) ?? []
  const names = (path ?? "")
    .toLowerCase()
    .split(/[/:#?]/)
    .map((name) => name.replace(/[^a-z0-9]/g, ""))
  if (names.some((name) => SHARED_WORDS.test(name))) return "shared"
  return names.some((name) => UNIQUE_WORDS.test(name)) ? "unique" : "unknown"
}

/** What is typed in where a number is missing, in words, or masks it: it says the same of everybody. */
export function isPlaceholder(value: string): boolean {
  const bare = loose(value).replaceAll("/", "")
  const isMasked = /[*#?]|X{3}/.test(bare)
  return isMasked || /^(.)\1{3,}$/.test(bare) || PLACEHOLDER.test(bare)
}

const PLACEHOLDER =
  /^(|UNKNOWN.*|(TEST|TEMP|TBD)\d*|NONE|NA|NIL|NULL|XX+|PENDING|NOT(KNOWN|AVAILABLE|ASSIGNED|APPLICABLE)|[无無]|不[详詳明]|未知|待定|0+|123456789?|1234567890)$/

function isCurrent(identifier: JsonObject, now: number): boolean {
  if (identifier.use === "old") return false
  const end = isObject(identifier.period) ? asText(identifier.period.end) : undefined
  return end === undefined || !(endOf(end) < now)
}

/** The end of a FHIR dateTime, ms: a bare day or year is over when it is over everywhere. */
function endOf(time: string): number {
  const [, year, month, day, clock] = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?(T.*)?$/.exec(time) ?? []
  if (year === undefined || clock !== undefined) return Date.parse(time)
  const [y, m, d] = [Number(year), Number(month ?? 12), Number(day ?? 0)]
  const startOfNext = day === undefined ? Date.UTC(y, m, 1) : Date.UTC(y, m - 1, d + 1)
  return startOfNext + 12 * 3_600_000
}

/**
 * An identifier's value as it is compared: width and case apart, and how it is separated, but not where, except in
 * systems where that says nothing.
 */
export function comparable({ system, value }: { readonly system: string; readonly value: string }): string {
  const written = upright(value)
  const bare = written.replace(SEPARATORS, "")
  if (Object.hasOwn(withoutSeparators, system) && withoutSeparators[system].test(bare)) return bare
  return written.replace(SEPARATORS, "-").replace(/^-|-$/g, "")
}

/** A value without width, case and separators: what a search asks for. Different numbers may be the same so. */
export const loose = (value: string): string => upright(value).replace(SEPARATORS, "")

const SEPARATORS = /[\s.\-‐-―−]+/g

/** Half width, upper case; no other character becomes another one. */
const upright = (value: string) =>
  value
    .replace(/[！-～]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/[a-z]+/g, (small) => small.toUpperCase())
