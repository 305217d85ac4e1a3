import { createI18n, type I18n } from "vue-i18n"
import type { AreaTexts, Texts } from "../kit/area.ts"
import { shellTexts } from "./shell.ts"

export const LANGUAGES = { en: "English", zh: "中文" } as const
export type Language = keyof typeof LANGUAGES

const KEPT = "aceso-language"
const isLanguage = (value: unknown): value is Language => value === "en" || value === "zh"

/** What was chosen before, else what the browser asks for. */
function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT)
  if (isLanguage(kept)) return kept
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en"
}

const apply = (language: Language) => {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en"
}

type Plugin = I18n<Record<string, unknown>, Record<string, unknown>, Record<string, unknown>, string, false>
let plugin: Plugin | undefined

/** All texts of a page: the shell's, and those of its areas under their names. */
export function textsOf(areas: readonly { readonly name: string; readonly texts: AreaTexts }[]): Plugin {
  const locale = firstLanguage()
  const of = (language: Language): Texts => ({
    ...shellTexts[language],
    ...Object.fromEntries(areas.map(({ name, texts }) => [name, texts[language]])),
  })
  plugin = createI18n({
    legacy: false,
    locale,
    fallbackLocale: "en",
    messages: { en: of("en"), zh: of("zh") },
  }) as unknown as Plugin
  apply(locale)
  return plugin
}

export function chooseLanguage(language: Language): void {
  if (plugin) plugin.global.locale.value = language
  localStorage.setItem(KEPT, language)
  void import("../offline/kept-language.ts").then(({ keepLanguage }) => keepLanguage(language))
  apply(language)
}
