import assert from "node:assert/strict"
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { publicKey, randomBytes, readGenesis, signedGenesis, toHex } from "@aceso/core"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { type Child, Cli, inWords, oneSentence } from "./testing/aceso.ts"

const cli = new Cli("staff")
const file = join(cli.folder, "node", "node.json")
let url: string
let node: Child

interface People {
  readonly people: readonly { readonly name: string; readonly isInForce: boolean; readonly to?: number }[]
}
const home = join(cli.folder, "node")
async function start(): Promise<void> {
  node = cli.start("up --folder node")
  await node.says(/^ready in/m)
}
const given = () => JSON.parse(readFileSync(file, "utf8"))
const write = (config: object) => writeFileSync(file, JSON.stringify(config))
const inForce = async (as = "administrator") =>
  (await cli.json<People>(`staff list --folder node --as ${as}`)).people
    .filter((one) => one.isInForce)
    .map(({ name }) => name)

/** A person with credentials in the node's folder, to be written into node.json. */
function person(name: string, more: object = {}) {
  const seed = randomBytes(32)
  const credentials = { kind: "staff", name, member: "authority", node: url, seed: toHex(seed) }
  writeFileSync(join(cli.folder, "node", "people", `${name}.json`), JSON.stringify(credentials), {
    mode: 0o600,
  })
  return { name, key: toHex(publicKey(seed)), isAdministrator: false, ...more }
}
const practitioner = () => ({ role: "doctor", salt: toHex(randomBytes(32)), from: 0, to: 4_102_444_800_000 })

/** Sends SIGHUP, and waits for what it says this time. */
async function reload(says: RegExp): Promise<string> {
  const before = (node.out + node.err).length
  node.process.kill("SIGHUP")
  const isNew = new RegExp(`(?<=^[\\s\\S]{${before},})${says.source}`)
  return (await node.says(isNew))[0]
}

before(async () => {
  const [port] = await freePorts(1)
  url = `http://127.0.0.1:${port}`
  await cli.json(`init --folder node --member authority --name Authority --kind authority --url ${url}`)
  await cli.json("network create --folder node --network north")
  const config = given()
  write({
    ...config,
    staff: [...config.staff, person("ann", { practitioner: practitioner() }), person("bob")],
  })
  await start()
  assert.equal(await node.stop("SIGTERM"), 0, node.err)
  // The backup that is restored in the end.
  for (const name of ["node.json", "vault"])
    cpSync(join(home, name), join(cli.folder, "backup", name), { recursive: true })
  await start()
})
after(() => cli.end())

describe("aceso network create", () => {
  it("founds no demo; on loopback it says that, from the founder's URL", () => {
    const path = join(cli.folder, "node", "genesis.json")
    const document = readGenesis(
      signedGenesis.parse(JSON.parse(readFileSync(path, "utf8")), "genesis", "json"),
    )
    assert.deepEqual([document.isDemo, document.isLoopback], [undefined, true])
  })

  it("and a node.json that claims to be one is a named mistake", async () => {
    const real = "init --folder real --member health --name Health --kind authority"
    await cli.json(`${real} --url https://health.example`)
    await cli.json("network create --folder real --network south")
    const path = join(cli.folder, "real", "node.json")
    const document = readGenesis(
      signedGenesis.parse(
        JSON.parse(readFileSync(join(cli.folder, "real", "genesis.json"), "utf8")),
        "g",
        "json",
      ),
    )
    assert.deepEqual([document.isDemo, document.isLoopback], [undefined, undefined])
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), isDemo: true }))
    const { status, err } = await cli.run("up --folder real")
    assert.equal(status, 1)
    assert.match(err, /isDemo: a network is a demo by its genesis/)
  })
})

describe("aceso staff", () => {
  it("lists who may act, for administrators alone", async () => {
    assert.deepEqual(await inForce(), ["administrator", "ann", "bob"])
    const { out } = await cli.run("staff list --folder node")
    assert.match(out, /ann +doctor +yes/)
    const refused = await cli.run("staff list --folder node --as ann")
    assert.equal(refused.status, 1)
    oneSentence(refused, /only an administrator/)
  })

  it("ends a person at once, on the ledger and in the file", async () => {
    assert.equal((await cli.run("patients --folder node --as ann")).status, 0)
    const asOf = "2026-01-02T03:04Z"
    const { out } = await cli.run(`staff end ann --as-of ${asOf} --folder node`)
    assert.match(out, /ann can do nothing here any more \(ended 2026-01-02 03:04 UTC\)/)
    assert.match(out, /the ledger has the directory without them/)
    oneSentence(await cli.run("patients --folder node --as ann"), /nobody who works with this node now/)
    const kept = given().staff.find((one: { name: string }) => one.name === "ann")
    assert.deepEqual([kept.to, kept.practitioner.to], [Date.parse(asOf), Date.parse(asOf)])
    assert.deepEqual(await inForce(), ["administrator", "bob"])
  })

  const wrong: [line: string, status: number, says: RegExp][] = [
    ["staff", 2, /aceso staff: which of list, add, end\?/],
    ["staff end", 2, /missing is <name>/],
    ["staff end bob ann", 2, /ann is too much/],
    ["staff list bob", 2, /bob is too much/],
    ["staff end bob --as-of yesterday", 2, /--as-of yesterday: expected date, time and zone/],
    ["staff end bob --as-of 2026-01-02T03:04", 2, /expected date, time and zone/],
    ["staff end bob --as-of 2026-01-02", 2, /expected date, time and zone/],
    ["staff end nobody", 1, /nobody is called nobody here/],
    ["staff end administrator", 1, /without an administrator/],
  ]
  for (const [line, status, says] of wrong)
    it(`${line} -> ${status}`, async () => {
      const outcome = await cli.run(`${line} --folder node`)
      assert.equal(outcome.status, status, outcome.out + outcome.err)
      oneSentence(outcome, says)
    })
})

