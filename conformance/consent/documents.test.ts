import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type AccessQuery, MEMBER_SYSTEM, PRACTITIONER_SYSTEM } from "@aceso/core"
import {
  ACT_CODE,
  ACT_REASON,
  classes,
  concept,
  consent,
  decided,
  deny,
  type Fields,
  KEY,
  LOINC,
  permit,
  purposes,
  SCOPE,
  them,
  us,
} from "./deciding.ts"

/** R4 Consent's elements beside those about records: the document as a whole, and who asks for what. */
const record = {
  resourceType: "Observation",
  code: concept(LOINC, "29463-7"),
  effectiveDateTime: "2026-03-10",
}
const other = { resourceType: "Condition", code: concept(LOINC, "1"), recordedDate: "2026-03-10" }
const RESEARCH = { purpose: "HRESCH" }
const CATEGORY = "http://terminology.hl7.org/CodeSystem/consentcategorycodes"
const actor = (reference: unknown, role?: unknown) => ({
  actor: [{ ...(role !== undefined && { role }), reference }],
})
const identifier = (fields: Fields = {}) => ({ system: MEMBER_SYSTEM, value: "city-hospital", ...fields })
const modifier = { modifierExtension: [{ url: "urn:x", valueBoolean: true }] }

/** Whether a permit in such a document opens the record. A denial in it closes it in any case. */
type Row = readonly [
  section: string,
  fields: Fields,
  permits: boolean,
  provision?: Fields,
  asked?: Partial<AccessQuery>,
]

const documents: readonly Row[] = [
  ["as R4 and PCF ask for it", {}, true],
  ["scope: without one", { scope: undefined }, true],
  [
    "scope: by its earlier address",
    { scope: concept("http://hl7.org/fhir/consentscope", "patient-privacy") },
    true,
  ],
  ["scope: treatment is none of disclosing", { scope: concept(SCOPE, "treatment") }, false],
  [
    "scope: treatment, where the purpose says so",
    { scope: concept(SCOPE, "treatment") },
    true,
    { purpose: purposes("TREAT") },
  ],
  [
    "scope: treatment, for payment",
    { scope: concept(SCOPE, "treatment") },
    false,
    { purpose: purposes("HPAYMT") },
    { purpose: "HPAYMT" },
  ],
  [
    "scope: research, for treatment",
    { scope: concept(SCOPE, "research") },
    false,
    { purpose: purposes("TREAT") },
  ],
  [
    "scope: research, where the purpose says so",
    { scope: concept(SCOPE, "research") },
    true,
    { purpose: purposes("HRESCH") },
    RESEARCH,
  ],
  [
    "scope: research, for research without a purpose",
    { scope: concept(SCOPE, "research") },
    false,
    {},
    RESEARCH,
  ],
  ["scope: adr, advance care directives", { scope: concept(SCOPE, "adr") }, false],
  ["scope: privacy and adr", { scope: concept(SCOPE, "patient-privacy", "adr") }, false],
  ["scope: unknown", { scope: concept("urn:s", "patient-privacy") }, false],
  ["scope: in words", { scope: { text: "privacy" } }, false],
  ["scope: no concept", { scope: "patient-privacy" }, false],
  ["category: research, for treatment", { category: [concept(CATEGORY, "research")] }, false],
  [
    "category: research, for research",
    { category: [concept(CATEGORY, "rsreid")] },
    true,
    { purpose: purposes("HRESCH") },
    RESEARCH,
  ],
  ["category: do not resuscitate", { category: [concept(CATEGORY, "dnr")] }, false],
  [
    "category: emergency only, for treatment",
    { category: [concept(CATEGORY, "emrgonly")] },
    false,
    { purpose: purposes("TREAT") },
  ],
  [
    "category: emergency only, in an emergency",
    { category: [concept(CATEGORY, "emrgonly")] },
    true,
    { purpose: purposes("TREAT") },
    { purpose: "ETREAT" },
  ],
  ["category: disclosure (v3-ActCode)", { category: [concept(ACT_CODE, "IDSCL")] }, true],
  ["category: collecting alone (v3-ActCode)", { category: [concept(ACT_CODE, "ICOL")] }, false],
  ["category: one known, one not", { category: [concept(LOINC, "59284-0"), concept("urn:c", "x")] }, false],
  ["category: unknown", { category: [concept("urn:c", "x")] }, false],
  ["category: an empty list", { category: [] }, false],
  ["policyRule: opt in", { policyRule: concept(ACT_CODE, "OPTIN") }, true],
  ["policyRule: opt in with restrictions", { policyRule: concept(ACT_CODE, "OPTINR") }, true],
  ["policyRule: opt out with exceptions", { policyRule: concept(ACT_CODE, "OPTOUTE") }, true],
  ["policyRule: opt out", { policyRule: concept(ACT_CODE, "OPTOUT") }, false],
  ["policyRule: opt in and opt out", { policyRule: concept(ACT_CODE, "OPTIN", "OPTOUT") }, false],
  [
    "policyRule: emergency only",
    { policyRule: concept(ACT_CODE, "EMRGONLY") },
    false,
    { purpose: purposes("TREAT") },
  ],
  [
    "policyRule: a law",
    { policyRule: concept("http://terminology.hl7.org/CodeSystem/consentpolicycodes", "cric") },
    false,
  ],
  ["policyRule: in words", { policyRule: { text: "as told" } }, false],
  [
    "policy: does not modify the rules",
    { policy: [{ authority: "http://cdc.gov", uri: "http://a.example/p" }] },
    true,
  ],
  [
    "policy: with what R4 does not have",
    { policy: [{ uri: "http://a.example/p", unless: "at night" }] },
    false,
  ],
  ["dateTime: to come", { dateTime: "2026-06-16" }, false],
  ["dateTime: today", { dateTime: "2026-06-15" }, true],
  ["dateTime: cannot be read", { dateTime: "soon" }, false],
  ["dateTime: without one", { dateTime: undefined }, true],
  ["verification: verified", { verification: [{ verified: true }] }, true],
  ["verification: not verified", { verification: [{ verified: true }, { verified: false }] }, false],
  ["verification: not said", { verification: [{ verificationDate: "2026-01-01" }] }, false],
  [
    "patient, performer and organization are not compared",
    {
      patient: { reference: "Patient/1" },
      performer: [{ reference: "Patient/1" }],
      organization: [{ display: "x" }],
    },
    true,
  ],
  ["source", { sourceReference: { reference: "DocumentReference/1" } }, true],
  ["implicitRules", { implicitRules: "http://a.example/rules" }, false],
  [
    "implicitRules of a contained resource",
    { contained: [{ resourceType: "Organization", implicitRules: "http://a.example/r" }] },
    false,
  ],
  ["modifierExtension of the document", modifier, false],
  ["modifierExtension of a policy", { policy: [{ uri: "http://a.example/p", ...modifier }] }, false],
  ["modifierExtension of a verification", { verification: [{ verified: true, ...modifier }] }, false],
  ["modifierExtension of the provision", {}, false, modifier],
  ["modifierExtension of an actor", {}, false, { actor: [{ ...us[0], ...modifier }] }],
  [
    "modifierExtension of an exception",
    {},
    false,
    { provision: [{ ...deny({ class: classes("Device") }), ...modifier }] },
  ],
  [
    "modifierExtension in a contained resource",
    { contained: [{ resourceType: "Organization", ...modifier }] },
    false,
  ],
  [
    "an extension that is no modifier may be passed over",
    { extension: [{ url: "urn:x", valueBoolean: true }] },
    true,
  ],
  ["an element that R4 does not have", { unless: "at night" }, false],
  ["an element of a later version", { decision: "deny" }, false],
  ["a primitive that is only described", { _status: { extension: [] } }, false],
  ["status: unknown", { status: "in-force" }, false],
]

