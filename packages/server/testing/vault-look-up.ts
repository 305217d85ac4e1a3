import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  type Bytes,
  clinicalTime,
  type Handle,
  isWanted,
  type JsonObject,
  nameOf,
  parseJson,
  randomBytes,
  readTime,
  recordCommitment,
  subjectOf,
  toHex,
  utf8,
  type WantedCode,
} from "@aceso/core"
import { handleOf, seedOf } from "@aceso/ledger/testing/network.ts"
import fc from "fast-check"
import type { LookUp } from "../vault/look-up.ts"
import type { StoredRecord, Vault } from "../vault/vault.ts"
import { ann, code, inFixture, type VaultFixture } from "./vault-fixture.ts"

const bob = handleOf("bob")
const LOINC = "http://loinc.org"
const A1C = { coding: [{ system: LOINC, code: "4548-4" }] }

const ASKED = { type: "Observation", code: { code: "4548-4" } }

interface ToStore {
  readonly log: Handle
  readonly resource: JsonObject
  readonly recordId?: Bytes
  readonly version?: number
  readonly isEnd?: boolean
}

/** A resource as a record version, or the end of one. */
export async function store(vault: Vault, fixture: VaultFixture, one: ToStore): Promise<StoredRecord> {
  const { log, resource, recordId = randomBytes(32), version = 1, isEnd = false } = one
  const content = isEnd ? new Uint8Array(0) : utf8(JSON.stringify(resource))
  const { key, salt } = fixture.makeKey(vault, recordId, version)
  const operation = isEnd ? ("delete" as const) : version === 1 ? ("create" as const) : ("update" as const)
  const place = { log, index: await vault.logSize(log), recordId, version, operation }
  const what = { type: String(resource.resourceType), fhirId: toHex(recordId).slice(0, 12) }
  const commitment = recordCommitment(salt, content)
  await vault.append([{ ...place, ...what, commitment, key, salt, content }])
  return { ...place, ...what, commitment, height: null }
}

const observation = (effectiveDateTime?: string, concept: JsonObject = A1C): JsonObject => ({
  resourceType: "Observation",
  code: concept,
  ...(effectiveDateTime !== undefined && { effectiveDateTime }),
})

/** All pages of a look-up, by the names of their records. */
async function foundBy(vault: Vault, question: Omit<LookUp, "limit">, limit = 200): Promise<string[]> {
  const names: string[] = []
  for (let after: string | undefined; ; ) {
    const { records, next } = await vault.lookUp({ ...question, limit, ...(after && { after }) })
    assert.ok(records.length <= limit && (next === undefined || records.length === limit))
    names.push(...records.map(({ record }) => nameOf(record.recordId)))
    if (next === undefined) return names
    after = next
  }
}

const named = (...all: readonly StoredRecord[]) => all.map(({ recordId }) => nameOf(recordId))

/** What a look-up has to find, by opening everything that there is. */
async function scanned(vault: Vault, question: Omit<LookUp, "limit">, logs: readonly Handle[]) {
  const found: { readonly name: string; readonly fromMs: number }[] = []
  for (const log of question.handles ?? logs) {
    const withheld = await vault.withheldIn(log)
    const newest = new Map((await vault.log(log)).map((one) => [nameOf(one.recordId), one]))
    for (const [name, record] of newest) {
      if (record.operation === "delete" || withheld.has(name)) continue
      const resource = parseJson((await vault.content(record)).content) as JsonObject
      const { type, code: wanted, from, to } = question
      const codes = wanted ? [wanted] : []
      if (!isWanted({ classes: [type], codes }, subjectOf(resource))) continue
      const { interval } = readTime(clinicalTime(resource))
      const isWithin = interval
        ? (from === undefined || interval.toMs > from) && (to === undefined || interval.fromMs < to)
        : from === undefined && to === undefined
      if (isWithin) found.push({ name, fromMs: interval?.fromMs ?? Number.NEGATIVE_INFINITY })
    }
  }
  return found
}