describe("SIGHUP", () => {
  it("takes who was added, and puts out who was removed, without a restart", async () => {
    const config = given()
    const staff = config.staff.filter((one: { name: string }) => one.name !== "bob")
    write({ ...config, staff: [...staff, person("cat", { isAdministrator: true })] })
    assert.match(await reload(/taken out, for good: bob[\s\S]*staff was reloaded: .*/), /3 people, 2 of them/)
    assert.deepEqual(await inForce("cat"), ["administrator", "cat"])
    oneSentence(await cli.run("patients --folder node --as bob"), /nobody who works with this node now/)
  })

  it("takes whom staff add made, who then acts by the credentials that it wrote", async () => {
    const added = await cli.run("staff add dan --role doctor --administrator --folder node")
    assert.equal(added.status, 0, added.err)
    assert.match(
      inWords(added.out),
      /dan is in node\.json; the node takes it with kill -HUP \d+ .*\/dan\.json is secret/,
    )
    await reload(/staff was reloaded: .*/)
    assert.ok((await inForce("dan")).includes("dan"))
    assert.equal((await cli.run("patients --folder node --as dan")).status, 0)
    const content = readFileSync(file, "utf8")
    const again = await cli.run("staff add dan --folder node")
    assert.equal(again.status, 1)
    oneSentence(again, /somebody is called dan here already/)
    const wrong = await cli.run("staff add eve --role King --folder node")
    assert.equal(wrong.status, 2)
    assert.match(wrong.err, /role/)
    assert.equal((await cli.run("staff add Eve --folder node")).status, 2)
    assert.equal(readFileSync(file, "utf8"), content)
    assert.ok(!readdirSync(join(cli.folder, "node", "people")).includes("eve.json"))
    write({ ...given(), staff: given().staff.filter((one: { name: string }) => one.name !== "dan") })
    await reload(/staff was reloaded: .*/)
  })

  it("leaves the people as they are where the file is broken, and says so", async () => {
    const content = readFileSync(file, "utf8")
    write({ ...given(), staff: "everybody" })
    await reload(/staff was not reloaded, those of before stay: .*/)
    writeFileSync(file, "{")
    await reload(/staff was not reloaded, those of before stay: .*/)
    writeFileSync(file, content)
    assert.deepEqual(await inForce(), ["administrator", "cat"])
  })

  it("brings nobody back whose time this node ended", async () => {
    const config = given()
    const staff = config.staff.map((one: { name: string; to?: number; practitioner?: object }) => {
      const { to, practitioner: _, ...rest } = one
      return one.name === "ann" ? { ...rest, practitioner: practitioner() } : one
    })
    write({ ...config, staff })
    await reload(/staff was reloaded: .*/)
    assert.deepEqual(await inForce(), ["administrator", "cat"])
    oneSentence(await cli.run("patients --folder node --as ann"), /nobody who works with this node now/)
    assert.equal(await node.stop("SIGTERM"), 0, node.err)
  })
})

describe("a node.json that is older than the ledger", () => {
  it("gives nobody back what was ended or taken out, practitioner or not, with vault or without", async () => {
    for (const name of ["node.json", "vault"]) {
      rmSync(join(home, name), { recursive: true })
      cpSync(join(cli.folder, "backup", name), join(home, name), { recursive: true })
      await start()
      assert.deepEqual(await inForce(), ["administrator"])
      for (const left of ["ann", "bob"])
        oneSentence(
          await cli.run(`patients --folder node --as ${left}`),
          /nobody who works with this node now/,
        )
      // Whoever came since is not in the older file, and is not forgotten without a word as long as the vault knows.
      if (name === "node.json") assert.match(node.err, /cat stood in node\.json before/)
      assert.equal(await node.stop("SIGTERM"), 0, node.err)
    }
  })
})
