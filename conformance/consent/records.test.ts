import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  ACT_CODE,
  bothWays,
  CONFIDENTIALITY,
  classes,
  concept,
  consent,
  decided,
  deny,
  type Fields,
  LOINC,
  permit,
  SNOMED,
} from "./deciding.ts"

/** R4 Consent.provision's class, code, securityLabel and data. */
type Row = readonly [section: string, criteria: Fields, record: Fields, permits: boolean, denies: boolean]

const HIV = "86406008"
const weight = { resourceType: "Observation", code: concept(LOINC, "29463-7") }
const code = (system: string | undefined, value: string) => ({ code: [concept(system, value)] })
const labels = (...all: readonly (readonly [string, string])[]) =>
  all.map(([system, one]) => ({ system, code: one }))
const labelled = (...all: readonly (readonly [string, string])[]) => ({
  ...weight,
  meta: { security: labels(...all) },
})
const by = (...all: readonly (readonly [string, string])[]) => ({ securityLabel: labels(...all) })
const [N, R, V] = ["N", "R", "V"].map((one) => [CONFIDENTIALITY, one] as const)
const [ETH, ETHUD, OPIOIDUD, PSY, SDV, HIVLABEL, SPI] = [
  "ETH",
  "ETHUD",
  "OPIOIDUD",
  "PSY",
  "SDV",
  "HIV",
  "SPI",
].map((one) => [ACT_CODE, one] as const)
const data = (meaning: string, reference: unknown) => ({ data: [{ meaning, reference }] })
const inside = (resource: Fields) => ({ ...weight, contained: [resource] })

