import assert from "node:assert/strict"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after, describe, it } from "node:test"
import { PlatformError } from "@aceso/core"
import { backupHome } from "./backup.ts"
import { makeHome } from "./make.ts"

const root = mkdtempSync(join(tmpdir(), "aceso-backup-"))
after(() => rmSync(root, { recursive: true, force: true }))

/** A home with a vault and a keyring, beside it nothing. */
async function world(name: string) {
  const at = (...path: string[]) => join(root, name, ...path)
  mkdirSync(at())
  await makeHome(at("home"), {
    ...{ member: "clinic", name: "Clinic", kind: "custodian", url: "http://127.0.0.1:1" },
    ...{ host: "127.0.0.1", port: 1, engine: "embedded" },
  })
  return at
}
/** All that lies beside the home. */
const beside = (at: Awaited<ReturnType<typeof world>>) =>
  readdirSync(at(), { recursive: true, encoding: "utf8" })
    .filter((path) => path.split("/")[0] !== "home")
    .sort()

describe("a backup is refused before anything is written", () => {
  type At = Awaited<ReturnType<typeof world>>
  const file = (path: string) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, "")
  }
  const rows: [comment: string, to: string, keys: string, prepare: (at: At) => void, says: RegExp][] = [
    ["one folder for both", "x", "x", () => {}, /not apart: the keyring has a folder of its own/],
    ["the keyring in the copy", "x", "x/keys", () => {}, /not apart/],
    ["the copy beside the keyring's file", "x/copy", "x", () => {}, /not apart/],
    ["the keyring in what is begun", "x", "x.part", () => {}, /not apart/],
    [
      "one folder by two names",
      "link/x",
      "real/x",
      (at) => {
        mkdirSync(at("real"))
        symlinkSync(at("real"), at("link"))
      },
      /not apart/,
    ],
    ["a copy in the home", "home/x", "keys", () => {}, /lies in the node's own folder/],
    ["a keyring in the home", "x", "home/keys", () => {}, /lies in the node's own folder/],
    ["a copy that is there", "x", "keys", (at) => mkdirSync(at("x")), /x is there already: each backup/],
    ["a link in its place", "x", "keys", (at) => symlinkSync(at("none"), at("x")), /x is there already/],
    ["a keyring that is there", "x", "keys", (at) => file(at("keys/keyring.db")), /keyring\.db is there/],
    ["a file in the keyring's place", "x", "keys", (at) => file(at("keys")), /keys is there already, and is/],
    [
      "a folder for the keyring's .part",
      "x",
      "keys",
      (at) => file(at("keys/keyring.db.part/x")),
      /is not what/,
    ],
    ["a place below a file", "y/x", "keys", (at) => file(at("y")), /a part of \S+y\/x is no folder/],
    ["somebody's own .part", "x", "keys", (at) => file(at("x.part/thesis.txt")), /x\.part is there already/],
    ["a file for .part", "x", "keys", (at) => file(at("x.part")), /x\.part is there already, and is not/],
  ]
  for (const [i, [comment, to, keys, prepare, says]] of rows.entries())
    it(comment, async () => {
      const at = await world(`refused-${i}`)
      prepare(at)
      const before = beside(at)
      assert.throws(
        () => backupHome(at("home"), at(to), at(keys)),
        (error) =>
          error instanceof PlatformError && says.test(error.message) && !/E[A-Z]{4,}/.test(error.message),
      )
      assert.deepEqual(beside(at), before)
    })
})

describe("a backup that fails leaves nothing, and the same line goes on", () => {
  it("without its keyring", async () => {
    const at = await world("no-keyring")
    rmSync(at("home/vault/keyring.db"))
    assert.throws(() => backupHome(at("home"), at("deep/er/x"), at("keys/today")), {
      code: "backup_failed",
      message: `the backup ${at("deep/er/x")} cannot be made: there is no ${at("home/vault/keyring.db")}`,
    })
    assert.deepEqual(beside(at), [])
  })
  it("and one that was killed is begun anew", async () => {
    const at = await world("killed")
    mkdirSync(at("x.part/vault"), { recursive: true })
    writeFileSync(at("x.part/vault/vault.db"), "half")
    mkdirSync(at("keys"))
    writeFileSync(at("keys/keyring.db.part"), "half")
    const { parts } = backupHome(at("home"), at("x"), at("keys"))
    assert.deepEqual(parts, ["node.json", "application.json", "vault/vault.db"])
    assert.deepEqual(readdirSync(at("keys")), ["keyring.db"])
    assert.deepEqual(readdirSync(at("x")).sort(), ["application.json", "node.json", "vault"])
    assert.ok(!existsSync(at("x.part")))
  })
})
