import assert from "node:assert/strict"
import { rm } from "node:fs/promises"
import { after, before, describe, it } from "node:test"
import { memberKeys, recordLogs, recoveries } from "@aceso/contracts"
import { EmbeddedEngine, type ProvenRow } from "@aceso/ledger"
import {
  admit,
  enrol,
  handleOf,
  makeGenesis,
  rules,
  seedOf,
  send,
  temporaryFolder,
} from "@aceso/ledger/testing/network.ts"
import { type Bytes, concat, utf8 } from "./bytes.ts"
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts"
import { checkpointBytes } from "./checkpoint.ts"
import { encodeRow } from "./contract.ts"
import { publicKey, sha256, sign } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import { type Evidence, evidence, verifyEvidence } from "./evidence.ts"
import { type MemberKeyRow, memberKeyRow, recordLogRow, recoveriesRow } from "./evidence-rows.ts"
import type { GenesisDocument } from "./genesis.ts"
import { type ManifestBody, type ReleasedRecord, sentHash, signManifest } from "./manifest.ts"
import { append, EMPTY_FRONTIER, isSameFrontier } from "./merkle.ts"
import { auditEventHash, makePromise } from "./promise.ts"
import { type EntryPreimage, entryHash, recordCommitment } from "./record.ts"
import type { Infer } from "./schema.ts"
import { rowKeyHash, stateLeafHash } from "./state-proof.ts"

const CUSTODIAN = "city"
const seed = seedOf(CUSTODIAN)
const HANDLE = handleOf("ann at city")
const bytesOf = (n: number, size = 32): Bytes => new Uint8Array(size).fill(n)

const records: readonly ReleasedRecord[] = [0, 1, 2].map((index) => ({
  index,
  salt: bytesOf(20 + index),
  content: utf8(`{"resourceType":"Condition","id":"${index}"}`),
}))
const entries: readonly EntryPreimage[] = records.map(({ index, salt, content }) => ({
  recordId: bytesOf(30 + index),
  version: 1,
  operation: "create",
  commitment: recordCommitment(salt, content),
}))
const lines: ManifestBody["lines"] = entries.map((entry, i) => ({
  entry,
  status: i === 2 ? "not_permitted" : "released",
  sent: i === 2 ? null : sentHash(records[i].salt, records[i].content),
}))
/** The lines of a custodian that sends this record and signs that it did. */
const sending = ({ index, salt, content }: ReleasedRecord) =>
  lines.with(index, { ...lines[index], sent: sentHash(salt, content) })
const forged: ReleasedRecord = { ...records[1], content: utf8('{"resourceType":"Condition","id":"x"}') }

const { genesis, signed } = makeGenesis()
const folder = temporaryFolder()
let engine: EmbeddedEngine
let height: number
/** ms, of the block with Ann's records. */
let time: number
const AT_COUNTY = handleOf("ann at county")
/** The height of county's recovery. */
let recoveredAt: number
/** The height before Ann's records. */
let emptyHeight: number

before(async () => {
  engine = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
  const accepted = async (sent: ReturnType<typeof send>) => {
    const { result, height } = await sent
    assert.deepEqual(result, { ok: true })
    return height
  }
  await accepted(admit(engine, [CUSTODIAN, "custodian"], ["county", "custodian"]))
  emptyHeight = await accepted(enrol(engine, CUSTODIAN, "ann"))
  const committed = { logs: [{ handle: HANDLE, base: 0, entries: concat(...entries.map(entryHash)) }] }
  height = await accepted(send(engine, { contract: "records", action: "commit", input: committed }, seed))
  time = (await engine.prove(recordLogs as never, [CUSTODIAN, HANDLE], height)).checkpoint.time
  // The ledger goes on: county has an entry from before its recovery, and one that it lost.
  await accepted(enrol(engine, "county", "ann"))
  const commit = (base: number, entry: EntryPreimage) => {
    const input = { logs: [{ handle: AT_COUNTY, base, entries: entryHash(entry) }] }
    return accepted(send(engine, { contract: "records", action: "commit", input }, seedOf("county")))
  }
  const from = await commit(0, entries[0])
  await commit(1, entries[1])
  const declared = { contract: "governance", action: "openRecovery" }
  recoveredAt = await accepted(
    send(engine, { ...declared, input: { from, reason: "restored_backup" } }, seedOf("county")),
  )
})
after(async () => {
  await engine.close()
  await rm(folder, { recursive: true })
})

