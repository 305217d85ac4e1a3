import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { bans, length, skips, waits } from "./check/bans.ts"
import { codes, codesIn } from "./check/codes.ts"
import { determinism } from "./check/determinism.ts"
import { dependencies, foldersIn, map, promises, readme } from "./check/documents.ts"
import { layering } from "./check/layering.ts"
import { parse, type Rule } from "./check/source.ts"
import { biomeFindings, typescriptFindings } from "./check/tools.ts"

/** [path, source text, what the message says; nothing when it must pass, and then optionally its line] */
type Row = readonly [path: string, text: string, message?: RegExp, line?: number]

const contract = "packages/contracts/policy/policy.ts"
const core = "packages/core/a.ts"
const coreTest = "packages/core/a.test.ts"
const manyLines = "export const a = 1\n".repeat(401)

const tables: { rule: Rule; rows: Row[] }[] = [
  {
    rule: layering,
    rows: [
      [core, 'import { a } from "@aceso/ledger"', /core may not import ledger/],
      [core, 'export * from "@aceso/contracts/policy.ts"', /core may not import contracts/],
      [core, 'type A = import("@aceso/fhir").A', /core may not import fhir/],
      [core, 'const a = await import("@aceso/fhir")', /core may not import fhir/],
      [core, "const a = await import(`@aceso/fhir`)", /core may not import fhir/],
      [core, 'import { a } from "@aceso/core"', /relative paths/],
      [core, 'import { a } from "../ledger/a.ts"', /leaves packages\/core/],
      [core, 'import { a } from "./testing/a.ts"', /is test code/],
      [core, '\n\nimport { hash } from "node:crypto"', /core runs in browsers/, 3],
      [core, 'import fs from "fs"', /core runs in browsers/],
      [core, 'import sodium from "sodium-native"', /core runs in browsers/],
      [core, 'import { a } from "./b/c.ts"\nimport { sha256 } from "@noble/hashes/sha2.js"'],
      ["packages/core/platform/node.ts", 'import { hash } from "node:crypto"'],
      ["packages/core/platform/browser.ts", 'import { hash } from "node:crypto"', /core runs in browsers/],
      [coreTest, 'import { hash } from "node:crypto"\nimport { a } from "@aceso/ledger/a.ts"'],
      [coreTest, 'import { a } from "../ledger/a.ts"', /leaves packages\/core/],
      ["packages/core/testing/a.ts", 'import { a } from "@aceso/ledger"'],
      [
        "packages/ledger/a.ts",
        'import type { A } from "@aceso/contracts"',
        /ledger may not import contracts/,
      ],
      ["packages/ledger/a.ts", 'import { a } from "@aceso/core/cbor.ts"\nimport fs from "node:fs"'],
      ["packages/client/a.ts", 'import { a } from "@aceso/contracts"', /only types of contracts/],
      ["packages/client/a.ts", 'import { type A } from "@aceso/contracts"', /only types of contracts/],
      ["packages/client/a.ts", 'import type { A } from "@aceso/contracts"'],
      ["packages/server/a.ts", 'import { a } from "@aceso/cli"', /server may not import cli/],
      ["packages/server/a.ts", 'import { a } from "@aceso/client"'],
      ["packages/server/a.ts", 'import { a } from "@aceso/fhir"\nimport { b } from "@aceso/contracts"'],
      ["packages/cli/a.ts", 'import { a } from "@aceso/fhir"', /cli may not import fhir/],
      ["packages/cli/a.ts", 'import { a } from "@aceso/server"'],
      ["packages/web/a.ts", 'import { a } from "@aceso/server"', /web may not import server/],
      [
        "packages/web/A.vue",
        '<template>\n</template>\n<script setup lang="ts">\nimport { a } from "@aceso/fhir"\n</script>\n',
        /web may not import fhir/,
        4,
      ],
      ["packages/web/a.ts", 'import { a } from "@aceso/client"\nimport { b } from "@aceso/core"'],
      ["packages/consortium/a.ts", 'import { a } from "@aceso/cli"\nimport { b } from "@aceso/core"'],
      ["packages/extra/a.ts", 'import { a } from "@aceso/core"', /extra has no layer/],
      ["packages/server/a.ts", 'import { a } from "@aceso/corr"', /no package @aceso\/corr/],
      ["packages/server/a.ts", 'import { a } from "@aceso/core/cbor"', /with its extension/],
      ["packages/server/a.ts", 'import { a } from "@aceso/capabilities/index.ts"', /imports no capability/],
      [
        "packages/cli/commands/a.ts",
        'import { a } from "@aceso/capabilities/index.ts"',
        /imports no capability/,
      ],
      ["packages/cli/capabilities.ts", 'import { a } from "@aceso/capabilities/index.ts"'],
      ["packages/consortium/capabilities.ts", 'import { a } from "@aceso/capabilities/index.ts"'],
      ["packages/consortium/a.test.ts", 'import { a } from "@aceso/capabilities/index.ts"'],
      ["capabilities/x/definition/a.ts", 'import { a } from "@aceso/core/process/define.ts"'],
      [
        "capabilities/x/definition/a.ts",
        'import { a } from "@aceso/client"',
        /definition of x may not import client/,
      ],
      ["capabilities/x/definition/a.ts", 'import { a } from "../client/b.ts"', /may not import its client/],
      ["capabilities/x/client/a.ts", 'import { a } from "../definition/b.ts"'],
      [
        "capabilities/x/client/a.ts",
        'import { a } from "../server/b.ts"',
        /client of x may not import its server/,
      ],
      ["capabilities/x/cli/a.ts", 'import { a } from "../server/b.ts"', /cli of x may not import its server/],
      [
        "capabilities/x/cli/a.ts",
        'import { a } from "@aceso/cli/command.ts"\nimport { b } from "../client/b.ts"',
      ],
      ["capabilities/x/web/a.ts", 'import { a } from "../server/b.ts"', /web of x may not import its server/],
      [
        "capabilities/x/server/a.ts",
        'import { a } from "@aceso/server/modules/module.ts"\nimport { b } from "./b.ts"',
      ],
      [
        "capabilities/x/server/a.ts",
        'import { a } from "@aceso/cli/command.ts"',
        /server of x may not import cli/,
      ],
      ["capabilities/x/server/a.ts", 'import { a } from "../../y/server/a.ts"', /is not of x/],
      [
        "capabilities/x/server/a.ts",
        'import { a } from "@aceso/capabilities/y/server/a.ts"',
        /relative paths/,
      ],
      [
        "capabilities/x/demo/a.ts",
        'import { a } from "../server/b.ts"\nimport { b } from "@aceso/consortium/people.ts"',
      ],
      ["capabilities/x/helpers/a.ts", 'import { a } from "./b.ts"', /no layer helpers/],
      ["capabilities/x/capability.ts", 'import { a } from "./server/b.ts"\nimport { b } from "./cli/b.ts"'],
      ["capabilities/index.ts", 'import { a } from "./x/capability.ts"'],
      ["bench/a.ts", 'import { a } from "@aceso/ledger"'],
      ["bench/a.ts", 'import { a } from "../packages/ledger/a.ts"', /leaves bench/],
    ],
  },
  {
    rule: determinism,
    rows: [
      [contract, 'import { a } from "node:fs"', /may not import "node:fs"/],
      [contract, 'import { a } from "cborg"', /may not import "cborg"/],
      [contract, 'import { a } from "../b.ts"\nimport { b } from "@aceso/core/cbor.ts"'],
      [contract, "// 1\nconst now = new Date()", /no Date: use the time of the block/, 2],
      [contract, "const a = new Intl.Collator()", /no Intl/],
      [contract, "const a = b.toLocaleLowerCase()", /no .toLocaleLowerCase: use toLowerCase/],
      [contract, "const a = b.localeCompare(c)", /no .localeCompare/],
      [contract, "const a = b.normalize()", /no .normalize/],
      [contract, 'const a = b["normalize"]()', /no .normalize/],
      [contract, "const { stack } = error", /no .stack/],
      [contract, "const a = error.stack", /no .stack/],
      [contract, "const a = Math.sqrt(4)", /of Math only min, max/],
      [contract, 'const a = Math["random"]()', /of Math only/],
      [contract, "const { sin } = Math", /of Math only/],
      [contract, "const a = Math.min(1, Math.floor(2), Math.clz32(3))"],
      [contract, "const a = process.env.A", /no process/],
      [contract, "const a = globalThis", /no globalThis/],
      [contract, "const a = { process }", /no process/],
      [
        contract,
        "const a = { process: b.process, performance() {} }\ntype A = { process: 1; fetch(): void }",
      ],
      [contract, "setTimeout(a, 1)", /synchronous/],
      [contract, "setInterval(a, 1)", /synchronous/],
      [contract, "setImmediate(a)", /synchronous/],
      [contract, "queueMicrotask(a)", /synchronous/],
      [contract, "async function a() {}", /synchronous/],
      [contract, "const a = await b", /synchronous/],
      [contract, "for await (const a of b) c(a)", /synchronous/],
      [contract, "type A = Promise<number>", /synchronous/],
      [contract, "const a = 1.5", /1\.5 is a float/],
      [contract, "const a = .5", /\.5 is a float/],
      [contract, "const a = 1e3", /1e3 is a float/],
      [contract, "const a = 0x1e5 + 1_000 + Number(10n)"],
      [contract, "const a = b / c", /`divide`/],
      [contract, "a /= 2", /`divide`/],
      [contract, "const a = b ** 2", /multiply/],
      [contract, "const a = /b\\/1.5/.test(c) // 1 / 1.5 Date"],
      [contract, 'const a = "Date 1.5 / process" + `Math.random JSON`'],
      [contract, "const a = `$" + "{new Date()}`", /no Date/],
      [contract, "const a = JSON.stringify(b)", /no JSON/],
      [contract, "a.sort()", /needs a comparator/],
      [contract, "a.toSorted()", /needs a comparator/],
      [contract, "a.sort(compare)"],
      [contract, "for (const a in b) c(a)", /for\.\.\.in/],
      [contract, "for (const a of Object.keys(b)) c(a)\nObject.entries(b)\nObject.values(b)"],
      [contract, "new WeakRef(a)", /no WeakRef/],
      [contract, "performance.now()", /no performance/],
      [contract, "crypto.getRandomValues(a)", /no crypto/],
      [contract, "eval(a)", /no eval/],
      [contract, "new Function(a)", /no Function/],
      [contract, "fetch(a)", /no fetch/],
      [contract, "const a = import.meta.url", /no import\.meta/],
      [contract, "function f(a) {\n  return f(a - 1)\n}", /f calls itself/, 2],
      [contract, "const f = (a) => a.map((b) => f(b))", /f calls itself/],
      [contract, "class A {\n  f() {\n    this.f()\n  }\n}", /f calls itself/],
      [contract, "const a = action({ apply() { return apply(b) } })\nfunction f() { g() }\nfunction g() {}"],
      ["packages/contracts/policy/policy.test.ts", "const a = new Date()"],
      ["packages/server/a.ts", "const a = new Date()"],
      ["capabilities/x/definition/process.ts", "const a = new Date()", /time of the block/],
      ["capabilities/x/definition/process.test.ts", "const a = new Date()"],
      ["capabilities/x/server/a.ts", "const a = new Date()"],
    ],
  },
  {
    rule: bans,
    rows: [
      [core, "const a = 1\n// TODO: later", /no TODO/, 2],
      [core, "/*\n * FIXME */", /no FIXME/, 2],
      [core, "const a = 1 // XXX", /no XXX/],
      [core, 'const currency = "XXX" + `TODO // FIXME` + /\\/\\/TODO/.source // fine'],
      [core, "// @ts-ignore\nconst a = 1", /no @ts-ignore/],
      [core, "// @ts-nocheck", /no @ts-nocheck/],
      [core, 'console.log("a")', /no console\.log/],
      ["packages/cli/a.ts", 'console.error("a")', /no console\.error/],
      ["packages/cli/a.ts", 'process.stdout.write("a")', /write through writeTo/],
      ["packages/consortium/a.ts", "\nprocess.stderr.write(a)", /write through writeTo/, 2],
      ["packages/server/a.ts", "process.stdin.on(a)\nfile.write(b)"],
      ["packages/cli/terminal.ts", "process.stdout.write(a)"],
      ["packages/cli/testing/a.ts", "process.stdout.write(a)"],
      ["bench/a.ts", 'console.log("a") // TODO'],
      [core, "export default 1", /no default export/],
      [core, "export default function f() {}", /no default export/],
      [core, "const a = 1\nexport { a as default }", /no default export/, 2],
      [core, 'import a from "b"\nimport { default as c } from "d"\nswitch (a) {\n  default:\n    a()\n}'],
      ["packages/web/vite.config.ts", "export default {}"],
      [core, "const a = Math.random()", /no Math\.random/],
      [core, "try {\n  a()\n} catch {}", /empty catch/, 3],
      [core, "try {\n  a()\n} catch {\n  // it is gone already\n}"],
      [core, "try {\n  a()\n} catch (error) {\n  b(error)\n}"],
      [coreTest, "// TODO\nMath.random()"],
      ["packages/web/a.ts", "\nconst id = String(route.params.id)", /read it in a computed/, 2],
      ["packages/web/a.ts", "const { id } = useRoute().params", /read it in a computed/],
      [
        "packages/web/a.ts",
        "const id = computed(() => route.params.id)\nfunction f() {\n  return route.params.id\n}",
      ],
      ["packages/web/A.vue", '<template>\n  <p v-html="a" />\n</template>\n', /no v-html/, 2],
      ["packages/web/A.vue", "<template>\n  <RouterView />\n</template>\n", /another patient/, 2],
      [
        "packages/web/A.vue",
        '<template>\n  <RouterView :key="route.path" />\n</template>\n',
        /another patient/,
      ],
      ["packages/web/A.vue", '<template>\n  <RouterView v-if="a" :key="route.fullPath" />\n</template>\n'],
      [
        "packages/web/pages/A.vue",
        '<template>\n  <NoticeBox v-if="fault" kind="bad">{{ fault.message }}</NoticeBox>\n</template>\n',
        /FaultBox/,
        2,
      ],
      [
        "packages/web/pages/A.vue",
        "<template>\n  <p>{{ part.why?.message }}</p>\n</template>\n",
        /FaultBox/,
        2,
      ],
      ["capabilities/x/web/A.vue", "<template>\n  <p>{{ message }}</p>\n</template>\n", /FaultBox/, 2],
      [
        "packages/web/pages/A.vue",
        '<script setup lang="ts">\nfault.value = faultShown(error).message\n</script>\n<template>\n</template>\n',
        /FaultBox/,
        2,
      ],
      ["packages/web/kit/a.ts", "const { code, message } = faultShown(error)", /FaultBox/],
      ["packages/web/kit/a.ts", "const { message: text } = faultShown(error)", /FaultBox/],
      [
        "packages/web/shell/a.ts",
        "const text = error instanceof Error ? error.message : String(error)",
        /FaultBox/,
      ],
      ["capabilities/x/web/words.ts", "const text = one.fault.message", /FaultBox/],
      [
        "packages/web/pages/A.vue",
        '<script setup lang="ts">\nconst { code } = faultShown(error)\n</script>\n<template>\n  <FaultBox :of="fault" />\n</template>\n',
      ],
      ["packages/web/kit/FaultHelp.vue", "<template>\n  <bdi>{{ of.message }}</bdi>\n</template>\n"],
      ["packages/web/session/a.ts", "const text = error.message"],
      ["capabilities/x/web/session.ts", "const text = error.message"],
      ["packages/web/pages/a.ts", 'const { code, message } = fault.parse(body, "answer", "json")'],
      ["packages/web/testing/a.ts", "const text = error.message"],
      ["packages/server/a.ts", "const text = error.message"],
    ],
  },
  {
    rule: skips,
    rows: [
      [coreTest, 'test.skip("a", () => {})', /names its reason/],
      [coreTest, 'it.only("a", () => {})', /remove it/],
      [coreTest, "t.skip()", /names its reason/],
      [coreTest, 'test("a", { skip: true }, () => {})', /names its reason/],
      [coreTest, 'describe("a", { only: true }, () => {})', /remove it/],
      [coreTest, 't.skip("needs strace")\ntest("a", { skip: "needs strace" }, () => {})\nreader.skip(4)'],
      [coreTest, 'apply({ only: true })\nconst rows = [{ name: "a", skip: true }]'],
    ],
  },
  {
    rule: waits,
    rows: [
      [coreTest, "await page.waitForFunction(\n  async () => (await a()) > 1,\n)", /use until/],
      ["packages/web/testing/a.ts", "page.waitForFunction(async (n) => n)", /use until/],
      [coreTest, "page.waitForFunction(() => a > 1)\nwaitForFunction(async () => a)"],
    ],
  },
  {
    rule: length,
    rows: [
      [core, manyLines, /401 lines are more than 400/],
      [core, manyLines.slice(manyLines.indexOf("\n") + 1)],
      [coreTest, manyLines],
      ["packages/core/a.table.ts", manyLines],
    ],
  },
]

