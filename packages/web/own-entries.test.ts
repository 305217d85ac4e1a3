import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { runningOthers } from "./own-entries.ts"

const chunk = (imports: readonly string[], isEntry = false, dynamicImports: readonly string[] = []) => ({
  ...{ type: "chunk" as const, isEntry, imports, dynamicImports },
})

describe("files of a build", () => {
  const a = (imports: readonly string[], dynamicImports: readonly string[] = []) =>
    chunk(imports, true, dynamicImports)
  const rows = [
    ["share what no page begins with", { "a.js": a(["s.js"]), "b.js": a(["s.js"]), "s.js": chunk([]) }, []],
    [
      "go back to their own page's first file",
      { "a.js": a([], ["p.js"]), "p.js": chunk(["a.js"]), "b.js": a([]) },
      [],
    ],
    ["load another page's first file", { "a.js": a(["b.js"]), "b.js": a([]) }, ["a.js loads b.js"]],
    [
      "load it behind something shared",
      { "a.js": a(["s.js"]), "s.js": chunk(["b.js"]), "b.js": a([]) },
      ["a.js loads b.js"],
    ],
    [
      "load it behind what is wanted later",
      { "a.js": a([], ["s.js"]), "s.js": chunk([], false, ["b.js"]), "b.js": a([]) },
      ["a.js loads b.js"],
    ],
  ] as const
  for (const [comment, bundle, found] of rows)
    it(comment, () => assert.deepEqual(runningOthers(bundle), found))
})
