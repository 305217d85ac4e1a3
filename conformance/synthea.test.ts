// needs: shared-data
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { gunzipSync, gzipSync } from "node:zlib"
import {
  asList,
  asText,
  type Bytes,
  canonicalJson,
  canonicalText,
  fromUtf8,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from "@aceso/core"
import { stamp } from "@aceso/fhir"
import { EMPTY_SUMMARY, type ImportSummary } from "@aceso/server/import/importer.ts"
import { startLedger, TestCustodian, type TestLedger } from "@aceso/server/testing/custodian.ts"
import type { StoredRecord } from "@aceso/server/vault/vault.ts"

const folder = join(process.env.ACESO_SHARED_DATA ?? "/work/shared/data", "synthea-r4")
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".json.gz"))
  .sort()
const NOW = Date.UTC(2024, 0, 1)
const EVERYWHERE = new Set(["Patient", "Organization", "Practitioner"])

const resourceOf = (entry: Json): JsonObject => (entry as JsonObject).resource as JsonObject
const urlOf = (entry: Json): string => asText((entry as JsonObject).fullUrl) ?? ""

function references(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(references)
  if (!isObject(value)) return []
  const own = typeof value.reference === "string" ? [value.reference] : []
  return [...own, ...Object.values(value).flatMap(references)]
}

/** One person's history as two custodians would have it. */
function split(bundle: JsonObject): [JsonObject, JsonObject] {
  const entries = asList(bundle.entry)
  const places = new Map<string, number>()
  const startOf = (entry: Json) => asText((resourceOf(entry).period as JsonObject | undefined)?.start) ?? ""
  entries
    .filter((entry) => resourceOf(entry).resourceType === "Encounter")
    .sort((a, b) => Date.parse(startOf(a)) - Date.parse(startOf(b)))
    .forEach((entry, i) => {
      places.set(urlOf(entry), i % 2)
    })
  const byUrl = new Map(entries.map((entry) => [urlOf(entry), entry]))
  const placeOf = (entry: Json, seen: ReadonlySet<Json>): number | undefined => {
    const known = places.get(urlOf(entry))
    if (known !== undefined) return known
    for (const reference of references(resourceOf(entry))) {
      const target = byUrl.get(reference)
      if (!target || seen.has(target) || EVERYWHERE.has(asText(resourceOf(target).resourceType) ?? ""))
        continue
      const place = placeOf(target, new Set([...seen, target]))
      if (place !== undefined) return place
    }
    return undefined
  }
  const part = (wanted: number): JsonObject => ({
    ...bundle,
    entry: entries.filter(
      (entry) =>
        EVERYWHERE.has(asText(resourceOf(entry).resourceType) ?? "") ||
        (placeOf(entry, new Set([entry])) ?? 0) === wanted,
    ),
  })
  return [part(0), part(1)]
}

