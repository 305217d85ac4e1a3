import { chineseMarks } from "./chinese.ts"
import { marks as englishMarks, type MarkKey } from "./words.ts"

/** What changes how a title is to be read; `of`: whose, or which. */
export interface Mark {
  readonly key: MarkKey
  readonly of?: string
}

const LANGUAGES: Readonly<Record<"en" | "zh", (mark: Mark) => string>> = {
  en({ key, of }) {
    if (of === undefined) return englishMarks[key]
    return key === "family-history" ? `${englishMarks[key]} of ${of}` : `${englishMarks[key]} ${of}`
  },
  zh: ({ key, of }) => (of === undefined ? chineseMarks[key] : `${chineseMarks[key]}（${of}）`),
}

/** A mark in the words of a language, with whose or which. */
export const markWords = (mark: Mark, language: keyof typeof LANGUAGES = "en"): string =>
  LANGUAGES[language](mark)
