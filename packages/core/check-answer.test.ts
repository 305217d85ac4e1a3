import assert from "node:assert/strict"
import { before, describe, it } from "node:test"
import type { AnswerFinding } from "./answer-finding.ts"
import { type Bytes, toHex, utf8 } from "./bytes.ts"
import { checkAnswer, seenBy } from "./check-answer.ts"
import { MEMBER_SYSTEM, PRACTITIONER_ROLE_SYSTEM, PRACTITIONER_SYSTEM } from "./consent.ts"
import { type Grant, grantDocument } from "./consent-documents.ts"
import { cryptoReady, publicKey } from "./crypto.ts"
import { makeEnvelope } from "./envelope.ts"
import { type ConsentCopy, type FetchRequest, requestHash } from "./exchange.ts"
import type { LedgerView } from "./ledger-view.ts"
import {
  bodyHash,
  lineHash,
  type ManifestBody,
  type ReleasedRecord,
  sentHash,
  signManifest,
} from "./manifest.ts"
import { append, EMPTY_FRONTIER } from "./merkle.ts"
import { type PolicyDocument, policyPlace, policyRoot } from "./policy-tree.ts"
import { auditEventHash, type DisclosurePromise, makePromise } from "./promise.ts"
import { type EntryPreimage, entryHash, recordCommitment } from "./record.ts"

before(() => cryptoReady)

const bytesOf = (n: number, size = 32): Bytes => new Uint8Array(size).fill(n)
const [custodianSeed, otherSeed, patientSeed, strangerSeed] = [1, 2, 3, 4].map((n) => bytesOf(n))
const NETWORK = "aceso-test"
const CUSTODIAN = "village-practice"
const RECIPIENT = "city-hospital"
const HANDLE = bytesOf(10)
const NOW = 1_800_000_000_000
const DAY_MS = 86_400_000

const request: FetchRequest = {
  network: NETWORK,
  custodian: CUSTODIAN,
  handle: HANDLE,
  purpose: "TREAT",
  time: NOW,
  nonce: bytesOf(11, 16),
  practitioner: {
    proof: {
      practitioner: { key: bytesOf(12), role: "physician", from: 0, to: NOW + DAY_MS },
      salt: bytesOf(13),
      index: 0,
      size: 1,
      path: [],
    },
    signature: bytesOf(14, 64),
  },
  suite: 1,
  oneTimeKey: bytesOf(15),
}

/** Five entries; the third is a newer version of the first. */
const contents = [
  '{"resourceType":"Observation","status":"preliminary"}',
  '{"resourceType":"Condition","id":"c"}',
  '{"resourceType":"Observation","status":"final"}',
  '{"resourceType":"Encounter","id":"e"}',
  '{"resourceType":"Procedure","id":"p"}',
].map(utf8)
const records: readonly ReleasedRecord[] = contents.map((content, index) => ({
  index,
  salt: bytesOf(20 + index),
  content,
}))
const entries: readonly EntryPreimage[] = records.map(({ salt, content, index }) => ({
  recordId: bytesOf(index === 2 ? 30 : 30 + index),
  version: index === 2 ? 2 : 1,
  operation: index === 2 ? "update" : "create",
  commitment: recordCommitment(salt, content),
}))
const lines: ManifestBody["lines"] = entries.map((entry, i) => ({
  entry,
  status: "released",
  sent: sentHash(records[i].salt, records[i].content),
}))
const stranger = {
  entry: { recordId: bytesOf(50), version: 1, operation: "create", commitment: bytesOf(51) },
  status: "not_permitted",
  sent: null,
} satisfies ManifestBody["lines"][number]

const fullGrant: Grant = {
  custodian: CUSTODIAN,
  grantee: RECIPIENT,
  purpose: "TREAT",
  classes: [],
  until: NOW + DAY_MS,
  now: NOW - DAY_MS,
}
const POLICY_SALT = bytesOf(70)
const copyOf = (document: PolicyDocument): ConsentCopy => ({
  custodian: CUSTODIAN,
  handle: HANDLE,
  document,
  version: 2,
  ...policyPlace([document], POLICY_SALT, document),
  whole: POLICY_SALT,
})
const fullConsent = copyOf(grantDocument(fullGrant))
const partialConsent = copyOf(grantDocument({ ...fullGrant, classes: ["Observation"] }))
const root = policyRoot([fullConsent.document], POLICY_SALT)
const otherRoot = policyRoot([partialConsent.document], POLICY_SALT)

const ledger: LedgerView = {
  network: NETWORK,
  signer: CUSTODIAN,
  log: append(EMPTY_FRONTIER, entries.map(entryHash)),
  lost: [],
  policy: { version: 2, root },
  handleKey: publicKey(patientSeed),
  height: 9,
  minHeight: 9,
}

const honestBody: ManifestBody = {
  network: NETWORK,
  requestHash: requestHash(request),
  responder: CUSTODIAN,
  recipient: RECIPIENT,
  handle: HANDLE,
  purpose: "TREAT",
  time: NOW,
  height: 9,
  policyVersion: 2,
  policyRoot: root,
  policyState: "current",
  pendingChange: null,
  pendingBefore: [],
  lines,
}

/**
 * What differs from the honest answer. What the lines say was sent, the AuditEvent, its promise and the signature
 * follow from records and body.
 */
interface Change {
  readonly body?: Partial<ManifestBody>
  readonly event?: (hash: string) => string
  readonly promise?: Partial<DisclosurePromise>
  readonly promiseSeed?: Bytes
  readonly promiseNetwork?: string
  readonly seed?: Bytes
  readonly records?: readonly ReleasedRecord[]
  /** What the lines say was sent, if not what is sent. */
  readonly sent?: (line: ManifestBody["lines"][number], index: number) => Bytes | null
  readonly recipient?: string
  readonly request?: Partial<FetchRequest>
  readonly view?: Partial<LedgerView>
  readonly consent?: ConsentCopy
  /** After signing. */
  readonly signature?: Bytes
  readonly auditSalt?: Bytes
}

