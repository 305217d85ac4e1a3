import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Bytes, type Cbor, encodeCbor, MAX_PUBLICATION_BYTES, type PublicationKind } from "@aceso/core"
import { plainFault } from "@aceso/core/display/index.ts"
import fc from "fast-check"
import { type Publication, readPublication, writePublication } from "./publication.ts"

const explained: Publication = {
  title: "Warfarin",
  language: "en",
  contentType: "text/plain",
  content: "Warfarin thins the blood.",
}
const resource = (value: object): Publication => ({
  ...explained,
  contentType: "application/fhir+json",
  content: JSON.stringify(value),
})
const questionnaire = { resourceType: "Questionnaire", status: "active", title: "Before an operation" }
const plan = { resourceType: "PlanDefinition", status: "active", title: "INR clinic" }
const ann = { reference: "Patient/ann" }

describe("a publication", () => {
  it("reads as it was written, whatever the text", () => {
    const plain = (maxLength: number) =>
      fc.string({ unit: "grapheme", minLength: 1, maxLength }).filter((words) => !plainFault(words))
    const line = plain(100).filter((words) => !/[\n\t]/.test(words) && words.length <= 200)
    fc.assert(
      fc.property(line, plain(300), fc.constantFrom("en", "zh-CN", "zh-Hant-TW", "es-419"), (...parts) => {
        const [title, content, language] = parts
        const written: Publication = { title, language, contentType: "text/plain", content }
        assert.deepEqual(readPublication(writePublication(written, "medicine"), "medicine"), written)
      }),
    )
  })

  it("has one form of a resource, however it was typed", () => {
    const [one, other] = [
      '{"resourceType":"Questionnaire","status":"active"}',
      '{ "status" : "active", "resourceType" : "Questionnaire" }',
    ].map((content) =>
      writePublication({ ...explained, contentType: "application/fhir+json", content }, "form"),
    )
    assert.deepEqual(one, other)
  })

  const texts: [comment: string, given: Publication, code: string | undefined][] = [
    ["an inequality", { ...explained, content: "an INR > 4 or < 2" }, undefined],
    ["lines", { ...explained, content: "one\n\ttwo\n" }, undefined],
    ["Chinese", { ...explained, title: "华法林", language: "zh-CN", content: "华法林是什么？" }, undefined],
    ["a script", { ...explained, content: "<script>a()</script>" }, "publication_has_markup"],
    ["markup in the title", { ...explained, title: "<b>x</b>" }, "publication_has_markup"],
    ["what turns the direction", { ...explained, content: "take \u202e5" }, "publication_not_plain"],
    ["what has no width", { ...explained, title: "War\u200bfarin" }, "publication_not_plain"],
    ["spaces alone", { ...explained, content: " \n" }, "publication_empty"],
    ["a title of spaces", { ...explained, title: "  " }, "publication_empty"],
    ["a title of two lines", { ...explained, title: "a\nb" }, "publication_refused"],
    ["a title of 201 characters", { ...explained, title: "a".repeat(201) }, "publication_refused"],
    ["no text at all", { ...explained, content: "" }, "publication_refused"],
    ...["English", "EN", "zh-cn", "en_US", "en-", ""].map((language): [string, Publication, string] => [
      `the language "${language}"`,
      { ...explained, language },
      "publication_refused",
    ]),
    ["another type", { ...explained, contentType: "text/html" as "text/plain" }, "publication_refused"],
    ["as large as may be", { ...explained, content: "a".repeat(MAX_PUBLICATION_BYTES - 90) }, undefined],
    ["too large", { ...explained, content: "a".repeat(MAX_PUBLICATION_BYTES) }, "publication_too_long"],
    ["too large in bytes", { ...explained, content: "华".repeat(400_000) }, "publication_too_long"],
  ]
  for (const [comment, given, code] of texts)
    it(`${comment}: ${code ?? "taken"}`, () => {
      if (code === undefined)
        assert.deepEqual(readPublication(writePublication(given, "medicine"), "medicine"), given)
      else assert.throws(() => writePublication(given, "medicine"), { code })
    })

  const resources: [comment: string, kind: PublicationKind, value: object, code: string | undefined][] = [
    ["a questionnaire about patients", "form", { ...questionnaire, subjectType: ["Patient"] }, undefined],
    [
      "a plan for a type of person",
      "plan",
      { ...plan, subjectCodeableConcept: { text: "Adult" } },
      undefined,
    ],
    [
      "a service with who offers it inside",
      "plan",
      {
        ...{ resourceType: "HealthcareService", providedBy: { reference: "#city" } },
        contained: [{ resourceType: "Organization", id: "city", name: "City Hospital" }],
      },
      undefined,
    ],
    ["a medicine", "medicine", { resourceType: "MedicationKnowledge", status: "active" }, undefined],
    ["a procedure", "procedure", { resourceType: "ActivityDefinition", status: "active" }, undefined],
    [
      "a plan that looks at data of patients",
      "plan",
      { ...plan, action: [{ input: [{ type: "Patient" }] }] },
      undefined,
    ],
    ["a plan as a form", "form", plan, "publication_of_another_kind"],
    ["a record", "medicine", { resourceType: "Observation" }, "publication_of_another_kind"],
    ["a patient", "form", { resourceType: "Patient" }, "publication_of_another_kind"],
    ["a Bundle", "form", { resourceType: "Bundle", entry: [] }, "publication_of_another_kind"],
    ["no resource", "form", { status: "active" }, "publication_refused"],
    ["a list", "form", [questionnaire], "publication_refused"],
    ["a subject", "plan", { ...plan, subject: ann }, "publication_names_a_person"],
    ["a subject by reference", "plan", { ...plan, subjectReference: ann }, "publication_names_a_person"],
    ["a patient", "form", { ...questionnaire, patient: { display: "Ann" } }, "publication_names_a_person"],
    [
      "a subject far inside",
      "plan",
      { ...plan, action: [{ action: [{ subject: {} }] }] },
      "publication_names_a_person",
    ],
    [
      "a contained Patient",
      "form",
      { ...questionnaire, contained: [{ resourceType: "Patient", id: "a" }] },
      "publication_names_a_person",
    ],
    [
      "a contained record that names nobody",
      "form",
      { ...questionnaire, contained: [{ resourceType: "Observation", id: "a" }] },
      "publication_names_a_person",
    ],
    [
      "an extension that leads to one",
      "form",
      { ...questionnaire, extension: [{ url: "a", valueReference: ann }] },
      "publication_names_a_person",
    ],
    [
      "one by an address",
      "plan",
      {
        ...plan,
        relatedArtifact: [{ resource: "a" }],
        author: [{ reference: "http://a.example/Patient/1" }],
      },
      "publication_names_a_person",
    ],
    [
      "one by a number",
      "plan",
      { ...plan, author: [{ type: "Patient", identifier: { value: "1" } }] },
      "publication_names_a_person",
    ],
  ]
  for (const [comment, kind, value, code] of resources)
    it(`${kind}, ${comment}: ${code ?? "taken"}`, () => {
      const write = () => writePublication(resource(value), kind)
      if (code === undefined) assert.equal(readPublication(write(), kind).title, "Warfarin")
      else assert.throws(write, { code })
    })

  const others: [comment: string, bytes: Bytes, code: string][] = [
    ["no CBOR", Uint8Array.of(0xff), "publication_refused"],
    ["another member", as({ ...explained, subject: "Ann" }), "publication_refused"],
    ["no title", as({ ...explained, title: undefined }), "publication_refused"],
    [
      "a resource in another order",
      as(resource({ status: "a", resourceType: "Questionnaire" })),
      "publication_refused",
    ],
    ["a script", as({ ...explained, content: "<script>" }), "publication_has_markup"],
    ["a megabyte and more", new Uint8Array(MAX_PUBLICATION_BYTES + 1), "publication_too_long"],
  ]
  for (const [comment, bytes, code] of others)
    it(`${comment} is none: ${code}`, () => {
      assert.throws(() => readPublication(bytes, "form"), { code })
    })

  function as(value: object): Bytes {
    return encodeCbor(value as Cbor)
  }
})
