import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { it } from "node:test"
import { policies } from "@aceso/contracts"
import { documentId, fromHex, handleSeed, makeEnvelope, readEnvelope } from "@aceso/core"
import { layout } from "./files.ts"
import { bootStory, type Story, until } from "./testing/story.ts"

const CITY = "city-hospital"
const TEN_MINUTES_MS = 10 * 60_000
const HOUR_MS = 3_600_000

/** What the patient does at City, and what County is told there. */
function atCity(story: Story, policyDelayMs: number) {
  const patient = story.patient("patient-1", policyDelayMs)
  const places = patient.places.filter(({ custodian }) => custodian === CITY)
  const [place] = places
  const { engine } = story.network
  const { policies: kept, vault } = story.node(CITY).services
  return {
    patient,
    places,
    grant: async (grantee: string, purpose: "TREAT" | "HPAYMT" = "TREAT") => {
      const wish = { grantee, purpose, classes: [], until: Date.now() + 86_400_000 }
      return (await patient.grant(wish, CITY))[0]
    },
    fetch: async () => {
      const { custodians } = await story.staff("county-doctor").history(places, "TREAT")
      const { outcome, code, policyState, findings } = custodians[0]
      return { said: code ?? outcome, policyState, findings }
    },
    onLedger: async () => (await engine.read(policies, [CITY, place.handle]))?.version ?? 0,
    pending: async () =>
      (await kept.inForce(place.handle)).pending.map((envelope) => readEnvelope(envelope).payload),
    /** As if the node had been down when the changes were to reach the ledger. */
    expire: async () => {
      const seed = fromHex(readFileSync(layout(story.network.folder).patientSeed("patient-1"), "utf8").trim())
      const key = handleSeed(seed, CITY, place.handle, place.keyNumber)
      const stored = await vault.policy(place.handle)
      assert.ok(stored)
      const pending = stored.pending.map((envelope, i) => {
        const { network, contract, action, input } = readEnvelope(envelope).payload
        const expiry = Date.now() - HOUR_MS + i
        return makeEnvelope({ network, contract, action, input, expiry }, [key]).bytes
      })
      await vault.atomically(() => vault.setPolicy(place.handle, { ...stored, pending }))
    },
  }
}

/** PRIVACY.md, Policy: the custodian obeys at once; the ledger hears of it after the delay that the patient chose. */
it("changes are obeyed at once, also one after the other, while none is on the ledger yet", async () => {
  const story = await bootStory()
  try {
    const { patient, grant, fetch, onLedger, pending } = atCity(story, TEN_MINUTES_MS)
    const first = await grant("county-hospital")
    assert.deepEqual(await fetch(), { said: "answered", policyState: "pending", findings: [] })
    await grant("insurer", "HPAYMT")
    assert.deepEqual(await fetch(), { said: "answered", policyState: "pending", findings: [] })
    await patient.revoke(documentId(first.copy.document))
    assert.equal((await fetch()).said, "policy_missing")
    assert.equal(await onLedger(), 0)
    assert.equal((await pending()).length, 3)
  } finally {
    await story.end()
  }
})

it("changes that expired while the custodian was down stay obeyed, and the patient's device renews them", async () => {
  const story = await bootStory()
  try {
    const { patient, places, grant, fetch, onLedger, pending, expire } = atCity(story, TEN_MINUTES_MS)
    await grant("insurer", "HPAYMT")
    await grant("county-hospital")
    await expire()
    const before = await pending()
    assert.deepEqual(await fetch(), { said: "answered", policyState: "pending", findings: [] })

    await patient.inbox()
    const after = await pending()
    const claims = (list: typeof before) => list.map(({ action, input }) => ({ action, input }))
    assert.deepEqual(claims(after), claims(before))
    assert.ok(after[0].expiry > Date.now() && after[1].expiry > after[0].expiry)
    await patient.inbox()
    assert.deepEqual(await pending(), after, "what is on its way is not signed again")
    assert.deepEqual(await fetch(), { said: "answered", policyState: "pending", findings: [] })
    assert.equal(await onLedger(), 0)

    // The same for whoever decides something new: what expired is renewed first, and all of it gets there.
    await expire()
    const soon = atCity(story, 1)
    await soon.grant("community-clinic")
    assert.equal((await soon.patient.policy(places[0])).documents.length, 3)
    await until(story, async () => (await onLedger()) === 3, "all three changes are on the ledger")
    assert.deepEqual(await fetch(), { said: "answered", policyState: "current", findings: [] })
    assert.deepEqual(story.faults, [])
  } finally {
    await story.end()
  }
})