const tables: Readonly<Record<string, readonly Row[]>> = {
  "R4 Consent.provision.class": [
    ["the type", { class: classes("Observation") }, weight, true, true],
    [
      "contained, of another class",
      { class: classes("Observation") },
      inside({ resourceType: "Condition" }),
      false,
      true,
    ],
    [
      "contained, of a class that is named too",
      { class: classes("Observation", "Condition") },
      inside({ resourceType: "Condition" }),
      true,
      true,
    ],
    [
      "an entry of a bundle of another class",
      { class: classes("Bundle") },
      { resourceType: "Bundle", entry: [{ resource: weight }] },
      false,
      true,
    ],
    [
      "an outcome in a bundle's answer",
      { class: classes("Bundle") },
      { resourceType: "Bundle", entry: [{ response: { outcome: { resourceType: "OperationOutcome" } } }] },
      false,
      true,
    ],
    [
      "a parameter of another class",
      { class: classes("Parameters") },
      { resourceType: "Parameters", parameter: [{ part: [{ resource: weight }] }] },
      false,
      true,
    ],
    [
      "only what is contained is of the class",
      { class: classes("Condition") },
      inside({ resourceType: "Condition" }),
      false,
      true,
    ],
    [
      "contained, of no type",
      { class: classes("Observation") },
      inside({ code: concept(LOINC, "1") }),
      false,
      true,
    ],
    [
      "an entry of no type",
      { class: classes("Bundle") },
      { resourceType: "Bundle", entry: [{ resource: {} }] },
      false,
      true,
    ],
    ["a type that R4 does not have", { class: classes("Observations") }, weight, false, true],
    [
      "a record of a type that R4 does not have",
      { class: classes("Condition") },
      { resourceType: "Conditions" },
      false,
      true,
    ],
  ],
  "R4 Consent.provision.code: if this code is found in an instance": [
    ["the main code", code(LOINC, "29463-7"), weight, true, true],
    ["LOINC by its object identifier", code("urn:oid:2.16.840.1.113883.6.1", "29463-7"), weight, true, true],
    [
      "SNOMED CT by its object identifier, in the record",
      code(SNOMED, HIV),
      { resourceType: "Condition", code: concept("urn:oid:2.16.840.1.113883.6.96", HIV) },
      true,
      true,
    ],
    [
      "RxNorm by its object identifier",
      code("http://www.nlm.nih.gov/research/umls/rxnorm", "7052"),
      {
        resourceType: "MedicationRequest",
        medicationCodeableConcept: concept("urn:oid:2.16.840.1.113883.6.88", "7052"),
      },
      true,
      true,
    ],
    [
      "ICD-10-CM without its dot",
      code("http://hl7.org/fhir/sid/icd-10-cm", "F10.20"),
      { resourceType: "Condition", code: concept("urn:oid:2.16.840.1.113883.6.90", "F1020") },
      false,
      true,
    ],
    [
      "CVX by an older identifier",
      code("http://hl7.org/fhir/sid/cvx", "140"),
      { resourceType: "Immunization", vaccineCode: concept("urn:oid:2.16.840.1.113883.12.292", "140") },
      true,
      true,
    ],
    [
      "a v3 code system under STU3's address",
      code("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB"),
      {
        resourceType: "Encounter",
        type: [concept(LOINC, "1")],
        class: { system: "http://hl7.org/fhir/v3/ActCode", code: "AMB" },
      },
      false,
      true,
    ],
    [
      "FHIR's own code system under STU3's address",
      code("http://terminology.hl7.org/CodeSystem/condition-clinical", "active"),
      {
        resourceType: "Condition",
        code: concept(SNOMED, "1"),
        clinicalStatus: concept("http://hl7.org/fhir/condition-clinical", "active"),
      },
      false,
      true,
    ],
    ["a value", code(SNOMED, HIV), { ...weight, valueCodeableConcept: concept(SNOMED, HIV) }, false, true],
    [
      "a component",
      code(SNOMED, HIV),
      { ...weight, component: [{ code: concept(SNOMED, HIV) }] },
      false,
      true,
    ],
    [
      "a reason",
      code(SNOMED, HIV),
      { resourceType: "Encounter", type: [concept(SNOMED, "1")], reasonCode: [concept(SNOMED, HIV)] },
      false,
      true,
    ],
    [
      "a diagnosis of a claim",
      code(SNOMED, HIV),
      {
        resourceType: "Claim",
        type: concept(undefined, "x"),
        diagnosis: [{ diagnosisCodeableConcept: concept(SNOMED, HIV) }],
      },
      false,
      true,
    ],
    [
      "an extension",
      code(SNOMED, HIV),
      { ...weight, extension: [{ url: "urn:x", valueCoding: { system: SNOMED, code: HIV } }] },
      false,
      true,
    ],
    [
      "an extension's plain code",
      code(undefined, HIV),
      { ...weight, extension: [{ url: "urn:x", valueCode: HIV }] },
      false,
      true,
    ],
    [
      "a primitive's extension",
      code(SNOMED, HIV),
      { ...weight, _status: { extension: [{ url: "urn:x", valueCodeableConcept: concept(SNOMED, HIV) }] } },
      false,
      true,
    ],
    [
      "a plain code",
      code("http://hl7.org/fhir/observation-status", "final"),
      { ...weight, status: "final" },
      false,
      true,
    ],
    [
      "a tag",
      code("urn:t", "vip"),
      { ...weight, meta: { tag: [{ system: "urn:t", code: "vip" }] } },
      false,
      true,
    ],
    [
      "contained",
      code(SNOMED, HIV),
      inside({ resourceType: "Condition", code: concept(SNOMED, HIV) }),
      false,
      true,
    ],
    [
      "the main code, beside another one contained",
      code(LOINC, "29463-7"),
      inside({ resourceType: "Condition", code: concept(SNOMED, HIV) }),
      false,
      true,
    ],
    [
      "the main code, beside what has none contained",
      code(LOINC, "29463-7"),
      inside({ resourceType: "Practitioner" }),
      true,
      true,
    ],
    [
      "contained and said in words",
      code(LOINC, "29463-7"),
      inside({ resourceType: "Condition", code: { text: "HIV" } }),
      false,
      true,
    ],
    [
      "contained and said in words, another code",
      code(SNOMED, HIV),
      inside({ resourceType: "Condition", code: { text: "HIV" } }),
      false,
      true,
    ],
    ["another code of the same system", code(LOINC, "8302-2"), weight, false, false],
    ["the same code of another known system", code(SNOMED, "29463-7"), weight, false, false],
    ["the same code of an unknown system", code("urn:oid:1.2.3", "29463-7"), weight, false, true],
    [
      "the same code without a system in the record",
      code(LOINC, "29463-7"),
      { ...weight, code: concept(undefined, "29463-7") },
      false,
      true,
    ],
    [
      "a unit is no code of the record",
      code(undefined, "kg"),
      { ...weight, valueQuantity: { value: 3, code: "kg" } },
      false,
      false,
    ],
    [
      "a record whose main code is in words",
      code(LOINC, "8302-2"),
      { ...weight, code: { text: "Height" } },
      false,
      true,
    ],
  ],
  "R4 Consent.provision.securityLabel: R or lower, a high water mark": [
    ["N does not open R", by(N), labelled(R), false, true],
    ["N opens what has no label", by(N), weight, true, true],
    ["R opens N, and a denial of R does not close it", by(R), labelled(N), true, false],
    ["R opens R", by(R), labelled(R), true, true],
    ["R does not open V", by(R), labelled(V), false, true],
    ["the highest of several counts", by(R), labelled(N, V), false, true],
    ["N and R: R", by(N, R), labelled(R), true, true],
    ["N opens nothing sensitive, whatever else it is labelled", by(N), labelled(N, HIVLABEL), false, true],
    ["N opens nothing that is labelled as sensitive alone", by(N), labelled(HIVLABEL), false, true],
    ["R opens sensitive records as restricted ones", by(R), labelled(ETHUD, R), true, true],
    [
      "v3 under STU3's address",
      by(["http://hl7.org/fhir/v3/Confidentiality", "N"]),
      labelled(R),
      false,
      true,
    ],
    ["v3 by its object identifier", by(N), labelled(["urn:oid:2.16.840.1.113883.5.25", "R"]), false, true],
    ["an unknown label of the record", by(N), labelled(N, ["urn:hospital", "staff"]), false, true],
    ["a code that the scale does not have", by(N), labelled([CONFIDENTIALITY, "X"]), false, true],
    [
      "a purpose says nothing of it",
      by(N),
      labelled(N, ["http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST"]),
      true,
      true,
    ],
    ["contained, labelled R", by(N), { ...labelled(N), contained: [labelled(R)] }, false, true],
    [
      "Composition.confidentiality",
      by(N),
      { resourceType: "Composition", confidentiality: "R" },
      false,
      true,
    ],
    [
      "DocumentReference.securityLabel",
      by(N),
      { resourceType: "DocumentReference", securityLabel: [concept(CONFIDENTIALITY, "V")] },
      false,
      true,
    ],
    [
      "a label on one element (HL7 DS4P, inline security labels)",
      by(N),
      {
        ...labelled(N),
        valueString: "x",
        _valueString: {
          extension: [
            {
              url: "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label",
              valueCoding: { system: ACT_CODE, code: "HIV" },
            },
          ],
        },
      },
      false,
      true,
    ],
  ],
  "R4 Consent.provision.securityLabel: subsumption (v3-ActCode, InformationSensitivityPolicy)": [
    ["ETH is over ETHUD", by(ETH), labelled(ETHUD), true, true],
    ["ETH is over OPIOIDUD", by(ETH), labelled(OPIOIDUD), true, true],
    ["SPI is over all of substance use and psychiatry", by(SPI), labelled(PSY, ETHUD), true, true],
    ["ETHUD is not ETH, which may be it", by(ETHUD), labelled(ETH), false, true],
    ["PSY is not HIV", by(PSY), labelled(HIVLABEL), false, false],
    ["one of two that are named", by(PSY, SDV), labelled(SDV), true, true],
    ["of two sensitivities one is not named", by(PSY), labelled(PSY, HIVLABEL), false, true],
    ["what is not sensitive is not of the kind", by(PSY), labelled(N), false, false],
    ["sensitive and no more than normal", by(N, PSY), labelled(PSY, R), false, true],
    ["retired codes of confidentiality", by(PSY), labelled([CONFIDENTIALITY, "PSY"]), true, true],
    ["a code that the hierarchy does not have", by([ACT_CODE, "ALC"]), labelled(ETH), false, true],
  ],
  "R4 Consent.provision.data: instance": [
    ["itself", data("instance", { reference: "Observation/o1" }), { ...weight, id: "o1" }, true, true],
    ["another", data("instance", { reference: "Observation/o2" }), { ...weight, id: "o1" }, false, false],
    ["another type", data("instance", { reference: "Condition/o1" }), { ...weight, id: "o1" }, false, false],
    [
      "at some server",
      data("instance", { reference: "http://a.example/Observation/o1" }),
      { ...weight, id: "o1" },
      false,
      true,
    ],
    [
      "one version of it",
      data("instance", { reference: "Observation/o1/_history/2" }),
      { ...weight, id: "o1" },
      false,
      true,
    ],
    [
      "by identifier",
      data("instance", { identifier: { system: "urn:i", value: "7" } }),
      { ...weight, identifier: [{ system: "urn:i", value: "7" }] },
      true,
      true,
    ],
    [
      "by another identifier",
      data("instance", { identifier: { system: "urn:i", value: "8" } }),
      { ...weight, identifier: [{ system: "urn:i", value: "7" }] },
      false,
      false,
    ],
    [
      "by an identifier without a system",
      data("instance", { identifier: { value: "7" } }),
      { ...weight, identifier: [{ system: "urn:i", value: "7" }] },
      false,
      true,
    ],
    [
      "reference and identifier name different ones",
      data("instance", { reference: "Observation/o1", identifier: { system: "urn:i", value: "8" } }),
      { ...weight, id: "o1", identifier: [{ system: "urn:i", value: "7" }] },
      false,
      true,
    ],
    [
      "contained goes with it",
      data("instance", { reference: "Observation/o1" }),
      { ...inside({ resourceType: "Condition", id: "c" }), id: "o1" },
      true,
      true,
    ],
    [
      "in a document that is kept whole: a permit of the part does not open it, a denial of the part closes it",
      data("instance", { reference: "Observation/o1" }),
      { resourceType: "Bundle", id: "b1", entry: [{ resource: { ...weight, id: "o1" } }] },
      false,
      true,
    ],
    [
      "in a document that is kept whole, under the id that its source gave it",
      data("instance", { reference: "Observation/o1" }),
      { resourceType: "Bundle", id: "b1", entry: [{ resource: { ...weight, id: "x" } }] },
      false,
      true,
    ],
    [
      "of another type than all in a document that is kept whole",
      data("instance", { reference: "Condition/o1" }),
      { resourceType: "Bundle", id: "b1", entry: [{ resource: { ...weight, id: "x" } }] },
      false,
      false,
    ],
    [
      "a document that is kept whole, with what it holds",
      data("instance", { reference: "Bundle/b1" }),
      { resourceType: "Bundle", id: "b1", entry: [{ resource: { ...weight, id: "o1" } }] },
      true,
      true,
    ],
    [
      "by what has no type",
      data("instance", { reference: "urn:uuid:1" }),
      { ...weight, id: "o1" },
      false,
      true,
    ],
    ["an empty list", { data: [] }, { ...weight, id: "o1" }, false, true],
    ["no reference", { data: [{ meaning: "instance" }] }, { ...weight, id: "o1" }, false, true],
  ],
  "R4 Consent.provision.data: related, dependents, authoredby": [
    [
      "dependents: it refers to it",
      data("dependents", { reference: "Encounter/e1" }),
      { ...weight, encounter: { reference: "Encounter/e1" } },
      true,
      true,
    ],
    [
      "dependents: it is it",
      data("dependents", { reference: "Encounter/e1" }),
      { resourceType: "Encounter", id: "e1" },
      true,
      true,
    ],
    [
      "dependents: in a document that is kept whole, under the id that its source gave it",
      data("dependents", { reference: "Encounter/e1" }),
      {
        resourceType: "Bundle",
        entry: [{ resource: { ...weight, encounter: { reference: "Encounter/x" } } }],
      },
      false,
      true,
    ],
    [
      "dependents: neither",
      data("dependents", { reference: "Encounter/e1" }),
      { ...weight, encounter: { reference: "Encounter/e2" } },
      false,
      false,
    ],
    [
      "related: it is it",
      data("related", { reference: "Encounter/e1" }),
      { resourceType: "Encounter", id: "e1" },
      true,
      true,
    ],
    [
      "related, as PCF means it: it refers to it",
      data("related", { reference: "Encounter/e1" }),
      { ...weight, encounter: { reference: "Encounter/e1" } },
      true,
      true,
    ],
    [
      "related, as R4 means it: the encounter may refer to it",
      data("related", { reference: "Encounter/e1" }),
      weight,
      false,
      true,
    ],
    [
      "authoredby: not answered",
      data("authoredby", { reference: "Practitioner/p1" }),
      { ...weight, performer: [{ reference: "Practitioner/p1" }] },
      false,
      true,
    ],
    [
      "an unknown meaning",
      data("nearby", { reference: "Encounter/e1" }),
      { resourceType: "Encounter", id: "e1" },
      false,
      true,
    ],
  ],
}

