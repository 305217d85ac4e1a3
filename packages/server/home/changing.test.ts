import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { PlatformError } from "@aceso/core"
import { FolderLock } from "@aceso/ledger"
import { changing } from "./changing.ts"
import { continueNetwork } from "./continue.ts"
import { layout } from "./layout.ts"
import { makeHome } from "./make.ts"
import { createNetwork, joinNetwork, readApplication } from "./network.ts"
import { changeConfig } from "./node-json.ts"
import { setReach } from "./reach.ts"
import { readHome } from "./read.ts"
import { replaceValidatorSecret } from "./rotation.ts"

const root = mkdtempSync(join(tmpdir(), "aceso-changing-"))
after(() => rmSync(root, { recursive: true }))

let homes = 0
async function home(kind: "authority" | "custodian"): Promise<string> {
  const folder = join(root, `home-${homes++}`)
  const wish = { member: `member-${homes}`, name: "One", kind, url: `http://127.0.0.1:${homes}` }
  await makeHome(folder, { ...wish, host: "127.0.0.1", port: homes, engine: "embedded" })
  return folder
}
const coded =
  (code: string, message = /./) =>
  (error: unknown) =>
    error instanceof PlatformError && error.code === code && message.test(error.message)
const filesOf = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => [name, readFileSync(join(folder, name), "utf8")])

describe("a home that another process changes just now", () => {
  it("is changed by nobody else, and stays as it was", async () => {
    const founder = await home("authority")
    const clinic = await home("custodian")
    const other = await home("authority")
    createNetwork(other, "other", [readApplication(layout(clinic).application)])
    const { invitation } = layout(other)
    const cometbft = { rpcPort: 1, p2pHost: "127.0.0.1", p2pPort: 2, externalAddress: "a:2", peers: [] }
    const changes: readonly [what: string, folder: string, change: (folder: string) => unknown][] = [
      ["a network is founded", founder, (folder) => createNetwork(folder, "north", [])],
      ["one is joined", clinic, (folder) => joinNetwork(folder, invitation)],
      ["one is gone on with", clinic, (folder) => continueNetwork(folder, invitation, "none")],
      ["a setting", clinic, (folder) => changeConfig(folder, () => ({}))],
      ["where it is reached", clinic, (folder) => setReach(folder, { p2p: "a:2", cometbft })],
      ["another key", clinic, (folder) => replaceValidatorSecret(folder)],
    ]
    for (const [what, folder, change] of changes) {
      const before = filesOf(folder)
      const lock = FolderLock.take(layout(folder).changing)
      try {
        await assert.rejects(async () => change(folder), coded("folder_in_use", /changes .* just now/), what)
      } finally {
        lock.release()
      }
      assert.deepEqual(filesOf(folder), before, what)
    }
    createNetwork(founder, "north", [])
    joinNetwork(clinic, invitation)
  })

  it("is let go of, however a change ends", async () => {
    const folder = await home("authority")
    const fails = () => {
      throw new Error("no")
    }
    assert.throws(() => changing(folder, fails), /no/)
    await assert.rejects(
      changing(folder, async () => fails()),
      /no/,
    )
    await changing(folder, async () => {
      await Promise.resolve()
      // A change is made of others.
      changeConfig(folder, () => ({}))
    })
    assert.throws(
      () => changing(join(root, "none"), () => readHome(join(root, "none"), "edit")),
      coded("no_home"),
    )
    assert.deepEqual(readdirSync(root).includes("none"), false)
  })
})

describe("a founder's start", () => {
  it("is refused where what was handed out is of another genesis than its own", async () => {
    const [one, other] = [await home("authority"), await home("authority")]
    createNetwork(one, "north", [])
    createNetwork(other, "north", [])
    readHome(one, "run")
    writeFileSync(layout(one).invitation, readFileSync(layout(other).invitation), { mode: 0o600 })
    assert.throws(() => readHome(one, "run"), coded("bad_config", /invitation\.json .* another genesis/))
    rmSync(layout(one).invitation)
    readHome(one, "run")
  })
})
