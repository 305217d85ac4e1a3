import assert from "node:assert/strict"
import { test } from "node:test"
import { patientCompartment, resourceTypes } from "./compartment.table.ts"
import { isPatientCompartmentType, patientPathsOf, patientReferences } from "./compartment.ts"
import { examples } from "./examples.table.ts"

const ref = (reference: string) => ({ reference })

// What a lossless parser makes of a number.
class NumberToken {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const rows: readonly { comment: string; resource: unknown; references: readonly string[] }[] = [
  {
    comment: "a subject",
    resource: { resourceType: "Observation", subject: ref("Patient/1") },
    references: ["Patient/1"],
  },
  {
    comment: "all elements of a type, in document order and not in the table's",
    resource: {
      resourceType: "AllergyIntolerance",
      asserter: ref("Patient/3"),
      patient: ref("Patient/1"),
      recorder: ref("Patient/2"),
    },
    references: ["Patient/3", "Patient/1", "Patient/2"],
  },
  {
    comment: "the same patient at two elements, once",
    resource: {
      resourceType: "AllergyIntolerance",
      patient: ref("Patient/1"),
      asserter: ref("Patient/1"),
    },
    references: ["Patient/1"],
  },
  {
    comment: "an array at the last step",
    resource: { resourceType: "Observation", performer: [ref("Practitioner/9"), ref("Patient/2")] },
    references: ["Patient/2"],
  },
  {
    comment: "an array at an inner step",
    resource: {
      resourceType: "Appointment",
      participant: [{ actor: ref("Patient/1") }, { actor: ref("Location/1") }, { actor: ref("Patient/2") }],
    },
    references: ["Patient/1", "Patient/2"],
  },
  {
    comment: "three steps deep, with arrays at two of them",
    resource: {
      resourceType: "CarePlan",
      subject: ref("Patient/1"),
      activity: [{ detail: { performer: [ref("Patient/2")] } }, { reference: ref("Patient/3") }],
    },
    references: ["Patient/1", "Patient/2"],
  },
  {
    comment: "a payee of a Claim",
    resource: { resourceType: "Claim", patient: ref("Patient/1"), payee: { party: ref("Patient/2") } },
    references: ["Patient/1", "Patient/2"],
  },
  {
    comment: "both elements of AuditEvent.patient",
    resource: {
      resourceType: "AuditEvent",
      agent: [{ who: ref("Practitioner/1") }, { who: ref("Patient/1") }],
      entity: [{ what: ref("Patient/2") }, { what: ref("Observation/1") }],
    },
    references: ["Patient/1", "Patient/2"],
  },
  {
    comment: "Task.for and Task.focus, but not Task.owner",
    resource: {
      resourceType: "Task",
      for: ref("Patient/1"),
      focus: ref("Patient/2"),
      owner: ref("Patient/3"),
    },
    references: ["Patient/1", "Patient/2"],
  },
  {
    comment: "an element outside of the compartment's definition",
    resource: {
      resourceType: "MedicationStatement",
      subject: ref("Patient/1"),
      informationSource: ref("Patient/2"),
    },
    references: ["Patient/1"],
  },
  {
    comment: "a Patient: itself, then those it is linked to",
    resource: { resourceType: "Patient", link: [{ other: ref("Patient/2") }], id: "1" },
    references: ["Patient/1", "Patient/2"],
  },
  {
    comment: "a Patient linked to a RelatedPerson",
    resource: { resourceType: "Patient", id: "1", link: [{ other: ref("RelatedPerson/2") }] },
    references: ["Patient/1"],
  },
  { comment: "a Patient without an id", resource: { resourceType: "Patient" }, references: [] },
  {
    comment: "an absolute URL",
    resource: { resourceType: "Encounter", subject: ref("https://a.example/fhir/Patient/1") },
    references: ["https://a.example/fhir/Patient/1"],
  },
  {
    comment: "a reference to a version",
    resource: { resourceType: "Encounter", subject: ref("Patient/1/_history/2") },
    references: ["Patient/1/_history/2"],
  },
  {
    comment: "urn:uuid, which only the Bundle resolves",
    resource: { resourceType: "Encounter", subject: ref("urn:uuid:1d5a2c4e-0000-4000-8000-000000000001") },
    references: ["urn:uuid:1d5a2c4e-0000-4000-8000-000000000001"],
  },
  {
    comment: "references that are no patient's",
    resource: {
      resourceType: "Observation",
      performer: [
        ref("#contained"),
        ref("Group/1"),
        ref("Patient"),
        ref("Patient/"),
        ref("patient/1"),
        ref("MyPatient/1"),
        ref("Patient/1/name"),
        ref("https://a.example/Patient/1/Observation/2"),
        ref("https://a.example/fhir/Observation/1?subject=/Patient/1"),
        ref("https://a.example/fhir/Group/1#/Patient/1"),
        ref("urn:oid:1.2.3"),
        ref(""),
      ],
    },
    references: [],
  },
  {
    comment: "a logical reference, by identifier alone",
    resource: {
      resourceType: "Observation",
      subject: { type: "Patient", identifier: { value: "12345" } },
    },
    references: [],
  },
  {
    comment: "the references of a contained resource are not its container's",
    resource: {
      resourceType: "ExplanationOfBenefit",
      contained: [{ resourceType: "Coverage", beneficiary: ref("Patient/2") }],
      patient: ref("Patient/1"),
    },
    references: ["Patient/1"],
  },
  {
    comment: "a type that is in no compartment",
    resource: { resourceType: "Location", managingOrganization: ref("Patient/1") },
    references: [],
  },
  {
    comment: "a type outside of the compartment that names a patient",
    resource: { resourceType: "Device", patient: ref("Patient/1") },
    references: ["Patient/1"],
  },
  {
    comment: "a Bundle is not looked into",
    resource: { resourceType: "Bundle", entry: [{ resource: { subject: ref("Patient/1") } }] },
    references: [],
  },
  {
    comment: "a type named as a member of every object",
    resource: { resourceType: "constructor", subject: ref("Patient/1") },
    references: [],
  },
  {
    comment: "values of the wrong kind at an element",
    resource: {
      resourceType: "Observation",
      subject: "Patient/1",
      performer: [
        null,
        "Patient/2",
        new NumberToken("1.00"),
        [ref("Patient/3")],
        { reference: new NumberToken("4") },
      ],
    },
    references: [],
  },
  { comment: "no resource: null", resource: null, references: [] },
  { comment: "no resource: a text", resource: "Patient/1", references: [] },
  { comment: "no resource: an array", resource: [{ resourceType: "Patient", id: "1" }], references: [] },
  { comment: "no type", resource: { id: "1", subject: ref("Patient/1") }, references: [] },
]

for (const { comment, resource, references } of rows) {
  test(`patientReferences: ${comment}`, () => assert.deepEqual(patientReferences(resource), references))
}

for (const [type, paths] of Object.entries(patientCompartment)) {
  for (const path of paths) {
    test(`patientReferences: ${type}.${path}`, () => {
      const nest = (inner: object, name: string): object => ({ [name]: [inner] })
      const resource = path.split(".").reduceRight(nest, ref("Patient/1"))
      assert.deepEqual(patientReferences({ resourceType: type, ...resource }), ["Patient/1"])
    })
  }
}

test("the compartment has the 66 types of the definition and Patient; R4 has 146 types", () => {
  assert.equal(Object.keys(patientCompartment).length, 67)
  assert.equal(resourceTypes.size, 146)
  for (const type of Object.keys(patientCompartment)) assert.ok(resourceTypes.has(type), type)
})

test("isPatientCompartmentType", () => {
  for (const type of ["Patient", "Observation", "Person", "Provenance", "VisionPrescription"]) {
    assert.equal(isPatientCompartmentType(type), true, type)
  }
  for (const type of ["Organization", "Practitioner", "Medication", "Device", "Bundle", "toString", ""]) {
    assert.equal(isPatientCompartmentType(type), false, type)
  }
})

test("the table of examples is well formed", () => {
  assert.equal(examples.length, 72)
  const files = examples.map(({ file }) => file)
  assert.deepEqual(files, [...new Set(files)].sort())
  for (const { file, resourceType, outcome, comment } of examples) {
    assert.ok(resourceTypes.has(resourceType), file)
    assert.match(outcome, /^(stored:patient|stored:own|taken:apart|refused:[a-z_]+)$/, file)
    assert.notEqual(comment, "", file)
    if (outcome === "stored:patient") assert.ok(patientPathsOf(resourceType).length > 0, file)
  }
})
