import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, afterEach, before, describe, it } from "node:test"
import { Cli } from "@aceso/cli/testing/aceso.ts"
import { historyAnswer } from "@aceso/client"
import { handles, policies } from "@aceso/contracts"
import { decodeCbor, encodeCbor, PlatformError, utf8 } from "@aceso/core"
import { requesterModule } from "@aceso/server/exchange/requester.module.ts"
import { Requester } from "@aceso/server/exchange/requester.ts"
import type { LedgerClient } from "@aceso/server/node/ledger-client.ts"
import type { Services } from "@aceso/server/node/services.ts"
import type { StaffMember } from "@aceso/server/node/staff.ts"
import { routeOf } from "@aceso/server/testing/declared.ts"
import { Gate } from "./testing/gate.ts"
import { bootStory, resourceOf, type Story, until } from "./testing/story.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"
const DAY_MS = 86_400_000

const visit = (id: string) =>
  utf8(
    JSON.stringify({
      resourceType: "Bundle",
      type: "transaction",
      entry: [
        { resource: { resourceType: "Patient", id }, request: { method: "PUT", url: `Patient/${id}` } },
        {
          resource: { resourceType: "Observation", status: "final", subject: { reference: `Patient/${id}` } },
          request: { method: "POST", url: "Observation" },
        },
      ],
    }),
  )

/** The same services, to which the ledger is not even there to be read. */
function withoutLedger(services: Services): Services {
  const ledger = new Proxy({} as LedgerClient, {
    get: () => assert.fail("asked the ledger"),
  })
  const { genesis, promises, vault, outbound } = services
  return { ...services, requester: new Requester(ledger, genesis, promises, vault, outbound) }
}

