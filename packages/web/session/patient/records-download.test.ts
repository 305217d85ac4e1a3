import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import type { OwnHistoryPart, SourceLine } from "@aceso/client"
import { mergeTimeline } from "@aceso/client/timeline.ts"
import { type JsonObject, parseJson, sha256, utf8 } from "@aceso/core"
import { FreshCustodians, type TestCustodian } from "@aceso/server/testing/custodian.ts"
import { bundleOf, othersOf, sourcesOf } from "./records-download.ts"
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
function keptOf(lines: readonly SourceLine[], ...parts: readonly OwnHistoryPart[]): Kept {
  const history = { timeline: mergeTimeline(lines), parts: parts.length > 0 ? parts : [part("city")] }
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
