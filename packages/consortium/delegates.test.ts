import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { writeMessage } from "@aceso/capabilities/messages/client/communication.ts"
import { messages } from "@aceso/capabilities/messages/definition/process.ts"
import {
  acceptInvitation,
  PatientClient,
  type PatientPlace,
  PublicClient,
  patientCaller,
  post,
  type ShownDelegate,
} from "@aceso/client"
import { policies, delegates as rows } from "@aceso/contracts"
import {
  account,
  type Bytes,
  type DelegateScope,
  delegateCommitment,
  delegateSeed,
  documentId,
  equalBytes,
  fromHex,
  handleSeed,
  type MemberId,
  makeEnvelope,
  makeStock,
  type PublicKey,
  payloadOf,
  publicKey,
  randomBytes,
  readEnvelope,
  signPayload,
  toHex,
  utf8,
  withSignatures,
} from "@aceso/core"
import { layout } from "./files.ts"
import { atTheMean, bootStory, flushPolicies, type Story, until } from "./testing/story.ts"

const CITY = "city-hospital"
const DAY_MS = 86_400_000
const TEN_MINUTES_MS = 600_000
/** Nothing takes so long, on a busy machine either: what does, hangs. */
const HANGS_MS = 600_000

let story: Story
before(async () => {
  story = await bootStory()
})
after(() => story.end())

const scope = (more: Partial<DelegateScope> = {}): DelegateScope => ({
  name: "Lin Mei",
  relation: "carer",
  may: ["read", "decide", "write"],
  until: Date.now() + 30 * DAY_MS,
  ...more,
})

const placeOf = (patient: PatientClient, custodian: MemberId): PatientPlace => {
  const found = patient.places.find((place) => place.custodian === custodian)
  assert.ok(found)
  return found
}

/** Somebody with a device of their own, who acts for the person at this place. */
const delegateFor = (place: PatientPlace, seed: Bytes, policyDelayMs = 1): PatientClient =>
  new PatientClient({
    ...{
      network: story.network.document.network,
      seed,
      isDelegate: true,
      policyDelayMs,
      drawUnit: atTheMean,
    },
    places: [{ ...place, keyNumber: 1 }],
  })

/** Enters somebody for a patient of the demo. */
async function entered(alias: string, given: DelegateScope, policyDelayMs = 1) {
  const seed = randomBytes(32)
  const patient = story.patient(alias, policyDelayMs)
  const place = placeOf(patient, CITY)
  const invitation = await patient.delegates.invite(place, "the patient", given)
  await patient.delegates.enter(acceptInvitation(invitation, seed, 1))
  const key = publicKey(delegateSeed(seed, CITY, place.handle, 1))
  return { patient, place, seed, key, delegate: delegateFor(place, seed) }
}

/** A consent for the County, for so many days. */
const aDay = (days = 1) =>
  ({ grantee: "county-hospital", purpose: "TREAT", classes: [], until: Date.now() + days * DAY_MS }) as const

/** What the audit at City says of delegates, oldest first. */
async function told(patient: PatientClient): Promise<string[]> {
  for (const since = Date.now(); ; ) {
    assert.ok(Date.now() < since + HANGS_MS, "the audit was not complete within ten minutes")
    const found = (await patient.account()).find(({ custodian }) => custodian === CITY)
    assert.ok(found)
    // On a busy machine an entry may come to the ledger later than was promised.
    if (found.isComplete)
      return found.entries.flatMap(({ outcome, reason, delegate }) =>
        delegate ? [`${outcome} ${reason} ${delegate.name} ${delegate.relation}`] : [],
      )
    await delay(100)
  }
}

/** How many signed each change that waits for the ledger. */
const signersWaiting = async (patient: PatientClient, place: PatientPlace): Promise<number[]> =>
  (await patient.policy(place)).pending.map((one) => readEnvelope(one).payload.signers.length)
const endedOnLedger = async ({ handle }: PatientPlace, key: Bytes) =>
  (await story.network.engine.read(rows, [CITY, handle, key]))?.endedAt ?? null