function manifestOf(change: Partial<ManifestBody>, key: Bytes) {
  const body: ManifestBody = {
    network: genesis.network,
    requestHash: bytesOf(1),
    responder: CUSTODIAN,
    recipient: "county",
    handle: HANDLE,
    purpose: "TREAT",
    time,
    height,
    policyVersion: 1,
    policyRoot: bytesOf(2),
    policyState: "pending",
    pendingChange: utf8("change"),
    pendingBefore: [],
    lines,
    ...change,
  }
  const auditEvent = utf8('{"resourceType":"AuditEvent"}')
  const auditSalt = bytesOf(3)
  const promise = makePromise(
    {
      custodian: CUSTODIAN,
      tag: bytesOf(4, 16),
      event: auditEventHash(auditSalt, auditEvent),
      includeBy: time + 60_000,
      key: publicKey(key),
    },
    genesis.network,
    key,
  )
  return signManifest({ body, auditEvent, auditSalt, promise }, key)
}

interface Choices {
  readonly body?: Partial<ManifestBody>
  readonly seed?: Bytes
  readonly record?: ReleasedRecord
  /** Where the proofs are taken, if elsewhere than the manifest says. */
  readonly height?: number
  /** Whose key and log are proven, if not the manifest's. */
  readonly keyOf?: Bytes
  readonly logOf?: readonly [string, Bytes]
  /** With the custodian's recoveries. */
  readonly recovered?: boolean
}

const rowOf = ({ row, proof }: ProvenRow) => ({ row, proof })

async function evidenceOf(choices: Choices): Promise<Evidence> {
  const manifest = manifestOf(choices.body ?? {}, choices.seed ?? seed)
  const at = choices.height ?? manifest.body.height
  const keyProof = await engine.prove(memberKeys as never, [choices.keyOf ?? manifest.key], at)
  const recovered = choices.recovered
    ? rowOf(await engine.prove(recoveries as never, [manifest.body.responder], at))
    : null
  const log = choices.logOf ?? [manifest.body.responder, manifest.body.handle]
  const logProof = await engine.prove(recordLogs as never, [...log], at)
  return {
    kind: choices.record ? "changed_record" : "log_mismatch",
    manifest,
    record: choices.record ?? null,
    keyProof: rowOf(keyProof),
    logProof: rowOf(logProof),
    recoveryProof: recovered,
    checkpoint: logProof.checkpoint,
    operator: logProof.operator,
    comet: logProof.comet,
    genesis: signed,
    notes: ["as found"],
  }
}

const changed = () => evidenceOf({ record: forged, body: { lines: sending(forged) } })
const mismatch = () => evidenceOf({ body: { lines: lines.slice(1) } })
const refused = (pattern: RegExp) => ({ name: "PlatformError", code: "bad_evidence", message: pattern })

