import assert from "node:assert/strict"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, it } from "node:test"
import { layout } from "./layout.ts"
import { readHome } from "./read.ts"
import { isSwitching, type Part, prepareSwitch, switchParts, undoSwitch } from "./switch.ts"

const FRESH: readonly Part[] = ["genesis", "config", "application"]

describe("a home is switched as a whole or not at all", () => {
  let folder: string
  const tell = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : undefined)
  const old = {
    "application.json": "old",
    "checkpoints.jsonl": "old",
    engine: "old",
    "genesis.json": "old",
    "node.json": "old",
    vault: "old",
  }
  const shape = () =>
    Object.fromEntries(
      readdirSync(folder)
        .toSorted()
        .map((name) => [name, tell(join(folder, name, ...(name.startsWith("engine") ? ["log"] : [])))]),
    )
  const prepare = () => {
    const fresh = prepareSwitch(folder)
    mkdirSync(fresh("engine"))
    writeFileSync(join(fresh("engine"), "log"), "new")
    for (const part of FRESH) writeFileSync(fresh(part), "new")
    return fresh
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "aceso-switch-"))
    mkdirSync(join(folder, "engine"))
    writeFileSync(join(folder, "engine", "log"), "old")
    for (const name of Object.keys(old)) if (name !== "engine") writeFileSync(join(folder, name), "old")
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it("keeps what is named, drops the rest, leaves the vault", () => {
    prepare()
    switchParts(folder, layout(folder).until(7), ["checkpoints", "invitation"])
    assert.deepEqual(shape(), {
      "application.json": "new",
      "checkpoints-until-7.jsonl": "old",
      engine: "new",
      "engine-until-7": "old",
      "genesis-until-7.json": "old",
      "genesis.json": "new",
      "node.json": "new",
      vault: "old",
    })
    assert.equal(isSwitching(folder), false)
  })

  it("is as before when a step fails", () => {
    prepare()
    const kept = { ...layout(folder).until(7), checkpoints: join(folder, "nowhere", "checkpoints") }
    assert.throws(() => switchParts(folder, kept, ["checkpoints"]), /ENOENT/)
    assert.deepEqual(shape(), old)
  })

  it("is as before after a crash at any step, also of the undoing", () => {
    const parts: readonly Part[] = ["engine", "genesis", "checkpoints", "config", "application"]
    for (let steps = 0; steps <= 9; steps++)
      for (let undone = 0; undone <= steps; undone++) {
        const fresh = prepare()
        const moves = parts.flatMap((part) => {
          const away = join(layout(folder).joining, "old", part)
          const move = [layout(folder)[part], away] as const
          return part === "checkpoints" ? [move] : [move, [fresh(part), layout(folder)[part]] as const]
        })
        const plan = parts.map((part) => ({
          part,
          isNew: part !== "checkpoints",
          old: join(layout(folder).joining, "old", part),
        }))
        writeFileSync(join(layout(folder).joining, "journal.json"), JSON.stringify(plan))
        for (const [from, to] of moves.slice(0, steps)) renameSync(from, to)
        for (const [from, to] of moves.slice(steps - undone, steps).toReversed()) renameSync(to, from)
        assert.equal(isSwitching(folder), true)
        assert.throws(() => readHome(folder, "run"), { code: "interrupted" })
        undoSwitch(folder)
        assert.deepEqual(shape(), old, `${steps} steps, ${undone} undone`)
      }
  })
})
