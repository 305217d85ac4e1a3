import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { bootStory, type Story } from "@aceso/consortium/testing/story.ts"
import { type Card, equalBytes, PlatformError, randomBytes, toJson } from "@aceso/core"
import { historyCalls, type Kept } from "./history.ts"
import { writingCalls } from "./writing.ts"
import { writtenForms } from "./written-forms.ts"

const COUNTY = "county-hospital"
const NAMES = Array.from({ length: 12 }, (_, i) => `patient-${i + 1}`)
let story: Story
before(async () => {
  story = await bootStory()
})
after(() => story.end())

const custodiansOf = (name: string) => story.patient(name).places.map(({ custodian }) => custodian)
const doctor = () => story.staff("county-doctor")
const wish = () => ({ purpose: "TREAT" as const, classes: [], until: Date.now() + 86_400_000, reason: "x" })
const calls = () => {
  const kept = new Map<string, Kept>()
  return { ...historyCalls(doctor(), COUNTY, kept), ...writingCalls(doctor(), COUNTY, kept) }
}
const asked = { purpose: "TREAT" as const, classes: [], language: "en" as const }
/** @param isOn which custodians the card names @returns the alias that the card made */
async function visitorOf(name: string, isOn = (_custodian: string) => true): Promise<string> {
  const patient = story.patient(name)
  const places = patient.places.filter(({ custodian }) => isOn(custodian))
  const card: Card = Object.create(patient, { places: { value: places } }).card(COUNTY, Date.now())
  return (await doctor().request(card, wish())).visitor
}
const ownPatientOf = async (name: string) => {
  const place = story.patient(name).places.find(({ custodian }) => custodian === COUNTY)
  const found = place && (await story.node(COUNTY).services.vault.patient({ handle: place.handle }))
  assert.ok(found)
  return found
}

describe("a visitor who is an own patient too", () => {
  it("is read and written about under either alias, as the same patient", async () => {
    const name = NAMES.find((one) => custodiansOf(one).includes(COUNTY))
    assert.ok(name)
    const own = await ownPatientOf(name)
    const alone = await visitorOf(name, (custodian) => custodian === COUNTY)
    // A card of all places later makes it no other.
    const visitor = await visitorOf(name)
    assert.equal(visitor, alone)
    assert.notEqual(visitor, own.alias)
    const { history, toWrite, toCorrect, write } = calls()
    assert.equal((await history(visitor, asked)).isVisitor, false)
    const patient = await toWrite(visitor)
    assert.ok(patient)
    assert.deepEqual(patient, await toWrite(own.alias))
    assert.equal(patient.alias, own.alias)
    const result = {
      code: "2823-3",
      at: "2026-05-01T10:00:00+08:00",
      number: { value: "4.10", unit: "mmol/L" },
    } as const
    const written = await write(patient, randomBytes(16), { result }, null)
    const { vault } = story.node(COUNTY).services
    const [type, id] = written.reference.split("/")
    const [place] = await vault.newestPlaces(type, id)
    assert.ok(equalBytes(place.log, own.handle))
    const replaces = { reference: written.reference, version: written.version }
    assert.deepEqual(await toCorrect(visitor, replaces), { result })
    await history(visitor, asked)
    assert.deepEqual(await toCorrect(visitor, replaces), { result })
    // The node takes the patient's own alias alone, and who was shown.
    for (const [shown, expected] of [
      [{ ...patient, alias: visitor }, "unknown_patient"],
      [{ ...patient, name: "Somebody else" }, "patient_differs"],
    ] as const)
      await assert.rejects(
        write(shown, randomBytes(16), { result }, null),
        (error) => error instanceof PlatformError && error.code === expected,
      )
  })

  it("is nobody whose records lie elsewhere alone, and nobody who is two here", async () => {
    const elsewhere = NAMES.find((one) => !custodiansOf(one).includes(COUNTY))
    assert.ok(elsewhere)
    const { history, toWrite } = calls()
    const visitor = await visitorOf(elsewhere)
    assert.equal((await history(visitor, asked)).isVisitor, true)
    assert.equal(await toWrite(visitor), null)
    assert.equal(await toWrite("nobody"), null)

    const both = NAMES.filter((one) => custodiansOf(one).includes(COUNTY)).slice(0, 2)
    const places = await Promise.all(
      both.map(async (one) => ({ custodian: COUNTY, handle: (await ownPatientOf(one)).handle })),
    )
    assert.equal(places.length, 2)
    const until = Date.now() + 86_400_000
    const { vault } = story.node(COUNTY).services
    const joined = await vault.joinPlaces(places, { now: Date.now(), keptUntil: until, byCopyFrom: null })
    assert.equal(await toWrite(joined.visitor.alias), null)
    assert.equal((await history(joined.visitor.alias, asked)).isVisitor, true)
  })
})

describe("what a correction begins with", () => {
  const said = (note: object[]) =>
    writtenForms(
      toJson({ resourceType: "Observation", code: { coding: [{ code: "2823-3" }] }, note }) as never,
    )?.result?.remark
  const lab = { authorString: "laboratory", text: "drip arm" }
  const rows: readonly [comment: string, note: object[], remark: string | undefined][] = [
    ["the remark that was typed", [{ text: "haemolysed" }, lab], "haemolysed"],
    ["the remark behind a laboratory's note", [lab, { text: "haemolysed" }], "haemolysed"],
    ["no remark, where the note is a laboratory's", [lab], undefined],
    ["no remark that the form has no room for", [{ text: "x".repeat(501) }, { text: "a\nb" }], undefined],
  ]
  for (const [comment, note, remark] of rows) it(`is ${comment}`, () => assert.equal(said(note), remark))
})
