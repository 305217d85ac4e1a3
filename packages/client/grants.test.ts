import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  canonicalJson,
  type EntryPreimage,
  grantDocument,
  type OwnRecord,
  PlatformError,
  randomBytes,
  toHex,
  toJson,
} from "@aceso/core"
import { type GrantTerms, grantFor, mustBeMeant, previewGrant } from "./grants.ts"

const NOW = Date.parse("2026-06-15T12:00:00Z")
const terms: GrantTerms = { grantee: "insurer", purpose: "TREAT", classes: [], until: NOW + 86_400_000 }
const grant = { ...terms, custodian: "city-hospital", now: NOW }
const ids = Array.from({ length: 4 }, () => randomBytes(16))
const entry = (id: number, version: number, operation: EntryPreimage["operation"]): EntryPreimage => ({
  recordId: ids[id],
  version,
  operation,
  commitment: randomBytes(32),
})
const record = (id: number, version: number, resource: unknown): OwnRecord => ({
  entry: entry(id, version, version === 1 ? "create" : "update"),
  salt: randomBytes(32),
  content: canonicalJson(toJson(resource)),
})
const observation = { resourceType: "Observation", effectiveDateTime: "2026-03-01" }
const records: OwnRecord[] = [
  record(0, 1, observation),
  record(1, 1, { resourceType: "Claim", created: "2026-03-01" }),
  record(1, 2, {
    resourceType: "Claim",
    created: "2026-03-01",
    billablePeriod: { start: "2025-12-01", end: "2026-02-01" },
  }),
  record(2, 1, observation),
  { entry: entry(2, 2, "delete"), salt: randomBytes(32), content: new Uint8Array() },
  { entry: entry(3, 1, "create"), salt: null, content: null },
]
/** Two pages. */
const source = {
  ask: (async (_what: string, { from }: { from: number }) => {
    const next = Math.min(from + 4, records.length)
    return { size: records.length, next, records: records.slice(from, next), lost: 0 }
  }) as never,
}

describe("what a grant would open today, counted on the device", () => {
  const rows: readonly (readonly [
    comment: string,
    terms: Partial<typeof grant>,
    opened: number,
    earlier: number,
  ])[] = [
    ["everything", {}, 2, 2],
    ["a class", { classes: ["Claim"] }, 1, 1],
    ["a class that nothing has", { classes: ["Device"] }, 0, 0],
    ["a time: the claim's newest version reaches beyond it", { dataFrom: "2026-01-01" }, 1, 2],
    ["over already", { until: NOW - 1 }, 0, 0],
  ]
  for (const [comment, change, opened, earlier] of rows)
    it(`${comment}: ${opened} of 2 records, ${earlier} versions of before; what was withdrawn is none`, async () => {
      const { openedIds, ...counts } = await previewGrant(source, [], { ...grant, ...change })
      assert.deepEqual(counts, {
        custodian: "city-hospital",
        records: 2,
        opened,
        together: opened,
        earlier,
        closed: 0,
        standing: [],
      })
      assert.equal(new Set(openedIds).size, opened)
    })

  it("with the documents that are in force: a denial there still holds", async () => {
    const { salt, content } = grantDocument({ ...grant, classes: ["Claim"] })
    const denial = new TextEncoder().encode(new TextDecoder().decode(content).replace('"permit"', '"deny"'))
    const { opened, closed, standing } = await previewGrant(source, [{ salt, content: denial }], grant)
    assert.deepEqual([opened, closed, standing.map(({ relation }) => relation)], [1, 1, ["denies"]])
  })

  it("what another consent opens already is counted apart", async () => {
    const inForce = [grantDocument({ ...grant, classes: ["Claim"] })]
    const count = async (change: Partial<typeof grant>) => {
      const { opened, together } = await previewGrant(source, inForce, { ...grant, ...change })
      return [opened, together]
    }
    assert.deepEqual(await count({ dataFrom: "2030-01-01" }), [0, 1])
    assert.deepEqual(await count({ classes: ["Observation"] }), [1, 2])
    assert.deepEqual(await count({}), [2, 2])
  })
})

describe("what a grant of single records would open", () => {
  const named = [
    { ...observation, id: "o1" },
    { ...observation, id: "o2", contained: [{ resourceType: "Patient", id: "o1" }] },
    { ...observation, id: "O1" },
    { resourceType: "Claim", id: "o1", created: "2026-03-01" },
    { ...observation, hasMember: [{ reference: "Observation/o1" }] },
  ]
  const all = named.map((resource, i): OwnRecord => {
    const entry = {
      recordId: randomBytes(16),
      version: 1,
      operation: "create",
      commitment: randomBytes(32),
    } as const
    return {
      entry,
      salt: randomBytes(32),
      content: canonicalJson(toJson({ ...resource, note: [{ text: `${i}` }] })),
    }
  })
  const source = {
    ask: (async () => ({ size: all.length, next: all.length, records: all, lost: 0 })) as never,
  }
  const rows: readonly (readonly [comment: string, records: readonly string[], opened: readonly number[]])[] =
    [
      ["one", ["Observation/o1"], [0]],
      ["two", ["Observation/o1", "Claim/o1"], [0, 3]],
      ["one that is not there", ["Observation/o3"], []],
      ["one of another type", ["Condition/o1"], []],
      ["none: never all of them", [], []],
    ]
  for (const [comment, records, opened] of rows)
    it(`${comment}: exactly that, and nothing that names it or is spelled alike`, async () => {
      const { openedIds } = await previewGrant(source, [], { ...grant, records })
      assert.deepEqual(
        openedIds,
        opened.map((i) => toHex(all[i].entry.recordId)),
      )
    })
})

