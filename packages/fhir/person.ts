import { asText, type JsonObject } from "@aceso/core"
import { indexedPapers } from "./documents.ts"
import { ordersOf, wholeHan } from "./han.ts"
import {
  comparable,
  type IdentifierRules,
  identifiersOf,
  type KnownIdentifier,
  knownIdentifiers,
  loose,
} from "./identifiers.ts"
import { isWholeName, namesOf, piecesOf, searchTerms, titlesOf, wordsOf } from "./names.ts"

/** What a Patient says of who it is; plain data. */
export interface Person {
  /** Each as its words, normalised. */
  readonly names: readonly (readonly string[])[]
  /** Words around them, such as Mr.: they are searched for as they are shown, and make nobody the same. Absent: none. */
  readonly titles?: readonly string[]
  /** As FHIR writes it: a day, month or year. */
  readonly birthDate: string | undefined
  /** Administrative sex; absent where it is unknown. */
  readonly sex: string | undefined
  readonly identifiers: readonly KnownIdentifier[]
  /** Of versions before: they match nobody, and speak against another number of a system that is not named now. */
  readonly former?: readonly KnownIdentifier[]
}

export const NOBODY: Person = { names: [], birthDate: undefined, sex: undefined, identifiers: [] }

export function personOf(patient: JsonObject, rules: IdentifierRules): Person {
  const sex = asText(patient.gender)
  const titles = titlesOf(patient)
  return {
    names: namesOf(patient),
    ...(titles.length > 0 && { titles }),
    birthDate: asText(patient.birthDate),
    sex: sex === "unknown" ? undefined : sex,
    identifiers: knownIdentifiers(patient, rules),
  }
}

/** Under what a resource is found by its identifiers: a Patient's also as they are compared, by papers, and as a whole. */
export function indexedIdentifiers(resource: JsonObject): { system: string; value: string }[] {
  const all = identifiersOf(resource)
  if (resource.resourceType !== "Patient") return all
  return [...all, ...indexedPapers(resource), ...askedIdentifiers(resource)]
}

/** By what a Patient finds others of whom it may be. */
export const askedIdentifiers = (patient: JsonObject): { system: string; value: string }[] => [
  ...identifiersOf(patient).flatMap((one) =>
    [...new Set([comparable(one), loose(one.value)])].map((value) => ({ system: one.system, value })),
  ),
  wholeOf(personOf(patient, { configured: {}, now: 0 })),
]

/** All that a Patient says of who it is, as one: it finds the very same one among many who share a number. */
export function wholeOf({ names, birthDate, sex, identifiers }: Person): { system: string; value: string } {
  const numbers = identifiers.map((one) => `${one.system}|${comparable(one)}`).sort()
  const words = names.map((name) => name.join(" ")).sort()
  return { system: "", value: JSON.stringify([numbers, words, birthDate ?? "", sex ?? ""]) }
}

export type Trait = "identifier" | "birth_date" | "sex" | "name"

export interface Comparison {
  /** In what both are the same, of what both have. */
  readonly agree: ReadonlySet<Trait>
  /** In what they contradict each other. Of identifiers the trusted ones count alone. */
  readonly differ: ReadonlySet<Trait>
  /** They have an identifier in common that is not trusted, not any more, or written otherwise. */
  readonly shares: boolean
  /** Both have trusted identifiers, of whatever systems. */
  readonly bothNumbered: boolean
}

export function compare(a: Person, b: Person): Comparison {
  const agree = new Set<Trait>()
  const differ = new Set<Trait>()
  const note = (trait: Trait, is: boolean | undefined) => {
    if (is !== undefined) (is ? agree : differ).add(trait)
  }
  const [numbers, otherNumbers] = [trusted(a), trusted(b)]
  for (const [system, values] of numbers) {
    const others = otherNumbers.get(system)
    if (!others) {
      const before = (b.former ?? []).filter((one) => one.system === system).map(({ value }) => loose(value))
      if (before.length > 0 && ![...values].some((value) => before.includes(loose(value))))
        note("identifier", false)
      continue
    }
    const isSame = [...values].some((value) => others.has(value))
    const bare = new Set([...others].map(loose))
    // One that may only be written otherwise speaks neither for nor against.
    if (isSame || ![...values].some((value) => bare.has(loose(value)))) note("identifier", isSame)
  }
  note("birth_date", isSameDate(a.birthDate, b.birthDate))
  note("sex", a.sex === undefined || b.sex === undefined ? undefined : a.sex === b.sex)
  note("name", isSameName(a.names, b.names))
  const nameOf = ({ system, value }: KnownIdentifier) => `${system}|${loose(value)}`
  const theirs = new Set(b.identifiers.map(nameOf))
  const shares = !agree.has("identifier") && a.identifiers.some((one) => theirs.has(nameOf(one)))
  const bothNumbered = numbers.size > 0 && otherNumbers.size > 0
  return { agree, differ, shares, bothNumbered }
}

