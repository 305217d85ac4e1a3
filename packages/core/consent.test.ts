import assert from "node:assert/strict"
import { describe, it } from "node:test"
import fc from "fast-check"
import { fromUtf8, utf8 } from "./bytes.ts"
import {
  type AccessQuery,
  concerns,
  type Decision,
  decide,
  factsOf,
  MEMBER_SYSTEM,
  NO_FACTS,
  PRACTITIONER_ROLE_SYSTEM,
  PRACTITIONER_SYSTEM,
  RESOURCE_TYPE_SYSTEM,
  readPolicy,
} from "./consent.ts"
import { documentId, type Grant, grantDocument, grantIn, summarise } from "./consent-documents.ts"
import { randomBytes } from "./crypto.ts"
import { PlatformError } from "./errors.ts"
import { canonicalJson, isObject, type JsonObject, parseJson, toJson } from "./json.ts"
import type { PolicyDocument } from "./policy-tree.ts"

type Fields = Record<string, unknown>

const NOW = Date.parse("2026-06-15T12:00:00.000Z")
const KEY = "ab".repeat(32)
const query: AccessQuery = {
  member: "city-hospital",
  practitioner: KEY,
  role: "physician",
  purpose: "TREAT",
  time: NOW,
}
const LOINC = "http://loinc.org"
const SNOMED = "http://snomed.info/sct"
const ACTION = "http://terminology.hl7.org/CodeSystem/consentaction"
const LABEL = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

const record = {
  resourceType: "Observation",
  meta: { security: [{ system: LABEL, code: "R" }] },
  code: {
    coding: [
      { system: LOINC, code: "29463-7" },
      { system: SNOMED, code: "27113001" },
    ],
  },
  effectiveDateTime: "2026-03-10T08:00:00Z",
}

const identified = (system: string, value: unknown) => ({ reference: { identifier: { system, value } } })
const member = (value: unknown) => identified(MEMBER_SYSTEM, value)
const practitioner = (value: unknown) => identified(PRACTITIONER_SYSTEM, value)
const withRole = (...codes: unknown[]) => ({
  role: { coding: codes.map((code) => ({ system: PRACTITIONER_ROLE_SYSTEM, code })) },
})
const us = [member("city-hospital")]
const others = [member("other-hospital")]

const permit = (fields: Fields = {}): Fields => ({ type: "permit", actor: us, ...fields })
const deny = (fields: Fields = {}): Fields => ({ type: "deny", actor: us, ...fields })

const documentOf = (consent: unknown): PolicyDocument => ({
  content: canonicalJson(toJson(consent)),
  salt: randomBytes(32),
})
const consentOf = (provision: unknown, fields: Fields = {}): Fields => ({
  resourceType: "Consent",
  status: "active",
  provision,
  ...fields,
})
const policyOf = (...consents: unknown[]) => readPolicy(consents.map(documentOf))

/** `asked` and `found` change the query and the record. */
interface Case {
  readonly asked?: Partial<AccessQuery>
  readonly found?: Fields
}
function decisionOf(provisions: readonly Fields[], { asked = {}, found = {} }: Case = {}): Decision {
  const facts = factsOf(parseJson(JSON.stringify({ ...record, ...found })) as never)
  return decide(policyOf(...provisions.map((one) => consentOf(one))), { ...query, ...asked }, facts)
}

/** A criterion in a permit and in a denial: whether each applies. */
type Row = readonly [comment: string, criterion: Fields, permits: boolean, denies: boolean, asked?: Case]
const noTime: Case = { found: { effectiveDateTime: undefined } }
const badTime: Case = { found: { effectiveDateTime: "in spring" } }
const textCode: Case = { found: { code: { text: "Weight" } } }
const noLabel: Case = { found: { meta: undefined } }
const at = (time: string): Case => ({ asked: { time: Date.parse(time) } })
const when = (effectiveDateTime: string): Case => ({ found: { effectiveDateTime } })
const spring = { start: "2026-03-01", end: "2026-03-31" }