for (const { rule, rows } of tables) {
  describe(rule.name, () => {
    const sources = parse(rows.map(([path, text]) => ({ path, text })))
    rows.forEach(([path, text, message, line], index) => {
      const shown = text.length > 90 ? `${text.slice(0, 90)}...` : text
      it(`${message ? "finds" : "passes"} ${path}: ${shown.replaceAll("\n", "; ")}`, () => {
        const findings = rule(sources[index])
        if (!message) return assert.deepEqual(findings, [])
        assert.equal(findings.length, 1, JSON.stringify(findings))
        assert.match(findings[0].message, message)
        if (line) assert.equal(findings[0].line, line)
      })
    })
  })
}

describe("dependencies", () => {
  const documentation = "Prose about `lmdb`\n| `hono` | HTTP | MIT |\n| `cborg` | CBOR | Apache-2.0 |\n"
  const check = (manifest: object) =>
    dependencies("a/package.json", JSON.stringify(manifest, null, 2), documentation).map(
      ({ line, message }) => `${line} ${message.split(": ")[0]}`,
    )

  it("passes exact versions with a row, and the packages of the workspace", () => {
    assert.deepEqual(check({ dependencies: { hono: "4.13.19", "@aceso/core": "*" }, name: "hono" }), [])
    assert.deepEqual(check({ devDependencies: { cborg: "6.0.0-rc.1" } }), [])
  })
  for (const version of ["^4.0.0", "~4.0.0", "4", "4.0", "latest", "*", ">=1.0.0", "github:a/b"]) {
    it(`finds ${version}`, () => {
      assert.deepEqual(check({ optionalDependencies: { hono: version } }), [
        `3 hono "${version}" is not pinned`,
      ])
    })
  }
  it("finds a package without a row", () => {
    assert.deepEqual(check({ dependencies: { lmdb: "3.5.6" } }), ["3 lmdb has no reason"])
  })
})

