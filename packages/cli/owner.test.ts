import assert from "node:assert/strict"
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { PlatformError } from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { makeHome } from "@aceso/server/home/make.ts"
import { readHome } from "@aceso/server/home/read.ts"
import { type Command, type Group, isGroup } from "./command.ts"
import { commands } from "./commands/index.ts"
import { mustNotBeRootElsewhere } from "./owner.ts"
import { execute } from "./run.ts"

const root = mkdtempSync(join(tmpdir(), "aceso-owner-"))
after(() => rmSync(root, { recursive: true }))
const coded = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof PlatformError && error.code === code && message.test(error.message)
const isRoot = process.getuid?.() === 0
const asRoot = { skip: isRoot ? false : "only root gives a folder to another user" }
const NOBODY = 65_534
/** Work as another user; the right to go back stays. */
function asNobody<T>(work: () => T): T {
  process.seteuid?.(NOBODY)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
  }
}

describe("a command that changes the folder of a node", () => {
  const leaves = (name: string, one: Command | Group): [string, Command][] =>
    isGroup(one)
      ? Object.entries(one.parts).flatMap(([part, more]) => leaves(`${name} ${part}`, more))
      : [[name, one]]
  const all = Object.entries(commands).flatMap(([name, one]) => leaves(name, one))

  it("says so, where it works on a node's own folder at all", () => {
    const only = all.filter(([, one]) => one.isAtHome && !one.changesHome).map(([name]) => name)
    // They read; what a backup writes is given to the home's owner.
    assert.deepEqual(only.sort(), ["backup", "peers list"])
    for (const name of ["staff add", "propose admit", "rebuild-state", "rebuild-look-up", "recover-vault"])
      assert.ok(
        all.some(([called, one]) => called === name && one.changesHome),
        name,
      )
  })

  it("is refused to root where the folder is another's, with the line to run instead", asRoot, async () => {
    const folder = join(root, "another's")
    mkdirSync(folder)
    chownSync(folder, NOBODY, NOBODY)
    const line = ["rebuild-state", "--folder", folder]
    await assert.rejects(
      execute(line),
      coded("not_the_owner", /runuser -u nobody -- aceso rebuild-state --folder '.*another'\\''s'$/),
    )
    // Also where it is not there yet, or the folder was root's before.
    assert.throws(
      () => mustNotBeRootElsewhere(join(folder, "new"), ["init"]),
      coded("not_the_owner", /nobody/),
    )
    const own = join(root, "own")
    mkdirSync(own)
    mustNotBeRootElsewhere(own, ["init"])
    writeFileSync(join(own, "node.json"), "{}")
    chownSync(join(own, "node.json"), 12_345, 12_345)
    assert.throws(
      () => mustNotBeRootElsewhere(own, ["up"]),
      coded("not_the_owner", /the user 12345.*: aceso up/),
    )
    mustNotBeRootElsewhere(own, ["up"], 12_345)
  })
})

describe("what may not be looked at", () => {
  it("is not taken for absent", asRoot, async () => {
    const folder = join(root, "hidden")
    await makeHome(folder, {
      ...{ member: "clinic", name: "Clinic", kind: "custodian", url: "http://127.0.0.1:1" },
      ...{ host: "127.0.0.1", port: 1, engine: "embedded" },
    })
    assert.equal(isThere(join(folder, "none")), false)
    assert.equal(isThere(join(folder, "node.json", "none")), false)
    asNobody(() => {
      assert.throws(() => isThere(join(folder, "node.json")), coded("no_right", /may not look into .*hidden/))
      assert.throws(() => readHome(folder, "edit"), coded("no_right", /hidden/))
    })
  })
})
