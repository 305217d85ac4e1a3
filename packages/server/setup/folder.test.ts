import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { genesisHash, toHex } from "@aceso/core"
import { layout } from "../home/layout.ts"
import { finishMaking, makeHome } from "../home/make.ts"
import { createNetwork, readApplication, readInvitation } from "../home/network.ts"
import { readHome } from "../home/read.ts"
import { ask, end, entered, fresh, root, type Said } from "./testing/pages.ts"

after(end)

const CLINIC = { member: "clinic", name: "Clinic", kind: "custodian", url: "http://127.0.0.1:7501" }
const AUTHORITY = { member: "authority", name: "Authority", kind: "authority", url: "http://127.0.0.1:7500" }
async function home(member: string, kind: "authority" | "custodian", url: string) {
  const folder = fresh()
  await makeHome(folder, { member, name: member, kind, url, host: "127.0.0.1", port: 1, engine: "embedded" })
  const application = readApplication(layout(folder).application)
  return { folder, application, json: readJson(layout(folder).application) }
}
const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"))

describe("the organisation", () => {
  const wrong: readonly [comment: string, change: object, code: string, fields?: readonly string[]][] = [
    [
      "nothing at all",
      { member: undefined, name: undefined, kind: undefined, url: undefined },
      "bad_input",
      ["member", "name", "kind", "url"],
    ],
    ["a short name with capitals", { member: "City" }, "bad_input", ["member"]],
    ["a name that nobody sees", { name: "\u200b" }, "bad_input", ["name"]],
    ["a kind that there is not", { kind: "bank" }, "bad_input", ["kind"]],
    ["no URL", { url: "hospital" }, "bad_input", ["url"]],
    ["plain HTTP beyond this machine", { url: "http://node.hospital.example" }, "bad_config", ["url"]],
    ["a URL with a path", { url: "http://127.0.0.1:7501/x" }, "bad_config", ["url"]],
    ["no port", { port: "70000" }, "bad_input", ["port"]],
    ["an engine that there is not", { engine: "other" }, "bad_input", ["engine"]],
    ["an authority that does not validate", { kind: "authority", engine: "remote" }, "bad_input", ["engine"]],
    ["an address between validators that is none", { engine: "cometbft", p2p: "node" }, "bad_input", ["p2p"]],
    ["the same without CometBFT", { p2p: "127.0.0.1:26656" }, "bad_input", ["p2p"]],
    [
      "a certificate without its key",
      { url: "https://node.hospital.example", "tls-certificate": "c.pem" },
      "bad_input",
      ["tls-key"],
    ],
  ]
  it("is refused with the names of the fields that are wrong, and nothing is made", async () => {
    const one = await entered()
    for (const [comment, change, code, fields] of wrong) {
      const said = await ask(one, one.token, "organisation", { ...CLINIC, ...change })
      assert.deepEqual([said.code, said.fields], [code, fields], comment)
    }
    assert.deepEqual(existsSync(one.folder) ? readdirSync(one.folder) : [], [])
  })

  it("is made once, and its keys stay", async () => {
    const one = await entered()
    const { home: made } = await ask(one, one.token, "organisation", CLINIC)
    assert.deepEqual(made, {
      ...{ ...CLINIC, engine: "embedded", missing: [] },
      secrets: join(one.folder, "secrets"),
    })
    const { application } = layout(one.folder)
    const before = JSON.stringify(readJson(application))
    assert.equal((await ask(one, one.token, "organisation", AUTHORITY)).code, "home_exists")
    assert.equal(JSON.stringify(readJson(application)), before)
    const { content } = await ask(one, one.token, "file", { file: "application" })
    assert.deepEqual(JSON.parse(String(content)), readJson(application))
    assert.equal((await ask(one, one.token, "file", { file: "invitation" })).code, "not_found")
    assert.equal((await ask(one, one.token, "file", { file: "secrets/member.key" })).code, "bad_input")
  })

  it("is not made over what lies in the folder", async () => {
    const folder = fresh()
    mkdirSync(join(folder, "secrets"), { recursive: true })
    const one = await entered(folder)
    assert.equal((await ask(one, one.token, "organisation", CLINIC)).code, "home_exists")
    assert.deepEqual(readdirSync(folder), ["secrets"])
  })

  it("says what HTTPS needs, and refuses a certificate that does not fit its key", {
    skip: spawnSync("openssl", ["version"]).status === 0 ? false : "openssl is not installed",
  }, async () => {
    const at = (name: string) => join(root, name)
    const url = "https://node.clinic.example"
    for (const one of ["a", "b"])
      execFileSync(
        "openssl",
        [
          "req",
          "-x509",
          "-newkey",
          "ec",
          "-pkeyopt",
          "ec_paramgen_curve:prime256v1",
          "-nodes",
          "-keyout",
          at(`${one}.key`),
          "-out",
          at(`${one}.pem`),
          "-subj",
          "/CN=x",
          "-addext",
          "subjectAltName=DNS:node.clinic.example",
        ],
        { stdio: "ignore" },
      )
    const one = await entered()
    const tls = (certificate: string, key: string) => ({
      "tls-certificate": at(certificate),
      "tls-key": at(key),
    })
    const foreign = await ask(one, one.token, "organisation", { ...CLINIC, url, ...tls("a.pem", "b.key") })
    assert.equal(foreign.code, "bad_certificate")
    const other = { ...CLINIC, url: "https://other.example", ...tls("a.pem", "a.key") }
    assert.equal((await ask(one, one.token, "organisation", other)).code, "certificate_of_another")
    assert.ok(!existsSync(layout(one.folder).config))
    const { home: made } = await ask(one, one.token, "organisation", { ...CLINIC, url })
    assert.deepEqual((made as { missing: string[] }).missing, [
      join(one.folder, "tls", "certificate.pem"),
      join(one.folder, "tls", "key.pem"),
    ])
  })
})

