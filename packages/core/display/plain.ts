import { unseenIn, visible } from "./visible.ts"

/**
 * What HTML takes for an element, its end or a comment, if it is closed anywhere behind; not an address between < and >,
 * which has no attributes.
 */
const MARKUP = /<(?!(?:mailto:)?[\w.+-]+@[\w.-]+>|https?:\/\/[^\s<>="']+>)[/!?a-z][^>]*>|<!--/i
const MAX_PART = 40
/** What is no word by itself, beside white space. */
const NO_WORD = /[\s\u2800\p{Cf}\p{Default_Ignorable_Code_Point}]/gu

/**
 * Why a text is not plain: it says nothing, holds markup (`part`: its beginning), or what nobody can see (`point`: such
 * as U+202E, and its line).
 */
export type PlainFault =
  | { readonly kind: "empty" }
  | { readonly kind: "markup"; readonly part: string }
  | { readonly kind: "unseen"; readonly point: string; readonly line: number }

/** Undefined: people read it as it is, in lines. */
export function plainFault(words: string): PlainFault | undefined {
  // Behind the last > nothing is closed; before it the first that begins is.
  const end = words.lastIndexOf(">") + 1
  const [markup] = MARKUP.exec(words.slice(0, end)) ?? /<!--/.exec(words) ?? []
  if (markup !== undefined) return { kind: "markup", part: visible(markup.slice(0, MAX_PART)) }
  const unseen = unseenIn(words)
  if (unseen) return { kind: "unseen", ...unseen }
  return words.replace(NO_WORD, "") === "" ? { kind: "empty" } : undefined
}

/** What is wrong with a text that is not plain, and what to write instead. @param what such as "the text" */
export function plainFaultWords(what: string, fault: PlainFault): string {
  if (fault.kind === "empty") return `${what} says nothing: write it`
  if (fault.kind === "markup")
    return `${what} is to be plain, and ${fault.part} is markup of HTML; leave it out, or write a space behind its <`
  return `${what} has a character that nobody can see, ${fault.point} in line ${fault.line}; leave it out`
}

/** A text as it comes from a keyboard or a file of any system: its lines end in one way, without a byte order mark. */
export const textGiven = (text: string): string => text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n")
