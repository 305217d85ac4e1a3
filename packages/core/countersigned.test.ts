import assert from "node:assert/strict"
import { rm } from "node:fs/promises"
import { after, before, describe, it } from "node:test"
import { memberKeys } from "@aceso/contracts"
import { checkpointOf, decodeBlock, EmbeddedEngine } from "@aceso/ledger"
import { admit, makeGenesis, rules, seedOf, temporaryFolder } from "@aceso/ledger/testing/network.ts"
import { type Bytes, equalBytes, toHex } from "./bytes.ts"
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts"
import { type Checkpoint, checkpointBytes } from "./checkpoint.ts"
import { parseCheckpoints } from "./checkpoint-file.ts"
import { type Countersigned, countersign, countersignBytes, countersigned } from "./countersigned.ts"
import { publicKey, sign } from "./crypto.ts"
import { type ForkEvidence, forkEvidence, verifyForkEvidence } from "./fork-evidence.ts"
import {
  isKeyValidAt,
  type KeyOwner,
  type MemberKeyRow,
  verifyCountersigned,
  verifyFork,
} from "./verify-countersigned.ts"

const TIME = 1_000_000
const hash = (n: number): Bytes => new Uint8Array(32).fill(n)
const { genesis: anchor } = makeGenesis()
const c: Checkpoint = {
  network: anchor.network,
  height: 7,
  time: TIME,
  txRoot: hash(1),
  historyHash: hash(2),
  stateRoot: hash(3),
}
const forged: Checkpoint = { ...c, stateRoot: hash(9) }

const keyRow = (member: string, change: Partial<MemberKeyRow> = {}): MemberKeyRow => ({
  member,
  from: 0,
  to: null,
  compromisedAt: null,
  ...change,
})
const rows = new Map([
  [toHex(publicKey(seedOf("city"))), keyRow("city")],
  [toHex(publicKey(seedOf("county"))), keyRow("county")],
  [toHex(publicKey(seedOf("city retired"))), keyRow("city", { to: TIME })],
  [toHex(publicKey(seedOf("city next"))), keyRow("city", { from: TIME + 1 })],
  [toHex(publicKey(seedOf("city stolen"))), keyRow("city", { compromisedAt: TIME - 1 })],
])
const ownerOf: KeyOwner = (key) => rows.get(toHex(key))
const engineSeed = seedOf("engine")
const operatorOf = (of: Checkpoint, seed = engineSeed) => ({
  key: publicKey(seed),
  signature: sign(checkpointBytes(of), seed),
})
const by = (of: Checkpoint, ...names: readonly string[]): Countersigned => ({
  checkpoint: of,
  operator: null,
  signatures: names.map((name) => countersign(of, name.split(" ")[0], seedOf(name))),
})

