import assert from "node:assert/strict"
import { cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { readGenesis, signedGenesis } from "@aceso/core"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { localTime } from "./output.ts"
import { type Child, Cli, inWords, oneSentence } from "./testing/aceso.ts"

const cli = new Cli("staff")
const home = join(cli.folder, "node")
const credentials = (name: string) => join(home, "people", `${name}.json`)
let node: Child

interface People {
  readonly people: readonly {
    readonly name: string
    readonly isInForce: boolean
    readonly to?: number
    readonly devices: readonly { readonly by?: string }[]
  }[]
}
async function start(): Promise<void> {
  node = cli.start("up --folder node")
  await node.says(/^ready in/m)
}
const stop = async () => assert.equal(await node.stop("SIGTERM"), 0, node.err)
const people = async (as = "administrator") =>
  (await cli.json<People>(`staff list --folder node --as ${as}`)).people
const inForce = async (as?: string) =>
  (await people(as)).filter((one) => one.isInForce).map(({ name }) => name)

before(async () => {
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  await cli.json(`init --folder node --member authority --name Authority --kind authority --url ${url}`)
  await cli.json("network create --folder node --network north")
  // Before a node runs for the first time, whoever has its folder takes people on.
  const { out } = await cli.run("staff add ann --role doctor --folder node")
  assert.match(inWords(out), /ann works with this node from its next start on .*ann\.json is secret/)
  await cli.json("staff add bob --folder node")
  await start()
  await stop()
  // The backup that is restored in the end.
  cpSync(join(home, "vault"), join(cli.folder, "backup"), { recursive: true })
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
    assert.match(inWords(out), /ann doctor yes .* ann device-1 [0-9a-f]{12} yes/)
    const refused = await cli.run("staff list --folder node --as ann")
    assert.equal(refused.status, 1)
    oneSentence(refused, /only an administrator/)
    assert.equal(readFileSync(join(home, "node.json"), "utf8").includes("staff"), false)
  })

  it("ends a person at once, on the ledger and in the vault", async () => {
    assert.equal((await cli.run("patients --folder node --as ann")).status, 0)
    const asOf = "2026-01-02T03:04Z"
    const { out } = await cli.run(`staff end ann --as-of ${asOf} --folder node`)
    assert.ok(out.includes(`ann can do nothing here any more (ended ${localTime(Date.parse(asOf))})`), out)
    assert.match(out, /the ledger has the directory without them/)
    oneSentence(await cli.run("patients --folder node --as ann"), /nobody who works with this node now/)
    assert.equal((await people()).find(({ name }) => name === "ann")?.to, Date.parse(asOf))
    assert.deepEqual(await inForce(), ["administrator", "bob"])
  })

  const wrong: [line: string, status: number, says: RegExp][] = [
    ["staff", 2, /aceso staff: which of list, invite, join, .*, add\?/],
    ["staff end", 2, /missing is <name>/],
    ["staff end bob ann", 2, /ann is too much/],
    ["staff list bob", 2, /bob is too much/],
    ["staff end bob --as-of yesterday", 2, /--as-of yesterday: expected date, time and zone/],
    ["staff end bob --as-of 2026-01-02T03:04", 2, /expected date, time and zone/],
    ["staff end bob --as-of 2026-01-02", 2, /expected date, time and zone/],
    ["staff end nobody", 1, /nobody is called nobody here/],
    ["staff end administrator", 1, /without an administrator/],
    ["staff add eve --role docter", 2, /docter is no role; did you mean doctor\?/],
    ["staff add Eve", 2, /Eve: expected small letters/],
    [
      "staff add eve --as bob",
      1,
      /bob does not administer this node; the node is running: act as one of its/,
    ],
    [
      "staff add eve --as nobody",
      2,
      /nobody is called nobody here; .*the node is running: act as one of its/,
    ],
    ["staff add ann", 1, /somebody is called ann here already/],
  ]
  for (const [line, status, says] of wrong)
    it(`${line} -> ${status}`, async () => {
      const outcome = await cli.run(`${line} --folder node`)
      assert.equal(outcome.status, status, outcome.out + outcome.err)
      oneSentence(outcome, says)
      assert.equal(existsSync(credentials("eve")), false)
    })
})