const KINDS = [
  ["Observation", "code", "effectiveDateTime"],
  ["Immunization", "vaccineCode", "occurrenceDateTime"],
] as const
const someTime = fc.constantFrom(
  undefined,
  ...["2026", "2026-05", "2025-12", "2026-05-01", "2026-05-02", "2026-04-30T23:59:59.999Z"],
  ...["2026-05-01T00:00:00Z", "2026-05-01T02:00:00+02:00", "2026-05-01T00:00:00.001Z", "0001-01-01"],
  ...["9999-12-31", "2026-05-01X", "no time", "1969"],
)
const someCoding = fc.record(
  {
    system: fc.constantFrom(LOINC, `${LOINC}/`, "urn:oid:2.16.840.1.113883.6.1", "urn:own"),
    code: fc.constantFrom("1", "4548-4", "x".repeat(401)),
  },
  { requiredKeys: ["code"] },
)
const someStep = fc.record({
  log: fc.constantFrom(ann, bob),
  record: fc.nat(7),
  what: fc.constantFrom("store", "store", "store", "end", "withhold"),
  time: someTime,
  codings: fc.array(someCoding, { maxLength: 3 }),
})
const someMoment = fc.constantFrom(
  undefined,
  ...["2026-05-01T00:00:00Z", "2026-05-01T00:00:00.001Z", "2026-06-01T00:00:00Z", "2025-01-01T00:00:00Z"].map(
    (text) => Date.parse(text),
  ),
)
const someQuestion = fc.record({
  type: fc.constantFrom("Observation", "Immunization"),
  handles: fc.constantFrom(undefined, [ann], [bob], [ann, bob], []),
  code: fc.oneof(someCoding, someCoding, fc.constant(undefined)),
  from: someMoment,
  to: someMoment,
})
const asQuestion = ({ type, ...rest }: typeof someQuestion extends fc.Arbitrary<infer T> ? T : never) => ({
  type,
  ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as {
    handles?: Handle[]
    code?: WantedCode
    from?: number
    to?: number
  }),
})

type Step = typeof someStep extends fc.Arbitrary<infer T> ? T : never

async function take(vault: Vault, fixture: VaultFixture, steps: readonly Step[]): Promise<void> {
  const versions = new Map<string, number>()
  for (const { log, record, what, time, codings } of steps) {
    const recordId = seedOf(`${nameOf(log)} ${record}`)
    const version = (versions.get(nameOf(recordId)) ?? 0) + 1
    const [resourceType, codeName, timeName] = KINDS[record % 2]
    const said = { [codeName]: { coding: codings }, ...(time !== undefined && { [timeName]: time }) }
    if (what === "withhold") await withhold(vault, log, recordId)
    else {
      versions.set(nameOf(recordId), version)
      const resource = { resourceType, ...said }
      await store(vault, fixture, { log, resource, recordId, version, isEnd: what === "end" })
    }
  }
}

