import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { AccessQuery, Decision } from "@aceso/core"
import {
  ACT_CODE,
  CONFIDENTIALITY,
  concept,
  consent,
  decided,
  deny,
  type Fields,
  LOINC,
  otherPractitioner,
  permit,
  practitioner,
  purposes,
  us,
} from "./deciding.ts"

/**
 * IHE Privacy Consent on FHIR (profiles.ihe.net/ITI/PCF): the kinds of consent that its options name, each over records
 * as a Security Labeling Service would have labelled them. Here grantees are named: where PCF has no actor for "all in the
 * community", a consent names this hospital.
 */
const TPO = { purpose: purposes("TREAT", "HPAYMT", "HOPERAT") }
const security = (...labels: readonly (readonly [string, string])[]) => ({
  meta: { security: labels.map(([system, code]) => ({ system, code })) },
})
const N = [CONFIDENTIALITY, "N"] as const
const R = [CONFIDENTIALITY, "R"] as const
const labels = (...all: readonly (readonly [string, string])[]) => ({
  securityLabel: all.map(([system, code]) => ({ system, code })),
})
const record = (id: string, fields: Fields): Fields => ({
  resourceType: "Observation",
  id,
  code: concept(LOINC, "2339-0"),
  effectiveDateTime: "2022-06-13",
  ...fields,
})
const sugar = record("sugar", { ...security(N), effectiveDateTime: "2020-12-04" })
const visit = record("visit", { ...security(N), encounter: { reference: "Encounter/e1" } })
const alcohol = record("alcohol", security([ACT_CODE, "ETHUD"], R))
const mental = record("mental", security([ACT_CODE, "PSY"], R))
const abuse = record("abuse", security([ACT_CODE, "SDV"], R))
const encounter: Fields = {
  resourceType: "Encounter",
  id: "e1",
  ...security(N),
  period: { start: "2022-06-13", end: "2022-06-13" },
}

/** What is decided on each record. */
type Decisions = readonly (readonly [record: Fields, decision: Decision, asked?: Partial<AccessQuery>])[]
const to = (purpose: string): Partial<AccessQuery> => ({ purpose })
const year2022 = { dataPeriod: { start: "2022-01-01", end: "2022-12-31" } }
const data = (meaning: string, ...references: string[]) => ({
  data: references.map((reference) => ({ meaning, reference: { reference } })),
})