describe("R4 Consent: the document", () => {
  for (const [section, fields, permits, provision = {}, asked = {}] of documents) {
    it(`${section}: ${permits ? "permits" : "permits nothing"}`, () =>
      assert.equal(decided([consent(permit(provision), fields)], record, asked) === "permit", permits))
    it(`${section}: denies`, () =>
      assert.equal(decided([consent(permit()), consent(deny(), fields)], record, asked), "deny"))
  }
  for (const status of ["draft", "proposed", "rejected", "inactive", "entered-in-error"])
    it(`status: ${status} says nothing`, () => {
      assert.equal(decided([consent(permit(), { status })], record), "none")
      assert.equal(decided([consent(permit()), consent(deny(), { status })], record), "permit")
    })
})

describe("R4 Consent.policyRule: the base, to which provisions are exceptions", () => {
  const optOut = { policyRule: concept(ACT_CODE, "OPTOUTE") }
  it("opt out with exceptions: what is not excepted is denied, also what another document opens", () => {
    const one = consent(permit({ class: classes("Observation") }), optOut)
    assert.equal(decided([one], record), "permit")
    assert.equal(decided([one], other), "deny")
    assert.equal(decided([consent(permit()), one], other), "deny")
  })
  it("opt out, without its code system: denied all the same", () => {
    const one = consent(permit(), { policyRule: concept(undefined, "OPTOUT") })
    assert.equal(decided([one], other), "deny")
  })
  it("opt in: the provision says what is permitted, and no more", () =>
    assert.equal(
      decided(
        [consent(permit({ class: classes("Observation") }), { policyRule: concept(ACT_CODE, "OPTIN") })],
        other,
      ),
      "none",
    ))
})

