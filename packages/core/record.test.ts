import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { type Bytes, toHex, utf8 } from "./bytes.ts"
import { PlatformError } from "./errors.ts"
import { append, EMPTY_FRONTIER, leafHash, nodeHash } from "./merkle.ts"
import { type EntryPreimage, entryHash, entryPreimage, isWholeLog, recordCommitment } from "./record.ts"

const bytesOf = (n: number): Bytes => new Uint8Array(32).fill(n)
const entriesOf = (size: number): Bytes[] =>
  Array.from({ length: size }, (_, i) =>
    entryHash({
      recordId: bytesOf(i % 256),
      version: 1 + Math.floor(i / 256),
      operation: "create",
      commitment: bytesOf(1),
    }),
  )
const logOf = (entries: readonly Bytes[]) => append(EMPTY_FRONTIER, entries)

describe("isWholeLog", () => {
  it("all entries in their order, of every size to 70", () => {
    for (let size = 0; size <= 70; size++)
      assert.ok(isWholeLog(entriesOf(size), logOf(entriesOf(size))), `${size}`)
  })

  const entries = entriesOf(11)
  const log = logOf(entries)
  const [stranger] = entriesOf(300).slice(-1)
  it("not with any one left out", () => {
    for (const i of entries.keys()) assert.equal(isWholeLog(entries.toSpliced(i, 1), log), false, `${i}`)
    assert.equal(isWholeLog([], log), false)
  })
  it("not with one added, at any place, nor with one twice", () => {
    for (let i = 0; i <= entries.length; i++) {
      assert.equal(isWholeLog(entries.toSpliced(i, 0, stranger), log), false, `${i}`)
      assert.equal(isWholeLog(entries.toSpliced(i, 0, entries[0]), log), false, `${i}`)
    }
    assert.equal(isWholeLog([stranger], EMPTY_FRONTIER), false)
  })
  it("not with one replaced, by a stranger or by another of the log", () => {
    entries.forEach((_, i) => {
      assert.equal(isWholeLog(entries.with(i, stranger), log), false)
      assert.equal(isWholeLog(entries.with(i, entries[(i + 1) % 11]), log), false)
    })
  })
  it("not in any other order", () => {
    for (let i = 0; i < entries.length; i++)
      for (let j = 0; j < i; j++)
        assert.equal(isWholeLog(entries.with(i, entries[j]).with(j, entries[i]), log), false, `${i} and ${j}`)
    assert.equal(isWholeLog(entries.toReversed(), log), false)
  })
  it("not the log of an earlier or a later time", () => {
    assert.equal(isWholeLog(entries, logOf(entries.slice(0, 10))), false)
    assert.equal(isWholeLog(entries, logOf([...entries, stranger])), false)
  })
  it("not with a size or peaks that are not the log's", () => {
    assert.equal(isWholeLog(entries, { ...log, size: 12 }), false)
    assert.equal(isWholeLog(entries, { ...log, peaks: log.peaks.slice(1) }), false)
    assert.equal(isWholeLog(entries, { ...log, peaks: [...log.peaks, bytesOf(0)] }), false)
    assert.equal(isWholeLog(entries, { ...log, peaks: log.peaks.toReversed() }), false)
    assert.equal(isWholeLog(entries, { size: 11, peaks: [] }), false)
  })
  it("not with inner nodes for entries", () => {
    const [a, b] = entries
    const inner = nodeHash(leafHash(a), leafHash(b))
    assert.equal(isWholeLog([inner], { size: 1, peaks: [inner] }), false)
  })
  it("property: another list is never the whole log", () => {
    const lists = fc.array(fc.integer({ min: 0, max: 3 }).map(bytesOf), { maxLength: 9 })
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        assert.equal(isWholeLog(a, logOf(b)), a.map(toHex).join() === b.map(toHex).join())
      }),
      { numRuns: 500 },
    )
  })
})

describe("entries", () => {
  const entry: EntryPreimage = {
    recordId: bytesOf(1),
    version: 1,
    operation: "create",
    commitment: recordCommitment(bytesOf(2), utf8("{}")),
  }
  const changes: Readonly<Record<keyof EntryPreimage, Partial<EntryPreimage>>> = {
    recordId: { recordId: bytesOf(9) },
    version: { version: 2 },
    operation: { operation: "update" },
    commitment: { commitment: recordCommitment(bytesOf(3), utf8("{}")) },
  }
  it("every field is in the table", () =>
    assert.deepEqual(Object.keys(changes).sort(), Object.keys(entryPreimage.fields).sort()))
  for (const [field, change] of Object.entries(changes))
    it(`another ${field} has another hash`, () =>
      assert.notDeepEqual(entryHash({ ...entry, ...change }), entryHash(entry)))
  it("an unknown operation is refused", () =>
    assert.throws(
      () => entryPreimage.parse({ ...entry, operation: "purge" }),
      (error) => error instanceof PlatformError && error.code === "bad_input",
    ))
  it("a commitment depends on salt, content, and where one ends", () => {
    const all = [
      recordCommitment(bytesOf(2), utf8("ab")),
      recordCommitment(bytesOf(3), utf8("ab")),
      recordCommitment(bytesOf(2), utf8("abc")),
      recordCommitment(Uint8Array.from([...bytesOf(2), 0x61]), utf8("b")),
    ]
    assert.equal(new Set(all.map(toHex)).size, all.length)
  })
})
