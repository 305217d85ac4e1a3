import assert from "node:assert/strict"
import { beforeEach, describe, it } from "node:test"
import {
  type AccountEntry,
  auditEventHash,
  type Bytes,
  bodyHash,
  type Cbor,
  canonicalJson,
  disclosureTag,
  documentId,
  encodeCbor,
  grantDocument,
  MAX_PAGE,
  MAX_ROWS_ASKED,
  type ManifestBody,
  nameOf,
  type OwnRecord,
  type PolicyDocument,
  type PolicyState,
  policyRoot,
  randomBytes,
  summarise,
  toHex,
  toJson,
  utf8,
} from "@aceso/core"
import { found } from "@aceso/core/display/found-words.ts"
import { type AccountSource, type CheckedEntry, readAccount } from "./account.ts"
import type { PolicyDifference } from "./deliveries.ts"
import type { RootedPolicy } from "./device.ts"

const auditKey = new Uint8Array(32).fill(5)

/** A custodian and its ledger, as a patient's device meets them; a test changes what it says. */
class Custodian implements AccountSource {
  readonly custodian = "city"
  entries: AccountEntry[] = []
  records: OwnRecord[] = []
  highest: number
  readonly ledger = new Map<string, Bytes>()
  readonly broken = new Set<string>()
  readonly asked: string[] = []
  readonly lost: { n: number; tag: Bytes; event: Bytes }[] = []
  recoveries: Bytes | null = null
  today: { salt: Bytes; auditEvent: Bytes }[] = []
  remembered: RootedPolicy[] = []
  readonly signed = new Map<string, PolicyDifference>()
  state: PolicyState = {
    ...{ version: 0, root: null, salt: null, documents: [], pending: [], isConfirmed: true },
  }
  largestPage = 0

  constructor(count: number, from = 1) {
    for (let n = from; n < from + count; n++) this.add(n)
    this.highest = from + count - 1
  }

  add(n: number, recorded = `entry ${n}`, includeBy = 0, more: object = {}): void {
    const auditEvent = canonicalJson(toJson({ resourceType: "AuditEvent", recorded, ...more }))
    const salt = randomBytes(32)
    const tag = disclosureTag(auditKey, n)
    const event = auditEventHash(salt, auditEvent)
    this.entries.push({ n, tag, salt, event, auditEvent, body: null, includeBy })
    this.ledger.set(nameOf(tag), event)
  }

  async ask(what: string, question: { readonly [name: string]: Cbor }): Promise<never> {
    this.asked.push(what)
    if (what === "readings") return { readings: this.today } as never
    const { fromN = 0, from = 0, limit = 0 } = question as Record<string, number>
    assert.ok(limit >= 1 && limit <= MAX_PAGE)
    if (what === "records") {
      const records = this.records.slice(from, from + limit)
      return { size: this.records.length, next: from + records.length, records, lost: 0 } as never
    }
    const entries = this.page(fromN, limit)
    this.largestPage = Math.max(this.largestPage, entries.length)
    const upTo = entries.at(-1)?.n ?? this.highest
    const lost = this.lost.filter(({ n }) => n >= fromN && n <= upTo)
    return { auditKey, highest: this.highest, entries, lost } as never
  }

  /** What a recovery leaves of an entry. */
  lose(n: number): void {
    const [{ tag, event }] = this.entries.splice(
      this.entries.findIndex((one) => one.n === n),
      1,
    )
    this.lost.push({ n, tag, event })
  }

  page(fromN: number, limit: number): AccountEntry[] {
    return this.entries.filter(({ n }) => n >= fromN).slice(0, limit)
  }

  async proven(table: string, keys: readonly (readonly Cbor[])[]): Promise<(Bytes | null)[]> {
    this.asked.push(table)
    assert.ok(keys.length <= MAX_ROWS_ASKED)
    if (table === "recoveries") return keys.map(() => this.recoveries)
    return keys.map(([, tag]) => {
      const event = this.ledger.get(nameOf(tag as Bytes))
      const row = event ? encodeCbor([1, event, 0, 0]) : null
      return table === "disclosures" ? row : this.broken.has(toHex(tag as Bytes)) ? utf8("row") : null
    })
  }

  async differences() {
    return (payloadId: string) => this.signed.get(payloadId)
  }