describe("Synthea: 20 people, each at two custodians", () => {
  let ledger: TestLedger
  let custodians: TestCustodian[]
  const inputs: { where: string; input: Bytes; bundle: JsonObject }[][] = [[], []]
  const summaries: ImportSummary[] = []

  before(async () => {
    ledger = await startLedger("city", "county")
    custodians = ["city", "county"].map((member) => new TestCustodian(ledger, member, { now: () => NOW }))
    for (const where of files) {
      const whole = parseJson(gunzipSync(readFileSync(join(folder, where)))) as JsonObject
      split(whole).forEach((bundle, i) => {
        inputs[i].push({ where, bundle, input: canonicalJson(bundle) })
      })
    }
    for (const [i, { importer, committer }] of custodians.entries()) {
      summaries.push(await importer.importAll(inputs[i]))
      await committer.flush()
    }
  })
  after(async () => {
    for (const { vault } of custodians) await vault.close()
    await ledger.end()
  })

  const recordsOf = async ({ vault, ...custodian }: TestCustodian) => {
    const logs = await Promise.all(
      (await TestCustodian.prototype.logs.call({ vault, ...custodian })).map((log) => vault.log(log)),
    )
    return logs.flat()
  }
  const contentOf = async ({ vault }: TestCustodian, record: StoredRecord) =>
    fromUtf8((await vault.content(record)).content)

  it("there are 20 bundles; the split loses nothing", () => {
    assert.equal(files.length, 20)
    files.forEach((where, i) => {
      const whole = parseJson(gunzipSync(readFileSync(join(folder, where)))) as JsonObject
      const parts = inputs.map((of) => of[i].bundle)
      const urls = parts.map((part) => asList(part.entry).map(urlOf))
      assert.deepEqual(new Set(urls.flat()), new Set(asList(whole.entry).map(urlOf)))
      const both = urls[0].filter((url) => urls[1].includes(url)).length
      const shared = asList(whole.entry).filter((entry) =>
        EVERYWHERE.has(asText(resourceOf(entry).resourceType) ?? ""),
      )
      assert.equal(both, shared.length)
      assert.ok(
        urls.every((list) => list.length > shared.length),
        where,
      )
    })
  })

  it("all is stored: no refusal, 20 people at each custodian", () => {
    summaries.forEach((summary, i) => {
      assert.deepEqual(summary.refused, [])
      assert.deepEqual(
        [summary.patients, summary.duplicates, summary.existing, summary.unchanged],
        [20, 0, 0, 0],
      )
      const entries = inputs[i].reduce((sum, { bundle }) => sum + asList(bundle.entry).length, 0)
      assert.equal(summary.resources, entries)
    })
  })

  it("committed = entries on the ledger, log by log", async () => {
    for (const custodian of custodians) {
      const { records, committed } = await custodian.vault.recordCount()
      assert.equal(committed, records)
      assert.deepEqual(await custodian.differences(), [])
      let onLedger = 0
      for (const log of await custodian.logs()) onLedger += (await custodian.onLedger(log)).size
      assert.equal(onLedger, records)
    }
  })

  it("canonical bytes read back exactly: the source, its references rewritten and stamped", async () => {
    for (const [i, custodian] of custodians.entries()) {
      const stored = new Map<string, number>()
      for (const record of await recordsOf(custodian)) {
        const text = await contentOf(custodian, record)
        assert.equal(canonicalText(parseJson(text)), text)
        const unlinked = blank(parseJson(text) as JsonObject)
        stored.set(unlinked, (stored.get(unlinked) ?? 0) + 1)
      }
      const sources = inputs[i].flatMap(({ bundle }) => {
        const urls = new Set(asList(bundle.entry).map(urlOf))
        return asList(bundle.entry).map((entry) =>
          blank(stamp(resourceOf(entry), "x", 1, new Date(NOW).toISOString()), urls),
        )
      })
      const expected = new Map<string, number>()
      for (const source of sources) expected.set(source, (expected.get(source) ?? 0) + 1)
      assert.deepEqual(new Set(stored.keys()), new Set(expected.keys()))
      for (const [source, count] of expected) assert.equal(stored.get(source), count)
    }
  })

  it("all references resolve: to a resource of this custodian, or to one that lies at the other", async () => {
    for (const [i, custodian] of custodians.entries()) {
      const records = await recordsOf(custodian)
      const here = new Set(records.map(({ type, fhirId }) => `${type}/${fhirId}`))
      const there = new Set(inputs[1 - i].flatMap(({ bundle }) => asList(bundle.entry).map(urlOf)))
      const unresolved = new Set(summaries[i].unresolved)
      for (const record of records) {
        const resource = parseJson(await contentOf(custodian, record)) as JsonObject
        const contained = new Set(asList(resource.contained).map((one) => `#${(one as JsonObject).id}`))
        for (const reference of references(resource)) {
          if (reference.startsWith("#")) assert.ok(contained.has(reference), reference)
          else if (reference.startsWith("urn:")) {
            assert.ok(there.has(reference), `${reference} is nowhere`)
            assert.ok(unresolved.has(reference), `${reference} is not reported`)
          } else assert.ok(here.has(reference), `${reference} is not here`)
        }
      }
    }
  })

  it("an unsplit bundle leaves no reference open", async () => {
    const whole = new TestCustodian(ledger, "city", { vaultFolder: join(ledger.folder, "whole") })
    const input = readFileSync(join(folder, files[0]))
    const summary = await whole.importer.import(input, files[0])
    assert.deepEqual([summary.refused, summary.unresolved], [[], []])
    await whole.vault.close()
  })

  it("compartments: one log per person; the own log has organisations and practitioners alone", async () => {
    for (const custodian of custodians) {
      const [own, ...people] = await custodian.logs()
      const types = new Set((await custodian.vault.log(own)).map(({ type }) => type))
      assert.deepEqual([...types].sort(), ["Organization", "Practitioner"])
      for (const log of people) {
        const records = await custodian.vault.log(log)
        assert.equal(records.filter(({ type }) => type === "Patient").length, 1)
        assert.ok(records.length > 10)
      }
    }
  })

  it("the same bundles again are skipped, gzipped or not", async () => {
    for (const [i, { importer, committer, vault }] of custodians.entries()) {
      const before = await vault.recordCount()
      // What refers to an entry that the other custodian has is looked at again: it may be here by now.
      const whole = inputs[i].filter(({ input }) => !isDangling(input))
      assert.ok(whole.length > 10)
      const again = await importer.importAll(inputs[i])
      assert.equal(again.duplicates, whole.length)
      assert.deepEqual({ ...again, duplicates: 0, unchanged: 0, unresolved: [] }, EMPTY_SUMMARY)
      const packed = { where: "gz", input: gzipSync(whole[0].input) }
      assert.equal((await importer.importAll([packed])).duplicates, 1)
      assert.equal(await committer.flush(), 0)
      assert.deepEqual(await vault.recordCount(), before)
    }
  })
})

/** Whether some reference leads to an entry that the bundle does not have. */
function isDangling(input: Uint8Array): boolean {
  const entries = asList((parseJson(input) as JsonObject).entry)
  const urls = new Set(entries.map(urlOf))
  return entries.some((entry) =>
    references(resourceOf(entry)).some((one) => one.startsWith("urn:uuid:") && !urls.has(one)),
  )
}

const LINK = /^(?:urn:uuid:[0-9a-f-]{36}|[A-Z][A-Za-z]+\/[0-9a-f-]{36})$/

/** Canonical text with the id and every link blanked: those are minted anew. */
function blank(resource: JsonObject, urls?: ReadonlySet<string>): string {
  const walk = (value: Json): Json => {
    if (typeof value === "string")
      return (urls ? urls.has(value) || LINK.test(value) : LINK.test(value)) ? "link" : value
    if (Array.isArray(value)) return value.map(walk)
    if (!isObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, walk(part)]))
  }
  return canonicalText({ ...(walk(resource) as JsonObject), id: "x" })
}