describe("somebody who acts for a person", () => {
  it("reads what the person may read, and stands in the audit before anything is answered", async () => {
    const { patient, place, delegate } = await entered("patient-2", scope({ may: ["read"] }))
    const [part] = await delegate.account()
    assert.ok(part.entries.length > 0)
    await until(story, async () => (await told(patient)).length === 2, "both are noted")
    assert.deepEqual((await told(patient)).sort(), [
      "delegate entered Lin Mei CAREGIVER",
      "delegate read Lin Mei CAREGIVER",
    ])
    const [shown] = await patient.delegates.at(place)
    assert.deepEqual([shown.scope?.name, shown.endedAt], ["Lin Mei", null])
  })

  it("does nothing that it may not: decide, write, enter others, have a card", async () => {
    const { patient, place, delegate } = await entered("patient-3", scope({ may: ["read"] }))
    const wish = aDay()
    await assert.rejects(delegate.grant(wish), { code: "not_permitted", message: /decide/ })
    assert.throws(() => delegate.card("county-hospital", Date.now()), { code: "not_permitted" })
    const invitation = await patient.delegates.invite(place, "the patient", scope())
    const another = acceptInvitation(invitation, randomBytes(32), 1)
    await assert.rejects(delegate.delegates.enter(another), {
      code: "bad_delegate",
      message: /not invited/,
    })
    await assert.rejects(
      delegate
        .cases([])
        .all(place)
        .then(async () => delegate.moves.object({ place } as never)),
      {
        code: /not_permitted|bad_input/,
      },
    )
  })

  it("decides as the person would, and each sees what the other decided", async () => {
    const { patient, place, delegate } = await entered("patient-4", scope({ may: ["decide"] }))
    const wish = aDay()
    const [granted] = await delegate.grant(wish)
    await flushPolicies(story.node(CITY))
    assert.equal((await story.network.engine.read(policies, [CITY, place.handle]))?.version, 1)
    await delegate.deliver(story.node("county-hospital").services.config.url, [granted.copy])
    const { custodians } = await story.staff("county-doctor").history([place], "TREAT")
    assert.equal(custodians[0].outcome, "answered")

    assert.equal((await patient.policy(place)).documents.length, 1)
    await patient.revoke(documentId(granted.copy.document))
    assert.equal((await delegate.policy(placeOf(delegate, CITY))).documents.length, 0)
    await until(story, async () => (await told(patient)).length >= 3, "all are noted")
    const lines = await told(patient)
    assert.ok(lines.includes("changed grant Lin Mei CAREGIVER"), lines.join("\n"))
  })

  it("is refused from the end of its scope on, whatever the ledger has; which hears of it later", async () => {
    const { place, key, delegate } = await entered("patient-7", scope({ until: Date.now() + 2 * DAY_MS }))
    const { clock, delegates } = story.node(CITY).services
    const now = clock.now
    try {
      clock.now = () => Date.now() + 2 * DAY_MS
      await assert.rejects(delegate.policy(placeOf(delegate, CITY)), { code: "delegate_ended" })
      await delegates.endDue()
      assert.equal(await endedOnLedger(place, key), null)
      // The clock of this node alone says so: the ledger's has not come there.
      await delegates.endDue(Date.now() + 200 * DAY_MS)
      assert.equal(await endedOnLedger(place, key), null)
      await delegates.endDue(Date.now() + 200 * DAY_MS, 300 * DAY_MS)
      assert.notEqual(await endedOnLedger(place, key), null)
    } finally {
      clock.now = now
    }
  })

  it("ends itself", async () => {
    const { place, key, delegate } = await entered("patient-8", scope())
    await delegate.delegates.end(placeOf(delegate, CITY), key)
    assert.notEqual(await endedOnLedger(place, key), null)
    await assert.rejects(delegate.policy(placeOf(delegate, CITY)), { code: "delegate_ended" })
  })
})

