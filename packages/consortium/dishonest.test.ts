import assert from "node:assert/strict"
import { after, afterEach, before, describe, it } from "node:test"
import { brokenPromises } from "@aceso/contracts"
import {
  canonicalJson,
  decodeCbor,
  evidence,
  JsonNumber,
  type JsonObject,
  sentHash,
  toJson,
  utf8,
  verifyEvidence,
} from "@aceso/core"
import type { Released } from "@aceso/server/exchange/selection.ts"
import { bootStory, flushPolicies, resourceOf, type Story, until } from "./testing/story.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"
const DAY_MS = 86_400_000

/** Every lie that a custodian can tell, told by a real node and caught by the other side. */
describe("a dishonest custodian", () => {
  let story: Story
  const places = () =>
    story.patient("patient-1").places.map(({ custodian, handle }) => ({ custodian, handle }))
  const cityOnly = () => places().filter(({ custodian }) => custodian === CITY)
  const fetch = async () => {
    const answer = await story.staff("county-doctor").history(cityOnly(), "TREAT")
    const [city] = answer.custodians
    return { ...answer, city, kinds: city.findings.map(({ kind }) => kind) }
  }
  /** Grants County everything, or these classes alone, at City. */
  const grant = async (classes: readonly string[]) => {
    const patient = story.patient("patient-1")
    const [granted] = await patient.grant(
      { grantee: COUNTY, purpose: "TREAT", classes, until: Date.now() + DAY_MS },
      CITY,
    )
    await patient.deliver(story.node(COUNTY).services.config.url, [granted.copy])
    await flushPolicies(story.node(CITY))
    return granted
  }
  const revokeAll = async () => {
    const patient = story.patient("patient-1")
    const [place] = patient.places.filter(({ custodian }) => custodian === CITY)
    await flushPolicies(story.node(CITY))
    for (const document of (await patient.policy(place)).documents) {
      await patient.revoke((resourceOf(document.content).id as string) ?? "")
      await flushPolicies(story.node(CITY))
    }
  }

  before(async () => {
    story = await bootStory()
  })
  after(() => story.end())
  afterEach(async () => {
    story.node(CITY).services.custodian.dishonesty = {}
    await revokeAll()
  })

  it("first the truth: an honest answer verifies, line by line", async () => {
    await grant([])
    const { city, kinds, timeline, isComplete } = await fetch()
    assert.deepEqual([city.outcome, kinds, isComplete], ["answered", [], true])
    assert.ok(city.released > 10 && city.mismatched === 0)
    assert.ok(timeline.every(({ sources }) => sources.every(({ status }) => status === "verified")))
  })

  it("a changed value is named, struck out, and evidence convinces a third party offline", async () => {
    await grant([])
    story.node(CITY).services.custodian.dishonesty = {
      records: (records) =>
        records.map((record) => {
          const resource = resourceOf(record.content)
          const quantity = resource.valueQuantity as JsonObject | undefined
          if (record !== records.find((one) => resourceOf(one.content).valueQuantity) || !quantity)
            return record
          return {
            ...record,
            content: canonicalJson({
              ...resource,
              valueQuantity: { ...quantity, value: new JsonNumber("6.8") },
            }),
          }
        }),
    }
    const { city, kinds, timeline, evidence: files } = await fetch()
    assert.deepEqual(kinds, ["changed_record"])
    assert.equal(city.mismatched, 1)
    const struck = timeline.filter(({ isStruckOut }) => isStruckOut)
    assert.equal(struck.length, 1)
    assert.match(struck[0].value ?? "", /^6\.8/)
    assert.equal(files.length, 1)
    const proof = evidence.parse(decodeCbor(files[0].content))
    const answer = verifyEvidence(proof, story.network.document)
    assert.deepEqual([answer.lie, answer.custodian], ["changed_record", CITY])
  })

  it("a record left out of the list is noticed, and evidence proves it", async () => {
    await grant([])
    let sent: readonly Released[] = []
    story.node(CITY).services.custodian.dishonesty = {
      records(records) {
        sent = records
          .filter(({ index }) => index !== 3)
          .map((record) => ({ ...record, index: record.index > 3 ? record.index - 1 : record.index }))
        return sent
      },
      body: (body) => ({
        ...body,
        lines: body.lines
          .filter((_, i) => i !== 3)
          .map((line, i) => {
            const record = sent.find(({ index }) => index === i)
            return { ...line, sent: record ? sentHash(record.salt, record.content) : null }
          }),
      }),
    }
    const { kinds, evidence: files } = await fetch()
    assert.ok(kinds.includes("log_mismatch"))
    assert.equal(
      verifyEvidence(evidence.parse(decodeCbor(files[0].content)), story.network.document).lie,
      "log_mismatch",
    )
  })

  it("an old version passed off as current is noticed; an honest correction shows with both kept", async () => {
    const node = story.node(CITY)
    const handle = cityOnly()[0].handle
    const record = (await node.services.vault.log(handle)).find(({ type }) => type === "Observation")
    assert.ok(record)
    const { content } = await node.services.vault.content(record)
    const corrected = { ...resourceOf(content), status: "corrected" }
    const bundle = {
      resourceType: "Bundle",
      type: "transaction",
      entry: [{ resource: corrected, request: { method: "PUT", url: `Observation/${record.fhirId}` } }],
    }
    await node.services.importer.import(canonicalJson(toJson(bundle)), "correction")
    await node.services.committer.flush()
    await grant([])
    const honest = await fetch()
    assert.deepEqual(honest.kinds, [])
    const entry = honest.timeline.find(({ older }) => older.length > 0)
    assert.ok(entry)
    assert.deepEqual([entry.sources[0].version, entry.older[0].version], [2, 1])
    assert.equal(resourceOf(entry.sources[0].content).status, "corrected")
    // The lie: the last line, which is the correction, is kept back.
    node.services.custodian.dishonesty = {
      body: (body) => ({ ...body, lines: body.lines.slice(0, -1) }),
      records: (records) => records.slice(0, -1),
    }
    assert.deepEqual((await fetch()).kinds, ["log_mismatch"])
  })

  it("a false line is caught by the requester under a full consent", async () => {
    await grant([])
    story.node(CITY).services.custodian.dishonesty = {
      body: (body) => ({
        ...body,
        lines: body.lines.map((line, i) => (i === 2 ? { ...line, status: "not_permitted" as const } : line)),
      }),
      records: (records) => records.filter(({ index }) => index !== 2),
    }
    assert.deepEqual((await fetch()).kinds, ["omitted_under_full_consent"])
  })

  it("a false line is caught by the patient under a partial consent", async () => {
    await grant(["Observation"])
    let lied = -1
    story.node(CITY).services.custodian.dishonesty = {
      body: (body) => {
        lied = body.lines.findIndex(({ status }) => status === "released")
        return {
          ...body,
          lines: body.lines.map((line, i) =>
            i === lied ? { ...line, status: "not_permitted" as const } : line,
          ),
        }
      },
      records: (records) => records.slice(1),
    }
    assert.deepEqual((await fetch()).kinds, [])
    const part = (await story.patient("patient-1").account()).find(({ custodian }) => custodian === CITY)
    assert.deepEqual(part?.entries.at(-1)?.contradictions, [
      `line ${lied} was withheld although your consent opens it`,
    ])
  })

  it("a false line behind a filter is caught by the patient", async () => {
    await grant([])
    const filter = { classes: ["Observation"], codes: [] }
    const ask = async () => {
      const answer = await story.staff("county-doctor").history(cityOnly(), "TREAT", { filter })
      const part = (await story.patient("patient-1").account()).find(({ custodian }) => custodian === CITY)
      return { report: answer.custodians[0], entry: part?.entries.at(-1) }
    }
    const honest = await ask()
    assert.deepEqual([honest.report.findings, honest.report.withheld], [[], 0])
    assert.ok(honest.report.released > 0 && honest.report.notRequested > 0)
    assert.deepEqual(honest.entry?.contradictions, [])
    assert.equal(honest.entry?.notRequested, honest.report.notRequested)
    let lied = -1
    story.node(CITY).services.custodian.dishonesty = {
      body: (body) => {
        lied = body.lines.findIndex(({ status }) => status === "released")
        const line = { ...body.lines[lied], status: "not_requested" as const, sent: null }
        return { ...body, lines: body.lines.with(lied, line) }
      },
      records: (records) => records.slice(1),
    }
    const { report, entry } = await ask()
    assert.deepEqual(report.findings, [])
    assert.deepEqual(entry?.contradictions, [
      `line ${lied} was left out as not asked for, although it was asked for`,
    ])
  })

  it("a second look costs and tells what is new; one that leaves out more is caught", async () => {
    await grant([])
    const node = story.node(CITY)
    const [first] = (await fetch()).custodians
    assert.ok(first.seen && first.from === 0)
    const again = async () => {
      const places = cityOnly().map((place) => ({ ...place, since: first.seen }))
      const answer = await story.staff("county-doctor").history(places, "TREAT")
      const [report] = answer.custodians
      return { ...answer, report, kinds: report.findings.map(({ kind }) => kind) }
    }
    const nothing = await again()
    assert.deepEqual([nothing.timeline, nothing.kinds], [[], []])
    assert.deepEqual([nothing.report.from, nothing.report.released], [first.seen.log.size, 0])
    const record = (await node.services.vault.log(cityOnly()[0].handle)).find(
      ({ type }) => type === "Encounter",
    )
    assert.ok(record)
    const { content } = await node.services.vault.content(record)
    const changed = canonicalJson({ ...resourceOf(content), status: "cancelled" })
    await node.services.importer.import(changed, "correction")
    await node.services.committer.flush()
    const news = await again()
    assert.deepEqual([news.report.released, news.kinds, news.timeline.length], [1, [], 1])
    assert.equal(resourceOf(news.timeline[0].sources[0].content).status, "cancelled")
    const part = (await story.patient("patient-1").account()).find(({ custodian }) => custodian === CITY)
    assert.deepEqual([part?.entries.at(-1)?.released, part?.entries.at(-1)?.contradictions], [1, []])
    const ended = [{ request: { method: "DELETE", url: `Encounter/${record.fhirId}` } }]
    const bundle = { resourceType: "Bundle", type: "history", entry: ended }
    await node.services.importer.import(utf8(JSON.stringify(bundle)), "correction")
    await node.services.committer.flush()
    const told = await again()
    const [{ sources, isDeleted, isStruckOut, title, older }] = told.timeline
    assert.deepEqual([told.report.released, told.report.deleted, told.timeline.length], [1, 1, 1])
    assert.deepEqual([isDeleted, isStruckOut, sources[0].isDeletion, older.length], [true, true, true, 1])
    const whole = (await fetch()).timeline.filter((one) => one.isDeleted)
    assert.deepEqual([whole.length, whole[0].title, whole[0].older.length], [1, title, 2])
    node.services.custodian.dishonesty = {
      body: (body) => ({ ...body, from: { size: body.from?.size ?? 0, peaks: [] } }),
    }
    assert.deepEqual((await again()).kinds, ["wrong_manifest"])
    node.services.custodian.dishonesty = {
      body: (body) => ({ ...body, lines: [] }),
      records: () => [],
    }
    assert.deepEqual((await again()).kinds, ["log_mismatch"])
    // Whoever narrows the policy is not read by an older look.
    node.services.custodian.dishonesty = {}
    await revokeAll()
    await grant(["Observation"])
    const narrowed = await again()
    assert.deepEqual([narrowed.report.from, narrowed.kinds], [0, []])
    assert.ok(narrowed.report.withheld > 0)
  })

  it("what has no room in one answer is fetched with the next ones", async () => {
    await grant([])
    const whole = await fetch()
    const { selector } = story.node(CITY).services.custodian
    const { answerBytes } = selector
    selector.answerBytes = 4_096
    const parts = await fetch().finally(() => {
      selector.answerBytes = answerBytes
    })
    assert.deepEqual([parts.kinds, parts.city.later, parts.isComplete], [[], 0, true])
    assert.equal(parts.city.released, whole.city.released)
    const shown = ({ timeline }: typeof whole) =>
      timeline.map(({ title, timeText }) => `${timeText} ${title}`)
    assert.deepEqual(shown(parts).sort(), shown(whole).sort())
  })

  it("a custodian that leaves the rest for later, again and again from the beginning, is asked so often and no more", async () => {
    await grant([])
    let asked = 0
    story.node(CITY).services.custodian.dishonesty = {
      body: (body) => {
        asked++
        const view = new Uint8Array(32).fill(asked)
        const lines = body.lines.map((line, i) =>
          i === 0 ? line : { ...line, status: "later" as const, sent: null },
        )
        const { from: _from, ...rest } = body
        return { ...rest, view, lines }
      },
      records: (records) => records.slice(0, 1),
    }
    const { city, isComplete } = await fetch()
    assert.ok(asked > 1 && asked <= 16, String(asked))
    assert.ok(city.later > 0 && !isComplete)
  })

  it("a line that releases what no consent opens is caught by the patient", async () => {
    const granted = await grant(["Observation"])
    assert.equal(granted.copy.custodian, CITY)
    story.node(CITY).services.custodian.dishonesty = {
      body: (body) => ({
        ...body,
        lines: body.lines.map((line) => ({ ...line, status: "released" as const })),
      }),
    }
    await fetch()
    const part = (await story.patient("patient-1").account()).find(({ custodian }) => custodian === CITY)
    assert.ok(
      part?.entries
        .at(-1)
        ?.contradictions.some((text) => text.includes("although no consent of yours opens it")),
    )
  })

  it("a record that is named as damaged to whom not everything is open is caught by the patient", async () => {
    const contradictions = async () => {
      await fetch()
      const part = (await story.patient("patient-1").account()).find(({ custodian }) => custodian === CITY)
      return part?.entries.at(-1)?.contradictions
    }
    await grant([])
    story.node(CITY).services.custodian.dishonesty = {
      body: (body) => ({
        ...body,
        lines: body.lines.map((line, i) => (i === 0 ? { ...line, status: "damaged", sent: null } : line)),
      }),
    }
    assert.deepEqual(await contradictions(), [])
    await revokeAll()
    await grant(["Observation"])
    assert.deepEqual(await contradictions(), [
      "line 0 was shown as damaged although your consent does not open everything",
    ])
  })

  it("a damaged ciphertext is reported by the custodian itself", async () => {
    await grant([])
    const node = story.node(CITY)
    const handle = cityOnly()[0].handle
    const record = (await node.services.vault.log(handle)).find(({ type }) => type === "Condition")
    assert.ok(record)
    const { content } = await node.services.vault.content(record)
    node.services.vault.overwrite(record, utf8('{"resourceType":"Condition"}'))
    const { city, kinds } = await fetch()
    assert.deepEqual([city.damaged, kinds], [1, []])
    node.services.vault.overwrite(record, content)
  })

  it("a broken promise is reported on the ledger and seen by the patient", async () => {
    await grant([])
    story.node(CITY).services.custodian.dishonesty = { forgetsPromises: true }
    await fetch()
    const reported = async () => (await story.network.engine.scan(brokenPromises)).length > 0
    await until(story, reported, "County reports the promise that City broke")
    const [{ key, row }] = await story.network.engine.scan(brokenPromises)
    assert.deepEqual([key[0], row.reporter], [CITY, COUNTY])
    const part = (await story.patient("patient-1").account()).find(({ custodian }) => custodian === CITY)
    assert.equal(part?.isComplete, false)
  })

  it("a refusal whose promise is none, or lies an hour ahead, is named, stops nothing and fills nothing", async () => {
    const { disclosures } = story.node(CITY).services
    const { vault } = story.node(COUNTY).services
    const honest = disclosures.note
    const before = (await vault.promiseCounts()).open
    const forgeries: ((noted: Awaited<ReturnType<typeof honest>>) => unknown)[] = [
      (noted) => ({
        ...noted,
        promise: { ...noted.promise, includeBy: noted.promise.includeBy + 3_600_000 },
      }),
      (noted) => ({ ...noted, promise: { ...noted.promise, custodian: "community-clinic" } }),
      () => ({ promise: "later" }),
    ]
    for (const forge of forgeries) {
      disclosures.note = async (...entry) => forge(await honest.apply(disclosures, entry)) as never
      const { city, kinds } = await fetch()
      assert.deepEqual([city.outcome, city.code, kinds], ["refused", "policy_missing", ["promise_missing"]])
    }
    disclosures.note = honest
    assert.ok((await vault.promiseCounts()).open <= before)
  })

  it("where no more promises can be watched, the answer says so", async () => {
    const { promises } = story.node(COUNTY).services
    const most = Reflect.get(promises, "most")
    Reflect.set(promises, "most", 0)
    assert.deepEqual((await fetch()).kinds, ["promise_unwatched"])
    await grant([])
    const { kinds, timeline } = await fetch()
    assert.deepEqual(kinds, ["promise_unwatched"])
    assert.ok(timeline.length > 10)
    Reflect.set(promises, "most", most)
  })

  it("an insurer gets only what was approved for its purpose", async () => {
    const patient = story.patient("patient-1")
    const granted = await patient.grant(
      { grantee: "insurer", purpose: "HPAYMT", classes: ["Claim", "Encounter"], until: Date.now() + DAY_MS },
      CITY,
    )
    await patient.deliver(
      story.node("insurer").services.config.url,
      granted.map(({ copy }) => copy),
    )
    const insurer = story.staff("insurer")
    const answer = await insurer.history(cityOnly(), "HPAYMT")
    const types = new Set(answer.timeline.map(({ resourceType }) => resourceType))
    assert.deepEqual([...types].sort(), ["Claim", "Encounter"])
    const treat = await insurer.history(cityOnly(), "TREAT")
    assert.deepEqual(
      [treat.custodians[0].outcome, treat.custodians[0].code, treat.timeline.length],
      ["refused", "policy_missing", 0],
    )
  })

  it("a custodian that does not answer leaves an incomplete history, and this is said", async () => {
    await grant([])
    const wish = { purpose: "TREAT" as const, classes: [], until: Date.now() + DAY_MS, reason: "pain" }
    // Their history is merged because the patient's card shows that both places are one person's.
    await story.staff("county-doctor").request(story.patient("patient-1").card(COUNTY, Date.now()), wish)
    const nowhere = { custodian: "community-clinic", handle: places()[1].handle }
    const node = story.node("community-clinic")
    await node.services.ledger.call("governance", "setUrl", { url: "http://127.0.0.1:9" })
    const answer = await story.staff("county-doctor").history([...cityOnly(), nowhere], "TREAT")
    assert.equal(answer.isComplete, false)
    assert.deepEqual(
      answer.custodians.map(({ outcome }) => outcome),
      ["answered", "failed"],
    )
    assert.ok(answer.timeline.length > 10)
    await node.services.ledger.call("governance", "setUrl", { url: node.services.config.url })
  })

  it("no fault was logged by any node meanwhile", () => {
    // A round of checkpoints may fall into the time in which a custodian does not answer.
    const isAway = (fault: unknown) => /^the checkpoints of .*127\.0\.0\.1:9\//.test((fault as Error).message)
    assert.deepEqual(
      story.faults.filter((fault) => !isAway(fault)),
      [],
    )
  })
})
