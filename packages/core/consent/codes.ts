import type { Code } from "../elements/walk.ts"
import type { Fit } from "./fit.ts"
import { areApart, MAX_CODE_LENGTH, systemName } from "./systems.ts"

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
/** A code of more systems than these may be of any. */
const MAX_SYSTEMS = 64

export function indexCodes(codes: readonly Code[]): CodeIndex {
  const exact = new Map<string, Systems>()
  const folded = new Map<string, Systems>()
  let hasUnreadable = false
  for (const { system, code } of codes) {
    const name = system === undefined ? undefined : systemName(system)
    if (!isReadable(code)) {
      hasUnreadable = true
      continue
    }
    add(exact, code, name)
    for (const form of formsOf(code)) addForDenial(folded, form, name)
  }
  return {
    has({ system, code }) {
      const systems = exact.get(code)
      return systems !== undefined && (system === undefined || systems.has(systemName(system)))
    },
    mayHave({ system, code }) {
      if (!isReadable(code)) return "unsure"
      const name = system === undefined ? undefined : systemName(system)
      const [whole, ...parts] = formsOf(code)
      if (mayBeAmong(folded.get(whole), name)) return "yes"
      return hasUnreadable || parts.some((part) => mayBeAmong(folded.get(part), name)) ? "unsure" : "no"
    },
  }
}

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
  const parts = text.split("|")
  // Terms stand between bars; a single bar stands between a system and a code.
  const outside = parts.length % 2 === 1 ? parts.filter((_, i) => i % 2 === 0) : parts
  const inside = outside.flatMap((part) => part.split(SEPARATOR)).filter((part) => /\d/.test(part))
  return [whole, ...new Set(inside.map(fold))]
}

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
