import assert from "node:assert/strict"
import { after, before, it } from "node:test"
import { found } from "@aceso/core/display/found-words.ts"
import { bootStory, type Story } from "./testing/story.ts"

const CITY = "city-hospital"
const DAY_MS = 86_400_000

let story: Story
before(async () => {
  story = await bootStory()
})
after(() => story.end())

const patient = () => story.patient("patient-1")
const place = () => {
  const found = patient().places.find(({ custodian }) => custodian === CITY)
  assert.ok(found)
  return found
}
const account = () => patient().accountAt(place(), () => {})
const readings = () => story.node(CITY).services.readings
/** As if a day had passed. */
const endDay = async () => {
  await readings().close(Date.now() + DAY_MS)
  await story.node(CITY).services.disclosures.flush()
}
const look = () => story.staff("city-doctor").history([place()], "TREAT", { alsoOwn: place().handle })

it("who looks at records where they are kept is named to the patient at once, and to no other", async () => {
  assert.deepEqual((await account()).today, [])
  await look()
  const { today } = await account()
  assert.equal(today.length, 1)
  assert.equal(today[0].reading, "history")
  assert.match(today[0].practitionerName ?? "", /\w/)
  const other = story.patient("patient-2")
  const at = other.places.find(({ custodian }) => custodian === CITY)
  if (at) assert.deepEqual((await other.accountAt(at, () => {})).today, [])
})

it("the day over, one entry stands for it on the ledger, and the device holds the list against it", async () => {
  const before = (await account()).entries.length
  await endDay()
  const { entries, today, isComplete } = await account()
  assert.deepEqual([today, isComplete, entries.length], [[], true, before + 1])
  const last = entries.at(-1)
  assert.deepEqual(
    [last?.outcome, last?.looks?.length, last?.contradictions, last?.isLogged],
    ["inside", 1, [], true],
  )
})

it("a custodian that leaves a look out of a day that is over is found out", async () => {
  await look()
  await endDay()
  const service = readings()
  const honest = service.under.bind(service)
  service.under = async (tag) => (await honest(tag)).slice(1)
  try {
    const wrong = (await account()).entries.flatMap(({ contradictions }) => contradictions)
    assert.ok(wrong.includes(found("looksMissing")), wrong.join())
  } finally {
    service.under = honest
  }
})
