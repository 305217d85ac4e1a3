import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { utf8 } from "@aceso/core"
import { bootStory, flushPolicies, type Story } from "./testing/story.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"

/** A prescription whose drug stands in a Medication of its own, as the own doctor and another hospital's see it. */
describe("a drug by reference", () => {
  let story: Story
  const place = () => {
    const found = story.patient("patient-1").places.find(({ custodian }) => custodian === CITY)
    assert.ok(found)
    return { custodian: found.custodian, handle: found.handle }
  }
  const titles = async (alias: string, own: boolean) => {
    const choices = own ? { alsoOwn: place().handle } : {}
    const { timeline, custodians } = await story.staff(alias).history([place()], "TREAT", choices)
    assert.deepEqual(
      custodians.flatMap(({ findings, outcome }) => [
        ...findings,
        ...(outcome === "answered" ? [] : [outcome]),
      ]),
      [],
    )
    const requests = timeline.filter(({ resourceType }) => resourceType === "MedicationRequest")
    // No patient's log vouches for a drug of the custodian's own log, and every view can say so.
    for (const { title, isDrugApart = false } of requests)
      assert.equal(isDrugApart, /methotrexate|aspirin/.test(title) && !title.includes("not named"), title)
    return requests.map(({ title }) => title)
  }
  before(async () => {
    story = await bootStory()
    const node = story.node(CITY)
    const patient = await node.services.vault.patient({ handle: place().handle })
    const request = (id: string, reference: string) => ({
      resourceType: "MedicationRequest",
      id,
      status: "active",
      intent: "order",
      medicationReference: { reference },
      subject: { reference: `Patient/${patient?.fhirId}` },
    })
    const inputs = [
      { resourceType: "Medication", id: "m", code: { text: "methotrexate 2.5 mg" } },
      request("r1", "Medication/m"),
      request("r2", "Medication/m/_history/1"),
      request("r3", "Medication/nowhere"),
    ]
    await node.services.importer.importAll(
      inputs.map((one, i) => ({ input: utf8(JSON.stringify(one)), where: `${i}` })),
    )
    await node.services.committer.flush()
    const until = Date.now() + 86_400_000
    await story
      .patient("patient-1")
      .grant({ grantee: COUNTY, purpose: "TREAT", classes: ["MedicationRequest"], until }, CITY)
    await flushPolicies(node)
  })
  after(() => story.end())

  for (const [comment, alias, isOwn] of [
    ["to its own doctor", "city-doctor", true],
    ["to another hospital's", "county-doctor", false],
  ] as const)
    it(`is named ${comment}`, async () => {
      const named = (await titles(alias, isOwn)).filter((title) => title.includes("methotrexate 2.5 mg"))
      assert.equal(named.length, 2)
    })

  it("of a certain version it is named only while there is one alone", async () => {
    const node = story.node(CITY)
    const next = { resourceType: "Medication", id: "m", code: { text: "aspirin 100 mg" } }
    await node.services.importer.import(utf8(JSON.stringify(next)), "next")
    await node.services.committer.flush()
    for (const [alias, isOwn] of [
      ["city-doctor", true],
      ["county-doctor", false],
    ] as const) {
      const all = await titles(alias, isOwn)
      assert.equal(all.filter((title) => title.includes("methotrexate 2.5 mg")).length, 0)
      assert.equal(all.filter((title) => title.includes("aspirin 100 mg")).length, 1)
      assert.ok(
        all.some((title) => title.includes("Medication/m/_history/1")),
        all.join(),
      )
    }
  })

  it("another drug than the custodian signed is refused", async () => {
    const { custodian } = story.node(CITY).services
    custodian.dishonesty = {
      body: (body) => ({ ...body, drugs: body.drugs?.map((one) => ({ ...one, sent: new Uint8Array(32) })) }),
    }
    const { custodians } = await story.staff("county-doctor").history([place()], "TREAT")
    assert.deepEqual([custodians[0].outcome, custodians[0].code], ["failed", "bad_answer"])
    custodian.dishonesty = {}
  })
})
