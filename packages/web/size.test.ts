import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { before, describe, it } from "node:test"
import { gzipSync } from "node:zlib"
import { builtPages } from "./build.ts"

const KB = 1000

/** What has to be loaded until a first page can be used: scripts with all that they import, styles and WebAssembly. */
describe("the way to a first page", () => {
  let assets: string
  let files: readonly string[]
  before(async () => {
    assets = join(await builtPages(() => {}), "assets")
    files = readdirSync(assets)
  })
  const read = (file: string) => readFileSync(join(assets, file), "utf8")
  /** An entry of the worker and what it shares with its own chunks have one name. */
  const named = (name: string): string[] => {
    const found = files.filter(
      (file) =>
        file.startsWith(`${name}-`) && /-[\w-]{8}\.js$/.test(file) && file.length === name.length + 12,
    )
    assert.ok(found.length > 0 && found.length <= 2, `scripts called ${name}: ${found}`)
    return found
  }
  /** With all that they import before they begin. */
  function withImports(starts: readonly string[]): Set<string> {
    const all = new Set<string>()
    const add = (file: string) => {
      if (all.has(file)) return
      all.add(file)
      for (const [, path] of read(file).matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g)) add(path)
    }
    for (const start of starts) add(start)
    return all
  }
  const sizeOf = (path: string) => gzipSync(readFileSync(path), { level: 9 }).length

  function sizes(html: string, chunks: readonly string[]): Map<string, number> {
    const page = readFileSync(join(assets, "..", html), "utf8")
    const linked = [...page.matchAll(/(?:src|href)="\/assets\/([\w.-]+)"/g)].map(([, file]) => file)
    const scripts = withImports([...linked.filter((file) => file.endsWith(".js")), ...chunks.flatMap(named)])
    const names = [...scripts].map((file) => file.slice(0, -"-12345678.js".length))
    const styles = files.filter((file) =>
      names.some((name) => file.startsWith(`${name}-`) && file.endsWith(".css")),
    )
    const wasm = files.filter((file) => file.endsWith(".wasm"))
    const all = [
      join(assets, "..", html),
      ...[...scripts, ...styles, ...wasm].map((file) => join(assets, file)),
    ]
    return new Map(all.map((path) => [basename(path), sizeOf(path)]))
  }

  for (const [who, html, chunks, most] of [
    [
      "a patient's records",
      "app.html",
      ["RecordsPage", "worker", "opened", "texts-en", "texts-patient-en"],
      300 * KB,
    ],
    [
      "the same in Chinese",
      "app.html",
      ["RecordsPage", "worker", "opened", "texts-zh", "texts-patient-zh", "chinese", "restated"],
      300 * KB,
    ],
    [
      "patients of a hospital",
      "portal.html",
      ["PatientsPage", "worker", "staff", "texts-zh", "texts-staff-zh"],
      350 * KB,
    ],
  ] as const)
    it(`of ${who} is at most ${most / KB} kB in gzip`, () => {
      const parts = sizes(html, chunks)
      const total = [...parts.values()].reduce((sum, one) => sum + one, 0)
      const told = [...parts].sort(([, a], [, b]) => b - a).map(([name, size]) => `${size} ${name}`)
      assert.ok(total <= most, `${total} bytes:\n${told.join("\n")}`)
      assert.ok(total > 150 * KB, `too little was counted:\n${told.join("\n")}`)
    })

  it("brings nothing that a patient's first page does without", () => {
    const first = withImports([
      ...named("worker"),
      ...named("opened"),
      ...named("app"),
      ...named("RecordsPage"),
    ])
    for (const name of [
      "chinese",
      "texts-en",
      "texts-zh",
      "texts-patient-zh",
      "validators",
      "patient-client",
      "staff",
      "records-one",
      "records-values",
      "records-download",
      "invitations",
      "sealed-device",
      "indexed",
    ])
      assert.ok(!named(name).some((one) => first.has(one)), `${name} is loaded at once`)
  })
})