describe("evidence holds offline", () => {
  const anchors: readonly (readonly [
    comment: string,
    anchor: GenesisDocument | undefined,
    restsOn: string,
  ])[] = [
    ["with an anchor", genesis, "attested by the operator alone"],
    ["without one", undefined, "attested by the operator alone; the anchor is the file's own"],
  ]
  for (const [comment, anchor, restsOn] of anchors) {
    it(`of a changed record, ${comment}`, async () => {
      const { says, ...answer } = verifyEvidence(await changed(), anchor)
      assert.deepEqual(answer, { custodian: CUSTODIAN, height, lie: "changed_record", index: 1, restsOn })
      assert.match(says, /^city sent record 1 with a content other than it committed \(entry [0-9a-f]{12}\)$/)
    })
    it(`of a record in an answer since an earlier one, ${comment}`, async () => {
      const from = append(EMPTY_FRONTIER, entries.slice(0, 1).map(entryHash))
      const body = { from, lines: sending(forged).slice(1) }
      assert.equal(verifyEvidence(await evidenceOf({ record: forged, body }), anchor).index, 1)
      const beginning = { size: 1, peaks: [bytesOf(9)] }
      const other = await evidenceOf({ body: { ...body, from: beginning } })
      assert.equal(verifyEvidence(other, anchor).lie, "log_mismatch")
    })
    it(`of a list that is not the log, ${comment}`, async () => {
      assert.deepEqual(verifyEvidence(await mismatch(), anchor), {
        custodian: CUSTODIAN,
        height,
        lie: "log_mismatch",
        index: null,
        restsOn,
        says: "city signed a list of 2 entries; the ledger has 3 others",
      })
    })
  }
  it("after a journey as CBOR", async () => {
    const file = encodeCbor((await changed()) as unknown as Cbor)
    assert.equal(verifyEvidence(evidence.parse(decodeCbor(file)), genesis).lie, "changed_record")
  })

  const stranger = { ...lines[0], entry: { ...entries[0], recordId: bytesOf(99) } }
  const rows: readonly (readonly [comment: string, lines: ManifestBody["lines"]])[] = [
    ["no entry", []],
    ["the last entry missing", lines.slice(0, 2)],
    ["an entry added", [...lines, stranger]],
    ["an entry replaced", lines.with(0, stranger)],
    ["two entries swapped", [lines[1], lines[0], lines[2]]],
  ]
  for (const [comment, lines] of rows)
    it(`of a list with ${comment}`, async () =>
      assert.equal(verifyEvidence(await evidenceOf({ body: { lines } }), genesis).lie, "log_mismatch"))
  it("of entries where the ledger proves that there is no log", async () => {
    const found = await evidenceOf({ body: { height: emptyHeight } })
    assert.equal(found.logProof.row, null)
    assert.equal(verifyEvidence(found, genesis).lie, "log_mismatch")
  })
  it("whatever its kind and notes say", async () => {
    const found = { ...(await changed()), kind: "log_mismatch", notes: [] }
    assert.equal(verifyEvidence(found, genesis).lie, "changed_record")
  })
})

describe("a custodian that says it lost what no recovery covers", () => {
  const lostLine = (i: number): ManifestBody["lines"][number] => ({
    entry: null,
    lost: entryHash(entries[i]),
    status: "lost",
    sent: null,
  })
  const ofCounty = (said: ManifestBody["lines"]): Choices => ({
    body: { responder: "county", recipient: CUSTODIAN, handle: AT_COUNTY, height: recoveredAt, lines: said },
    seed: seedOf("county"),
    recovered: true,
  })
  it("is convicted by its manifest and the ledger's proof that it never recovered", async () => {
    const said = lines.with(1, lostLine(1))
    const found = await evidenceOf({ body: { lines: said }, recovered: true })
    assert.equal(found.recoveryProof?.row, null)
    const file = encodeCbor(found as unknown as Cbor)
    const { lie, index, says } = verifyEvidence(evidence.parse(decodeCbor(file)), genesis)
    assert.deepEqual([lie, index], ["undeclared_loss", 1])
    assert.match(says, /^city said that it lost entry 1; no recovery/)
  })
  it("and where it recovered, of an entry from before", async () => {
    const found = await evidenceOf(ofCounty([lostLine(0), lostLine(1)]))
    const { lie, index } = verifyEvidence(found, genesis)
    assert.deepEqual([lie, index], ["undeclared_loss", 0])
  })
  it("not of what it did lose", async () => {
    const found = await evidenceOf(ofCounty([{ ...lines[0] }, lostLine(1)]))
    assert.throws(() => verifyEvidence(found, genesis), refused(/covered by a recovery on the ledger/))
  })
  it("nor by another's recoveries, or of another height", async () => {
    const found = await evidenceOf(ofCounty([lostLine(0), lostLine(1)]))
    const another = rowOf(await engine.prove(recoveries as never, [CUSTODIAN], recoveredAt))
    const before = rowOf(await engine.prove(recoveries as never, ["county"], recoveredAt - 1))
    for (const recoveryProof of [another, before])
      assert.throws(
        () => verifyEvidence({ ...found, recoveryProof }, genesis),
        refused(/recoveries are not proven/),
      )
  })
})