const rows: Readonly<Record<string, readonly (readonly [string, Fields, Decisions, Fields?])[]>> = {
  "3:5.8.2 Basic": [
    [
      "consent to sharing for treatment, payment and operations",
      permit(TPO),
      [
        [sugar, "permit"],
        [sugar, "permit", to("HPAYMT")],
        [sugar, "permit", to("HOPERAT")],
        [sugar, "permit", to("ETREAT")],
        [sugar, "none", to("HRESCH")],
        [alcohol, "permit"],
        [sugar, "none", { member: "county-hospital" }],
      ],
    ],
    ["without an actor: here nobody is named", permit({ ...TPO, actor: undefined }), [[sugar, "none"]]],
    [
      "rejects the policy",
      deny(TPO),
      [
        [sugar, "deny"],
        [sugar, "none", to("HRESCH")],
      ],
    ],
    [
      "expired",
      permit({ ...TPO, period: { end: "2022-12-31" } }),
      [
        [sugar, "none"],
        [sugar, "permit", { time: Date.parse("2022-12-31T12:00:00Z") }],
      ],
    ],
    [
      "research",
      permit({ purpose: purposes("HRESCH") }),
      [
        [sugar, "permit", to("HRESCH")],
        [sugar, "none"],
      ],
    ],
    [
      "an ink signature, as a source",
      permit(TPO),
      [[sugar, "permit"]],
      { sourceReference: { reference: "DocumentReference/ink" } },
    ],
    [
      "test data say so with a purpose",
      permit(TPO),
      [[sugar, "permit"]],
      {
        meta: { security: [{ system: "http://terminology.hl7.org/CodeSystem/v3-ActReason", code: "HTEST" }] },
      },
    ],
    [
      "scope: patient-privacy is the only one of PCF",
      permit(TPO),
      [[sugar, "none"]],
      { scope: concept("http://terminology.hl7.org/CodeSystem/consentscope", "adr") },
    ],
    [
      "verification: not used by PCF; a false one is heard",
      permit(TPO),
      [[sugar, "none"]],
      { verification: [{ verified: false }] },
    ],
  ],
  "1:53.2.3.1 Data timeframe": [
    [
      "data of 2022",
      permit({ ...TPO, ...year2022 }),
      [
        [visit, "permit"],
        [sugar, "none"],
        [encounter, "permit"],
      ],
    ],
    [
      "all but data of 2022",
      permit({ ...TPO, provision: [deny(year2022)] }),
      [
        [visit, "deny"],
        [sugar, "permit"],
        [encounter, "deny"],
      ],
    ],
    [
      "all but data of 2020, in a record of 2020 and 2022",
      permit({ provision: [deny({ dataPeriod: { start: "2020", end: "2020" } })] }),
      [[record("x", { effectivePeriod: { start: "2020-12-31", end: "2022-01-01" } }), "deny"]],
    ],
    [
      "last updated in 2022 (P.4.5): all but data of 2022",
      permit({ provision: [deny(year2022)] }),
      [[record("x", { effectiveDateTime: "2020-01-01", issued: "2022-01-01T00:00:00Z" }), "deny"]],
    ],
  ],
  "1:53.2.3.2 Data by id": [
    [
      "a named set",
      permit({ ...TPO, ...data("instance", "Encounter/e1", "Observation/sugar") }),
      [
        [sugar, "permit"],
        [encounter, "permit"],
        [visit, "none"],
      ],
    ],
    [
      "all but a named set",
      permit({ ...TPO, provision: [deny(data("instance", "Observation/alcohol"))] }),
      [
        [alcohol, "deny"],
        [sugar, "permit"],
      ],
    ],
    [
      "all but a named set, named at a server",
      permit({ ...TPO, provision: [deny(data("instance", "http://example.org/fhir/Observation/alcohol"))] }),
      [
        [alcohol, "deny"],
        [sugar, "permit"],
      ],
    ],
  ],
  "1:53.2.3.3 Data author: not answered here": [
    [
      "data by a practitioner",
      permit({ ...TPO, ...data("authoredby", "Practitioner/p") }),
      [[sugar, "none"]],
    ],
    [
      "all but data by a practitioner",
      permit({ ...TPO, provision: [deny(data("authoredby", "Practitioner/p"))] }),
      [[sugar, "deny"]],
    ],
  ],
  "1:53.2.3.4 Data relationship": [
    [
      "data of an encounter",
      permit({ ...TPO, ...data("related", "Encounter/e1") }),
      [
        [visit, "permit"],
        [encounter, "permit"],
        [sugar, "none"],
      ],
    ],
    [
      "all but data of an encounter",
      permit({ ...TPO, provision: [deny(data("related", "Encounter/e1"))] }),
      [
        [visit, "deny"],
        [encounter, "deny"],
      ],
    ],
    [
      "all but data of an encounter: it may refer to others (R4 consent-data-meaning), which they do not say",
      permit({ ...TPO, provision: [deny(data("related", "Encounter/e1"))] }),
      [[sugar, "deny"]],
    ],
    [
      "all but what refers to an encounter",
      permit({ ...TPO, provision: [deny(data("dependents", "Encounter/e1"))] }),
      [
        [visit, "deny"],
        [encounter, "deny"],
        [sugar, "permit"],
      ],
    ],
  ],
  "1:53.2.3.5 Additional purpose of use": [
    [
      "a purpose of a community",
      permit({ purpose: [{ system: "http://example.org/policies/purposeOfUse", code: "FooBar" }] }),
      [
        [sugar, "none"],
        [sugar, "none", to("HRESCH")],
      ],
    ],
    [
      "dissent but for break-glass",
      deny({ provision: [permit({ purpose: purposes("BTG") })] }),
      [
        [sugar, "deny"],
        [sugar, "deny", to("ETREAT")],
        [sugar, "permit", to("BTG")],
      ],
    ],
  ],
  "3:5.8.4 Advanced": [
    [
      "normal data",
      permit({ ...TPO, ...labels(N) }),
      [
        [sugar, "permit"],
        [alcohol, "none"],
        [mental, "none"],
      ],
    ],
    ["normal data, unlabelled", permit({ ...TPO, ...labels(N) }), [[record("x", {}), "permit"]]],
    [
      "normal and restricted data",
      permit({ ...TPO, ...labels(N, R) }),
      [
        [sugar, "permit"],
        [alcohol, "permit"],
        [record("x", security([CONFIDENTIALITY, "V"])), "none"],
      ],
    ],
    [
      "normal but not restricted data",
      permit({ ...TPO, ...labels(N), provision: [deny(labels(R))] }),
      [
        [sugar, "permit"],
        [alcohol, "deny"],
      ],
    ],
    [
      "normal data, and restricted for one practitioner",
      permit({ ...TPO, ...labels(N), provision: [permit({ ...labels(R), actor: practitioner })] }),
      [
        [sugar, "permit"],
        [alcohol, "permit"],
        [mental, "permit"],
      ],
    ],
    [
      "normal data, and restricted for another practitioner",
      permit({ ...TPO, ...labels(N), provision: [permit({ ...labels(R), actor: otherPractitioner })] }),
      [
        [sugar, "permit"],
        [alcohol, "none"],
      ],
    ],
    [
      "normal data, and mental health for one practitioner",
      permit({
        ...TPO,
        ...labels(N),
        provision: [permit({ ...labels([ACT_CODE, "PSY"]), actor: practitioner })],
      }),
      [
        [sugar, "permit"],
        [mental, "permit"],
        [alcohol, "none"],
        [abuse, "none"],
      ],
    ],
    [
      "normal data, and mental health or abuse for one practitioner",
      permit({
        ...TPO,
        ...labels(N),
        provision: [permit({ ...labels([ACT_CODE, "PSY"], [ACT_CODE, "SDV"]), actor: practitioner })],
      }),
      [
        [sugar, "permit"],
        [mental, "permit"],
        [abuse, "permit"],
        [alcohol, "none"],
      ],
    ],
    [
      "normal data, and restricted in break-glass: the root's purposes hold for all of it",
      permit({ ...TPO, ...labels(N), provision: [permit({ ...labels(R), purpose: purposes("BTG") })] }),
      [
        [sugar, "permit"],
        [alcohol, "none"],
        [alcohol, "permit", to("BTG")],
      ],
    ],
    [
      "no substance use (ETH over ETHUD and OPIOIDUD)",
      permit({ provision: [deny(labels([ACT_CODE, "ETH"]))] }),
      [
        [alcohol, "deny"],
        [mental, "permit"],
        [sugar, "permit"],
      ],
    ],
    [
      "no HIV",
      permit({ provision: [deny(labels([ACT_CODE, "HIV"]))] }),
      [
        [record("x", security([ACT_CODE, "HIV"])), "deny"],
        [alcohol, "permit"],
      ],
    ],
  ],
  "P.4.4 Some patient specific provisions": [
    [
      "the elements of a provision are joined by and",
      permit({ ...TPO, ...labels(N), ...year2022 }),
      [
        [visit, "permit"],
        [sugar, "none"],
        [alcohol, "none"],
      ],
    ],
    [
      "not to one practitioner",
      permit({ provision: [deny({ actor: practitioner })] }),
      [
        [sugar, "deny"],
        [sugar, "permit", { practitioner: "cd".repeat(32) }],
      ],
    ],
    [
      "to nobody but one practitioner, normal data, for the patient",
      deny({ provision: [permit({ actor: practitioner, purpose: purposes("PATRQT"), ...labels(N) })] }),
      [
        [sugar, "permit", to("PATRQT")],
        [sugar, "permit", to("FAMRQT")],
        [alcohol, "deny", to("PATRQT")],
        [sugar, "deny"],
      ],
    ],
  ],
  "P.4.5 Time scoped provisions": [
    [
      "not to one practitioner until 2024",
      permit({ provision: [deny({ actor: practitioner, period: { end: "2024" } })] }),
      [
        [sugar, "permit"],
        [sugar, "deny", { time: Date.parse("2024-06-01") }],
      ],
    ],
  ],
}

for (const [section, table] of Object.entries(rows))
  describe(`IHE PCF ${section}`, () => {
    for (const [comment, provision, decisions, fields] of table)
      for (const [found, decision, asked = {}] of decisions)
        it(`${comment}: ${found.id} for ${asked.purpose ?? asked.member ?? "TREAT"}: ${decision}`, () =>
          assert.equal(decided([consent(provision, fields)], found, asked), decision))
  })

it("IHE PCF 3:5.8: what it leaves to one grantee is left to one grantee", () =>
  assert.equal(decided([consent(permit({ actor: us }))], sugar, { member: "county-hospital" }), "none"))
