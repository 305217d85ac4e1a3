import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import { disclosureLogs } from "@aceso/contracts"
import {
  type AccessRequest,
  type Bytes,
  type CardStatement,
  cardLink,
  directoryRoot,
  makeCardStatement,
  type PlatformError,
  provePractitioner,
  publicKey,
  randomBytes,
  readAuditEvent,
  signWord,
} from "@aceso/core"
import { enrol, handleOf, patientSeed, seedOf } from "@aceso/ledger/testing/network.ts"
import { LedgerClient } from "../node/ledger-client.ts"
import { startLedger, TestCustodian, type TestLedger } from "../testing/custodian.ts"
import { Custodian } from "./custodian.ts"
import { Disclosures } from "./disclosures.ts"
import { Policies } from "./policies.ts"
import { PENDING_PER_REQUESTER } from "./waiting-requests.ts"

describe("requests that wait for a patient", () => {
  let ledger: TestLedger
  let city: TestCustodian
  let disclosures: Disclosures
  let custodian: Custodian
  let patient = ""
  let count = 0
  const doctors = ["county", "clinic"].map((member) => seedOf(`doctor at ${member}`))
  const names = ["county-doctor", undefined]
  const [ofCounty, ofClinic] = doctors.map((seed, i) => [
    {
      practitioner: {
        ...{ key: publicKey(seed), role: "doctor", from: 0, to: Number.MAX_SAFE_INTEGER },
        name: names[i],
      },
      salt: seedOf("salt"),
    },
  ])

  before(async () => {
    ledger = await startLedger("city", "county", "clinic")
    city = new TestCustodian(ledger, "city")
    const { vault, client } = city
    disclosures = new Disclosures(vault, client, 60_000)
    custodian = new Custodian(vault, client, new Policies(vault, client, disclosures), disclosures)
    for (const [member, directory] of [
      ["county", ofCounty],
      ["clinic", ofClinic],
    ] as const)
      await new LedgerClient(ledger.engine, member, seedOf(member)).call("governance", "setDirectory", {
        base: 0,
        root: directoryRoot(directory),
      })
  })
  after(async () => {
    await city.vault.close()
    await ledger.end()
  })
  beforeEach(async () => {
    patient = `patient ${++count}`
    await enrol(ledger.engine, "city", patient)
    await city.vault.addPatient({ handle: handleOf(`${patient} at city`), fhirId: patient, hasKey: true })
  })

  const handle = () => handleOf(`${patient} at city`)
  function statement(organisation = "county"): CardStatement {
    const { network } = ledger.engine
    const terms = {
      ...{ network, custodian: "city", handle: handle(), organisation, expiry: Date.now() + 700_000 },
      ...{ nonce: randomBytes(16), link: cardLink(seedOf("card"), seedOf("salt")) },
    }
    return makeCardStatement(terms, patientSeed(patient, "city"))
  }
  function ask(shown: CardStatement, requestId: Bytes = randomBytes(16)) {
    const isCounty = shown.organisation === "county"
    const time = Date.now()
    const request: AccessRequest = {
      ...{ network: shown.network, requestId, statement: shown, purpose: "TREAT", classes: [], time },
      ...{ until: time + 86_400_000, reason: "ward round" },
      practitioner: {
        proof: provePractitioner(isCounty ? ofCounty : ofClinic, 0),
        signature: signWord("city", "TREAT", shown.handle, requestId, time, doctors[isCounty ? 0 : 1]),
      },
    }
    return custodian.request(request, shown.organisation)
  }
  const leaves = async () => {
    await disclosures.flush()
    return (await ledger.engine.read(disclosureLogs, ["city"]))?.size ?? 0
  }
  const refused = (work: Promise<unknown>, code: string, says: RegExp) =>
    assert.rejects(work, (error: PlatformError) => {
      assert.equal(error.code, code, error.message)
      assert.match(error.message, says)
      return true
    })

  for (const [i, organisation] of ["county", "clinic"].entries())
    it(`the patient is told who asked: ${names[i] ?? "no name where none is told"}`, async () => {
      await ask(statement(organisation))
      const [waiting] = await custodian.pending(handle())
      const [denial] = await city.vault.disclosures(handle(), { fromN: 1, limit: 10, maxBytes: 100_000 })
      const facts = readAuditEvent(denial.auditEvent)
      assert.deepEqual([waiting.name, facts?.practitionerName, facts?.role], [names[i], names[i], "doctor"])
    })

  it("one statement is one request, however often and with however many ids it is sent at once", async () => {
    const shown = statement()
    const before = await leaves()
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(shown)))
    const waiting = await custodian.pending(handle())
    assert.equal(waiting.length, 1)
    for (const { outcome, requestId } of answers) {
      assert.equal(outcome, "pending")
      assert.deepEqual(requestId, waiting[0].requestId, "each is answered with the one that waits")
    }
    assert.equal(await leaves(), before + 1, "and costs one entry of the disclosure log")
  })

  it("an organisation with many cards leaves room for the others", async () => {
    for (let i = 0; i < PENDING_PER_REQUESTER; i++) await ask(statement())
    await refused(ask(statement()), "too_many_requests", /county wait for this patient already/)
    assert.equal((await ask(statement("clinic"))).outcome, "pending")
    assert.equal((await custodian.pending(handle())).length, PENDING_PER_REQUESTER + 1)
  })

  it("what the patient answered is not asked again with the same statement; a new card may ask", async () => {
    for (const state of ["declined", "approved"] as const) {
      const shown = statement()
      const { requestId } = await ask(shown)
      await city.vault.setRequestState(requestId, state)
      await refused(ask(shown), "policy_missing", /answered.*new card/)
      assert.equal((await ask(statement())).outcome, "pending")
    }
  })

  it("an id that another request has is refused by name", async () => {
    const { requestId } = await ask(statement())
    await refused(ask(statement("clinic"), requestId), "duplicate", /id/)
  })

  it("requests that are over leave the vault with the next one", async () => {
    const old = { handle: handle(), requester: "county", content: seedOf("what"), state: "open" } as const
    const over = { ...old, id: randomBytes(16), statement: randomBytes(16), createdAt: 1, expiresAt: 2 }
    await city.vault.addRequest(over)
    await ask(statement())
    assert.deepEqual(
      (await city.vault.requests(handle(), 0)).map(({ state, requester }) => [state, requester]),
      [["open", "county"]],
    )
  })
})
