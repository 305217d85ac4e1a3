import assert from "node:assert/strict"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { isDeepStrictEqual } from "node:util"
import { writeMessage } from "@aceso/capabilities/messages/client/communication.ts"
import { messages } from "@aceso/capabilities/messages/definition/process.ts"
import { CaseClient, LedgerProofs, PublicClient } from "@aceso/client"
import { fromHex, handleSeed, makeEnvelope, publicKey, randomBytes, toHex } from "@aceso/core"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { type Child, Cli, inWords, oneSentence } from "./testing/aceso.ts"

/** A pharmacy and an application, without a validator and without blocks, beside a founder and two custodians. */

const cli = new Cli("remote")
const at = (...names: string[]) => join(cli.folder, ...names)
const config = (folder: string) => JSON.parse(readFileSync(at(folder, "node.json"), "utf8"))
let ports: number[]
let network: Child
let shops: Child

const init = (folder: string, kind: string, port: number, more = "") =>
  cli.json(
    `init --folder ${folder} --member ${folder} --name ${folder} --kind ${kind} --url http://127.0.0.1:${port}${more}`,
  )

before(async () => {
  ports = await freePorts(5)
  await init("authority", "authority", ports[0])
  await init("clinic", "custodian", ports[1])
  await init("county", "custodian", ports[2])
  await init("shop", "pharmacy", ports[3], " --engine remote")
  await init("app", "app", ports[4], " --engine remote")
  const others = "--with clinic/application.json --with county/application.json"
  await cli.json(`network create --folder authority --network north ${others}`)
  for (const folder of ["clinic", "county"])
    await cli.json(`join authority/invitation.json --folder ${folder}`)
  network = cli.start("up --folder authority --with clinic --with county")
  for (const port of ports.slice(0, 3))
    await network.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${port}$`, "m"))
})
after(() => cli.end())

describe("members that do not validate", () => {
  it("join knows whom to ask: founder, custodians and authorities of the invitation", async () => {
    const joined = await cli.json<{ sources: { member: string }[]; peers: string[] }>(
      "join authority/invitation.json --folder shop",
    )
    assert.deepEqual(
      joined.sources.map(({ member }) => member),
      ["authority", "clinic", "county"],
    )
    assert.deepEqual(config("shop").remote.sources, joined.sources)
    const { out } = await cli.run("join authority/invitation.json --folder app")
    assert.match(inWords(out), /asks authority, clinic, county .*aceso up --folder \S+app /)
  })

  it("two of them run in one process, each with its own keys, and wait to be admitted", async () => {
    shops = cli.start("up --folder shop --with app")
    await shops.says(/shop: this organisation is no active member of north yet/)
    await shops.says(/app: this organisation is no active member of north yet/)
    const vote = async (folder: string) => {
      const { proposal } = await cli.json<{ proposal: string }>(
        `propose admit ${folder}/application.json --folder authority`,
      )
      await cli.json(`vote ${proposal} --yes --folder clinic`)
    }
    for (const folder of ["shop", "app"]) await vote(folder)
    for (const port of ports.slice(3))
      await shops.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${port}$`, "m"))
  })

  it("they have the ledger's newest block by proofs, and no block of it", async () => {
    const ask = (folder: string) =>
      cli.json<{ checkpoint: { height: number }; engine: string }>(`status --folder ${folder}`)
    const theirs = await ask("authority")
    let own = await ask("shop")
    // A block that was made just now is on its way: whoever asks again has it.
    for (let tries = 0; tries < 60 && own.checkpoint.height < theirs.checkpoint.height; tries++)
      own = await ask("shop")
    assert.equal(own.engine, "remote")
    assert.ok(own.checkpoint.height >= theirs.checkpoint.height)
    assert.equal(existsSync(at("shop", "engine")), false)
  })

  it("an application keeps its own users' records, which are committed like everybody's", async () => {
    writeFileSync(
      at("patient.json"),
      JSON.stringify({
        resourceType: "Patient",
        id: "p1",
        name: [{ family: "Doe" }],
        birthDate: "1960-01-01",
      }),
    )
    const { resources } = await cli.json<{ resources: number }>("import patient.json --folder app")
    assert.equal(resources, 1)
    assert.equal((await cli.json<unknown[]>("patients --folder app")).length, 1)
    oneSentence(await cli.run("import patient.json --folder shop"), /keeps_no_records/)
  })

  it("they copy what is open to all, and publish themselves; whoever reads it there checks it elsewhere", async () => {
    const publish = (folder: string) => {
      writeFileSync(at(`${folder}.txt`), `The terms of ${folder}.`)
      const what = "--kind plan --title Terms --language en"
      return cli.json(`library publish terms ${what} --file ${folder}.txt --folder ${folder}`)
    }
    await publish("clinic")
    await publish("shop")
    for (const [reader, publisher] of [
      ["shop", "clinic"],
      ["app", "shop"],
      ["county", "shop"],
    ]) {
      const shown = () => cli.run(`library show ${publisher}/terms --folder ${reader} --json`)
      let found = await shown()
      while (found.status !== 0) {
        assert.match(found.out, /publication_not_here|unknown_publication/)
        found = await shown()
      }
      assert.equal(JSON.parse(found.out).content, `The terms of ${publisher}.`)
    }
    const { ok, publications } = await cli.json<{ ok: boolean; publications: unknown[] }>(
      "library --folder shop",
    )
    assert.deepEqual([ok, publications.length], [true, 2])
  })

  it("what one source does not answer, another one does; it is told of", async () => {
    const given = config("shop")
    const [port] = await freePorts(1)
    assert.equal(await shops.stop("SIGTERM"), 0, shops.err)
    const away = { member: "authority", url: `http://127.0.0.1:${port}` }
    writeFileSync(
      at("shop", "node.json"),
      JSON.stringify({ ...given, remote: { sources: [away, ...given.remote.sources.slice(1)] } }),
      { mode: 0o600 },
    )
    shops = cli.start("up --folder shop --with app")
    for (const port of ports.slice(3))
      await shops.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${port}$`, "m"))
    await shops.says(/shop: authority, who is asked for the ledger: it does not answer/)
  })

  it("a remote member is started by itself, not with a network's engine; a founder is none", async () => {
    oneSentence(
      await cli.run(
        "init --folder no --member no --name no --kind authority --url http://127.0.0.1:1 --engine remote",
      ),
      /an authority runs a node of its own/,
    )
    oneSentence(await cli.run("up --folder shop"), /another process uses|in use/)
  })

  /** A patient of the clinic, as its desk enrols one. */
  async function patientOfClinic() {
    const [handle, seed, member] = [randomBytes(32), randomBytes(32), secretAt("clinic")]
    const place = { custodian: "clinic", handle, keyNumber: 1, url: `http://127.0.0.1:${ports[1]}` }
    const own = handleSeed(seed, "clinic", handle, 1)
    const clinic = new PublicClient(place.url)
    const { document } = await clinic.genesis()
    const input = { custodian: "clinic", handle, key: publicKey(own) }
    const { bytes } = makeEnvelope(
      { network: "north", contract: "people", action: "enrol", input, expiry: Date.now() + 60_000 },
      [member, own],
    )
    assert.equal((await clinic.submit(bytes)).rejection, null)
    const proofs = new LedgerProofs(document)
    return { place, client: new CaseClient({ network: "north", seed, proofs, processes: [messages] }) }
  }
  const secretAt = (folder: string) =>
    fromHex(readFileSync(at(folder, "secrets", "member.key"), "utf8").trim())
  const written = [{ name: "Communication", content: writeMessage({ text: "Is my order there?" }) }]
  const inbox = async () =>
    (await cli.json<{ items: { id: string }[] }>("inbox --folder app")).items.map(({ id }) => id)

  it("one pays for a patient's message, and the other one gets it", async () => {
    const { place, client } = await patientOfClinic()
    const own = await client.open(place, messages, { organisation: "app" }, written, "shop")
    for (;;) if ((await inbox()).includes(toHex(own.id))) break
    const shown = await cli.run(`messages show ${toHex(own.id)} --folder app`)
    assert.match(inWords(shown.out), /the person: wrote \| Is my order there\?/)
    await client.step(await client.now(own), "close", [])
    for (;;) if ((await inbox()).length === 0) break
  })

  it("whoever was away finds in the inbox what is to be done now, and nothing else", async () => {
    const { place, client } = await patientOfClinic()
    assert.equal(await shops.stop("SIGTERM"), 0, shops.err)
    // The ledger has them; what belongs to them stays with the device meanwhile.
    for (let i = 0; i < 3; i++)
      await assert.rejects(client.open(place, messages, { organisation: "app" }, written, "clinic"), {
        code: "not_handed_over",
      })
    const { cases } = await client.all(place)
    const opened = cases.slice(-3)
    await assert.rejects(client.step(await client.now(opened[1]), "close", []), { code: "not_handed_over" })
    shops = cli.start("up --folder shop --with app")
    for (const port of ports.slice(3))
      await shops.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${port}$`, "m"))
    // The device hands over what is owed when it looks.
    for (const one of opened) await client.now(one)
    const wanted = [opened[0], opened[2]].map(({ id }) => toHex(id)).sort()
    for (;;) if (isDeepStrictEqual((await inbox()).sort(), wanted)) break
  })

  it("ends on SIGTERM", async () => {
    assert.equal(await shops.stop("SIGTERM"), 0, shops.err)
    assert.equal(await network.stop("SIGTERM"), 0, network.err)
  })
})