describe("what is refused", () => {
  const nine = () => {
    const patient = story.patient("patient-9")
    return { patient, place: placeOf(patient, CITY) }
  }

  it("a scope that is wider than what this device had invited for, and whatever nobody was invited for", async () => {
    const { patient, place } = nine()
    const invitation = await patient.delegates.invite(place, "the patient", scope({ may: ["read"] }))
    const wider = { ...invitation, opening: { ...invitation.opening, scope: scope() } }
    const own = { ...invitation, opening: { salt: randomBytes(32), scope: invitation.opening.scope } }
    const other = placeOf(story.patient("patient-10"), CITY)
    for (const one of [wider, own, { ...invitation, handle: other.handle }])
      await assert.rejects(patient.delegates.enter(acceptInvitation(one, randomBytes(32), 1)), {
        code: "bad_delegate",
      })
  })

  it("one invitation for two", async () => {
    const { patient, place } = nine()
    const invitation = await patient.delegates.invite(place, "the patient", scope({ may: ["read"] }))
    await patient.delegates.enter(acceptInvitation(invitation, randomBytes(32), 1))
    await assert.rejects(patient.delegates.enter(acceptInvitation(invitation, randomBytes(32), 1)), {
      code: "bad_delegate",
      message: /accepted by somebody else/,
    })
  })

  it("an acceptance that was changed on its way, and one without an end", async () => {
    const { patient, place } = nine()
    const invitation = await patient.delegates.invite(place, "the patient", scope({ may: ["read"] }))
    const accepted = acceptInvitation(invitation, randomBytes(32), 1)
    await assert.rejects(patient.delegates.enter({ ...accepted, key: publicKey(randomBytes(32)) }), {
      code: "bad_delegate",
      message: /did not sign/,
    })
    for (const until of [null, Date.now() - 1, Date.now() + 11 * 366 * DAY_MS]) {
      const endless = await patient.delegates.invite(place, "the patient", scope({ until }))
      await assert.rejects(patient.delegates.enter(acceptInvitation(endless, randomBytes(32), 1)), {
        code: "delegate_needs_end",
      })
    }
  })

  it("a key that the custodian knows and the ledger does not, and one of another handle", async () => {
    const patient = story.patient("patient-9")
    const place = placeOf(patient, CITY)
    const seed = randomBytes(32)
    const accepted = acceptInvitation(await patient.delegates.invite(place, "the patient", scope()), seed, 1)
    await story.node(CITY).services.delegates.keep(accepted)
    await assert.rejects(delegateFor(place, seed).policy(place), { code: "not_permitted" })
    const { delegate: of8, seed: seedOf9 } = await entered("patient-9", scope())
    assert.ok(of8)
    const elsewhere = placeOf(story.patient("patient-10"), CITY)
    await assert.rejects(delegateFor(elsewhere, seedOf9).policy(elsewhere), { code: "not_permitted" })
  })

  it("a policy change that the custodian's own key alone would sign, and one by a delegate alone", async () => {
    const { place, seed, delegate } = await entered("patient-10", scope())
    const key = delegateSeed(seed, CITY, place.handle, 1)
    const { network } = delegate
    const input = { custodian: CITY, handle: place.handle, base: 0, root: randomBytes(32) }
    const payload = { network, contract: "policy", action: "grant", input, expiry: Date.now() + 400_000 }
    const { bytes } = makeEnvelope(payload, [key])
    const { policies: kept } = story.node(CITY).services
    const acting = { key: publicKey(key), scope: scope() }
    const change = {
      handle: place.handle,
      envelope: bytes,
      salt: randomBytes(32),
      documents: [],
      requestId: null,
    }
    await assert.rejects(kept.change(change, acting), { code: "policy_unknown", message: /second signer/ })
    const { rejection } = await new PublicClient(place.url).submit(bytes)
    assert.equal(rejection, "not_the_patient")
  })

  it("rows that are not about the own handle", async () => {
    const patient = story.patient("patient-2")
    const place = placeOf(patient, CITY)
    const other = placeOf(story.patient("patient-10"), CITY)
    const foreign: PatientPlace = { ...place, handle: other.handle }
    await assert.rejects(patient.delegates.at(foreign), { code: "not_permitted" })
  })
})

