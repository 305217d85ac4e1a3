import assert from "node:assert/strict"
import { it } from "node:test"
import { policies } from "@aceso/contracts"
import { documentId } from "@aceso/core"
import { bootStory } from "./testing/story.ts"

const CITY = "city-hospital"

/** PRIVACY.md, Policy: the custodian obeys at once; the ledger hears of it after the delay that the patient chose. */
it("changes are obeyed at once, also one after the other, while none is on the ledger yet", async () => {
  const story = await bootStory()
  try {
    const patient = story.patient("patient-1", 10 * 60_000)
    const places = patient.places.filter(({ custodian }) => custodian === CITY)
    const fetch = async () => {
      const { custodians } = await story.staff("county-doctor").history(places, "TREAT")
      const { outcome, code, policyState, findings } = custodians[0]
      return { said: code ?? outcome, policyState, findings }
    }
    const until = Date.now() + 86_400_000
    const grant = (grantee: string, purpose: "TREAT" | "HPAYMT") =>
      patient.grant({ grantee, purpose, classes: [], until }, CITY)
    const [first] = await grant("county-hospital", "TREAT")
    assert.deepEqual(await fetch(), { said: "answered", policyState: "pending", findings: [] })
    await grant("insurer", "HPAYMT")
    assert.deepEqual(await fetch(), { said: "answered", policyState: "pending", findings: [] })
    await patient.revoke(documentId(first.copy.document))
    assert.equal((await fetch()).said, "policy_missing")
    assert.equal(await story.network.engine.read(policies, [CITY, places[0].handle]), undefined)
    assert.equal((await story.node(CITY).policies.inForce(places[0].handle)).pending.length, 3)
  } finally {
    await story.end()
  }
})
