import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import {
  abilitiesOf,
  type FindAnswer,
  type FindQuestion,
  findAnswer,
  type MemberKind,
  memberKind,
  publicKey,
  toHex,
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
const memberOf = (kind: MemberKind, member: string): Reader => ({
  member: { member, kind, abilities: abilitiesOf(kind), licences: [] },
})
const HOLDERS: ReadonlySet<MemberKind> = new Set(["authority", "custodian"])

describe("finding transactions", () => {
  const folder = temporaryFolder()
  const { genesis } = makeGenesis({})
  const open = () => EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
  let engine: EmbeddedEngine
  const published: Submitted[] = []
  let [admitted, enrolled, granted, refused] = [] as Submitted[]

  before(async () => {
    engine = await open()
    admitted = await admit(engine, ["city", "custodian"], ["shop", "pharmacy"])
    for (const slug of ["aspirin", "ibuprofen", "zinc"])
      published.push(
        await send(
          engine,
          {
            contract: "library",
            action: "publish",
            input: { slug, base: 0, kind: "medicine", hash: handleOf(slug), size: 10 },
          },
          seedOf("city"),
        ),
      )
    enrolled = await enrol(engine, "city", "ann")
    const handle = handleOf("ann at city")
    const input = { custodian: "city", handle, base: 0, root: handleOf("policy") }
    granted = await send(engine, { contract: "policy", action: "grant", input }, patientSeed("ann", "city"))
    refused = await send(engine, { contract: "policy", action: "grant", input }, patientSeed("ann", "city"))
  })
  after(async () => {
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const find = async (question: Partial<FindQuestion>, reader: Reader): Promise<FindAnswer> =>
    findAnswer.parse(
      await engine.service.explorer.find(
        { contract: null, member: null, before: null, limit: 50, ...question },
        reader,
      ),
    )
  const idsOf = ({ found }: FindAnswer) => found.map(({ payloadId }) => toHex(payloadId))
  const ids = (...all: Submitted[]) => all.map(({ payloadId }) => toHex(payloadId))
  const newestFirst = () => ids(...published.toReversed())
  const readers: readonly (readonly [name: string, reader: Reader, holdsAll: boolean])[] = [
    ["nobody", {}, false],
    ["somebody with a key", { key: publicKey(patientSeed("ann", "city")) }, false],
    ...kinds.map(
      (kind) => [`a member of kind ${kind}`, memberOf(kind, `some-${kind}`), HOLDERS.has(kind)] as const,
    ),
  ]

  for (const [name, reader, holdsAll] of readers) {
    it(`shows ${name} those of a contract and of a member that anybody may see${holdsAll ? ", and all else" : ""}`, async () => {
      assert.deepEqual(idsOf(await find({ contract: "library" }, reader)), newestFirst())
      const ofCity = idsOf(await find({ member: "city" }, reader))
      assert.deepEqual(ofCity.slice(holdsAll ? 1 : 0), newestFirst())
      if (holdsAll) assert.deepEqual(ofCity.slice(0, 1), ids(enrolled))
      const policies = idsOf(await find({ contract: "policy" }, reader))
      assert.deepEqual(policies, holdsAll ? ids(refused, granted) : [])
    })
  }

  it("shows a member what it signed itself, and no other's", async () => {
    const own = memberOf("insurer", "city")
    assert.deepEqual(idsOf(await find({ member: "city" }, own)), [...ids(enrolled), ...newestFirst()])
    assert.deepEqual(idsOf(await find({ member: "city", contract: "people" }, own)), ids(enrolled))
    assert.deepEqual(idsOf(await find({ contract: "people" }, own)), [])
    assert.deepEqual(idsOf(await find({ member: "authority" }, own)), [])
    assert.ok(
      idsOf(await find({ member: "authority" }, memberOf("custodian", "city"))).includes(
        toHex(admitted.payloadId),
      ),
    )
  })

  it("tells where to go on by what is shown alone", async () => {
    const open = await find({ member: "city", limit: 1 }, {})
    assert.deepEqual(idsOf(open), ids(published[2]))
    // The next that is for nobody, a newer one that is not, is not told of.
    assert.deepEqual(open.next?.height, published[1].height)
    const last = await find({ member: "city", limit: 3 }, {})
    assert.equal(last.next, null)
  })

  it("goes through by pages, each once, also in one block", async () => {
    const { chain } = engine
    const many = Array.from({ length: 7 }, (_, i) => handleOf(`many ${i}`))
    const answers = await Promise.all(
      many.map((hash, i) =>
        send(
          engine,
          {
            contract: "library",
            action: "publish",
            input: { slug: `many-${i}`, base: 0, kind: "medicine", hash, size: 1 },
          },
          seedOf("city"),
        ),
      ),
    )
    assert.ok(answers.some(({ index }) => index > 0))
    const all = idsOf(await find({ contract: "library" }, {}))
    assert.equal(all.length, 10)
    for (const limit of [1, 2, 3, 4]) {
      const seen: string[] = []
      let before: FindQuestion["before"] = null
      do {
        const page = await find({ contract: "library", member: "city", limit, before }, {})
        seen.push(...idsOf(page))
        before = page.next
      } while (before)
      assert.deepEqual(seen, all, `${limit} a page`)
    }
    assert.equal(chain.finding.from, 1)
  })

  it("finds the same when the node comes back, and after a flush", async () => {
    const all = idsOf(await find({ contract: "library" }, {}))
    await engine.chain.store.flush()
    assert.deepEqual(idsOf(await find({ contract: "library" }, {})), all)
    await engine.close()
    engine = await open()
    assert.deepEqual(idsOf(await find({ contract: "library" }, {})), all)
    assert.deepEqual(
      idsOf(await find({ contract: "policy" }, memberOf("authority", "any"))),
      ids(refused, granted),
    )
    assert.equal((await find({ contract: "library" }, {})).from, 1)
  })

  it("does not take a name for the beginning of another", async () => {
    assert.deepEqual(idsOf(await find({ contract: "librar" }, {})), [])
    assert.deepEqual(idsOf(await find({ member: "cit" }, memberOf("authority", "any"))), [])
  })

  it("refuses a question that names nothing", async () => {
    await assert.rejects(find({}, {}), { code: "bad_input" })
  })
})
