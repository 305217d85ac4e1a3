import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { describe as describeError, execute } from "./run.ts"
import { type Child, Cli, inWords, oneSentence } from "./testing/aceso.ts"

const cli = new Cli("home")
const at = (...names: string[]) => join(cli.folder, ...names)
const read = (...names: string[]) => JSON.parse(readFileSync(at(...names), "utf8"))
const patient = (id: string) =>
  JSON.stringify({
    resourceType: "Patient",
    id,
    identifier: [{ system: "urn:example:mrn", value: id }],
    name: [{ family: "Doe" }],
    birthDate: "1960-01-01",
  })
let ports: number[]

const init = (folder: string, member: string, kind: string, port: number, more = "") =>
  `init --folder ${folder} --member ${member} --name ${member} --kind ${kind} --url http://127.0.0.1:${port}${more}`

before(async () => {
  ports = await freePorts(6)
  writeFileSync(at("patient.json"), patient("p1"))
  await cli.json(init("authority", "authority", "authority", ports[0]))
  await cli.json(init("clinic", "clinic", "custodian", ports[1]))
  await cli.json(init("late", "late-clinic", "custodian", ports[2]))
})
after(() => cli.end())

describe("aceso init", () => {
  it("makes keys, configuration, administrator and application, for the owner alone", () => {
    const secrets = ["engine", "member", "node", "validator", "vault"].map((name) => `secrets/${name}.key`)
    assert.deepEqual(globSync("**/*", { cwd: at("clinic") }).toSorted(), [
      "application.json",
      "node.json",
      "people",
      "people/administrator.json",
      "secrets",
      ...secrets,
      "vault",
      "vault/keyring.db",
      "vault/vault.db",
    ])
    const seen = new Set(secrets.map((name) => readFileSync(at("clinic", name), "utf8")))
    assert.equal(seen.size, 5, "each key is another")
    for (const name of globSync("**/*", { cwd: at("clinic") })) {
      const file = statSync(at("clinic", name))
      assert.equal(file.mode & 0o777, file.isDirectory() ? 0o700 : 0o600, name)
    }
    const { seed, node } = read("clinic", "people", "administrator.json")
    assert.equal(node, `http://127.0.0.1:${ports[1]}`)
    const application = readFileSync(at("clinic", "application.json"), "utf8")
    for (const secret of [seed, ...seen]) assert.ok(!application.includes(secret.trim()))
  })

  it("never overwrites a key", async () => {
    const before = readFileSync(at("clinic", "secrets", "member.key"), "utf8")
    const outcome = await cli.run(init("clinic", "clinic", "custodian", ports[1]))
    assert.equal(outcome.status, 1)
    oneSentence(outcome, /never overwritten/)
    assert.equal(readFileSync(at("clinic", "secrets", "member.key"), "utf8"), before)
    mkdirSync(at("half", "secrets"), { recursive: true })
    oneSentence(await cli.run(init("half", "clinic", "custodian", ports[1])), /home_exists/)
  })

  const wrong: [line: string, says: RegExp][] = [
    ["init", /--folder/],
    ["init --folder x", /--member.*--name.*--kind.*--url/],
    ["init --folder x --member A --name A --kind ship --url u", /--member.*--kind.*--url/],
    [
      "init --folder x --member a --name A\u202eB --kind custodian --url https://c.example",
      /letters that can be seen/,
    ],
    ["init --folder x --member a --name A\nB --kind custodian --url https://c.example", /--name A␊B: /],
    ["init --folder x --member a --name A\u001b[2K --kind custodian --url https://c.example", /letters that/],
    ["init --folder x --member a --name A --kind custodian --url http://city.example", /plain HTTP/],
    ["init --folder x --member a --name A --kind custodian --url https://city.example/", /slash/],
    ["init --folder x --member a --name A --kind custodian --url https://c.example --port 0", /--port 0/],
    ["init --folder x --member a --name A --kind custodian --url https://c.example --engine raft", /raft/],
    ["init --folder x --member a --name A --kind custodian --url https://c.example --p2p c:1", /cometbft/],
    ["init --folder x --member a --name A --kind custodian --url https://c.example --tls-key k", /together/],
    [
      "init --folder x --member a --name A --kind custodian --url https://c.example --engine cometbft --p2p c",
      /host:port/,
    ],
  ]
  for (const [line, says] of wrong)
    it(`${line.slice(0, 90)} -> 2, and makes nothing`, async () => {
      const words = line.replace("--folder x", `--folder ${at("x")}`).split(" ")
      await assert.rejects(execute(words), (error) => {
        const { status, message } = describeError(error)
        assert.match(message, says)
        return status === 2
      })
      assert.equal(existsSync(at("x")), false)
    })
})