describe("a child", () => {
  const YEARS = 366 * DAY_MS
  const born = (yearsAgo: number) =>
    new Date(Date.now() - yearsAgo * 365.25 * DAY_MS).toISOString().slice(0, 10)

  /** A patient without a key, as the desk at City has recorded. */
  async function recorded(id: string, birthDate?: string): Promise<{ alias: string; place: PatientPlace }> {
    const { services } = story.node(CITY)
    const resource = { resourceType: "Patient", id, name: [{ family: id }], ...(birthDate && { birthDate }) }
    const { refused } = await services.importer.importAll([
      { input: utf8(JSON.stringify(resource)), where: id },
    ])
    assert.deepEqual(refused, [])
    await services.committer.flush()
    const found = (await services.vault.patients()).find(({ fhirId }) => fhirId === id)
    assert.ok(found)
    const place = { custodian: CITY, handle: found.handle, keyNumber: 1, url: services.config.url }
    return { alias: found.alias, place }
  }

  async function parentOf(alias: string, place: PatientPlace, given: DelegateScope) {
    const seed = randomBytes(32)
    const { handle } = place
    const invitation = await story.staff("city-admin").delegates.invite(alias, given)
    await story.staff("city-admin").delegates.enter(alias, acceptInvitation(invitation, seed, 1))
    const key = publicKey(delegateSeed(seed, CITY, handle, 1))
    return { key, delegate: delegateFor(place, seed) }
  }

  it("has a parent act from the desk on, until of age; then decides alone, by a key of their own", async () => {
    const { alias, place } = await recorded("bao", born(17))
    const { key, delegate } = await parentOf(alias, place, scope({ relation: "parent", until: null }))
    const wish = aDay()
    await delegate.grant(wish)
    await flushPolicies(story.node(CITY))
    assert.equal((await story.network.engine.read(policies, [CITY, place.handle]))?.version, 1)

    const { clock, delegates, ledger, vault } = story.node(CITY).services
    const { now } = clock
    try {
      clock.now = () => Date.now() + 2 * YEARS
      await assert.rejects(delegate.policy(place), { code: "delegate_ended" })
      await delegates.endDue(clock.now(), 3 * YEARS)
    } finally {
      clock.now = now
    }
    assert.notEqual(await endedOnLedger(place, key), null)

    const seed = randomBytes(32)
    const own = handleSeed(seed, CITY, place.handle, 1)
    const enrolment = { custodian: CITY, handle: place.handle, key: publicKey(own) }
    await ledger.call("people", "enrolKey", enrolment, [own])
    await vault.setHasKey(place.handle)
    const { network } = story.network.document
    const grown = new PatientClient({ network, seed, places: [place], policyDelayMs: 1, drawUnit: atTheMean })
    assert.equal((await grown.policy(place)).documents.length, 1)
    await until(
      story,
      async () => (await told(grown)).includes("delegate ended Lin Mei PRN"),
      "the end is noted",
    )
    assert.ok((await told(grown)).includes("changed grant Lin Mei PRN"))
    await assert.rejects(delegate.policy(place), { code: "delegate_ended" })
  })

  it("whose birth date nobody knows has nobody without an end; nor has a grown person", async () => {
    for (const birthDate of [undefined, born(19)]) {
      const { alias, place } = await recorded(`child-${birthDate ?? "unknown"}`, birthDate)
      await assert.rejects(parentOf(alias, place, scope({ until: null })), { code: "delegate_needs_end" })
      await parentOf(alias, place, scope())
    }
  })

  it("of whom the desk says so only: whoever has a key enters delegates alone", async () => {
    const patient = story.patient("patient-2")
    const place = placeOf(patient, CITY)
    await assert.rejects(parentOf("patient-2", place, scope()), { code: "patient_must_sign" })
  })
})

describe("what a delegate writes", () => {
  it("is the person's case, and whose hand it was is shown to whoever works on it", async () => {
    const { place, delegate } = await entered("patient-4", scope({ relation: "relative", may: ["write"] }))
    const at = placeOf(delegate, CITY)
    const written = [{ name: "Communication", content: writeMessage({ text: "When is the operation?" }) }]
    const own = await delegate
      .cases([messages])
      .open(at, messages, { organisation: CITY }, written, "authority")
    const registrar = story.staff("city-registrar").cases
    await until(story, async () => (await registrar.inbox()).length > 0, "it is in the inbox")
    const { patient, delegate: by } = await registrar.show(own.id)
    assert.deepEqual([patient, by], ["patient-4", "Lin Mei (relative)"])
    await until(
      story,
      async () => (await told(story.patient("patient-4"))).includes("delegate write Lin Mei FAMMEMB"),
      "it is noted",
    )
    assert.ok(place)
  })

  it("has keys that are nobody else's, and a bounded number of them", async () => {
    const { place, seed, delegate } = await entered("patient-2", scope({ may: ["write"] }))
    const { stocks } = story.node(CITY).services
    const { network } = story.network.document
    const own = delegateSeed(seed, CITY, place.handle, 1)
    const acting = { key: publicKey(own), scope: scope() }
    const stock = (from: number, by = seed) =>
      makeStock(by, own, { network, custodian: CITY, handle: place.handle, from, count: 64 })
    for (let from = 0; from < 640; from += 64) await stocks.leave(stock(from), acting)
    await stocks.leave(stock(0), acting)
    await assert.rejects(stocks.leave(stock(640), acting), { code: "too_many_keys" })
    const another = { ...acting, key: publicKey(randomBytes(32)) }
    await assert.rejects(stocks.leave(stock(0), another), { code: "bad_stock" })
    assert.ok(delegate)
  })
})

