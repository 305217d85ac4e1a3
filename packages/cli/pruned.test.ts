import assert from "node:assert/strict"
import { cpSync, readFileSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { readGenesis, signedGenesis } from "@aceso/core"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { exportSnapshot } from "@aceso/ledger/snapshot/adopt.ts"
import { joinBySnapshot } from "@aceso/ledger/testing/pruned.ts"
import { rules } from "@aceso/server/node/rules.ts"
import "./capabilities.ts"
import { type Child, Cli, oneSentence } from "./testing/aceso.ts"

const cli = new Cli("pruned")
const at = (...names: string[]) => join(cli.folder, ...names)
let node: Child
let base: number
let url: string

interface Verified {
  readonly ok: boolean
  readonly height: number
  readonly checked: Record<string, number>
  readonly findings: readonly { readonly kind: string }[]
  readonly notes: readonly string[]
}

const up = async () => {
  node = cli.start("up --folder authority")
  await node.says(/^ready in \d+ ms http/m)
}
const stop = async () => assert.equal(await node.stop("SIGTERM"), 0, node.err)

/** A home whose engine has the blocks after a snapshot alone, as after state sync. */
before(async () => {
  const [port] = await freePorts(1)
  url = `http://127.0.0.1:${port}`
  await cli.json(`init --folder authority --member authority --name A --kind authority --url ${url}`)
  await cli.json("network create --folder authority --network north")
  await up()
  await stop()
  const file = readFileSync(at("authority", "genesis.json"), "utf8")
  const signed = signedGenesis.parse(JSON.parse(file), "genesis", "json")
  const engine = at("authority", "engine")
  base = (await exportSnapshot(engine, signed, rules(), at("snapshot"))).checkpoint.height
  await cli.json(`init --folder clinic --member clinic --name C --kind custodian --url ${url}`)
  await up()
  await cli.json("propose admit clinic/application.json --folder authority")
  await stop()
  await joinBySnapshot(readGenesis(signed), rules(), { engine, snapshot: at("snapshot") }, at("joined"))
  rmSync(engine, { recursive: true })
  renameSync(at("joined"), engine)
})
after(() => cli.end())

describe("a home that began with a snapshot", () => {
  it("is verified from there on, and says so", async () => {
    const { ok, findings, height, checked, notes } = await cli.json<Verified>("verify --folder authority")
    assert.deepEqual([ok, findings], [true, []])
    assert.ok(height > base && checked.blocks === height - base && checked.rows > 0)
    assert.match(notes[0], /^re-executed .*; vaults: authority$/)
    assert.match(notes[1], new RegExp(`^pruned from ${base}: .*blocks before were not checked$`))
  })

  it("gives its blocks to who names the snapshot too", async () => {
    await up()
    const refused = await cli.run(`verify --node ${url} --folder authority`)
    assert.equal(refused.status, 1)
    oneSentence(refused, /has no blocks up to \d+; .*with --snapshot \(height_pruned\)/)
    const line = `verify --node ${url} --folder authority --snapshot ${at("authority/engine/origin")}`
    const { ok, checked, notes } = await cli.json<Verified>(line)
    assert.ok(ok && checked.blocks > 0)
    assert.match(notes[0], new RegExp(`^pruned from ${base}: `))
    await stop()
  })

  it("makes its state anew from the snapshot and its log", async () => {
    rmSync(at("authority", "engine", "state"), { recursive: true })
    oneSentence(await cli.run("up --folder authority"), /whose state is no longer there: run `aceso rebuild-/)
    const { height } = await cli.json<{ height: number }>("rebuild-state --folder authority")
    assert.ok(height > base)
    assert.equal((await cli.json<Verified>("verify --folder authority")).ok, true)
    await up()
    await stop()
  })

  it("without the snapshot is checked by hashes and signatures, and does not vouch for more", async () => {
    cpSync(at("authority"), at("without"), { recursive: true })
    rmSync(at("without", "engine", "origin"), { recursive: true })
    const { ok, checked, notes } = await cli.json<Verified>("verify --folder without")
    assert.ok(ok && checked.signatures > 0 && checked.rows > 0 && checked.records === undefined)
    assert.match(notes[0], /^not re-executed: .*vaults: none$/)
    assert.match(notes[1], new RegExp(`^pruned from ${base}: `))
  })
})
