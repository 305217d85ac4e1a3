import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, it } from "node:test"

const child = join(import.meta.dirname, "../testing/reactor-child.ts")
const ITEMS = `items ${Array.from({ length: 10 }, (_, i) => i + 1).join(" ")}`

function run(folder: string, when: string, at: number) {
  const argv = ["--disable-warning=ExperimentalWarning", child, folder, when, String(at)]
  const { stdout, stderr, signal } = spawnSync(process.execPath, argv, { encoding: "utf8" })
  assert.equal(stderr, "")
  const lines = stdout.trimEnd().split("\n")
  const events = lines.flatMap((line) => /^event (\d+)$/.exec(line)?.[1] ?? []).map(Number)
  return { signal, events, items: lines.find((line) => line.startsWith("items")) }
}

describe("a reactor that is killed with SIGKILL between an event and its effect, or behind it", () => {
  for (const when of ["before", "after"])
    for (const at of [1, 6, 10])
      it(`${when} the effect of event ${at}: every event has one effect in the end`, () => {
        const folder = mkdtempSync(join(tmpdir(), "aceso-killed-"))
        try {
          const killed = run(folder, when, at)
          assert.deepEqual([killed.signal, killed.events.at(-1)], ["SIGKILL", at])
          const again = run(folder, "never", 0)
          assert.deepEqual([again.signal, again.items], [null, ITEMS])
          // What was told before is told again where it is not known that it was done, and nothing is left out.
          if (again.events.length > 0) assert.ok(again.events[0] <= at && again.events.at(-1) === 10)
          const third = run(folder, "never", 0)
          assert.deepEqual(third.items, ITEMS)
        } finally {
          rmSync(folder, { recursive: true, force: true })
        }
      })
})