const tables: Readonly<Record<string, readonly Row[]>> = {
  actor: [
    ["the member", { actor: us }, true, true],
    ["another member", { actor: others }, false, false],
    ["one of two members", { actor: [...others, ...us] }, true, true],
    ["the practitioner's key", { actor: [practitioner(KEY)] }, true, true],
    ["another practitioner's key", { actor: [practitioner("cd".repeat(32))] }, false, false],
    ["a member's name in the practitioners' system", { actor: [practitioner("city-hospital")] }, false, true],
    ["the member in the role", { actor: [{ ...withRole("physician"), ...us[0] }] }, true, true],
    [
      "the member in one of the roles",
      { actor: [{ ...withRole("nurse", "physician"), ...us[0] }] },
      true,
      true,
    ],
    ["the member in another role", { actor: [{ ...withRole("nurse"), ...us[0] }] }, false, false],
    ["another member in the role", { actor: [{ ...withRole("physician"), ...others[0] }] }, false, false],
    ["a role alone names nobody", { actor: [withRole("physician")] }, false, true],
    ["another role alone", { actor: [withRole("nurse")] }, false, false],
    ["no actor", { actor: undefined }, false, true],
    ["an actor of another system", { actor: [identified("urn:oid:1.2.3", "city-hospital")] }, false, true],
    [
      "an actor without a system",
      { actor: [{ reference: { identifier: { value: "city-hospital" } } }] },
      false,
      true,
    ],
    ["a literal reference", { actor: [{ reference: { reference: "Organization/1" } }] }, false, true],
    ["no reference", { actor: [{}] }, false, true],
    ["an actor that is text", { actor: ["city-hospital"] }, false, true],
    ["the name in capitals", { actor: [member("City-Hospital")] }, false, true],
    ["an empty list", { actor: [] }, false, true],
    ["null", { actor: null }, false, true],
    ["an object for a list", { actor: us[0] }, false, true],
    ["a member without a value", { actor: [identified(MEMBER_SYSTEM, undefined)] }, false, true],
    ["a practitioner without a value", { actor: [identified(PRACTITIONER_SYSTEM, undefined)] }, false, true],
    [
      "a role of an unknown system",
      { actor: [{ role: { coding: [{ system: "urn:r", code: "x" }] }, ...us[0] }] },
      false,
      true,
    ],
    ["a role that is text alone", { actor: [{ role: { text: "nurses only" }, ...us[0] }] }, false, true],
    ["a role without a code", { actor: [{ ...withRole(undefined), ...us[0] }] }, false, true],
  ],
  purpose: [
    ["the purpose", { purpose: [{ code: "TREAT" }] }, true, true],
    ["one of two", { purpose: [{ code: "HPAYMT" }, { code: "TREAT" }] }, true, true],
    ["another purpose", { purpose: [{ code: "HPAYMT" }] }, false, false],
    ["an empty list", { purpose: [] }, false, true],
    ["null", { purpose: null }, false, true],
    ["an object for a list", { purpose: { code: "HPAYMT" } }, false, true],
    ["without a code", { purpose: [{ display: "treatment" }] }, false, true],
    ["a code that is a number", { purpose: [{ code: 1 }] }, false, true],
  ],
  action: [
    ["access", { action: [{ coding: [{ code: "access" }] }] }, true, true],
    ["disclose", { action: [{ coding: [{ code: "disclose" }] }] }, true, true],
    ["access, with its system", { action: [{ coding: [{ system: ACTION, code: "access" }] }] }, true, true],
    ["collect", { action: [{ coding: [{ code: "collect" }] }] }, false, false],
    ["correct", { action: [{ coding: [{ code: "correct" }] }] }, false, false],
    ["use: what may not be used is not disclosed", { action: [{ coding: [{ code: "use" }] }] }, false, true],
    ["an unknown one", { action: [{ coding: [{ code: "copy" }] }] }, false, true],
    ["one of another system", { action: [{ coding: [{ system: "urn:a", code: "access" }] }] }, false, true],
    ["text alone", { action: [{ text: "read" }] }, false, true],
    ["no coding", { action: [{ coding: [] }] }, false, true],
  ],
  class: [
    ["the type", { class: [{ system: RESOURCE_TYPE_SYSTEM, code: "Observation" }] }, true, true],
    ["one of two", { class: [{ code: "Condition" }, { code: "Observation" }] }, true, true],
    ["another type", { class: [{ system: RESOURCE_TYPE_SYSTEM, code: "Condition" }] }, false, false],
    ["no type of R4", { class: [{ code: "observation" }] }, false, true],
    [
      "an older address",
      { class: [{ system: "https://hl7.org/fhir/resource-types", code: "Observation" }] },
      true,
      true,
    ],
    [
      "a profile",
      {
        class: [{ system: "urn:ietf:rfc:3986", code: "http://hl7.org/fhir/StructureDefinition/Condition" }],
      },
      false,
      true,
    ],
    ["a MIME type", { class: [{ system: "urn:ietf:bcp:13", code: "application/pdf" }] }, false, true],
    ["a kind of document", { class: [{ system: LOINC, code: "11488-4" }] }, false, true],
    ["a value set", { class: [{ system: "http://hl7.org/fhir/ValueSet/vitals", code: "x" }] }, false, true],
    ["an empty list", { class: [] }, false, true],
    ["an object for a list", { class: { code: "Condition" } }, false, true],
    ["without a code", { class: [{ system: RESOURCE_TYPE_SYSTEM }] }, false, true],
  ],
  code: [
    ["the first coding", { code: [{ coding: [{ system: LOINC, code: "29463-7" }] }] }, true, true],
    ["a translation", { code: [{ coding: [{ system: SNOMED, code: "27113001" }] }] }, true, true],
    ["without a system", { code: [{ coding: [{ code: "29463-7" }] }] }, true, true],
    [
      "the code of another system",
      { code: [{ coding: [{ system: SNOMED, code: "29463-7" }] }] },
      false,
      false,
    ],
    ["another code", { code: [{ coding: [{ system: LOINC, code: "8302-2" }] }] }, false, false],
    ["text alone", { code: [{ text: "Weight" }] }, false, true],
    ["no coding", { code: [{ coding: [] }] }, false, true],
    [
      "no coding beside another code",
      { code: [{ coding: [] }, { coding: [{ code: "8302-2" }] }] },
      false,
      true,
    ],
    ["a system that is a number", { code: [{ coding: [{ system: 1, code: "29463-7" }] }] }, false, true],
    [
      "a record whose code is text alone",
      { code: [{ coding: [{ system: LOINC, code: "29463-7" }] }] },
      false,
      true,
      textCode,
    ],
  ],
  securityLabel: [
    ["the label", { securityLabel: [{ system: LABEL, code: "R" }] }, true, true],
    ["a higher label opens what is lower", { securityLabel: [{ system: LABEL, code: "V" }] }, true, false],
    ["a lower label closes what is higher", { securityLabel: [{ system: LABEL, code: "N" }] }, false, true],
    [
      "the code of another system may be the same",
      { securityLabel: [{ system: "urn:s", code: "R" }] },
      false,
      true,
    ],
    ["a code of another system", { securityLabel: [{ system: "urn:s", code: "X" }] }, false, false],
    ["no label is normal: R", { securityLabel: [{ system: LABEL, code: "R" }] }, true, false, noLabel],
    ["no label is normal: N", { securityLabel: [{ system: LABEL, code: "N" }] }, true, true, noLabel],
    ["no label is normal: L", { securityLabel: [{ system: LABEL, code: "L" }] }, false, true, noLabel],
    ["without a code", { securityLabel: [{ system: LABEL }] }, false, true],
  ],
  period: [
    ["inside", { period: { start: "2026-06-01", end: "2026-06-30" } }, true, true],
    ["before", { period: { start: "2026-06-16" } }, false, false],
    ["after", { period: { end: "2026-06-14" } }, false, false],
    ["the last day is whole", { period: { end: "2026-06-15" } }, true, true],
    ["no end", { period: { start: "2026" } }, true, true],
    ["at the start", { period: { start: "2026-06-15T12:00:00.000Z" } }, true, true],
    ["a millisecond before the start", { period: { start: "2026-06-15T12:00:00.001Z" } }, false, false],
    ["in the millisecond of the end", { period: { end: "2026-06-15T12:00:00.000Z" } }, true, true],
    ["a millisecond after the end", { period: { end: "2026-06-15T11:59:59.999Z" } }, false, false],
    ["another zone", { period: { start: "2026-06-15T13:00:00+02:00" } }, true, true],
    ["an end that cannot be read", { period: { end: "next year" } }, false, true],
    ["a start that cannot be read", { period: { start: "2026-02-30", end: "2026-12-31" } }, false, true],
    ["an end that is null", { period: { end: null } }, false, true],
    ["an end that is a number", { period: { end: 2027 } }, false, true],
    ["text for a period", { period: "2026" }, false, true],
    ["null for a period", { period: null }, false, true],
    ["an end under an extension", { period: { _end: { extension: [] } } }, false, true],
    ["a member that is not known", { period: { End: "2026-01-01" } }, false, true],
    ["the day after, in a year", { period: { end: "2026" } }, false, false, at("2027-01-01T00:00:00.000Z")],
  ],
  dataPeriod: [
    ["inside", { dataPeriod: spring }, true, true],
    ["before", { dataPeriod: { start: "2026-04-01" } }, false, false],
    ["after", { dataPeriod: { end: "2026-02" } }, false, false],
    ["overlapping the start", { dataPeriod: spring }, false, true, when("2026")],
    ["the month exactly", { dataPeriod: spring }, true, true, when("2026-03")],
    [
      "overlapping the end",
      { dataPeriod: { start: "2026-03-01", end: "2026-03-15" } },
      false,
      true,
      when("2026-03"),
    ],
    ["no start", { dataPeriod: { end: "2026-03-31" } }, true, true],
    ["touching only", { dataPeriod: spring }, false, false, when("2026-04-01")],
    ["the record's time is absent", { dataPeriod: spring }, false, true, noTime],
    ["the record's time cannot be read", { dataPeriod: spring }, false, true, badTime],
    ["an open period, the record's time absent", { dataPeriod: {} }, false, true, noTime],
    ["an end that cannot be read", { dataPeriod: { end: "2026-13" } }, false, true],
    ["null", { dataPeriod: null }, false, true],
    ["a list", { dataPeriod: [spring] }, false, true],
  ],
  "what is not known": [
    [
      "data of an unknown meaning",
      { data: [{ meaning: "near", reference: { reference: "X/1" } }] },
      false,
      true,
    ],
    ["a criterion", { environment: ["at night"] }, false, true],
    ["an extension", { extension: [{ url: "urn:x", valueBoolean: true }] }, false, true],
    ["a modifier", { modifierExtension: [{ url: "urn:x", valueBoolean: true }] }, false, true],
    ["an underscore", { _type: { id: "x" } }, false, true],
    ["a misspelled criterion", { classes: [{ code: "Condition" }] }, false, true],
    ["an id says nothing", { id: "p1" }, true, true],
  ],
}