describe("aceso staff add, at a node that runs", () => {
  it("takes on somebody who acts at once by the credentials that it wrote", async () => {
    const { status, out, err } = await cli.run("staff add dan --role doctor --administrator --folder node")
    assert.equal(status, 0, err)
    assert.match(inWords(out), /dan works with this node from now on .*\/dan\.json is secret/)
    assert.equal(statSync(credentials("dan")).mode & 0o777, 0o600)
    assert.ok((await inForce("dan")).includes("dan"))
    assert.equal((await people()).find(({ name }) => name === "dan")?.devices[0].by, "administrator")
    assert.equal((await cli.run("patients --folder node --as dan")).status, 0)
  })

  it("leaves no credentials where the node refuses, and never writes over a key", async () => {
    const before = readFileSync(credentials("dan"), "utf8")
    const again = await cli.run("staff add dan --folder node")
    assert.equal(again.status, 1)
    oneSentence(again, /somebody is called dan here already/)
    assert.equal(readFileSync(credentials("dan"), "utf8"), before)
    // The file is the person's alone, who has taken it away.
    const aside = join(cli.folder, "dan.json")
    renameSync(credentials("dan"), aside)
    oneSentence(await cli.run("staff add dan --folder node"), /somebody is called dan here already/)
    assert.equal(existsSync(credentials("dan")), false)
    renameSync(aside, credentials("dan"))
  })

  it("takes one of two of one name, whose key is in the file", async () => {
    const both = await Promise.all([1, 2].map(() => cli.run("staff add twin --folder node")))
    assert.deepEqual(both.map(({ status }) => status).sort(), [0, 1], both.map(({ err }) => err).join())
    assert.equal((await people()).filter(({ name }) => name === "twin").length, 1)
    assert.equal((await cli.run("patients --folder node --as twin")).status, 0)
  })

  /** A node that takes a request in and then does this with it. */
  async function answering(line: string, then: (response: ServerResponse, child: Child) => void) {
    let child: Child
    const server = createServer((request, response) => {
      request.resume().on("end", () => then(response, child))
    })
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    child = cli.start(`${line} --as administrator --node http://127.0.0.1:${port} --folder node`)
    const status = await child.ended
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    return { status, out: child.out, err: child.err }
  }

  it("killed before the node heard of it leaves a file, and the next one says what to do", async () => {
    await answering("staff add kim", (_, child) => child.kill("SIGKILL"))
    assert.equal(statSync(credentials("kim")).mode & 0o777, 0o600)
    assert.ok(!(await inForce()).includes("kim"))
    const next = await cli.run("staff add kim --folder node")
    assert.equal(next.status, 1)
    oneSentence(next, /kim\.json is there already, and the node knows nobody called kim: .*remove it and run/)
    rmSync(credentials("kim"))
    await cli.json("staff add kim --folder node")
    assert.ok((await inForce()).includes("kim"))
  })

  it("without an answer keeps the credentials, and says how to find out", async () => {
    const outcome = await answering("staff add lou", (response) => response.destroy())
    assert.equal(outcome.status, 3)
    oneSentence(
      outcome,
      /whether lou was taken on is not known: if aceso staff list does not show lou, remove/,
    )
    assert.ok(existsSync(credentials("lou")))
    rmSync(credentials("lou"))
  })

  it("needs an administrator who is there: who has lost the key is told what else to do", async () => {
    const aside = join(cli.folder, "people")
    renameSync(join(home, "people"), aside)
    const outcome = await cli.run("staff add eve --administrator --folder node")
    assert.equal(outcome.status, 2)
    oneSentence(
      outcome,
      /the node is running: act as one of its administrators .*, or stop it and run the same/,
    )
    renameSync(aside, join(home, "people"))
    assert.equal(existsSync(credentials("eve")), false)
    for (const name of ["bob", "dan", "twin", "kim"]) await cli.json(`staff end ${name} --folder node`)
    await stop()
  })
})

describe("a vault that is older than the ledger", () => {
  it("gives nobody back whose time was ended since, practitioner or not", async () => {
    rmSync(join(home, "vault"), { recursive: true })
    cpSync(join(cli.folder, "backup"), join(home, "vault"), { recursive: true })
    await start()
    assert.deepEqual(await inForce(), ["administrator"])
    // Whoever came since is not in it.
    assert.deepEqual(
      (await people()).map(({ name }) => name),
      ["administrator", "ann", "bob"],
    )
    for (const left of ["ann", "bob", "dan", "twin"])
      oneSentence(await cli.run(`patients --folder node --as ${left}`), /nobody who works with this node now/)
    await stop()
  })
})

describe("aceso staff add, at a node that does not run", () => {
  it("is the way back in for whoever has lost the last administrator's key", async () => {
    rmSync(join(home, "people"), { recursive: true })
    await cli.json("staff add second --administrator --folder node")
    assert.equal(statSync(credentials("second")).mode & 0o777, 0o600)
    const again = await cli.run("staff add second --folder node")
    oneSentence(again, /somebody is called second here already/)
    rmSync(credentials("second"))
    oneSentence(await cli.run("staff add second --folder node"), /somebody is called second here already/)
    assert.equal(existsSync(credentials("second")), false)
    await cli.json("staff add third --administrator --folder node")
    await start()
    assert.deepEqual(await inForce("third"), ["administrator", "second", "third"])
    // The key that was lost.
    await cli.json("staff end administrator --folder node --as third")
    await cli.json("staff end second --folder node --as third")
    await stop()
  })

  it("is what a node says that nobody administers", async () => {
    cpSync(home, join(cli.folder, "aside"), { recursive: true })
    rmSync(join(home, "vault"), { recursive: true })
    cpSync(join(cli.folder, "backup"), join(home, "vault"), { recursive: true })
    await start()
    assert.match(
      inWords(node.err),
      /nobody administers this node any more: stop it, then aceso staff add <name> --administrator --folder/,
    )
    await stop()
  })

  it("makes no vault where the backup belongs", async () => {
    rmSync(join(home, "vault"), { recursive: true })
    const { status, err } = await cli.run("staff add fourth --administrator --folder node")
    assert.equal(status, 1)
    assert.match(err, /has no vault, in which its people stand: put it back from its backup/)
    assert.deepEqual([existsSync(join(home, "vault")), existsSync(credentials("fourth"))], [false, false])
    cpSync(join(cli.folder, "aside", "vault"), join(home, "vault"), { recursive: true })
  })

  it("asks nobody: who names an administrator means the node that would have to run", async () => {
    assert.equal((await cli.run("staff add fourth --as third --folder node")).status, 3)
    rmSync(credentials("fourth"))
  })
})

describe("a node.json", () => {
  it("that lists people is refused with what to do", async () => {
    const file = join(home, "node.json")
    const config = JSON.parse(readFileSync(file, "utf8"))
    writeFileSync(file, JSON.stringify({ ...config, staff: [] }))
    const { status, err } = await cli.run("up --folder node")
    assert.equal(status, 1)
    assert.match(
      err,
      /staff: who works with the node stands in its vault; take this out, stop the node and add/,
    )
    writeFileSync(file, JSON.stringify(config))
  })
})
