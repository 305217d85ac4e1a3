import assert from "node:assert/strict"
import { describe, it } from "node:test"
import {
  type Bytes,
  type Cbor,
  canonicalText,
  encodeCbor,
  isObject,
  isResourceType,
  type Json,
  type JsonObject,
  MAX_PUBLICATION_BYTES,
  type PublicationKind,
  parseJson,
  resourceTypes,
} from "@aceso/core"
import { plainFault } from "@aceso/core/display/index.ts"
import fc from "fast-check"
import { type Publication, readPublication, writePublication } from "./publication.ts"
import { r4Parts } from "./r4.table.ts"

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
  const extended = (value: object) => ({
    ...questionnaire,
    extension: [{ url: "https://a.example/x", ...value }],
  })
  const nested = (value: object) => extended({ extension: [{ url: "y", ...value }] })
  const held = (value: object) => ({
    ...plan,
    contained: [{ resourceType: "Organization", id: "a", ...value }],
  })
  const RECORD = "https://a.example/fhir/Patient/77"
  const related = (url: string) => ({ ...plan, relatedArtifact: [{ type: "documentation", url }] })
  const told = (words: string) => ({
    ...plan,
    text: { status: "generated", div: `<div xmlns="http://www.w3.org/1999/xhtml">${words}</div>` },
  })
  const made = (manufacturer: unknown, rest: object = {}) => ({
    resourceType: "MedicationKnowledge",
    manufacturer,
    ...rest,
  })
  const NAMED = "publication_names_a_person"

  /** What may stand is listed, so that each of these is refused for the same reason: it is not on the list. */
  const attacks: typeof resources = [
    ...Object.entries<object | string | boolean>({
      valueReference: { identifier: { system: "urn:oid:1.2", value: "77" }, display: "Ann Example" },
      valueHumanName: { family: "Example", given: ["Ann"] },
      valueIdentifier: { system: "urn:oid:1.2", value: "77" },
      valueAddress: { line: ["1 Road"] },
      valueContactPoint: { system: "phone", value: "555" },
      valueContactDetail: { name: "Ann" },
      valueContributor: { type: "author", name: "Ann" },
      valueAnnotation: { authorString: "Ann", text: "x" },
      valueSignature: { who: { display: "Ann" } },
      valueSampledData: { origin: { value: 1 }, data: "1 2" },
      valueMeta: { tag: [] },
      valueBase64Binary: "QW5u",
      valueUuid: "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
      valueUri: RECORD,
      valueUrl: `${RECORD}?_format=json`,
      valueCanonical: "Observation/9f3|1",
      valueOid: RECORD,
      valueAttachment: { contentType: "application/pdf", data: "QW5u" },
      valueCodeableConcept: { coding: [{ system: RECORD, code: "a" }] },
      valueString: { family: "Example" },
      valueBoolean: { extension: [{ url: "a", valueHumanName: { text: "Ann" } }] },
      valueExpression: { language: "a", reference: RECORD },
      valuePatient: "Ann",
      _valueString: { extension: [{ url: "a", valueHumanName: { text: "Ann" } }] },
      _valueHumanName: {},
    }).flatMap(([name, value]): typeof resources => [
      [`an extension's ${name}`, "form", extended({ [name]: value }), NAMED],
      [`a nested extension's ${name}`, "form", nested({ [name]: value }), NAMED],
      [
        `a modifier's ${name}`,
        "plan",
        { ...plan, action: [{ modifierExtension: [{ url: "a", [name]: value }] }] },
        NAMED,
      ],
    ]),
    ...(
      [
        ["to a record", { reference: "Observation/9f3" }],
        ["by a urn", { reference: "urn:uuid:c757873d-ec9a-4326-a141-556f43239520" }],
        ["by a number alone", { identifier: { value: "77" } }],
        ["by a number beside it", { reference: "Organization/a", identifier: { value: "77" } }],
        ["by a condition", { reference: "Organization?identifier=77" }],
        ["through a record", { reference: "https://a.example/Patient/77/Organization/a" }],
        ["to another kind than its element's", { reference: "Substance/a" }],
        ["of another type", { reference: "Organization/a", type: "Practitioner" }],
        ["to what is not inside", { reference: "#b" }],
        ["in capitals", { reference: "ORGANIZATION/a" }],
        ["as a text", "Organization/a"],
        ["in a list of lists", [[{ reference: "Organization/a" }]]],
        ["with more", { reference: "Organization/a", patient: "Ann" }],
      ] as const
    ).map(([comment, value]): (typeof resources)[number] => [
      `a reference ${comment}`,
      "medicine",
      made(value),
      NAMED,
    ]),
    [
      "an answer that is a patient",
      "form",
      { ...questionnaire, item: [{ linkId: "1", type: "reference", initial: [{ valueReference: ann }] }] },
      NAMED,
    ],
    [
      "an answer that is somebody in words",
      "form",
      { ...questionnaire, item: [{ linkId: "1", answerOption: [{ valueReference: { display: "Ann" } }] }] },
      NAMED,
    ],
    ["whom it is used for", "plan", { ...plan, useContext: [{ valueReference: { display: "Ann" } }] }, NAMED],
    ...[
      ...[
        RECORD,
        "Patient/77",
        "./Patient/77",
        "#Patient/77",
        `${RECORD}/_history/1`,
        "//a.example/Patient/77",
      ],
      ...[
        "https://a.example/Patient%2F77",
        "https://a.example/%50atient/77",
        "https://a.example/%2550atient/77",
      ],
      ...[
        "https://a.example/Patient?identifier=77",
        "https://a.example/x?for=Patient/77",
        "https://a.example/%",
      ],
      ...[
        "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
        "URN:UUID:c757873d",
        "data:text/plain,Ann",
        "tel:555",
      ],
      ...[
        "https://a.example/x?for=urn:uuid:c757873d",
        "https://a.example/List/77",
        "https://a.example\\Patient/77",
      ],
    ].map((url): (typeof resources)[number] => [`the address ${url}`, "plan", related(url), NAMED]),
    ...[
      `<a href="${RECORD}">x</a>`,
      `<a href='Patient/77'>x</a>`,
      '<a href="&#80;atient/77">x</a>',
      '<img src="a.png"/>',
      "<!-- Ann -->",
      "<script>a()</script>",
      '<p style="background:url(a)">x</p>',
      "<p",
    ].map((words): (typeof resources)[number] => [`the narrative ${words}`, "plan", told(words), NAMED]),
    ["an element of no resource", "plan", { ...plan, about: { family: "Example" } }, NAMED],
    ["an element of another one", "form", { ...questionnaire, birthDate: "1960-01-01" }, NAMED],
    ["an element that is constructor", "plan", { ...plan, constructor: {} }, NAMED],
    ["a name as a text's parts", "plan", { ...plan, title: { family: "Example" } }, NAMED],
    ["nobody, 400,000 times", "plan", { ...plan, about: Array(400_000).fill(0) }, NAMED],
    ["a list that is no list of objects", "plan", { ...plan, action: Array(400_000).fill(0) }, NAMED],
    ["a text as an element's parts", "plan", { ...plan, action: "Ann" }, NAMED],
    ["a resource where none is", "plan", { ...plan, action: [{ resourceType: "Patient" }] }, NAMED],
    ["inside, a name", "plan", held({ contact: [{ name: { text: "Ann" } }] }), NAMED],
    [
      "inside, an extension with a name",
      "plan",
      held({ extension: [{ url: "a", valueHumanName: {} }] }),
      NAMED,
    ],
    ["inside, a reference to a record", "plan", held({ partOf: { reference: "Observation/9f3" } }), NAMED],
    ["inside, something inside", "plan", held({ contained: [{ resourceType: "Organization" }] }), NAMED],
    ["inside, something of no kind", "plan", { ...plan, contained: [{ id: "a" }] }, NAMED],
    [
      "inside, somebody who treats",
      "plan",
      { ...plan, contained: [{ resourceType: "Practitioner" }] },
      NAMED,
    ],
    [
      "two inside that are called the same",
      "medicine",
      made(
        { reference: "#a" },
        {
          contained: [
            { resourceType: "Organization", id: "a" },
            { resourceType: "Substance", id: "a" },
          ],
        },
      ),
      NAMED,
    ],
  ]

  /** As they are written in practice. */
  const legitimate: typeof resources = [
    [
      "warfarin with what is in it, and where to read on",
      "medicine",
      {
        resourceType: "MedicationKnowledge",
        id: "warfarin-3",
        meta: {
          profile: ["http://hl7.org/fhir/StructureDefinition/MedicationKnowledge"],
          tag: [{ code: "a" }],
        },
        text: {
          status: "generated",
          div: '<div xmlns="http://www.w3.org/1999/xhtml"><p class="a">INR &lt; 2 <b>ask</b><br/><a href="https://a.example/warfarin?lang=en&amp;for=all">more</a></p></div>',
        },
        contained: [
          { resourceType: "Substance", id: "sodium", code: { text: "Warfarin sodium" } },
          {
            resourceType: "Organization",
            id: "maker",
            identifier: [{ system: "urn:oid:2.51.1.1", value: "123" }],
            name: "Maker Ltd",
            telecom: [{ system: "phone", value: "555" }],
            address: [{ city: "Town" }],
          },
        ],
        extension: [
          {
            url: "https://a.example/label",
            valueAttachment: { contentType: "application/pdf", url: "https://a.example/label.pdf" },
          },
          {
            url: "https://a.example/ages",
            extension: [{ url: "from", valueQuantity: { value: 18, unit: "a" } }],
          },
        ],
        code: { coding: [{ system: "http://www.whocc.no/atc", code: "B01AA03", display: "warfarin" }] },
        status: "active",
        manufacturer: { reference: "#maker", display: "Maker Ltd" },
        associatedMedication: [{ reference: "https://a.example/fhir/Medication/warfarin-3" }],
        ingredient: [
          { itemReference: { reference: "#sodium" }, isActive: true, strength: { numerator: { value: 3 } } },
          { itemReference: { reference: "Substance/lactose/_history/2", type: "Substance" } },
          { itemReference: { display: "Starch" }, isActive: false },
        ],
        administrationGuidelines: [
          {
            dosage: [
              {
                type: { text: "start" },
                dosage: [{ text: "as told", timing: { repeat: { frequency: 1 } } }],
              },
            ],
          },
        ],
        regulatory: [{ regulatoryAuthority: { display: "Authority" } }],
      },
      undefined,
    ],
    [
      "a form with choices, a value set and what shows when",
      "form",
      {
        ...questionnaire,
        url: "https://a.example/Questionnaire/before",
        identifier: [{ system: "urn:ietf:rfc:3986", value: "urn:oid:1.2.3" }],
        contained: [
          {
            resourceType: "ValueSet",
            id: "sides",
            compose: { include: [{ system: "http://snomed.info/sct", concept: [{ code: "7771000" }] }] },
          },
        ],
        _title: {
          extension: [
            {
              url: "http://hl7.org/fhir/StructureDefinition/translation",
              extension: [
                { url: "lang", valueCode: "de" },
                { url: "content", valueString: "Davor" },
              ],
            },
          ],
        },
        subjectType: ["Patient"],
        item: [
          {
            ...{ linkId: "1", type: "choice", text: "Do you smoke?", required: true },
            definition: "http://hl7.org/fhir/StructureDefinition/Observation#Observation.value[x]",
            answerOption: [{ valueCoding: { code: "y" }, initialSelected: true }, { valueString: "no" }],
            item: [
              {
                linkId: "1.2",
                answerValueSet: "http://snomed.info/sct/1?fhir_vs=ecl%2F450475007%20OR%20450476008",
              },
              {
                linkId: "1.1",
                type: "choice",
                answerValueSet: "#sides",
                enableWhen: [{ question: "1", operator: "=", answerCoding: { code: "y" } }],
              },
            ],
          },
          {
            linkId: "2",
            type: "reference",
            text: "Where?",
            answerOption: [{ valueReference: { reference: "Organization/a" } }],
          },
          {
            linkId: "3",
            type: "string",
            extension: [{ url: "http://hl7.org/fhir/StructureDefinition/regex", valueString: "[0-9]+" }],
            initial: [{ valueString: "" }],
          },
        ],
      },
      undefined,
    ],
    [
      "a plan with its sources, and who answers for it",
      "plan",
      {
        ...plan,
        publisher: "National Health Authority",
        contact: [{ name: "Dr Lee, office", telecom: [{ system: "email", value: "inr@a.example" }] }],
        author: [{ name: "Working group" }],
        reviewer: [{ name: "Dr Roe" }],
        identifier: [{ system: "urn:a.example:plans", value: "1" }],
        useContext: [{ code: { code: "venue" }, valueReference: { reference: "Location/ward" } }],
        library: ["https://a.example/Library/inr|1.0"],
        relatedArtifact: [
          {
            type: "citation",
            citation: "Roe et al.",
            url: "https://doi.example/10.1000/182",
            resource: "Library/inr",
          },
          {
            type: "documentation",
            document: { contentType: "text/html", url: "https://a.example/patient/inr" },
          },
        ],
        goal: [
          {
            description: { text: "INR in range" },
            target: [{ detailRange: { low: { value: 2 } }, due: { value: 3 } }],
          },
        ],
        action: [
          {
            participant: [{ type: "patient" }, { type: "practitioner" }],
            timingTiming: { repeat: { frequency: 1, period: 4, periodUnit: "wk" } },
            condition: [{ kind: "applicability", expression: { language: "text/cql", expression: "a" } }],
            input: [{ type: "Observation", codeFilter: [{ path: "code", code: [{ code: "6301-6" }] }] }],
            definitionCanonical: "https://a.example/ActivityDefinition/inr",
          },
        ],
      },
      undefined,
    ],
    [
      "a clinic with its place, numbers and hours",
      "plan",
      {
        resourceType: "HealthcareService",
        contained: [
          { resourceType: "Location", id: "a", address: { line: ["1 Road"] }, position: { longitude: 1.5 } },
        ],
        location: [{ reference: "#a" }],
        telecom: [{ system: "phone", value: "555" }],
        availableTime: [{ daysOfWeek: ["mon"], availableStartTime: "08:00:00" }],
        photo: { url: "https://a.example/a.jpg" },
      },
      undefined,
    ],
    [
      "a procedure with what it uses",
      "procedure",
      {
        resourceType: "ActivityDefinition",
        productReference: { reference: "Medication/a" },
        participant: [{ type: "practitioner", role: { text: "nurse" } }],
        location: { display: "Ward 3" },
        dosage: [{ text: "once" }],
        observationResultRequirement: [{ reference: "ObservationDefinition/a" }],
      },
      undefined,
    ],
  ]
  for (const [comment, kind, value, code] of [...resources, ...attacks, ...legitimate])
    it(`${kind}, ${comment}: ${code ?? "taken"}`, () => {
      const write = () => writePublication(resource(value), kind)
      if (code === undefined) assert.equal(readPublication(write(), kind).title, "Warfarin")
      else assert.throws(write, { code })
    })

  const objectsIn = (value: Json): JsonObject[] => {
    const inner = value !== null && typeof value === "object" ? Object.values(value).flatMap(objectsIn) : []
    return isObject(value) ? [value, ...inner] : inner
  }
  for (const [comment, kind, value] of legitimate)
    it(`${kind}, ${comment}: nowhere in it may somebody stand`, () => {
      const whole = parseJson(JSON.stringify(value)) as JsonObject
      const places = objectsIn(whole)
      assert.ok(places.length > 3)
      for (const place of places) {
        const before = { ...place }
        for (const planted of [
          { extension: [{ url: "a", valueHumanName: { text: "Ann" } }] },
          { extension: [{ url: "a", extension: [{ url: "b", valueReference: { display: "Ann" } }] }] },
          { subject: { reference: "Patient/77" } },
          { person: { family: "Example" } },
        ]) {
          Object.assign(place, planted)
          assert.throws(() => writePublication(resource(whole), kind), { code: NAMED }, canonicalText(place))
          for (const name of Object.keys(planted)) delete place[name]
          Object.assign(place, before)
        }
      }
      writePublication(resource(whole), kind)
    })

  const inside = Object.keys(r4Parts).filter(isResourceType)
  it("holds what defines something, and who offers it", () => {
    assert.equal(inside.length, 16)
    for (const resourceType of inside)
      writePublication(resource({ ...plan, contained: [{ resourceType, id: "a" }] }), "plan")
  })
  for (const resourceType of resourceTypes().filter((type) => !inside.includes(type)))
    it(`holds no ${resourceType}, nor refers to one`, () => {
      for (const value of [
        { ...plan, contained: [{ resourceType, id: "a" }] },
        { ...plan, useContext: [{ valueReference: { reference: `${resourceType}/a` } }] },
        {
          ...questionnaire,
          item: [{ answerOption: [{ valueReference: { reference: `${resourceType}/a` } }] }],
        },
      ])
        assert.throws(
          () => writePublication(resource(value), value.resourceType === "PlanDefinition" ? "plan" : "form"),
          {
            code: NAMED,
          },
        )
    })
  it("R4's table leads only to what stands in it", () => {
    for (const parts of Object.values(r4Parts))
      for (const type of parts
        .replace(/\([^)]*\)/g, "")
        .split(/[ |]/)
        .map((part) => part.split(":").at(-1) ?? ""))
        assert.ok(/^[a-z]/.test(type) || r4Parts[type] !== undefined, type)
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