describe("a delegate of whom the custodian was never told, or lost it", () => {
  it("is refused; the person is told that somebody is there, and can end them", async () => {
    const patient = story.patient("patient-12")
    const place = placeOf(patient, CITY)
    const seed = randomBytes(32)
    const { key, opening, possession } = acceptInvitation(
      await patient.delegates.invite(place, "the patient", scope()),
      seed,
      1,
    )
    const own = fromHex(readFileSync(layout(story.network.folder).patientSeed("patient-12"), "utf8").trim())
    const { custodian, handle, keyNumber } = place
    const input = { custodian, handle, key, commitment: delegateCommitment(opening), possession }
    const payload = { network: patient.network, contract: "delegates", action: "enter", input }
    const { bytes } = makeEnvelope({ ...payload, expiry: Date.now() + 60_000 }, [
      handleSeed(own, custodian, handle, keyNumber),
    ])
    const { rejection } = await new PublicClient(place.url).submit(bytes)
    assert.equal(rejection, null)
    await assert.rejects(delegateFor(place, seed).policy(place), { code: "delegate_unknown" })
    // Until the custodian has heard of it, it seems to hide somebody.
    let shown: readonly ShownDelegate[] = []
    while (shown.length === 0) shown = await patient.delegates.at(place).catch(() => [])
    assert.deepEqual(
      shown.map(({ key, scope, endedAt }) => [toHex(key), scope, endedAt]),
      [[toHex(key), null, null]],
    )
    await patient.delegates.end(place, shown[0].key)
    assert.notEqual(await endedOnLedger(place, key), null)
  })
})

describe("a custodian that hides somebody who acts", () => {
  it("is found by the count that the ledger keeps", async () => {
    const { patient, place, key } = await entered("patient-12", scope({ name: "Hidden One" }))
    const { delegates } = story.node(CITY).services
    const shown = delegates.shown.bind(delegates)
    try {
      delegates.shown = async (...question) => {
        const answer = await shown(...question)
        return { delegates: answer.delegates.filter((one) => !equalBytes(one.key, key)) }
      }
      await assert.rejects(patient.delegates.at(place), {
        code: "bad_answer",
        message: /0 delegates .* has 1/,
      })
    } finally {
      delegates.shown = shown
    }
    const all: readonly ShownDelegate[] = await patient.delegates.at(place)
    assert.ok(all.some((one) => equalBytes(one.key, key)))
  })
})

