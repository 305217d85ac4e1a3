/**
 * What a text may be meant as, for denials: whichever letter case, width, script of digits, accents, invisible
 * characters and look-alikes of Latin letters it is written with. A function of code points alone: what engines know of
 * Unicode counts only in blocks that have long been settled, so that custodian and device compute the same.
 */

/** Pairs of first and last code point, in hexadecimal. */
const ranges = (text: string): readonly (readonly [number, number])[] =>
  text.split(" ").map((range) => {
    const [first, last = first] = range.split("-")
    return [Number.parseInt(first, 16), Number.parseInt(last, 16)]
  })
const isIn = (all: readonly (readonly [number, number])[], code: number): boolean =>
  all.some(([first, last]) => code >= first && code <= last)

/** Blocks whose decompositions and letter cases are complete (Unicode 15 and before): what is outside stays as it is. */
const SETTLED = ranges(
  "a0-52f 531-58f 10a0-10ff 13a0-13ff 1c90-1cbf 1d2c-1dbf 1e00-1fff 2000-206f 2070-209c 2100-218b 2460-24ff 2c00-2d2f 3000-30ff 3200-33ff a640-a69f ab70-abbf ac00-d7a3 fb00-fb06 fe30-fe6f ff00-ffef 10400-104ff 1d400-1d7ff 1e900-1e943 1f100-1f149",
)
/** Unicode's Default_Ignorable_Code_Point, and controls. */
const INVISIBLE = ranges(
  "0-1f 7f-9f ad 34f 61c 115f-1160 17b4-17b5 180b-180f 200b-200f 2028-202e 2060-206f 3164 fe00-fe0f feff ffa0 fff0-fffb 1bca0-1bca3 1d173-1d17a e0000-e0fff",
)
const MARKS = ranges("300-36f 483-489 1ab0-1aff 1dc0-1dff 20d0-20ff 3099-309c fe20-fe2f")
const DASHES = ranges("2010-2015 2043 2212 2e3a-2e3b")
const SYMBOLS = ranges("a1-a9 ab-b1 b4 b6-b8 bb bf d7 f7 2016-2027 2030-205e 2190-2bff 3001-3003 3008-3020")
/** Zeros, of which nine more digits follow. */
const ZEROS = (
  "660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90 " +
  "1b50 1bb0 1c40 1c50 a620 a8d0 a900 a9d0 a9f0 aa50 abf0"
)
  .split(" ")
  .map((zero) => Number.parseInt(zero, 16))

/** Small letters of Cyrillic and Greek, of which the small or the capital one looks like a Latin letter's. */
const LOOK_ALIKES = new Map<string, string>(
  Object.entries({
    ...{ а: "a", в: "b", с: "c", ԁ: "d", е: "e", һ: "h", н: "h", і: "i", ј: "j", к: "k", ӏ: "l", м: "m" },
    ...{ о: "o", р: "p", ԛ: "q", ѕ: "s", т: "t", ѵ: "v", ԝ: "w", х: "x", у: "y", ү: "y" },
    ...{ α: "a", β: "b", ε: "e", ζ: "z", η: "h", ι: "i", κ: "k", μ: "m", ν: "n", ο: "o", ρ: "p", τ: "t" },
    ...{ υ: "y", χ: "x", ς: "σ", ı: "i", ȷ: "j", ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ł: "l" },
  }),
)

const ASCII = /^[ -~]*$/
/** Of what could not be decoded nobody knows what it was. */
const GARBLED = /[\ufffd\ud800-\udfff]/u
export const isGarbled = (text: string): boolean => GARBLED.test(text)

/** Separators stay; those beyond ASCII become a space, a hyphen or a comma. */
export function folded(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase()
  let all = ""
  for (const char of text) all += foldedOnce(char)
  return all
}

const known = new Map<string, string>()
/** Characters come from records; no more of them are remembered. */
const MAX_KNOWN = 5_000

function foldedOnce(char: string): string {
  const found = known.get(char)
  if (found !== undefined) return found
  const code = char.codePointAt(0) ?? 0
  let all = ""
  if (!isIn(INVISIBLE, code)) {
    const isSettled = code < 0x80 || isIn(SETTLED, code)
    for (const part of isSettled ? char.normalize("NFKD").toLowerCase() : char) all += plain(part)
  }
  if (known.size < MAX_KNOWN) known.set(char, all)
  return all
}

function plain(char: string): string {
  const code = char.codePointAt(0) ?? 0
  if (code < 0x80) return char
  if (isIn(INVISIBLE, code) || isIn(MARKS, code)) return ""
  if (isIn(DASHES, code)) return "-"
  if (isIn(SYMBOLS, code)) return ","
  const zero = ZEROS.find((first) => code >= first && code <= first + 9)
  return zero === undefined ? (LOOK_ALIKES.get(char) ?? char) : String(code - zero)
}

const SEPARATORS = /[^a-z0-9\u{80}-\u{10ffff}]+/gu

/** Letters and digits alone; of a number without the zeros before it. @param text as `folded` makes it */
export function bare(text: string): string {
  const all = text.replace(SEPARATORS, "")
  return /^0+[0-9]+$/.test(all) ? all.replace(/^0+(?=[0-9])/, "") : all
}

/** As `bare`, of a text as it came; undefined: garbled, so that it may be any. */
export const spelled = (text: string): string | undefined =>
  isGarbled(text) ? undefined : bare(folded(text))