describe("evidence about an honest answer is refused", () => {
  const rows: readonly (readonly [comment: string, choices: () => Choices, message: RegExp])[] = [
    ["no record", () => ({}), /no record is there to compare/],
    ["a record as it was committed", () => ({ record: records[1] }), /there is no lie/],
    [
      "a record that was withheld",
      () => ({ record: { ...forged, index: 2 } }),
      /not say that this record was released/,
    ],
    [
      "a record that no line names",
      () => ({ record: { ...forged, index: 3 } }),
      /not say that this record was released/,
    ],
    ["the log of another height", () => ({ height: emptyHeight }), /not of the height/],
    ["an empty log", () => ({ body: { height: emptyHeight, lines: [] } }), /no record is there to compare/],
    ["the log of another handle", () => ({ logOf: [CUSTODIAN, handleOf("bob")] }), /log is not proven/],
    ["the log of another custodian", () => ({ logOf: ["county", HANDLE] }), /log is not proven/],
    [
      "a manifest that another member signed",
      () => ({ seed: seedOf("county"), body: { lines: [] } }),
      /belongs to somebody else/,
    ],
    [
      "a manifest that nobody's key signed",
      () => ({ seed: bytesOf(9), body: { lines: [] } }),
      /does not know the manifest's key/,
    ],
    [
      "the proof of another key",
      () => ({ seed: bytesOf(9), keyOf: publicKey(seed), body: { lines: [] } }),
      /does not know the manifest's key/,
    ],
  ]
  for (const [comment, choices, message] of rows)
    it(comment, async () => {
      const found = await evidenceOf(choices())
      assert.throws(() => verifyEvidence(found, genesis), refused(message))
    })

  const forgeries: readonly (readonly [comment: string, record: ReleasedRecord])[] = [
    ["a content made up by the requester", forged],
    ["a salt made up by the requester", { ...records[1], salt: bytesOf(9) }],
    ["a record put to another line by the requester", { ...records[0], index: 1 }],
  ]
  for (const [comment, record] of forgeries)
    it(comment, async () => {
      const found = await evidenceOf({ record })
      assert.throws(() => verifyEvidence(found, genesis), refused(/not what the custodian signed/))
    })
  it("a lie of which the custodian did not sign what it sent", async () => {
    const unsigned = lines.with(1, { ...lines[1], sent: null })
    const found = await evidenceOf({ record: forged, body: { lines: unsigned } })
    assert.throws(() => verifyEvidence(found, genesis), refused(/not what the custodian signed/))
  })
  it("a lie, but about another content than was sent", async () => {
    const record = { ...forged, content: utf8('{"resourceType":"Condition","id":"y"}') }
    const found = await evidenceOf({ record, body: { lines: sending(forged) } })
    assert.throws(() => verifyEvidence(found, genesis), refused(/not what the custodian signed/))
  })

  it("a manifest for another network, held against this one's ledger", async () => {
    const found = await evidenceOf({ body: { network: "other-net", lines: [] } })
    assert.throws(() => verifyEvidence(found, genesis), refused(/manifest is of another network/))
  })

  const at = genesis.time + 1000
  it("a manifest that names a time before its key was valid", async () => {
    const found = await evidenceOf({ body: { time: 0, lines: [] } })
    assert.throws(() => verifyEvidence(found, genesis), refused(/not valid when it signed/))
  })
  const validities: readonly (readonly [
    comment: string,
    validity: Omit<MemberKeyRow, "member">,
    isValid: boolean,
  ])[] = [
    ["a key that is valid", { from: 0, to: null, compromisedAt: null }, true],
    ["a key valid from this moment on", { from: at, to: null, compromisedAt: null }, true],
    ["a key that is not valid yet", { from: at + 1, to: null, compromisedAt: null }, false],
    ["a key that is retired a moment later", { from: 0, to: at + 1, compromisedAt: null }, true],
    ["a key that is retired at this moment", { from: 0, to: at, compromisedAt: null }, false],
    ["a key that was retired before", { from: 0, to: 1, compromisedAt: null }, false],
    ["a key that is compromised a moment later", { from: 0, to: null, compromisedAt: at + 1 }, true],
    ["a key that is compromised at this moment", { from: 0, to: null, compromisedAt: at }, false],
    ["a key that was compromised before", { from: 0, to: at + 1, compromisedAt: 1 }, false],
  ]
  for (const [comment, validity, isValid] of validities)
    it(`signed with ${comment}: ${isValid ? "holds" : "refused"}`, async () => {
      const found = withLedger(await evidenceOf({ body: { time: at } }), { member: CUSTODIAN, ...validity })
      if (isValid) assert.equal(verifyEvidence(found, genesis).lie, "log_mismatch")
      else assert.throws(() => verifyEvidence(found, genesis), refused(/not valid when it signed/))
    })
})

