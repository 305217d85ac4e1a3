import assert from "node:assert/strict"
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { type Block, encodeBlock } from "../block.ts"
import { EmbeddedEngine } from "../engines/embedded/embedded.ts"
import { SegmentLog } from "../log/segment-log.ts"
import { exportSnapshot } from "../snapshot/adopt.ts"
import { openDatabase } from "../state/database.ts"
import { admit, enrol, makeGenesis, rules, seedOf, temporaryFolder } from "../testing/network.ts"
import { joinBySnapshot } from "../testing/pruned.ts"
import { verifyFolder } from "./verify.ts"

const { genesis, signed } = makeGenesis()
const options = { genesis, rules }
const folder = temporaryFolder()
const at = (...names: string[]) => join(folder, ...names)
/** The blocks after the snapshot. */
let blocks: Block[]
let base: number
let copies = 0

before(async () => {
  const run = async (names: string) => {
    const engineSeed = seedOf("engine")
    const engine = await EmbeddedEngine.open({ folder: at("whole"), genesis, rules, engineSeed })
    if (names === "early") await admit(engine, ["city", "custodian"])
    for (let i = 0; i < 20; i++) await enrol(engine, "city", `${names} ${i}`)
    await engine.close()
  }
  await run("early")
  base = (await exportSnapshot(at("whole"), signed, rules, at("snapshot"))).checkpoint.height
  await run("late")
  const from = { engine: at("whole"), snapshot: at("snapshot") }
  blocks = await joinBySnapshot(genesis, rules, from, at("joined"))
})
after(() => rmSync(folder, { recursive: true }))

/** Verifies a copy of the node's folder that was changed before. */
async function verifyCopy(change: (copy: string) => void | Promise<void>) {
  const copy = at(`copy-${copies++}`)
  cpSync(at("joined"), copy, { recursive: true })
  await change(copy)
  const answer = await verifyFolder(copy, options)
  return { ...answer, kinds: [...new Set(answer.findings.map(({ kind }) => kind))] }
}

const withoutSnapshot = (copy: string) => rmSync(join(copy, "origin"), { recursive: true })

/** Puts other blocks in place of the log. */
async function rewrite(copy: string, change: (block: Block) => Block): Promise<void> {
  rmSync(join(copy, "log"), { recursive: true })
  const log = SegmentLog.open(join(copy, "log"), genesis.network, () => {})
  for (const block of blocks) log.append(encodeBlock(block.height === base + 5 ? change(block) : block))
  await log.sync()
  log.close()
}

async function flipRow(copy: string): Promise<void> {
  const db = openDatabase(join(copy, "state"), false)
  const [{ key, value }] = [...db.rows.getRange({ limit: 1 })]
  const row = Buffer.from(value)
  row[row.length - 1] ^= 1
  await db.rows.put(Buffer.from(key), row)
  await db.root.flushed
  await db.root.close()
}

describe("verify of a node that began with a snapshot", () => {
  it("executes again from the snapshot, which the node keeps", async () => {
    const { ok, findings, checked, height, prunedUpTo, isExecuted } = await verifyCopy(() => {})
    assert.deepEqual(findings, [])
    assert.deepEqual([ok, prunedUpTo, isExecuted], [true, base, true])
    assert.deepEqual([height, checked.blocks], [base + blocks.length, blocks.length])
    assert.ok(checked.rows > 40 && checked.nodes > 40)
    assert.equal(existsSync(at("joined", "restore")), false)
  })

  it("hands the chain on, for what else is compared with it", async () => {
    let size = 0
    await verifyFolder(at("joined"), {
      ...options,
      afterReplay: async (chain) => {
        size = chain.tip.height
        assert.throws(() => chain.block(base), { code: "height_pruned" })
        return { checked: {}, findings: [] }
      },
    })
    assert.equal(size, base + blocks.length)
  })

  it("finds wrong rows, and a state that is not there is none", async () => {
    assert.ok((await verifyCopy(flipRow)).kinds.includes("row_differs"))
    const { findings, isExecuted } = await verifyCopy((copy) => rmSync(`${copy}/state`, { recursive: true }))
    assert.deepEqual([findings, isExecuted], [[], true])
  })

  it("refuses a damaged snapshot in one sentence", async () => {
    const flip = (copy: string) => {
      const bytes = readFileSync(join(copy, "origin", "0"))
      bytes[50] ^= 1
      writeFileSync(join(copy, "origin", "0"), bytes)
    }
    await assert.rejects(verifyCopy(flip), { code: "bad_snapshot", message: /chunk 0 .* is damaged/ })
  })
})

