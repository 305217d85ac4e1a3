// needs: cometbft
import assert from "node:assert/strict"
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { after, before, describe, it } from "node:test"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { describe as describeError, execute } from "./run.ts"
import { type Child, Cli, inWords, oneSentence } from "./testing/aceso.ts"

const cli = new Cli("successor")
const at = (...names: string[]) => join(cli.folder, ...names)
const path = { PATH: `${dirname(process.env.ACESO_COMETBFT ?? "/")}:${process.env.PATH}` }
const names = ["authority", "city", "county", "clinic"]
const others = names.slice(1)
const applications = (...of: string[]) => of.map((name) => `--with ${name}/application.json`).join(" ")
const read = (...file: string[]) => JSON.parse(readFileSync(at(...file), "utf8"))
const running = new Map<string, Child>()
let ports: number[]
let alone: Child

interface Made {
  readonly height: number
  readonly genesisHash: string
  readonly validators: string[]
  readonly tally?: { readonly signed: string[]; readonly missing: string[]; readonly needed: number }
}
interface Decision {
  readonly proposal: string
  readonly outcome: string
  readonly payloadId: string
}

const patient = (id: string) =>
  writeFileSync(at(`${id}.json`), JSON.stringify({ resourceType: "Patient", id, birthDate: "1960-01-01" }))

async function upAll(all: readonly string[]) {
  for (const name of all) running.set(name, cli.start(`up --folder ${name}`, path))
  for (const name of all) await running.get(name)?.says(/^ready in \d+ ms http/m)
}

async function stopAll() {
  // The authority last: it has what the others wrote at their end.
  for (const name of names.toReversed()) {
    const child = running.get(name)
    if (child) assert.equal(await child.stop("SIGTERM"), 0, child.err)
  }
  running.clear()
}

const isPath = (word: string, option: string | undefined) =>
  word.endsWith(".json") || ["--folder", "--out", "--snapshot"].includes(option ?? "")

/** Every file of a home that says which network it belongs to. */
const shape = (name: string) =>
  JSON.stringify([readdirSync(at(name)).toSorted(), read(name, "node.json"), read(name, "genesis.json")])

/** What a folder's files hold; on the disk they take at least one block each. */
function bytesOn(...folder: string[]): number {
  const files = readdirSync(at(...folder)).map((name) => statSync(at(...folder, name)).size)
  const bytes = files.reduce((sum, size) => sum + size, 0)
  assert.ok(bytes > 0)
  return bytes
}

before(async () => {
  ports = await freePorts(12)
  for (const [i, name] of names.entries()) {
    const kind = name === "authority" ? "authority" : "custodian"
    const line = `init --folder ${name} --member ${name} --name ${name} --kind ${kind} --url http://127.0.0.1:${ports[3 * i]}`
    await cli.json(line)
  }
  for (const id of ["p1", "p2", "p3"]) patient(id)
  await cli.json(`network create --folder authority --network north ${applications(...others)}`)
  for (const name of others) await cli.json(`join authority/invitation.json --folder ${name}`)
})
after(() => cli.end())

