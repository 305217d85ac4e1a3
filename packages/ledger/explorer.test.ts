import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import {
  abilitiesOf,
  type BlockAnswer,
  blockAnswer,
  checkBlock,
  checkpointBytes,
  EMPTY_ROOT,
  eventBytes,
  faultsOfHeads,
  type HeadsAnswer,
  type HeadsQuestion,
  headsAnswer,
  leafHash,
  type MemberKind,
  memberKind,
  type PayloadId,
  publicKey,
  sign,
  type Table,
  verifyAttestation,
} from "@aceso/core"
import type { Submitted } from "./engine.ts"
import { EmbeddedEngine } from "./engines/embedded/embedded.ts"
import type { Reader } from "./readers.ts"
import {
  admit,
  enrol,
  handleOf,
  makeGenesis,
  patientSeed,
  rules,
  seedOf,
  send,
  temporaryFolder,
} from "./testing/network.ts"

const kinds = memberKind.jsonSchema.enum as readonly MemberKind[]
const memberOf = (kind: MemberKind, member = `some-${kind}`): Reader => ({
  member: { member, kind, abilities: abilitiesOf(kind), licences: [] },
})
const HOLDERS: ReadonlySet<MemberKind> = new Set(["authority", "custodian"])

describe("the explorer", () => {
  const folder = temporaryFolder()
  const { genesis } = makeGenesis({})
  const open = () => EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
  let engine: EmbeddedEngine
  let [admitted, published, enrolled, committed, granted, refused] = [] as Submitted[]

  before(async () => {
    engine = await open()
    admitted = await admit(engine, ["city", "custodian"], ["shop", "pharmacy"], ["insurer", "insurer"])
    const text = { slug: "aspirin", base: 0, kind: "medicine", hash: handleOf("text"), size: 10 }
    published = await send(engine, { contract: "library", action: "publish", input: text }, seedOf("city"))
    assert.deepEqual(published.result, { ok: true })
    enrolled = await enrol(engine, "city", "ann")
    const handle = handleOf("ann at city")
    const commit = { logs: [{ handle, base: 0, entries: handleOf("entry") }] }
    committed = await send(engine, { contract: "records", action: "commit", input: commit }, seedOf("city"))
    refused = await send(engine, { contract: "records", action: "commit", input: commit }, seedOf("city"))
    const input = { custodian: "city", handle, base: 0, root: handleOf("policy") }
    granted = await send(engine, { contract: "policy", action: "grant", input }, patientSeed("ann", "city"))
  })
  after(async () => {
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const explorer = () => engine.service.explorer
  const ANN: Reader = { key: publicKey(patientSeed("ann", "city")) }
  const readers: readonly (readonly [name: string, reader: Reader, holdsAll: boolean])[] = [
    ["nobody", {}, false],
    ["somebody with a key", { key: handleOf("some key") as never }, false],
    ...kinds.map((kind) => [`a member of kind ${kind}`, memberOf(kind), HOLDERS.has(kind)] as const),
  ]
  /** Whether what is in a transaction is shown; it is proven in any case. */
  async function isShown(id: PayloadId, reader: Reader): Promise<boolean> {
    const answer = blockAnswer.parse(await explorer().transaction(id, reader))
    const { fault, transactions } = checkBlock(answer, genesis, verifyAttestation)
    const [one, ...more] = transactions
    assert.deepEqual([fault, one.fault, more.length], [undefined, undefined, 0])
    assert.deepEqual(one.payloadId, id)
    if (!one.seen) assert.equal(answer.transactions[0].seen, null)
    return one.seen !== undefined
  }

  for (const [name, reader, holdsAll] of readers) {
    it(`shows ${name} what wrote public rows, and who asked for it`, async () => {
      assert.equal(await isShown(published.payloadId, reader), true)
    })
    const isMember = reader.member !== undefined
    it(`${isMember ? "shows" : "hides from"} ${name} what wrote rows for members`, async () => {
      assert.equal(await isShown(admitted.payloadId, reader), isMember)
    })
    it(`${holdsAll ? "shows" : "hides from"} ${name} what is about a patient, and what was refused`, async () => {
      for (const { payloadId } of [enrolled, committed, granted, refused])
        assert.equal(await isShown(payloadId, reader), holdsAll)
    })
  }

  it("shows whoever signed it what they signed, also where it was refused", async () => {
    const city = memberOf("insurer", "city")
    assert.equal(await isShown(granted.payloadId, ANN), true)
    for (const { payloadId } of [committed, refused]) {
      assert.equal(await isShown(payloadId, ANN), false)
      assert.equal(await isShown(payloadId, city), true)
    }
    const other: Reader = { key: publicKey(patientSeed("bob", "city")) }
    assert.equal(await isShown(granted.payloadId, other), false)
  })

  it("names the rows that a transaction wrote, its events, and the contract's words", async () => {
    const reader = memberOf("authority")
    const { transactions } = checkBlock(
      await explorer().transaction(committed.payloadId, reader),
      genesis,
      verifyAttestation,
    )
    const [{ seen }] = transactions
    assert.deepEqual([seen?.contract, seen?.action], ["records", "commit"])
    assert.deepEqual(
      seen?.rows.map(({ table }) => table),
      ["recordLogs"],
    )
    assert.ok(seen?.events.every(({ contract }) => contract === "records"))
  })

  it("says nothing of what a transaction wrote before this was kept: to those alone who hold all", async () => {
    const { db } = engine.chain.store
    await engine.chain.store.flush()
    await db.touched.remove(published.height)
    await db.summaries.remove(published.height)
    await engine.close()
    engine = await open()
    assert.equal(await isShown(published.payloadId, {}), false)
    assert.equal(await isShown(published.payloadId, memberOf("authority")), true)
    assert.equal(await isShown(granted.payloadId, ANN), true)
    const { heads } = await explorer().heads({ before: 0, limit: 100 })
    assert.equal(heads.find(({ height }) => height === published.height)?.transactions, 1)
  })

  const heads = async (before = 0, limit = 3): Promise<HeadsAnswer> =>
    headsAnswer.parse(await explorer().heads({ before, limit }))

  it("gives heads by pages, down to the first, each following from the one before", async () => {
    const seen: number[] = []
    for (let before = 0; ; ) {
      const page = await heads(before, 2)
      assert.deepEqual([...faultsOfHeads({ before, limit: 2 }, page, genesis, verifyAttestation)], [])
      if (page.heads.length === 0) break
      seen.push(...page.heads.map(({ height }) => height))
      before = seen.at(-1) ?? 0
      if (before === 1) break
    }
    const tip = (await engine.status()).checkpoint.height
    assert.deepEqual(
      seen,
      Array.from({ length: tip }, (_, i) => tip - i),
    )
  })

  const flip = (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === 3 ? byte ^ 1 : byte))
  const lies: readonly (readonly [string, (answer: HeadsAnswer) => HeadsAnswer, at: number, RegExp])[] = [
    [
      "a root",
      (a) => ({
        ...a,
        heads: a.heads.map((h, i) => (i === 1 ? { ...h, eventsRoot: flip(h.eventsRoot) } : h)),
      }),
      1,
      /does not follow/,
    ],
    [
      "a hash",
      (a) => ({
        ...a,
        heads: a.heads.map((h, i) => (i === 1 ? { ...h, historyHash: flip(h.historyHash) } : h)),
      }),
      0,
      /does not follow/,
    ],
    ["one left out", (a) => ({ ...a, heads: a.heads.filter((_, i) => i !== 1) }), 0, /does not follow/],
    [
      "the newest's time",
      (a) => ({ ...a, heads: a.heads.map((h, i) => (i === 0 ? { ...h, time: h.time + 1 } : h)) }),
      0,
      /not the block that is attested/,
    ],
    [
      "another's attestation",
      (a) => ({ ...a, newest: a.newest && { ...a.newest, operator: null } }),
      0,
      /attested by nobody/,
    ],
    [
      "how many transactions there are",
      (a) => ({ ...a, heads: a.heads.map((h, i) => (i === 1 ? { ...h, transactions: 0 } : h)) }),
      1,
      /said to have no transaction/,
    ],
    ["no attestation", (a) => ({ ...a, newest: null }), 0, /nobody attests/],
  ]
  for (const [name, lie, at, fault] of lies)
    it(`finds heads out that lie about ${name}`, async () => {
      const honest = await heads()
      const told = lie(honest)
      assert.match(
        faultsOfHeads({ before: 0, limit: 3 }, told, genesis, verifyAttestation).get(honest.heads[at].height)
          ?.detail ?? "",
        fault,
      )
    })

  const edges: readonly (readonly [
    string,
    question: HeadsQuestion,
    lie: (answer: HeadsAnswer) => HeadsAnswer,
  ])[] = [
    ["at the beginning of a page", { before: 5, limit: 2 }, (a) => ({ ...a, heads: a.heads.slice(1) })],
    ["at the end of a page", { before: 5, limit: 3 }, (a) => cut(a, 2)],
    ["of a page that is all", { before: 3, limit: 2 }, (a) => ({ ...a, heads: [] })],
    ["by more than were asked for", { before: 5, limit: 1 }, (a) => a],
  ]
  const cut = (answer: HeadsAnswer, n: number): HeadsAnswer => ({
    ...answer,
    heads: answer.heads.slice(0, n),
    previousHistory: answer.heads[n].historyHash,
  })
  for (const [name, question, lie] of edges)
    it(`finds a block out that is left out ${name}`, async () => {
      const limit = name.startsWith("by more") ? 2 : question.limit
      const told = lie(headsAnswer.parse(await explorer().heads({ ...question, limit })))
      const faults = [...faultsOfHeads(question, told, genesis, verifyAttestation).values()]
      assert.ok(
        faults.some((one) => one.name === "left_out"),
        JSON.stringify(faults),
      )
    })

  it("says nothing of how large a block is: that tells what is in it", async () => {
    const { heads } = await explorer().heads({ before: 0, limit: 1 })
    assert.deepEqual(
      Object.keys(heads[0]).filter((name) => /size|bytes/i.test(name)),
      [],
    )
  })

  it("believes no event of a block in which nothing happened", async () => {
    const { engineKey } = genesis
    assert.ok(engineKey)
    const event = {
      height: 1,
      transaction: 0,
      index: 0,
      contract: "governance",
      name: "misbehaved",
      data: {},
    }
    const leaf = eventBytes(event as never)
    const honest = await explorer().block({ height: 1, from: 0, limit: 1 }, {})
    const checkpoint = { ...honest.checkpoint, txRoot: EMPTY_ROOT, historyHash: honest.previousHistory }
    const told: BlockAnswer = {
      ...honest,
      ...{ checkpoint, size: 0, transactions: [], resultsRoot: EMPTY_ROOT, eventsRoot: leafHash(leaf) },
      operator: { key: engineKey, signature: sign(checkpointBytes(checkpoint), seedOf("engine")) },
      events: [{ bytes: leaf, inclusion: { index: 0, size: 1, path: [] } }],
    }
    assert.equal(checkBlock(told, genesis, verifyAttestation).fault?.name, "history")
    const empty = { ...told, eventsRoot: EMPTY_ROOT, events: [] }
    assert.equal(checkBlock(empty, genesis, verifyAttestation).fault, undefined)
  })

  it("keeps to itself what was in a row that is gone: whom it named nobody can tell", async () => {
    const { store } = engine.chain
    const { get } = store
    store.get = ((table: Table, key: never) =>
      table.readers === "parties" ? undefined : get.call(store, table, key)) as typeof store.get
    try {
      for (const kind of kinds) {
        const isHolder = HOLDERS.has(kind)
        for (const { payloadId } of [enrolled, committed, granted])
          assert.equal(await isShown(payloadId, memberOf(kind)), isHolder, kind)
      }
    } finally {
      store.get = get
    }
  })

  const blockLies: readonly (readonly [
    string,
    (answer: BlockAnswer) => BlockAnswer,
    of: "block" | "transaction",
    RegExp,
  ])[] = [
    [
      "a byte of the envelope",
      (a) =>
        withFirst(a, (one) => ({
          ...one,
          seen: one.seen && { ...one.seen, envelope: flip(one.seen.envelope) },
        })),
      "transaction",
      /does not give its hash/,
    ],
    [
      "a byte of its hash",
      (a) => withFirst(a, (one) => ({ ...one, hash: flip(one.hash) })),
      "transaction",
      /not in the block/,
    ],
    [
      "its result",
      (a) => withFirst(a, (one) => ({ ...one, rejection: "quota_exceeded" })),
      "transaction",
      /result is not the block's/,
    ],
    [
      "its id",
      (a) => withFirst(a, (one) => ({ ...one, payloadId: flip(one.payloadId) })),
      "transaction",
      /result is not the block's/,
    ],
    [
      "an event",
      (a) =>
        withFirst(a, (one) => ({
          ...one,
          seen: one.seen && {
            ...one.seen,
            events: one.seen.events.map((e) => ({ ...e, bytes: flip(e.bytes) })),
          },
        })),
      "transaction",
      /an event is not in the block/,
    ],
    ["a root", (a) => ({ ...a, resultsRoot: flip(a.resultsRoot) }), "block", /history hash does not follow/],
    [
      "the block before",
      (a) => ({ ...a, previousHistory: flip(a.previousHistory) }),
      "block",
      /history hash does not follow/,
    ],
    [
      "the state",
      (a) => ({ ...a, checkpoint: { ...a.checkpoint, stateRoot: flip(a.checkpoint.stateRoot) } }),
      "block",
      /signature is wrong/,
    ],
    [
      "its time",
      (a) => ({ ...a, checkpoint: { ...a.checkpoint, time: a.checkpoint.time + 1 } }),
      "block",
      /signature is wrong/,
    ],
    ["having none", (a) => ({ ...a, size: 0, transactions: [] }), "block", /said to have no transaction/],
    [
      "another network",
      (a) => ({ ...a, checkpoint: { ...a.checkpoint, network: "other" } }),
      "block",
      /of network other/,
    ],
  ]
  for (const [name, lie, of, fault] of blockLies)
    it(`finds a block out that lies about ${name}`, async () => {
      const reader = memberOf("custodian")
      const honest = await explorer().block({ height: granted.height, from: 0, limit: 50 }, reader)
      assert.ok(honest.transactions[0].seen?.events.length)
      const checked = checkBlock(lie(honest), genesis, verifyAttestation)
      assert.match((of === "block" ? checked.fault : checked.transactions[0].fault)?.detail ?? "", fault)
    })
})

const withFirst = (
  answer: BlockAnswer,
  change: (one: BlockAnswer["transactions"][number]) => BlockAnswer["transactions"][number],
): BlockAnswer => ({
  ...answer,
  transactions: answer.transactions.map((one, i) => (i === 0 ? change(one) : one)),
})