describe("a countersigned checkpoint", () => {
  it("names those who attest it", () => {
    const both = { ...by(c, "city", "county"), operator: operatorOf(c) }
    assert.deepEqual(verifyCountersigned(both, anchor, ownerOf), {
      operator: true,
      members: ["city", "county"],
    })
    assert.deepEqual(verifyCountersigned({ ...by(c), operator: operatorOf(c) }, anchor, ownerOf), {
      operator: true,
      members: [],
    })
  })

  const city = by(c, "city").signatures[0]
  const lies: [lie: string, told: Countersigned, says: RegExp][] = [
    ["nobody signed it", by(c), /nobody signed block 7/],
    ["an altered root", { ...by(c, "city"), checkpoint: forged }, /signature of city over block 7 is wrong/],
    ["an altered time", { ...by(c, "city"), checkpoint: { ...c, time: TIME + 1 } }, /is wrong/],
    ["an altered height", { ...by(c, "city"), checkpoint: { ...c, height: 8 } }, /is wrong/],
    ["another network", by({ ...c, network: "other" }, "city"), /of network other, not of test-net/],
    ["a wrong key", { ...by(c), signatures: [{ ...city, key: publicKey(seedOf("county")) }] }, /is wrong/],
    ["a key that the ledger does not know", by(c, "city unknown"), /knows no key .* with which city signed/],
    [
      "another member's name",
      { ...by(c), signatures: [{ ...city, member: "county" }] },
      /signature of county .* is wrong/,
    ],
    [
      "another member's name, signed for by the key",
      { ...by(c), signatures: [countersign(c, "county", seedOf("city"))] },
      /county signed block 7 with the key .*, which is city's/,
    ],
    ["a retired key", by(c, "city retired"), /was not valid at the time of block 7/],
    ["a key of later", by(c, "city next"), /was not valid at the time/],
    ["a key that was stolen before", by(c, "city stolen"), /was not valid at the time/],
    ["one member counted twice", by(c, "city", "city"), /city signs block 7 twice/],
    [
      "a signature over the bare checkpoint, made for something else",
      {
        ...by(c),
        signatures: [{ ...city, signature: sign(checkpointBytes(c), seedOf("city")) }],
      },
      /is wrong/,
    ],
    [
      "another engine's key",
      { ...by(c, "city"), operator: operatorOf(c, seedOf("city")) },
      /which the genesis does not name/,
    ],
    [
      "the engine's signature of another root",
      { ...by(c, "city"), operator: operatorOf(forged) },
      /operator's/,
    ],
  ]
  for (const [lie, told, says] of lies)
    it(`catches ${lie}`, () => {
      assert.throws(() => verifyCountersigned(told, anchor, ownerOf), {
        code: "bad_checkpoint",
        message: says,
      })
    })

  it("catches the engine's key where the genesis names none (cometbft)", () => {
    assert.throws(
      () =>
        verifyCountersigned(
          { ...by(c, "city"), operator: operatorOf(c) },
          { ...anchor, engineKey: null },
          ownerOf,
        ),
      /which the genesis does not name/,
    )
  })

  it("signs other bytes for another member or checkpoint", () => {
    const all = [
      countersignBytes(c, "city"),
      countersignBytes(c, "county"),
      countersignBytes(forged, "city"),
      checkpointBytes(c),
    ]
    for (const [i, a] of all.entries()) for (const b of all.slice(i + 1)) assert.ok(!equalBytes(a, b))
  })

  it("a key counts from its first moment on, until its last, exclusive", () => {
    const row = { from: 10, to: 20, compromisedAt: 15 }
    assert.deepEqual(
      [9, 10, 14, 15, 19, 20].map((time) => isKeyValidAt(row, time)),
      [false, true, true, false, false, false],
    )
    assert.equal(isKeyValidAt({ ...row, compromisedAt: null }, 19), true)
  })
})