const eventOf = (hash: string, recipient = RECIPIENT) =>
  JSON.stringify({
    resourceType: "AuditEvent",
    agent: [{ who: { identifier: { system: MEMBER_SYSTEM, value: recipient } } }],
    entity: [{ detail: [{ type: "manifest-body", valueString: hash }] }],
  })

function check(change: Change) {
  return checkAnswer(
    { ...request, ...change.request },
    change.recipient ?? RECIPIENT,
    manifestOf(change),
    change.records ?? records,
    { ...ledger, ...change.view },
    change.consent,
  )
}

function manifestOf(change: Change) {
  const seed = change.seed ?? custodianSeed
  const sentRecords = change.records ?? records
  const sentNow = (line: ManifestBody["lines"][number], index: number) => {
    const record = sentRecords.find((one) => one.index === index + (change.body?.from?.size ?? 0))
    if (line.status !== "released") return null
    return record ? sentHash(record.salt, record.content) : line.sent
  }
  const given = { ...honestBody, ...change.body }
  const body: ManifestBody = {
    ...given,
    lines: given.lines.map((line, i) => ({ ...line, sent: (change.sent ?? sentNow)(line, i) })),
  }
  const auditEvent = utf8((change.event ?? eventOf)(toHex(bodyHash(body))))
  const auditSalt = bytesOf(40)
  const promise = makePromise(
    {
      custodian: CUSTODIAN,
      tag: bytesOf(41, 16),
      event: auditEventHash(auditSalt, auditEvent),
      includeBy: NOW + 60_000,
      key: publicKey(change.promiseSeed ?? seed),
      ...change.promise,
    },
    change.promiseNetwork ?? NETWORK,
    change.promiseSeed ?? seed,
  )
  const signed = signManifest(
    {
      body,
      auditEvent,
      auditSalt: change.auditSalt ?? auditSalt,
      promise: change.promise?.signature ? { ...promise, signature: change.promise.signature } : promise,
    },
    seed,
  )
  return change.signature ? { ...signed, signature: change.signature } : signed
}

type Expected = AnswerFinding["kind"] | readonly [AnswerFinding["kind"], number]
const found = (change: Change) =>
  check(change).findings.map(({ kind, index }) => (index === undefined ? kind : [kind, index]))

const withStatus = (index: number, status: ManifestBody["lines"][number]["status"]) =>
  lines.with(index, { ...lines[index], status })
const recordsBut = (index: number) => records.filter((record) => record.index !== index)

const pendingInput = { custodian: CUSTODIAN, handle: HANDLE, base: 2, root: otherRoot }
const changeBy = (
  seeds: readonly Bytes[],
  input: Partial<typeof pendingInput> = {},
  call: { network?: string; contract?: string; action?: string; expiry?: number } = {},
): Bytes =>
  makeEnvelope(
    {
      network: NETWORK,
      contract: "policy",
      action: "grant",
      input: { ...pendingInput, ...input },
      expiry: NOW + 600_000,
      ...call,
    },
    seeds,
  ).bytes
const withLastBitFlipped = (bytes: Bytes) => bytes.with(-1, bytes[bytes.length - 1] ^ 1)
const pending: Partial<ManifestBody> = {
  policyState: "pending",
  policyVersion: 3,
  policyRoot: otherRoot,
  pendingChange: changeBy([patientSeed]),
}

describe("an honest answer gives no finding", () => {
  const rows: readonly (readonly [comment: string, change: Change, statuses: string])[] = [
    ["everything released", {}, "v v v v v"],
    ["under a full consent", { consent: fullConsent }, "v v v v v"],
    [
      "under a partial consent",
      { body: { lines: withStatus(1, "not_permitted") }, records: recordsBut(1), consent: partialConsent },
      "v w v v v",
    ],
    [
      "records withheld, no consent at hand",
      { body: { lines: lines.map((line) => ({ ...line, status: "not_permitted" })) }, records: [] },
      "w w w w w",
    ],
    [
      "a damaged record",
      { body: { lines: withStatus(3, "damaged") }, records: recordsBut(3), consent: fullConsent },
      "v v v d v",
    ],
    [
      "a record withdrawn as another person's, also under a full consent",
      { body: { lines: withStatus(3, "withdrawn") }, records: recordsBut(3), consent: fullConsent },
      "v v v x v",
    ],
    ["records in another order", { records: records.toReversed() }, "v v v v v"],
    ["an empty record log", { body: { lines: [] }, records: [], view: { log: EMPTY_FRONTIER } }, ""],
    ["a height that the ledger has left behind", { view: { height: 12 } }, "v v v v v"],
    ["a height above the lowest that is taken", { view: { minHeight: 8 } }, "v v v v v"],
    ["a promise at the last moment", { promise: { includeBy: NOW + 600_000 } }, "v v v v v"],
    [
      "an AuditEvent that says more",
      {
        event: (hash) =>
          JSON.stringify({
            resourceType: "AuditEvent",
            recorded: new Date(NOW).toISOString(),
            agent: [{ who: { identifier: { value: RECIPIENT } } }, { who: { display: "Dr. Day" } }],
            entity: [{ what: {} }, { detail: [{ type: "x" }, { type: "manifest-body", valueString: hash }] }],
          }),
      },
      "v v v v v",
    ],
    ["a pending change", { body: pending }, "v v v v v"],
    ...["restrict", "revoke"].map(
      (action) =>
        [
          `a pending change to ${action}`,
          { body: { ...pending, pendingChange: changeBy([patientSeed], {}, { action }) } },
          "v v v v v",
        ] as const,
    ),
    [
      "a second pending change on top of the first",
      {
        body: {
          ...pending,
          policyVersion: 4,
          pendingBefore: [changeBy([patientSeed])],
          pendingChange: changeBy([patientSeed], { base: 3 }),
        },
      },
      "v v v v v",
    ],
    [
      "a pending change that expired up to 30 days ago: the custodian was down at its moment",
      { body: { ...pending, pendingChange: changeBy([patientSeed], {}, { expiry: NOW - 30 * DAY_MS + 1 }) } },
      "v v v v v",
    ],
    [
      "a pending change to the first policy",
      {
        body: { ...pending, policyVersion: 1, pendingChange: changeBy([patientSeed], { base: 0 }) },
        view: { policy: undefined },
      },
      "v v v v v",
    ],
    [
      "a pending change that is on the ledger at the manifest's height",
      { body: pending, view: { policy: { version: 3, root: otherRoot } } },
      "v v v v v",
    ],
  ]
  for (const [comment, change, statuses] of rows)
    it(comment, () => {
      const { findings, lines } = check(change)
      assert.deepEqual(findings, [])
      assert.equal(lines.map(({ status }) => (status === "withdrawn" ? "x" : status[0])).join(" "), statuses)
      for (const { index, status, content } of lines)
        assert.deepEqual(content, status === "verified" ? contents[index] : undefined)
    })
})

