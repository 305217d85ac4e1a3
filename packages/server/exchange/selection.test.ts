import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import {
  type AccessQuery,
  append,
  type Bytes,
  grantDocument,
  isContinued,
  LOG_START,
  lineHash,
  parseJson,
  RESOURCE_TYPE_SYSTEM,
  type RecordFilter,
  readPolicy,
  type SeenLog,
  utf8,
} from "@aceso/core"
import { FreshCustodians, type TestCustodian } from "../testing/custodian.ts"
import { type Selection, Selector, type Sought } from "./selection.ts"

const DAY_MS = 86_400_000
const LOINC = "http://loinc.org"
const resources = [
  { resourceType: "Patient", id: "p", identifier: [{ system: "https://a.example/mrn", value: "1" }] },
  ...["4548-4", "2345-7", "4548-4"].map((code, i) => ({
    resourceType: "Observation",
    id: `o${i}`,
    status: "final",
    code: { coding: [{ system: LOINC, code }] },
    subject: { reference: "Patient/p" },
  })),
  ...["F32.9", "I10"].map((code) => ({
    resourceType: "Condition",
    id: code,
    code: { coding: [{ system: "http://hl7.org/fhir/sid/icd-10", code }] },
    subject: { reference: "Patient/p" },
  })),
]
const query: AccessQuery = {
  member: "county",
  practitioner: "ab".repeat(32),
  role: "physician",
  purpose: "TREAT",
  time: Date.now(),
}

