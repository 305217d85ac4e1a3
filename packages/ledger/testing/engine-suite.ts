import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { handles, members, recordLogs } from "@aceso/contracts"
import {
  type Bytes,
  checkBlock,
  decodeTrusted,
  encodeCbor,
  envelopeHash,
  faultsOfHeads,
  findAnswer,
  type GenesisDocument,
  type LedgerEvent,
  PlatformError,
  readEnvelope,
  rowKeyHash,
  toHex,
  verifyAttestation,
  verifyReceipt,
  verifyRow,
} from "@aceso/core"
import { type Engine, START } from "../engine.ts"
import { admit, enrol, envelopeOf, handleOf, patientSeed, seedOf, send } from "./network.ts"

export interface EngineFixture {
  readonly genesis: GenesisDocument
  readonly open: () => Promise<Engine>
  /** Stops the engine as a machine does that is shut down; open() then gives one on the same data. */
  readonly stop: (engine: Engine) => Promise<void>
  readonly end: () => Promise<void>
}

const commit = (custodian: string, patient: string, base: number, entry: string) => ({
  contract: "records",
  action: "commit",
  input: { logs: [{ handle: handleOf(`${patient} at ${custodian}`), base, entries: handleOf(entry) }] },
})

/** What every engine does; each implementation runs it in its own test file. */
export function engineSuite(name: string, start: () => Promise<EngineFixture>): void {
  describe(`engine ${name}`, () => {
    let fixture: EngineFixture
    let engine: Engine
    before(async () => {
      fixture = await start()
      engine = await fixture.open()
      const admitted = await admit(
        engine,
        ["city", "custodian"],
        ["county", "custodian"],
        ["insurer", "insurer"],
      )
      assert.deepEqual(admitted.result, { ok: true })
      assert.deepEqual((await enrol(engine, "city", "ann")).result, { ok: true })
    })
    after(async () => {
      await fixture.stop(engine)
      await fixture.end()
    })

    it("acknowledges a transaction with its place and shows its write to the next read", async () => {
      const done = await send(engine, commit("city", "ann", 0, "e1"), seedOf("city"))
      assert.deepEqual(done.result, { ok: true })
      assert.equal(done.isDuplicate, false)
      const row = await engine.read(recordLogs, ["city", handleOf("ann at city")])
      assert.equal(row?.size, 1)
    })

    it("answers a contract's rejection as a result", async () => {
      const done = await send(engine, commit("city", "ann", 7, "e2"), seedOf("city"))
      assert.deepEqual(done.result, { ok: false, rejection: "log_changed_meanwhile" })
    })

    it("answers the same payload with the first result, also with signatures made anew", async () => {
      const bytes = envelopeOf(engine.network, commit("city", "ann", 1, "e3"), seedOf("city"))
      const [first, again] = await Promise.all([engine.submit(bytes), engine.submit(bytes)])
      const later = await engine.submit(bytes)
      assert.deepEqual([first.isDuplicate, again.isDuplicate, later.isDuplicate], [false, true, true])
      assert.deepEqual([again.height, later.height], [first.height, first.height])
      assert.deepEqual(later.result, { ok: true })
      assert.equal((await engine.read(recordLogs, ["city", handleOf("ann at city")]))?.size, 2)
    })

    const refused: readonly [string, string, () => Uint8Array][] = [
      [
        "a wrong network",
        "wrong_network",
        () => envelopeOf("other-net", commit("city", "ann", 2, "x"), seedOf("city")),
      ],
      ["bytes that are no CBOR", "malformed", () => Uint8Array.of(1, 2, 3)],
      [
        "an expired one",
        "expired",
        () =>
          envelopeOf(
            engine.network,
            { ...commit("city", "ann", 2, "x"), expiry: Date.now() - 60_000 },
            seedOf("city"),
          ),
      ],
      [
        "an expiry too far ahead",
        "expiry_too_far",
        () =>
          envelopeOf(
            engine.network,
            { ...commit("city", "ann", 2, "x"), expiry: Date.now() + 3_600_000 },
            seedOf("city"),
          ),
      ],
      [
        "a changed signature",
        "bad_signature",
        () => {
          const bytes = envelopeOf(engine.network, commit("city", "ann", 2, "x"), seedOf("city"))
          bytes[bytes.length - 5] ^= 1
          return bytes
        },
      ],
      ["too many bytes", "too_large", () => new Uint8Array(262_145)],
    ]
    for (const [what, code, bytes] of refused)
      it(`refuses ${what} as ${code}`, async () => {
        await assert.rejects(
          engine.submit(bytes()),
          (error) => error instanceof PlatformError && error.code === code,
        )
      })

    it("proves a row and the absence of a row against the checkpoint", async () => {
      const key = ["city", handleOf("ann at city")] as const
      const there = await engine.prove(handles as never, key)
      assert.ok(there.row)
      assert.ok(
        verifyRow(there.checkpoint.stateRoot, rowKeyHash("handles", [...key]), there.row, there.proof),
      )
      const nobody = ["city", handleOf("nobody")] as const
      const absent = await engine.prove(handles as never, nobody)
      assert.equal(absent.row, null)
      assert.ok(
        verifyRow(absent.checkpoint.stateRoot, rowKeyHash("handles", [...nobody]), null, absent.proof),
      )
    })

    it("proves many rows of a table, there or not, against one checkpoint", async () => {
      const names = ["ann", "nobody", "ann", "somebody"]
      const keys = names.map((name) => ["city", handleOf(`${name} at city`)])
      const { rows, checkpoint } = await engine.proveMany(handles as never, keys)
      assert.deepEqual(
        rows.map(({ row }) => row !== null),
        [true, false, true, false],
      )
      for (const [i, { row, proof }] of rows.entries())
        assert.ok(verifyRow(checkpoint.stateRoot, rowKeyHash("handles", keys[i]), row, proof))
      assert.deepEqual((await engine.proveMany(handles as never, [])).rows, [])
    })

    it("gives a receipt that verifies against the genesis alone", async () => {
      const done = await send(engine, commit("city", "ann", 2, "e4"), seedOf("city"))
      const receipt = await engine.receipt(done.payloadId)
      const answer = verifyReceipt(receipt, fixture.genesis)
      assert.deepEqual(answer.result, { ok: true })
      assert.equal(answer.height, done.height)
      assert.throws(
        () => verifyReceipt({ ...receipt, rejection: "log_changed_meanwhile" }, fixture.genesis),
        /result/,
      )
      const other = { ...receipt, checkpoint: { ...receipt.checkpoint, time: receipt.checkpoint.time + 1 } }
      assert.throws(() => verifyReceipt(other, fixture.genesis), PlatformError)
      await assert.rejects(engine.receipt(envelopeHash(Uint8Array.of(1))), /no block holds/)
    })

    it("hands every event to a subscriber, in order", async () => {
      const events: LedgerEvent[] = []
      const seen = new Promise<void>((resolve) => {
        const close = engine.subscribe(START, (event) => {
          events.push(event)
          if (event.name === "policyChanged") {
            close()
            resolve()
          }
        })
      })
      const input = { custodian: "city", handle: handleOf("ann at city"), base: 0, root: handleOf("policy") }
      await send(engine, { contract: "policy", action: "grant", input }, patientSeed("ann", "city"))
      await seen
      assert.equal(events.filter((event) => event.name === "enrolled").length, 1)
      const order = events.map((event) => event.height * 1e6 + event.transaction * 1000 + event.index)
      assert.deepEqual(
        order,
        [...order].sort((a, b) => a - b),
      )
    })

    it("reads and proves at an older height", async () => {
      const before = (await engine.status()).checkpoint
      const done = await send(engine, commit("city", "ann", 3, "e5"), seedOf("city"))
      assert.deepEqual(done.result, { ok: true })
      const key = ["city", handleOf("ann at city")] as const
      assert.equal((await engine.read(recordLogs, key, done.height - 1))?.size, 3)
      const proven = await engine.prove(recordLogs as never, key, done.height - 1)
      assert.ok(
        proven.row &&
          verifyRow(
            proven.checkpoint.stateRoot,
            rowKeyHash("recordLogs", [...key]),
            proven.row,
            proven.proof,
          ),
      )
      assert.ok(before.height <= proven.checkpoint.height)
      await assert.rejects(engine.read(members, ["city"], 1_000_000), /not there yet/)
    })

    it("shows blocks with what leads to them, each following from the one before", async () => {
      const done = await send(engine, commit("city", "ann", 4, "e6"), seedOf("city"))
      const { explorer } = engine
      const question = { before: 0, limit: 5 }
      const page = await explorer.heads(question)
      assert.deepEqual([...faultsOfHeads(question, page, fixture.genesis, verifyAttestation)], [])
      assert.ok((page.heads[0]?.height ?? 0) >= done.height)
      const answer = await explorer.transaction(done.payloadId, { key: handleOf("some key") as never })
      const { fault, transactions } = checkBlock(answer, fixture.genesis, verifyAttestation)
      assert.equal(fault, undefined)
      assert.deepEqual(
        transactions.map(({ seen, fault, rejection }) => [seen, fault, rejection]),
        [[undefined, undefined, null]],
      )
    })

    it("says who made a block, finds what anybody may see, and proves a row to anybody", async () => {
      const { explorer } = engine
      const text = { slug: "aspirin", base: 0, kind: "medicine", hash: handleOf("text"), size: 10 }
      const published = await send(
        engine,
        { contract: "library", action: "publish", input: text },
        seedOf("city"),
      )
      const answer = await explorer.transaction(published.payloadId, {})
      const { producer, fault } = checkBlock(answer, fixture.genesis, verifyAttestation)
      assert.equal(fault, undefined)
      const question = { contract: null, member: "city", before: null, limit: 50 }
      const { found, next } = findAnswer.parse(await explorer.find(question, {}))
      assert.deepEqual(
        found.map(({ payloadId, action }) => [toHex(payloadId), action]),
        [[toHex(published.payloadId), "publish"]],
      )
      assert.equal(next, null)
      const rowOf = async (table: string, key: Bytes | string) => {
        const asked = { table, keys: [[encodeCbor(key)]], height: 0 }
        const { rows, ...attested } = await explorer.rows(asked, {})
        verifyAttestation(attested, fixture.genesis, (what) => new PlatformError("bad_proof", what))
        const [{ row, proof }] = rows
        assert.ok(verifyRow(attested.checkpoint.stateRoot, rowKeyHash(table, [key]), row, proof))
        return row && (decodeTrusted(row) as readonly unknown[])
      }
      assert.deepEqual((await rowOf("members", "city"))?.[2], "custodian")
      await assert.rejects(explorer.rows({ table: "quotas", keys: [[encodeCbor("city")]], height: 0 }, {}), {
        code: "not_permitted",
      })
      assert.ok(producer)
      if ("key" in producer) assert.deepEqual(producer.key, fixture.genesis.engineKey)
      else {
        const [, member] = (await rowOf("validatorAddresses", producer.address)) ?? []
        assert.ok(fixture.genesis.validators.some((one) => one.member === member))
      }
    })

    it("scans a table in key order", async () => {
      const rows = await engine.scan(members)
      assert.deepEqual(
        rows.map(({ key }) => key[0]),
        ["authority", "city", "county", "insurer"].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)),
      )
    })

    it("keeps everything across a restart, replay protection included", async () => {
      const bytes = envelopeOf(engine.network, commit("city", "ann", 5, "e7"), seedOf("city"))
      const first = await engine.submit(bytes)
      const tip = (await engine.status()).checkpoint
      await fixture.stop(engine)
      engine = await fixture.open()
      const status = await engine.status()
      assert.ok(status.checkpoint.height >= tip.height)
      assert.deepEqual((await engine.read(recordLogs, ["city", handleOf("ann at city")]))?.size, 6)
      const again = await engine.submit(bytes)
      assert.equal(again.isDuplicate, true)
      assert.equal(again.height, first.height)
      verifyReceipt(await engine.receipt(readEnvelope(bytes).payloadId), fixture.genesis)
    })
  })
}