const [view, otherView] = [bytesOf(80), bytesOf(81)]
const at = (size: number) => append(EMPTY_FRONTIER, entries.slice(0, size).map(entryHash))
/** An answer that begins behind what the requester has, to a question that asks since then. */
const sinceTwo: Change = {
  request: { since: { log: at(2), view, policyVersion: 2 } },
  body: { view, from: at(2), lines: lines.slice(2) },
  records: records.slice(2),
}
const onlyObservations: Change = {
  request: { filter: { classes: ["Observation"], codes: [] } },
  body: {
    filter: { classes: ["Observation"], codes: [] },
    lines: lines.map((line, i) => (i === 0 || i === 2 ? line : { ...line, status: "not_requested" })),
  },
  records: [records[0], records[2]],
}
const asked = (change: Change): Change => ({
  ...change,
  body: { ...change.body, requestHash: requestHash({ ...request, ...change.request }) },
})

describe("an answer since an earlier one, of some records, in parts", () => {
  const later = (from: number): ManifestBody["lines"] =>
    lines.map((line, i) => (i < from ? line : { ...line, status: "later" }))
  const rows: readonly (readonly [comment: string, change: Change, findings: readonly Expected[]])[] = [
    ["what is new", sinceTwo, []],
    ["what is new, under a full consent", { ...sinceTwo, consent: fullConsent }, []],
    [
      "nothing is new",
      {
        ...sinceTwo,
        request: { since: { log: at(5), view, policyVersion: 2 } },
        body: { view, from: at(5), lines: [] },
        records: [],
      },
      [],
    ],
    ["everything, although less was asked for", { ...sinceTwo, body: { view }, records }, []],
    ["everything, because the policy is another", { ...sinceTwo, body: { view: otherView }, records }, []],
    ["since, without having been asked", { ...sinceTwo, request: {} }, ["wrong_manifest"]],
    [
      "since an index that was not asked for",
      { ...sinceTwo, body: { view, from: at(3), lines: lines.slice(3) }, records: records.slice(3) },
      ["wrong_manifest"],
    ],
    [
      "since, with another view",
      { ...sinceTwo, body: { ...sinceTwo.body, view: otherView } },
      ["wrong_manifest"],
    ],
    [
      "since, without a view",
      { ...sinceTwo, body: { ...sinceTwo.body, view: undefined } },
      ["wrong_manifest"],
    ],
    [
      "since, although the policy is another",
      { ...sinceTwo, request: { since: { log: at(2), view, policyVersion: 1 } } },
      ["wrong_manifest"],
    ],
    [
      "since a log that is not this one's beginning",
      {
        ...sinceTwo,
        request: { since: { log: { size: 2, peaks: [bytesOf(9)] }, view, policyVersion: 2 } },
        body: { ...sinceTwo.body, from: { size: 2, peaks: [bytesOf(9)] } },
      },
      ["log_mismatch"],
    ],
    [
      "since a log with too many peaks",
      {
        ...sinceTwo,
        request: { since: { log: { size: 2, peaks: [bytesOf(9), bytesOf(9)] }, view, policyVersion: 2 } },
        body: { ...sinceTwo.body, from: { size: 2, peaks: [bytesOf(9), bytesOf(9)] } },
      },
      ["log_mismatch"],
    ],
    [
      "since, with an entry left out",
      { ...sinceTwo, body: { ...sinceTwo.body, lines: lines.slice(3) }, records: [] },
      ["log_mismatch", ["missing_record", 2], ["missing_record", 3]],
    ],
    [
      "since, with a record from before",
      { ...sinceTwo, records },
      [
        ["wrong_manifest", 0],
        ["wrong_manifest", 1],
      ],
    ],
    [
      "since, with a changed record",
      { ...sinceTwo, records: records.slice(2).with(0, { ...records[2], salt: bytesOf(9) }) },
      [["changed_record", 2]],
    ],
    ["what was asked for alone", onlyObservations, []],
    ["what was asked for alone, under a full consent", { ...onlyObservations, consent: fullConsent }, []],
    [
      "for another filter than asked",
      {
        ...onlyObservations,
        body: { ...onlyObservations.body, filter: { classes: ["Condition"], codes: [] } },
      },
      ["wrong_manifest"],
    ],
    ["for a filter that nobody gave", { ...onlyObservations, request: {} }, ["wrong_manifest"]],
    [
      "for everything, although there was a filter",
      { ...onlyObservations, body: {}, records },
      ["wrong_manifest"],
    ],
    [
      "not requested, without a filter",
      { body: { lines: withStatus(1, "not_requested") }, records: recordsBut(1) },
      [["missing_record", 1]],
    ],
    [
      "something that nobody asked for",
      { ...onlyObservations, body: { filter: { classes: ["Observation"], codes: [] } }, records },
      [1, 3, 4].map((index) => ["wrong_manifest", index] as const),
    ],
    [
      "withheld under a full consent, behind a filter",
      {
        ...onlyObservations,
        body: {
          ...onlyObservations.body,
          lines: lines.map((line, i) =>
            i === 2 ? line : { ...line, status: i === 0 ? "not_permitted" : "not_requested" },
          ),
        },
        records: [records[2]],
        consent: fullConsent,
      },
      [["omitted_under_full_consent", 0]],
    ],
    ["the rest comes later", { body: { lines: later(3) }, records: records.slice(0, 3) }, []],
    ["all of it comes later", { body: { lines: later(0) }, records: [] }, [["missing_record", 0]]],
    [
      "later than what comes behind it",
      { body: { lines: withStatus(1, "later") }, records: recordsBut(1) },
      [["missing_record", 1]],
    ],
  ]
  for (const [comment, change, findings] of rows)
    it(comment, () => assert.deepEqual(found(asked(change)), findings))

  it("says what a later question may ask since", () => {
    const answer = (change: Change) => seenBy(manifestOf(asked(change)), check(asked(change)))
    const seen = { view, policyVersion: 2 }
    assert.deepEqual(answer({ body: { view } }), { log: at(5), ...seen })
    assert.deepEqual(answer(sinceTwo), { log: at(5), ...seen })
    const part: Change = { body: { view, lines: later(3) }, records: records.slice(0, 3) }
    assert.deepEqual(answer(part), { log: at(3), ...seen })
    assert.equal(answer({}), undefined)
    assert.equal(answer({ body: { view }, records: recordsBut(3) }), undefined)
  })
})