describe("verify of a node whose snapshot is gone", () => {
  it("checks hashes, links and signatures of what is there, and says that nothing was executed", async () => {
    const { ok, findings, checked, height, prunedUpTo, isExecuted } = await verifyCopy(withoutSnapshot)
    assert.deepEqual(findings, [])
    assert.deepEqual([ok, prunedUpTo, isExecuted], [true, base, false])
    assert.deepEqual([height, checked.blocks], [base + blocks.length, blocks.length])
    assert.ok(checked.signatures >= 3 * blocks.length, "two of each transaction, one of the engine")
    assert.ok(checked.rows > 40 && checked.nodes > 40)
  })

  it("takes a snapshot of another height for none", async () => {
    const other = (copy: string) => {
      const name = join(copy, "origin", "manifest")
      const bytes = readFileSync(name)
      const field = bytes.indexOf("height") + "height".length
      bytes[field + (bytes[field] >= 0x18 ? 1 : 0)] ^= 1
      writeFileSync(name, bytes)
    }
    assert.equal((await verifyCopy(other)).isExecuted, false)
  })

  const lies: [lie: string, change: (block: Block) => Block, kinds: string[]][] = [
    [
      "another result",
      (block) => ({
        ...block,
        results: block.results.map(() => ({ ok: false, rejection: "handle_exists" })),
      }),
      ["history_differs"],
    ],
    ["a missing event", (block) => ({ ...block, events: [] }), ["history_differs"]],
    [
      "another block's transaction",
      (block) => ({ ...block, envelopes: blocks[9].envelopes }),
      ["transactions_differ", "history_differs", "replayed"],
    ],
    [
      "a damaged member's signature",
      (block) => ({ ...block, envelopes: block.envelopes.map(spoilEnd) }),
      ["envelope_refused", "transactions_differ", "history_differs"],
    ],
    ["an altered root", (block) => ({ ...block, stateRoot: seedOf("x") }), ["attestation_wrong"]],
    [
      "a result too many",
      (block) => ({ ...block, results: [...block.results, { ok: true }] }),
      ["block_malformed"],
    ],
    ["a missing block", (block) => ({ ...block, height: block.height + 1 }), ["block_missing"]],
  ]
  for (const [lie, change, kinds] of lies)
    it(`finds ${lie}`, async () => {
      const found = await verifyCopy(async (copy) => {
        withoutSnapshot(copy)
        await rewrite(copy, change)
      })
      assert.equal(found.ok, false)
      for (const kind of kinds) assert.ok(found.kinds.includes(kind), JSON.stringify(found.findings))
    })

  it("finds a row that is not what the tree says, and names it", async () => {
    const { findings } = await verifyCopy(async (copy) => {
      withoutSnapshot(copy)
      await flipRow(copy)
    })
    const [row] = findings.filter(({ kind }) => kind === "row_differs")
    assert.match(row.where, /^row [a-z]/)
    assert.match(row.detail, /not what its leaf in the tree says; .*join the network again/)
    assert.ok(findings.some(({ kind }) => kind === "state_differs"))
  })
})

function spoilEnd(bytes: Uint8Array): Uint8Array {
  const spoilt = Uint8Array.from(bytes)
  spoilt[spoilt.length - 1] ^= 1
  return spoilt
}