/** A ledger of one row, attested by the engine's key: the member's key as given, and no record log. */
function withLedger(found: Evidence, row: Infer<typeof memberKeys.row>): Evidence {
  const bytes = encodeRow(memberKeys, row)
  const keyHash = rowKeyHash("memberKeys", [found.manifest.key])
  const present = { keyHash, valueHash: sha256(bytes), path: [] }
  const checkpoint = { ...found.checkpoint, stateRoot: stateLeafHash(keyHash, present.valueHash) }
  const isBefore = Buffer.compare(keyHash, rowKeyHash("recordLogs", [CUSTODIAN, HANDLE])) < 0
  return {
    ...found,
    keyProof: { row: bytes, proof: { present, left: null, right: null } },
    logProof: {
      row: null,
      proof: { present: null, left: isBefore ? present : null, right: isBefore ? null : present },
    },
    checkpoint,
    operator: {
      key: publicKey(seedOf("engine")),
      signature: sign(checkpointBytes(checkpoint), seedOf("engine")),
    },
  }
}

/** Every change of one leaf: a bit of bytes, one more in a number, a letter of a text, one item less in a list. */
function* changesOf(value: unknown, path = ""): Generator<readonly [path: string, changed: unknown]> {
  if (value instanceof Uint8Array) {
    yield [path, value.with(0, value[0] ^ 1)]
    yield [`${path} (its end)`, value.with(-1, value[value.length - 1] ^ 1)]
  } else if (typeof value === "number") yield [path, value + 1]
  else if (typeof value === "boolean") yield [path, !value]
  else if (typeof value === "string") yield [path, path.endsWith("tate") ? "current" : `${value}x`]
  else if (Array.isArray(value)) {
    if (value.length > 0) yield [`${path} (one less)`, value.slice(1)]
    for (const [i, item] of value.entries())
      for (const [at, changed] of changesOf(item, `${path}[${i}]`)) yield [at, value.with(i, changed)]
  } else if (value !== null && typeof value === "object")
    for (const [name, item] of Object.entries(value))
      for (const [at, changed] of changesOf(item, path ? `${path}.${name}` : name))
        yield [at, { ...value, [name]: changed }]
}

describe("any field changed makes evidence fail", () => {
  /** Neither decides anything; what was sent is in the forgeries above. */
  const FREE = /^(kind|notes|record)\b/
  const makers = [
    ["of a changed record", changed],
    ["of a list that is not the log", mismatch],
    ["of a log that is not there", () => evidenceOf({ body: { height: emptyHeight } })],
  ] as const
  for (const [comment, make] of makers)
    for (const anchor of [genesis, undefined])
      it(`${comment}, ${anchor ? "with" : "without"} an anchor`, async () => {
        const paths: string[] = []
        for (const [path, changed] of changesOf(await make())) {
          if (FREE.test(path)) continue
          paths.push(path)
          assert.throws(() => verifyEvidence(changed as Evidence, anchor), PlatformError, path)
        }
        assert.ok(paths.length > 80, `${paths.length} changes`)
        for (const part of [
          "manifest.body.lines",
          "keyProof.proof",
          "logProof.proof",
          "checkpoint",
          "operator",
        ])
          assert.ok(
            paths.some((path) => path.startsWith(part)),
            part,
          )
      })

  const rows: readonly (readonly [
    comment: string,
    change: (found: Evidence) => Partial<Evidence>,
    message: RegExp,
  ])[] = [
    ["no attestation", () => ({ operator: null }), /attested by nobody/],
    [
      "an attestation by another key",
      ({ checkpoint }) => ({
        operator: { key: publicKey(seed), signature: sign(checkpointBytes(checkpoint), seed) },
      }),
      /which the anchor does not name/,
    ],
    [
      "no row of the key",
      ({ keyProof }) => ({ keyProof: { ...keyProof, row: null } }),
      /does not know the manifest's key/,
    ],
    ["no row of the log", ({ logProof }) => ({ logProof: { ...logProof, row: null } }), /log is not proven/],
    [
      "the proofs swapped",
      ({ keyProof, logProof }) => ({ keyProof: logProof, logProof: keyProof }),
      /does not know/,
    ],
  ]
  for (const [comment, change, message] of rows)
    it(comment, async () => {
      const found = await changed()
      assert.throws(() => verifyEvidence({ ...found, ...change(found) }, genesis), refused(message))
    })

  it("an anchor of another network", async () => {
    const { genesis } = makeGenesis({ network: "other-net" })
    const found = await changed()
    assert.throws(() => verifyEvidence(found, genesis), refused(/the anchor of other-net/))
  })
  it("an anchor that names another engine's key", async () => {
    const found = await changed()
    assert.throws(
      () => verifyEvidence(found, { ...genesis, engineKey: publicKey(seed) }),
      refused(/which the anchor does not name/),
    )
  })
  it("a genesis that does not hold says so as evidence does", async () => {
    const found = { ...(await changed()), genesis: { ...signed, signature: bytesOf(0, 64) } }
    assert.throws(() => verifyEvidence(found), refused(/does not hold/))
    assert.throws(() => verifyEvidence(found, genesis), refused(/does not hold/))
  })
})

