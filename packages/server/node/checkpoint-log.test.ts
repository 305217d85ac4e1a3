import assert from "node:assert/strict"
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, it } from "node:test"
import { type Countersigned, countersign } from "@aceso/core"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { CheckpointLog, signatureOf } from "./checkpoint-log.ts"

const DAY = 86_400_000
const NOW = 20_000 * DAY + DAY / 2
const hash = (n: number) => new Uint8Array(32).fill(n)
const words = new Map<string, Countersigned["signatures"][number]>()

function at(height: number, time = NOW, ...members: readonly string[]): Countersigned {
  const checkpoint = {
    network: "test-net",
    height,
    time,
    txRoot: hash(1),
    historyHash: hash(2),
    stateRoot: hash(3),
  }
  // The log does not look at signatures: one per member is enough here.
  const signatures = (members.length > 0 ? members : ["city"]).map((member) => {
    const word = words.get(member) ?? countersign(checkpoint, member, seedOf(member))
    words.set(member, word)
    return word
  })
  return { checkpoint, operator: null, signatures }
}

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aceso-checkpoint-log-"))
  path = join(folder, "checkpoints.jsonl")
})
afterEach(() => rmSync(folder, { recursive: true }))

const heights = (log: CheckpointLog) => log.all.map(({ checkpoint }) => checkpoint.height)
const lines = () => readFileSync(path, "utf8").split("\n").length - 1

describe("the file of checkpoints", () => {
  it("is made with the first one, for its owner alone, and only grows", () => {
    const log = CheckpointLog.open(path)
    assert.ok(!existsSync(path))
    log.add([at(1)], NOW)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const before = readFileSync(path, "utf8")
    log.add([at(2), at(1, NOW, "county")], NOW)
    assert.ok(readFileSync(path, "utf8").startsWith(before))
    assert.equal(lines(), 3)
  })

  it("gathers signatures, each once, over restarts", () => {
    const log = CheckpointLog.open(path)
    log.add([at(1), at(1, NOW, "county"), at(1, NOW, "county"), at(2, NOW, "county")], NOW)
    log.add([at(1), at(1, NOW, "city", "clinic")], NOW)
    const again = CheckpointLog.open(path)
    for (const one of [log, again]) {
      assert.deepEqual(heights(one), [1, 2])
      assert.deepEqual(
        one.at(1)?.signatures.map(({ member }) => member),
        ["city", "county", "clinic"],
      )
      assert.equal(one.newestOf("county")?.checkpoint.height, 2)
      assert.equal(one.newestOf("city")?.checkpoint.height, 1)
      assert.equal(one.newestOf("nobody"), undefined)
    }
  })

  it("never holds two histories", () => {
    const log = CheckpointLog.open(path)
    log.add([at(1)], NOW)
    const other = { ...at(1), checkpoint: { ...at(1).checkpoint, stateRoot: hash(9) } }
    assert.throws(() => log.add([other], NOW), {
      code: "bad_checkpoints",
      message: /two histories at block 1/,
    })
    assert.equal(lines(), 1)
  })

  it("loses a line that was cut off, and nothing else; the next one is whole", () => {
    CheckpointLog.open(path).add([at(1), at(2)], NOW)
    appendFileSync(path, '{"checkpoint":{"netw')
    const log = CheckpointLog.open(path)
    assert.equal(lines(), 2)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    log.add([at(3)], NOW)
    assert.deepEqual(heights(CheckpointLog.open(path)), [1, 2, 3])
  })

  it("refuses a file that somebody spoilt, and says what to do", () => {
    CheckpointLog.open(path).add([at(1), at(2)], NOW)
    const sound = readFileSync(path, "utf8")
    writeFileSync(path, sound.replace("test-net", "Test"))
    assert.throws(() => CheckpointLog.open(path), {
      code: "bad_checkpoints",
      message: /line 1 .*bring it back from a backup, or move it aside/,
    })
  })
})

describe("old checkpoints", () => {
  it("of the last day are all kept, older ones one per day: its newest", () => {
    const log = CheckpointLog.open(path)
    const hour = DAY / 24
    const all = Array.from({ length: 24 * 5 }, (_, i) => at(i + 1, NOW - 24 * 5 * hour + i * hour))
    log.add(all, NOW)
    const kept = log.all.map(({ checkpoint }) => checkpoint)
    const recent = kept.filter(({ time }) => time >= NOW - DAY)
    assert.equal(recent.length, 24)
    const older = kept.filter(({ time }) => time < NOW - DAY)
    assert.deepEqual(
      older.map(({ time }) => NOW - time),
      // The first one stands alone in the part of its day; the last one is of yesterday's morning.
      [4.5 * DAY + hour, 3.5 * DAY + hour, 2.5 * DAY + hour, 1.5 * DAY + hour, DAY + hour],
    )
  })

  it("do not let memory or file grow without end", () => {
    const log = CheckpointLog.open(path)
    for (let i = 0; i < 50; i++)
      log.add(
        Array.from({ length: 100 }, (_, k) => at(i * 100 + k + 1, NOW + i * 100 + k)),
        NOW + i * 100,
      )
    assert.ok(log.all.length <= 2_001, String(log.all.length))
    assert.equal(log.newestOf("city")?.checkpoint.height, 5_000)
    assert.ok(lines() <= 2_001 + 1_000 + 100)
    const again = CheckpointLog.open(path)
    assert.equal(signatureOf(again.all.at(-1) as Countersigned, "city")?.member, "city")
    assert.ok(again.all.length <= 3_200)
    again.add([at(6_000, NOW + DAY)], NOW + DAY)
    assert.ok(again.all.length <= 2_002)
  })
})
