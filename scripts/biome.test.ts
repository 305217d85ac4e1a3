import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, it } from "node:test"
import { biomeProgram } from "./check/biome.ts"

const PACKAGE = `@biomejs/cli-${process.platform}-${process.arch}`

describe("the linter", () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "aceso-biome-"))
    pins({ [PACKAGE]: "2.0.0" })
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const pins = (optionalDependencies: object) =>
    writeFileSync(join(folder, "package.json"), JSON.stringify({ optionalDependencies }))
  const put = (version: string) => {
    const at = join(folder, "node_modules", PACKAGE)
    mkdirSync(at, { recursive: true })
    writeFileSync(join(at, "package.json"), JSON.stringify({ version }))
    writeFileSync(join(at, "biome"), "")
  }

  const rows: [comment: string, before: string | undefined, installs: string | undefined][] = [
    ["is installed where it is missing", undefined, "2.0.0"],
    ["is installed where it is another version", "1.9.9", "2.0.0"],
    ["stays where it is the pinned one", "2.0.0", undefined],
  ]
  for (const [comment, before, installs] of rows)
    it(comment, async () => {
      if (before) put(before)
      let times = 0
      const program = await biomeProgram(folder, async () => {
        times++
        if (installs) put(installs)
        return "done"
      })
      assert.equal(program, join(folder, "node_modules", PACKAGE, "biome"))
      assert.equal(times, installs ? 1 : 0)
    })

  it("that npm does not bring is told with npm's words", () =>
    assert.rejects(
      biomeProgram(folder, async () => "ENOTFOUND"),
      /could not be installed.*ENOTFOUND/,
    ))

  it("that this machine has none of is told", () => {
    pins({})
    return assert.rejects(biomeProgram(folder), /runs on Linux/)
  })
})