describe("what is not signed", () => {
  const years = (n: number) => new Date(NOW).setUTCFullYear(2026 + n)
  for (const [comment, change, isRefused] of [
    ["a consent to the custodian itself", { grantee: "city-hospital" }, true],
    ["an end after ten years", { until: years(10) + 1 }, true],
    ["an end in the year 9999", { until: Date.UTC(9999, 11, 31) }, true],
    ["an end that is none", { until: Number.NaN }, true],
    ["an end that is over", { until: NOW }, true],
    ["an end in ten years", { until: years(10) }, false],
    ["an end tomorrow", {}, false],
    ["one record", { records: ["Immunization/3f2a-b.c"] }, false],
    ["no record at all", { records: [] }, true],
    [
      "more records than anybody reads",
      { records: Array.from({ length: 51 }, (_, i) => `Claim/${i}`) },
      true,
    ],
    ["a record by an address", { records: ["https://city.example/Claim/1"] }, true],
    ["a record without its type", { records: ["3f2a"] }, true],
    ["a version of a record", { records: ["Claim/1/_history/2"] }, true],
    ["whatever somebody types", { records: ["Claim/../../x", "Claim/1"] }, true],
  ] as const)
    it(`${comment}: ${isRefused ? "refused" : "signed"}`, () => {
      const sign = () => mustBeMeant({ ...grant, ...change })
      if (!isRefused) return sign()
      assert.throws(sign, (error) => error instanceof PlatformError && error.code === "bad_input")
    })
})

describe("grantFor: what the requester asked for, or less", () => {
  const DAY_MS = 86_400_000
  type Request = Parameters<typeof grantFor>[0]
  const asked = { ...terms, classes: ["Claim", "Basic"], until: NOW + DAY_MS, dataFrom: "2025" }
  const request = {
    ...{ requester: "insurer", purpose: "TREAT", classes: ["Claim", "Basic"] },
    ...{ until: NOW + DAY_MS, from: "2025" },
  } as unknown as Request
  const all = { ...request, classes: [] } as Request
  const rows: readonly (readonly [
    comment: string,
    request: Request,
    narrowed: Parameters<typeof grantFor>[1],
    signed: Partial<GrantTerms> | RegExp,
  ])[] = [
    ["as it was asked", request, undefined, {}],
    [
      "as it was asked, in other words",
      request,
      { classes: ["Basic", "Claim"], until: NOW + DAY_MS },
      { classes: ["Basic", "Claim"] },
    ],
    ["a class of several", request, { classes: ["Claim"] }, { classes: ["Claim"] }],
    ["a class of all", all, { classes: ["Device"] }, { classes: ["Device"] }],
    ["an earlier end", request, { until: NOW + 1 }, { until: NOW + 1 }],
    ["as long as was asked, counted from now", request, { until: NOW + DAY_MS + 60_000 }, {}],
    [
      "another class",
      request,
      { classes: ["Encounter"] },
      /^insurer asked for only Claim, Basic from 2025 on until 2026-06-16 12:00:00 UTC: Encounter was not asked for, and nothing is signed/,
    ],
    [
      "one class more",
      request,
      { classes: ["Claim", "Encounter", "Device"] },
      /: Encounter, Device was not asked/,
    ],
    ["all classes of some", request, { classes: [] }, /: everything was not asked/],
    [
      "a later end",
      all,
      { until: NOW + 2 * DAY_MS },
      /asked for everything from 2025 on until .*: an end at 2026-06-17 12:00:00 UTC was not/,
    ],
    ["an end that is none", request, { until: Number.NaN }, /: an end at no time was not asked/],
    ["both", request, { classes: ["Device"], until: NOW + 3 * DAY_MS }, /: Device, and an end at 2026-06-18/],
  ]
  for (const [comment, request, narrowed, signed] of rows)
    it(`${comment}: ${signed instanceof RegExp ? "refused, with what was asked" : "signed"}`, () => {
      if (!(signed instanceof RegExp))
        return assert.deepEqual(grantFor(request, narrowed), { ...asked, ...signed })
      assert.throws(
        () => grantFor(request, narrowed),
        (error) => error instanceof PlatformError && error.code === "bad_input" && signed.test(error.message),
      )
    })
})