for (const [what, rows] of Object.entries(tables)) {
  describe(what, () => {
    for (const [comment, criterion, permits, denies, asked] of rows) {
      it(`permit: ${comment}`, () => {
        assert.equal(decisionOf([permit(criterion)], asked), permits ? "permit" : "none")
      })
      it(`deny: ${comment}`, () => {
        assert.equal(decisionOf([deny(criterion)], asked), denies ? "deny" : "none")
        assert.equal(
          decisionOf([permit(), deny(criterion)], asked),
          denies ? "deny" : "permit",
          "two documents",
        )
        assert.equal(
          decisionOf([permit({ provision: [deny(criterion)] })], asked),
          denies ? "deny" : "permit",
          "an exception",
        )
      })
    }
  })
}

describe("an interval, not only its start, is what a record's time is", () => {
  const stay = (start: string, end: string) => ({
    found: { resourceType: "Encounter", effectiveDateTime: undefined, period: { start, end } },
  })
  const rows: readonly (readonly [string, Case, boolean, boolean])[] = [
    ["inside", stay("2026-03-02", "2026-03-05"), true, true],
    ["begins before and ends inside", stay("2026-02-20", "2026-03-05"), false, true],
    ["begins inside and ends after", stay("2026-03-20", "2026-04-05"), false, true],
    ["begins before and ends after", stay("2026-02-20", "2026-04-05"), false, true],
    ["over before", stay("2026-02-01", "2026-02-05"), false, false],
  ]
  for (const [comment, asked, permits, denies] of rows) {
    it(`permit: ${comment}`, () =>
      assert.equal(decisionOf([permit({ dataPeriod: spring })], asked), permits ? "permit" : "none"))
    it(`deny: ${comment}`, () =>
      assert.equal(decisionOf([permit(), deny({ dataPeriod: spring })], asked), denies ? "deny" : "permit"))
  }
})

