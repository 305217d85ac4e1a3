import type { Code } from "../elements/code.ts"
import type { Fit } from "./fit.ts"
import { bare, folded, isGarbled } from "./spelling.ts"
import { areApart, MAX_CODE_LENGTH, MAX_SYSTEMS, systemName } from "./systems.ts"

/**
 * A record's codes as criteria look for them, in a time that does not grow with the record. A permit wants the code as
 * it is written; a denial wants it in whichever way it may be written, and among expressions (SNOMED CT compositional
 * grammar, "86406008 |HIV|", "86406008:246075003=…").
 */
export interface CodeIndex {
  /** For a permit. */
  has(wanted: Code): boolean
  /** For a denial: systems tell codes apart only where both are surely two. */
  mayHave(wanted: Code): Fit
}

/** Names of systems; undefined: none is said. */
type Systems = Set<string | undefined>
/** In an index of spellings: one of the record's may be any. */
const GARBLED = "\ufffd"

export function indexCodes(codes: readonly Code[]): CodeIndex {
  const exact = new Map<string, Systems>()
  const indexed = new Map<string, Systems>()
  let hasUnreadable = false
  let respelled: Map<string, Systems> | undefined
  for (const { system, code } of codes) {
    const name = nameOf(system)
    if (!isReadable(code)) {
      hasUnreadable = true
      continue
    }
    add(exact, code, name)
    for (const form of formsOf(code)) addForDenial(indexed, form, name)
  }
  return {
    has({ system, code }) {
      const systems = exact.get(code)
      return systems !== undefined && (system === undefined || systems.has(systemName(system)))
    },
    mayHave(wanted) {
      const { name, forms, spellings } = readWanted(wanted)
      if (!forms) return "unsure"
      const [whole, ...parts] = forms
      if (mayBeAmong(indexed.get(whole), name)) return "yes"
      if (hasUnreadable || parts.some((part) => mayBeAmong(indexed.get(part), name))) return "unsure"
      respelled ??= indexSpellings(codes)
      if (mayBeAmong(respelled.get(GARBLED), name)) return "unsure"
      return spellings.some((one) => mayBeAmong(respelled?.get(one), name)) ? "unsure" : "no"
    },
  }
}

/** A denial's code, read once for all records. */
interface Wanted {
  readonly name: string | undefined
  /** undefined: it may be any */
  readonly forms: readonly [string, ...string[]] | undefined
  readonly spellings: readonly string[]
}
const wantedOnce = new WeakMap<Code, Wanted>()

function readWanted(code: Code): Wanted {
  let wanted = wantedOnce.get(code)
  if (!wanted) {
    const isAny = !isReadable(code.code) || isGarbled(code.code)
    const forms = isAny ? undefined : formsOf(code.code)
    wanted = { name: nameOf(code.system), forms, spellings: isAny ? [] : meant(code.code) }
    wantedOnce.set(code, wanted)
  }
  return wanted
}

/** Codes are mostly those of other records too (facts.ts, `share`). */
const spellingsOnce = new WeakMap<Code, readonly string[]>()

function indexSpellings(codes: readonly Code[]): Map<string, Systems> {
  const index = new Map<string, Systems>()
  for (const code of codes) {
    let all = spellingsOnce.get(code)
    if (!all) {
      all = !isReadable(code.code) ? [] : isGarbled(code.code) ? [GARBLED] : spellingsOf(code.code)
      spellingsOnce.set(code, all)
    }
    const name = nameOf(code.system)
    for (const one of all) addForDenial(index, one, name)
    if (index.size > MAX_SPELLINGS) return new Map([[GARBLED, new Set([undefined])]])
  }
  return index
}

const nameOf = (system: string | undefined) => (system === undefined ? undefined : systemName(system))

const isReadable = (code: string) => code !== "" && code.length <= MAX_CODE_LENGTH

function add(index: Map<string, Systems>, text: string, name: string | undefined): void {
  const systems = index.get(text)
  if (systems) systems.add(name)
  else index.set(text, new Set([name]))
}

function addForDenial(index: Map<string, Systems>, text: string, name: string | undefined): void {
  const isMany = (index.get(text)?.size ?? 0) >= MAX_SYSTEMS
  add(index, text, isMany ? undefined : name)
}

function mayBeAmong(systems: Systems | undefined, wanted: string | undefined): boolean {
  if (!systems) return false
  if (wanted === undefined || systems.has(undefined) || systems.has(wanted)) return true
  return [...systems].some((found) => found === undefined || !areApart(wanted, found))
}

const DECORATED = /[^a-z0-9._-]/
const SEPARATOR = /[^a-z0-9.-]/

