// needs: cometbft
import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { type Checkpoint, countersign, countersigned, fromHex, parseCheckpoints } from "@aceso/core"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { type Child, Cli, oneSentence } from "./testing/aceso.ts"

const cli = new Cli("validators")
const at = (...names: string[]) => join(cli.folder, ...names)
const path = { PATH: `${dirname(process.env.ACESO_COMETBFT ?? "/")}:${process.env.PATH}` }
const names = ["authority", "city", "county", "clinic"]
const running = new Map<string, Child>()
let ports: number[]

const up = (name: string) => {
  const child = cli.start(`up --folder ${name}`, path)
  running.set(name, child)
  return child
}

before(async () => {
  ports = await freePorts(15)
  for (const [i, name] of [...names, "late"].entries()) {
    const [http, p2p, rpc] = ports.slice(3 * i, 3 * i + 3)
    const kind = name === "authority" ? "authority" : "custodian"
    await cli.json(
      `init --folder ${name} --member ${name} --name ${name} --kind ${kind} --url http://127.0.0.1:${http} --engine cometbft --p2p 127.0.0.1:${p2p} --rpc-port ${rpc}`,
    )
    const config = JSON.parse(readFileSync(at(name, "node.json"), "utf8"))
    writeFileSync(at(name, "node.json"), JSON.stringify({ ...config, checkpointEveryMs: 1000 }))
  }
  writeFileSync(
    at("patient.json"),
    JSON.stringify({ resourceType: "Patient", id: "p1", birthDate: "1960-01-01" }),
  )
})
after(() => cli.end())