describe("an embedded network", () => {
  let last: Decision

  before(async () => {
    alone = cli.start(`up --folder authority ${others.map((name) => `--with ${name}`).join(" ")}`)
    for (const i of names.keys())
      await alone.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${ports[3 * i]}$`, "m"))
    await cli.json("import p1.json --folder city")
  })

  it("is not migrated while it runs, nor without a ballot, nor without addresses", async () => {
    const migrate = `network migrate --folder authority ${applications(...others)} --out next`
    oneSentence(await cli.run(migrate), /authority does not say where validators reach it.*network address/)
    for (const [i, name] of names.entries()) {
      const { p2p } = await cli.json<{ p2p: string }>(
        `network address --folder ${name} --p2p 127.0.0.1:${ports[3 * i + 1]} --rpc-port ${ports[3 * i + 2]}`,
      )
      assert.equal(p2p, `127.0.0.1:${ports[3 * i + 1]}`)
      assert.equal(read(name, "node.json").engine, "embedded")
    }
    oneSentence(await cli.run(migrate), /another process uses the data folder/)
    assert.equal(await alone.stop("SIGTERM"), 0, alone.err)
    oneSentence(await cli.run(migrate), /no ballot has ended north.*propose finish/)
    assert.equal(existsSync(at("next")), false)
  })

  it("is ended by a ballot, and takes nothing more", async () => {
    alone = cli.start(`up --folder authority ${others.map((name) => `--with ${name}`).join(" ")}`)
    for (const i of names.keys())
      await alone.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${ports[3 * i]}$`, "m"))
    const { proposal, outcome } = await cli.json<Decision>("propose finish --folder authority")
    assert.equal(outcome, "open")
    assert.match((await cli.run("proposals --folder city")).out, /finish +authority/)
    await cli.json(`vote ${proposal} --yes --folder city`)
    last = await cli.json<Decision>(`vote ${proposal} --yes --folder county`)
    assert.equal(last.outcome, "passed")
    await cli.json(`receipt ${last.payloadId} --folder city --out old-receipt.aceso`)
    oneSentence(await cli.run("propose suspend clinic --folder city"), /action_disabled/)
    assert.equal(await alone.stop("SIGTERM"), 0, alone.err)
  })

  const wrong: [line: string, status: number, says: RegExp][] = [
    ["network", 2, /migrate.*recover.*cosign.*address/],
    ["network migrate --folder authority", 2, /--out/],
    [
      "network migrate --folder authority --out next --network south",
      2,
      /--network is not for aceso network migrate/,
    ],
    ["network migrate --folder nothing --out next", 1, /no_home/],
    ["network migrate --folder authority --out city", 1, /city exists already/],
    ["network migrate --folder city --out next", 1, /holds no ledger.*founder's/],
    ["network migrate --folder authority --out next --with p1.json", 1, /no application/],
    [`network migrate --folder authority --out next ${applications("city", "city")}`, 1, /share a name/],
    ["network migrate --folder authority --out next --with stranger.json", 1, /no active member of north/],
    ["network recover --folder authority --out next", 1, /a ballot has ended north.*migrate/],
    ["network address --folder city", 2, /--p2p/],
    ["network address --folder city --p2p there", 2, /host:port/],
    ["network cosign --folder city", 2, /missing is <invitation\.json>/],
    ["propose finish now --folder city", 2, /now is too much: aceso propose finish/],
    ["join authority/invitation.json --folder city --p2p 127.0.0.1:1", 2, /comes with --snapshot/],
    ["join authority/invitation.json --folder city --snapshot x", 1, /without --snapshot/],
  ]
  it("says what is wrong with a command in one sentence", async () => {
    await cli.json(
      `init --folder stranger --member stranger --name s --kind custodian --url http://127.0.0.1:1 --engine cometbft`,
    )
    cpSync(at("stranger", "application.json"), at("stranger.json"))
    for (const [line, status, says] of wrong) {
      const words = line.split(" ").map((word, i, all) => (isPath(word, all[i - 1]) ? at(word) : word))
      await assert.rejects(execute(words), (error) => {
        const told = describeError(error)
        assert.equal(told.status, status, `${line}: ${told.message}`)
        assert.match(told.message, says)
        assert.doesNotMatch(told.message, /\n/)
        return true
      })
    }
    assert.equal(existsSync(at("next")), false)
  })

  it("goes on from its snapshot on CometBFT, in the same homes", async () => {
    const made = await cli.json<Made>(
      `network migrate --folder authority ${applications(...others)} --out next`,
    )
    assert.deepEqual(made.validators, names)
    assert.equal(made.tally, undefined)
    oneSentence(await cli.run("network cosign next/invitation.json --folder city"), /needs no cosignatures/)
    const before = shape("city")
    oneSentence(await cli.run("join next/invitation.json --folder city"), /--snapshot/)
    oneSentence(
      await cli.run("join next/invitation.json --snapshot authority --folder city"),
      /holds no snapshot/,
    )
    cpSync(at("next", "snapshot"), at("damaged"), { recursive: true })
    writeFileSync(at("damaged", "0"), "x")
    oneSentence(await cli.run("join next/invitation.json --snapshot damaged --folder city"), /damaged/)
    oneSentence(await cli.run("join next/invitation.json --snapshot damaged --folder authority"), /damaged/)
    assert.equal(shape("city"), before)
    for (const name of names) {
      const joined = await cli.json<{ genesisHash: string; height: number; kept: string[]; peers: string[] }>(
        `join next/invitation.json --snapshot next/snapshot --folder ${name}`,
      )
      assert.equal(joined.genesisHash, made.genesisHash)
      assert.equal(joined.height, made.height)
      assert.ok(joined.kept.includes(at(name, `genesis-until-${made.height}.json`)))
      assert.equal(read(name, "node.json").cometbft.peers.length, 3)
    }
    const ledgerBefore = `engine-until-${made.height}`
    assert.ok(existsSync(at("authority", ledgerBefore, "log")))
    oneSentence(
      await cli.run("join next/invitation.json --snapshot next/snapshot --folder city"),
      /belongs to this network already/,
    )
    await upAll(names)
    assert.equal((await cli.json<unknown[]>("patients --folder city")).length, 1)
    await cli.json("import p2.json --folder city")
    const { engine, checkpoint, consensus } = await cli.json<{
      engine: string
      checkpoint: { height: number }
      consensus: { validators: unknown[] }
    }>("status --folder county")
    assert.equal(engine, "cometbft")
    assert.equal(consensus.validators.length, 4)
    const { disk } = await cli.json<{ disk: Record<string, number> }>("status --folder authority")
    assert.ok(disk.snapshots >= bytesOn("authority", "engine", "origin"), JSON.stringify(disk))
    assert.ok(disk.earlier >= bytesOn("authority", ledgerBefore, "log"), JSON.stringify(disk))
    assert.ok(checkpoint.height > made.height)
    const { payloadId } = await cli.json<Decision>("propose suspend clinic --folder city")
    await cli.json(`receipt ${payloadId} --folder county --out new-receipt.aceso`)
    const old = `city/genesis-until-${made.height}.json`
    for (const [file, anchor, status] of [
      ["old-receipt.aceso", old, 0],
      ["old-receipt.aceso", "city/genesis.json", 1],
      ["new-receipt.aceso", "city/genesis.json", 0],
      ["new-receipt.aceso", old, 1],
    ] as const)
      assert.equal((await cli.run(`verify ${file} --anchor ${anchor}`)).status, status, `${file} ${anchor}`)
    const { out, status } = await cli.run("verify --folder city")
    assert.equal(status, 0, out)
    assert.match(inWords(out), new RegExp(`beginning with the snapshot of block ${made.height}`))
    cpSync(at("authority", `engine-until-${made.height}`), at("before", "engine"), { recursive: true })
    cpSync(at(old), at("before", "genesis.json"))
    const past = await cli.json<{ height: number }>("verify --folder before")
    assert.equal(past.height, made.height)
    const node = `--node http://127.0.0.1:${ports[3]} --folder city`
    oneSentence(await cli.run(`verify ${node}`), /goes on from block \d+ of another.*--snapshot/)
    const fetched = await cli.run(`verify ${node} --anchor city/genesis.json --snapshot city/engine/origin`)
    assert.equal(fetched.status, 0, fetched.out + fetched.err)
  })
})