/** The whole code, then those that stand in it. */
function formsOf(code: string): readonly [string, ...string[]] {
  const text = code.trim().toLowerCase()
  const whole = fold(text)
  if (!DECORATED.test(text)) return [whole]
  const inside = outsideTerms(text)
    .flatMap((part) => part.split(SEPARATOR))
    .filter((part) => /\d/.test(part))
  return [whole, ...new Set(inside.map(fold))]
}

/** Terms stand between bars; a single bar stands between a system and a code. */
function outsideTerms(text: string): readonly string[] {
  const parts = text.split("|")
  return parts.length % 2 === 1 ? parts.filter((_, i) => i % 2 === 0) : parts
}

const JOINED = /^[a-z0-9\u{80}-\u{10ffff}]*$/u
/** Between the codes of an expression; what a code itself may be written with is none. */
const BETWEEN = /[^a-z0-9 ._\u{80}-\u{10ffff}-]+/u
const LETTERS = /^[^0-9]+$/
const hasLetter = (word: string) => /[^0-9]/.test(word)
/** Words and codes of one expression, and spellings of one record: of more, a code may be any. */
const MAX_WORDS = 32
const MAX_SPELLINGS = 100_000

/** All that a record's code may be meant as: the whole, and whatever stands in it outside of terms. */
function spellingsOf(code: string): readonly string[] {
  const text = folded(code)
  if (JOINED.test(text)) return withoutCertainty([bare(text)])
  const pieces: string[] = []
  let words = 0
  for (const part of outsideTerms(text))
    for (const piece of part.split(BETWEEN)) {
      words += piece.split(/[ ._-]+/, MAX_WORDS + 1).length
      if (words > MAX_WORDS) return [GARBLED]
      pieces.push(piece)
    }
  return withoutCertainty([bare(text), ...pieces.flatMap(inPiece)])
}

/** Digits: fewer are a part of a code beside letters, as in HIV-1. */
const MIN_NUMBER = 4

/** What may stand in one piece: "B 20", "HIV-positive", "TKX-42.A positive". */
function inPiece(piece: string): readonly string[] {
  const all = [bare(piece)]
  for (const { 0: border, index } of piece.matchAll(/[ _-]+/g)) {
    const [start, end] = [bare(piece.slice(0, index)), bare(piece.slice(index + border.length))]
    // LOINC's check digit is no code.
    if (hasLetter(start) || (start.length >= MIN_NUMBER && hasLetter(end))) all.push(start)
    if (hasLetter(end) || (end.length >= MIN_NUMBER && hasLetter(start))) all.push(end)
  }
  if (piece.includes(" ")) all.push(...piece.split(/ +/).map(bare))
  // ICD's places after the dot are none.
  all.push(...piece.split(/[ ._-]+/).filter((word) => LETTERS.test(word)))
  all.push(
    ...piece
      .split(/[ _-]+/)
      .filter(hasLetter)
      .map(bare),
  )
  return all
}

const ADDRESS = /^(?:https?:|urn:|oid:)/

/** All that a denial's code may mean. Words of a code, of its term and of its system's address are none on their own. */
function meant(code: string): readonly string[] {
  const text = folded(code)
  if (JOINED.test(text)) return withoutCertainty([bare(text)])
  const parts = outsideTerms(text)
  const pieces = parts.flatMap((part, i) => {
    const isAddress = ADDRESS.test(part.trim())
    if (isAddress) return i < parts.length - 1 ? [] : part.split(BETWEEN).filter(Boolean).slice(-1)
    // HL7 version 2, CWE: code, text, system, and the same again.
    return part.split("^").flatMap((component, n) => (n % 3 === 0 ? component.split(BETWEEN) : []))
  })
  return withoutCertainty([text, ...pieces].map(bare))
}

/** ICD-10-GM's marks of side and certainty behind a code (KBV: G, V, A, Z). */
const CERTAINTY = /^([a-z][0-9]{2,4})[rlb]?[gvaz]$/
const withoutCertainty = (all: readonly string[]): readonly string[] => [
  ...new Set(all.flatMap((one) => [one, CERTAINTY.exec(one)?.[1] ?? one]).filter(Boolean)),
]

/**
 * Without what one writer puts and another does not: dots and marks at the end of ICD's codes (ICD-10 volume 2, dagger
 * and asterisk), zeros before a number.
 */
function fold(text: string): string {
  const bare = text.replaceAll(".", "")
  if (/^[0-9]+$/.test(bare)) return withoutZeros(bare)
  if (!/^[a-z][0-9]{2}/.test(bare)) return bare
  let end = bare.length
  while (!isLetterOrDigit(bare.charCodeAt(end - 1))) end--
  return bare.slice(0, end)
}

function withoutZeros(digits: string): string {
  let start = 0
  while (digits[start] === "0" && start < digits.length - 1) start++
  return digits.slice(start)
}

const isLetterOrDigit = (code: number) => (code >= 97 && code <= 122) || (code >= 48 && code <= 57)
