// needs: cometbft
import { after, before, it } from "node:test"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { bootStory, type Story } from "@aceso/consortium/testing/story.ts"
import { fromHex, STAFF_TAG } from "@aceso/core"
import { Ears } from "../testing/ears.ts"

const COUNTY = "county-hospital"

let story: Story
before(async () => {
  story = await bootStory({ engine: "cometbft" })
})
after(() => story.end())

it("on CometBFT too, what the ledger says of a patient's policy comes to who asked about the patient", async () => {
  const patient = story.patient("patient-1")
  const wish = {
    purpose: "TREAT" as const,
    classes: [],
    until: Date.now() + 86_400_000,
    reason: "Chest pain",
  }
  await story.staff("county-doctor").request(patient.card(COUNTY, Date.now()), wish)
  const [request] = await patient.inbox()
  const { seed } = readJson(layout(story.network.folder).person("county-doctor")) as { seed: string }
  const url = `${story.node(COUNTY).services.config.url}/staff/live`
  const doctor = await Ears.at(url, { seed: fromHex(seed), tag: STAFF_TAG })
  // No copy is handed over: of this the doctor's node hears from its own ledger alone.
  await patient.approve(request)
  await doctor.hears(["requests"])
  await doctor.end()
})