/** Finding records, in every vault. */
export function vaultLookUp(name: string, start: () => VaultFixture): void {
  describe(`vault ${name}: look-up`, () => {
    it("finds what a scan over everything finds, after anything that was stored, ended and withheld", async () => {
      const property = fc.asyncProperty(
        fc.array(someStep, { minLength: 5, maxLength: 40 }),
        fc.array(someQuestion, { minLength: 20, maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        (steps, questions, limit) =>
          inFixture(start, async (vault, fixture) => {
            await vault.atomically(() => take(vault, fixture, steps))
            for (const question of questions.map(asQuestion)) {
              if (!question.code) question.handles ??= [bob, ann]
              const found = await foundBy(vault, question, limit)
              const expected = await scanned(vault, question, [ann, bob])
              assert.deepEqual(found.toSorted(), expected.map((one) => one.name).toSorted())
              const timeOf = new Map(expected.map((one) => [one.name, one.fromMs]))
              const times = found.map((one) => timeOf.get(one) as number)
              assert.deepEqual(
                times,
                times.toSorted((a, b) => (a === b ? 0 : b - a)),
                "newest first",
              )
            }
          })(),
      )
      await fc.assert(property, { numRuns: 12 })
    })

    it(
      "over all patients, of one, and of several; more than fit one node of the index",
      inFixture(start, async (vault, fixture) => {
        const stored: StoredRecord[] = []
        await vault.atomically(async () => {
          for (let i = 0; i < 120; i++)
            stored.push(
              await store(vault, fixture, {
                log: i % 3 === 0 ? bob : ann,
                resource: observation(new Date(1_700_000_000_000 + (i % 60) * 1000).toISOString()),
              }),
            )
        })
        const question = ASKED
        for (const limit of [1, 7, 200]) assert.equal((await foundBy(vault, question, limit)).length, 120)
        assert.deepEqual(new Set(await foundBy(vault, question, 11)), new Set(named(...stored)), "each once")
        assert.deepEqual(
          await foundBy(vault, question, 11),
          await foundBy(vault, { ...question, handles: [ann, bob] }, 13),
          "in one order",
        )
        assert.equal((await foundBy(vault, { ...question, handles: [bob] })).length, 40)
        const from = 1_700_000_000_000 + 50_000
        assert.equal((await foundBy(vault, { ...question, from, to: from + 1000 })).length, 2)
      }),
    )

    it(
      "an update that says the same or something else, an end, and a record that comes again",
      inFixture(start, async (vault, fixture) => {
        const recordId = seedOf("one")
        const at = (version: number, resource: JsonObject, isEnd = false) =>
          store(vault, fixture, { log: ann, recordId, version, resource, isEnd })
        const finds = async (time: string, isFound: boolean) => {
          const from = Date.parse(time)
          for (const handles of [undefined, [ann]])
            assert.equal(
              (await foundBy(vault, { ...ASKED, from, to: from + 1, ...(handles && { handles }) })).length,
              isFound ? 1 : 0,
            )
        }
        await at(1, observation("2026-05-01"))
        await at(2, { ...observation("2026-05-01"), status: "final" })
        await finds("2026-05-01", true)
        await at(3, observation("2026-05-03"))
        await finds("2026-05-01", false)
        await finds("2026-05-03", true)
        await at(4, observation(), true)
        await finds("2026-05-03", false)
        await at(5, observation("2026-05-01"))
        await finds("2026-05-01", true)
        const { records } = await vault.lookUp({ ...ASKED, limit: 1 })
        assert.equal(records[0].record.version, 5)
      }),
    )

    it(
      "stores all of it or nothing",
      inFixture(start, async (vault, fixture) => {
        const fail = new Error("taken back")
        const taken = vault.atomically(async () => {
          await store(vault, fixture, { log: ann, resource: observation("2026") })
          throw fail
        })
        await assert.rejects(taken, fail)
        for (const handles of [undefined, [ann]])
          assert.deepEqual(await foundBy(vault, { ...ASKED, ...(handles && { handles }) }), [])
        const again = await store(vault, fixture, { log: ann, resource: observation("2026") })
        assert.deepEqual(await foundBy(vault, ASKED), named(again))
      }),
    )

    it(
      "counts what was erased, and finds the rest",
      inFixture(start, async (vault, fixture) => {
        const [gone, left] = [
          await store(vault, fixture, { log: ann, resource: observation("2026-05-02") }),
          await store(vault, fixture, { log: ann, resource: observation("2026-05-01") }),
        ]
        fixture.tamper.eraseKey(gone)
        for (const handles of [undefined, [ann]]) {
          const question = { ...ASKED, ...(handles && { handles }) }
          assert.deepEqual(await foundBy(vault, question), named(left))
          assert.equal((await vault.lookUp({ ...question, limit: 9 })).erased, 1)
        }
      }),
    )

    const refused: [comment: string, question: Partial<LookUp>][] = [
      ["no lines", { limit: 0 }],
      ["more lines than a page has", { limit: 201 }],
      ["a cursor that no page gave", { after: "1" }],
      ["a moment that is none", { from: 1.5 }],
      ["neither a patient nor a code", { code: undefined as never }],
    ]
    for (const [comment, question] of refused)
      it(
        `refuses ${comment}`,
        inFixture(start, async (vault) => {
          await assert.rejects(vault.lookUp({ ...ASKED, limit: 1, ...question }), code("bad_input"))
        }),
      )

    it(
      "finds nothing in the log of nobody",
      inFixture(start, async (vault, fixture) => {
        await store(vault, fixture, { log: new Uint8Array(0), resource: observation("2026") })
        assert.deepEqual(await foundBy(vault, ASKED), [])
      }),
    )
  })
}

const withhold = async (vault: Vault, log: Handle, recordId: Bytes) => {
  if (await vault.isWithheld(log, recordId)) return
  const what = { id: randomBytes(16), log, recordId, type: "Observation", fhirId: "r", target: null }
  const state = { state: "withheld" as const, since: 5, ended: null, dueAt: null, content: utf8("why") }
  await vault.addMisfiling({ ...what, ...state })
}
