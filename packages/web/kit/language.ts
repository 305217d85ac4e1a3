import { computed, type Ref } from "vue"
import { useI18n } from "vue-i18n"
import type { Language } from "../texts/language.ts"

/** The language that the page is read in. */
export function useLanguage(): Readonly<Ref<Language>> {
  const { locale } = useI18n()
  return computed(() => (locale.value === "zh" ? "zh" : "en"))
}