describe("lies about records", () => {
  const forged = utf8('{"resourceType":"Condition","id":"x"}')
  const rows: readonly (readonly [comment: string, change: Change, findings: readonly Expected[]])[] = [
    [
      "changed content",
      { records: records.with(1, { ...records[1], content: forged }) },
      [["changed_record", 1]],
    ],
    [
      "one byte more",
      {
        records: records.with(1, { ...records[1], content: utf8('{"resourceType":"Condition","id":"c"} ') }),
      },
      [["changed_record", 1]],
    ],
    [
      "no content",
      { records: records.with(1, { ...records[1], content: new Uint8Array(0) }) },
      [["changed_record", 1]],
    ],
    [
      "changed salt",
      { records: records.with(4, { ...records[4], salt: bytesOf(9) }) },
      [["changed_record", 4]],
    ],
    [
      "the content of another record",
      { records: records.with(1, { ...records[3], index: 1 }) },
      [["changed_record", 1]],
    ],
    [
      "the old version sent as the new one",
      { records: records.with(2, { ...records[0], index: 2 }) },
      [["changed_record", 2]],
    ],
    [
      "changed content with a commitment to match",
      {
        body: {
          lines: lines.with(1, {
            ...lines[1],
            entry: { ...entries[1], commitment: recordCommitment(records[1].salt, forged) },
          }),
        },
        records: records.with(1, { ...records[1], content: forged }),
      },
      ["log_mismatch"],
    ],
    [
      "what was sent differs from what was signed",
      { records: records.with(1, { ...records[1], content: forged }), sent: ({ sent }) => sent },
      [["wrong_manifest", 1]],
    ],
    [
      "the salt sent differs from what was signed",
      { records: records.with(1, { ...records[1], salt: bytesOf(9) }), sent: ({ sent }) => sent },
      [["wrong_manifest", 1]],
    ],
    [
      "the manifest does not say what was sent",
      { sent: ({ sent }, i) => (i === 1 ? null : sent) },
      [["wrong_manifest", 1]],
    ],
    [
      "the manifest says that something else was sent",
      { sent: ({ sent }, i) => (i === 1 ? bytesOf(9) : sent) },
      [["wrong_manifest", 1]],
    ],
    ["a record not sent", { records: recordsBut(3) }, [["missing_record", 3]]],
    ["no record sent", { records: [] }, [0, 1, 2, 3, 4].map((index) => ["missing_record", index] as const)],
    [
      "a record sent that the line withholds",
      { body: { lines: withStatus(1, "not_permitted") } },
      [["wrong_manifest", 1]],
    ],
    [
      "a record sent that the line calls withdrawn",
      { body: { lines: withStatus(1, "withdrawn") } },
      [["wrong_manifest", 1]],
    ],
    [
      "a record sent that the line calls damaged",
      { body: { lines: withStatus(1, "damaged") } },
      [["wrong_manifest", 1]],
    ],
    [
      "a record sent that no line names",
      { records: [...records, { ...records[0], index: 5 }] },
      [["wrong_manifest", 5]],
    ],
    [
      "an omission under a full consent",
      { body: { lines: withStatus(1, "not_permitted") }, records: recordsBut(1), consent: fullConsent },
      [["omitted_under_full_consent", 1]],
    ],
    [
      "two omissions under a full consent",
      {
        body: { lines: withStatus(1, "not_permitted").with(4, { ...lines[4], status: "not_permitted" }) },
        records: recordsBut(1).filter(({ index }) => index !== 4),
        consent: fullConsent,
      },
      [
        ["omitted_under_full_consent", 1],
        ["omitted_under_full_consent", 4],
      ],
    ],
  ]
  for (const [comment, change, findings] of rows) it(comment, () => assert.deepEqual(found(change), findings))

  it("what was changed is a mismatch, the others are verified", () => {
    const { lines } = check({ records: records.with(1, { ...records[1], content: forged }) })
    assert.deepEqual(
      lines.map(({ status }) => status),
      ["verified", "mismatch", "verified", "verified", "verified"],
    )
  })
})

