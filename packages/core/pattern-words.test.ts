import assert from "node:assert/strict"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, it } from "node:test"
import { wordsOf } from "./pattern-words.ts"

const root = join(import.meta.dirname, "..")

describe("every pattern of a schema has words", () => {
  const files = globSync("*/**/*.ts", { cwd: root, exclude: (path) => /node_modules|\.test\.ts$/.test(path) })
  const found = files.flatMap((path) =>
    [
      ...readFileSync(join(root, path), "utf8").matchAll(/\btext\(\s*\d+,\s*\/((?:[^/\\\n]|\\.)+)\/[a-z]*/g),
    ].map(([, source]) => [path, source] as const),
  )
  assert.ok(found.length > 10, "the patterns were not found")
  for (const [path, source] of found)
    it(`${path}: ${source}`, () => assert.ok(wordsOf(new RegExp(source)), "add it to pattern-words.ts"))
})