  moves() {
    return Promise.resolve([])
  }

  policies() {
    return Promise.resolve(this.remembered)
  }

  policy() {
    return Promise.resolve(this.state)
  }
}

describe("a patient's account", () => {
  it("of 10,000 entries is read in pages, and proven in batches", async () => {
    const city = new Custodian(10_000)
    const progress: number[] = []
    const part = await readAccount(city, (entries) => progress.push(entries))
    assert.deepEqual([part.isComplete, part.findings, part.entries.length], [true, [], 10_000])
    assert.deepEqual(
      part.entries.map(({ n }) => n),
      Array.from({ length: 10_000 }, (_, i) => i + 1),
    )
    assert.ok(city.largestPage <= MAX_ROWS_ASKED)
    const pages = Math.ceil(10_000 / MAX_ROWS_ASKED)
    const counts = Map.groupBy(city.asked, (one) => one)
    assert.equal(counts.get("account")?.length, pages)
    assert.equal(counts.get("disclosures")?.length, pages + 1)
    assert.equal(counts.get("brokenPromises")?.length, pages)
    assert.equal(progress.length, pages)
  })

  it("keeps of each entry what was found, not what was checked", async () => {
    const [entry] = (await readAccount(new Custodian(1))).entries
    assert.equal("auditEvent" in entry || "body" in entry || "salt" in entry, false)
    assert.equal(entry.time, "entry 1")
  })

  it("knows the types of records from all of their pages", async () => {
    const city = new Custodian(0)
    city.records = Array.from({ length: 2 * MAX_PAGE + 1 }, () => ({
      entry: {
        recordId: randomBytes(32),
        version: 1,
        operation: "create" as const,
        commitment: randomBytes(32),
      },
      salt: randomBytes(32),
      content: utf8('{"resourceType":"Basic"}'),
    }))
    await readAccount(city)
    assert.equal(city.asked.filter((what) => what === "records").length, 3)
  })

  it("finds looks of the staff whose day is over and for which nothing stands on the ledger", async () => {
    const looked = (agoMs: number) => ({
      salt: randomBytes(32),
      auditEvent: canonicalJson(
        toJson({
          ...{ resourceType: "AuditEvent", recorded: new Date(Date.now() - agoMs).toISOString() },
          entity: [{ detail: [{ type: "reading", valueString: "history" }] }],
        }),
      ),
    })
    const city = new Custodian(0)
    city.today = [looked(3_600_000), looked(40 * 3_600_000)]
    const fresh = await readAccount(city)
    assert.deepEqual([fresh.today.length, fresh.isComplete, fresh.findings], [2, true, []])
    city.today = [looked(3_600_000), looked(49 * 3_600_000), looked(30 * 86_400_000)]
    const late = await readAccount(city)
    assert.deepEqual(
      [late.today.length, late.isComplete, late.findings],
      [3, false, [found("looksLate", { n: 2 })]],
    )
  })

  let city: Custodian
  beforeEach(() => {
    city = new Custodian(600)
  })
  const rows: readonly (readonly [comment: string, change: () => void, finding: RegExp])[] = [
    ["one entry left out", () => city.entries.splice(299, 1), /^entry 300 is missing$/],
    ["many left out", () => city.entries.splice(100, 300), /^entries 101 to 400 are missing$/],
    ["the last ones left out", () => city.entries.splice(590), /^entries 591 to 600 are missing$/],
    [
      "the last ones left out, and a lower highest number",
      () => {
        city.entries.splice(590)
        city.highest = 590
      },
      /^the ledger has an entry 591 of yours/,
    ],
    [
      "everything left out",
      () => {
        city.entries = []
        city.highest = 0
      },
      /^the ledger has an entry 1 of yours/,
    ],
    [
      "another AuditEvent",
      () => {
        city.entries[400] = { ...city.entries[400], auditEvent: utf8("{}") }
      },
      /^entry 401 is not what the custodian committed to$/,
    ],
    [
      "an entry that is not on the ledger",
      () => city.ledger.delete(nameOf(city.entries[9].tag)),
      /^entry 10 is not on the ledger, as was promised$/,
    ],
    [
      "another event on the ledger",
      () => city.ledger.set(nameOf(city.entries[9].tag), randomBytes(32)),
      /^entry 10 is not on the ledger, as was promised$/,
    ],
    [
      "a broken promise",
      () => city.broken.add(toHex(city.entries[500].tag)),
      /^a broken promise about entry 501 stands on the ledger$/,
    ],
  ]
  for (const [comment, change, finding] of rows)
    it(`${comment}: not complete`, async () => {
      change()
      const { isComplete, findings } = await readAccount(city)
      assert.equal(isComplete, false)
      assert.match(findings[0], finding)
    })

  const NOW = Date.UTC(2026, 0, 1)
  const TEN_MINUTES = 600_000
  const promised: readonly (readonly [
    comment: string,
    recorded: number,
    includeBy: number,
    isThere: "absent" | "other" | "there",
    expected: { onItsWay: number; isComplete: boolean },
  ])[] = [
    ["within its promise", NOW - 1000, NOW + 4000, "absent", { onItsWay: 1, isComplete: true }],
    ["at its promise's end", NOW - 5000, NOW, "absent", { onItsWay: 1, isComplete: true }],
    ["behind its promise", NOW - 5001, NOW - 1, "absent", { onItsWay: 0, isComplete: false }],
    ["within its promise, and there", NOW - 1000, NOW + 4000, "there", { onItsWay: 0, isComplete: true }],
    [
      "within its promise, and another there",
      NOW - 1000,
      NOW + 4000,
      "other",
      { onItsWay: 0, isComplete: false },
    ],
    ["of a promise of ten minutes", NOW, NOW + TEN_MINUTES, "absent", { onItsWay: 1, isComplete: true }],
    [
      "of a promise longer than any",
      NOW,
      NOW + TEN_MINUTES + 1,
      "absent",
      { onItsWay: 0, isComplete: false },
    ],
    ["of the future", NOW + 120_001, NOW + 130_000, "absent", { onItsWay: 0, isComplete: false }],
    ["without a time", Number.NaN, NOW + 4000, "absent", { onItsWay: 0, isComplete: false }],
  ]
  for (const [comment, recorded, includeBy, isThere, expected] of promised)
    it(`an entry ${comment}: ${expected.isComplete ? "complete" : "not complete"}`, async () => {
      const one = new Custodian(0)
      const time = Number.isNaN(recorded) ? "soon" : new Date(recorded).toISOString()
      one.add(1, time, includeBy)
      one.highest = 1
      const [{ tag }] = one.entries
      if (isThere === "absent") one.ledger.delete(nameOf(tag))
      if (isThere === "other") one.ledger.set(nameOf(tag), randomBytes(32))
      const { onItsWay, isComplete } = await readAccount(one, undefined, NOW)
      assert.deepEqual({ onItsWay, isComplete }, expected)
    })

  it("says so many findings, and how many more there are", async () => {
    city.ledger.clear()
    const { findings } = await readAccount(city)
    assert.equal(findings.length, 51)
    assert.equal(findings[50], "and 550 findings more")
  })

  const endless: readonly (readonly [string, (fromN: number, limit: number) => AccountEntry[]])[] = [
    ["the same page again and again", () => city.entries.slice(0, 10)],
    ["nothing, although more is said to be there", () => []],
    [
      "entries in the wrong order",
      (fromN, limit) => city.entries.slice(fromN - 1, fromN - 1 + limit).reverse(),
    ],
  ]
  for (const [comment, page] of endless)
    it(`a custodian that answers with ${comment} is done with, and found out`, async () => {
      city.page = page
      const { isComplete } = await readAccount(city)
      assert.equal(isComplete, false)
      assert.ok(city.asked.length < 50)
    })
})

