import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import type { OwnHistoryPart, SourceLine } from "@aceso/client"
import { type CustodiansDrug, mergeTimeline } from "@aceso/client/timeline.ts"
import { type JsonObject, parseJson, sha256, utf8 } from "@aceso/core"
import { drugsIn } from "@aceso/server/exchange/drugs.ts"
import { FreshCustodians, type TestCustodian } from "@aceso/server/testing/custodian.ts"
import { bundleOf, missingDrugs, othersOf, sourcesOf } from "./records-download.ts"
import type { Kept } from "./records-kept.ts"
import { linesOf, namesOf } from "./records-shown.ts"

let all: FreshCustodians
before(async () => {
  all = await FreshCustodians.start()
})
after(() => all.end())

const bytes = (value: unknown) => utf8(JSON.stringify(value))
const part = (custodian: string, more: Partial<OwnHistoryPart> = {}): OwnHistoryPart => ({
  ...{ custodian, state: "matches", height: 7, dummies: 0, closed: 0, lost: 0 },
  ...{ shown: 3, committed: 3, steps: [] },
  ...more,
})
const keptOf = (lines: readonly SourceLine[], ...parts: readonly OwnHistoryPart[]): Kept =>
  keptWith([], lines, ...parts)
function keptWith(
  drugs: readonly CustodiansDrug[],
  lines: readonly SourceLine[],
  ...parts: readonly OwnHistoryPart[]
): Kept {
  const timeline = mergeTimeline(lines, drugs)
  const history = { timeline, drugs, parts: parts.length > 0 ? parts : [part("city")] }
  const named = linesOf(history)
  return { history, lines: named, nameOf: namesOf(named), organisations: { city: "City Hospital" } }
}
const line = (resource: object, more: Partial<SourceLine> = {}): SourceLine => ({
  ...{ custodian: "city", index: 1, version: 1, height: 7, status: "verified", isSuperseded: false },
  recordId: sha256(bytes(resource)),
  content: bytes(resource),
  ...more,
})
interface Bundle {
  readonly meta?: { readonly tag: readonly { readonly code: string; readonly display: string }[] }
  readonly entry: readonly {
    readonly fullUrl?: string
    readonly resource?: JsonObject
    readonly response?: {
      readonly etag: string
      readonly outcome: { issue: { details: { text: string } }[] }
    }
  }[]
}
const bundleIn = (kept: Kept) => parseJson(bundleOf(kept).content) as unknown as Bundle
const sourcesIn = (kept: Kept) =>
  JSON.parse(new TextDecoder().decode(sourcesOf(kept, 0).content)) as {
    readonly isComplete: boolean
    readonly drugs: readonly object[]
    readonly drugsMissing: readonly { readonly reference: string }[]
  }
const othersIn = (kept: Kept) =>
  parseJson(othersOf(kept).content) as unknown as { doNotImport: string; history: Bundle }
const whysIn = (kept: Kept) =>
  othersIn(kept).history.entry.map(({ response }) => [
    response?.etag,
    response?.outcome.issue[0]?.details.text,
  ])

/** The only patient's record log as the patient's device has it. */
async function linesAt({ vault }: TestCustodian): Promise<SourceLine[]> {
  const [{ handle }] = await vault.patients()
  const log = await vault.log(handle)
  const lines: SourceLine[] = []
  for (const [index, entry] of log.entries()) {
    const { recordId, version, operation } = entry
    const isDeletion = operation === "delete"
    const content = isDeletion ? undefined : (await vault.content(entry)).content
    lines.push({
      ...{ custodian: "city", index, version, height: 7, status: "verified", recordId },
      isSuperseded: log.some((one) => one.recordId.join() === recordId.join() && one.version > version),
      ...(isDeletion && { isDeletion }),
      ...(content && { content }),
    })
  }
  return lines
}
const current = (lines: readonly SourceLine[]) =>
  mergeTimeline(lines)
    .filter(({ isDeleted }) => !isDeleted)
    .map(({ resourceType, title, value, marks, isStruckOut }) => ({
      ...{ resourceType, title, value, marks, isStruckOut },
    }))
    .sort((a, b) => (a.title < b.title ? -1 : 1))