type Asked = readonly [
  section: string,
  criteria: Fields,
  permits: boolean,
  denies: boolean,
  asked?: Partial<AccessQuery>,
]
const ETREAT = { purpose: "ETREAT" }
const requesters: readonly Asked[] = [
  ["actor: an identifier", actor({ identifier: identifier() }), true, true],
  [
    "actor: an identifier that is valid now",
    actor({ identifier: identifier({ period: { start: "2020", end: "2027" } }) }),
    true,
    true,
  ],
  [
    "actor: an identifier that is over",
    actor({ identifier: identifier({ period: { end: "2025-12-31" } }) }),
    false,
    true,
  ],
  [
    "actor: an identifier that is not valid yet",
    actor({ identifier: identifier({ period: { start: "2027" } }) }),
    false,
    true,
  ],
  ["actor: an identifier of old", actor({ identifier: identifier({ use: "old" }) }), false, true],
  [
    "actor: an identifier with an extension",
    actor({ identifier: identifier({ extension: [] }) }),
    false,
    true,
  ],
  [
    "actor: a literal reference beside an identifier",
    actor({ reference: "Organization/county", identifier: identifier() }),
    false,
    true,
  ],
  ["actor: of the right type", actor({ type: "Organization", identifier: identifier() }), true, true],
  ["actor: of another type", actor({ type: "Practitioner", identifier: identifier() }), false, true],
  [
    "actor: a practitioner called an organisation",
    actor({ type: "Organization", identifier: { system: PRACTITIONER_SYSTEM, value: KEY } }),
    false,
    true,
  ],
  ["actor: with what R4 does not have", { actor: [{ ...us[0], unless: "at night" }] }, false, true],
  ["actor: somebody else", { actor: them }, false, false],
  [
    "actor: in no form of a member",
    actor({ identifier: identifier({ value: "County-Hospital" }) }),
    false,
    true,
  ],
  ["actor: with a space", actor({ identifier: identifier({ value: "county-hospital " }) }), false, true],
  [
    "actor: in no form of a practitioner",
    actor({ identifier: { system: PRACTITIONER_SYSTEM, value: "cd cd" } }),
    false,
    true,
  ],
  [
    "actor.role: not one of receiving",
    actor(
      { identifier: identifier() },
      concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "AUT"),
    ),
    false,
    true,
  ],
  [
    "actor.role: by STU3's address",
    actor({ identifier: identifier() }, concept("http://hl7.org/fhir/v3/ParticipationType", "IRCP")),
    true,
    true,
  ],
  ["purpose: the same", { purpose: purposes("TREAT") }, true, true],
  ["purpose: emergency treatment is treatment", { purpose: purposes("TREAT") }, true, true, ETREAT],
  ["purpose: treatment is not emergency treatment", { purpose: purposes("ETREAT") }, false, false],
  ["purpose: public health, asked for treatment", { purpose: purposes("PUBHLTH") }, false, false],
  ["purpose: public health", { purpose: purposes("PUBHLTH") }, true, true, { purpose: "PUBHLTH" }],
  [
    "purpose: a threat is under public health, narrower than asked",
    { purpose: purposes("THREAT") },
    false,
    true,
    { purpose: "PUBHLTH" },
  ],
  [
    "purpose: treatment, asked for public health",
    { purpose: purposes("TREAT") },
    false,
    false,
    { purpose: "PUBHLTH" },
  ],
  ["purpose: at the patient's request", { purpose: purposes("PATRQT") }, true, true, { purpose: "PATRQT" }],
  [
    "purpose: at the patient's request, asked for payment",
    { purpose: purposes("PATRQT") },
    false,
    false,
    { purpose: "HPAYMT" },
  ],
  ["purpose: everything", { purpose: purposes("PurposeOfUse") }, true, true],
  [
    "purpose: a narrower one than whoever asks can name",
    { purpose: purposes("CLINTRCH") },
    false,
    true,
    RESEARCH,
  ],
  [
    "purpose: payment covers coverage, which is not asked for",
    { purpose: purposes("COVERAGE") },
    false,
    true,
    { purpose: "HPAYMT" },
  ],
  ["purpose: another", { purpose: purposes("HMARKT") }, false, false],
  [
    "purpose: by STU3's address",
    { purpose: [{ system: "http://hl7.org/fhir/v3/ActReason", code: "TREAT" }] },
    true,
    true,
  ],
  [
    "purpose: by its object identifier",
    { purpose: [{ system: "urn:oid:2.16.840.1.113883.5.8", code: "TREAT" }] },
    true,
    true,
  ],
  [
    "purpose: of an unknown system",
    { purpose: [{ system: "http://example.org/policies/purposeOfUse", code: "FooBar" }] },
    false,
    true,
  ],
  [
    "purpose: a code that v3-ActReason does not have",
    { purpose: [{ system: ACT_REASON, code: "treatment" }] },
    false,
    true,
  ],
]

describe("R4 Consent.provision: who asks, and what for", () => {
  for (const [section, criteria, permits, denies, asked = {}] of requesters) {
    it(`${section}: ${permits ? "permitted" : "not permitted"}`, () =>
      assert.equal(decided([consent(permit(criteria))], record, asked) === "permit", permits))
    it(`${section}: ${denies ? "denied" : "not denied"}`, () =>
      assert.equal(decided([consent(permit()), consent(deny(criteria))], record, asked) === "deny", denies))
  }
})
