import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { disclosureLogs } from "@aceso/contracts"
import {
  type Bytes,
  directoryRoot,
  type FetchRequest,
  fromUtf8,
  grantDocument,
  makeOneTimeKey,
  type PlatformError,
  policyRoot,
  provePractitioner,
  publicKey,
  randomBytes,
  signWord,
} from "@aceso/core"
import { handleOf, seedOf } from "@aceso/ledger/testing/network.ts"
import { LedgerClient } from "../node/ledger-client.ts"
import { startLedger, TestCustodian, type TestLedger } from "../testing/custodian.ts"
import { Custodian, Denial } from "./custodian.ts"
import { DENIALS_PER_MEMBER, DENIALS_PER_PRACTITIONER, DenialBudget } from "./denials.ts"
import { Disclosures } from "./disclosures.ts"
import { Policies } from "./policies.ts"

const HOUR_MS = 3_600_000
const NOW = 1_000 * HOUR_MS

describe("the budget of denials", () => {
  const use = (budget: DenialBudget, count: number, who: string, now = NOW, member = "county") =>
    Array.from({ length: count }, () => budget.take(member, who, now)).filter(Boolean).length

  it("is a practitioner's, and the organisation's in all", () => {
    const budget = new DenialBudget()
    assert.equal(use(budget, 100, "ann"), DENIALS_PER_PRACTITIONER)
    assert.equal(use(budget, 1, "bob"), 1)
    for (let i = 0; i < 20; i++) use(budget, DENIALS_PER_PRACTITIONER, `doctor ${i}`)
    assert.equal(use(budget, 1, "eve"), 0)
    assert.equal(use(budget, 1, "eve", NOW, "clinic"), 1, "another organisation has its own")
  })

  it("slides: what was an hour ago counts no more, what was later does", () => {
    const budget = new DenialBudget()
    use(budget, 40, "ann")
    use(budget, 20, "ann", NOW + HOUR_MS / 2)
    assert.equal(use(budget, 1, "ann", NOW + HOUR_MS - 1), 0)
    assert.equal(use(budget, 100, "ann", NOW + HOUR_MS), 40)
    assert.equal(use(budget, 100, "ann", NOW + 1.5 * HOUR_MS), 20)
  })

  it("bears a large hospital that asks for 4,000 patients a day, of whom one in eight has no consent", () => {
    const budget = new DenialBudget()
    let denied = 0
    for (let i = 0; i < 4_000; i++)
      if (i % 8 === 0) {
        denied++
        // Ten hours of work, fifty doctors.
        assert.ok(budget.take("county", `doctor ${i % 50}`, NOW + Math.floor((i * 10 * HOUR_MS) / 4_000)))
      }
    assert.equal(denied, 500)
  })

  it("sums up what is beyond it: once per requester and hour, and when the node ends", () => {
    const budget = new DenialBudget()
    use(budget, DENIALS_PER_PRACTITIONER + 7, "ann")
    assert.deepEqual(budget.due(NOW + HOUR_MS - 1), [])
    use(budget, 1, "ann", NOW + HOUR_MS / 2)
    assert.deepEqual(budget.due(NOW + HOUR_MS), [
      { requester: "county", count: 8, from: NOW, to: NOW + HOUR_MS },
    ])
    assert.deepEqual(budget.due(NOW + HOUR_MS), [])
    use(budget, DENIALS_PER_PRACTITIONER + 1, "ann", NOW + HOUR_MS)
    assert.equal(budget.due(NOW + HOUR_MS + 1, true)[0].count, 1)
  })

  it("forgets who has not asked for an hour", () => {
    const budget = new DenialBudget()
    for (let i = 0; i < 10; i++) use(budget, 1, `doctor ${i}`, NOW, `member-${i}`)
    budget.due(NOW + HOUR_MS)
    assert.equal((budget as unknown as { taken: Map<string, unknown> }).taken.size, 0)
    assert.ok(DENIALS_PER_MEMBER > DENIALS_PER_PRACTITIONER)
  })
})