describe("lies about the record log", () => {
  const listed = (changed: ManifestBody["lines"]) => ({
    body: { lines: changed },
    records: changed.flatMap(({ entry, status }, index) => {
      const known = records.find((record) => entries[record.index] === entry)
      return known && status === "released" ? [{ ...known, index }] : []
    }),
  })
  const rows: readonly (readonly [comment: string, lines: ManifestBody["lines"]])[] = [
    ["the first entry left out", lines.slice(1)],
    ["an entry left out in the middle", lines.toSpliced(3, 1)],
    ["the last entry left out", lines.slice(0, -1)],
    ["all left out", []],
    ["the old version passed off as current: the newer line is missing", lines.toSpliced(2, 1)],
    ["the old version passed off as current: twice", lines.with(2, lines[0])],
    ["an entry added in front", [stranger, ...lines]],
    ["an entry added in the middle", lines.toSpliced(2, 0, stranger)],
    ["an entry added at the end", [...lines, stranger]],
    ["an entry twice", [...lines, lines[4]]],
    ["an entry in place of another", lines.with(3, stranger)],
    ["two entries swapped", lines.with(0, lines[1]).with(1, lines[0])],
    ["another record id", lines.with(1, { ...lines[1], entry: { ...entries[1], recordId: bytesOf(9) } })],
    ["another version", lines.with(2, { ...lines[2], entry: { ...entries[2], version: 3 } })],
    [
      "an update called a deletion",
      lines.with(2, { ...lines[2], entry: { ...entries[2], operation: "delete" } }),
    ],
  ]
  for (const [comment, changed] of rows)
    it(comment, () => {
      const kinds = new Set(check(listed(changed)).findings.map(({ kind }) => kind))
      assert.ok(kinds.has("log_mismatch"))
      kinds.delete("log_mismatch")
      kinds.delete("missing_record") // of the lines whose preimage was changed
      assert.deepEqual([...kinds], [])
    })
  it("nothing, to a requester whose ledger knows no log", () =>
    assert.deepEqual(found({ view: { log: EMPTY_FRONTIER } }), ["log_mismatch"]))

  it("the newest entries left out by naming an old height", () => {
    // The view's log is that of the height that the manifest names: two entries at height 1.
    const log = append(EMPTY_FRONTIER, entries.slice(0, 2).map(entryHash))
    const old = { lines: lines.slice(0, 2), height: 1 }
    const answer = { body: old, records: records.slice(0, 2) }
    const height = 1_000_000
    assert.deepEqual(found({ ...answer, view: { log, height, minHeight: 1 } }), [])
    assert.deepEqual(found({ ...answer, view: { log, height, minHeight: 2 } }), ["wrong_manifest"])
  })
})

describe("a manifest for something else", () => {
  const rows: readonly (readonly [comment: string, change: Change])[] = [
    ["the hash of another request", { body: { requestHash: bytesOf(9) } }],
    ["an answer to the same question asked before", { request: { nonce: bytesOf(9, 16) } }],
    ["another recipient in the manifest", { body: { recipient: "other-hospital" } }],
    ["an answer that somebody else asked for", { recipient: "other-hospital" }],
    ["another responder", { body: { responder: "other-practice" } }],
    ["another handle", { body: { handle: bytesOf(9) } }],
    ["another purpose", { body: { purpose: "HPAYMT" } }],
    ["another network in the manifest", { body: { network: "aceso-other" } }],
    ["another network", { view: { network: "aceso-other" } }],
    ["signed by another member", { seed: otherSeed, view: { signer: "other-practice" } }],
    ["signed by a key that nobody has", { seed: strangerSeed, view: { signer: undefined } }],
    ["signed by nobody", { signature: bytesOf(0, 64) }],
    ["a signature over something else", { signature: bytesOf(7, 64) }],
    ["a height beyond the ledger", { body: { height: 10 } }],
    ["a height below what the requester had when it asked", { body: { height: 8 } }],
  ]
  for (const [comment, change] of rows)
    it(comment, () => {
      const { lines, findings } = check(change)
      assert.deepEqual(
        findings.map(({ kind }) => kind),
        ["wrong_manifest"],
      )
      assert.deepEqual(lines, [])
    })
})

describe("a manifest of another time than the request", () => {
  // Else its own clock opens every limit: a promise without an end, a consent that is over, a key not valid yet.
  for (const [comment, time] of [
    ["a year before", NOW - 365 * DAY_MS],
    ["a year after", NOW + 365 * DAY_MS],
  ] as const)
    it(comment, () =>
      assert.notDeepEqual(found({ body: { time }, promise: { includeBy: time + 60_000 } }), []),
    )
})

