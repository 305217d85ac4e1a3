import assert from "node:assert/strict"
import {
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after, describe, it } from "node:test"
import { PlatformError } from "@aceso/core"
import { backupHome } from "./backup.ts"
import { readBackups } from "./backups.ts"
import { layout } from "./layout.ts"
import { makeHome } from "./make.ts"
import { give } from "./ownership.ts"

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
        () => backupHome(at("home"), at(to), at(keys), "1.2.3"),
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
    assert.throws(() => backupHome(at("home"), at("deep/er/x"), at("keys/today"), "1.2.3"), {
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
    const { parts } = backupHome(at("home"), at("x"), at("keys"), "1.2.3")
    assert.deepEqual(parts, ["node.json", "application.json", "vault/vault.db"])
    assert.deepEqual(readdirSync(at("keys")), ["keyring.db"])
    assert.deepEqual(readdirSync(at("x")).sort(), ["application.json", "node.json", "vault"])
    assert.ok(!existsSync(at("x.part")))
  })
})

const isRoot = process.getuid?.() === 0
const [UID, GID] = [4242, 4243]
function giveHome(at: Awaited<ReturnType<typeof world>>): void {
  for (const name of ["", ...readdirSync(at("home"), { recursive: true, encoding: "utf8" })])
    chownSync(at("home", name), UID, GID)
}

describe("a backup that root makes", { skip: !isRoot && "root alone gives files away" }, () => {
  const back = (at: Awaited<ReturnType<typeof world>>) =>
    backupHome(at("home"), at("deep/er/x"), at("keys/today"), "1.2.3")
  const owners = (folder: string) =>
    ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })].map((name) => {
      const { uid, gid, mode } = lstatSync(join(folder, name))
      return `${name} ${uid}:${gid} ${(mode & 0o077).toString(8)}`
    })

  it("is the home's owner's, every file and every folder that it made, and nobody else's", async () => {
    const at = await world("given")
    const { engine } = layout(at("home"))
    mkdirSync(join(engine, "origin/below"), { recursive: true })
    writeFileSync(join(engine, "origin/below/part"), "rows", { mode: 0o600 })
    giveHome(at)
    back(at)
    const all = [...owners(at("deep")), ...owners(at("keys"))]
    assert.ok(all.length > 8, `${all}`)
    for (const one of all) assert.match(one, /^\S* 4242:4243 [04]{1,2}$/)
  })

  it("is root's where the home is, and folders that were there stay whose they are", async () => {
    const at = await world("own")
    back(at)
    for (const one of owners(at("deep"))) assert.match(one, / 0:0 /)
    const other = await world("beside")
    giveHome(other)
    for (const name of ["deep", "keys"]) mkdirSync(other(name))
    back(other)
    assert.deepEqual(
      ["deep", "keys", "deep/er", "keys/today"].map((name) => lstatSync(other(name)).uid),
      [0, 0, UID, UID],
    )
  })

  const elsewhere = (at: Awaited<ReturnType<typeof world>>, name: string) => {
    writeFileSync(at("secret"), "of root", { mode: 0o600 })
    rmSync(at("home", name))
    symlinkSync(at("secret"), at("home", name))
  }
  for (const name of ["application.json", "checkpoints.jsonl", "vault/vault.db", "vault/keyring.db"])
    it(`copies nothing for them that they may not read, by a link in place of ${name}`, async () => {
      const at = await world(`link-${name.replace("/", "-")}`)
      if (name === "checkpoints.jsonl") writeFileSync(at("home", name), "")
      giveHome(at)
      elsewhere(at, name)
      if (name.endsWith(".db")) {
        const other = await world(`other-${name.replace("/", "-")}`)
        rmSync(at("home", name))
        symlinkSync(other("home", name), at("home", name))
      }
      assert.throws(() => back(at), { code: "backup_failed", message: /leads to a file that the owner/ })
      assert.ok(!existsSync(at("deep")) && !existsSync(at("keys")))
    })

  it("nor by a folder that leads to another home's", async () => {
    const [at, other] = [await world("folder"), await world("another")]
    giveHome(at)
    rmSync(at("home/vault"), { recursive: true })
    symlinkSync(other("home/vault"), at("home/vault"))
    assert.throws(() => back(at), { code: "backup_failed", message: /leads to a file that the owner/ })
  })

  it("gives no file away to which a link leads, or that has another name", () => {
    const at = (...names: string[]) => join(root, "give", ...names)
    mkdirSync(at("part"), { recursive: true })
    for (const name of ["one", "two", "part/own"]) writeFileSync(at(name), "")
    symlinkSync(at("one"), at("part/link"))
    linkSync(at("two"), at("part/hard"))
    give(at("part"), { uid: UID, gid: GID })
    const uids = ["one", "two", "part", "part/own", "part/link"].map((name) => lstatSync(at(name)).uid)
    assert.deepEqual(uids, [0, 0, UID, UID, UID])
  })
})