describe("an account of changes of the own policy", () => {
  const document = grantDocument({
    ...{ custodian: "city", grantee: "county", purpose: "TREAT", classes: [], now: 0, until: 86_400_000 },
  })
  const difference: PolicyDifference = { added: [summarise(document)], removed: [] }
  const changed = (version: number, payloadId?: string) => ({
    subtype: [{ code: "110137" }],
    outcomeDesc: "grant",
    entity: [
      {
        detail: [
          { type: "policy-version", valueString: String(version) },
          ...(payloadId ? [{ type: "policy-change", valueString: payloadId }] : []),
        ],
      },
    ],
  })
  const salt = randomBytes(32)
  const state = { version: 2, salt, documents: [document], root: policyRoot([document], salt) }
  const rows: readonly (readonly [
    comment: string,
    event: object,
    state: Partial<PolicyState>,
    expected: Pick<CheckedEntry, "change" | "inForce">,
  ])[] = [
    ["what this device signed: what it said", changed(1, "aa"), state, { change: difference }],
    [
      "the newest, of another device: what is in force",
      changed(2, "bb"),
      state,
      { inForce: difference.added },
    ],
    ["an older one of another device: nothing", changed(1, "bb"), state, {}],
    ["the newest, whose documents do not give its root", changed(2, "bb"), { ...state, documents: [] }, {}],
    ["the newest of all, that no change was signed for", changed(2), state, { inForce: difference.added }],
    ["no change, whatever it names", { ...changed(1, "aa"), subtype: [] }, state, {}],
  ]
  for (const [comment, event, has, expected] of rows)
    it(comment, async () => {
      const city = new Custodian(0)
      city.state = { ...city.state, ...has }
      city.signed.set("aa", difference)
      city.add(1, "2026-01-01T00:00:00Z", 0, event)
      city.highest = 1
      const [{ change, inForce }] = (await readAccount(city)).entries
      assert.deepEqual({ ...(change && { change }), ...(inForce && { inForce }) }, expected)
    })
})

