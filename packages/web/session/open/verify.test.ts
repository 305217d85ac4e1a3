import assert from "node:assert/strict"
import { rm } from "node:fs/promises"
import { after, before, describe, it } from "node:test"
import type { PublicClient } from "@aceso/client/public-client.ts"
import { appReleases, memberKeys } from "@aceso/contracts"
import {
  type Bytes,
  countersign,
  type Evidence,
  type ForkEvidence,
  type HeadsQuestion,
  PlatformError,
  type Receipt,
  readEnvelope,
  readGenesis,
  signedGenesis,
  utf8,
} from "@aceso/core"
import { appBuildBytes, appBuildOf } from "@aceso/core/app-build.ts"
import { EmbeddedEngine } from "@aceso/ledger"
import {
  admit,
  enrol,
  envelopeOf,
  handleOf,
  makeGenesis,
  rules,
  seedOf,
  temporaryFolder,
} from "@aceso/ledger/testing/network.ts"
import { evidenceOf, fileOf, forkOf, linesOf, type Signer, signedBy } from "../../testing/checkable.ts"
import { verifyCalls } from "./verify.ts"

const CITY = "city"
const HANDLE = handleOf("ann at city")
const made = makeGenesis()
const { signed: foreign } = makeGenesis({ network: "other-net" })
const json = (value: unknown): Bytes => utf8(JSON.stringify(value))
const anchorFile = json(signedGenesis.toJson(made.signed))
const flipped = (bytes: Bytes, at = 0): Bytes => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))

const folder = temporaryFolder()
let engine: EmbeddedEngine
let city: Signer
let receipt: Receipt
let evidence: Evidence
let fork: ForkEvidence
before(async () => {
  engine = await EmbeddedEngine.open({ folder, genesis: made.genesis, rules, engineSeed: seedOf("engine") })
  city = { engine, signed: made.signed, member: CITY, seed: seedOf(CITY) }
  await admit(engine, [CITY, "custodian"])
  await enrol(engine, CITY, "ann")
  const logs = [{ handle: HANDLE, base: 0, entries: new Uint8Array(64).fill(5) }]
  const commit = { contract: "records", action: "commit", input: { logs } }
  const envelope = envelopeOf(engine.network, commit, city.seed)
  assert.deepEqual((await engine.submit(envelope)).result, { ok: true })
  receipt = await engine.receipt(readEnvelope(envelope).payloadId)
  evidence = await evidenceOf(city, HANDLE)
  fork = await forkOf(city)
})
after(async () => {
  await engine.close()
  await rm(folder, { recursive: true })
})

const tables = { appReleases, memberKeys }

/** A node that proves what the engine has, unless it is cut off. */
function nodeOf({ isOff = false, signed = made.signed } = {}): PublicClient & { isOff: boolean } {
  const node = {
    isOff,
    url: "http://node.example",
    async genesis() {
      if (node.isOff) throw new PlatformError("node_unreachable", "nobody is there")
      return { signed, document: readGenesis(signed) }
    },
    async prove(name: "appReleases" | "memberKeys", keys: readonly (readonly unknown[])[]) {
      if (node.isOff) throw new PlatformError("node_unreachable", "nobody is there")
      const { height } = (await engine.status()).checkpoint
      const { rows, ...attested } = await engine.proveMany(tables[name] as never, keys, height)
      return { ...attested, rows }
    },
  }
  return node as never
}
const blocks = { heads: (question: HeadsQuestion) => engine.explorer.heads(question) }
const check = (file: Bytes, anchor: Bytes | null = null, node = nodeOf()) =>
  verifyCalls(node, blocks).verifyFile(file, anchor)