describe("which records an answer opens", () => {
  let custodians: FreshCustodians
  let city: TestCustodian
  let selector: Selector
  let handle: Bytes
  before(async () => {
    custodians = await FreshCustodians.start()
  })
  after(() => custodians.end())
  beforeEach(async () => {
    city = custodians.make()
    selector = new Selector(city.vault, city.client)
    await put(...resources)
    ;[{ handle }] = await city.vault.patients()
  })

  const put = async (...all: readonly object[]) => {
    await city.importer.importAll(all.map((one, i) => ({ input: utf8(JSON.stringify(one)), where: `${i}` })))
    await city.committer.flush()
  }
  const grant = (...classes: readonly string[]) => {
    const terms = { custodian: "city", grantee: "county", purpose: "TREAT", classes }
    return grantDocument({ ...terms, until: query.time + DAY_MS, now: query.time - DAY_MS })
  }
  const policyOf = (...classes: readonly string[]) => ({
    version: 1,
    root: null,
    pending: [],
    policy: readPolicy([grant(...classes)]),
  })
  const select = async (more: Partial<Sought> = {}) => {
    const { checkpoint } = await city.client.engine.status()
    return selector.select({ handle, height: checkpoint.height, inForce: policyOf(), query, ...more })
  }
  const statuses = ({ lines }: Selection) => lines.map(({ status }) => status)
  const seenOf = async ({ lines, view, from = LOG_START }: Selection): Promise<SeenLog> => {
    const log = await city.onLedger(handle)
    assert.ok(
      isContinued(
        from,
        lines.map((line) => lineHash(line) as Bytes),
        log,
      ),
    )
    return { log, view, policyVersion: 1 }
  }
  const idsOf = ({ records }: Selection) =>
    records.map(({ content }) => (parseJson(content) as { id: unknown }).id)

  it("asked code by code: what is withheld is withheld in every answer, and nothing tells what it is", async () => {
    const inForce = policyOf("Observation", "Patient")
    const whole = await select({ inForce })
    const hidden = statuses(whole).map((status) => status === "not_permitted")
    assert.equal(hidden.filter(Boolean).length, 2)
    const codes = ["4548-4", "2345-7", "F32.9", "I10", "nothing-has-this"]
    const filters: RecordFilter[] = [
      ...codes.map((code) => ({ classes: [], codes: [{ code }] })),
      ...codes.map((code) => ({ classes: ["Condition"], codes: [{ code }] })),
      ...["Condition", "Observation", "Procedure"].map((one) => ({ classes: [one], codes: [] })),
    ]
    for (const filter of filters) {
      const answer = await select({ inForce, filter })
      assert.deepEqual(
        statuses(answer).map((status) => status === "not_permitted"),
        hidden,
        JSON.stringify(filter),
      )
    }
    const asked = await select({
      inForce,
      filter: { classes: [], codes: [{ system: LOINC, code: "4548-4" }] },
    })
    assert.deepEqual(idsOf(asked), ["o0", "o2"])
    assert.equal(statuses(asked).filter((status) => status === "not_requested").length, 2)
    const other = { classes: [], codes: [{ system: "http://snomed.info/sct", code: "4548-4" }] }
    assert.deepEqual(idsOf(await select({ inForce, filter: other })), [])
  })

  it("since an earlier answer only what is new is looked at and sent", async () => {
    const first = await select()
    const since = await seenOf(first)
    const nothing = await select({ since })
    assert.deepEqual([nothing.from?.size, nothing.lines], [first.lines.length, []])
    await put({ ...resources[1], status: "corrected" })
    const answer = await select({ since })
    assert.deepEqual([answer.from?.size, idsOf(answer)], [first.lines.length, ["o0"]])
    assert.deepEqual((await seenOf(answer)).log.size, first.lines.length + 1)
  })

  it("answers from the beginning where an earlier answer does not hold any more", async () => {
    const since = await seenOf(await select())
    const [{ recordId }] = (await city.vault.log(handle)).filter(({ type }) => type === "Condition")
    const all = (await select()).lines.length
    const filter = { classes: ["Observation"], codes: [] }
    const rows: readonly (readonly [string, Partial<Sought>])[] = [
      ["another policy", { inForce: { ...policyOf("Observation"), version: 2 } }],
      ["another policy of the same number", { inForce: { ...policyOf(), root: new Uint8Array(32) } }],
      ["a date of the policy has passed", { query: { ...query, time: query.time + 2 * DAY_MS } }],
      ["another practitioner", { query: { ...query, practitioner: "cd".repeat(32) } }],
      ["another role", { query: { ...query, role: "nurse" } }],
      ["another purpose", { query: { ...query, purpose: "HPAYMT" } }],
      ["another requester", { query: { ...query, member: "village" } }],
      ["a filter that the earlier one had not", { filter }],
      ["another log", { since: { ...since, log: { size: 1, peaks: [new Uint8Array(32)] } } }],
      [
        "a log with too many peaks",
        { since: { ...since, log: { ...since.log, peaks: [...since.log.peaks, new Uint8Array(32)] } } },
      ],
      ["a longer log than there is", { since: { ...since, log: { size: 99, peaks: since.log.peaks } } }],
      ["a view that is none", { since: { ...since, view: new Uint8Array(32) } }],
      ["another number of the policy", { since: { ...since, policyVersion: 2 } }],
    ]
    for (const [comment, more] of rows) {
      const answer = await select({ since, ...more })
      assert.deepEqual([answer.from, answer.lines.length], [undefined, all], comment)
    }
    assert.equal((await select({ since })).from?.size, all)
    const misfiling = {
      id: new Uint8Array(32).fill(1),
      log: handle,
      recordId,
      type: "Condition",
      fhirId: "I10",
      state: "withheld" as const,
      target: null,
      since: 1,
      ended: null,
      dueAt: null,
      content: new Uint8Array(1),
    }
    await city.vault.addMisfiling(misfiling)
    const held = await select({ since })
    assert.deepEqual(
      [held.from, statuses(held).filter((status) => status === "withdrawn").length],
      [undefined, 1],
    )
    // To whom it would not have been opened nobody tells that anything has changed.
    const partly = { inForce: policyOf("Observation") }
    const before = await seenOf(await select(partly))
    await city.vault.setMisfiling({ ...misfiling, ended: 2, state: "cancelled" })
    assert.equal((await select({ ...partly, since: before })).from?.size, all)
    assert.equal((await select({ since: await seenOf(held) })).from, undefined)
  })

  it("the end of a consent for others changes nothing for this requester; that of a denial for it does", async () => {
    const document = (grantee: string, untilMs: number) =>
      grantDocument({
        ...{ custodian: "city", grantee, purpose: "TREAT", classes: [] },
        ...{ until: query.time + untilMs, now: query.time - DAY_MS },
      })
    const later = { ...query, time: query.time + DAY_MS }
    const own = document("county", 9 * DAY_MS)
    const inForce = (...documents: ReturnType<typeof grantDocument>[]) => ({
      ...policyOf(),
      policy: readPolicy([own, ...documents]),
    })
    const others = inForce(document("village", 1000))
    const since = await seenOf(await select({ inForce: others }))
    assert.ok((await select({ inForce: others, query: later, since })).from)
    const denial = document("county", 1000)
    const text = Buffer.from(denial.content).toString().replace('"type":"permit"', '"type":"deny"')
    const denied = inForce({ ...denial, content: utf8(text) })
    const before = await seenOf(await select({ inForce: denied }))
    assert.equal((await select({ inForce: denied, query: later, since: before })).from, undefined)
  })

  it("what cannot be read is damaged only to whom everything is open", async () => {
    const record = (await city.vault.log(handle)).find(({ type }) => type === "Condition")
    assert.ok(record)
    city.vault.overwrite(record, utf8("{}"))
    const statusFor = async (inForce = policyOf()) => (await select({ inForce })).lines[record.index].status
    assert.deepEqual(
      [await statusFor(), await statusFor(policyOf("Condition")), await statusFor(policyOf("Observation"))],
      ["damaged", "not_permitted", "not_permitted"],
    )
    const denials: Readonly<Record<string, object>> = {
      class: [{ system: RESOURCE_TYPE_SYSTEM, code: "Condition" }],
      // It may hold one, as a bundle does.
      "another class": [{ system: RESOURCE_TYPE_SYSTEM, code: "Observation" }],
      securityLabel: [{ system: "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", code: "R" }],
      code: [{ coding: [{ system: LOINC, code: "4548-4" }] }],
      dataPeriod: { start: "1990", end: "1991" },
      data: [{ meaning: "instance", reference: { reference: "Condition/other" } }],
      dependents: [{ meaning: "dependents", reference: { reference: "Encounter/e" } }],
    }
    const names: Readonly<Record<string, string>> = { "another class": "class", dependents: "data" }
    for (const [name, criterion] of Object.entries(denials)) {
      const denial = { type: "deny", [names[name] ?? name]: criterion }
      const content = utf8(JSON.stringify({ resourceType: "Consent", status: "active", provision: denial }))
      const policy = readPolicy([grant(), { content, salt: new Uint8Array(32) }])
      assert.equal(await statusFor({ ...policyOf(), policy }), "not_permitted", name)
    }
  })

  it("what has no room comes later, and asking since then brings all of it once", async () => {
    selector.answerBytes = 300
    const found: unknown[] = []
    let since: SeenLog | undefined
    let parts = 0
    for (;;) {
      const part = await select({ since })
      parts++
      const hashes = part.lines.map((line) => lineHash(line) as Bytes)
      const end = part.lines.findIndex(({ status }) => status === "later")
      found.push(...idsOf(part))
      assert.ok(part.records.length > 0)
      if (end < 0) break
      assert.ok(part.lines.slice(end).every(({ status }) => status === "later"))
      since = { log: append(part.from ?? LOG_START, hashes.slice(0, end)), view: part.view, policyVersion: 1 }
    }
    assert.ok(parts > 1)
    assert.deepEqual(
      found,
      resources.map(({ id }) => id),
    )
  })
})