describe("readme", () => {
  const names = { scripts: ["start", "check"], commands: ["verify", "init"] }
  const check = (text: string) =>
    readme("README.md", text, names).map(({ line, message }) => `${line} ${message}`)

  it("passes commands that exist, options, prose and other languages", () => {
    const block = "```sh\nnpm start\nnpm run check -- --all\nnpx aceso verify --x && npx aceso --help\n```\n"
    assert.deepEqual(check(`${block}npx aceso nothing\n\`\`\`ts\n"npm run nothing"\n\`\`\`\n`), [])
  })

  it("finds commands that do not exist", () => {
    assert.deepEqual(check("# A\n```sh\nnpx aceso destroy\nnpm run fly\nnpm test\n```\n"), [
      "3 `npx aceso destroy` does not exist: write one of verify, init",
      "4 `npm run fly` does not exist: write one of start, check",
      "5 `npm test` does not exist: write one of start, check",
    ])
  })
})

describe("codes", () => {
  const documentation =
    "# A\n\n## Faults and what to do\n\n| Code | |\n|---|---|\n| `known`, `other` (of a patient) | `not_here` |\n\n## B\n| `below` | |\n"
  const known = codesIn(documentation)
  const check = (text: string, path = "packages/core/a.ts") =>
    parse([{ path, text }]).flatMap((source) =>
      codes(known)(source).map(({ message }) => message.split(":")[0]),
    )

  it("takes those of the table's first column", () => assert.deepEqual([...known], ["known", "other"]))
  it("passes what stands there, and tests", () => {
    assert.deepEqual(check('throw new PlatformError("known", "x")\nreject("other")\nreject(found)'), [])
    assert.deepEqual(check('new PlatformError("below", "x")', "packages/core/a.test.ts"), [])
  })
  for (const [text, found] of [
    ['new PlatformError("below", "x")', "below"],
    ['reject("not_here")', "not_here"],
    ['new PlatformError(a === "x" ? "known" : "below", "x")', "below"],
  ] as const)
    it(`finds ${text}`, () => assert.deepEqual(check(text), [found]))
})