describe("aceso network create, aceso join", () => {
  it("is for an authority, with applications that prove their validator's key", async () => {
    oneSentence(await cli.run("network create --folder clinic --network north"), /founded by an authority/)
    const forged = { ...read("clinic", "application.json"), member: "other" }
    writeFileSync(at("forged.json"), JSON.stringify(forged))
    const outcome = await cli.run("network create --folder authority --network north --with forged.json")
    assert.equal(outcome.status, 1)
    oneSentence(outcome, /does not prove/)
    const elsewhere = { ...read("clinic", "application.json"), url: "http://clinic.example" }
    writeFileSync(at("elsewhere.json"), JSON.stringify(elsewhere))
    oneSentence(
      await cli.run("network create --folder authority --network north --with elsewhere.json"),
      /refused: url: use https/,
    )
    writeFileSync(at("garbage.json"), "{}")
    oneSentence(
      await cli.run("network create --folder authority --network north --with garbage.json"),
      /no application/,
    )
    assert.equal((await cli.run("network create --folder authority --network North")).status, 2)
    assert.equal((await cli.run("network found --folder authority --network north")).status, 2)
    const same = "network create --folder authority --network north --with authority/application.json"
    oneSentence(await cli.run(same), /share a name or a key/)
    assert.equal(existsSync(at("authority", "genesis.json")), false)
  })

  it("founds a network once, and others take its genesis", async () => {
    const create = "network create --folder authority --network north --with clinic/application.json"
    const made = await cli.json<{ genesisHash: string; members: string[] }>(create)
    assert.deepEqual(made.members, ["authority", "clinic"])
    oneSentence(await cli.run(create), /belongs to the network north already/)
    const joined = await cli.json<{ genesisHash: string }>("join authority/invitation.json --folder clinic")
    assert.equal(joined.genesisHash, made.genesisHash)
    const { out } = await cli.run("join authority/genesis.json --folder late")
    assert.match(out, new RegExp(made.genesisHash))
    assert.match(out, /Compare this hash/)
    assert.equal((await cli.run("join authority/genesis.json --folder late")).status, 0, "a second time")
  })

  it("refuses a genesis that the founder did not sign, another network and another engine", async () => {
    const genesis = read("authority", "genesis.json")
    const forged = genesis.document.replace(
      Buffer.from("north").toString("hex"),
      Buffer.from("south").toString("hex"),
    )
    writeFileSync(at("forged-genesis.json"), JSON.stringify({ ...genesis, document: forged }))
    oneSentence(await cli.run("join forged-genesis.json --folder late"), /not signed by the founder/)
    oneSentence(await cli.run("join patient.json --folder late"), /no genesis/)
    oneSentence(await cli.run("join missing.json --folder late"), /missing\.json/)
    await cli.json(init("second", "authority", "authority", ports[3]))
    await cli.json("network create --folder second --network south")
    oneSentence(await cli.run("join second/invitation.json --folder late"), /another network already/)
    await cli.json(init("comet", "comet", "custodian", ports[3], " --engine cometbft --p2p 127.0.0.1:26656"))
    oneSentence(await cli.run("join second/invitation.json --folder comet"), /made for cometbft/)
    assert.equal((await cli.run("join --folder late")).status, 2)
  })
})

