import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { plainFault, plainFaultWords } from "./plain.ts"

describe("a plain text", () => {
  const taken: readonly string[] = [
    "INR < 2, > 4, <3 days, <3>, x <- y -> z",
    "a<b",
    "write to <li@hospital.example> or <mailto:li@hospital.example>",
    "see <https://hospital.example/warfarin>",
    "->",
    "דוד\u200f 5",
  ]
  for (const text of taken) it(`takes ${text}`, () => assert.equal(plainFault(text), undefined))

  const refused: readonly (readonly [text: string, words: RegExp])[] = [
    ["pain <a lot, call>", /^the text is to be plain, and <a lot, call> is .*write a space behind its <$/],
    ["</p>", /markup/],
    ["<!doctype html>", /markup/],
    ["<!-- x", /markup/],
    ["</3 so much>", /markup/],
    ["<IMG SRC=x>", /markup/],
    ["<my-own>", /markup/],
    ["<svg:script>", /markup/],
    ['<img alt="<" src=x onerror=a()>', /markup/],
    ["<a@b onclick=a()>", /markup/],
    ["<a@b/onclick=a()>", /markup/],
    ["<https://a/onfocus=a()/autofocus/tabindex=1>", /markup/],
    ["<a@b.example> <script>", /<script> is markup/],
    ["one\ntwo\u202e", /^the text has a character that nobody can see, U\+202E in line 2; leave it out$/],
    [" \n\t", /^the text says nothing/],
    ["\u200e\u2060 ", /^the text says nothing/],
  ]
  for (const [text, words] of refused)
    it(`refuses ${JSON.stringify(text)}`, () => {
      const fault = plainFault(text)
      assert.match(fault ? plainFaultWords("the text", fault) : "", words)
    })

  it("is looked at in one pass, however much of it begins like markup", () => {
    const begun = performance.now()
    plainFault(`> ${"<a@".repeat(300_000)}`)
    plainFault("<a".repeat(300_000))
    plainFault(`${"<a@b.example>".repeat(80_000)}`)
    assert.ok(performance.now() - begun < 2_000)
  })
})