describe("exceptions", () => {
  const weight = { code: [{ coding: [{ system: LOINC, code: "29463-7" }] }] }
  const observations = { class: [{ code: "Observation" }] }
  const conditions = { class: [{ code: "Condition" }] }
  const nested = (depth: number): Fields =>
    depth === 0 ? permit() : permit({ provision: [nested(depth - 1)] })
  const rows: readonly (readonly [comment: string, provision: Fields, decision: Decision, asked?: Case])[] = [
    ["deny inside permit", permit({ provision: [deny(observations)] }), "deny"],
    ["deny inside permit, of another class", permit({ provision: [deny(conditions)] }), "permit"],
    [
      "deny without an actor inside permit",
      permit({ provision: [{ type: "deny", ...observations }] }),
      "deny",
    ],
    ["permit inside permit", permit({ provision: [permit(observations)] }), "permit"],
    ["permit inside deny", deny({ provision: [permit(weight)] }), "permit"],
    ["permit inside deny, not for this record", deny({ provision: [permit(conditions)] }), "deny"],
    ["permit inside a denial of all", { type: "deny", provision: [permit()] }, "permit"],
    ["permit without an actor inside deny", deny({ provision: [{ type: "permit" }] }), "deny"],
    ["permit inside a denial that does not fit", deny({ actor: others, provision: [permit()] }), "none"],
    ["deny inside a permit that does not fit", permit({ actor: others, provision: [deny()] }), "none"],
    [
      "permit inside deny inside permit",
      permit({ provision: [deny({ ...observations, provision: [permit(weight)] })] }),
      "permit",
    ],
    [
      "permit inside deny inside permit, not for this record",
      permit({ provision: [deny({ ...observations, provision: [permit(conditions)] })] }),
      "deny",
    ],
    [
      "deny inside permit inside deny inside permit",
      permit({ provision: [deny({ provision: [permit({ provision: [deny(weight)] })] })] }),
      "deny",
    ],
    ["deny before permit, side by side", permit({ provision: [deny(weight), permit(weight)] }), "deny"],
    ["permit before deny, side by side", permit({ provision: [permit(weight), deny(weight)] }), "deny"],
    ["an exception without a type denies", permit({ provision: [observations] }), "deny"],
    ["an exception of an unknown type denies", permit({ provision: [{ type: "Permit" }] }), "deny"],
    ["an exception that is null denies", permit({ provision: [null] }), "deny"],
    ["an exception that is text denies", permit({ provision: ["none of it"] }), "deny"],
    ["an exception that is a list denies", permit({ provision: [[permit()]] }), "deny"],
    ["no exceptions", permit({ provision: [] }), "permit"],
    ["an object for the list of exceptions", permit({ provision: deny() }), "deny"],
    ["null for the list of exceptions", permit({ provision: null }), "deny"],
    ["text for the list of exceptions", permit({ provision: "deny" }), "deny"],
    ["8 levels of exceptions", nested(8), "permit"],
    ["9 levels of exceptions", nested(9), "deny"],
    // A denial that only applies because it is not understood lends its exceptions nothing to except from.
    ["permit inside a denial with an unknown criterion", deny({ data: [], provision: [permit()] }), "deny"],
    [
      "permit inside a denial whose dates cannot be read",
      deny({ period: { start: "soon" }, provision: [permit()] }),
      "deny",
    ],
    [
      "permit inside a denial of a data period, the record's time absent",
      deny({ dataPeriod: spring, provision: [permit()] }),
      "deny",
      noTime,
    ],
    [
      "permit inside a denial of a data period that the record overlaps",
      deny({ dataPeriod: spring, provision: [permit()] }),
      "deny",
      when("2026"),
    ],
  ]
  for (const [comment, provision, decision, asked] of rows)
    it(`${comment}: ${decision}`, () => assert.equal(decisionOf([provision], asked), decision))
})