/** What can be done all the same while no block comes. */
describe("a ledger that stands still", () => {
  let story: Story
  let gate: Gate
  let cli: Cli
  before(async () => {
    story = await bootStory()
    gate = new Gate(story.network.engine)
    cli = new Cli("still")
  })
  afterEach(() => gate.goOn())
  after(async () => {
    await cli.end()
    await story.end()
  })

  it("lets records be imported and read at once; they are committed when it goes on", async () => {
    gate.standStill()
    const admin = story.staff("city-admin")
    assert.equal((await admin.import(visit("still-1"), "visit")).patients, 1)
    await gate.hasWaiting()
    // Neither the next import nor any signed request waits for what waits for the ledger.
    await admin.import(visit("still-2"), "visit")
    const known = (await admin.patients()).patients.find(({ fhirId }) => fhirId === "still-1")
    assert.ok(known)
    const node = story.node(CITY)
    const { staff } = node.services
    const doctor = staff.byKey(staff.named("city-doctor").devices[0].key)
    const { handle } = known
    const asked = {
      custodian: CITY,
      handle,
      nonce: new Uint8Array(16),
      time: 0,
      signature: new Uint8Array(64),
    }
    const question = { purpose: "TREAT", asked: [asked], alsoOwn: handle }
    const route = routeOf(requesterModule, withoutLedger(node.services), "staff", "/staff/history")
    const own = await route.answerTo(encodeCbor(question), doctor as StaffMember)
    const { timeline } = historyAnswer.parse(decodeCbor(own), "answer")
    assert.deepEqual(timeline.map(({ resourceType }) => resourceType).sort(), ["Observation", "Patient"])
    const { engine } = node.services
    assert.equal(await engine.read(handles, [CITY, known.handle]), undefined)
    gate.goOn()
    await admin.commit()
    assert.ok(await engine.read(handles, [CITY, known.handle]))
  })

  it("a revocation is obeyed from the moment it is delivered; its ledger write waits", async () => {
    const patient = story.patient("patient-1")
    const node = story.node(CITY)
    const [place] = patient.places.filter(({ custodian }) => custodian === CITY)
    const grant = { grantee: COUNTY, purpose: "TREAT" as const, classes: [], until: Date.now() + DAY_MS }
    const [granted] = await patient.grant(grant, CITY)
    const version = async () => (await node.services.engine.read(policies, [CITY, place.handle]))?.version
    await until(story, async () => (await version()) === 1, "the grant is on the ledger")
    const fetch = () => story.staff("county-doctor").history([place], "TREAT")
    assert.equal((await fetch()).custodians[0].outcome, "answered")

    gate.standStill()
    await patient.revoke(String(resourceOf(granted.copy.document.content).id))
    await gate.hasWaiting()
    const { custodians } = await fetch()
    assert.deepEqual([custodians[0].outcome, custodians[0].code], ["refused", "policy_missing"])
    assert.equal(await version(), 1)
    // So is another change on top of the one that waits.
    const [again] = await patient.grant(grant, CITY)
    assert.equal((await fetch()).custodians[0].outcome, "answered")
    await patient.revoke(String(resourceOf(again.copy.document.content).id))
    assert.equal((await fetch()).custodians[0].outcome, "refused")
    gate.goOn()
    await until(story, async () => (await version()) === 4, "all changes are on the ledger")
  })

  it("cards, requests, approvals and refusals go on", async () => {
    gate.standStill()
    const patient = story.patient("patient-2")
    const card = patient.card(COUNTY, Date.now())
    const wish = { purpose: "TREAT" as const, classes: [], until: Date.now() + DAY_MS, reason: "to see" }
    const { outcomes } = await story.staff("county-doctor").request(card, wish)
    assert.ok(outcomes.length > 0 && outcomes.every(({ outcome }) => outcome !== "failed"))
    const [request, ...more] = await patient.inbox()
    await patient.approve(request)
    for (const one of more) await patient.decline(one)
    assert.ok((await patient.inbox()).every(({ state }) => state !== "open"))
  })

  it("what the ledger refuses is said, shown, and sent again when somebody asks for it", async () => {
    const node = story.node(CITY)
    const admin = story.staff("city-admin")
    const { call } = node.services.ledger
    node.services.ledger.call = (contract, action, input) =>
      contract === "records"
        ? Promise.reject(new PlatformError("action_disabled", "switched off"))
        : call.call(node.services.ledger, contract, action, input)
    await admin.import(visit("refused-1"), "visit")
    await assert.rejects(admin.commit(), { code: "ledger_refuses", message: /action_disabled/ })
    node.services.committer.setbacks.stop("all", new PlatformError("action_disabled", "switched off"))
    assert.deepEqual((await admin.staffStatus()).refused, [{ what: "records", code: "action_disabled" }])
    const common = ["--data", story.network.folder, "--node", node.services.config.url]
    const own = await cli.run(["status", "--as", "city-admin", ...common])
    assert.match(own.out, /refuses records \(action_disabled\)/)
    const toStrangers = await (await fetch(`${node.services.config.url}/status`)).text()
    assert.doesNotMatch(toStrangers, /action_disabled|refused/)
    node.services.ledger.call = call
    assert.equal((await cli.run(["retry", "--as", "city-admin", ...common])).status, 0)
    await admin.commit()
    assert.equal((await admin.staffStatus()).refused, undefined)
    story.faults.splice(0)
  })

  it("a command that waits says what for, on stderr, and ends when it goes on", async () => {
    gate.standStill()
    const file = join(cli.folder, "visit.json")
    writeFileSync(file, visit("still-3"))
    const common = ["--data", story.network.folder, "--json"]
    const importing = cli.start(["import", file, "--as", "city-admin", ...common])
    const proposing = cli.start(["propose", "suspend", "insurer", "--as", "authority", ...common])
    await importing.says(
      /waits for the ledger: no block for \d+ (s|min|h); the records are in the vault; Ctrl-C is safe/,
    )
    await proposing.says(/waits for the ledger: no block for \d+ (s|min|h); .* within 2 minutes/)
    assert.deepEqual([importing.out, proposing.out], ["", ""])
    gate.goOn()
    assert.deepEqual(await Promise.all([importing.ended, proposing.ended]), [0, 0])
    assert.equal(JSON.parse(importing.out).patients, 1)
    assert.equal(JSON.parse(proposing.out).outcome, "open")
  })

  it("no fault was logged by any node meanwhile", () => assert.deepEqual(story.faults, []))
})