describe("a file that holds", () => {
  it("is a receipt, evidence, a fork, by the genesis that is given or by the node's", async () => {
    for (const [kind, file] of [
      ["receipt", fileOf(receipt)],
      ["evidence", fileOf(evidence)],
      ["fork", fileOf(fork)],
    ] as const)
      for (const anchor of [null, anchorFile]) {
        const found = await check(file, anchor)
        assert.equal(found.kind, kind)
        assert.equal(found.isOwnAnchor, anchor !== null)
        assert.equal("restsOn" in found && found.restsOn, "operator")
      }
  })
  it("is checked without the node, once the genesis is there", async () => {
    const node = nodeOf()
    const { verifyReady, verifyFile } = verifyCalls(node)
    await verifyReady()
    node.isOff = true
    for (const file of [fileOf(receipt), fileOf(evidence), fileOf(fork)])
      assert.notEqual((await verifyFile(file, null)).kind, "bad")
    await assert.rejects(verifyFile(linesOf(fork.first), null), { code: "node_unreachable" })
  })
  it("is lines of checkpoints, whose last may be cut off", async () => {
    const lines = linesOf(fork.first)
    const found = await check(lines)
    assert.ok(found.kind === "checkpoints" && !found.isCut)
    assert.deepEqual(found.members, [{ member: CITY, count: 1 }])
    assert.deepEqual([found.same, found.ahead, found.alone], [1, 0, 0])
    const cut = await check(Buffer.concat([lines, lines.subarray(0, 90)]))
    assert.ok(cut.kind === "checkpoints" && cut.isCut)
  })
  it("of checkpoints says of how many each signed, and which are of blocks that the node has not", async () => {
    const { checkpoint } = fork.first
    const invented = { ...checkpoint, height: checkpoint.height + 1000 }
    const told = {
      checkpoint: invented,
      operator: null,
      signatures: [countersign(invented, CITY, city.seed)],
    }
    const found = await check(Buffer.concat([linesOf(fork.first), linesOf(told)]))
    assert.ok(found.kind === "checkpoints")
    assert.deepEqual([found.same, found.ahead, found.alone], [1, 1, 1])
    const other = { ...checkpoint, stateRoot: flipped(checkpoint.stateRoot) }
    const lie = await check(
      linesOf({ checkpoint: other, operator: null, signatures: [countersign(other, CITY, city.seed)] }),
    )
    assert.ok(lie.kind === "bad")
    assert.match(lie.fault.message, /of another history than this node's ledger/)
  })
  it("is a list of a build, and never a released one before a ballot", async () => {
    const list = appBuildBytes(appBuildOf([{ path: "app.html", body: utf8("<p>") }]))
    const found = await check(list)
    assert.ok(found.kind === "app")
    assert.equal(found.state, "never")
  })
})

describe("a file that does not hold says which part", () => {
  const receipts: readonly (readonly [part: string, change: (r: Receipt) => Partial<Receipt>])[] = [
    ["network", ({ checkpoint }) => ({ checkpoint: { ...checkpoint, network: "other-net" } })],
    ["hash", ({ envelope }) => ({ envelope: envelope.subarray(0, 40) })],
    ["transaction", ({ envelope }) => ({ envelope: flipped(envelope, envelope.length - 1) })],
    ["transaction", ({ transaction }) => ({ transaction: { ...transaction, size: 2 } })],
    ["result", () => ({ rejection: "not_permitted" })],
    ["event", ({ events: [one] }) => ({ events: [{ ...one, bytes: flipped(one.bytes, 9) }] })],
    ["history", ({ previousHistory }) => ({ previousHistory: flipped(previousHistory) })],
    ["history", ({ checkpoint }) => ({ checkpoint: { ...checkpoint, height: checkpoint.height + 1 } })],
    ["attestation", ({ checkpoint }) => ({ checkpoint: { ...checkpoint, time: checkpoint.time + 1 } })],
    ["attestation", () => ({ operator: null })],
  ]
  for (const [part, change] of receipts)
    it(`of a receipt: ${part}`, async () => {
      const found = await check(fileOf({ ...receipt, ...change(receipt) }))
      assert.ok(found.kind === "bad")
      assert.deepEqual([found.what, found.part, found.fault.code], ["receipt", part, "bad_receipt"])
      assert.equal(found.of, part === "network" ? "other-net" : undefined)
    })

  const changed: readonly (readonly [part: string, change: (e: Evidence) => Partial<Evidence>])[] = [
    ["network", ({ checkpoint }) => ({ checkpoint: { ...checkpoint, network: "other-net" } })],
    ["attestation", ({ checkpoint }) => ({ checkpoint: { ...checkpoint, time: 1 } })],
    ["manifest", ({ manifest }) => ({ manifest: { ...manifest, signature: new Uint8Array(64) } })],
    ["key", ({ logProof }) => ({ keyProof: logProof })],
    ["log", ({ keyProof }) => ({ logProof: keyProof })],
  ]
  for (const [part, change] of changed)
    it(`of evidence: ${part}`, async () => {
      const found = await check(fileOf({ ...evidence, ...change(evidence) }))
      assert.ok(found.kind === "bad")
      assert.deepEqual([found.what, found.part, found.fault.code], ["evidence", part, "bad_evidence"])
    })
  it("of evidence: that nobody lied", async () => {
    const honest = { lines: [], from: { size: 2, peaks: [new Uint8Array(32)] } }
    const time = await evidenceOf(city, HANDLE, { ...honest, time: 1 })
    const found = await check(fileOf(time))
    assert.ok(found.kind === "bad")
    assert.equal(found.part, "lie")
  })

  const forks: readonly (readonly [part: string, change: (f: ForkEvidence) => Partial<ForkEvidence>])[] = [
    [
      "network",
      ({ attested: { checkpoint, ...a } }) => ({
        attested: { ...a, checkpoint: { ...checkpoint, network: "x-net" } },
      }),
    ],
    ["attestation", ({ attested }) => ({ attested: { ...attested, operator: null } })],
    ["key", ({ keys: [{ key, proven }] }) => ({ keys: [{ key, proven: { ...proven, row: null } }] })],
    ["sides", ({ first }) => ({ second: first })],
  ]
  for (const [part, change] of forks)
    it(`of a fork: ${part}`, async () => {
      const found = await check(fileOf({ ...fork, ...change(fork) }))
      assert.ok(found.kind === "bad")
      assert.deepEqual([found.what, found.part, found.fault.code], ["fork", part, "bad_evidence"])
    })

  it("of checkpoints: another network, a signature, two of one block", async () => {
    const { checkpoint } = fork.first
    const other = await check(linesOf(signedBy(city, { ...checkpoint, network: "other-net" })))
    assert.ok(other.kind === "bad")
    assert.deepEqual([other.part, other.of], ["network", "other-net"])
    const [signature] = fork.first.signatures
    const wrong = { ...fork.first, signatures: [{ ...signature, signature: new Uint8Array(64) }] }
    for (const [lines, code] of [
      [linesOf(wrong), "bad_checkpoint"],
      [linesOf(signedBy({ member: CITY, seed: seedOf("nobody") }, checkpoint)), "bad_checkpoint"],
      [linesOf(fork.first, fork.second), "bad_checkpoints"],
      [Buffer.concat([linesOf(fork.first), utf8("{}\n"), linesOf(fork.first)]), "bad_checkpoints"],
    ] as const) {
      const found = await check(lines)
      assert.ok(found.kind === "bad")
      assert.equal(found.fault.code, code)
    }
  })
  it("of a list of a build: one byte", async () => {
    const list = appBuildBytes(appBuildOf([{ path: "app.html", body: utf8("<p>") }]))
    const found = await check(Buffer.from(Buffer.from(list).toString().replace("app.html", "apq.html")))
    assert.ok(found.kind === "bad")
    assert.deepEqual([found.what, found.fault.code], ["app", "bad_build"])
  })
})

describe("what cannot be checked is refused in one code", () => {
  const deep = (open: string) => utf8(open.repeat(Math.floor((8 * 2 ** 20) / open.length)))
  const rows: readonly (readonly [what: string, file: Bytes, code: string])[] = [
    ["nothing", new Uint8Array(0), "empty_file"],
    ["a page", utf8("%PDF-1.7\n1 0 obj <</Type/Catalog>>"), "bad_file"],
    ["text", utf8("Dear colleague"), "bad_file"],
    ["other JSON", json({ resourceType: "Patient" }), "bad_file"],
    ["JSON that never ends", deep('{"a":'), "bad_file"],
    ["arrays that never end", deep("["), "bad_file"],
    ["CBOR that never ends", new Uint8Array(8 * 2 ** 20).fill(0x81), "bad_file"],
    ["CBOR that says it is long", Uint8Array.of(0x9b, 0x7f, ...new Uint8Array(7).fill(255)), "bad_file"],
    ["other CBOR", fileOf({ a: 1 }), "bad_file"],
    ["bytes behind a brace", Uint8Array.of(0x7b, 0xff, 0xfe), "bad_file"],
    ["a genesis", anchorFile, "genesis_file"],
    ["too much", new Uint8Array(16 * 2 ** 20 + 1), "too_large"],
  ]
  for (const [what, file, code] of rows)
    it(what, () => assert.rejects(check(file), { name: "PlatformError", code }))

  const bad: readonly (readonly [what: string, file: Bytes, code: string])[] = [
    ["checkpoints without number", json({ checkpoints: Array(1_000_000).fill(1) }), "bad_checkpoints"],
    ["files without number", json({ root: "00", files: Array(1_000_000).fill(1) }), "bad_build"],
    ["a receipt with other members", fileOf({ envelope: new Uint8Array(1), x: 1 }), "bad_input"],
  ]
  for (const [what, file, code] of bad)
    it(what, async () => {
      const found = await check(file)
      assert.ok(found.kind === "bad")
      assert.equal(found.fault.code, code)
    })

  it("a genesis that is none", async () => {
    for (const anchor of [json({}), utf8("x"), fileOf(receipt), deep("[")])
      await assert.rejects(check(fileOf(receipt), anchor), { code: "bad_anchor" })
  })
  it("checkpoints and builds of another network than the node's", async () => {
    const list = appBuildBytes(appBuildOf([{ path: "app.html", body: utf8("<p>") }]))
    for (const file of [list, linesOf(fork.first)])
      await assert.rejects(check(file, anchorFile, nodeOf({ signed: foreign })), { code: "genesis_differs" })
  })
})
