import { asText, isObject, type JsonObject } from "@aceso/core"
import { nameText } from "@aceso/core/display/index.ts"

/** Chinese characters, kana and Hangul: names without spaces between their parts. */
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/** Whether a word holds family and given name: characters without spaces, two or more. */
export const isWholeName = (word: string): boolean => CJK.test(word) && [...word].length > 1

/** NFKC, lower case, without diacritics. */
export function normalized(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .normalize("NFC")
}

const isMark = (character: string): boolean => /['’‐-―-]/u.test(character)

/** Without apostrophes and hyphens around it. By hand: a pattern would try each of many hyphens as the first one. */
function withoutEnds(word: string): string {
  let [start, end] = [0, word.length]
  while (start < end && isMark(word[start])) start++
  while (end > start && isMark(word[end - 1])) end--
  return word.slice(start, end)
}

/** The words of a name, normalised; parts of a hyphenated one stay together. */
export const wordsOf = (name: string): string[] =>
  normalized(name)
    .split(/[^\p{L}\p{N}'’‐-―-]+/u)
    .map(withoutEnds)
    .filter((word) => word !== "")

/** Names of a Patient, each as its words, as many as anybody has. */
export function namesOf(patient: JsonObject): string[][] {
  const all = Array.isArray(patient.name) ? patient.name : []
  const names = all.slice(0, 20).flatMap((name) => {
    if (!isObject(name)) return []
    const { family, given, text } = name
    const parts = [asText(family), ...(Array.isArray(given) ? given.map(asText) : [])].filter(
      (part) => part !== undefined,
    )
    // Characters without spaces are one word, family first, as they are written.
    const joined = parts.some((part) => CJK.test(part)) ? [parts.join("")] : []
    const words = [...parts, ...joined, asText(text) ?? ""].flatMap(wordsOf)
    return [[...new Set(words)].slice(0, 20)]
  })
  return names.filter((words) => words.length > 0)
}

/** What stands before and behind names, such as Mr. or 女士, as its words: it is no name, but it is shown with it. */
export function titlesOf(patient: JsonObject): string[] {
  const all = Array.isArray(patient.name) ? patient.name : []
  const words = all.slice(0, 20).flatMap((name) => {
    if (!isObject(name)) return []
    const parts = [name.prefix, name.suffix].flatMap((part) => (Array.isArray(part) ? part : []))
    return parts.flatMap((part) => wordsOf(asText(part) ?? ""))
  })
  return [...new Set(words)].slice(0, 20)
}

/** The name that a person is shown by: the official one, else the best that is in use. */
export const shownName = (patient: JsonObject): string | undefined => nameText(patient.name)

/**
 * What a name is found by: its words, the parts of hyphenated ones, and of characters without spaces every two
 * that stand side by side.
 */
export function searchTerms(words: readonly string[]): string[] {
  const parts = words.flatMap((word) => word.split(/[‐-―-]/)).filter((part) => part !== "")
  return [...new Set([...words, ...parts, ...words.flatMap(piecesOf)])]
}

/** A word as it is asked for: itself, or, of characters without spaces, every two side by side. */
export function piecesOf(word: string): string[] {
  const characters = [...word]
  if (!CJK.test(word) || characters.length < 2) return [word]
  return characters.slice(1).map((character, i) => characters[i] + character)
}