describe("four validators, each from its own folder", () => {
  it("the founder names all validators and their addresses, and each takes them", async () => {
    const others = names.slice(1).map((name) => `${name}/application.json`)
    await cli.json(`network create --folder authority --network north --with ${others.join(" ")}`)
    for (const name of names.slice(1)) {
      const { peers } = await cli.json<{ peers: string[] }>(`join authority/invitation.json --folder ${name}`)
      assert.equal(peers.length, 4)
      const { cometbft } = JSON.parse(readFileSync(at(name, "node.json"), "utf8"))
      assert.equal(cometbft.peers.length, 3, "others only")
    }
    await cli.json(
      "init --folder again --member city --name city --kind custodian --url http://127.0.0.1:1 --engine cometbft --p2p 127.0.0.1:1",
    )
    oneSentence(
      await cli.run("join authority/invitation.json --folder again"),
      /another validator's key for city/,
    )
    const { status, err } = await cli.run("up --folder authority --with city", path)
    assert.equal(status, 1)
    assert.match(err, /only nodes of an embedded network share a process/)
  })

  it("they come up, the founder admits the others, and records are committed", async () => {
    for (const name of names) up(name)
    for (const name of names) await running.get(name)?.says(/^ready in \d+ ms http/m)
    await running.get("authority")?.says(/admitted city, county, clinic/)
    await cli.json("import patient.json --folder city")
    const { engine, checkpoint, disk, consensus } = await cli.json<{
      engine: string
      checkpoint: { height: number }
      disk: { engine: number }
      consensus: { peers: number; catchingUp: boolean; validators: { member: string; power: number }[] }
    }>("status --folder county")
    assert.equal(engine, "cometbft")
    assert.deepEqual([consensus.peers, consensus.catchingUp], [3, false])
    assert.deepEqual(consensus.validators.map(({ member }) => member).toSorted(), names.toSorted())
    assert.match((await cli.run("status --folder county")).out, /validators .*clinic \(10\)/)
    assert.ok(checkpoint.height > 2 && disk.engine > 0)
    const second = await cli.run("up --folder city", path)
    assert.equal(second.status, 1)
    oneSentence(second, /another process uses the data folder/)
  })

  it("they countersign one another's blocks, and a forked history is found by any member's file", async () => {
    interface Status {
      readonly checkpoints: { countersigned: { members: number } | null; forks: readonly unknown[] }
    }
    const statusOf = () => cli.json<Status>("status --folder county")
    let status = await statusOf()
    while (status.checkpoints.countersigned?.members !== 4) {
      await delay(100)
      status = await statusOf()
    }
    assert.equal(status.checkpoints.countersigned?.members, 4)
    assert.deepEqual(status.checkpoints.forks, [])

    interface Verified {
      readonly ok: boolean
      readonly checked: { readonly members: number }
      readonly findings: readonly { readonly kind: string; readonly detail: string }[]
    }
    const file = at("city", "checkpoints.jsonl")
    const sound = await cli.json<Verified>(`verify --folder county --checkpoints ${file}`)
    assert.deepEqual([sound.ok, sound.checked.members], [true, 4])

    const newest = parseCheckpoints(readFileSync(file, "utf8")).all.at(-1)?.checkpoint as Checkpoint
    const other = { ...newest, stateRoot: new Uint8Array(32) }
    const seed = fromHex(readFileSync(at("clinic", "secrets", "member.key"), "utf8").trim())
    const forked = { checkpoint: other, operator: null, signatures: [countersign(other, "clinic", seed)] }
    writeFileSync(at("forked.jsonl"), JSON.stringify(countersigned.toJson(forked)))
    const { status: code, out } = await cli.run(
      `verify --folder county --checkpoints ${at("forked.jsonl")} --json`,
    )
    assert.equal(code, 1)
    const { findings } = JSON.parse(out) as Verified
    assert.deepEqual(
      findings.map(({ kind, detail }) => [kind, detail]),
      [["history_differs", "clinic signed another block: not the same state"]],
    )
  })

  it("a node that is not admitted gets no block, although it has genesis and addresses", async () => {
    await cli.json("join authority/invitation.json --folder late")
    await up("late").says(/late: the ledger of north does not move yet.*aceso peers add/)
    const { peers } = await cli.json<{ peers: { nodeId: string }[] }>("peers --folder late")
    assert.equal(peers.length, 4)
    const { checkpoint } = await cli.json<{ checkpoint: { height: number } }>("status --folder late")
    assert.equal(checkpoint.height, 0)
  })

  it("it gets all once the ballot has passed, from the node that proposed it, and serves", async () => {
    const { proposal, peer } = await cli.json<{ proposal: string; peer: string }>(
      "propose admit late/application.json --folder city",
    )
    assert.equal(peer, JSON.parse(readFileSync(at("late", "application.json"), "utf8")).nodeId)
    await cli.json(`vote ${proposal} --yes --folder county`)
    const { checkpoint } = await cli.json<{ checkpoint: { height: number } }>("status --folder late")
    assert.equal(checkpoint.height, 0, "an open ballot lets nobody in")
    await cli.json(`vote ${proposal} --yes --folder clinic`)
    await running.get("late")?.says(/^ready in \d+ ms http/m)
    assert.deepEqual(await cli.json("patients --folder late"), [])
    const { consensus } = await cli.json<{ consensus: { peers: number } }>("status --folder late")
    assert.ok(consensus.peers >= 1)
  })

  it("a member becomes a validator by ballot, once its node has caught up", async () => {
    const { proposal } = await cli.json<{ proposal: string }>(
      "propose validator late/application.json --folder late",
    )
    for (const name of ["authority", "city"]) await cli.json(`vote ${proposal} --yes --folder ${name}`)
    await running.get("late")?.says(/late: this node has caught up; its validator takes part/)
  })

  it("a node that is stopped comes back and catches up; all end with status 0 and leave no process", async () => {
    const city = running.get("city") as Child
    assert.equal(await city.stop("SIGTERM"), 0, city.err)
    assert.equal(city.isGroupAlive, false)
    await up("city").says(/^ready in \d+ ms http/m)
    assert.equal((await cli.json<unknown[]>("patients --folder city")).length, 1)
    // As Ctrl-C does in a terminal: CometBFT gets the signal too.
    running.get("late")?.kill("SIGINT")
    const ended = await Promise.all(
      [...running].map(([name, child]) => (name === "late" ? child.ended : child.stop("SIGTERM"))),
    )
    assert.deepEqual(new Set(ended), new Set([0]), [...running.values()].map(({ err }) => err).join("\n"))
    for (const child of running.values()) assert.equal(child.isGroupAlive, false)
  })
})
