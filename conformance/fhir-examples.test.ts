// needs: shared-data
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { canonicalText, fromUtf8, type JsonObject, parseJson } from "@aceso/core"
import { stamp } from "@aceso/fhir"
import { examples } from "@aceso/fhir/examples.table.ts"
import type { ImportSummary } from "@aceso/server/import/importer.ts"
import { startLedger, TestCustodian, type TestLedger } from "@aceso/server/testing/custodian.ts"
import { OWN_LOG } from "@aceso/server/vault/record-log.ts"

const folder = join(process.env.ACESO_SHARED_DATA ?? "/work/shared/data", "fhir-r4-examples")
const NOW = Date.UTC(2024, 0, 1)
const read = (file: string) => readFileSync(join(folder, file))

/** Patients first, the others by name (examples.table.ts). */
const inOrder = [...examples].sort(
  (a, b) =>
    Number(b.resourceType === "Patient") - Number(a.resourceType === "Patient") || (a.file < b.file ? -1 : 1),
)

describe("HL7's R4 example resources", () => {
  let ledger: TestLedger
  let city: TestCustodian
  const summaries = new Map<string, ImportSummary>()
  before(async () => {
    ledger = await startLedger("city")
    city = new TestCustodian(ledger, "city", { now: () => NOW })
    for (const { file } of inOrder) summaries.set(file, await city.importer.import(read(file), file))
    await city.committer.flush()
  })
  after(async () => {
    await city.vault.close()
    await ledger.end()
  })

  async function outcomeOf(file: string): Promise<string> {
    const summary = summaries.get(file)
    assert.ok(summary)
    if (summary.refused.length > 0) return `refused:${summary.refused[0].reason}`
    if ((parseJson(read(file)) as JsonObject).resourceType === "Bundle") return "taken:apart"
    assert.equal(summary.resources + summary.unchanged + summary.duplicates, 1)
    const { resourceType, id } = parseJson(read(file)) as { resourceType: string; id: string }
    const places = await city.vault.newestPlaces(resourceType, id)
    assert.equal(places.length, 1)
    return places[0].log.length === 0 ? "stored:own" : "stored:patient"
  }

  it("the table has every file, with its type", () => {
    assert.deepEqual(examples.map(({ file }) => file).sort(), readdirSync(folder).sort())
    for (const { file, resourceType } of examples)
      assert.equal((parseJson(read(file)) as JsonObject).resourceType, resourceType, file)
  })

  for (const { file, outcome, comment } of inOrder)
    it(`${file} (${comment}): ${outcome}`, async () => {
      assert.equal(await outcomeOf(file), outcome)
      if (!outcome.startsWith("stored")) return
      const source = parseJson(read(file)) as JsonObject
      const [place] = await city.vault.newestPlaces(String(source.resourceType), String(source.id))
      assert.equal(
        fromUtf8((await city.vault.content(place)).content),
        canonicalText(stamp(source, place.fhirId, 1, new Date(NOW).toISOString())),
      )
    })

  it("at least 70 are stored, and committed", async () => {
    const outcomes = await Promise.all(examples.map(({ file }) => outcomeOf(file)))
    const stored = outcomes.filter((outcome) => /^(stored|taken)/.test(outcome))
    assert.ok(stored.length >= 70, `${stored.length}`)
    const { records, committed } = await city.vault.recordCount()
    assert.equal(committed, records)
    assert.deepEqual(await city.differences(), [])
  })

  it("a reference to something absent is reported", () => {
    const unresolved = (file: string) => summaries.get(file)?.unresolved
    assert.deepEqual(unresolved("composition-example.json")?.includes("Patient/xcda"), true)
    assert.deepEqual(unresolved("consent-example.json")?.includes("Patient/f001"), true)
  })

  it("observation-decimal.json keeps every number token", async () => {
    const written = [
      ...read("observation-decimal.json")
        .toString()
        .matchAll(/"value":\s*([-+.\deE]+)/g),
    ]
    assert.equal(written.length, 7)
    const record = (await city.vault.log(OWN_LOG)).find(
      ({ type, fhirId }) => `${type}/${fhirId}` === "Observation/decimal",
    )
    assert.ok(record)
    const text = fromUtf8((await city.vault.content(record)).content)
    const stored = [...text.matchAll(/"value":([-+.\deE]+)/g)]
    assert.deepEqual(
      stored.map(([, token]) => token),
      written.map(([, token]) => token),
    )
  })
})
