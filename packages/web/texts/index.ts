import { createI18n, type I18n } from "vue-i18n"
import type { AreaTexts, Texts } from "../kit/area.ts"
import type { Language } from "./language.ts"
import { shellTexts } from "./shell.ts"

export { LANGUAGES, type Language } from "./language.ts"

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
let textsIn: (language: Language) => Promise<Texts> = async () => ({})

/** All texts of a page in its first language: the shell's, and those of its areas under their names. */
export async function textsOf(
  areas: readonly { readonly name: string; readonly texts: AreaTexts }[],
): Promise<Plugin> {
  textsIn = async (language) => {
    const named = areas.map(async ({ name, texts }) => [name, await texts[language]()] as const)
    return { ...(await shellTexts[language]()), ...Object.fromEntries(await Promise.all(named)) }
  }
  const locale = firstLanguage()
  plugin = createI18n({
    legacy: false,
    locale,
    fallbackLocale: false,
    messages: { [locale]: await textsIn(locale) },
  }) as unknown as Plugin
  apply(locale)
  return plugin
}

/** Texts of pages that were loaded late. */
const late = new Set<readonly [name: string, texts: AreaTexts]>()

/** A page that is loaded when it is wanted, and its texts with it. @param texts under their names */
export const withTexts =
  <P>(load: () => Promise<P>, ...texts: readonly (readonly [name: string, texts: AreaTexts])[]) =>
  async (): Promise<P> => {
    const [page] = await Promise.all([load(), ...texts.map(add)])
    return page
  }

async function add(one: readonly [name: string, texts: AreaTexts]): Promise<void> {
  const [name, texts] = one
  const languages = (plugin?.global.availableLocales ?? []) as Language[]
  const found = await Promise.all(
    languages.map(async (language) => [language, await texts[language]()] as const),
  )
  for (const [language, read] of found) plugin?.global.mergeLocaleMessage(language, { [name]: read })
  late.add(one)
}

/** Once its texts are here. @throws TypeError they cannot be fetched: the language stays as it is */
export async function chooseLanguage(language: Language): Promise<void> {
  if (plugin && !plugin.global.availableLocales.includes(language))
    plugin.global.setLocaleMessage(language, (await textsIn(language)) as Record<string, never>)
  for (const [name, texts] of late)
    plugin?.global.mergeLocaleMessage(language, { [name]: await texts[language]() })
  if (plugin) plugin.global.locale.value = language
  localStorage.setItem(KEPT, language)
  void import("../offline/kept-language.ts").then(({ keepLanguage }) => keepLanguage(language))
  apply(language)
}