describe("all criteria of a provision have to fit", () => {
  const criteria: readonly (readonly [name: string, fits: Fields, misses: Fields])[] = [
    ["actor", { actor: us }, { actor: others }],
    ["purpose", { purpose: [{ code: "TREAT" }] }, { purpose: [{ code: "HPAYMT" }] }],
    ["class", { class: [{ code: "Observation" }] }, { class: [{ code: "Condition" }] }],
    ["code", { code: [{ coding: [{ code: "29463-7" }] }] }, { code: [{ coding: [{ code: "1" }] }] }],
    [
      "securityLabel",
      { securityLabel: [{ code: "R" }] },
      { securityLabel: [{ system: "urn:s", code: "X" }] },
    ],
    ["period", { period: { end: "2026" } }, { period: { end: "2025" } }],
    ["dataPeriod", { dataPeriod: spring }, { dataPeriod: { end: "2025" } }],
    [
      "action",
      { action: [{ coding: [{ code: "access" }] }] },
      { action: [{ coding: [{ code: "collect" }] }] },
    ],
  ]
  const all = Object.assign({}, ...criteria.map(([, fits]) => fits)) as Fields
  it("all fit", () => {
    assert.equal(decisionOf([permit(all)]), "permit")
    assert.equal(decisionOf([deny(all)]), "deny")
  })
  for (const [name, , misses] of criteria)
    it(`all but ${name}`, () => {
      assert.equal(decisionOf([permit({ ...all, ...misses })]), "none")
      assert.equal(decisionOf([deny({ ...all, ...misses })]), "none")
    })
})

describe("documents", () => {
  const facts = factsOf(toJson(record) as never)
  const decided = (...consents: unknown[]) => decide(policyOf(...consents), query, facts)

  it("no document: none", () => assert.equal(decided(), "none"))
  it("a denial wins, wherever it stands", () => {
    const grants = [consentOf(permit()), consentOf(permit())]
    for (const place of [0, 1, 2])
      assert.equal(decided(...grants.toSpliced(place, 0, consentOf(deny()))), "deny", `${place}`)
  })
  it("a provision without a type, or of an unknown one, denies", () => {
    for (const type of [undefined, null, "", "Permit", "PERMIT", "allow", true, ["permit"]])
      assert.equal(decided(consentOf({ ...permit(), type })), "deny", String(type))
  })
  for (const status of ["draft", "proposed", "rejected", "inactive", "entered-in-error"])
    it(`${status}: neither permits nor denies`, () => {
      assert.equal(decided(consentOf(permit(), { status })), "none")
      assert.equal(decided(consentOf(permit()), consentOf(deny(), { status })), "permit")
    })
  for (const status of [undefined, null, "", "Active", "in-force", 1])
    it(`a status of ${status} permits nothing and takes no denial away`, () => {
      const stays = (run: () => Decision) => {
        try {
          return run()
        } catch (error) {
          assert.ok(error instanceof PlatformError && error.code === "policy_unknown", String(error))
          return "unknown"
        }
      }
      assert.notEqual(
        stays(() => decided(consentOf(permit(), { status }))),
        "permit",
      )
      assert.notEqual(
        stays(() => decided(consentOf(permit()), consentOf(deny(), { status }))),
        "permit",
      )
    })
  it("a modifier of the whole consent is not understood: it permits nothing", () => {
    const modifierExtension = [{ url: "urn:x", valueBoolean: true }]
    let decision = "unknown"
    try {
      decision = decided(consentOf(permit(), { modifierExtension }))
    } catch (error) {
      assert.ok(error instanceof PlatformError && error.code === "policy_unknown", String(error))
    }
    assert.notEqual(decision, "permit")
  })

  const unknown: readonly (readonly [string, unknown])[] = [
    ["null", null],
    ["a list", [consentOf(permit())]],
    ["another resource", { ...consentOf(permit()), resourceType: "Contract" }],
    ["no resource type", { status: "active", provision: permit() }],
    ["no provision", consentOf(undefined)],
    ["a provision that is null", consentOf(null)],
    ["a provision that is a list", consentOf([permit()])],
    ["a provision that is text", consentOf("permit")],
  ]
  const isUnknown = (error: unknown) => error instanceof PlatformError && error.code === "policy_unknown"
  for (const [comment, consent] of unknown)
    it(`policy_unknown: ${comment}`, () =>
      assert.throws(() => policyOf(consentOf(permit()), consent), isUnknown))
  it("policy_unknown: an inactive one without a provision, too", () =>
    assert.throws(() => policyOf(consentOf(undefined, { status: "inactive" })), isUnknown))
  it("policy_unknown: two documents share a salt", () => {
    const salt = randomBytes(32)
    const content = canonicalJson(toJson(consentOf(permit())))
    assert.throws(
      () => readPolicy([{ content, salt }, documentOf(consentOf(deny())), { content, salt }]),
      isUnknown,
    )
  })
  for (const [comment, content] of [
    ["no JSON", utf8("{]")],
    ["a name twice", utf8('{"resourceType":"Consent","status":"active","status":"inactive","provision":{}}')],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
  ] as const)
    it(`policy_unknown: ${comment}`, () =>
      assert.throws(() => readPolicy([{ content, salt: randomBytes(32) }]), isUnknown))
})