describe("what the review tried", () => {
  it("a person's revocation is not stopped by all that a delegate has waiting, nor by the delegate's end", async () => {
    const { patient, place, seed, key } = await entered(
      "patient-8",
      scope({ may: ["decide"] }),
      TEN_MINUTES_MS,
    )
    const slow = delegateFor(place, seed, TEN_MINUTES_MS)
    const wish = (n: number) => aDay(n + 1)
    for (let n = 0; n < 4; n++) await slow.grant(wish(n))
    await assert.rejects(slow.grant(wish(5)), { code: "policy_pending" })
    const [{ salt, content }] = (await patient.policy(place)).documents
    await patient.revoke(documentId({ salt, content }))
    assert.deepEqual(await signersWaiting(patient, place), [1])
    assert.equal((await patient.policy(place)).documents.length, 3)
    await patient.delegates.end(place, key)
    assert.deepEqual(await patient.toConfirm(), [])
  })

  it("a delegate renews nothing that the person signed", async () => {
    const { patient, place, seed } = await entered("patient-7", scope({ may: ["decide"] }), TEN_MINUTES_MS)
    const wish = aDay()
    await patient.grant(wish, CITY)
    const before = (await patient.policy(place)).pending
    const key = delegateSeed(seed, CITY, place.handle, 1)
    const { policies: kept, ledger } = story.node(CITY).services
    const { network, contract, action, input } = readEnvelope(before[0]).payload
    const renewed = payloadOf({ network, contract, action, input, expiry: Date.now() + DAY_MS }, [
      publicKey(key),
      ledger.key as PublicKey,
    ])
    const half = withSignatures(renewed, [{ key: publicKey(key), signature: signPayload(renewed, key) }])
    const acting = { key: publicKey(key), scope: scope() }
    await assert.rejects(kept.renew(place.handle, [half], acting), { code: "policy_changed_meanwhile" })
    assert.deepEqual((await patient.policy(place)).pending, before)
  })

  it("the key of the audit is not for delegates", async () => {
    const { place, seed, delegate } = await entered("patient-2", scope({ may: ["read"] }))
    const at = placeOf(delegate, CITY)
    const answer = await post(
      `${place.url}/patient/account`,
      { handle: at.handle, fromN: 1, limit: 10 },
      patientCaller(delegateSeed(seed, CITY, at.handle, 1), at),
      account,
    )
    assert.equal(answer.auditKey, null)
    assert.ok(answer.entries.length > 0)
    const [part] = await delegate.account()
    assert.equal(part.isWhole, false)
  })

  it("keys for cases are of no use once the time has ended", async () => {
    const { patient, place, key, delegate } = await entered("patient-3", scope({ may: ["write"] }))
    const at = placeOf(delegate, CITY)
    const written = [{ name: "Communication", content: writeMessage({ text: "Hello?" }) }]
    const cases = delegate.cases([messages])
    const own = await cases.open(at, messages, { organisation: CITY }, written, "authority")
    const registrar = story.staff("city-registrar").cases
    const told = async () => (await registrar.show(own.id)).delegate
    await until(story, async () => (await told()) === "Lin Mei (carer)", "it is shown whose hand it was")
    await patient.delegates.end(place, key)
    assert.equal(await told(), "Lin Mei (carer, acts no more)")
    await assert.rejects(cases.now(own), { code: "delegate_ended" })
    const again = cases.open(at, messages, { organisation: CITY }, written, "authority")
    await assert.rejects(again, { code: "delegate_ended" })
  })

  it("a delegate of one organisation begins nothing with another", async () => {
    const { delegate } = await entered("patient-3", scope({ may: ["write"] }))
    const written = [{ name: "Communication", content: writeMessage({ text: "Hello?" }) }]
    const elsewhere = delegate
      .cases([messages])
      .open(placeOf(delegate, CITY), messages, { organisation: "county-hospital" }, written, "authority")
    await assert.rejects(elsewhere, { code: "not_permitted" })
  })

  it("all are ended at once, also those whom the custodian hides", async () => {
    const { patient, place, key, delegate } = await entered("patient-1", scope({ may: ["read"] }))
    const { delegates } = story.node(CITY).services
    const shown = delegates.shown.bind(delegates)
    delegates.shown = async () => ({ delegates: [] })
    try {
      await assert.rejects(patient.delegates.at(place), { code: "bad_answer", message: /end all/ })
      await patient.delegates.endAll(place)
      assert.deepEqual(await patient.delegates.at(place), [])
    } finally {
      delegates.shown = shown
    }
    await assert.rejects(delegate.account(), { code: "delegate_ended" })
    const found = (await patient.delegates.at(place)).find((one) => equalBytes(one.key, key))
    assert.notEqual(found?.endedAt, null)
    const later = await entered("patient-1", scope({ may: ["read"] }))
    assert.ok(await later.delegate.account())
  })
})

// Last: what waits here for hours is not to be sent by the others.
describe("what a delegate decided and the ledger does not have yet", () => {
  it("gives way to the person's own word, whatever a delegate has waiting", async () => {
    const { patient, place, seed } = await entered("patient-1", scope({ may: ["decide"] }))
    const slow = delegateFor(place, seed, TEN_MINUTES_MS)
    const wish = aDay()
    const [granted] = await slow.grant(wish)
    assert.equal((await patient.policy(place)).pending.length, 1)
    await patient.revoke(documentId(granted.copy.document))
    assert.deepEqual(await signersWaiting(patient, place), [1])
    assert.deepEqual((await slow.policy(placeOf(slow, CITY))).documents, [])
  })

  it("whose time ended leaves a change that waits for the person's own word", async () => {
    const { patient, place, seed, key } = await entered(
      "patient-6",
      scope({ may: ["decide"] }),
      TEN_MINUTES_MS,
    )
    const slow = delegateFor(place, seed, TEN_MINUTES_MS)
    const wish = aDay()
    const [granted] = await slow.grant(wish)
    await patient.delegates.end(place, key)
    await assert.rejects(slow.policy(placeOf(slow, CITY)), { code: "delegate_ended" })
    assert.equal((await patient.policy(place)).documents.length, 1)
    await assert.rejects(patient.revoke(documentId(granted.copy.document)), { code: "delegate_ended" })
    assert.deepEqual(await signersWaiting(patient, place), [2])
    assert.deepEqual(await patient.confirm(), [CITY])
    assert.deepEqual(await signersWaiting(patient, place), [1])
    await patient.revoke(documentId(granted.copy.document))
    assert.deepEqual((await patient.policy(place)).documents, [])
    // Not until, which would send what waits.
    while (!(await told(patient)).includes("delegate ended Lin Mei CAREGIVER")) await delay(50)
  })
})
