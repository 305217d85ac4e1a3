import { chineseMark } from "./chinese-marks.ts"
import { englishMark, type Mark } from "./words.ts"

export type { Mark } from "./words.ts"

/** A mark in the words of a language, with whose or which. */
export const markWords = (mark: Mark, language: "en" | "zh"): string =>
  language === "zh" ? chineseMark(mark) : englishMark(mark)
