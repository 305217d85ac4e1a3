import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { circles } from "./check/circles.ts"
import { parse } from "./check/source.ts"

const manifests = [
  { path: "package.json", text: '{ "name": "aceso-root" }' },
  {
    path: "packages/core/package.json",
    text: JSON.stringify({
      name: "@aceso/core",
      exports: { ".": "./index.ts", "./*": "./*", "./wire/*": "./encoding/*" },
      imports: { "#platform": { node: "./platform/node.ts", default: "./platform/browser.ts" } },
    }),
  },
  {
    path: "packages/ledger/package.json",
    text: JSON.stringify({ name: "@aceso/ledger", exports: { ".": "./main.ts", "./*": "./*" } }),
  },
  { path: "packages/fhir/package.json", text: '{ "name": "@aceso/fhir", "exports": "./fhir.ts" }' },
]

/** [comment, files by path, the circles that are found in them, in that order] */
type Row = readonly [comment: string, files: Readonly<Record<string, string>>, circles: readonly string[]]

const rows: Row[] = [
  [
    "two files",
    {
      "packages/core/a.ts": 'import { b } from "./b.ts"',
      "packages/core/b.ts": 'import { a } from "./a.ts"',
    },
    ["packages/core/a.ts -> packages/core/b.ts -> packages/core/a.ts"],
  ],
  [
    "three files, in folders",
    {
      "packages/core/x/c.ts": 'import { a } from "../a.ts"',
      "packages/core/a.ts": 'import { b } from "./b.ts"',
      "packages/core/b.ts": 'import { c } from "./x/c.ts"',
    },
    ["packages/core/a.ts -> packages/core/b.ts -> packages/core/x/c.ts -> packages/core/a.ts"],
  ],
  [
    "through an index that exports all",
    {
      "packages/core/x/index.ts": 'export * from "./a.ts"\nexport { b } from "./b.ts"',
      "packages/core/x/a.ts": 'import { b } from "./index.ts"',
      "packages/core/x/b.ts": "export const b = 1",
    },
    ["packages/core/x/a.ts -> packages/core/x/index.ts -> packages/core/x/a.ts"],
  ],
  [
    "types alone",
    {
      "packages/core/a.ts": 'import type { B } from "./b.ts"',
      "packages/core/b.ts": 'import { type A } from "./a.ts"',
      "packages/core/c.ts": 'export type { D } from "./d.ts"',
      "packages/core/d.ts": 'type C = import("./c.ts").C',
    },
    [
      "packages/core/a.ts -> packages/core/b.ts -> packages/core/a.ts",
      "packages/core/c.ts -> packages/core/d.ts -> packages/core/c.ts",
    ],
  ],
  [
    "an import when it runs",
    {
      "packages/core/a.ts": 'const b = () => import("./b.ts")',
      "packages/core/b.ts": "const a = await import(`./a.ts`)",
    },
    ["packages/core/a.ts -> packages/core/b.ts -> packages/core/a.ts"],
  ],
  [
    "itself",
    { "packages/core/a.ts": 'import type { A } from "./a.ts"' },
    ["packages/core/a.ts -> packages/core/a.ts"],
  ],
  [
    "packages, by their names",
    {
      "packages/core/index.ts": 'import { a } from "@aceso/ledger"',
      "packages/ledger/main.ts": 'import { b } from "@aceso/fhir"',
      "packages/fhir/fhir.ts": 'import { c } from "@aceso/core"',
    },
    ["packages/core/index.ts -> packages/ledger/main.ts -> packages/fhir/fhir.ts -> packages/core/index.ts"],
  ],
  [
    "packages, by paths that their manifests lead elsewhere",
    {
      "packages/core/encoding/a.ts": 'import { b } from "@aceso/ledger/x/b.ts"',
      "packages/ledger/x/b.ts": 'import { a } from "@aceso/core/wire/a.ts"',
    },
    ["packages/core/encoding/a.ts -> packages/ledger/x/b.ts -> packages/core/encoding/a.ts"],
  ],
  [
    "each file that a platform takes",
    {
      "packages/core/a.ts": 'import { platform } from "#platform"',
      "packages/core/platform/node.ts": "export const platform = 1",
      "packages/core/platform/browser.ts": 'import { a } from "../a.ts"',
    },
    ["packages/core/a.ts -> packages/core/platform/browser.ts -> packages/core/a.ts"],
  ],
  [
    "tests and what only they use",
    {
      "packages/core/testing/world.ts": 'import { row } from "../a.test.ts"',
      "packages/core/a.test.ts": 'import { a } from "@aceso/core"\nimport { b } from "./testing/world.ts"',
      "packages/core/index.ts": "export const a = 1",
      "bench/a.ts": 'import { b } from "./b.ts"',
      "bench/b.ts": 'import { a } from "./a.ts"',
    },
    [
      "bench/a.ts -> bench/b.ts -> bench/a.ts",
      "packages/core/a.test.ts -> packages/core/testing/world.ts -> packages/core/a.test.ts",
    ],
  ],
  [
    "the shortest that each import closes, once, the shortest first",
    {
      "bench/a.ts": 'import { b } from "./b.ts"',
      "bench/b.ts": 'import { c } from "./c.ts"',
      "bench/c.ts": 'import { a } from "./a.ts"\nimport { d } from "./d.ts"',
      "bench/d.ts": 'import { c } from "./c.ts"\nimport { a } from "./a.ts"',
    },
    [
      "bench/c.ts -> bench/d.ts -> bench/c.ts",
      "bench/a.ts -> bench/b.ts -> bench/c.ts -> bench/a.ts",
      "bench/a.ts -> bench/b.ts -> bench/c.ts -> bench/d.ts -> bench/a.ts",
    ],
  ],
  [
    "nothing where two ways lead to one file",
    {
      "bench/a.ts": 'import { b } from "./b.ts"\nimport { c } from "./c.ts"',
      "bench/b.ts": 'import { d } from "./d.ts"',
      "bench/c.ts": 'import { d } from "./d.ts"',
      "bench/d.ts":
        'import { e } from "./e.json"\nimport { f } from "hono"\nimport { join } from "node:path"',
    },
    [],
  ],
  [
    "nothing where a path is only spoken of",
    {
      "bench/a.ts": 'import { b } from "./b.ts"',
      "bench/b.ts": '// import { a } from "./a.ts"\nconst text = `import { a } from "./a.ts"`\nrun("./a.ts")',
    },
    [],
  ],
]

describe("circles", () => {
  const texts = rows.map(([, files]) => Object.entries(files).map(([path, text]) => ({ path, text })))
  const sources = parse(texts.flat())
  rows.forEach(([comment, , expected], index) => {
    const start = texts.slice(0, index).flat().length
    const found = () => circles(sources.slice(start, start + texts[index].length), manifests)
    it(`finds ${comment}`, () =>
      assert.deepEqual(
        found().map(({ message }) => message.split(": ")[0]),
        expected,
      ))
  })

  it("stand where the first file imports the second", () => {
    const [finding] = circles(
      parse([
        { path: "bench/b.ts", text: 'import { a } from "./a.ts"' },
        { path: "bench/a.ts", text: '\nimport { c } from "c"\nimport { b } from "./b.ts"' },
      ]),
      manifests,
    )
    assert.deepEqual(finding, {
      path: "bench/a.ts",
      line: 3,
      rule: "circle",
      message:
        "bench/a.ts -> bench/b.ts -> bench/a.ts: import from the file that defines it, or move what is shared into a file of its own",
    })
  })
})
