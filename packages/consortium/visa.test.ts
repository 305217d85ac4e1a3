import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { type HistoryAnswer, postRaw, recordNamed, type StaffClient } from "@aceso/client"
import { members } from "@aceso/contracts"
import {
  type Bytes,
  canonicalJson,
  documentId,
  EXCHANGE_TAG,
  fromUtf8,
  isObject,
  PlatformError,
  PURPOSES,
  type Purpose,
  parseJson,
  randomBytes,
  summarise,
  toJson,
  utf8,
} from "@aceso/core"
import { HERE } from "@aceso/server/import/here.ts"
import type { Outbound } from "@aceso/server/node/outbound.ts"
import { admitAll } from "./admission.ts"
import { layout, secretAt } from "./files.ts"
import { DEMO_SEED } from "./people.ts"
import { demoPatients } from "./stories/index.ts"
import { bootStory, flushPolicies, resourceOf, type Story } from "./testing/story.ts"

const CITY = "city-hospital"
const OFFICE = "visa-office"
const DAY_MS = 86_400_000

interface Sent {
  readonly url: string
  readonly init: Parameters<Outbound["fetch"]>[1]
}

/** An officer that has one vaccination open and tries for everything else, on nodes as they run. */
describe("an office that one vaccination was shown to", () => {
  let story: Story
  let officer: StaffClient
  let reference: string
  let consentId: string
  /** Where the vaccination stands in the patient's log at City Hospital. */
  let index: number
  /** A question that was answered, as it went to City Hospital. */
  let answered: Sent
  /** The look in which it was answered. */
  let first: HistoryAnswer

  const patient = () => story.patient("patient-1")
  const placeAt = (alias: string, custodian = CITY) => {
    const place = story.patient(alias).places.find((one) => one.custodian === custodian)
    assert.ok(place, `${alias} at ${custodian}`)
    return place
  }
  const placeOf = (alias: string, at = CITY) => {
    const { custodian, handle } = placeAt(alias, at)
    return { custodian, handle }
  }
  const look = (purpose: Purpose = "PATRQT", more: Parameters<StaffClient["history"]>[2] = {}) =>
    officer.history([placeOf("patient-1")], purpose, more)
  const titles = ({ timeline }: HistoryAnswer) => timeline.map(({ title }) => title)
  const codeOf = async (asked: Promise<unknown>): Promise<string> => {
    try {
      await asked
    } catch (error) {
      if (error instanceof PlatformError) return error.code
      throw error
    }
    return "done"
  }
  /** What a custodian says in a history that brings nothing. */
  const refusalOf = async (asked: Promise<HistoryAnswer>) => {
    const { timeline, custodians } = await asked
    assert.deepEqual(timeline, [])
    return custodians.map(({ outcome, code }) => code ?? outcome).join()
  }
  async function listening<T>(run: () => Promise<T>): Promise<{ sent: Sent[]; value: T }> {
    const sent: Sent[] = []
    const { outbound } = story.node(OFFICE).services
    const original = outbound.fetch
    Reflect.set(outbound, "fetch", ((url, init) => {
      sent.push({ url, init })
      return original(url, init)
    }) satisfies Outbound["fetch"])
    try {
      return { value: await run(), sent }
    } finally {
      Reflect.set(outbound, "fetch", original)
    }
  }
  const sendAs = (member: string) => {
    const { url, init } = answered
    const seed = secretAt(`${layout(story.network.folder).node(member)}/member.key`)
    return postRaw(url, init.body as Bytes, { seed, tag: EXCHANGE_TAG })
  }
  async function importAtCity(resource: unknown, others: readonly unknown[] = []): Promise<void> {
    const { importer, committer } = story.node(CITY).services
    const bundle = { resourceType: "Bundle", type: "transaction", entry: [...others, resource] }
    const input = canonicalJson(toJson(bundle))
    const { refused, unfiled } = await importer.importAll([{ input, where: "a test", source: HERE }])
    assert.deepEqual([refused, unfiled], [[], []])
    await committer.flush()
  }

  before(async () => {
    story = await bootStory()
    officer = story.staff("visa-officer")
  })
  after(() => story.end())

  it("learns nothing before", async () => {
    assert.equal(await refusalOf(look()), "policy_missing")
    assert.deepEqual((await officer.visitors()).visitors, [])
  })

  it("is granted the record that the patient names, at the one custodian that keeps it", async () => {
    const one = recordNamed((await patient().history()).timeline, "Immunization")
    assert.deepEqual([one.custodian, one.title], [CITY, "yellow fever"])
    reference = one.reference
    const until = Date.now() + DAY_MS
    const terms = { grantee: OFFICE, purpose: "PATRQT", classes: [], records: [reference], until }
    const preview = await patient().preview(terms, placeAt("patient-1"))
    assert.deepEqual([preview.opened, preview.earlier], [1, 0])
    assert.ok(preview.records > 20)
    const elsewhere = await patient().preview(terms, placeAt("patient-1", "community-clinic"))
    assert.equal(elsewhere.opened, 0)
    const [{ copy }] = await patient().grant(terms, CITY)
    await patient().deliver(story.node(OFFICE).services.config.url, [copy])
    consentId = documentId(copy.document)
    const { grantees, purposes, classes, records, hasMore } = summarise(copy.document)
    assert.deepEqual([grantees, purposes, classes, records], [[OFFICE], ["PATRQT"], [], [reference]])
    assert.equal(hasMore, false)
    await flushPolicies(story.node(CITY))
  })

  it("reads exactly that record, as the ledger has it, and of the others that they are closed", async () => {
    const { visitors } = await officer.visitors()
    assert.deepEqual(
      visitors.map(({ places }) => places.map(({ custodian }) => custodian)),
      [[CITY]],
    )
    const { value, sent } = await listening(() => look())
    first = value
    assert.deepEqual(titles(first), ["yellow fever"])
    const [line, ...more] = first.timeline[0].sources
    assert.deepEqual([line.status, line.custodian, more.length], ["verified", CITY, 0])
    const { resourceType, id } = resourceOf(line.content)
    assert.equal(`${resourceType}/${id}`, reference)
    index = line.index
    const [{ outcome, withheld, findings }] = first.custodians
    assert.deepEqual([outcome, findings], ["answered", []])
    assert.ok(withheld > 20)
    answered = sent.find(({ url }) => url.endsWith("/exchange/fetch")) as Sent
    assert.ok(answered)
  })

  for (const purpose of PURPOSES.filter((one) => one !== "PATRQT"))
    it(`is refused everything for ${purpose}`, async () =>
      assert.equal(await refusalOf(look(purpose)), "policy_missing"))

  const narrower = [
    { comment: "a kind", filter: { classes: ["Observation"], codes: [] } },
    { comment: "allergies by code", filter: { classes: [], codes: [{ code: "91936005" }] } },
    { comment: "whose it is", filter: { classes: ["Patient"], codes: [] } },
  ]
  for (const { comment, filter } of narrower)
    it(`gets nothing of what it asks for alone: ${comment}`, async () => {
      const { timeline, custodians } = await look("PATRQT", { filter })
      assert.deepEqual(timeline, [])
      assert.deepEqual([custodians[0].released, custodians[0].notRequested], [0, 1])
    })

  it("gets no attachment and no file of any record, its own or another", async () => {
    const place = placeOf("patient-1")
    const { vault } = story.node(CITY).services
    const log = await vault.log(place.handle)
    assert.ok(log.length > 20 && log.some((one) => one.index === index))
    for (const one of log) {
      const wanted =
        one.index % 2 === 0
          ? { root: randomBytes(32), size: 1 }
          : { reference: `Binary/${one.fhirId || "none"}` }
      const asked = officer.attachment({ place }, "PATRQT", one.index, wanted)
      assert.equal(await codeOf(asked), "object_missing", `${one.index}`)
    }
  })

  it("gets nothing of another patient, nor of this one elsewhere, nor of nobody", async () => {
    const others = ["patient-2", "patient-3", "patient-4", "patient-6"].flatMap((alias) =>
      story.patient(alias).places.map(({ custodian, handle }) => ({ custodian, handle })),
    )
    const nobody = { custodian: CITY, handle: randomBytes(32) }
    const elsewhere = placeOf("patient-1", "community-clinic")
    const moved = { custodian: "community-clinic", handle: placeOf("patient-1").handle }
    for (const place of [...others.slice(0, 5), elsewhere, moved, nobody])
      assert.equal(
        await refusalOf(officer.history([place], "PATRQT")),
        "policy_missing",
        JSON.stringify(place.custodian),
      )
  })

  // Whoever may not is told so before anybody looks at what they send.
  const anything = {} as never
  const attempts: readonly [what: string, run: () => Promise<unknown>, refused: string][] = [
    ["lists patients", () => officer.patients(), "not_permitted"],
    ["searches for a name", () => officer.patients({ search: "Wu" }), "not_permitted"],
    [
      "looks records up",
      () => officer.lookUp({ type: "Immunization", code: { code: "37" } }),
      "not_permitted",
    ],
    ["looks at doubles", () => officer.duplicates(), "not_permitted"],
    ["imports", () => officer.import(utf8("{}"), "a file"), "not_permitted"],
    ["writes", () => officer.write(anything), "not_permitted"],
    ["registers somebody", () => officer.desk.register(anything), "not_permitted"],
    ["lets a device join", () => officer.desk.enrol("patient-1"), "not_permitted"],
    ["proposes", () => officer.propose([]), "not_permitted"],
    ["invites somebody", () => officer.people.invite(anything), "not_permitted"],
  ]
  for (const [what, run, refused] of attempts)
    it(`is refused when it ${what}`, async () => assert.equal(await codeOf(run()), refused))

  it("has an answer that is good for nobody else: another member that sends its question is refused", async () => {
    assert.equal(await codeOf(sendAs("insurer")), "unknown_practitioner")
  })

  it("asks with a card for more: the patient declines, and it is refused in words", async () => {
    const card = patient().card(OFFICE, Date.now())
    const wish = { purpose: "TREAT" as const, classes: [], until: Date.now() + DAY_MS, reason: "All of it" }
    const { outcomes, visitor } = await officer.request(card, wish)
    assert.equal(visitor, "visitor-1")
    assert.deepEqual([...new Set(outcomes.map(({ outcome }) => outcome))], ["pending"])
    for (const request of await patient().inbox()) await patient().decline(request)
    assert.deepEqual(
      await patient()
        .inbox()
        .then((all) => all.filter(({ state }) => state === "open")),
      [],
    )
    const [again] = (await officer.request(card, wish)).outcomes
    assert.deepEqual([again.outcome, again.code], ["failed", "policy_missing"])
    assert.equal(await refusalOf(look("TREAT")), "policy_missing")
  })

  it("does not see a second vaccination; a correction of the first it sees", async () => {
    const [{ visits }] = demoPatients({ seed: DEMO_SEED, now: Date.now(), count: 1 })
    const travel = visits.find(({ title }) => title.includes("yellow fever"))
    const bundle = parseJson(utf8(travel?.bundle ?? "{}"))
    assert.ok(isObject(bundle) && Array.isArray(bundle.entry))
    const entries = bundle.entry.filter(isObject)
    const typeOf = ({ resource }: (typeof entries)[number]) => isObject(resource) && resource.resourceType
    const person = entries.filter((one) => typeOf(one) === "Patient" || typeOf(one) === "Organization")
    const subject = { reference: person.find((one) => typeOf(one) === "Patient")?.fullUrl }
    const polio = {
      ...{ resourceType: "Immunization", status: "completed", patient: subject },
      vaccineCode: { coding: [{ system: "http://hl7.org/fhir/sid/cvx", code: "10", display: "IPV" }] },
      occurrenceDateTime: "2026-01-05",
    }
    await importAtCity({ resource: polio, request: { method: "POST", url: "Immunization" } }, person)
    const own = (await patient().history()).timeline.filter((one) => one.resourceType === "Immunization")
    assert.equal(own.length, 2)
    assert.deepEqual(titles(await look()), ["yellow fever"])

    const before = resourceOf(first.timeline[0].sources[0].content)
    const corrected = { ...before, lotNumber: "L000001" }
    await importAtCity({ resource: corrected, request: { method: "PUT", url: reference } })
    const { timeline } = await look()
    assert.deepEqual(
      timeline.map(({ title }) => title),
      ["yellow fever"],
    )
    const [{ version, status, content }] = timeline[0].sources
    assert.deepEqual([version, status], [2, "verified"])
    assert.match(fromUtf8(content as Bytes), /L000001/)
  })

  it("stands in the patient's audit with what it read and what it was refused", async () => {
    const { disclosures } = story.node(CITY).services
    await disclosures.flush()
    const part = (await patient().account()).find(({ custodian }) => custodian === CITY)
    assert.ok(part)
    const own = part.entries.filter(({ requester }) => requester === OFFICE)
    const reads = own.filter(({ outcome }) => outcome === "read")
    const refused = own.filter(({ outcome }) => outcome !== "read")
    assert.ok(reads.length >= 3 && refused.length > 20)
    assert.ok(reads.every(({ purpose, role }) => purpose === "PATRQT" && role === "visa-officer"))
    assert.deepEqual(
      part.entries.flatMap(({ contradictions }) => contradictions),
      [],
    )
  })

  it("is refused after the patient took it back, whatever it has from before", async () => {
    await patient().revoke(consentId, placeAt("patient-1"))
    assert.equal(await refusalOf(look()), "policy_missing")
    const { seen } = first.custodians[0]
    assert.ok(seen)
    const since = [{ ...placeOf("patient-1"), since: seen }]
    assert.equal(await refusalOf(officer.history(since, "PATRQT")), "policy_missing")
    const { url, init } = answered
    const replayed = await fetch(url, { ...init, body: init.body as BodyInit })
    assert.notEqual(replayed.status, 200)
    assert.ok(["policy_missing", "request_expired"].includes(await codeOf(sendAs(OFFICE))))
    assert.deepEqual(story.faults, [])
  })

  it("came to a network that has custodians by their votes, as another such office would", async () => {
    const { engine, folder } = story.network
    const another = { member: "customs-office", name: "Customs Office", kind: "office" } as const
    await admitAll(engine, folder, new Map([[another.member, "http://127.0.0.1:1"]]), undefined, [another])
    assert.deepEqual((await engine.read(members, [another.member]))?.kind, "office")
    const office = await engine.read(members, [OFFICE])
    assert.deepEqual([office?.kind, office?.abilities], ["office", []])
  })
})