describe("aceso up", () => {
  let node: Child

  it("runs a founder and a clinic on one engine, and takes patients", async () => {
    node = cli.start("up --folder authority --with clinic --with late")
    await node.says(/admitted clinic/)
    for (const port of ports.slice(0, 2))
      await node.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${port}$`, "m"))
    const { resources } = await cli.json<{ resources: number }>("import patient.json --folder clinic")
    assert.equal(resources, 1)
    assert.equal((await cli.json<unknown[]>("patients --data clinic")).length, 1)
  })

  it("says once what a node waits for, which serves as soon as the network admits it", async () => {
    await node.says(/late-clinic: this organisation is no active member of north yet/)
    const { isStarted } = await cli.json<{ isStarted: boolean }>("status --folder late")
    assert.equal(isStarted, false)
    oneSentence(await cli.run("patients --folder late"), /not_started/)
    const proposed = await cli.json<{ outcome: string; proposal: string }>(
      "propose admit late/application.json --folder authority",
    )
    assert.equal(proposed.outcome, "open")
    const voted = await cli.json<{ outcome: string }>(
      `vote ${proposed.proposal.slice(0, 8)} --yes --folder clinic`,
    )
    assert.equal(voted.outcome, "passed")
    await node.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${ports[2]}$`, "m"))
    assert.deepEqual(await cli.json("patients --folder late"), [])
    assert.equal(node.err.match(/late-clinic: this organisation is no active/g)?.length, 1)
  })

  it("status shows height, age, engine and disk use", async () => {
    const { status, out } = await cli.run("status --folder authority")
    assert.equal(status, 0)
    for (const line of [
      /height \d+ at .* ago/,
      /\(embedded\)/,
      /disk use .*vault .*log .*state /,
      /flushed to height/,
    ])
      assert.match(inWords(out), line)
    const { checkpoint, disk, time } = await cli.json<{
      checkpoint: { height: number; time: number }
      disk: { log: number; vault: number }
      time: number
    }>("status --folder authority")
    assert.ok(checkpoint.height >= 4 && disk.log > 0 && disk.vault > 0)
    assert.ok(time >= checkpoint.time)
  })

  it("refuses a second process on the same folder", async () => {
    const outcome = await cli.run("up --folder authority")
    assert.equal(outcome.status, 1)
    oneSentence(outcome, /another process uses the data folder/)
  })

  it("never shows a secret", () => {
    const secrets = globSync("*/{secrets/*,people/*}", { cwd: cli.folder }).map((name) =>
      name.endsWith(".json") ? read(name).seed : readFileSync(at(name), "utf8").trim(),
    )
    assert.ok(secrets.length > 10)
    const { stdout } = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" })
    for (const secret of secrets) assert.ok(!(stdout + node.out + node.err).includes(secret))
  })

  it("ends on SIGTERM with status 0 and leaves no process; a start brings everything back", async () => {
    assert.equal(await node.stop("SIGTERM"), 0, node.err)
    assert.equal(node.isGroupAlive, false)
    node = cli.start("up --folder authority --with clinic --json")
    await node.says(new RegExp(`ready in \\d+ ms http://127.0.0.1:${ports[1]}$`, "m"))
    assert.equal((await cli.json<unknown[]>("patients --folder clinic")).length, 1)
    assert.equal((await cli.json<{ ok: boolean }>("verify --folder authority")).ok, true)
    assert.equal(await node.stop("SIGINT"), 0, node.err)
    assert.equal(node.isGroupAlive, false)
    const { members } = JSON.parse(node.out) as { members: string[] }
    assert.deepEqual(members, ["authority", "clinic"])
  })

  it("makes the state anew from the log", async () => {
    const { height } = await cli.json<{ height: number }>("rebuild-state --folder authority")
    assert.ok(height >= 4)
  })

  it("runs a node of an embedded network in the founder's process only", async () => {
    const alone = await cli.run("up --folder clinic")
    assert.equal(alone.status, 1)
    assert.match(alone.err, /runs in its founder's process alone .*--with/)
    oneSentence(await cli.run("up --folder authority --with second"), /another network/)
  })
})