describe("the network", () => {
  const NORTH = { network: "north", applications: [], appOrigins: [] }

  it("is founded with applications that hold, by an authority", async () => {
    const clinic = await home("clinic", "custodian", "http://127.0.0.1:7501")
    const namesake = await home("authority", "custodian", "http://127.0.0.1:7502")
    const far = await home("far", "custodian", "http://127.0.0.1:7503")
    const foreign = { ...(far.json as object), member: "other" }
    const one = await entered()
    await ask(one, one.token, "organisation", AUTHORITY)
    const refused: readonly [comment: string, change: object, code: string][] = [
      ["a network without a name", { network: "North!" }, "bad_input"],
      ["an age of majority that is none", { "of-age": "11" }, "bad_input"],
      ["an application that is none", { applications: [{}] }, "bad_file"],
      ["one that does not prove its key", { applications: [foreign] }, "bad_application"],
      ["the own name, taken", { applications: [namesake.json] }, "bad_application"],
      ["one of them twice", { applications: [clinic.json, clinic.json] }, "bad_application"],
      ["an app at no origin", { appOrigins: ["http://app.example/x"] }, "bad_url"],
      ["too many", { applications: Array.from({ length: 17 }, () => clinic.json) }, "bad_input"],
    ]
    for (const [comment, change, code] of refused) {
      assert.equal((await ask(one, one.token, "found", { ...NORTH, ...change })).code, code, comment)
      assert.ok(!existsSync(layout(one.folder).genesis), comment)
    }
    const { network } = await ask(one, one.token, "found", { ...NORTH, applications: [clinic.json] })
    const { genesis } = readInvitation(layout(one.folder).invitation)
    assert.deepEqual(network, {
      ...{ network: "north", founder: "authority", isFounder: true, isAppMissing: false, sources: [] },
      genesisHash: toHex(genesisHash(genesis)),
      members: ["authority", "clinic"],
    })
    assert.equal((await ask(one, one.token, "found", NORTH)).code, "network_exists")
    const custodian = await entered(clinic.folder)
    assert.equal((await ask(custodian, custodian.token, "found", NORTH)).code, "not_permitted")
  })

  it("is joined by whoever was told its hash, and by an invitation that fits", async () => {
    const authority = await home("authority", "authority", "http://127.0.0.1:7500")
    const forger = await home("authority", "authority", "http://127.0.0.1:7500")
    createNetwork(authority.folder, "north", [])
    createNetwork(forger.folder, "north", [])
    const invitation = readJson(layout(authority.folder).invitation)
    const forged = readJson(layout(forger.folder).invitation)
    const one = await entered()
    await ask(one, one.token, "organisation", { ...CLINIC, kind: "pharmacy", engine: "remote" })
    const look = async (of: unknown) =>
      (await ask(one, one.token, "look", { invitation: of })) as {
        genesisHash: string
        asked: number[]
      } & Said
    const said = (hash: string, asked: readonly number[]) =>
      asked.map((n) => hash.slice(4 * (n - 1), 4 * n).toUpperCase())
    const { genesisHash: hash, asked, founder } = await look(invitation)
    assert.equal(founder, "authority")
    assert.equal(new Set(asked).size, 3)
    // The founder reads out the hash of the true one.
    const ofForged = await look(forged)
    assert.equal(
      (await ask(one, one.token, "join", { invitation: forged, groups: said(hash, ofForged.asked) })).code,
      "hash_differs",
    )
    assert.ok(!existsSync(layout(one.folder).genesis))
    assert.equal((await ask(one, one.token, "look", { invitation: {} })).code, "bad_file")
    const changed = structuredClone(invitation) as { genesis: { signature: string } }
    changed.genesis.signature = changed.genesis.signature.replace(/^./, (c) => (c === "0" ? "1" : "0"))
    assert.equal((await ask(one, one.token, "look", { invitation: changed })).code, "bad_genesis")
    const again = await look(invitation)
    const { network } = await ask(one, one.token, "join", {
      invitation,
      groups: said(again.genesisHash, again.asked),
    })
    assert.deepEqual((network as { sources: string[] }).sources, ["authority"])
    const other = await look(forged)
    const joined = await ask(one, one.token, "join", {
      invitation: forged,
      groups: said(other.genesisHash, other.asked),
    })
    assert.equal(joined.code, "network_exists", "an invitation of another network")
    const comet = await entered()
    await ask(comet, comet.token, "organisation", { ...CLINIC, engine: "cometbft" })
    const { genesisHash: own, asked: groups } = (await ask(comet, comet.token, "look", { invitation })) as {
      genesisHash: string
      asked: number[]
    } & Said
    assert.equal(
      (await ask(comet, comet.token, "join", { invitation, groups: said(own, groups) })).code,
      "wrong_engine",
    )
  })

  it("is not started before the secrets were copied, nor before there is one", async () => {
    const one = await entered()
    await ask(one, one.token, "organisation", AUTHORITY)
    const early = await ask(one, one.token, "start", { areSecretsCopied: false })
    assert.deepEqual([early.code, early.fields], ["bad_input", ["secrets"]])
    assert.equal((await ask(one, one.token, "start", { areSecretsCopied: true })).code, "no_network")
  })

  it("never says a secret", async () => {
    const one = await entered()
    await ask(one, one.token, "organisation", AUTHORITY)
    await ask(one, one.token, "found", NORTH)
    const { secrets, person } = layout(one.folder)
    const said = JSON.stringify([
      await ask(one, one.token, "state", {}),
      await ask(one, one.token, "file", { file: "application" }),
      await ask(one, one.token, "file", { file: "invitation" }),
    ])
    const seeds = readdirSync(secrets).map((name) => readFileSync(join(secrets, name), "utf8").trim())
    const { seed } = readJson(person("administrator")) as { seed: string }
    assert.equal(seeds.length, 5)
    for (const one of [...seeds, seed]) assert.ok(!said.includes(one))
  })
})

