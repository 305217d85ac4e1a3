import assert from "node:assert/strict"
import { chmodSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { PlatformError } from "@aceso/core"
import { makeHome } from "../home/make.ts"
import { createNetwork } from "../home/network.ts"
import { ask, end, entered, fresh, open, root } from "./testing/pages.ts"

after(end)

async function founded(url: string): Promise<string> {
  const folder = fresh()
  const tls = { certificate: "tls/certificate.pem", key: "tls/key.pem" }
  const wish = { member: "north", name: "North", kind: "authority" as const, url, host: "0.0.0.0", port: 1 }
  await makeHome(folder, { ...wish, tls, engine: "embedded" })
  createNetwork(folder, "north-net", [])
  return folder
}
const start = { areSecretsCopied: true }

describe("a start that cannot be", () => {
  it("says by a code what is missing, and all of it where it is several", async () => {
    const folder = await founded("https://node.north.example")
    const one = await entered(folder)
    assert.equal((await ask(one, one.token, "start", start)).code, "certificate_missing")
    chmodSync(join(folder, "secrets"), 0o755)
    const both = await ask(one, one.token, "start", start)
    // Of the folder as well, whatever is asked.
    assert.equal(both.code, "bad_config")
    assert.deepEqual(both.mistakes, ["secrets_open", "certificate_missing"])
  })

  it("says that an organisation that is to run with it has not joined yet", async () => {
    const attached = fresh()
    const wish = { member: "clinic", name: "Clinic", kind: "custodian" as const, url: "http://127.0.0.1:2" }
    await makeHome(attached, { ...wish, host: "127.0.0.1", port: 2, engine: "embedded" })
    const founder = fresh()
    await makeHome(founder, {
      ...{ member: "north", name: "North", kind: "authority", url: "http://127.0.0.1:1", host: "127.0.0.1" },
      ...{ port: 1, engine: "embedded" },
    })
    createNetwork(founder, "north-net", [])
    const one = await entered(founder, [attached])
    const said = await ask(one, one.token, "start", start)
    assert.equal(said.code, "no_network")
    assert.ok(String(said.message).includes(attached))
  })
})

describe("a folder that cannot be used", () => {
  const isRefused = (folder: string, message: RegExp) =>
    assert.rejects(
      open(folder),
      (error) =>
        error instanceof PlatformError && error.code === "folder_unusable" && message.test(error.message),
    )

  it("is refused before there is a code: a file, or a folder below one", async () => {
    const file = join(root, "a-file")
    writeFileSync(file, "")
    await isRefused(file, /is no folder/)
    await isRefused(join(file, "home"), /is no folder/)
  })

  it("and one in which nothing may be written", async () => {
    const folder = fresh()
    mkdirSync(folder, { mode: 0o500 })
    chmodSync(root, 0o755)
    const isRoot = process.getuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    try {
      await isRefused(folder, /nothing can be written in/)
      await isRefused(join(folder, "home"), /nothing can be written in/)
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  })
})