describe("facts of a record", () => {
  it("type, codings, labels and time", () => {
    const facts = factsOf(toJson({ ...record, id: "o1" }) as never)
    assert.equal(facts.resourceType, "Observation")
    assert.equal(facts.name, "Observation/o1")
    assert.deepEqual(facts.codings, record.code.coding)
    assert.deepEqual(facts.labels.slice(0, 1), record.meta.security)
    const time = { fromMs: Date.parse("2026-03-10T08:00:00Z"), toMs: Date.parse("2026-03-10T08:00:01Z") }
    assert.deepEqual(facts.time, { ...time, written: time })
    assert.deepEqual(facts.nested, [])
  })
  it("what is inside decides too: a denial of one denies the whole", () => {
    const policy = readPolicy([
      documentOf(consentOf(permit())),
      documentOf(consentOf(deny({ class: [{ code: "Condition" }] }))),
    ])
    const inside = { resourceType: "Condition", code: { coding: [{ system: SNOMED, code: "1" }] } }
    for (const [outer, decision] of [
      [{ resourceType: "Observation", contained: [inside] }, "deny"],
      [{ resourceType: "Bundle", entry: [{ resource: inside }] }, "deny"],
      [
        {
          resourceType: "Bundle",
          entry: [{ resource: { resourceType: "Bundle", entry: [{ resource: inside }] } }],
        },
        "deny",
      ],
      [{ resourceType: "Observation", contained: [{ ...inside, resourceType: "Device" }] }, "permit"],
      [{ resourceType: "Parameters", parameter: [{ part: [{ resource: inside }] }] }, "deny"],
    ] as const)
      assert.equal(decide(policy, query, factsOf(toJson(outer) as never)), decision)
  })
  it("a time that cannot be read is none", () =>
    assert.equal(factsOf({ resourceType: "Observation", effectiveDateTime: "2026-02-30" }).time, undefined))
})

describe("a record about which nothing is known", () => {
  const decided = (...provisions: Fields[]) =>
    decide(policyOf(...provisions.map((one) => consentOf(one))), query, NO_FACTS)
  it("has no type, no codes, no time", () => {
    assert.equal(NO_FACTS.resourceType, "")
    assert.deepEqual([...NO_FACTS.codings, ...NO_FACTS.labels, ...NO_FACTS.nested], [])
    assert.equal(NO_FACTS.time, undefined)
  })
  it("is opened by a permit without criteria about records", () => {
    assert.equal(decided(permit()), "permit")
    assert.equal(decided(permit({ purpose: [{ code: "TREAT" }], period: { end: "2099" } })), "permit")
    assert.equal(decided(permit({ actor: others })), "none")
  })
  const criteria: readonly Fields[] = [
    { class: [{ code: "Observation" }] },
    { code: [{ coding: [{ system: LOINC, code: "29463-7" }] }] },
    { securityLabel: [{ system: LABEL, code: "U" }] },
    { securityLabel: [{ system: LABEL, code: "V" }] },
    { data: [{ meaning: "instance", reference: { reference: "Observation/1" } }] },
    { dataPeriod: {} },
    { dataPeriod: { end: "2099" } },
    { data: [] },
  ]
  for (const criterion of criteria)
    it(`is not opened by a permit with ${JSON.stringify(criterion)}`, () =>
      assert.equal(decided(permit(criterion)), "none"))
  it("is closed by a denial", () => {
    assert.equal(decided(permit(), deny()), "deny")
    assert.equal(decided(permit({ provision: [deny({ dataPeriod: spring })] })), "deny")
  })
})

describe("concerns", () => {
  const rows: readonly (readonly [comment: string, consent: Fields, concerned: boolean])[] = [
    ["a permit for this requester", consentOf(permit({ purpose: [{ code: "TREAT" }] })), true],
    ["whatever the record", consentOf(permit({ class: [{ code: "Condition" }], dataPeriod: {} })), true],
    ["another requester", consentOf(permit({ actor: others })), false],
    ["another purpose", consentOf(permit({ purpose: [{ code: "HPAYMT" }] })), false],
    ["over", consentOf(permit({ period: { end: "2025" } })), false],
    ["inactive", consentOf(permit(), { status: "inactive" }), false],
    ["a denial", consentOf(deny()), false],
    ["an unknown criterion", consentOf(permit({ environment: [] })), false],
  ]
  for (const [comment, consent, concerned] of rows)
    it(comment, () => assert.equal(concerns(policyOf(consent), query), concerned))
})

