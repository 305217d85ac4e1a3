import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { describe, it } from "node:test"
import { shellWord } from "./shell-word.ts"

describe("a word for a shell", () => {
  for (const [text, word] of [
    ["/var/lib/aceso", "/var/lib/aceso"],
    ["/srv/St. Mary's", "'/srv/St. Mary'\\''s'"],
    ["", "''"],
  ] as const)
    it(`of ${JSON.stringify(text)} is ${word}`, () => assert.equal(shellWord(text), word))

  for (const text of [
    "/srv/with space",
    "it's",
    'say "no"',
    "$HOME/$(id)/`id`",
    "a\\b",
    "a;b&c|d>e<f",
    "~root",
    "*",
    "{a,b}",
    "!x",
    "#no",
    "two\nlines",
    "=ls",
    "-rf",
    "医院",
  ])
    it(`says ${JSON.stringify(text)} and nothing else`, () => {
      const said = execFileSync("/bin/sh", ["-c", `printf '%s' ${shellWord(text)}`], { encoding: "utf8" })
      assert.equal(said, text)
    })
})