describe("tools", () => {
  it("reads the findings of tsc", () => {
    const output =
      "packages/a.ts(2,20): error TS7016: No declaration.\n  Try this\nerror TS18003: No inputs.\n"
    assert.deepEqual(typescriptFindings(output), [
      { path: "packages/a.ts", line: 2, rule: "TS7016", message: "No declaration." },
      { path: "tsconfig.json", line: 1, rule: "TS18003", message: "No inputs." },
    ])
  })
  it("reads the findings of biome", () => {
    const file = `${process.cwd()}/packages/a.ts`
    const output = `::error title=lint/style/x,file=${file},line=3,endLine=3,col=1::Wrong.\n::error title=format,file=${file},line=1::Differs\n::notice title=x,file=${file},line=1::Fine\n`
    assert.deepEqual(biomeFindings(output), [
      { path: "packages/a.ts", line: 3, rule: "lint/style/x", message: "Wrong." },
      { path: "packages/a.ts", line: 1, rule: "format", message: "Differs: run `npm run format`" },
    ])
  })
})

describe("map", () => {
  const folders = ["packages/a", "packages/a/b"]
  const found = (text: string) =>
    map("docs/map.md", text, folders, (path) => path !== "packages/gone").map(
      ({ line, message }) => `${line} ${message}`,
    )
  it("wants every folder in a first cell, or in a second as a path", () => {
    assert.deepEqual(found("| `packages/a` | all |\n| `packages/a/b` | more |"), [])
    assert.deepEqual(found("| `packages/a` | `packages/a/b` is more, `b` is a word |"), [])
    assert.match(
      found("| `packages/a` | all |\n`packages/a/b` elsewhere").join(),
      /^1 packages\/a\/b is not named/,
    )
  })
  it("wants every path to exist", () => {
    const text = "| `packages/a`, `packages/a/b` | all |\n| `packages/gone` | nothing |"
    assert.deepEqual(found(text), [
      "2 `packages/gone` does not exist: name what is there, or take the path out",
    ])
  })
  it("wants every test to exist that a table of promises names", () => {
    assert.deepEqual(
      found("| `packages/a`, `packages/a/b` | all |\n\n| tampering found | | `packages/gone` | |"),
      ["3 `packages/gone` does not exist: name what is there, or take the path out"],
    )
  })
  it("is about packages and what is directly in them", () => {
    const files = ["packages/a/x.ts", "packages/a/b/y.ts", "packages/a/b/c/z.ts"]
    assert.deepEqual(foldersIn(files), folders)
  })
})