describe("a custodian that is asked for invented handles", () => {
  let ledger: TestLedger
  let city: TestCustodian
  let disclosures: Disclosures
  let custodian: Custodian
  const doctor = seedOf("doctor at county")
  const nobody = new Uint8Array(32).fill(7)
  const [known, hidden] = [handleOf("known at city"), handleOf("hidden at city")]
  const practitioners = [
    {
      practitioner: { key: publicKey(doctor), role: "doctor", from: 0, to: Number.MAX_SAFE_INTEGER },
      salt: seedOf("salt"),
    },
  ]

  before(async () => {
    ledger = await startLedger("city", "county")
    city = new TestCustodian(ledger, "city")
    const { vault, client } = city
    disclosures = new Disclosures(vault, client, 60_000)
    const policies = new Policies(vault, client, disclosures)
    custodian = new Custodian(vault, client, policies, disclosures)
    const county = new LedgerClient(ledger.engine, "county", seedOf("county"))
    await county.call("governance", "setDirectory", { base: 0, root: directoryRoot(practitioners) })
    for (const [handle, fhirId] of [
      [known, "p1"],
      [hidden, "p2"],
    ] as const)
      await vault.addPatient({ handle, fhirId, hasKey: false })
    await city.committer.flush()
    // A consent for somebody else: the patient hides from this requester that anything is here.
    const [now, until] = [Date.now(), Date.now() + HOUR_MS]
    const consent = {
      custodian: "city",
      grantee: "clinic",
      purpose: "TREAT",
      classes: [],
      until,
      now,
    } as const
    const documents = [grantDocument(consent)]
    const root = policyRoot(documents, seedOf("policy"))
    await vault.setPolicy(hidden, {
      version: 1,
      root,
      salt: seedOf("policy"),
      documents,
      pending: [randomBytes(8)],
    })
  })
  after(async () => {
    await city.vault.close()
    await ledger.end()
  })

  async function ask(handle: Bytes): Promise<PlatformError> {
    const [nonce, time] = [randomBytes(16), Date.now()]
    const key = await makeOneTimeKey()
    const request: FetchRequest = {
      network: ledger.engine.network,
      custodian: "city",
      handle,
      purpose: "TREAT",
      time,
      nonce,
      practitioner: {
        proof: provePractitioner(practitioners, 0),
        signature: signWord("city", "TREAT", handle, nonce, time, doctor),
      },
      suite: key.suite,
      oneTimeKey: key.publicKey,
    }
    return custodian.fetch(request, "county").then(
      () => assert.fail("it was answered"),
      (error: PlatformError) => error,
    )
  }
  const leaves = async () => (await ledger.engine.read(disclosureLogs, ["city"]))?.size ?? 0

  it("answers unknown, without consent and hidden alike, each time with a promise, until the budget is used", async () => {
    for (let i = 0; i < DENIALS_PER_PRACTITIONER; i++) {
      const error = await ask([nobody, known, hidden][i % 3])
      assert.ok(error instanceof Denial)
      assert.equal(error.code, "policy_missing")
    }
    await disclosures.flush()
    assert.equal(await leaves(), DENIALS_PER_PRACTITIONER)
  })

  it("beyond it they cost neither row nor leaf, and are answered alike again", async () => {
    const answers = new Set<string>()
    for (let i = 0; i < 30; i++) {
      const error = await ask([nobody, known, hidden][i % 3])
      answers.add(`${error.code} ${error.message} ${error instanceof Denial}`)
    }
    assert.equal(answers.size, 1)
    assert.match([...answers][0], /^too_many_requests .* false$/)
    assert.deepEqual(await city.vault.uncommittedDisclosures(), [])
    await custodian.noteUnlogged()
    assert.deepEqual(await city.vault.uncommittedDisclosures(), [], "the hour is not over")
    await custodian.noteUnlogged(true)
    const [summary, ...more] = await city.vault.uncommittedDisclosures()
    assert.equal(more.length, 0)
    assert.equal(summary.handle.length, 0)
    const event = JSON.parse(fromUtf8(summary.auditEvent))
    assert.equal(event.outcomeDesc, "too_many_requests")
    assert.equal(event.agent[0].who.identifier.value, "county")
    assert.deepEqual(event.entity, [{ detail: [{ type: "denials-not-logged", valueString: "30" }] }])
    await disclosures.flush()
    assert.equal(await leaves(), DENIALS_PER_PRACTITIONER + 1)
  })
})