describe("lies about the policy", () => {
  const policyRows: readonly (readonly [comment: string, change: Change])[] = [
    ["a version before the ledger's", { body: { policyVersion: 1 } }],
    ["a version after the ledger's", { body: { policyVersion: 3 } }],
    ["another root", { body: { policyRoot: otherRoot } }],
    ["no root", { body: { policyRoot: null } }],
    ["a policy where the ledger has none", { view: { policy: undefined } }],
    ["no policy at all", { body: { policyVersion: 0, policyRoot: null }, view: { policy: undefined } }],
    [
      "current, with the patient's change, which is not on the ledger",
      { body: { ...pending, policyState: "current" } },
    ],
    [
      "pending changes out of order",
      {
        body: {
          ...pending,
          policyVersion: 4,
          pendingBefore: [changeBy([patientSeed], { base: 3 })],
          pendingChange: changeBy([patientSeed]),
        },
      },
    ],
    [
      "an earlier pending change signed by somebody else",
      {
        body: {
          ...pending,
          policyVersion: 4,
          pendingBefore: [changeBy([strangerSeed])],
          pendingChange: changeBy([patientSeed], { base: 3 }),
        },
      },
    ],
    ["pending without a change", { body: { ...pending, pendingChange: null } }],
    ["pending with a change that cannot be read", { body: { ...pending, pendingChange: utf8("change") } }],
    ["signed by somebody else", { body: { ...pending, pendingChange: changeBy([strangerSeed]) } }],
    ["signed by the custodian", { body: { ...pending, pendingChange: changeBy([custodianSeed]) } }],
    [
      "a signature that does not hold",
      { body: { ...pending, pendingChange: withLastBitFlipped(changeBy([patientSeed])) } },
    ],
    ["a patient without a key", { body: pending, view: { handleKey: null } }],
    ["a key that the patient replaced", { body: pending, view: { handleKey: publicKey(strangerSeed) } }],
    ["a change to another root", { body: { ...pending, pendingChange: changeBy([patientSeed], { root }) } }],
    ["another root than the change's", { body: { ...pending, policyRoot: root } }],
    ["no root for the change", { body: { ...pending, policyRoot: null } }],
    [
      "a change for another network",
      { body: { ...pending, pendingChange: changeBy([patientSeed], {}, { network: "aceso-other" }) } },
    ],
    [
      "a transaction of another contract",
      {
        body: {
          ...pending,
          pendingChange: changeBy([patientSeed], {}, { contract: "people", action: "rekey" }),
        },
      },
    ],
    [
      "pending, of the ledger's version with another root and no change",
      { body: { ...pending, policyVersion: 2, pendingChange: null } },
    ],
    ["pending, of an old version", { body: { ...pending, policyVersion: 1, pendingChange: null } }],
    [
      "a change for another handle",
      { body: { ...pending, pendingChange: changeBy([patientSeed], { handle: bytesOf(9) }) } },
    ],
    [
      "a change for another custodian",
      { body: { ...pending, pendingChange: changeBy([patientSeed], { custodian: "other-practice" }) } },
    ],
    [
      "a change on an old base: the patient's change of long ago again",
      { body: { ...pending, pendingChange: changeBy([patientSeed], { base: 0 }) } },
    ],
    [
      "a change that expired long ago",
      {
        body: {
          ...pending,
          pendingChange: makeEnvelope(
            { network: NETWORK, contract: "policy", action: "grant", input: pendingInput, expiry: 1 },
            [patientSeed],
          ).bytes,
        },
      },
    ],
    ["a version far ahead of the ledger's", { body: { ...pending, policyVersion: 99 } }],
    [
      "a change with a second signature, which the ledger will refuse",
      { body: { ...pending, pendingChange: changeBy([patientSeed, strangerSeed]) } },
    ],
    [
      "an action that the contract does not have",
      { body: { ...pending, pendingChange: changeBy([patientSeed], {}, { action: "nothing" }) } },
    ],
    [
      "a change that expired 30 days before the answer",
      { body: { ...pending, pendingChange: changeBy([patientSeed], {}, { expiry: NOW - 30 * DAY_MS }) } },
    ],
    ["the version before the change's", { body: { ...pending, policyVersion: 2 } }],
    [
      "a change whose base the ledger has left behind",
      { body: pending, view: { policy: { version: 3, root } } },
    ],
    [
      "a change whose base the ledger does not have yet",
      { body: pending, view: { policy: { version: 1, root } } },
    ],
    ["a change to a policy that the ledger does not have", { body: pending, view: { policy: undefined } }],
    [
      "a change by the patient twice",
      { body: { ...pending, pendingChange: changeBy([patientSeed, patientSeed]) } },
    ],
    [
      "an input that is not a change's",
      {
        body: {
          ...pending,
          pendingChange: makeEnvelope(
            {
              network: NETWORK,
              contract: "policy",
              action: "grant",
              input: { root: otherRoot },
              expiry: NOW + 1,
            },
            [patientSeed],
          ).bytes,
        },
      },
    ],
  ]
  for (const [comment, change] of policyRows)
    it(comment, () => assert.deepEqual(found(change), ["policy_mismatch"]))
})

describe("lies about the disclosure log", () => {
  const rows: readonly (readonly [comment: string, change: Change, findings: readonly Expected[]])[] = [
    ["a promise without a signature", { promise: { signature: bytesOf(0, 64) } }, ["promise_missing"]],
    ["a promise of another custodian", { promise: { custodian: "other-practice" } }, ["promise_missing"]],
    ["a promise by another key", { promiseSeed: otherSeed }, ["promise_missing"]],
    [
      "a promise by another key under the custodian's",
      { promiseSeed: otherSeed, promise: { key: publicKey(custodianSeed) } },
      ["promise_missing"],
    ],
    ["a promise for another network", { promiseNetwork: "aceso-other" }, ["promise_missing"]],
    ["a promise of another event", { promise: { event: bytesOf(9) } }, ["audit_mismatch"]],
    ["another salt than the promise's", { auditSalt: bytesOf(9) }, ["audit_mismatch"]],
    ["an AuditEvent about another answer", { event: () => eventOf("00".repeat(32)) }, ["audit_mismatch"]],
    [
      "an AuditEvent that names another recipient",
      { event: (hash) => eventOf(hash, "other-hospital") },
      ["audit_mismatch"],
    ],
    ["an AuditEvent that names nothing", { event: () => "{}" }, ["audit_mismatch"]],
    [
      "an AuditEvent that is no object",
      { event: (hash) => `["${hash}","${RECIPIENT}"]` },
      ["audit_mismatch"],
    ],
    ["an AuditEvent that is no JSON", { event: (hash) => `${hash} ${RECIPIENT}` }, ["audit_mismatch"]],
    [
      "an AuditEvent that names a member whose name only begins like the recipient's",
      { event: (hash) => eventOf(hash, `${RECIPIENT}-annex`) },
      ["audit_mismatch"],
    ],
    [
      "an object that is no AuditEvent",
      { event: (hash) => JSON.stringify({ note: `${hash} ${RECIPIENT}` }) },
      ["audit_mismatch"],
    ],
    ["a promise for the year 2100", { promise: { includeBy: 4_102_444_800_000 } }, ["promise_missing"]],
    ["a promise a millisecond too far ahead", { promise: { includeBy: NOW + 600_001 } }, ["promise_missing"]],
    [
      "an AuditEvent of another type",
      { event: (hash) => eventOf(hash).replace("AuditEvent", "Provenance") },
      ["audit_mismatch"],
    ],
    [
      "an AuditEvent that names the recipient as second agent",
      { event: (hash) => eventOf(hash).replace('"agent":[', '"agent":[{"who":{"display":"us"}},') },
      ["audit_mismatch"],
    ],
    [
      "an AuditEvent that names the manifest under another type",
      { event: (hash) => eventOf(hash).replace("manifest-body", "note") },
      ["audit_mismatch"],
    ],
    [
      "an AuditEvent that names the manifest inside of a longer text",
      { event: (hash) => eventOf(`${hash}0`) },
      ["audit_mismatch"],
    ],
    ["an AuditEvent that is no UTF-8 text of JSON", { event: () => "\ufeff{" }, ["audit_mismatch"]],
  ]
  for (const [comment, change, findings] of rows) it(comment, () => assert.deepEqual(found(change), findings))
})

