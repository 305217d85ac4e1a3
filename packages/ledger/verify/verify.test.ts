import assert from "node:assert/strict"
import { fork } from "node:child_process"
import { once } from "node:events"
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { sha256, utf8 } from "@aceso/core"
import { EmbeddedEngine } from "../engines/embedded/embedded.ts"
import { readSegment } from "../log/segment-log.ts"
import { openDatabase } from "../state/database.ts"
import {
  admit,
  enrol,
  handleOf,
  makeGenesis,
  rules,
  seedOf,
  send,
  temporaryFolder,
} from "../testing/network.ts"
import type { StateCheck } from "./state-check.ts"
import { Replay, verifyFolder } from "./verify.ts"

const { genesis } = makeGenesis()
const options = { genesis, rules }

async function makeChain(folder: string, patients: number): Promise<void> {
  const engine = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
  await admit(engine, ["city", "custodian"], ["county", "custodian"])
  for (let i = 0; i < patients; i++) {
    await enrol(engine, "city", `p${i}`)
    const entries = sha256(utf8(`entry ${i}`))
    await send(
      engine,
      {
        contract: "records",
        action: "commit",
        input: { logs: [{ handle: handleOf(`p${i} at city`), base: 0, entries }] },
      },
      seedOf("city"),
    )
  }
  await engine.close()
}

describe("verify", () => {
  const folder = temporaryFolder()
  before(() => makeChain(folder, 12))
  after(() => rmSync(folder, { recursive: true }))

  it("holds for an honest folder and counts what it checked", async () => {
    const { ok, height, checked, findings } = await verifyFolder(folder, options)
    assert.deepEqual(findings, [])
    assert.ok(ok)
    assert.equal(height, 25)
    assert.equal(checked.blocks, 25)
    assert.ok(checked.rows > 30 && checked.nodes > 30 && checked.signatures > 50)
  })

  it("names the record of any flipped byte of the log", async () => {
    const copy = temporaryFolder()
    cpSync(folder, copy, { recursive: true })
    const path = join(copy, "log", readdirSync(join(copy, "log"))[0])
    const bytes = readFileSync(path)
    // Every byte is tried by segment-log.test.ts; here one in 997, through the whole of verify.
    for (let at = 0; at < bytes.length; at += 997) {
      const damaged = Buffer.from(bytes)
      damaged[at] ^= 0x10
      writeFileSync(path, damaged)
      const { findings } = await verifyFolder(copy, options)
      assert.ok(
        findings.some((finding) => finding.kind === "log_damaged"),
        `byte ${at}: ${JSON.stringify(findings)}`,
      )
    }
    rmSync(copy, { recursive: true })
  })

  it("finds another genesis", async () => {
    const other = makeGenesis({ time: genesis.time - 5 }).genesis
    const { ok } = await verifyFolder(folder, {
      ...options,
      genesis: { ...other, engineKey: other.founder.key },
    })
    assert.equal(ok, false)
  })
})

describe("verify of a damaged state", () => {
  const folder = temporaryFolder()
  const path = join(folder, "state", "data.mdb")
  before(() => makeChain(folder, 60))
  after(() => rmSync(folder, { recursive: true }))

  it("names each of 200 random flips of live bytes", async () => {
    const original = readFileSync(path)
    const live = await liveBytes(folder, original)
    const flips = Array.from({ length: 200 }, (_, i) => ({ at: live[(i * 7919) % live.length], bit: i % 8 }))
    for (const [i, { findings }] of (await checkFlips(folder, flips)).entries())
      assert.ok(findings.length > 0, `flip ${i} at byte ${flips[i].at} of data.mdb was not noticed`)
  })

  it("answers 2,000 flips anywhere with a finding or a logically identical state", async () => {
    const { length } = readFileSync(path)
    const flips = Array.from({ length: 2000 }, (_, i) => ({ at: (i * 2_654_435_761) % length, bit: i % 8 }))
    const [whole] = await checkFlips(folder, [{ at: 0, bit: -1 }])
    assert.deepEqual(whole.findings, [])
    let noticed = 0
    for (const { findings, rows, nodes } of await checkFlips(folder, flips)) {
      if (findings.length > 0) noticed++
      else
        assert.deepEqual(
          [rows, nodes],
          [whole.rows, whole.nodes],
          "no finding, but rows or nodes are missing",
        )
    }
    assert.ok(noticed > 0 && noticed < 2000, `${noticed} of 2000 noticed`)
  })
})

interface Flip {
  readonly at: number
  /** -1: none */
  readonly bit: number
}

/** Checks one damaged copy per flip, many in one child; where a flip kills the child, that is its finding. */
async function checkFlips(folder: string, flips: readonly Flip[]): Promise<StateCheck[]> {
  const replay = await Replay.open(options)
  const blocks: Buffer[] = []
  readSegment(
    join(folder, "log"),
    1,
    genesis.network,
    (body) => blocks.push(body),
    () => assert.fail("damaged log"),
  )
  for (const block of blocks) await replay.block(block)
  await replay.chain.store.flush()
  const results: StateCheck[] = []
  while (results.length < flips.length) {
    const work = { folder, expected: join(replay.folder, "state"), flips: flips.slice(results.length) }
    const child = fork(new URL("../testing/flip-child.ts", import.meta.url), {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    })
    child.send(work)
    child.on("message", (result) => results.push(result as StateCheck))
    const [code] = await once(child, "exit")
    const detail = "the child died"
    if (code !== 0)
      results.push({
        height: -1,
        rows: 0,
        nodes: 0,
        findings: [{ kind: "state_unreadable", where: "state", detail }],
      })
  }
  await replay.close()
  return results
}

/** Where the content of rows and nodes lies in the file: each of their bytes decides about a row or a hash. */
async function liveBytes(folder: string, file: Buffer): Promise<number[]> {
  const db = openDatabase(join(folder, "state"), true)
  const offsets: number[] = []
  for (const { value } of db.rows.getRange({})) {
    const at = file.lastIndexOf(value)
    for (let i = 0; i < value.length; i++) offsets.push(at + i)
  }
  for (const { value } of db.buckets.getRange({})) {
    const at = file.lastIndexOf(value)
    // The last slot's inner hash is unused.
    for (let i = 0; i < value.length - 32; i++) offsets.push(at + i)
  }
  await db.root.close()
  return offsets
}
