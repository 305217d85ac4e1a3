import type { AreaTexts, Texts } from "../kit/area.ts"
import { addMessages, hasTexts, textsHere, useMessagesOf } from "./i18n.ts"
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

/** All texts of a page in a language: the shell's, and those of its areas under their names. */
let textsIn: (language: Language) => Promise<Texts> = async () => ({})

const textsNamed = async (name: string, of: AreaTexts, language: Language) =>
  [name, await of[language]()] as const

/** Begins with the texts of a page in its first language. */
export async function textsOf(
  areas: readonly { readonly name: string; readonly texts?: AreaTexts; readonly later?: AreaTexts }[],
): Promise<void> {
  textsIn = async (language) => {
    // One without texts of its own may add to those of the shell later.
    const named = areas.flatMap(({ name, texts }) => (texts ? [textsNamed(name, texts, language)] : []))
    return { ...(await shellTexts[language]()), ...Object.fromEntries(await Promise.all(named)) }
  }
  behind = areas.flatMap(({ name, later }) => (later ? [[name, later] as const] : []))
  const language = firstLanguage()
  addMessages(language, await textsIn(language))
  useMessagesOf(language)
  apply(language)
}

/** Texts of the pages behind the first one. */
let behind: readonly Late[] = []
/** Before one of them is shown. @throws TypeError they cannot be fetched */
export function withLaterTexts(): Promise<unknown> {
  all ??= Promise.all(behind.map(add)).catch((error: unknown) => {
    all = undefined
    throw error
  })
  return all
}
let all: Promise<unknown> | undefined

/** Texts of pages that were loaded late. */
const late = new Set<Late>()
type Late = readonly [name: string, texts: AreaTexts]

/** A page that is loaded when it is wanted, and its texts with it. @param texts under their names */
/* @__NO_SIDE_EFFECTS__ */
export const withTexts =
  <P>(load: () => Promise<P>, ...texts: readonly Late[]) =>
  async (): Promise<P> => {
    const [page] = await Promise.all([load(), ...texts.map(add)])
    return page
  }

async function add(one: Late): Promise<void> {
  const [name, texts] = one
  // Whoever chooses another language from now on gets them with it.
  late.add(one)
  for (const language of textsHere()) addMessages(language, { [name]: await texts[language]() })
}

/** Once its texts are here. @throws TypeError they cannot be fetched: the language stays as it is */
export async function chooseLanguage(language: Language): Promise<void> {
  if (!hasTexts(language)) addMessages(language, await textsIn(language))
  for (const [name, texts] of late) addMessages(language, { [name]: await texts[language]() })
  useMessagesOf(language)
  localStorage.setItem(KEPT, language)
  void import("../offline/kept-language.ts").then(({ keepLanguage }) => keepLanguage(language))
  apply(language)
}