describe("an honest custodian is not accused of an omission", () => {
  const withheld = { body: { lines: withStatus(1, "not_permitted") }, records: recordsBut(1) }
  const rows: readonly (readonly [comment: string, consent: ConsentCopy])[] = [
    [
      "under a consent for another organisation",
      copyOf(grantDocument({ ...fullGrant, grantee: "other-hospital" })),
    ],
    ["under a consent for another purpose", copyOf(grantDocument({ ...fullGrant, purpose: "HPAYMT" }))],
    ["under a consent that has expired", copyOf(grantDocument({ ...fullGrant, until: NOW - 1 }))],
    ["under a consent that begins later", copyOf(grantDocument({ ...fullGrant, now: NOW + 1 }))],
    ["under a consent at another custodian", { ...fullConsent, custodian: "other-practice" }],
    ["under a consent about another handle", { ...fullConsent, handle: bytesOf(9) }],
    [
      "under a consent that a newer version of the policy no longer holds",
      { ...fullConsent, version: 1, document: { ...fullConsent.document, salt: bytesOf(9) } },
    ],
    [
      "under a consent for one practitioner, another asking",
      copyOf({
        ...fullConsent.document,
        content: utf8(
          new TextDecoder()
            .decode(fullConsent.document.content)
            .replace(
              `"system":"${MEMBER_SYSTEM}","value":"${RECIPIENT}"`,
              `"system":"${PRACTITIONER_SYSTEM}","value":"00"`,
            ),
        ),
      }),
    ],
  ]
  for (const [comment, consent] of rows)
    it(comment, () => assert.deepEqual(found({ ...withheld, consent }), []))

  it("for what another document of the policy denies", () => {
    const denial: PolicyDocument = {
      salt: bytesOf(60),
      content: utf8('{"provision":{"type":"deny"},"resourceType":"Consent","status":"active"}'),
    }
    const documents = [fullConsent.document, denial]
    const both = policyRoot(documents, POLICY_SALT)
    const consent = { ...fullConsent, ...policyPlace(documents, POLICY_SALT, fullConsent.document) }
    const body = { ...withheld.body, policyRoot: both }
    assert.deepEqual(found({ ...withheld, body, view: { policy: { version: 2, root: both } }, consent }), [])
  })

  const dummy: ReleasedRecord = { index: 5, salt: bytesOf(61), content: new Uint8Array(0) }
  const dummyEntry = { ...stranger.entry, commitment: recordCommitment(dummy.salt, dummy.content) }
  const withDummy = (status: "released" | "not_permitted"): Change => {
    const all: ManifestBody["lines"] = [...lines, { entry: dummyEntry, status, sent: null }]
    const log = append(
      EMPTY_FRONTIER,
      all.map((line) => lineHash(line) as Bytes),
    )
    return { body: { lines: all }, view: { log }, consent: fullConsent }
  }
  it("for a dummy entry under a full consent: it is released, empty", () => {
    const answer = { ...withDummy("released"), records: [...records, dummy] }
    assert.deepEqual(found(answer), [])
    assert.deepEqual(check(answer).lines[5], { index: 5, status: "verified", content: dummy.content })
  })
  it("but if it withholds the dummy: nobody else can tell it from a record", () =>
    assert.deepEqual(found(withDummy("not_permitted")), [["omitted_under_full_consent", 5]]))
})

