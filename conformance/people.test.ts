// needs: shared-data
import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, beforeEach, describe, it } from "node:test"
import { fromUtf8, isObject, type JsonObject, parseJson } from "@aceso/core"
import { personOf } from "@aceso/fhir"
import { FreshCustodians, type TestCustodian } from "@aceso/server/testing/custodian.ts"

/** The inputs of shared/data/cases that are about who a patient is; its README says what is right. */
const data = process.env.ACESO_SHARED_DATA ?? "/work/shared/data"
const caseOf = (name: string) => readFileSync(join(data, "cases", `${name}.json`))

describe("cases: the right person", () => {
  let custodians: FreshCustodians
  let city: TestCustodian
  before(async () => {
    custodians = await FreshCustodians.start()
  })
  after(() => custodians.end())
  beforeEach(() => {
    city = custodians.make()
  })

  const take = (...names: readonly string[]) =>
    city.importer.importAll(names.map((where) => ({ where, input: caseOf(where) })))

  /** Who is here, by family name or text, with the texts of the observations that each has. */
  async function people(): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {}
    for (const { handle } of await city.vault.patients()) {
      const texts: string[] = []
      let name = "?"
      for (const record of await city.vault.log(handle)) {
        if (record.operation === "delete") continue
        const resource = parseJson(fromUtf8((await city.vault.content(record)).content)) as JsonObject
        if (resource.resourceType === "Patient") {
          const [{ family, text }] = resource.name as { family?: string; text?: string }[]
          name = family ?? text ?? "?"
        } else if (isObject(resource.code)) texts.push(String(resource.code.text))
      }
      found[name] = texts
    }
    return found
  }
  const duplicates = () => city.vault.openDuplicates(0, 100)

  it("01: two who share a licence number stay two, and are listed", async () => {
    await take("01a-collision")
    const { possibleDuplicates } = await take("01b-collision")
    assert.equal(possibleDuplicates, 1)
    assert.deepEqual(await people(), {
      "Collide-Anna": ["anna potassium"],
      "Collide-Bert": ["bert potassium"],
    })
    const [{ reasons }] = await duplicates()
    assert.deepEqual(
      [...reasons].sort(),
      ["other_birth_date", "other_identifier", "other_name", "other_sex", "shared_identifier"].sort(),
    )
  })

  it("03: relative references belong to the server of their entry", async () => {
    await take("03-two-servers")
    assert.deepEqual(await people(), { "Server-North": ["north glucose"], "Server-South": ["south glucose"] })
  })

  it("04: a versioned reference reaches its patient", async () => {
    await take("04-versioned")
    assert.deepEqual(await people(), { "Versioned-Vera": ["versioned relative", "versioned absolute"] })
  })

  it("05: a conditional reference with one match resolves, with none or several it is refused", async () => {
    assert.deepEqual(
      (await take("05-conditional-ref")).refused.map(({ reason }) => reason),
      ["no_match"],
    )
    await take("05-patient", "05-conditional-ref")
    assert.deepEqual(await people(), { "Conditional-Carl": ["conditional subject"] })
    assert.deepEqual(
      (await take("05-conditional-ref-none")).refused.map(({ reason }) => reason),
      ["no_match"],
    )
  })

  it("10: an identifier that a correction took away is of the one whose it is", async () => {
    await take("10a-mistake", "10b-corrected")
    assert.deepEqual(await people(), { "Corrected-Cora": [] })
    await take("10c-real")
    assert.deepEqual(await people(), { "Corrected-Cora": [], "Real-Xaver": ["xaver potassium"] })
  })

  it("11: ifNoneExist that matches two is refused, and names both", async () => {
    const { possibleDuplicates } = await take("11a-two")
    assert.equal(possibleDuplicates, 1)
    const { refused, resources } = await take("11b-conditional")
    assert.equal(resources, 0)
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ["several_matches"],
    )
    assert.match(refused[0].detail, /Patient\/p11a/)
    assert.match(refused[0].detail, /Patient\/p11b/)
    assert.deepEqual(await people(), { "Ambi-One": [], "Ambi-Two": [] })
  })

  const LEA = { "Local-77": [], "Known-Lea": ["lea potassium"] }
  for (const [comment, steps] of Object.entries({
    "one after the other": [["12d-local77"], ["12e-known"], ["12f-export-patient"], ["12g-export-obs"]],
    "in one call": [["12d-local77", "12e-known", "12f-export-patient", "12g-export-obs"]],
    "the export in one call": [["12e-known"], ["12d-local77"], ["12f-export-patient", "12g-export-obs"]],
  }))
    it(`12: a file's Patient/77 is who it is known as here (${comment})`, async () => {
      for (const step of steps) await take(...step)
      assert.deepEqual(await people(), LEA)
    })

  it("12: another source's Patient/77 without its Patient is nobody's until that comes", async () => {
    const theirs = (name: string) =>
      city.importer.importAll([{ where: name, input: caseOf(name), source: "theirs" }])
    await take("12d-local77", "12e-known")
    const { unfiled } = await theirs("12g-export-obs")
    assert.deepEqual(
      unfiled.map(({ where, reference }) => [where, reference]),
      [["12g-export-obs", "Patient/77"]],
    )
    assert.deepEqual(await people(), { "Local-77": [], "Known-Lea": [] })
    await theirs("12f-export-patient")
    assert.deepEqual(await people(), LEA)
  })

  for (const steps of [[["16a-obs"], ["16b-patient"]], [["16a-obs", "16b-patient"]]])
    it(`16: what came before its patient is filed when that comes (${steps.length} calls)`, async () => {
      for (const step of steps) await take(...step)
      assert.deepEqual(await people(), { "Late-Lars": ["late potassium"] })
    })

  it("Synthea: 20 people are 20, in whichever order, and once more under other ids", async () => {
    const folder = join(data, "synthea-r4")
    const inputs = readdirSync(folder)
      .filter((name) => name.endsWith(".gz"))
      .map((where) => ({ where, input: readFileSync(join(folder, where)) }))
    await city.importer.importAll(inputs)
    assert.equal((await city.vault.patients()).length, 20)
    const { patients } = await city.importer.importAll(inputs)
    assert.equal(patients, 0)
    const [{ fhirId }] = await city.vault.patients()
    const record = city.vault.newest("Patient", fhirId)
    assert.ok(record)
    const patient = parseJson((await city.vault.content(record)).content) as JsonObject
    const { identifiers } = personOf(patient, { configured: {}, now: Date.now() })
    assert.deepEqual(
      identifiers.map(({ type, meaning }) => [type, meaning]),
      [
        [undefined, "unknown"],
        ["MR", "unique"],
        ["SS", "unique"],
        ["DL", "shared"],
        ["PPN", "shared"],
      ],
    )
    const again = await city.importer.import(
      Buffer.from(JSON.stringify({ ...patient, id: "77", active: true })),
      "lone.json",
    )
    assert.deepEqual([again.patients, again.resources, again.possibleDuplicates], [0, 1, 0])
  })
})