describe("an account of accesses before the policy was changed", () => {
  const T0 = Date.UTC(2026, 0, 1)
  const MINUTE = 60_000
  const consent = grantDocument({
    ...{ custodian: "city", grantee: "county", purpose: "TREAT", classes: ["Observation"] },
    ...{ now: T0, until: T0 + 86_400_000 },
  })
  const record = (resource: object): OwnRecord => ({
    entry: { recordId: randomBytes(32), version: 1, operation: "create", commitment: randomBytes(32) },
    salt: randomBytes(32),
    content: utf8(JSON.stringify(resource)),
  })
  const [value, note] = [{ resourceType: "Observation" }, { resourceType: "Condition" }].map(record)
  const policy = (documents: PolicyDocument[]) => {
    const salt = randomBytes(32)
    return { documents, salt, root: policyRoot(documents, salt) }
  }
  const [opened, closed] = [policy([consent]), policy([])]
  const detail = (type: string, valueString: string) => ({ type, valueString })

  /** What the log has, one after the other. */
  type Step =
    | { readonly change: number; readonly at: number }
    | { readonly lost: true }
    | { readonly by: Bytes; readonly version: number; readonly at: number; readonly brings: OwnRecord[] }
  const opensVersion1: Step = { change: 1, at: T0 }
  const takesBack: Step = { change: 2, at: T0 + 10 * MINUTE }
  const reads = (at: number, ...brings: OwnRecord[]): Step => ({ by: opened.root, version: 1, at, brings })

  async function checked(
    steps: readonly Step[],
    remembered: readonly { root: Bytes; documents: PolicyDocument[] }[],
  ) {
    const city = new Custodian(0)
    city.records = [value, note]
    city.state = { ...city.state, version: 2, ...closed }
    city.remembered = [...remembered]
    for (const [i, step] of steps.entries()) {
      const n = i + 1
      if ("lost" in step) {
        city.add(n)
        city.lose(n)
      } else if ("change" in step)
        city.add(n, new Date(step.at).toISOString(), 0, {
          subtype: [{ code: "110137" }],
          entity: [{ detail: [detail("policy-version", String(step.change))] }],
        })
      else {
        const lines = step.brings.map(({ entry }) => ({ entry, status: "released", sent: randomBytes(32) }))
        const body = {
          ...{ network: "n", requestHash: randomBytes(32), responder: "city", recipient: "county" },
          ...{ handle: randomBytes(32), purpose: "TREAT", time: step.at, height: 1, policyRoot: step.by },
          ...{
            policyVersion: step.version,
            policyState: "current",
            pendingChange: null,
            pendingBefore: [],
            lines,
          },
        } as unknown as ManifestBody
        const who = (value: string) => ({ who: { identifier: { value } } })
        city.add(n, new Date(step.at).toISOString(), 0, {
          agent: [who("county"), { ...who("aa"), role: [{ coding: [{ code: "doctor" }] }] }],
          purposeOfEvent: [{ coding: [{ code: "TREAT" }] }],
          entity: [
            {
              detail: [
                detail("policy-version", String(step.version)),
                detail("manifest-body", toHex(bodyHash(body))),
              ],
            },
          ],
        })
        const last = city.entries.length - 1
        city.entries[last] = { ...city.entries[last], body: encodeCbor(body as unknown as Cbor) }
      }
    }
    city.highest = steps.length
    const { entries, consents } = await readAccount(city, undefined, T0 + 60 * MINUTE)
    const entry = entries.findLast(({ outcome }) => outcome === "read")
    assert.deepEqual(consents.map(documentId), entry?.allowedBy ?? [])
    return entry
  }

  const isKnown = [opened]
  const ids = [documentId(consent)]
  const rows: readonly (readonly [
    comment: string,
    steps: readonly Step[],
    remembered: readonly { root: Bytes; documents: PolicyDocument[] }[],
    allowedBy: readonly string[] | undefined,
    contradictions: readonly string[],
  ])[] = [
    ["is decided by the policy of then", [opensVersion1, reads(T0 + 1, value), takesBack], isKnown, ids, []],
    [
      "that opened what the policy of then did not",
      [opensVersion1, reads(T0 + 1, value, note), takesBack],
      isKnown,
      ids,
      [found("released", { index: 1 })],
    ],
    [
      "by a policy that this device never saw",
      [opensVersion1, reads(T0 + 1, value), takesBack],
      [],
      undefined,
      [],
    ],
    [
      "by a policy in whose place another one had come",
      [opensVersion1, takesBack, reads(T0 + 12 * MINUTE, value)],
      isKnown,
      ids,
      [found("replaced", { version: 1, newer: 2 })],
    ],
    [
      "the same, where this device never saw it",
      [opensVersion1, takesBack, reads(T0 + 12 * MINUTE, value)],
      [],
      undefined,
      [found("replaced", { version: 1, newer: 2 })],
    ],
    [
      "the same, dated back",
      [opensVersion1, takesBack, reads(T0 + 5 * MINUTE, value)],
      isKnown,
      ids,
      [found("replaced", { version: 1, newer: 2 })],
    ],
    [
      "that was begun when the policy was changed",
      [opensVersion1, takesBack, reads(T0 + 10 * MINUTE - 30_000, value)],
      isKnown,
      ids,
      [],
    ],
    [
      "behind an entry that is lost: nobody knows which policy was there",
      [opensVersion1, takesBack, { lost: true }, reads(T0 + 12 * MINUTE, value)],
      isKnown,
      ids,
      [],
    ],
    [
      "by a policy that came in place of two",
      [opensVersion1, takesBack, { change: 1, at: T0 + 11 * MINUTE }, reads(T0 + 15 * MINUTE, value)],
      isKnown,
      ids,
      [],
    ],
  ]
  for (const [comment, steps, remembered, allowedBy, contradictions] of rows)
    it(`one ${comment}`, async () => {
      const entry = await checked(steps, remembered)
      assert.deepEqual([entry?.allowedBy, entry?.contradictions], [allowedBy, contradictions])
    })
})

describe("an account of which a recovery lost a part", () => {
  const recovered = encodeCbor([1, [{ from: 7, height: 9, at: 5, reason: "restored_backup" }], null])

  it("shows each lost entry as lost, in its place, and the recovery", async () => {
    const city = new Custodian(6)
    city.recoveries = recovered
    for (const n of [2, 5, 6]) city.lose(n)
    const part = await readAccount(city)
    assert.deepEqual(
      part.entries.map(({ n }) => n),
      [1, 3, 4],
    )
    assert.deepEqual(
      part.findings,
      [2, 5, 6].map((n) => `a recovery lost what entry ${n} was about; the ledger has it`),
    )
    assert.equal(part.isComplete, false)
    assert.deepEqual(part.recoveries, [{ from: 7, at: 5, reason: "restored_backup" }])
  })

  it("takes no entry for lost that the ledger does not have so", async () => {
    const city = new Custodian(3)
    city.lose(2)
    city.lost[0] = { ...city.lost[0], event: randomBytes(32) }
    const { findings } = await readAccount(city)
    assert.deepEqual(findings, ["entry 2 is said to be lost and is not what the ledger has"])
  })
})