describe("a consent opens everything if it is the whole policy and fits the request", () => {
  const identified = (system: string, value: string) => ({ reference: { identifier: { system, value } } })
  const provision = { type: "permit", actor: [identified(MEMBER_SYSTEM, RECIPIENT)] }
  const consentWith = (changes: object, around: object = {}) =>
    copyOf({
      salt: bytesOf(1),
      content: utf8(
        JSON.stringify({
          resourceType: "Consent",
          status: "active",
          provision: { ...provision, ...changes },
          ...around,
        }),
      ),
    })
  const ours = { key: toHex(request.practitioner.proof.practitioner.key), role: "physician" }
  const inRole = (code: string) => ({
    actor: [{ ...provision.actor[0], role: { coding: [{ system: PRACTITIONER_ROLE_SYSTEM, code }] } }],
  })
  const rows: readonly (readonly [comment: string, consent: ConsentCopy, isFull: boolean])[] = [
    ["a grant of all classes", fullConsent, true],
    ["a grant of one class", partialConsent, false],
    ["a grant with a first date", copyOf(grantDocument({ ...fullGrant, dataFrom: "2020" })), false],
    ["a grant with a last date", copyOf(grantDocument({ ...fullGrant, dataTo: "2020" })), false],
    ["one of perhaps more documents", { ...fullConsent, whole: undefined }, false],
    ["with another policy's salt", { ...fullConsent, whole: bytesOf(71) }, false],
    ["of the version before", { ...fullConsent, version: 1 }, false],
    ["of the version after", { ...fullConsent, version: 3 }, false],
    ["at another custodian", { ...fullConsent, custodian: "other-practice" }, false],
    ["about another handle", { ...fullConsent, handle: bytesOf(9) }, false],
    ["nothing about records", consentWith({}), true],
    ["the purpose", consentWith({ purpose: [{ code: "TREAT" }] }), true],
    ["another purpose", consentWith({ purpose: [{ code: "HPAYMT" }] }), false],
    ["the time", consentWith({ period: { start: "2020", end: "2099" } }), true],
    ["another time", consentWith({ period: { end: "2020" } }), false],
    ["the practitioner", consentWith({ actor: [identified(PRACTITIONER_SYSTEM, ours.key)] }), true],
    ["another practitioner", consentWith({ actor: [identified(PRACTITIONER_SYSTEM, "00")] }), false],
    ["the practitioner's role", consentWith(inRole(ours.role)), true],
    ["another role", consentWith(inRole("nurse")), false],
    ["nobody named", consentWith({ actor: undefined }), false],
    ["an empty list of actors", consentWith({ actor: [] }), false],
    ...["class", "code", "securityLabel", "dataPeriod", "data", "action", "provision"].map(
      (name) => [`with ${name}`, consentWith({ [name]: [] }), false] as const,
    ),
    ["an action that fits", consentWith({ action: [{ coding: [{ code: "access" }] }] }), false],
    ["a criterion that is not known", consentWith({ extension: [] }), false],
    ["a denial", consentWith({ type: "deny" }), false],
    ["no type", consentWith({ type: undefined }), false],
    ["not in force", consentWith({}, { status: "inactive" }), false],
    ["a modifier", consentWith({}, { modifierExtension: [] }), false],
  ]
  const withheld = { lines: withStatus(1, "not_permitted"), policyVersion: 2 }
  for (const [comment, consent, isFull] of rows)
    it(`${comment}: ${isFull ? "yes" : "no"}`, () => {
      const applied = policyRoot([consent.document], POLICY_SALT)
      const answer: Change = {
        body: { ...withheld, policyRoot: applied },
        view: { policy: { version: 2, root: applied } },
        records: recordsBut(1),
        consent,
      }
      assert.deepEqual(found(answer), isFull ? [["omitted_under_full_consent", 1]] : [])
    })

  it("not a copy of something other than the policy that was applied", () => {
    const copy = copyOf(grantDocument(fullGrant))
    assert.deepEqual(found({ body: withheld, records: recordsBut(1), consent: copy }), [])
  })
  it("a copy that is no Consent accuses nobody and hides no other lie", () => {
    const copy = copyOf({ salt: bytesOf(1), content: utf8("{}") })
    assert.deepEqual(found({ body: withheld, records: recordsBut(1), consent: copy }), [])
  })
})

describe("what a recovery lost", () => {
  const lostLine = (index: number): ManifestBody["lines"][number] => ({
    entry: null,
    lost: entryHash(entries[index]),
    status: "lost",
    sent: null,
  })
  /** These entries are said to be lost; all others are as they were. */
  const losing = (...lost: number[]): Change => ({
    body: { lines: lines.map((line, i) => (lost.includes(i) ? lostLine(i) : line)) },
    records: records.filter(({ index }) => !lost.includes(index)),
  })
  const last = lines.length - 1
  const recovered = { lost: [{ from: last - 1, to: last + 1 }] }

  it("is shown as lost and is no lie where the ledger has the recovery", () => {
    const answer = { ...losing(last - 1, last), view: recovered }
    assert.deepEqual(found(answer), [])
    assert.deepEqual(
      check(answer).lines.map(({ status }) => status),
      [...Array(last - 1).fill("verified"), "lost", "lost"],
    )
  })
  it("but no entry without one", () => assert.deepEqual(found(losing(1)), [["undeclared_loss", 1]]))
  it("nor one that was committed before its block", () =>
    assert.deepEqual(found({ ...losing(1, last - 1, last), view: recovered }), [["undeclared_loss", 1]]))
  it("nor one chosen entry: what came after it is there", () =>
    assert.deepEqual(found({ ...losing(last - 1), view: recovered }), [["selective_loss", last - 1]]))
  it("a prefix that the backup still had, or all that was brought back, is no choice", () => {
    assert.deepEqual(found({ ...losing(last), view: recovered }), [])
    assert.deepEqual(found({ view: recovered }), [])
  })
  it("nor another entry than the ledger has", () => {
    const other = { ...losing(last), view: recovered }
    const forged = other.body?.lines?.map((line) =>
      line.entry === null ? { ...line, lost: bytesOf(9) } : line,
    )
    assert.deepEqual(found({ ...other, body: { lines: forged } }), ["log_mismatch"])
  })
  const broken: readonly (readonly [string, Partial<ManifestBody["lines"][number]>])[] = [
    ["without its hash", { lost: undefined }],
    ["with entry and hash", { entry: entries[last] }],
    ["that is released as well", { status: "released" }],
    ["that is withheld", { status: "not_permitted" }],
  ]
  for (const [comment, change] of broken)
    it(`a lost line ${comment} is no manifest`, () => {
      const all = lines.map((line, i) => (i === last ? { ...lostLine(i), ...change } : line))
      assert.deepEqual(found({ body: { lines: all }, view: recovered, sent: () => null }), ["wrong_manifest"])
    })
})
