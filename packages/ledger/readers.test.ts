import assert from "node:assert/strict"
import { rmSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import { casesOf, contracts } from "@aceso/contracts"
import {
  abilitiesOf,
  encodeCbor,
  type Member,
  type MemberKind,
  memberKind,
  PlatformError,
  type Table,
} from "@aceso/core"
import { EmbeddedEngine } from "./engines/embedded/embedded.ts"
import type { Reader } from "./readers.ts"
import { systemTables } from "./system-tables.ts"
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

const tables: readonly Table[] = [...contracts.flatMap(({ tables }) => tables), ...systemTables]
const kinds = memberKind.jsonSchema.enum as readonly MemberKind[]
const memberOf = (kind: MemberKind, member = `some-${kind}`): Reader => ({
  member: { member, kind, abilities: abilitiesOf(kind), licences: [] } satisfies Member,
})

describe("everything that a node serves, asked by everybody", () => {
  const folder = temporaryFolder()
  const { genesis } = makeGenesis({})
  let engine: EmbeddedEngine

  before(async () => {
    engine = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
    await admit(engine, ["city", "custodian"], ["county", "custodian"], ["app", "app"], ["shop", "pharmacy"])
    for (const custodian of ["city", "app"]) await enrol(engine, custodian, "ann")
    const handle = handleOf("ann at city")
    const commit = { logs: [{ handle, base: 0, entries: handleOf("entry") }] }
    await send(engine, { contract: "records", action: "commit", input: commit }, seedOf("city"))
    const input = { custodian: "city", handle, base: 0, root: handleOf("policy") }
    await send(engine, { contract: "policy", action: "grant", input }, patientSeed("ann", "city"))
  })
  after(async () => {
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const readers: readonly (readonly [string, Reader])[] = [
    ["nobody", {}],
    ["a patient's key", { key: handleOf("some key") as never }],
    ...kinds.map((kind) => [`a member of kind ${kind}`, memberOf(kind)] as const),
  ]
  const outcome = async (ask: Promise<unknown>): Promise<string> => {
    try {
      await ask
      return "given"
    } catch (error) {
      return error instanceof PlatformError ? error.code : String(error)
    }
  }
  /** What is expected of a row that is there and names none of them. */
  const isFor = (table: Table, { member }: Reader): boolean => {
    if (table.readers === "public" || member?.kind === "authority" || member?.kind === "custodian")
      return true
    return table.readers === "members" && member !== undefined
  }

  it("every table says for whom it is, and those for parties say who they are", () => {
    for (const table of [...tables, ...casesOf([]).tables])
      if (table.readers === "parties") assert.ok(table.parties, table.name)
    for (const { name, events } of contracts)
      for (const one of events) if (one.readers === "parties") assert.ok(one.parties, `${name}.${one.name}`)
  })

  for (const [who, reader] of readers)
    it(`${who}: rows of each table that there are, and the table as a whole`, async () => {
      let asked = 0
      for (const table of tables) {
        const wanted = isFor(table, reader) ? "given" : "not_permitted"
        const scan = engine.service.scan({ table: table.name, prefix: [], after: [] }, reader)
        assert.equal(await outcome(scan), wanted, `scan of ${table.name}`)
        for (const { key } of await engine.scan(table)) {
          const parts = key.map((part) => encodeCbor(part as never))
          const rows = engine.service.rows({ table: table.name, keys: [parts], height: 0 }, reader)
          assert.equal(await outcome(rows), wanted, `${table.name} ${String(key)}`)
          asked++
        }
      }
      assert.ok(asked > 30)
    })

  it("a row that names a member is its own", async () => {
    const ask = (custodian: string, member: string) => {
      const key = [encodeCbor(custodian), encodeCbor(handleOf(`ann at ${custodian}`))]
      return outcome(
        engine.service.rows({ table: "handles", keys: [key], height: 0 }, memberOf("app", member)),
      )
    }
    assert.deepEqual(
      [await ask("app", "app"), await ask("city", "app"), await ask("app", "shop")],
      ["given", "not_permitted", "not_permitted"],
    )
    const scan = (custodian: string) =>
      outcome(
        engine.service.scan(
          { table: "handles", prefix: [encodeCbor(custodian)], after: [] },
          memberOf("app", "app"),
        ),
      )
    assert.deepEqual([await scan("app"), await scan("city")], ["given", "not_permitted"])
  })

  it("a row that names a key is that key's", async () => {
    const key = [encodeCbor("city"), encodeCbor(handleOf("ann at city"))]
    const row = await engine.read(contracts[1].tables[0], ["city", handleOf("ann at city")])
    const own = { key: (row as { key: Uint8Array }).key as never }
    assert.equal(
      await outcome(engine.service.rows({ table: "handles", keys: [key], height: 0 }, own)),
      "given",
    )
  })

  it("that a row is absent is told to those alone whom its key names", async () => {
    const handle = encodeCbor(handleOf("ann at city"))
    const ask = (table: string, custodian: string, reader: Reader) => {
      const key = [encodeCbor(custodian), handle]
      return outcome(engine.service.rows({ table, keys: [key], height: 0 }, reader))
    }
    const readers: readonly Reader[] = [
      {},
      { key: handleOf("some key") as never },
      memberOf("insurer"),
      memberOf("app", "app"),
      memberOf("custodian", "county"),
    ]
    // Nobody there has a delegate, and no policy was made at the app.
    for (const [table, custodian, told] of [
      [
        "delegateCounts",
        "city",
        ["not_permitted", "not_permitted", "not_permitted", "not_permitted", "given"],
      ],
      ["policies", "app", ["not_permitted", "not_permitted", "not_permitted", "given", "given"]],
    ] as const)
      assert.deepEqual(await Promise.all(readers.map((one) => ask(table, custodian, one))), told, table)
    const some = encodeCbor(handleOf("some key"))
    const own = { table: "delegates", keys: [[encodeCbor("city"), handle, some]], height: 0 }
    assert.deepEqual(await Promise.all(readers.map((one) => outcome(engine.service.rows(own, one)))), [
      "not_permitted",
      "given",
      "not_permitted",
      "not_permitted",
      "given",
    ])
  })

  it("events reach those whom they name, and those who hold all rows", async () => {
    const heard = async (reader: Reader) => {
      const { blocks } = await engine.service.events({ after: 0, waitMs: 0 }, reader)
      return blocks.flatMap(({ events }) => events).length
    }
    const all = await heard(memberOf("custodian"))
    const counts = await Promise.all([
      heard({}),
      heard({ key: handleOf("some key") as never }),
      heard(memberOf("pharmacy", "shop")),
      heard(memberOf("app", "app")),
    ])
    assert.ok(all > counts[3] && counts[3] > counts[2] && counts[2] > counts[0], `${all} ${counts}`)
    assert.equal(counts[0], 0)
    assert.equal(counts[1], 0)
  })

  it("a receipt is for those who signed, and for those who hold all rows", async () => {
    const done = await send(
      engine,
      {
        contract: "records",
        action: "commit",
        input: { logs: [{ handle: handleOf("ann at app"), base: 0, entries: handleOf("one") }] },
      },
      seedOf("app"),
    )
    const ask = (reader: Reader) => outcome(engine.service.receipt(done.payloadId, reader))
    assert.deepEqual(
      await Promise.all([
        ask({}),
        ask(memberOf("pharmacy", "shop")),
        ask(memberOf("app", "app")),
        ask(memberOf("custodian", "county")),
      ]),
      ["unknown_transaction", "unknown_transaction", "given", "given"],
    )
  })

  it("what is no table, no key, or not there", async () => {
    const ask = (question: object) =>
      outcome(engine.service.rows({ table: "members", keys: [[]], height: 0, ...question }, {}))
    assert.deepEqual(
      [
        await ask({ table: "nothing" }),
        await ask({}),
        await ask({ keys: [[encodeCbor(5)]] }),
        await ask({ keys: [[encodeCbor("city")]], height: 10_000 }),
      ],
      ["unknown_table", "bad_input", "bad_input", "height_unknown"],
    )
  })
})