describe("what is wrong with a folder is told at once", { concurrency: 4 }, () => {
  const spoil = (name: string, change: (folder: string) => void): string => {
    cpSync(at("authority"), at(name), { recursive: true })
    change(at(name))
    return name
  }
  const configure = (folder: string, change: object) =>
    writeFileSync(
      join(folder, "node.json"),
      JSON.stringify({ ...JSON.parse(readFileSync(join(folder, "node.json"), "utf8")), ...change }),
    )
  const cases: [comment: string, change: (folder: string) => void, says: RegExp[]][] = [
    [
      "a key that others can read",
      (f) => chmodSync(join(f, "secrets/member.key"), 0o640),
      [/member\.key.*chmod 600/],
    ],
    [
      "credentials that others can read",
      (f) => chmodSync(join(f, "people/administrator.json"), 0o604),
      [/chmod 600/],
    ],
    ["a folder of secrets for all", (f) => chmodSync(join(f, "secrets"), 0o755), [/chmod 700/]],
    [
      "a short key",
      (f) => writeFileSync(join(f, "secrets/vault.key"), "abcd"),
      [/vault\.key cannot be read/],
    ],
    ["a port of 0", (f) => configure(f, { port: 0 }), [/^ {2}port: /m]],
    ["no JSON", (f) => writeFileSync(join(f, "node.json"), "{"), [/node\.json cannot be read/]],
    [
      "plain HTTP beyond loopback",
      (f) => configure(f, { url: "http://authority.example", host: "0.0.0.0" }),
      [/url: use https/, /host: without tls/],
    ],
    [
      "HTTPS without a certificate",
      (f) => configure(f, { url: "https://authority.example" }),
      [/tls: HTTPS needs/],
    ],
    [
      "a certificate that is not there",
      (f) => configure(f, { url: "https://a.example", tls: { certificate: "c.pem", key: "k.pem" } }),
      [/certificate .*c\.pem cannot be read/],
    ],
    [
      "an app to watch where there is none",
      (f) => configure(f, { watchApp: true }),
      [/watchApp: the genesis of \S+ names no app/],
    ],
    [
      "several mistakes",
      (f) => {
        configure(f, { member: "A", dummyPercent: 101, prot: 1, cometbft: { peers: ["x"] } })
        chmodSync(join(f, "secrets/member.key"), 0o644)
        writeFileSync(join(f, "genesis.json"), "{}")
      },
      [
        /^ {2}member: /m,
        /dummyPercent: /,
        /prot: no such/,
        /cometbft\.peers/,
        /cometbft\.rpcPort/,
        /chmod 600/,
        /no genesis/,
      ],
    ],
  ]
  for (const [index, [comment, change, says]] of cases.entries())
    it(comment, async () => {
      const { status, err } = await cli.run(`up --folder ${spoil(`spoilt-${index}`, change)}`)
      assert.equal(status, 1)
      for (const pattern of says) assert.match(err, pattern)
      assert.doesNotMatch(err, /^\s+at .*:\d+:\d+/m)
    })

  it("a folder that is none", async () => {
    oneSentence(await cli.run("up --folder nothing"), /aceso init/)
    assert.equal((await cli.run("up")).status, 2)
    assert.equal((await cli.run("up --folder a --data b")).status, 2)
  })

  it("a home without a network", async () => {
    await cli.json(init("alone", "alone", "custodian", ports[4]))
    const { status, err } = await cli.run("up --folder alone")
    assert.equal(status, 1)
    assert.match(err, /aceso network create.*aceso join/)
  })

  it("no CometBFT", async () => {
    await cli.json(
      init("no-comet", "authority", "authority", ports[4], " --engine cometbft --p2p 127.0.0.1:26656"),
    )
    await cli.json("network create --folder no-comet --network comet")
    const outcome = await cli.run("up --folder no-comet", { PATH: "/nonexistent" })
    assert.equal(outcome.status, 1)
    oneSentence(outcome, /CometBFT is neither on the PATH nor in ~\/go\/bin/)
  })
})
