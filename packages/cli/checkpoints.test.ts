import assert from "node:assert/strict"
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import {
  type Checkpoint,
  type Countersigned,
  countersign,
  countersigned,
  fromHex,
  parseCheckpoints,
  signedGenesis,
} from "@aceso/core"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { CheckpointNodes, later } from "@aceso/server/testing/checkpoint-nodes.ts"
import { type Child, Cli, inWords, oneSentence } from "./testing/aceso.ts"

const cli = new Cli("checkpoints")
const at = (...names: string[]) => join(cli.folder, ...names)
let node: Child
let ports: number[]

interface Verified {
  readonly ok: boolean
  readonly height: number
  readonly checked: Record<string, number>
  readonly findings: readonly { kind: string; where: string; detail: string }[]
  readonly notes: readonly string[]
}

async function verify(line: string): Promise<Verified> {
  const { status, out, err } = await cli.run(`verify ${line} --json`)
  const result = JSON.parse(out) as Verified
  assert.equal(status, result.ok ? 0 : 1, err)
  return result
}

/** Imports a patient and waits until both members signed what is on the ledger then. */
async function grow(id: string): Promise<number> {
  writeFileSync(at(`${id}.json`), JSON.stringify({ resourceType: "Patient", id, birthDate: "1960-01-01" }))
  await cli.json(`import ${id}.json --folder clinic`)
  const { checkpoint } = await cli.json<{ checkpoint: { height: number } }>("status --folder authority")
  for (let i = 0; i < 200; i++) {
    const { checkpoints } = await cli.json<Status>("status --folder clinic")
    const { height = 0, members } = checkpoints.countersigned ?? {}
    if (height >= checkpoint.height) {
      assert.equal(members, 2)
      return height
    }
    await delay(50)
  }
  return assert.fail("no checkpoint was countersigned")
}
interface Status {
  readonly checkpoints: {
    readonly countersigned: { height: number; members: number } | null
    readonly forks: readonly unknown[]
  }
}

const up = async () => {
  node = cli.start("up --folder authority --with clinic")
  for (const port of ports) await node.says(new RegExp(`^ready in \\d+ ms http://127.0.0.1:${port}$`, "m"))
}
const kept = (folder: string) => at(folder, "checkpoints.jsonl")
const read = (file: string) => parseCheckpoints(readFileSync(file, "utf8")).all
const write = (name: string, all: readonly Countersigned[]): string => {
  writeFileSync(at(name), all.map((one) => `${JSON.stringify(countersigned.toJson(one))}\n`).join(""))
  return at(name)
}
const altered = (c: Checkpoint): Checkpoint => ({ ...c, stateRoot: new Uint8Array(32).fill(7) })

before(async () => {
  ports = await freePorts(2)
  for (const [i, [member, kind]] of [
    ["authority", "authority"],
    ["clinic", "custodian"],
  ].entries()) {
    const url = `http://127.0.0.1:${ports[i]}`
    await cli.json(`init --folder ${member} --member ${member} --name ${member} --kind ${kind} --url ${url}`)
    const config = at(member, "node.json")
    const given = JSON.parse(readFileSync(config, "utf8"))
    writeFileSync(config, JSON.stringify({ ...given, checkpointEveryMs: 1000 }))
  }
  await cli.json("network create --folder authority --network north --with clinic/application.json")
  await cli.json("join authority/invitation.json --folder clinic")
  await up()
})
after(() => cli.end())

