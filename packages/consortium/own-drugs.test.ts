import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { recordsToKeep, withKept } from "@aceso/client/kept-history.ts"
import type { OwnRecords } from "@aceso/client/own-records.ts"
import { firstSayings } from "@aceso/client/shown-first.ts"
import { ownDrugs, utf8 } from "@aceso/core"
import { bootStory, type Story } from "./testing/story.ts"

const CITY = "city-hospital"

describe("a drug that a record means by reference", () => {
  let story: Story
  before(async () => {
    story = await bootStory()
    const { services } = story.node(CITY)
    const patient = await services.vault.patient({ handle: place().handle })
    const inputs = [
      {
        ...{ resourceType: "Medication", id: "m" },
        identifier: [{ system: "https://city.example/batch", value: "of-somebody-else" }],
        code: { coding: [{ system: "http://www.whocc.no/atc", code: "B01AA03", display: "warfarin" }] },
      },
      {
        ...{ resourceType: "MedicationRequest", id: "r", status: "active", intent: "order" },
        ...{ authoredOn: "2026-11-01", medicationReference: { reference: "Medication/m" } },
        subject: { reference: `Patient/${patient?.fhirId}` },
      },
    ]
    const all = inputs.map((one, i) => ({ input: utf8(JSON.stringify(one)), where: String(i) }))
    await services.importer.importAll(all)
    await services.committer.flush()
  })
  after(() => story.end())
  const place = () => {
    const found = story.patient("patient-1").places.find(({ custodian }) => custodian === CITY)
    assert.ok(found)
    return found
  }
  const isMeant = ({ timeText, resourceType }: { timeText?: string; resourceType: string }) =>
    resourceType === "MedicationRequest" && timeText?.startsWith("2026-11-01") === true

  it("is named to the patient as to the own doctor, among what thins the blood", async () => {
    const { timeline, parts } = await story.patient("patient-1").history()
    assert.ok(parts.every(({ state }) => state === "matches"))
    const { handle } = place()
    const own = await story
      .staff("city-doctor")
      .history([{ custodian: CITY, handle }], "TREAT", { alsoOwn: handle })
    const [mine, theirs] = [timeline.find(isMeant), own.timeline.find(isMeant)]
    assert.match(mine?.title ?? "", /warfarin/i)
    assert.equal(mine?.title, theirs?.title)
    assert.equal(mine?.first, "anticoagulant")
    assert.ok(firstSayings(timeline, "anticoagulant").some(({ title }) => title === mine?.title))
  })

  it("is named also by what a device keeps, where nobody answers", async () => {
    const { places } = story.patient("patient-1")
    const history = await story.patient("patient-1").history()
    const about = { network: "n", policyDelayMs: 1, organisations: {}, now: 5 }
    const kept = recordsToKeep(history, places, about)
    const parts = history.parts.map((part) => ({ ...part, state: "unreachable" as const }))
    const { timeline } = withKept({ timeline: [], parts }, kept, places)
    assert.match(timeline.find(isMeant)?.title ?? "", /warfarin/i)
  })

  it("is told of own records alone, without what may be about others", async () => {
    const patient = story.patient("patient-1")
    const { ask } = (Reflect.get(patient, "reader") as OwnRecords).calls
    const indexes = Array.from({ length: 100 }, (_, i) => i)
    const { drugs } = await ask(place(), "drugs", { indexes }, ownDrugs)
    assert.deepEqual(
      drugs.map(({ reference }) => reference),
      ["Medication/m"],
    )
    assert.doesNotMatch(Buffer.from(drugs[0].content).toString(), /of-somebody-else/)
    assert.deepEqual(await ask(place(), "drugs", { indexes: [9_999] }, ownDrugs), { drugs: [] })
    await assert.rejects(ask(place(), "drugs", { indexes: [] }, ownDrugs), { code: "bad_input" })
  })
})
