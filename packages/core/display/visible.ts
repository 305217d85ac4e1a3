/**
 * Characters that draw, hide or reorder instead of being read: controls (C0, C1), bidirectional marks, line and
 * paragraph separators, what has no width (but the joiners, which emoji and several scripts need), tags, and halves
 * of surrogate pairs, and marks on a letter beyond eight, which draw over other lines. Not what chooses a form of a character, as in names of people (U+E0100 to U+E01EF).
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /(?!\u200c|\u200d|\p{Variation_Selector})[\u0000-\u001f\u007f-\u009f\u2028\u2029\u2800\ufff0-\ufffb\p{Cf}\p{Default_Ignorable_Code_Point}\p{Surrogate}]|(?<=\p{M}{8})\p{M}/gu

/**
 * Text of others with every such character as a symbol: ␛ and the like (U+2400 to U+2421) where Unicode has one, because
 * it takes one column and needs no explanation; `\u{202E}` for all others.
 */
export const visible = (text: string): string => text.replace(UNSEEN, symbol)

/**
 * What Unicode needs for writing: marks of direction (not embeddings, overrides and isolates, which turn other text), soft
 * hyphens, word joiners, signs of Arabic numbers, the vowel separator of Mongolian, ends of words of scripts that have
 * no spaces, and flags made of tags.
 */
const NEEDED =
  /[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200e\u200f\u2060]|(?<=[\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}\p{Script=Thai}])\u200b|(?<=\u{1f3f4}[\u{e0030}-\u{e007a}]{0,6})[\u{e0030}-\u{e007a}]{0,6}\u{e007f}/u
const UNSEEN_IN_TEXT = new RegExp(`(?!${NEEDED.source})(?:${UNSEEN.source})`, "gu")

/** A text that people wrote to be read, such as a message: with what its script needs, and all else as by `visible`. */
export const visibleText = (text: string): string => text.replace(UNSEEN_IN_TEXT, symbol)

/** The first character of a text that nobody sees, such as U+202E, with its line from 1; lines and tabs are seen. */
export function unseenIn(text: string): { readonly point: string; readonly line: number } | undefined {
  for (const { 0: character, index } of text.matchAll(UNSEEN_IN_TEXT)) {
    if (character === "\n" || character === "\t") continue
    const point = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0")
    return { point: `U+${point}`, line: text.slice(0, index).split("\n").length }
  }
  return undefined
}

/** JSON text in which none of them stands as it is; the value is the same. */
export const escaped = (json: string): string =>
  json.replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, i) => character.charCodeAt(i))
      .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
      .join(""),
  )

/** Plain data with every text made visible, names of members too. */
export function visibleAll<T>(value: T): T {
  if (typeof value === "string") return visible(value) as T
  if (Array.isArray(value)) return value.map(visibleAll) as T
  if (typeof value !== "object" || value === null) return value
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [visible(name), visibleAll(part)]),
  ) as T
}

function symbol(character: string): string {
  const point = character.codePointAt(0) as number
  if (point < 0x20) return String.fromCodePoint(0x2400 + point)
  if (point === 0x7f) return "\u2421"
  return `\\u{${point.toString(16).toUpperCase().padStart(2, "0")}}`
}