describe("a network whose validators are gone for good", () => {
  let made: Made
  const recover = `network recover --folder authority ${applications("city", "county")} --out again`

  it("is not recovered while it runs, nor by others than an authority", async () => {
    oneSentence(await cli.run(recover), /another process uses the data folder/)
    await stopAll()
    oneSentence(await cli.run(recover.replace("recover", "migrate")), /no ballot has ended north/)
    oneSentence(
      await cli.run(`network recover --folder city ${applications("county")} --out again`),
      /no active authority of north/,
    )
    assert.equal(existsSync(at("again")), false)
  })

  it("makes its state anew from the snapshot and its log", async () => {
    const { height } = await cli.json<{ height: number }>("rebuild-state --folder clinic")
    assert.ok(height > 1)
  })

  it("needs the signatures of more than half of the voters", async () => {
    made = await cli.json<Made>(recover)
    assert.deepEqual(made.validators, ["authority", "city", "county"])
    assert.deepEqual(made.tally, { signed: ["authority"], missing: ["city", "clinic", "county"], needed: 3 })
    const take = "join again/invitation.json --snapshot again/snapshot --folder city"
    const before = shape("city")
    oneSentence(await cli.run(take), /1 of 4 voters signed it; more than half have to/)
    const invitation = readFileSync(at("again", "invitation.json"), "utf8")
    const { signature, ...rest } = JSON.parse(invitation).genesis
    const key = read("city", "application.json").key
    const forged = { ...rest, signature, cosignatures: [{ key, signature }] }
    writeFileSync(at("forged.json"), JSON.stringify({ ...JSON.parse(invitation), genesis: forged }))
    oneSentence(await cli.run(take.replace("again/invitation", "forged")), /cosignature of .* is wrong/)
    oneSentence(await cli.run("network cosign forged.json --folder county"), /cosignature of .* is wrong/)
    oneSentence(await cli.run("network cosign again/invitation.json --folder stranger"), /does not belong to/)
    oneSentence(await cli.run("network cosign p1.json --folder city"), /no invitation/)
    const first = await cli.json<Made>("network cosign again/invitation.json --folder city")
    assert.deepEqual(first.tally?.signed, ["authority", "city"])
    const { out } = await cli.run("network cosign again/invitation.json --folder city")
    assert.match(inWords(out), /2 of 3 that are needed: authority, city 1 more of clinic, county/)
    oneSentence(await cli.run(take), /2 of 4 voters signed it/)
    assert.equal(shape("city"), before)
    const last = await cli.json<Made>("network cosign again/invitation.json --folder county")
    assert.equal(last.tally?.signed.length, 3)
    assert.equal(last.genesisHash, made.genesisHash)
  })

  it("goes on with three, and those that come back take the snapshot too", async () => {
    for (const name of names.slice(0, 3))
      await cli.json(`join again/invitation.json --snapshot again/snapshot --folder ${name}`)
    await upAll(names.slice(0, 3))
    await cli.json("import p3.json --folder city")
    assert.equal((await cli.json<unknown[]>("patients --folder city")).length, 3)
    const { checkpoint, consensus } = await cli.json<{
      checkpoint: { height: number }
      consensus: { validators: unknown[] }
    }>("status --folder county")
    assert.ok(checkpoint.height > made.height)
    assert.equal(consensus.validators.length, 3)
    assert.equal((await cli.run("verify --folder authority")).status, 0)
    await cli.json("join again/invitation.json --snapshot again/snapshot --folder clinic")
    // The new genesis does not name it: one of the three lets it in.
    await cli.json("peers add clinic/application.json --folder county")
    await upAll(["clinic"])
    assert.deepEqual(await cli.json("patients --folder clinic"), [])
  })
})
