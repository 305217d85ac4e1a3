import type { ListedHere } from "./session.ts"

/**
 * What is published about something. Publications have no codes: they are found by the words of their titles and names, so
 * a term of a record is asked by its words ("Warfarin 5 mg tablet" finds "Warfarin").
 */
export function isAbout({ title, slug }: Pick<ListedHere, "title" | "slug">, asked: string): boolean {
  const wanted = wordsIn(asked)
  const held = wordsIn(`${title ?? ""} ${slug}`)
  const isIn = (word: string) => held.some((one) => one.startsWith(word))
  return wanted.length > 0 && wanted.every(isIn)
}

/** What is published about a term of a record: one of its words is enough. */
export function isAboutTerm({ title, slug }: Pick<ListedHere, "title" | "slug">, term: string): boolean {
  const held = wordsIn(`${title ?? ""} ${slug}`)
  return wordsIn(term)
    .filter((word) => word.length >= SHORTEST || /\p{Script=Han}/u.test(word))
    .some((word) => held.includes(word))
}

/** Shorter words are units and the like. */
const SHORTEST = 4

const wordsIn = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