describe("checkpoints that members keep", () => {
  it("status shows the newest block that both signed", async () => {
    await grow("p1")
    assert.match(
      (await cli.run("status --folder clinic")).out,
      /^ {2}checkpoint {2}block \d+, signed by 2 members, \d+ s old$/m,
    )
  })

  it("verify compares them with the chain on the disk, and with the blocks of a node", async () => {
    for (const line of ["--folder authority", `--folder authority --node http://127.0.0.1:${ports[0]}`]) {
      const result = await verify(`${line} --checkpoints ${kept("clinic")}`)
      assert.deepEqual(result.findings, [])
      assert.ok(result.checked.checkpoints >= 1 && result.checked.members === 2)
      assert.ok(result.checked.countersignatures >= 4, "the engine's, and those of two members")
      assert.match(
        result.notes.join("\n"),
        /compared with \d+ checkpoints of 2 members: authority \(\d+\), clinic \(\d+\)/,
      )
    }
  })

  it("verify takes what a node answers as well", async () => {
    const answer = await (await fetch(`http://127.0.0.1:${ports[1]}/checkpoints?from=0`)).text()
    writeFileSync(at("export.json"), answer)
    const { ok, checked } = await verify(`--folder authority --checkpoints ${at("export.json")}`)
    assert.deepEqual([ok, checked.members], [true, 1])
  })

  const lies: [lie: string, change: (one: Countersigned) => Countersigned, kind: string, says: RegExp][] = [
    [
      "an altered root",
      (one) => ({ ...one, checkpoint: altered(one.checkpoint), operator: null }),
      "signature_wrong",
      /signature of \w+ over block \d+ is wrong/,
    ],
    [
      "another network's",
      (one) => ({ ...one, checkpoint: { ...one.checkpoint, network: "south" } }),
      "signature_wrong",
      /of network south/,
    ],
    [
      "a history that a member signed, and this chain does not have",
      ({ checkpoint }) => {
        const seed = fromHex(readFileSync(at("clinic/secrets/member.key"), "utf8").trim())
        const other = altered(checkpoint)
        return { checkpoint: other, operator: null, signatures: [countersign(other, "clinic", seed)] }
      },
      "history_differs",
      /clinic signed another block: not the same state/,
    ],
    [
      "a block beyond the ledger's end, which on embedded has no other place to be",
      ({ checkpoint }) => {
        const seed = fromHex(readFileSync(at("clinic/secrets/member.key"), "utf8").trim())
        const later = { ...checkpoint, height: 1_000_000 }
        return { checkpoint: later, operator: null, signatures: [countersign(later, "clinic", seed)] }
      },
      "history_cut",
      /members signed blocks up to 1000000, this ledger ends at block \d+/,
    ],
  ]
  for (const [index, [lie, change, kind, says]] of lies.entries())
    it(`verify finds ${lie}`, async () => {
      const sound = read(kept("clinic"))
      const file = write(`lie-${index}.jsonl`, [...sound.slice(0, -1), change(sound.at(-1) as Countersigned)])
      const { findings } = await verify(`--folder authority --checkpoints ${file}`)
      assert.equal(findings.length, 1)
      assert.equal(findings[0].kind, kind)
      assert.match(findings[0].detail, says)
    })

  it("a file that is none is a mistake of usage", async () => {
    writeFileSync(at("empty.jsonl"), "")
    for (const [line, says] of [
      ["--checkpoints missing.jsonl", /missing\.jsonl is no file of checkpoints/],
      ["--checkpoints empty.jsonl", /it holds none/],
      ["--checkpoints p1.json", /line 1 is no countersigned checkpoint/],
      ["p1.json --checkpoints empty.jsonl", /leave the other file out/],
    ] as const) {
      const outcome = await cli.run(`verify --folder authority ${line}`)
      assert.equal(outcome.status, 2)
      oneSentence(outcome, says)
    }
  })

  it("a backup in the engine's place is not served, and is found by the other member's file", async () => {
    assert.equal(await node.stop("SIGTERM"), 0, node.err)
    const restored = ["authority/engine", "clinic/vault"]
    for (const one of restored) cpSync(at(one), at(`backup/${one}`), { recursive: true })
    await up()
    await grow("p2")
    assert.equal(await node.stop("SIGTERM"), 0, node.err)
    for (const one of restored) {
      rmSync(at(one), { recursive: true })
      renameSync(at(`backup/${one}`), at(one))
    }

    const refused = await cli.run("up --folder authority --with clinic")
    assert.equal(refused.status, 1)
    oneSentence(refused, /the ledger of this machine was rewritten: .*block \d+, which .* is not there/)
    assert.deepEqual(
      (await verify(`--folder authority --checkpoints ${kept("clinic")}`)).findings.map(({ kind }) => kind),
      ["history_cut"],
    )

    // Who rewrites a ledger takes the files away as well; a copy of one member's is enough.
    renameSync(kept("clinic"), at("saved.jsonl"))
    rmSync(kept("authority"))
    await up()
    for (const id of ["p3", "p4", "p5"]) await grow(id)
    assert.equal((await verify(`--folder authority --checkpoints ${kept("clinic")}`)).ok, true)
    for (const line of ["--folder authority", `--folder authority --node http://127.0.0.1:${ports[0]}`]) {
      const { findings } = await verify(`${line} --checkpoints ${at("saved.jsonl")}`)
      assert.equal(findings[0].kind, "history_differs")
      assert.match(findings[0].detail, /^the operator, (authority|clinic) signed another block: .*history/)
    }
    assert.equal(await node.stop("SIGTERM"), 0, node.err)
  })

  it("never shows a secret", () => {
    for (const member of ["authority", "clinic"]) {
      const seed = readFileSync(at(member, "secrets/member.key"), "utf8").trim()
      assert.ok(!(node.out + node.err + readFileSync(kept(member), "utf8")).includes(seed))
    }
  })
})

describe("evidence of a fork", () => {
  it("is verified offline, and shown by status", async () => {
    const all = new CheckpointNodes()
    try {
      await all.open("city", "county")
      const city = await all.node("city")
      await city.start()
      const height = await all.grow()
      const lie = all.signed(altered(await all.checkpoint(height)), "county")
      await all.peer("county", (from) => (from > height ? all.answer() : all.answer(lie)))
      await city.services.checkpoints.round(later())
      const file = all.paths("city").fork(height, "county")
      assert.ok(existsSync(file))
      writeFileSync(at("test-genesis.json"), JSON.stringify(signedGenesis.toJson(all.made.signed)))
      const { ok, notes } = await verify(`${file} --anchor ${at("test-genesis.json")}`)
      assert.equal(ok, true)
      assert.match(notes[0], /city and, against that, county signed different histories/)
      assert.equal((await verify(file)).notes[1].includes("the anchor is the file's own"), true)
      const other = await verify(`${file} --anchor ${at("authority/genesis.json")}`)
      assert.equal(other.ok, false)
      const { out } = await cli.run(`status --node ${city.services.config.url}`)
      assert.match(
        inWords(out),
        new RegExp(`fork +county signed another block ${height}; .*fork-${height}-county.aceso`),
      )
    } finally {
      await all.end()
    }
  })
})
