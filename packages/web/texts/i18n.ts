import { type Ref, readonly, shallowRef } from "vue"
import type { Texts } from "../kit/area.ts"
import type { Language } from "./language.ts"

/** What stands in braces of a text, by name. */
type Named = Readonly<Record<string, unknown>>

const messages = shallowRef<Readonly<Partial<Record<Language, Texts>>>>({})
const current = shallowRef<Language>("en")

/** Whether the texts of a language are here. */
export const hasTexts = (language: Language): boolean => messages.value[language] !== undefined
export const textsHere = (): readonly Language[] => Object.keys(messages.value) as Language[]

/** Adds texts of a language to those that are here. */
export function addMessages(language: Language, texts: Texts): void {
  messages.value = { ...messages.value, [language]: merged(messages.value[language] ?? {}, texts) }
}
/** From now on pages are read in it. */
export function useMessagesOf(language: Language): void {
  current.value = language
}

function merged(one: Texts, other: Texts): Texts {
  const all: Record<string, string | Texts> = { ...one }
  for (const [name, text] of Object.entries(other)) {
    const before = all[name]
    all[name] = typeof before === "object" && typeof text === "object" ? merged(before, text) : text
  }
  return all
}

function textAt(key: string): string | undefined {
  let found: string | Texts | undefined = messages.value[current.value]
  for (const part of key.split("."))
    found = typeof found === "object" && Object.hasOwn(found, part) ? found[part] : undefined
  return typeof found === "string" ? found : undefined
}

/** Of `one | many`, or `none | one | many`, the one that fits a number. */
function ofNumber(text: string, n: number): string {
  const forms = text.split(" | ")
  if (forms.length === 1) return text
  const many = Math.abs(n) === 1 ? 0 : 1
  return forms[Math.min(forms.length === 2 ? many : Math.abs(n), forms.length - 1)]
}

const numberIn = ({ count, n }: Named): number | undefined =>
  [count, n].find((one): one is number => typeof one === "number")

/**
 * A text of the pages.
 * @param key its name, such as `records.title`; one that is not there is reported, and shown by its name
 * @param named what stands in braces, or the number that chooses between forms
 */
function t(key: string, named: Named | number = {}, number?: number): string {
  const text = textAt(key)
  if (text === undefined) {
    // Browsers report it as any fault of a page, and the page goes on.
    reportError(new Error(`no text ${key} in ${current.value}`))
    return key
  }
  const chosen = number ?? (typeof named === "number" ? named : numberIn(named))
  const values: Named = {
    ...(chosen !== undefined && { n: chosen, count: chosen }),
    ...(typeof named === "object" && named),
  }
  return ofNumber(text, chosen ?? 1).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""))
}

/** Whether there is a text of this name. */
const te = (key: string): boolean => textAt(key) !== undefined

export interface I18n {
  readonly t: typeof t
  readonly te: typeof te
  readonly locale: Readonly<Ref<Language>>
}
const locale = readonly(current)
/** @param under the name under which the texts stand that are meant; absent: names are whole */
export const useI18n = (under?: string): I18n =>
  under === undefined
    ? { t, te, locale }
    : {
        t: (key, named, number) => t(`${under}.${key}`, named, number),
        te: (key) => te(`${under}.${key}`),
        locale,
      }
