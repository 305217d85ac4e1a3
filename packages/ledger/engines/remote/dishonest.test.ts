import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { members, recordLogs } from "@aceso/contracts"
import {
  type EventsAnswer,
  encodeCbor,
  type GenesisDocument,
  type LedgerEvent,
  type Member,
  PlatformError,
  type RowsAnswer,
  type ScanAnswer,
} from "@aceso/core"
import { START } from "../../engine.ts"
import type { Reader } from "../../readers.ts"
import {
  admit,
  enrol,
  envelopeOf,
  handleOf,
  makeGenesis,
  rules,
  seedOf,
  send,
  temporaryFolder,
} from "../../testing/network.ts"
import { sourceOf } from "../../testing/remote-sources.ts"
import { EmbeddedEngine } from "../embedded/embedded.ts"
import { RemoteEngine } from "./remote.ts"
import type { Finding, RemoteSource } from "./source.ts"

/** An app keeps its own users' records and holds nothing of others. */
const app: Reader = {
  member: { member: "app", kind: "app", abilities: ["keepsRecords"], licences: [] } satisfies Member,
}
const FAST = { patienceMs: 300, retryMs: [20, 100] as const }

describe("a remote member among sources that do not do what they should", () => {
  const folder = temporaryFolder()
  const { genesis } = makeGenesis({})
  let engine: EmbeddedEngine
  let other: { engine: EmbeddedEngine; genesis: GenesisDocument; folder: string }
  const opened: RemoteEngine[] = []

  const honest = (member: string): RemoteSource =>
    sourceOf(
      member,
      () => engine,
      () => app,
    )
  const remote = (...sources: RemoteSource[]) => {
    const findings: Finding[] = []
    const one = new RemoteEngine({
      genesis,
      sources,
      onFinding: (finding) => findings.push(finding),
      patienceMs: FAST.patienceMs,
      retryMs: [...FAST.retryMs],
    })
    opened.push(one)
    const kinds = () => [...new Set(findings.map(({ member, kind }) => `${member} ${kind}`))].sort()
    return { one, findings, kinds }
  }
  const commit = (base: number, entry: string) =>
    send(
      engine,
      {
        contract: "records",
        action: "commit",
        input: { logs: [{ handle: handleOf("ann at app"), base, entries: handleOf(entry) }] },
      },
      seedOf("app"),
    )

  before(async () => {
    engine = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
    await admit(engine, ["city", "custodian"], ["county", "custodian"], ["town", "custodian"], ["app", "app"])
    assert.deepEqual((await enrol(engine, "app", "ann")).result, { ok: true })
    assert.deepEqual((await enrol(engine, "city", "bob")).result, { ok: true })
    for (let i = 0; i < 3; i++) await commit(i, `e${i}`)
    // The same engine key signs another history: only the operator could.
    const elsewhere = temporaryFolder()
    const fork = await EmbeddedEngine.open({
      folder: elsewhere,
      genesis,
      rules,
      engineSeed: seedOf("engine"),
    })
    await admit(fork, ["city", "custodian"], ["county", "custodian"], ["town", "custodian"], ["app", "app"])
    for (let i = 0; i < 16; i++) await enrol(fork, "app", `patient ${i}`)
    other = { engine: fork, genesis, folder: elsewhere }
  })
  after(async () => {
    for (const one of opened) await one.close()
    await engine.close()
    await other.engine.close()
    for (const one of [folder, other.folder]) rmSync(one, { recursive: true, force: true })
  })

  const flip = (bytes: Uint8Array): Uint8Array =>
    bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte))
  const withRows = (source: RemoteSource, change: (answer: RowsAnswer) => RowsAnswer): RemoteSource => ({
    ...source,
    rows: async (question) => change(await source.rows(question)),
  })
  const first = <T>(all: readonly T[], change: (one: T) => T): T[] =>
    all.map((one, i) => (i === 0 ? change(one) : one))

  const lies: readonly (readonly [string, (answer: RowsAnswer) => RowsAnswer])[] = [
    [
      "another row",
      (answer) => ({
        ...answer,
        rows: first(answer.rows, ({ row, proof }) => ({ row: row && flip(row), proof })),
      }),
    ],
    [
      "no row where there is one",
      (answer) => ({ ...answer, rows: first(answer.rows, ({ proof }) => ({ row: null, proof })) }),
    ],
    ["fewer rows than were asked for", (answer) => ({ ...answer, rows: [] })],
    [
      "another state root",
      (answer) => ({ ...answer, checkpoint: { ...answer.checkpoint, stateRoot: handleOf("root") } }),
    ],
    [
      "a height that is not reached",
      (answer) => ({ ...answer, checkpoint: { ...answer.checkpoint, height: answer.checkpoint.height + 7 } }),
    ],
    ["a checkpoint that nobody signed", (answer) => ({ ...answer, operator: null })],
    [
      "a checkpoint signed by a key of its own",
      (answer) => ({
        ...answer,
        operator: answer.operator && {
          ...answer.operator,
          signature: flip(answer.operator.signature) as never,
        },
      }),
    ],
  ]
  for (const [what, change] of lies)
    it(`two of three show ${what}: the third is believed, both are named`, async () => {
      const { one, kinds } = remote(
        withRows(honest("city"), change),
        withRows(honest("county"), change),
        honest("town"),
      )
      const row = await one.read(recordLogs, ["app", handleOf("ann at app")])
      assert.equal(row?.size, 3)
      assert.deepEqual(kinds(), ["city lies", "county lies"])
    })

  it("all three lie: nothing is believed", async () => {
    const [[, change]] = lies
    const { one } = remote(...["city", "county", "town"].map((name) => withRows(honest(name), change)))
    await assert.rejects(one.read(recordLogs, ["app", handleOf("ann at app")]), { code: "bad_proof" })
  })

  it("one shows an older state than another has shown: it is told of, and not believed", async () => {
    const old = withRows(honest("city"), (answer) => answer)
    const stale: RemoteSource = {
      ...old,
      rows: (question) => old.rows({ ...question, height: question.height === 0 ? 3 : question.height }),
    }
    const { one, kinds } = remote(stale, honest("county"))
    // The newest that county showed is the least from then on.
    await one.status()
    const { checkpoint } = await honest("county").rows({ table: "lastBlock", keys: [[]], height: 0 })
    one.trust.accept("county", await honest("county").rows({ table: "lastBlock", keys: [[]], height: 0 }))
    const proven = await one.prove(recordLogs as never, ["app", handleOf("ann at app")])
    assert.ok(proven.checkpoint.height >= checkpoint.height)
    assert.ok(kinds().includes("city lags"), kinds().join())
  })

  it("one refuses what another gives: it withholds", async () => {
    const refusing: RemoteSource = {
      ...honest("city"),
      rows: () => Promise.reject(new PlatformError("not_permitted", "not for you")),
    }
    const { one, kinds } = remote(refusing, honest("county"))
    assert.equal((await one.read(members, ["city"]))?.kind, "custodian")
    assert.deepEqual(kinds(), ["city withholds"])
  })

  it("what all refuse is refused", async () => {
    const { one, kinds } = remote(honest("city"), honest("county"))
    await assert.rejects(
      one
        .read(recordLogs, ["city", handleOf("bob at city")])
        .then((row) => assert.equal(row, undefined))
        .then(() => one.scan(recordLogs, ["city"])),
      { code: "not_permitted" },
    )
    assert.deepEqual(kinds(), [])
  })

  it("one that is away is told of, and does not matter", async () => {
    const away: RemoteSource = {
      ...honest("city"),
      rows: () => Promise.reject(new PlatformError("node_unreachable", "no answer")),
      submit: () => Promise.reject(new PlatformError("node_unreachable", "no answer")),
    }
    const { one, kinds } = remote(away, honest("county"))
    assert.equal((await one.read(members, ["city"]))?.kind, "custodian")
    const bytes = envelopeOf(
      one.network,
      {
        contract: "records",
        action: "commit",
        input: {
          logs: [{ handle: handleOf("ann at app"), base: 3, entries: handleOf("while city is away") }],
        },
      },
      seedOf("app"),
    )
    assert.deepEqual((await one.submit(bytes)).result, { ok: true })
    assert.equal((await one.read(recordLogs, ["app", handleOf("ann at app")]))?.size, 4)
    assert.deepEqual(kinds(), ["city unreachable"])
  })

  it("two histories, both attested: nothing is read any more", async () => {
    const forked = sourceOf(
      "county",
      () => other.engine,
      () => app,
    )
    const { one, kinds } = remote(honest("city"), forked)
    await assert.rejects(one.read(members, ["city"]), { code: "history_forked" })
    assert.deepEqual(kinds(), ["county forked"])
  })

  it("a scan leaves nothing out that one of them names", async () => {
    const short: RemoteSource = { ...honest("city"), scan: async () => ({ keys: [], next: [] }) }
    const { one, kinds } = remote(short, honest("county"))
    assert.equal((await one.scan(members)).length, 5)
    assert.deepEqual(kinds(), ["city withholds"])
  })

  const badScans: readonly (readonly [string, (asked: number, honest: ScanAnswer) => ScanAnswer])[] = [
    ["no key and where it began", () => ({ keys: [], next: keyOf("app") })],
    ["the same page without end", (_, { keys }) => ({ keys, next: keys[keys.length - 1] })],
    ["to go on at another key than the last", (asked, { keys }) => ({ keys, next: keyOf(numbered(asked)) })],
    ["a key twice", (_, { keys }) => ({ keys: [keys[0], ...keys], next: [] })],
    ["keys in another order", (_, { keys }) => ({ keys: keys.toReversed(), next: [] })],
    ["half a key", (_, { keys }) => ({ keys: [[], ...keys], next: [] })],
    ["new keys without end", (asked) => ({ keys: [keyOf(numbered(asked))], next: keyOf(numbered(asked)) })],
  ]
  const keyOf = (member: string) => [encodeCbor(member)]
  const numbered = (n: number) => `z${String(n).padStart(9, "0")}`
  for (const [what, change] of badScans)
    it(`a scan in which one of two shows ${what} ends; it is named`, async () => {
      let asked = 0
      const lying: RemoteSource = {
        ...honest("city"),
        scan: async (question) => {
          assert.ok(++asked < 20_000, "asked without end")
          return change(asked, await honest("city").scan({ ...question, after: [] }))
        },
      }
      const { one, kinds } = remote(lying, honest("county"))
      assert.equal((await one.scan(members)).length, 5)
      assert.deepEqual(kinds(), ["city lies"])
    })

  it("rows of others in a scan of a part are a lie", async () => {
    const all: RemoteSource = {
      ...honest("city"),
      scan: (question) => honest("city").scan({ ...question, prefix: [] }),
    }
    const { one, kinds } = remote(all, honest("county"))
    assert.equal((await one.scan(members, ["app"])).length, 1)
    assert.deepEqual(kinds(), ["city lies"])
  })

  it("who leaves out many rows is asked once more, not for each of them", async () => {
    let asked = 0
    const short: RemoteSource = {
      ...honest("city"),
      scan: async () => {
        asked++
        return { keys: [], next: [] }
      },
    }
    const { one } = remote(short, honest("county"))
    assert.equal((await one.scan(members)).length, 5)
    assert.equal(asked, 2)
  })

  it("one that answers at once that nothing came is not asked without a pause", async () => {
    const { tip, statement } = await own()
    let asked = 0
    const hasty: RemoteSource = {
      ...honest("city"),
      events: async () => {
        asked++
        await delay(0)
        return { blocks: [], upTo: 0, tip, statement }
      },
    }
    const { one } = remote(hasty)
    const close = one.subscribe(START, () => {})
    await delay(400)
    close()
    assert.ok(asked <= 400 / FAST.retryMs[0] + 1, `${asked} times`)
  })

  const hear = (one: RemoteEngine, wanted: number): Promise<LedgerEvent[]> =>
    new Promise((resolve) => {
      const events: LedgerEvent[] = []
      const close = one.subscribe(START, (event) => {
        events.push(event)
        if (events.length < wanted) return
        close()
        resolve(events)
      })
    })
  const withEvents = (
    source: RemoteSource,
    change: (answer: EventsAnswer) => EventsAnswer,
  ): RemoteSource => ({
    ...source,
    events: async (question, signal) => change(await source.events(question, signal)),
  })
  /** Of the app: one enrolment and its commitments so far. */
  const own = () => honest("town").events({ after: 0, waitMs: 0 }, new AbortController().signal)

  it("its own events are heard, others' are not", async () => {
    const wanted = (await own()).blocks.flatMap(({ events }) => events).length
    assert.ok(wanted >= 4)
    const { one, kinds } = remote(honest("city"), honest("county"))
    const events = await hear(one, wanted)
    assert.ok(events.every(({ data }) => data.custodian === "app" || data.custodian === undefined))
    assert.ok(events.some(({ name }) => name === "enrolled"))
    assert.deepEqual(kinds(), [])
  })

  const eventLies: readonly (readonly [string, string, (answer: EventsAnswer) => EventsAnswer])[] = [
    ["withhold all events", "withholds", (answer) => ({ ...answer, blocks: [] })],
    [
      "change an event",
      "lies",
      (answer) => ({
        ...answer,
        blocks: answer.blocks.map((block) => ({
          ...block,
          events: block.events.map((event) => ({ ...event, bytes: flip(event.bytes) })),
        })),
      }),
    ],
    ["tell of blocks above their newest", "lies", (answer) => ({ ...answer, upTo: answer.upTo + 1 })],
    [
      "tell of blocks twice",
      "lies",
      (answer) => ({ ...answer, blocks: [...answer.blocks, ...answer.blocks] }),
    ],
  ]
  for (const [what, kind, change] of eventLies)
    it(`two of three ${what}: all of them are heard from the third, in order; both are named`, async () => {
      const wanted = (await own()).blocks.flatMap(({ events }) => events).length
      const { one, findings } = remote(
        withEvents(honest("city"), change),
        withEvents(honest("county"), change),
        honest("town"),
      )
      const named = new Set<string>()
      const both = new Promise<void>((resolve) => {
        one.trust.onFinding = ({ member, kind }) => {
          named.add(`${member} ${kind}`)
          if (named.size === 2) resolve()
        }
      })
      const events = await hear(one, wanted)
      const places = events.map(({ height, transaction, index }) => height * 1e6 + transaction * 1e3 + index)
      assert.deepEqual(
        places,
        [...places].sort((a, b) => a - b),
      )
      await both
      assert.deepEqual([...named].sort(), [`city ${kind}`, `county ${kind}`])
      assert.equal(findings.length, 0)
    })

  it("one that stands still is not waited for longer than patience; what it lacks is told of", async () => {
    const frozen = await honest("city").events({ after: 0, waitMs: 0 }, new AbortController().signal)
    const at = frozen.tip.checkpoint.height - 1
    const still: RemoteSource = {
      ...honest("city"),
      events: async (question, signal) => {
        if (question.after >= at) await new Promise((resolve) => setTimeout(resolve, 50))
        const answer = await honest("city").events({ ...question, waitMs: 0 }, signal)
        const blocks = answer.blocks.filter(({ checkpoint }) => checkpoint.height <= at)
        return { ...answer, blocks, upTo: Math.min(at, answer.upTo) }
      },
    }
    const wanted = (await own()).blocks.flatMap(({ events }) => events).length
    const { one, kinds } = remote(still, honest("county"))
    assert.equal((await hear(one, wanted)).length, wanted)
    assert.ok(kinds().includes("city lags"))
  })
})
