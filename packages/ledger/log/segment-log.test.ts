import assert from "node:assert/strict"
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { PlatformError } from "@aceso/core"
import fc from "fast-check"
import { temporaryFolder } from "../testing/network.ts"
import {
  type LogFinding,
  listSegments,
  MAX_RECORD_BYTES,
  type Place,
  RECORD_HEAD,
  readSegment,
  SegmentLog,
  segmentName,
} from "./segment-log.ts"

const NETWORK = "test-net"
const folders: string[] = []
const newFolder = () => {
  const folder = temporaryFolder()
  folders.push(folder)
  return folder
}
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

interface Opened {
  readonly log: SegmentLog
  readonly records: { readonly body: string; readonly place: Place }[]
}

function open(folder: string, segmentBytes?: number): Opened {
  const records: Opened["records"] = []
  const onRecord = (body: Buffer, place: Place) => records.push({ body: body.toString("hex"), place })
  return { log: SegmentLog.open(folder, NETWORK, onRecord, segmentBytes), records }
}

const bodyOf = (size: number) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + size) & 255))

/** One segment with records of these sizes, and where each begins; the segment's own record comes first. */
async function write(sizes: readonly number[]) {
  const folder = newFolder()
  const { log } = open(folder)
  const places = sizes.map((size) => log.append(bodyOf(size)))
  await log.sync()
  log.close()
  const path = join(folder, segmentName(1))
  return { folder, path, bytes: readFileSync(path), offsets: [0, ...places.map((place) => place.offset)] }
}

const failsAs = (code: string, details?: object) => (error: unknown) => {
  assert.ok(error instanceof PlatformError, String(error))
  assert.equal(error.code, code)
  if (details) assert.partialDeepStrictEqual(error.details, details)
  return true
}

describe("the log gives back", () => {
  it("what was appended, in order, over segments and after opening again", async () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(bodies, bodies, async (first, second) => {
        const folder = newFolder()
        const expected: Opened["records"] = []
        for (const bodies of [first, second, []]) {
          const { log, records } = open(folder, 1000)
          assert.deepEqual(records, expected)
          for (const body of bodies) {
            const place = log.append(body)
            expected.push({ body: Buffer.from(body).toString("hex"), place })
            assert.deepEqual(log.read(place), Buffer.from(body))
          }
          await log.sync()
          for (const { body, place } of expected) assert.equal(log.read(place).toString("hex"), body)
          log.close()
        }
        const sizes = listSegments(folder).map(
          (segment) => readFileSync(join(folder, segmentName(segment))).length,
        )
        for (const size of sizes) assert.ok(size <= 1000 + RECORD_HEAD, `${size}`)
      }),
      { numRuns: 30 },
    )
  })
})

describe("a changed byte", () => {
  const sizes = [0, 1, 5, 120, 33]
  const masks = [0x01, 0x80, 0xff]

  it("is found wherever it is, and its record named by segment and offset", async () => {
    const { folder, path, bytes, offsets } = await write(sizes)
    for (let at = 0; at < bytes.length; at++)
      for (const mask of masks) {
        const changed = Buffer.from(bytes)
        changed[at] ^= mask
        writeFileSync(path, changed)
        const findings: LogFinding[] = []
        let seen = 0
        const count = () => {
          seen++
        }
        const end = readSegment(folder, 1, NETWORK, count, (finding) => findings.push(finding))
        const record = offsets.findLastIndex((offset) => offset <= at)
        const where = `byte ${at} xor ${mask}`
        assert.equal(findings.length, 1, where)
        assert.deepEqual([findings[0].segment, findings[0].offset], [1, offsets[record]], where)
        assert.equal(end, offsets[record], where)
        assert.equal(seen, Math.max(0, record - 1), where)
      }
  })

  it("stops the log from opening, unless it may be a write that a crash cut", async () => {
    const { path, folder, bytes, offsets } = await write(sizes)
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] ^= 0x10
      writeFileSync(path, changed)
      const record = offsets.findLastIndex((offset) => offset <= at)
      if (record === offsets.length - 1) continue
      assert.throws(
        () => open(folder),
        failsAs("log_damaged", { segment: 1, offset: offsets[record] }),
        `byte ${at}`,
      )
      assert.deepEqual(readFileSync(path), changed, "and leaves the file as it is")
    }
  })

  it("is found by a read of that record, also when it changes under an open log", async () => {
    const { path, folder, bytes, offsets } = await write(sizes)
    const { log, records } = open(folder)
    for (let at = offsets[1]; at < bytes.length; at++) {
      const changed = Buffer.from(bytes)
      changed[at] ^= 0x04
      writeFileSync(path, changed)
      const hit = offsets.findLastIndex((offset) => offset <= at)
      records.forEach(({ body, place }, i) => {
        if (i + 1 === hit) assert.throws(() => log.read(place), failsAs("log_damaged", place), `byte ${at}`)
        else assert.equal(log.read(place).toString("hex"), body)
      })
    }
    log.close()
  })

  it("in an older segment is never taken for a cut write", async () => {
    const folder = newFolder()
    const { log } = open(folder, 200)
    for (const size of [100, 100, 100]) log.append(bodyOf(size))
    await log.sync()
    log.close()
    assert.deepEqual(listSegments(folder).length > 1, true)
    const path = join(folder, segmentName(1))
    const bytes = readFileSync(path)
    for (const damaged of [bytes.subarray(0, bytes.length - 1), Buffer.concat([bytes, Buffer.alloc(7)])]) {
      writeFileSync(path, damaged)
      assert.throws(() => open(folder, 200), failsAs("log_damaged", { segment: 1 }))
    }
  })
})

