import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { escaped, unseenIn, visible, visibleAll, visibleText } from "./visible.ts"

const rows: readonly (readonly [comment: string, text: string, shown: string])[] = [
  ["nothing of the kind", "Zoë 王小芳 دוד <5 µg/L", "Zoë 王小芳 دוד <5 µg/L"],
  ["a family of joined pictures", "👨‍👩‍👧", "👨‍👩‍👧"],
  ["a joiner of Persian", "می‌خواهم", "می‌خواهم"],
  ["an escape sequence", "\u001b[1A\u001b[2K", "␛[1A␛[2K"],
  ["line ends and tabs", "a\r\nb\tc", "a␍␊b␉c"],
  ["NUL and DEL", "\u0000\u007f", "␀␡"],
  ["C1, such as the one-byte CSI", "\u009b31m\u0085", "\\u{9B}31m\\u{85}"],
  [
    "text that is turned around",
    "\u202eevil\u202c\u2066\u2069\u200f\u061c",
    "\\u{202E}evil\\u{202C}\\u{2066}\\u{2069}\\u{200F}\\u{61C}",
  ],
  ["other line ends", "a\u2028b\u2029c", "a\\u{2028}b\\u{2029}c"],
  ["no width", "war\u200bfa\u00adrin\ufeff\u2060", "war\\u{200B}fa\\u{AD}rin\\u{FEFF}\\u{2060}"],
  ["a form of a character in a name", "葛\u{e0100}城", "葛\u{e0100}城"],
  ["what draws nothing", "a\u034f\u2800\u{1d173}b", "a\\u{34F}\\u{2800}\\u{1D173}b"],
  [
    "marks that draw over the lines above",
    `a${"\u0301".repeat(10)}b`,
    `a${"\u0301".repeat(8)}\\u{301}\\u{301}b`,
  ],
  ["a form of a picture", "❤️", "❤️"],
  ["tags", "a\u{e0041}", "a\\u{E0041}"],
  ["half of a pair", "a\ud800b", "a\\u{D800}b"],
]

describe("visible", () => {
  for (const [comment, text, shown] of rows) it(comment, () => assert.equal(visible(text), shown))

  const written: readonly (readonly [comment: string, text: string])[] = [
    ["marks of direction, of Hebrew and Arabic beside numbers", "דוד\u200f 5-10 \u200e(a)\u061c"],
    ["a soft hyphen", "Anti\u00adkoagulation"],
    ["a word joiner", "10\u2060%"],
    ["signs of Arabic numbers", "\u0600١٢ \u06dd"],
    ["a vowel separator of Mongolian", "ᠬᠠᠷ\u180eᠠ"],
    ["where words of Khmer and Thai end", "ខ្ញុំ\u200bឈឺ ปวด\u200bหัว"],
    ["the flags of England and Scotland", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿"],
    ["joiners and forms", "می‌خواهم 👨‍👩‍👧 ❤️"],
  ]
  for (const [comment, text] of written)
    it(`a text that people write keeps ${comment}`, () => {
      assert.equal(visibleText(text), text)
      assert.equal(unseenIn(text), undefined)
    })

  const unseen: readonly (readonly [comment: string, text: string, shown: string, found: string])[] = [
    ["an override", "a\n\u202eb", "a␊\\u{202E}b", "U+202E in line 2"],
    ["an embedding and an isolate", "\u202a\u2066", "\\u{202A}\\u{2066}", "U+202A in line 1"],
    ["no width between Latin letters", "war\u200bfarin", "war\\u{200B}farin", "U+200B in line 1"],
    ["tags without a flag", "a\u{e0041}\u{e007f}", "a\\u{E0041}\\u{E007F}", "U+E0041 in line 1"],
    ["a flag without its end", "🏴\u{e0067}", "🏴\\u{E0067}", "U+E0067 in line 1"],
    ["more tags than a flag has", `🏴${"\u{e0061}".repeat(7)}\u{e007f}`, "", "U+E0061 in line 1"],
    ["a form feed", "a\n\nb\fc", "a␊␊b␌c", "U+000C in line 3"],
    ["half of a pair", "\ud800", "\\u{D800}", "U+D800 in line 1"],
  ]
  for (const [comment, text, shown, found] of unseen)
    it(`and shows ${comment}`, () => {
      if (shown !== "") assert.equal(visibleText(text), shown)
      const { point, line } = unseenIn(text) ?? {}
      assert.equal(`${point} in line ${line}`, found)
    })

  it("lines and tabs are seen", () => assert.equal(unseenIn("a\n\tb"), undefined))

  it("any text: nothing is left to make visible, and JSON keeps its value", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.equal(visible(visible(text)), visible(text))
        const json = escaped(JSON.stringify({ [text]: text }))
        assert.equal(visible(json), json)
        assert.deepEqual(JSON.parse(json), { [text]: text })
      }),
    )
  })

  it("plain data at any depth, names of members too; other values stay what they are", () => {
    const bytes = new Uint8Array([27])
    const data = { "a\u001b": ["\u0007", { b: "\u202e", n: 1, bytes, none: null, is: true }] }
    assert.deepEqual(visibleAll(data), {
      "a␛": ["␇", { b: "\\u{202E}", n: 1, bytes, none: null, is: true }],
    })
  })
})
