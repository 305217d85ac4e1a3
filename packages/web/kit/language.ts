import type { Ref } from "vue"
import { useI18n } from "../texts/i18n.ts"
import type { Language } from "../texts/language.ts"

/** The language that the page is read in. */
export const useLanguage = (): Readonly<Ref<Language>> => useI18n().locale