const PATIENT = {
  ...{ resourceType: "Patient", id: "1", birthDate: "1950-03-04" },
  name: [{ family: "Wu", given: ["Haitao"] }],
}
const about = { reference: "Patient/1" }
const potassium = (value: string) => ({
  ...{ resourceType: "Observation", id: "k", status: "final", subject: about },
  ...{ code: { text: "Potassium" }, effectiveDateTime: "2026-05-01", valueString: value },
})
const allergy = (verification: string) => ({
  ...{ resourceType: "AllergyIntolerance", id: "a", patient: about, code: { text: "WRONG penicillin" } },
  verificationStatus: {
    coding: [
      {
        system: "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
        code: verification,
      },
    ],
  },
})
const problem = {
  ...{ resourceType: "Condition", id: "c", subject: about, code: { text: "DELETED asthma" } },
}

describe("a patient's own download", () => {
  it("imported elsewhere is what is current at its source: nothing that was corrected, withdrawn or deleted", async () => {
    const source = all.make()
    for (const one of [
      ...[PATIENT, potassium("7.90 mmol/L"), allergy("confirmed"), problem],
      ...[potassium("4.10 mmol/L"), allergy("entered-in-error")],
    ])
      await source.importer.import(bytes(one), "one")
    await source.importer.import(
      bytes({
        ...{ resourceType: "Bundle", type: "transaction" },
        entry: [{ request: { method: "DELETE", url: "Condition/c" } }],
      }),
      "end",
    )
    const lines = await linesAt(source)
    const kept = keptOf(lines)
    const target = all.make()
    const { refused } = await target.importer.import(bundleOf(kept).content, "my-records.fhir.json")
    assert.deepEqual(refused, [])
    assert.deepEqual(current(await linesAt(target)), current(lines))
    assert.deepEqual(
      bundleIn(kept)
        .entry.map(({ fullUrl }) => fullUrl?.replace(/\/[^/]*$/, ""))
        .sort(),
      ["AllergyIntolerance", "Observation", "Patient"].map((type) => `https://city.invalid/${type}`),
    )
    // By mistake: nothing of it is taken.
    const before = (await linesAt(target)).length
    await target.importer.import(othersOf(kept).content, othersOf(kept).name).catch(() => undefined)
    assert.equal((await linesAt(target)).length, before)
    assert.deepEqual(whysIn(kept).sort(), [
      ['W/"1"', "older"],
      ['W/"1"', "older"],
      ['W/"1"', "older"],
      ['W/"2"', "deleted"],
    ])
  })

  const lie = { resourceType: "Condition", id: "c", code: { text: "LIE" } }
  for (const [comment, more, why] of [
    ["that is a lie", { status: "mismatch" }, "mismatch"],
    ["that cannot be checked", { status: "damaged" }, "damaged"],
    ["with a newer version that is not shown", { isSuperseded: true }, "older"],
  ] as const)
    it(`has a record ${comment} only in the file that nobody imports, with why`, () => {
      const kept = keptOf([line(lie, more)])
      assert.deepEqual(bundleIn(kept).entry, [])
      assert.deepEqual(whysIn(kept), [['W/"1"', why]])
      assert.ok(Buffer.from(othersOf(kept).content).includes(Buffer.from(bytes(lie))))
      assert.match(othersOf(kept).name, /NOT-CURRENT\.do-not-import/)
    })

  it("has of two records with one name at a custodian only one, and of two custodians both", () => {
    const [a, b] = [
      { ...lie, code: { text: "a" } },
      { ...lie, code: { text: "b" } },
    ]
    const kept = keptOf([line(a), line(b, { index: 2 }), line(b, { custodian: "county" })])
    const urls = bundleIn(kept).entry.map(({ fullUrl }) => fullUrl)
    assert.deepEqual(urls.sort(), ["https://city.invalid/Condition/c", "https://county.invalid/Condition/c"])
    assert.deepEqual(whysIn(kept), [['W/"1"', "same-name"]])
  })

  it("says in the list of sources which file each version is in, and where there", () => {
    const kept = keptOf([
      line(lie, { version: 2 }),
      line(lie, { isSuperseded: true }),
      line({ ...lie, id: "d" }, { status: "mismatch", index: 3 }),
    ])
    const { isComplete, records } = JSON.parse(new TextDecoder().decode(sourcesOf(kept, 0).content)) as {
      isComplete: boolean
      records: { file: string; entry: number; why?: string }[]
    }
    const [now, not] = [bundleOf(kept).name, othersOf(kept).name]
    assert.equal(isComplete, true)
    assert.deepEqual(
      records.map(({ file, entry, why }) => [file, entry, why]).sort(),
      [
        [now, 0, undefined],
        [not, 0, "older"],
        [not, 1, "mismatch"],
      ].sort(),
    )
  })

  for (const [comment, more, says] of [
    ["an organisation did not answer", { state: "unreachable" }, /^City Hospital could not be reached/],
    ["an organisation lost records", { state: "incomplete" }, /^City Hospital lost records/],
    ["an organisation lies", { state: "differs" }, /^City Hospital shows something else/],
    ["the oldest had no room", { left: 3, keptAt: 0 }, /^City Hospital some of its oldest/],
  ] as const)
    it(`says that it is not complete where ${comment}`, () => {
      const kept = keptOf([line(lie)], part("city", more), part("county"))
      for (const { name } of [bundleOf(kept), othersOf(kept), sourcesOf(kept, 0)])
        assert.match(name, /NOT-COMPLETE/)
      const [tag] = bundleIn(kept).meta?.tag ?? []
      assert.equal(tag?.code, "not-complete")
      assert.match(tag.display, says)
      assert.match(new TextDecoder().decode(sourcesOf(kept, 0).content), /"isComplete": false/)
    })

  it("says since when a part of it was kept", () => {
    const kept = keptOf([line(lie, { keptAt: 0 })], part("city", { keptAt: 0 }))
    const [one] = (JSON.parse(new TextDecoder().decode(sourcesOf(kept, 0).content)) as { records: object[] })
      .records
    assert.ok("keptSince" in one)
    const some = bundleIn(keptOf([line(lie)], part("city", { earlier: { entries: 2, at: 0 } })))
    assert.match(some.meta?.tag[0].display ?? "", /^City Hospital: 2 entries .* the oldest on 1970-01-01/)
    assert.deepEqual(
      bundleIn(kept).meta?.tag.map(({ code, display }) => [code, display]),
      [["kept", "City Hospital: as a device kept its records on 1970-01-01T00:00:00.000Z"]],
    )
    assert.match(new TextDecoder().decode(sourcesOf(kept, 0).content), /"keptSince": "1970-01-01/)
    assert.equal(bundleOf(keptOf([line(lie)])).name, "my-records.fhir.json")
  })
})

const warfarin = { resourceType: "Medication", code: { text: "warfarin 3 mg" } }
const heparin = { resourceType: "Medication", code: { text: "heparin" } }
const drug = (reference: string, resource: object = warfarin, custodian = "city"): CustodiansDrug => ({
  ...{ custodian, reference },
  content: bytes(resource),
})
const order = (reference: unknown, id = "r", more: object = {}) => ({
  ...{ resourceType: "MedicationRequest", id, status: "active", intent: "order", subject: about },
  ...{ authoredOn: "2026-05-01", medicationReference: { reference } },
  ...more,
})

describe("a drug that a record means by reference", () => {
  /** Where a reference of an entry leads to in its bundle: R4 bundle.html#references. */
  function meantIn({ entry }: Bundle, custodian = "city"): unknown[] {
    return entry
      .filter(({ resource }) => resource?.resourceType === "MedicationRequest")
      .map(({ resource }) => {
        const means = resource?.medicationReference as JsonObject | undefined
        const [name, version] = `https://${custodian}.invalid/${means?.reference}`.split("/_history/")
        const found = entry.filter(
          (one) =>
            one.fullUrl === name &&
            (version === undefined || (one.resource?.meta as JsonObject | undefined)?.versionId === version),
        )
        const [only] = found
        assert.ok(found.length < 2 || version === undefined)
        return (only?.resource?.code as JsonObject | undefined)?.text
      })
  }
  const medications = (kept: Kept) =>
    bundleIn(kept)
      .entry.filter(({ resource }) => resource?.resourceType === "Medication")
      .map(({ fullUrl, resource }) => [fullUrl, (resource?.meta as JsonObject | undefined)?.versionId])
  const M = "https://city.invalid/Medication/m"

  const rows: readonly (readonly [
    string,
    readonly CustodiansDrug[],
    readonly SourceLine[],
    { readonly in: readonly unknown[]; readonly missing?: readonly string[] },
  ])[] = [
    ["is in the bundle", [drug("Medication/m")], [line(order("Medication/m"))], { in: [[M, undefined]] }],
    [
      "by two records is there once",
      [drug("Medication/m"), drug("Medication/m")],
      [line(order("Medication/m")), line(order("Medication/m", "s"), { index: 2 })],
      { in: [[M, undefined]] },
    ],
    [
      "has the version that is meant",
      [drug("Medication/m/_history/3")],
      [line(order("Medication/m/_history/3"))],
      { in: [[M, "3"]] },
    ],
    [
      "with and without a version is there once, with it",
      [drug("Medication/m"), drug("Medication/m/_history/3")],
      [line(order("Medication/m")), line(order("Medication/m/_history/3", "s"), { index: 2 })],
      { in: [[M, "3"]] },
    ],
    [
      "is that of the custodian whose record it is",
      [drug("Medication/m"), drug("Medication/m", heparin, "county")],
      [line(order("Medication/m"))],
      { in: [[M, undefined]] },
    ],
    [
      "by what is not current is not there",
      [drug("Medication/m")],
      [line(order("Medication/m"), { isSuperseded: true })],
      { in: [] },
    ],
    [
      "that stands among the records themselves is there once",
      [drug("Medication/m", heparin)],
      [line({ ...warfarin, id: "m" }), line(order("Medication/m"), { index: 2 })],
      { in: [[M, undefined]] },
    ],
    [
      "that is contained needs no entry",
      [],
      [line(order("#m", "r", { contained: [{ ...warfarin, id: "m" }] }))],
      { in: [] },
    ],
    ["that did not come is named", [], [line(order("Medication/m"))], { in: [], missing: ["Medication/m"] }],
    [
      "of another version than came is named",
      [drug("Medication/m")],
      [line(order("Medication/m/_history/2"))],
      { in: [], missing: ["Medication/m/_history/2"] },
    ],
    [
      "that is something else is named",
      [drug("Medication/m", { resourceType: "Patient", id: "m" })],
      [line(order("Medication/m"))],
      { in: [], missing: ["Medication/m"] },
    ],
    [
      "that is no JSON is named",
      [{ custodian: "city", reference: "Medication/m", content: utf8("{") }],
      [line(order("Medication/m"))],
      { in: [], missing: ["Medication/m"] },
    ],
    [
      "at an address elsewhere is named",
      [],
      [line(order("https://a.example/fhir/Medication/m"))],
      { in: [], missing: ["https://a.example/fhir/Medication/m"] },
    ],
    [
      "of a name that goes on and on is named by its beginning",
      [],
      [line(order(`Medication/${"m".repeat(5_000)}`))],
      { in: [], missing: [`Medication/${"m".repeat(189)}…`] },
    ],
    [
      "in a plan, which no custodian names, is named",
      [drug("Medication/m")],
      [
        line({
          ...{ resourceType: "CarePlan", id: "p", status: "active", intent: "plan", subject: about },
          activity: [{ detail: { status: "scheduled", productReference: { reference: "Medication/x" } } }],
        }),
      ],
      { in: [], missing: ["Medication/x"] },
    ],
    [
      "inside of a document that has it is in the document",
      [],
      [
        line({
          ...{ resourceType: "Bundle", id: "d", type: "collection" },
          entry: [{ resource: { ...warfarin, id: "m" } }, { resource: order("Medication/m") }],
        }),
      ],
      { in: [] },
    ],
  ]
  for (const [comment, drugs, lines, expected] of rows)
    it(comment, () => {
      const kept = keptWith(drugs, lines)
      assert.deepEqual(medications(kept), expected.in)
      const { missing = [] } = expected
      assert.deepEqual(
        missingDrugs(kept).map(({ reference }) => reference),
        missing,
      )
      const tags = bundleIn(kept).meta?.tag ?? []
      const lacking = tags.filter(({ code }) => code === "not-complete").map(({ display }) => display)
      assert.equal(lacking.length, missing.length)
      for (const [i, reference] of missing.entries()) assert.ok(lacking[i].includes(reference))
      assert.equal(/NOT-COMPLETE/.test(bundleOf(kept).name), missing.length > 0)
      const { isComplete, drugs: listed, drugsMissing } = sourcesIn(kept)
      assert.equal(isComplete, missing.length === 0)
      assert.deepEqual(
        drugsMissing.map(({ reference }) => reference),
        missing,
      )
      assert.equal(listed.length, tags.filter(({ code }) => code === "drug-apart").length > 0 ? 1 : 0)
      if (expected.in.length > 0 && comment !== "that stands among the records themselves is there once")
        assert.ok(meantIn(bundleIn(kept)).every((text) => text === "warfarin 3 mg"))
    })

  it("of two versions that say otherwise is there in both, and each record means its own", () => {
    const kept = keptWith(
      [drug("Medication/m/_history/1"), drug("Medication/m/_history/2", heparin)],
      [
        line(order("Medication/m/_history/1")),
        line(order("Medication/m/_history/2", "s", { authoredOn: "2026-04-01" }), { index: 2 }),
      ],
    )
    assert.deepEqual(meantIn(bundleIn(kept)), ["warfarin 3 mg", "heparin"])
  })

  it("says nothing else than which drug it is, under the name that is meant", () => {
    const kept = keptWith(
      [drug("Medication/m", { ...warfarin, id: "other", meta: { versionId: "9" }, subject: about })],
      [line(order("Medication/m"))],
    )
    const found = bundleIn(kept).entry.find(({ resource }) => resource?.resourceType === "Medication")
    assert.deepEqual(JSON.parse(JSON.stringify(found?.resource)), { ...warfarin, id: "m" })
  })

  it("imported elsewhere is the drug, whatever has that name there", async () => {
    const source = all.make()
    const orders = ["", "/_history/7"].map((version, i) =>
      order(`Medication/m${version}`, `r${i}`, { authoredOn: `2026-05-0${i + 1}` }),
    )
    for (const one of [PATIENT, { ...warfarin, id: "m" }, ...orders])
      await source.importer.import(bytes(one), "one")
    const shown = async ({ vault }: TestCustodian, lines: readonly SourceLine[]) =>
      (
        await drugsIn(
          vault,
          lines.map(({ content }) => content),
        )
      ).map((one) => ({ ...one, custodian: "city" }))
    const lines = await linesAt(source)
    const drugs = await shown(source, lines)
    assert.equal(drugs.length, 2)
    const kept = keptWith(drugs, lines)
    const target = all.make()
    await target.importer.import(bytes({ ...heparin, id: "m" }), "own")
    const { refused } = await target.importer.import(bundleOf(kept).content, "my-records.fhir.json")
    assert.deepEqual(refused, [])
    const there = await linesAt(target)
    const titles = mergeTimeline(there, await shown(target, there))
      .filter(({ resourceType }) => resourceType === "MedicationRequest")
      .map(({ title }) => title)
    assert.equal(titles.length, 2)
    for (const title of titles) assert.match(title, /warfarin 3 mg/)
    const own = target.vault.newest("Medication", "m")
    assert.ok(own)
    assert.match(Buffer.from((await target.vault.content(own)).content).toString(), /heparin/)
  })
})