describe("a fork", () => {
  it("names those who signed both, or each side", () => {
    const says = (one: Countersigned, other: Countersigned) => verifyFork(one, other, anchor, ownerOf)
    assert.deepEqual(says(by(c, "city", "county"), by(forged, "city")).liars, ["city"])
    assert.match(says(by(c, "city"), by(forged, "county")).says, /city and, against that, county signed/)
    const operator = says(
      { ...by(c), operator: operatorOf(c) },
      { ...by(forged), operator: operatorOf(forged) },
    )
    assert.match(operator.says, /the operator's key signed two different histories of test-net at block 7/)
  })

  const none: [lie: string, one: Countersigned, other: Countersigned, says: RegExp][] = [
    ["the same checkpoint twice", by(c, "city"), by(c, "county"), /there is no fork/],
    ["two blocks of one history", by(c, "city"), by({ ...forged, height: 8 }, "county"), /different blocks/],
    ["two networks", by(c, "city"), by({ ...forged, network: "other" }, "county"), /of network other/],
    ["a side that nobody signed", by(c, "city"), by(forged), /nobody signed/],
    [
      "a side that was made up",
      by(c, "city"),
      { ...by(c, "county"), checkpoint: forged },
      /signature of county .* is wrong/,
    ],
    ["a side by a retired key", by(c, "county"), by(forged, "city retired"), /was not valid/],
  ]
  for (const [lie, one, other, says] of none)
    it(`is not shown by ${lie}`, () => {
      for (const pair of [
        [one, other],
        [other, one],
      ] as const)
        assert.throws(() => verifyFork(...pair, anchor, ownerOf), { code: "bad_checkpoint", message: says })
    })
})

describe("fork evidence, offline", () => {
  const { genesis, signed } = makeGenesis()
  const folder = temporaryFolder()
  let engine: EmbeddedEngine
  let sound: ForkEvidence
  before(async () => {
    engine = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed })
    const { height } = await admit(engine, ["city", "custodian"], ["county", "custodian"])
    const own = checkpointOf(genesis.network, decodeBlock(await engine.block(height)))
    const keys = []
    for (const name of ["city", "county"]) {
      const key = publicKey(seedOf(name))
      const { row, proof } = await engine.prove(memberKeys as never, [key], height)
      keys.push({ key, proven: { row, proof } })
    }
    const { checkpoint, operator, comet } = await engine.prove(memberKeys as never, [keys[0].key], height)
    sound = {
      kind: "fork",
      first: by(own, "city"),
      second: by({ ...own, stateRoot: hash(9) }, "county"),
      keys,
      attested: { checkpoint, operator, comet },
      genesis: signed,
    }
  })
  after(async () => {
    await engine.close()
    await rm(folder, { recursive: true })
  })

  it("holds for whoever has the genesis, after its way through a file", () => {
    const bytes = encodeCbor(sound as unknown as Cbor)
    const read = forkEvidence.parse(decodeCbor(bytes), "evidence")
    const { says, restsOn } = verifyForkEvidence(read, genesis)
    assert.match(says, /city and, against that, county signed/)
    assert.equal(restsOn, "keys attested by the operator alone")
    assert.match(verifyForkEvidence(read).restsOn, /the anchor is the file's own/)
  })

  const lies: [lie: string, change: (e: ForkEvidence) => Partial<ForkEvidence>, says: RegExp][] = [
    ["a key that is left out", ({ keys }) => ({ keys: keys.slice(1) }), /knows no key/],
    [
      "a row of a key that is made up",
      ({ keys }) => ({
        keys: [{ ...keys[0], proven: { ...keys[0].proven, row: keys[1].proven.row } }, keys[1]],
      }),
      /is not proven/,
    ],
    [
      "a state that nobody attested",
      ({ attested }) => ({ attested: { ...attested, operator: null } }),
      /attested by nobody/,
    ],
    [
      "an altered state",
      ({ attested }) => ({
        attested: { ...attested, checkpoint: { ...attested.checkpoint, stateRoot: hash(4) } },
      }),
      /operator's signature is wrong/,
    ],
    ["no difference", ({ first }) => ({ second: by(first.checkpoint, "county") }), /there is no fork/],
    [
      "a genesis that its founder did not sign",
      ({ genesis }) => ({ genesis: { ...genesis, signature: new Uint8Array(64) } }),
      /not signed by the founder/,
    ],
  ]
  for (const [lie, change, says] of lies)
    it(`catches ${lie}`, () => {
      assert.throws(() => verifyForkEvidence({ ...sound, ...change(sound) }), {
        code: "bad_evidence",
        message: says,
      })
    })

  it("catches another network's genesis", () => {
    const { genesis: other } = makeGenesis({ network: "other" })
    assert.throws(() => verifyForkEvidence(sound, other), { code: "bad_evidence", message: /of network/ })
  })
})

describe("a file of checkpoints", () => {
  const lineOf = (one: Countersigned) => JSON.stringify(countersigned.toJson(one))
  const one = by(c, "city")
  const two = by({ ...c, height: 8 }, "city", "county")

  it("is read line by line, or as an export", () => {
    const lines = `${lineOf(one)}\n${lineOf(two)}\n`
    assert.deepEqual(parseCheckpoints(lines), { all: [one, two], isCut: false })
    const answer = JSON.stringify({ checkpoints: [countersigned.toJson(one), countersigned.toJson(two)] })
    assert.deepEqual(parseCheckpoints(answer).all, [one, two])
    assert.deepEqual(parseCheckpoints(""), { all: [], isCut: false })
  })

  it("loses what was cut off at its end alone", () => {
    assert.deepEqual(parseCheckpoints(`${lineOf(one)}\n${lineOf(two).slice(0, 90)}`), {
      all: [one],
      isCut: true,
    })
    assert.deepEqual(parseCheckpoints(`${lineOf(one)}\n${lineOf(two)}`), { all: [one, two], isCut: true })
    assert.throws(() => parseCheckpoints(`${lineOf(one)}\n${lineOf(two).slice(0, 90)}\n${lineOf(one)}\n`), {
      code: "bad_checkpoints",
      message: /line 2 /,
    })
  })

  const spoilt: [what: string, text: string][] = [
    ["garbage", "garbage\n"],
    ["an unknown member", `${lineOf(one).replace('"operator"', '"x":1,"operator"')}\n`],
    ["a short signature", `${lineOf(one).replace(/"signature":"../, '"signature":"')}\n`],
    ["an export of garbage", '{"checkpoints":[1]}'],
    ["too many in one export", JSON.stringify({ checkpoints: Array(257).fill(countersigned.toJson(one)) })],
  ]
  for (const [what, text] of spoilt)
    it(`refuses ${what}`, () => assert.throws(() => parseCheckpoints(text), { code: "bad_checkpoints" }))
})