describe("properties", () => {
  const criterion = fc.constantFrom<Fields>(
    ...Object.values(tables).flatMap((rows) => rows.map(([, fields]) => fields)),
    {},
  )
  const fields = fc.array(criterion, { maxLength: 2 }).map((all) => Object.assign({}, ...all) as Fields)
  const provisionOf = (types: readonly string[]) =>
    fc.letrec<{ provision: Fields; nested: Fields[] }>((tie) => ({
      nested: fc.oneof(
        { maxDepth: 4 },
        fc.constant<Fields[]>([]),
        fc.array(tie("provision"), { maxLength: 2 }),
      ),
      provision: fc
        .tuple(fc.constantFrom(...types), fields, tie("nested"))
        .map(([type, more, provision]) => ({
          type,
          actor: us,
          ...more,
          ...(provision.length > 0 && { provision }),
        })),
    })).provision
  const anyProvision = provisionOf(["permit", "permit", "deny", "maybe"])
  const denial = provisionOf(["deny"])
  const status = fc.constantFrom("active", "active", "active", "inactive")
  const consent = fc
    .tuple(anyProvision, status)
    .map(([provision, status]) => consentOf(provision, { status }))
  const consents = fc.array(consent, { maxLength: 4 })
  const facts = factsOf(toJson(record) as never)
  const decided = (all: readonly unknown[]) => decide(policyOf(...all), query, facts)

  it("another document never takes a denial away", () => {
    fc.assert(
      fc.property(consents, consent, (all, one) => {
        if (decided(all) === "deny") assert.equal(decided([...all, one]), "deny")
      }),
      { numRuns: 300 },
    )
  })

  it("a denial added never turns deny or none into permit", () => {
    fc.assert(
      fc.property(consents, denial, fc.nat(), (all, one, place) => {
        const more = all.toSpliced(place % (all.length + 1), 0, consentOf(one))
        if (decided(all) !== "permit") assert.notEqual(decided(more), "permit")
      }),
      { numRuns: 500 },
    )
  })

  it("a denial that names all and knows no limit denies, whatever else stands there", () => {
    fc.assert(
      fc.property(consents, (all) => assert.equal(decided([...all, consentOf({ type: "deny" })]), "deny")),
    )
  })

  it("an exception that denies, put in at any place, never makes a permit", () => {
    fc.assert(
      fc.property(anyProvision, denial, (root, exception) => {
        const before = decided([consentOf(root)])
        const nested = Array.isArray(root.provision) ? root.provision : []
        const after = decided([consentOf({ ...root, provision: [...nested, exception] })])
        if (before !== "permit") assert.notEqual(after, "permit")
      }),
      { numRuns: 300 },
    )
  })

  it("the order of the documents does not matter", () => {
    fc.assert(fc.property(consents, (all) => assert.equal(decided(all), decided(all.toReversed()))))
  })

  it("whatever stands in a document, it is decided on or refused", () => {
    const junk = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("__proto__"))
    const names = fc.constantFrom("actor", "period", "dataPeriod", "class", "code", "purpose", "provision")
    fc.assert(
      fc.property(names, junk, fc.constantFrom("permit", "deny"), (name, value, type) => {
        const decision = decided([consentOf({ type, actor: us, [name]: value })])
        assert.ok(["permit", "deny", "none"].includes(decision))
        // Random data name no grantee and limit nothing that can be read.
        if (type === "permit" && name === "actor") assert.notEqual(decision, "permit")
      }),
      { numRuns: 500 },
    )
  })
})