/** Values of trusted systems that are the person's now, by system. */
function trusted({ identifiers }: Person): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>()
  for (const one of identifiers) {
    if (one.meaning !== "unique" || !one.isCurrent) continue
    const values = found.get(one.system) ?? new Set()
    found.set(one.system, values.add(comparable(one)))
  }
  return found
}

/** A month agrees with its days, a year with its months; undefined: one of them is not known. */
function isSameDate(a: string | undefined, b: string | undefined): boolean | undefined {
  if (!a || !b) return undefined
  return a.startsWith(b) || b.startsWith(a)
}

/** True: all words of one stand in the other. False: no word in common. Undefined: neither, or not known. */
function isSameName(a: Person["names"], b: Person["names"]): boolean | undefined {
  if (a.length === 0 || b.length === 0) return undefined
  // One word of several, such as a nickname, is not yet a name in common; characters without spaces are.
  const within = (some: readonly string[], all: readonly string[]) =>
    (some.length > 1 || all.length === 1 || isWholeName(some[0])) && some.every((word) => all.includes(word))
  if (a.some((one) => b.some((other) => within(one, other) || within(other, one)))) return true
  const words = new Set(a.flat())
  return b.flat().some((word) => words.has(word)) ? undefined : false
}

/** The record number that staff knows a patient by: a medical record number, else the first trusted one. */
export function recordNumberOf({ identifiers }: Person): string | undefined {
  const current = identifiers.filter(({ isCurrent }) => isCurrent)
  const found =
    current.find(({ type }) => type === "MR" || type === "PI") ??
    current.find(({ system, meaning }) => meaning === "unique" && /mrn|record|patient/i.test(system)) ??
    current.find(({ meaning }) => meaning === "unique")
  return found?.value
}

/** What a patient is found by: words of the names and of what stands around them, the birth date, trusted identifiers. */
export function termsOf(person: Person): string[] {
  const numbers = person.identifiers
    .filter(({ meaning, isCurrent }) => meaning === "unique" && isCurrent)
    .map(({ value }) => numberTerm(value))
  const shown = recordNumberOf(person)
  const terms = [
    ...[...person.names, person.titles ?? []].flatMap(searchTerms).map(nameTerm),
    ...(person.birthDate ? [dateTerm(person.birthDate)] : []),
    ...numbers,
    ...(shown === undefined ? [] : [numberTerm(shown)]),
  ]
  return [...new Set(terms)].slice(0, MAX_TERMS)
}

/**
 * What finds all who may be this person by what stands on any paper: born on that day, or in that month or year where
 * no more is known of them, and with a word of the names in common. As `termsAsked`: of each group one.
 */
export function termsAlike({ names, birthDate = "" }: Person): string[][] {
  const dates = [birthDate, birthDate.slice(0, 7), birthDate.slice(0, 4)].map(dateTerm)
  const words = names.flatMap((name) => [...searchTerms(name), ...piecesOfHan(name)])
  return [dates, [...new Set(words)].slice(0, MAX_ALIKE_WORDS).map(nameTerm)]
}

/** Of a name of characters its characters, and any two side by side, whichever part comes first. */
function piecesOfHan(name: readonly string[]): string[] {
  const whole = wholeHan(name)
  return whole === undefined ? [] : [...whole, ...searchTerms(ordersOf(whole))]
}

const MAX_TERMS = 400
const MAX_ALIKE_WORDS = 64
const nameTerm = (word: string) => `name ${word}`
const dateTerm = (date: string) => `born ${date}`
const numberTerm = (value: string) => `number ${loose(value)}`

/**
 * What a search asks for: of each group one term has to be there. Its words are names, birth dates or record
 * numbers; names without spaces are found by any two characters or more that stand side by side.
 */
export function termsAsked(search: string): string[][] {
  return search
    .split(/\s+/)
    .filter((part) => part !== "")
    .flatMap((part) => {
      const others = [...(/^\d{4}(-\d\d){0,2}$/.test(part) ? [dateTerm(part)] : []), numberTerm(part)]
      const pieces = wordsOf(part).flatMap(piecesOf)
      return pieces.length === 0 ? [others] : pieces.map((piece) => [nameTerm(piece), ...others])
    })
    .slice(0, MAX_GROUPS)
}

const MAX_GROUPS = 32
