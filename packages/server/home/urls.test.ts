import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { PlatformError, readGenesis, signedGenesis, signGenesis } from "@aceso/core"
import { readSecret } from "../node/config.ts"
import { layout } from "./layout.ts"
import { makeHome } from "./make.ts"
import { createNetwork, joinNetwork, readApplication } from "./network.ts"
import { readHome } from "./read.ts"

const root = mkdtempSync(join(tmpdir(), "aceso-urls-"))
after(() => rmSync(root, { recursive: true }))

let homes = 0
async function home(kind: "authority" | "custodian", url: string) {
  const folder = join(root, `home-${homes++}`)
  const tls = url.startsWith("https:") ? { certificate: "tls/c.pem", key: "tls/k.pem" } : undefined
  const member = `member-${homes}`
  await makeHome(folder, {
    ...{ member, name: member, kind, url, host: "127.0.0.1", port: 1, engine: "embedded" as const },
    ...(tls && { tls }),
  })
  return { folder, application: readApplication(layout(folder).application) }
}
const genesisOf = (folder: string) =>
  readGenesis(
    signedGenesis.parse(JSON.parse(readFileSync(layout(folder).genesis, "utf8")), "genesis", "json"),
  )
const coded = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof PlatformError && error.code === code && message.test(error.message)

describe("a network and the URLs of its nodes", () => {
  it("is on loopback where its founder is, and then takes nodes there", async () => {
    const founder = await home("authority", "http://127.0.0.1:1")
    const clinic = await home("custodian", "http://localhost:2")
    createNetwork(founder.folder, "loop-net", [clinic.application])
    assert.equal(genesisOf(founder.folder).isLoopback, true)
    joinNetwork(clinic.folder, layout(founder.folder).invitation)
    readHome(clinic.folder, "edit")
  })

  it("is not where its founder is not: an application on loopback is refused", async () => {
    const founder = await home("authority", "https://authority.example")
    const clinic = await home("custodian", "http://127.0.0.1:2")
    assert.throws(
      () => createNetwork(founder.folder, "real-net", [clinic.application]),
      coded("bad_application", /member-\d+ is refused: url: loopback is only for networks/),
    )
    createNetwork(founder.folder, "real-net", [])
    assert.equal(genesisOf(founder.folder).isLoopback, undefined)
    assert.throws(
      () => joinNetwork(clinic.folder, layout(founder.folder).invitation),
      coded("bad_url", /does not fit the network real-net: loopback/),
    )
  })

  it("a node whose file names a loopback URL afterwards does not start on it", async () => {
    const founder = await home("authority", "https://authority.example")
    createNetwork(founder.folder, "real-net", [])
    const { config } = layout(founder.folder)
    const { tls: _, ...given } = JSON.parse(readFileSync(config, "utf8"))
    writeFileSync(config, JSON.stringify({ ...given, url: "http://127.0.0.1:1" }), { mode: 0o600 })
    assert.throws(
      () => readHome(founder.folder, "run"),
      coded("bad_config", /url: it does not fit the network real-net/),
    )
  })

  it("whose genesis names a founder's URL against the rule is none", async () => {
    const founder = await home("authority", "https://authority.example")
    createNetwork(founder.folder, "real-net", [])
    const document = genesisOf(founder.folder)
    const seed = readSecret(layout(founder.folder).secret("member"))
    for (const url of ["http://authority.example", "https://127.0.0.1", "https://authority.example/x"]) {
      const forged = signGenesis({ ...document, founder: { ...document.founder, url } }, seed)
      assert.throws(() => readGenesis(forged), coded("bad_genesis", /the founder's url: /), url)
    }
  })
})
