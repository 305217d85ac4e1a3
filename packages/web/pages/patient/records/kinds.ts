import { TYPE_WORDS } from "@aceso/core/display/type-words.ts"
import { entryOf } from "@aceso/core/display/words.ts"

const NOT_TOLD = { en: "Not told", zh: "未说明" }

/** A type in words; one that nobody here knows by its name. @param language of the texts, such as `zh` */
export function kindWords(type: string, language: string): string {
  const words = type === "?" ? NOT_TOLD : entryOf(TYPE_WORDS, type)
  return words?.[language === "zh" ? "zh" : "en"] ?? type
}
