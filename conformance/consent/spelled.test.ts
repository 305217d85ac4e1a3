import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { ACT_CODE, bothWays, CONFIDENTIALITY, concept, type Fields, LOINC, SNOMED } from "./deciding.ts"

/** Codes and labels that are not spelled as their system has them: no permit takes them for it, each denial does. */
type Row = readonly [section: string, wanted: Fields, found: Fields, permits: boolean, denies: boolean]

const HIV = "86406008"
const ICD10 = "http://hl7.org/fhir/sid/icd-10"
const ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
const coded = (system: string | undefined, code: unknown) => ({ ...(system && { system }), code })

const codes: readonly Row[] = [
  ["a number", coded(SNOMED, HIV), coded(SNOMED, 86406008), false, true],
  ["another number", coded(SNOMED, HIV), coded(SNOMED, 86406009), false, false],
  ["a number that lost its zeros", coded(undefined, "042"), coded(undefined, 42), false, true],
  ["a number with its term", coded(SNOMED, HIV), coded(SNOMED, `${HIV} |HIV infection|`), false, true],
  ["without a space", coded(SNOMED, HIV), coded(SNOMED, `${HIV}|HIV|`), false, true],
  ["refined", coded(SNOMED, HIV), coded(SNOMED, `${HIV}:246075003=19030005`), false, true],
  ["in a sum", coded(SNOMED, HIV), coded(SNOMED, `=== 73211009 |Diabetes| + ${HIV} |HIV|`), false, true],
  ["as a value of an attribute", coded(SNOMED, HIV), coded(SNOMED, `1:{2=(3:4=${HIV})}`), false, true],
  ["as an address", coded(SNOMED, HIV), coded(undefined, `http://snomed.info/id/${HIV}`), false, true],
  ["behind its system", coded(SNOMED, HIV), coded(undefined, `${SNOMED}|${HIV}`), false, true],
  ["HL7 version 2", coded(LOINC, "29463-7"), coded(undefined, "29463-7^Body weight^LN"), false, true],
  ["another, with its term", coded(SNOMED, HIV), coded(SNOMED, "73211009 |Diabetes|"), false, false],
  ["a number in a term is no code", coded(SNOMED, "1"), coded(SNOMED, "46635009 |Type 1|"), false, false],
  ["a denial with a term", coded(SNOMED, `${HIV} |HIV|`), coded(SNOMED, HIV), false, true],
  ["an edition of SNOMED CT", coded(SNOMED, HIV), coded(`${SNOMED}/900000000000207008`, HIV), false, true],
  ["ICD-10, for ICD-10-CM", coded(ICD10CM, "B20"), coded(ICD10, "B20"), false, true],
  ["ICD-10-CM, for ICD-10", coded(ICD10, "B20"), coded(ICD10CM, "B20"), false, true],
  ["ICD-10-GM", coded(ICD10, "B20"), coded("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "B20"), false, true],
  [
    "two national editions under FHIR's addresses",
    coded(`${ICD10}-fr`, "B20"),
    coded(`${ICD10}-nl`, "B20"),
    false,
    true,
  ],
  ["another of an edition", coded(ICD10, "B20"), coded(ICD10CM, "B21"), false, false],
  ["ICD-10 and ICD-9", coded(ICD10, "E11"), coded("http://hl7.org/fhir/sid/icd-9-cm", "E11"), false, false],
  ["ICD-10's dagger", coded(ICD10, "B20"), coded(ICD10, "B20†"), false, true],
  ["ICD-10's dash", coded(ICD10, "B20"), coded(ICD10, "B20.-"), false, true],
  ["in lower case", coded(ICD10, "B20"), coded(ICD10, "b20"), false, true],
  ["longer than any", coded(SNOMED, HIV), coded(SNOMED, "1".repeat(401)), false, true],
  ["a denial longer than any", coded(SNOMED, "1".repeat(401)), coded(SNOMED, "1".repeat(401)), false, true],
  ["a system longer than any", coded(SNOMED, HIV), coded(`urn:${"x".repeat(300)}`, HIV), false, true],
  ["no text and no number", coded(SNOMED, HIV), coded(SNOMED, true), false, true],
]

describe("R4 Consent.provision.code: a code in another spelling", () => {
  for (const [section, wanted, found, permits, denies] of codes)
    it(`${section}: ${JSON.stringify(found).slice(0, 80)}`, () => {
      const main = { resourceType: "Condition", code: { coding: [found] } }
      assert.equal(bothWays({ code: [{ coding: [wanted] }] }, main).permits, permits)
      const coding = [{ system: LOINC, code: "1-8" }, found]
      assert.equal(bothWays({ code: [{ coding: [wanted] }] }, { ...main, code: { coding } }).denies, denies)
    })
  it("Quantity.code is a unit only beside a number of no other system", () => {
    const value = (fields: Fields) => ({
      resourceType: "Observation",
      code: concept(LOINC, "1-8"),
      valueQuantity: { code: HIV, ...fields },
    })
    const denies = (fields: Fields) => bothWays({ code: [concept(SNOMED, HIV)] }, value(fields)).denies
    assert.equal(denies({ value: 1 }), false)
    assert.equal(denies({ value: 1, system: "http://unitsofmeasure.org" }), false)
    assert.equal(denies({ value: 1, system: SNOMED }), true)
    assert.equal(denies({ value: "1" }), true)
  })
})

const R = { system: CONFIDENTIALITY, code: "R" }
const N = { system: CONFIDENTIALITY, code: "N" }
const HIVLABEL = { system: ACT_CODE, code: "HIV" }
const SCALE = "http://terminology.hl7.org/ValueSet/v3-Confidentiality"

const labels: readonly Row[] = [
  ["of another system", R, { system: "urn:hospital:labels", code: "R" }, false, true],
  ["of another system, a sensitivity", HIVLABEL, { system: "urn:hospital:labels", code: "HIV" }, false, true],
  ["of the value set", R, { system: SCALE, code: "R" }, false, true],
  ["of a value set, low", R, { system: SCALE, code: "N" }, false, true],
  ["in lower case", R, { system: CONFIDENTIALITY, code: "r" }, false, true],
  ["in lower case, a sensitivity", HIVLABEL, { system: ACT_CODE, code: "hiv" }, false, true],
  ["with a space", R, { system: CONFIDENTIALITY, code: "R " }, false, true],
  ["in words", R, { system: CONFIDENTIALITY, display: "restricted" }, false, true],
  ["in words, without a system", HIVLABEL, { display: "HIV" }, false, true],
  ["a number", R, { system: CONFIDENTIALITY, code: 5 }, false, true],
  ["a concept in a coding's place", R, { coding: [R] }, true, true],
  ["two in one", N, { ...N, coding: [R] }, false, true],
  ["no object", R, null, false, true] as never,
  [
    "a purpose of that name",
    HIVLABEL,
    { ...HIVLABEL, system: "http://terminology.hl7.org/CodeSystem/v3-ActReason" },
    false,
    true,
  ],
  ["a denial in lower case", { ...R, code: "r" }, R, false, true],
  ["a denial of the value set", { ...R, system: SCALE }, R, false, true],
  ["a denial of the value set, of what is lower", { ...R, system: SCALE }, N, false, false],
  ["a denial of a hospital's own label", { system: "urn:x", code: "staff" }, N, false, false],
  [
    "a hospital's own label",
    { system: "urn:x", code: "staff" },
    { system: "urn:x", code: "staff" },
    true,
    true,
  ],
  ["a denial of a code without a system", { code: "staff" }, N, false, true],
]

describe("R4 Consent.provision.securityLabel: a label in another spelling", () => {
  const places: Readonly<Record<string, (label: unknown) => Fields>> = {
    "Meta.security": (label) => ({ resourceType: "Observation", meta: { security: [label] } }),
    "DocumentReference.securityLabel": (label) => ({
      resourceType: "DocumentReference",
      securityLabel: [{ coding: [label] }],
    }),
    "Meta.security of what is contained": (label) => ({
      resourceType: "Observation",
      contained: [{ resourceType: "Observation", meta: { security: [label] } }],
    }),
  }
  for (const [section, wanted, found, permits, denies] of labels)
    for (const [place, record] of Object.entries(places)) {
      const isConcept = found !== null && "coding" in found && place.startsWith("DocumentReference")
      if (!isConcept && !(permits && place.includes("contained")))
        it(`${place}, ${section}`, () =>
          assert.deepEqual(bothWays({ securityLabel: [wanted] }, record(found)), { permits, denies }))
    }

  const others: readonly (readonly [string, Fields])[] = [
    ["DocumentReference.securityLabel in words", { securityLabel: [{ text: "restricted" }] }],
    ["DocumentReference.securityLabel as text", { securityLabel: "R" }],
    ["Composition.confidentiality, a number", { resourceType: "Composition", confidentiality: 5 }],
    ["Composition.confidentiality, of no scale", { resourceType: "Composition", confidentiality: "r" }],
    ["Meta.security is no list", { meta: { security: { ...R, code: "r" } } }],
    ["a Coding of the value set, elsewhere", { category: [{ coding: [{ system: SCALE, code: "R" }] }] }],
    ["a Coding in lower case, elsewhere", { category: [{ coding: [{ ...HIVLABEL, code: "hiv" }] }] }],
  ]
  for (const [section, fields] of others)
    it(section, () => {
      const record = { resourceType: "DocumentReference", ...fields }
      assert.deepEqual(bothWays({ securityLabel: [N] }, record), { permits: false, denies: true })
      assert.equal(bothWays({ securityLabel: [HIVLABEL] }, record).denies, true)
    })
})