describe("grantDocument", () => {
  const DAY_MS = 86_400_000
  const grant: Grant = {
    custodian: "village-practice",
    grantee: "city-hospital",
    purpose: "TREAT",
    classes: ["Observation", "Condition"],
    now: NOW,
    until: NOW + 30 * DAY_MS,
  }
  const decided = (change: Partial<Grant>, asked: Partial<AccessQuery> = {}, found: Fields = {}) =>
    decide(
      readPolicy([grantDocument({ ...grant, ...change })]),
      { ...query, ...asked },
      factsOf(parseJson(JSON.stringify({ ...record, ...found })) as never),
    )

  const rows: readonly (readonly [string, Partial<Grant>, Partial<AccessQuery>, Fields, Decision])[] = [
    ["what it says", {}, {}, {}, "permit"],
    ["any practitioner of the grantee", {}, { practitioner: undefined, role: undefined }, {}, "permit"],
    ["its first millisecond", {}, { time: NOW }, {}, "permit"],
    ["the one before", {}, { time: NOW - 1 }, {}, "none"],
    ["its last millisecond", {}, { time: grant.until }, {}, "permit"],
    ["the one after", {}, { time: grant.until + 1 }, {}, "none"],
    ["another member", {}, { member: "other-hospital" }, {}, "none"],
    ["the custodian itself", {}, { member: "village-practice" }, {}, "none"],
    ["a member with the practitioner's key", {}, { member: KEY }, {}, "none"],
    ["another purpose", {}, { purpose: "HPAYMT" }, {}, "none"],
    ["another class", {}, {}, { resourceType: "Procedure" }, "none"],
    ["no classes: all", { classes: [] }, {}, { resourceType: "Procedure" }, "permit"],
    ["data from, inside", { dataFrom: "2026-03-01" }, {}, {}, "permit"],
    ["data from, before", { dataFrom: "2026-03-11" }, {}, {}, "none"],
    ["data to, inside", { dataTo: "2026-03-10" }, {}, {}, "permit"],
    ["data to, after", { dataTo: "2026-03-09" }, {}, {}, "none"],
    ["data from and to", { dataFrom: "2026", dataTo: "2026" }, {}, {}, "permit"],
    [
      "data from, the record without a time",
      { dataFrom: "2026" },
      {},
      { effectiveDateTime: undefined },
      "none",
    ],
    ["a date that cannot be read", { dataFrom: "last year" }, {}, {}, "none"],
    ["over before it begins", { until: NOW - 1 }, {}, {}, "none"],
  ]
  for (const [comment, change, asked, found, decision] of rows)
    it(`${comment}: ${decision}`, () => assert.equal(decided(change, asked, found), decision))

  it("has an id and a salt of its own each time, and is canonical", () => {
    const documents = Array.from({ length: 20 }, () => grantDocument(grant))
    assert.equal(new Set(documents.map(documentId)).size, 20)
    assert.equal(new Set(documents.map(({ salt }) => salt.join())).size, 20)
    for (const { content } of documents) {
      assert.match(documentId({ content, salt: randomBytes(32) }), /^[0-9a-f]{32}$/)
      assert.deepEqual(canonicalJson(parseJson(content)), content)
    }
  })

  it("says nothing beside its terms: no handle, no patient, no key", () => {
    const consent = parseJson(grantDocument({ ...grant, dataFrom: "2026" }).content)
    assert.ok(isObject(consent))
    assert.deepEqual(Object.keys(consent).sort(), [
      ...["category", "dateTime", "id", "organization", "policyRule", "provision", "resourceType"],
      ...["scope", "status"],
    ])
    assert.ok(isObject(consent.provision))
    assert.deepEqual(Object.keys(consent.provision).sort(), [
      ...["actor", "class", "dataPeriod", "period", "purpose", "type"],
    ])
  })

  it("grantIn reads it back, and nothing else for one", () => {
    const bounded = { ...grant, dataFrom: "2025", dataTo: "2026-01-01T00:00:00Z" }
    for (const one of [
      grant,
      bounded,
      { ...grant, classes: [] },
      { ...grant, classes: [], records: ["Immunization/a"] },
      { ...grant, until: Date.UTC(9999, 11, 31) },
    ])
      assert.deepEqual(grantIn(grantDocument(one)), one)
    const { salt, content } = grantDocument(grant)
    const consent = parseJson(content) as JsonObject
    const provision = consent.provision as JsonObject
    for (const [name, change] of Object.entries({
      status: { status: "inactive" },
      "another element": { note: "x" },
      "no time": { dateTime: undefined },
      "a time that is none": { dateTime: "then" },
      "a rule": { policyRule: { coding: [{ code: "OPTOUT" }] } },
      "a record by something else": {
        provision: { ...provision, data: [{ meaning: "related", reference: { reference: "Claim/1" } }] },
      },
      denial: { provision: { ...provision, type: "deny" } },
      "another beginning": { provision: { ...provision, period: { end: "2030-01-01T00:00:00.000Z" } } },
      "no end": { provision: { ...provision, period: {} } },
      "two grantees": {
        provision: { ...provision, actor: [...(provision.actor as []), ...(provision.actor as [])] },
      },
      "a code": { provision: { ...provision, code: [{ text: "x" }] } },
      "a class of another system": {
        provision: { ...provision, class: [{ system: "urn:x", code: "Basic" }] },
      },
      "no provision": { provision: undefined },
    }))
      assert.equal(
        grantIn({ salt, content: canonicalJson(toJson({ ...consent, ...change })) }),
        undefined,
        name,
      )
  })

  it("summarise tells people the same", () => {
    const document = grantDocument(grant)
    assert.deepEqual(summarise(document), {
      id: documentId(document),
      type: "permit",
      grantees: ["city-hospital"],
      purposes: ["TREAT"],
      classes: ["Observation", "Condition"],
      from: "",
      to: "",
      records: [],
      hasMore: false,
      until: new Date(grant.until).toISOString(),
    })
    const bounded = summarise(grantDocument({ ...grant, dataFrom: "2025", dataTo: "2026-01" }))
    assert.deepEqual([bounded.from, bounded.to], ["2025", "2026-01"])
    const named = grantDocument({ ...grant, records: ["Immunization/a", "Immunization/b"] })
    assert.deepEqual(summarise(named).records, ["Immunization/a", "Immunization/b"])
    assert.equal(summarise(named).hasMore, false)
    assert.deepEqual(grantIn(named)?.records, ["Immunization/a", "Immunization/b"])
    const literal = { reference: "Immunization/a" }
    for (const data of [
      [],
      [{ meaning: "related", reference: literal }],
      [
        { meaning: "instance", reference: literal },
        { meaning: "dependents", reference: literal },
      ],
      [{ meaning: "instance", reference: { ...literal, identifier: { value: "1" } } }],
      [{ meaning: "instance", reference: { identifier: { value: "1" } } }],
    ]) {
      const { records, hasMore } = summarise(documentOf(consentOf(permit({ data }))))
      assert.deepEqual([records, hasMore], [[], true], JSON.stringify(data))
    }
    const coded = documentOf(consentOf(permit({ code: [{ text: "x" }] })))
    assert.equal(summarise(coded).hasMore, true)
    assert.ok(fromUtf8(document.content).includes('"value":"village-practice"'))
  })
})