describe("the home knows its backups", () => {
  const back = (at: Awaited<ReturnType<typeof world>>, n: number) =>
    backupHome(at("home"), at(`x${n}`), at(`keys${n}`), "1.2.3")

  it("where they lie, what is in them and by which release; the copy's list ends with the one before", async () => {
    const at = await world("known")
    for (const n of [1, 2]) assert.equal(back(at, n).untold, undefined)
    const all = readBackups(at("home"))
    assert.deepEqual(
      all.map(({ to, keyringTo, release, height, hasBlocks, counts }) => [
        ...[to, keyringTo, release, height, hasBlocks, counts],
      ]),
      [1, 2].map((n) => [
        ...[at(`x${n}`), at(`keys${n}`), "1.2.3", 0, false],
        { records: 0, patients: 0, disclosures: 0 },
      ]),
    )
    const [first] = all
    assert.ok(first.bytes >= statSync(at("x1/vault/vault.db")).size)
    assert.ok(Math.abs(Date.now() - first.at) < 3_600_000)
    assert.equal(existsSync(at("x1/backups.json")), false)
    assert.deepEqual(readBackups(at("x2")), [first])
  })
  it("is readable by its owner alone, and names no secret", async () => {
    const at = await world("modes")
    back(at, 1)
    const { backups } = layout(at("home"))
    assert.equal(statSync(backups).mode & 0o777, 0o600)
    const text = readFileSync(backups, "utf8")
    for (const name of readdirSync(at("home/secrets")))
      assert.ok(!text.includes(readFileSync(at("home/secrets", name), "utf8").trim()))
  })
  it("is the node's, also where root made the backup", {
    skip: !isRoot && "root alone gives files away",
  }, async () => {
    const at = await world("owner")
    giveHome(at)
    back(at, 1)
    const { uid, gid, mode } = statSync(layout(at("home")).backups)
    assert.deepEqual([uid, gid, mode & 0o777], [4242, 4243, 0o600])
  })
  it("is written through no link that somebody put in its place", async () => {
    const at = await world("linked")
    const { backups } = layout(at("home"))
    writeFileSync(at("other"), "of another's")
    for (const link of [`${backups}.part`, backups]) symlinkSync(at("other"), link)
    assert.equal(back(at, 1).untold, undefined)
    assert.equal(readFileSync(at("other"), "utf8"), "of another's")
    assert.ok(lstatSync(backups).isFile())
    assert.equal(readBackups(at("home")).length, 1)
  })
  it("keeps the newest thirty", async () => {
    const at = await world("thirty")
    for (let n = 1; n <= 32; n++) back(at, n)
    const all = readBackups(at("home"))
    assert.deepEqual([all.length, all[0].to, all.at(-1)?.to], [30, at("x3"), at("x32")])
  })
  it("begins a list anew that cannot be read, and copies all the same where it cannot be written", async () => {
    const at = await world("damaged")
    const { backups } = layout(at("home"))
    writeFileSync(backups, "no list")
    assert.throws(() => readBackups(at("home")), { code: "bad_file" })
    assert.equal(back(at, 1).untold, undefined)
    assert.equal(readBackups(at("home")).length, 1)
    mkdirSync(`${backups}.part`)
    assert.match(back(at, 2).untold ?? "", /backups\.json\.part/)
    assert.ok(existsSync(at("x2/vault/vault.db")) && existsSync(at("keys2/keyring.db")))
    assert.equal(readBackups(at("home")).length, 1)
  })
  it("says nothing of a backup that failed", async () => {
    const at = await world("failed")
    rmSync(at("home/vault/keyring.db"))
    assert.throws(() => back(at, 1), { code: "backup_failed" })
    assert.deepEqual(readBackups(at("home")), [])
  })
})
