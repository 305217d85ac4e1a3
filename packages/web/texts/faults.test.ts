import assert from "node:assert/strict"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "node:test"
import type { Texts } from "../kit/area.ts"
import { faultsEn } from "../pages/setup/faults.ts"
import { faultHelpTexts, faultTexts } from "./later-texts.ts"
import { rareFaultHelpTexts } from "./rare/help/late-texts.ts"
import { rareFaultTexts } from "./rare/late-texts.ts"
import { shellTexts } from "./shell.ts"

const root = join(import.meta.dirname, "../../..")
const read = (path: string) => readFileSync(join(root, path), "utf8")
const isSource = (path: string) => !/node_modules|\.test\.ts$|\/testing\/|\/dist\//.test(path)
const sources = (pattern: string) => globSync(pattern, { cwd: root }).filter(isSource)

/** Every code by which a node answers a call (the table of packages/server/http/signed.ts), and that of what has none. */
function answered(): string[] {
  const table = /const STATUS[^{]*\{([^}]*)\}/.exec(read("packages/server/http/signed.ts"))?.[1] ?? ""
  const codes = [...table.matchAll(/^ {2}(\w+): \d{3},$/gm)].map(([, code]) => code)
  return [...codes, "internal_fault"]
}
/** What contracts refuse, and what a session throws by itself. */
function thrown(): string[] {
  return sources("{packages/{client,contracts,web/session},capabilities}/**/*.ts").flatMap((path) =>
    [...read(path).matchAll(/(?:new (?:PlatformError|Refusal|Rejection)|reject)\(\s*"([a-z]\w+)"/g)].map(
      ([, code]) => code,
    ),
  )
}
/** For which an area has words of its own, and says itself what to do. */
const ofAreas = new Set([
  ...Object.keys(faultsEn),
  ...sources("{packages,capabilities}/**/{*texts,area}.ts").flatMap((path) =>
    [...read(path).matchAll(/\bfault: \{([^}]*)\}/g)].flatMap(([, group]) =>
      [...group.matchAll(/^\s+(\w+):/gm)].map(([, code]) => code),
    ),
  ),
])
const groupOf = (all: Texts, name: string) => all[name] as Texts

describe("the words for faults", () => {
  for (const language of ["en", "zh"] as const) {
    it(`name each that a node answers and say what to do, on every page, in ${language}`, async () => {
      const names = {
        ...groupOf(await shellTexts[language](), "fault"),
        ...(await faultTexts[language]()),
        ...(await rareFaultTexts[language]()),
      }
      const helps = { ...(await faultHelpTexts[language]()), ...(await rareFaultHelpTexts[language]()) }
      const codes = answered()
      assert.ok(codes.length > 130)
      assert.deepEqual(
        codes.filter((code) => typeof names[code] !== "string" || typeof helps[code] !== "string"),
        [],
      )
      assert.deepEqual(
        thrown().filter((code) => !ofAreas.has(code) && !(code in names && code in helps)),
        [],
      )
      for (const code of Object.keys(await rareFaultTexts[language]()))
        assert.ok(code in helps, `${code} is named, and nothing says what to do`)
    })
  }

  it("are not said twice", async () => {
    const [often, rare] = [await faultTexts.en(), await rareFaultTexts.en()]
    assert.deepEqual(
      Object.keys(rare).filter((code) => code in often),
      [],
    )
  })
})