describe("promises", () => {
  const names = { scripts: ["start"], commands: ["verify", "keys"] }
  const found = (...rows: readonly string[]) =>
    promises(
      "docs/map.md",
      ["# A", "| Property | Command | Test | Decision |", "|---|---|---|---|", ...rows, "", "Prose"].join(
        "\n",
      ),
      names,
      (path) => path === "docs/decisions/0003-bucket-tree.md",
    ).map(({ line, message }) => `${line} ${message}`)

  for (const row of [
    "| tampering found | `aceso verify --folder`, `aceso keys rotate member` | `packages/a.test.ts` | |",
    "| root | `npm start -- --empty` | `packages/a.test.ts`, `packages/b.test.ts` | [0003](decisions/0003-bucket-tree.md): a trie of 2026 rows |",
    "| growth | | `packages/a.test.ts` | partly: of the `state` alone; pieces: not built |",
    "| fees | | | not built; issue 20. A node has `aceso verify` today |",
  ])
    it(`pass ${row}`, () => assert.deepEqual(found(row), []))
  it("pass what is in other tables", () =>
    assert.deepEqual(found("", "| Path | What |", "| `aceso fly` | [0099](decisions/0099-none.md) |"), []))

  for (const [row, message] of [
    ["| a | `aceso fly` | `packages/a.test.ts` | |", "`aceso fly` does not exist: write one of verify, keys"],
    ["| a | `npm run fly` | `packages/a.test.ts` | |", "`npm run fly` does not exist: write one of start"],
    ["| a | `verify` | `packages/a.test.ts` | |", "`verify` is no command: write `aceso ...` or `npm ...`"],
    [
      "| a | | `packages/a.ts` | |",
      "`packages/a.ts` is no test: name a file that ends with .test.ts, by its path",
    ],
    ["| a | | `a.test.ts` | |", "`a.test.ts` is no test: name a file that ends with .test.ts, by its path"],
    [
      "| a | | `packages/a.test.ts` | [0004](decisions/0004-none.md) |",
      "decisions/0004-none.md does not exist: link the record that says it",
    ],
    [
      "| a | | `packages/a.test.ts` | [0004](decisions/0003-bucket-tree.md) |",
      "0004 leads to decisions/0003-bucket-tree.md: link the record that says it",
    ],
    ["| a | | `packages/a.test.ts` | as 0003 has it |", "0003 leads nowhere: link the record that says it"],
    ["| a | `aceso verify` | | |", "a has no test: name one, or say what is not built"],
    [
      "| a | | `packages/a.test.ts` | not built; issue 20 |",
      "a is not built and has a command or a test: begin with partly",
    ],
    ["| a | | not built |", "3 cells instead of 4: property, commands, tests, decision or what is missing"],
  ] as const)
    it(`find ${row}`, () => assert.deepEqual(found("| b | | | not built |", row), [`5 ${message}`]))
})