describe("a write cut by a crash", () => {
  it("is moved aside at every length it may have, and appending goes on in its place", async () => {
    const { folder, path, bytes, offsets } = await write([40, 0, 70])
    const whole = join(newFolder(), "whole.seg")
    copyFileSync(path, whole)
    for (let size = 0; size < bytes.length; size++) {
      for (const name of readdirSync(folder)) if (name !== segmentName(1)) rmSync(join(folder, name))
      copyFileSync(whole, path)
      truncateSync(path, size)
      const ends = [...offsets.slice(1), bytes.length].filter((end) => end <= size)
      const end = ends.at(-1) ?? 0
      const { log, records } = open(folder)
      assert.equal(records.length, Math.max(0, ends.length - 1), `cut at ${size}`)
      if (size === end) assert.equal(log.tornTail, undefined, `cut at ${size}`)
      else assert.deepEqual(readFileSync(log.tornTail as string), bytes.subarray(end, size), `cut at ${size}`)
      const place = log.append(bodyOf(9))
      assert.deepEqual(place, { segment: 1, offset: Math.max(end, offsets[1]) }, `cut at ${size}`)
      await log.sync()
      log.close()
      const again = open(folder)
      assert.equal(again.log.tornTail, undefined)
      assert.deepEqual(again.records, [...records, { body: bodyOf(9).toString("hex"), place }])
      again.log.close()
    }
  })

  it("is no cut write when it was acknowledged: losing it or changing it is damage", async () => {
    const { folder, path, bytes } = await write([40, 70])
    for (const damaged of [bytes.subarray(0, bytes.length - 1), Buffer.from(bytes)]) {
      damaged[damaged.length - 3] ^= 1
      writeFileSync(path, damaged)
      assert.throws(() => open(folder), failsAs("log_damaged"))
    }
  })

  const tails: readonly (readonly [string, Buffer])[] = [
    ["zeros", Buffer.alloc(500)],
    ["one zero", Buffer.alloc(1)],
    ["a head without its body", Buffer.concat([Buffer.from("00000064ffffff9b", "hex"), Buffer.alloc(32)])],
  ]
  for (const [what, tail] of tails)
    it(`that left ${what} is moved aside`, async () => {
      const { folder, path, bytes } = await write([40])
      writeFileSync(path, Buffer.concat([bytes, tail]))
      const { log, records } = open(folder)
      assert.equal(records.length, 1)
      assert.deepEqual(readFileSync(log.tornTail as string), tail)
      assert.deepEqual(readFileSync(path), bytes)
      log.close()
    })
})

describe("the log refuses", () => {
  it("a folder of another network", async () => {
    const { folder } = await write([10])
    const openOther = () => SegmentLog.open(folder, "other-net", () => {})
    assert.throws(openOther, failsAs("wrong_network"))
    assert.throws(openOther, { message: "the data folder is of network test-net, not other-net" })
  })

  it("a segment under another's name", async () => {
    const { folder, path } = await write([10])
    renameSync(path, join(folder, segmentName(2)))
    assert.throws(() => open(folder), failsAs("log_damaged", { segment: 2, offset: 0 }))
  })

  it("a record of more than 64 MiB, and goes on", async () => {
    const folder = newFolder()
    const { log } = open(folder)
    assert.throws(() => log.append(new Uint8Array(MAX_RECORD_BYTES + 1)), failsAs("record_too_large"))
    assert.equal(log.read(log.append(bodyOf(3))).length, 3)
    log.close()
    assert.equal(existsSync(join(folder, segmentName(2))), false)
  })
})