for (const [section, rows] of Object.entries(tables))
  describe(section, () => {
    for (const [comment, criteria, record, permits, denies] of rows)
      it(`${comment}: a permit ${permits ? "opens" : "does not open"} it, a denial ${denies ? "closes" : "does not close"} it`, () =>
        assert.deepEqual(bothWays(criteria, record), { permits, denies }))
  })

it("R4 Consent.provision.code: among many codes too", () => {
  const many = Array.from({ length: 100 }, (_, i) => ({ code: concept(LOINC, `${i}-1`) }))
  const record = { ...weight, component: [...many, { code: concept(SNOMED, HIV) }] }
  assert.deepEqual(bothWays(code("urn:oid:2.16.840.1.113883.6.96", HIV), record), {
    permits: false,
    denies: true,
  })
  assert.deepEqual(bothWays(code(LOINC, "100-1"), record), { permits: false, denies: false })
})

describe("two permits open what each opens a part of", () => {
  it("a record and the one inside it", () => {
    const both = [
      consent(permit({ class: classes("Observation") })),
      consent(permit({ class: classes("Condition") })),
    ]
    assert.equal(decided(both, inside({ resourceType: "Condition" })), "permit")
    assert.equal(decided(both, inside({ resourceType: "Device" })), "none")
    assert.equal(
      decided([...both, consent(deny({ class: classes("Device") }))], inside({ resourceType: "Device" })),
      "deny",
    )
  })
})