describe("a process that was killed while it made a home", () => {
  const wish = {
    ...CLINIC,
    kind: "custodian" as const,
    host: "127.0.0.1",
    port: 7501,
    engine: "embedded" as const,
  }
  async function killed(isWhole: boolean) {
    const folder = fresh()
    await makeHome(folder, wish)
    const application = readJson(layout(folder).application)
    // As it lay before it took its place.
    const { making } = layout(folder)
    mkdirSync(making)
    const parts = ["secrets", "people", "vault", "application.json", "node.json"]
    for (const part of isWhole ? parts.slice(2) : parts.slice(0, 3))
      execFileSync("mv", [join(folder, part), join(making, part)])
    if (!isWhole) for (const part of parts.slice(3)) rmSync(join(folder, part))
    return { folder, application }
  }

  it("left one that was whole: it is taken over with its keys", async () => {
    const { folder, application } = await killed(true)
    finishMaking(folder)
    assert.equal(readHome(folder, "edit").config.member, "clinic")
    assert.deepEqual(readJson(layout(folder).application), application)
    assert.ok(!existsSync(layout(folder).making))
  })

  it("left one that was not whole: nothing of it stays, and another one is made", async () => {
    const { folder, application } = await killed(false)
    const one = await entered(folder)
    assert.equal((await ask(one, one.token, "state", {})).home, null)
    assert.deepEqual(readdirSync(folder), [])
    await ask(one, one.token, "organisation", CLINIC)
    assert.notDeepEqual(readJson(layout(folder).application), application)
  })
})