describe("rows are read as the tables write them", () => {
  const rows = [
    { member: CUSTODIAN, from: 0, to: null, compromisedAt: null },
    { member: "a", from: Number.MAX_SAFE_INTEGER, to: 5, compromisedAt: 4 },
  ]
  it("a member's key", () => {
    assert.deepEqual(Object.keys(memberKeys.row.fields), ["member", "from", "to", "compromisedAt"])
    for (const row of rows) assert.deepEqual(memberKeyRow(encodeRow(memberKeys, row)), row)
  })
  it("a member's key on the ledger", async () => {
    const { row } = await engine.prove(memberKeys as never, [publicKey(seed)], height)
    const { from, ...rest } = memberKeyRow(row as Bytes)
    assert.deepEqual(rest, { member: CUSTODIAN, to: null, compromisedAt: null })
    assert.ok(from >= genesis.time && from <= time)
  })
  for (const [comment, row] of [
    ["no list", encodeCbor({})],
    ["too short", encodeCbor([1, "city", 0, null])],
    ["too long", encodeCbor([1, "city", 0, null, null, null])],
    ["no text", encodeCbor([1, 2, 0, null, null])],
  ] as const)
    it(`a key's row that is ${comment} is refused`, () =>
      assert.throws(() => memberKeyRow(row), refused(/row of the member's key/)))

  it("a record log and recoveries", async () => {
    assert.deepEqual(Object.keys(recordLogs.row.fields), ["size", "peaks", "steps", "lost", "recovered"])
    assert.deepEqual(Object.keys(recoveries.row.fields), ["all", "permittedAt"])
    const log = await engine.read(recordLogs, ["county", AT_COUNTY], recoveredAt)
    const all = await engine.read(recoveries, ["county"], recoveredAt)
    assert.ok(log && all)
    assert.deepEqual(recordLogRow(encodeRow(recordLogs, log)), log)
    assert.deepEqual(recoveriesRow(encodeRow(recoveries, all)), all.all)
    assert.deepEqual(recoveriesRow(null), [])
    for (const read of [recordLogRow, recoveriesRow])
      assert.throws(() => read(encodeCbor([1, 2])), refused(/cannot be read/))
  })

  it("the record log is proven as the table encodes its frontier", async () => {
    assert.deepEqual(Object.keys(recordLogs.row.fields).slice(0, 2), ["size", "peaks"])
    const there = await engine.read(recordLogs, [CUSTODIAN, HANDLE], height)
    const { row } = await engine.prove(recordLogs as never, [CUSTODIAN, HANDLE], height)
    assert.ok(there && isSameFrontier(there, append(EMPTY_FRONTIER, entries.map(entryHash))))
    assert.deepEqual(row, encodeRow(recordLogs, there))
    // The frontier that evidence reads from it: three whole entries are the log, two are not.
    assert.match(verifyEvidence(await mismatch(), genesis).says, /the ledger has 3 others/)
    const whole = await evidenceOf({})
    assert.throws(() => verifyEvidence(whole, genesis), refused(/manifest and ledger agree/))
  })
})
