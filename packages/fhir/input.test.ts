import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type JsonObject, toJson } from "@aceso/core"
import { inputOf, linesInput } from "./input.ts"

const json = (value: unknown) => toJson(value) as JsonObject
const bundle = (type: string | undefined, entry: readonly object[], more: object = {}) =>
  json({ resourceType: "Bundle", ...(type !== undefined && { type }), entry, ...more })
const observation = (id?: string, more: object = {}) => ({
  resourceType: "Observation",
  ...(id !== undefined && { id }),
  ...more,
})
const at = (id: string) => `https://a.example/fhir/Observation/${id}`
const urn = "urn:uuid:00000000-0000-4000-8000-000000000001"

/** What each entry asks for: method, type and id, or why it is refused. */
function asked(input: JsonObject): string[] {
  const { entries, wrong } = inputOf(input)
  if (wrong) return [wrong.reason]
  return entries.map(({ index, request }) => {
    if ("reason" in request) return `${index} ${request.reason}`
    const { type, how } = request
    return `${index} ${how.kind} ${type}${"id" in how ? `/${how.id}` : ""}`
  })
}

const rows: readonly { comment: string; input: JsonObject; is: readonly string[] }[] = [
  {
    comment: "no type",
    input: bundle(undefined, [{ resource: observation("a") }]),
    is: ["unknown_bundle_type"],
  },
  { comment: "an unknown type", input: bundle("everything", []), is: ["unknown_bundle_type"] },
  { comment: "a type of R5", input: bundle("subscription-notification", []), is: ["unknown_bundle_type"] },
  { comment: "a member of every object", input: bundle("constructor", []), is: ["unknown_bundle_type"] },
  {
    comment: "an answer to a transaction",
    input: bundle("transaction-response", []),
    is: ["bundle_not_data"],
  },
  { comment: "an answer to a batch", input: bundle("batch-response", []), is: ["bundle_not_data"] },
  ...["searchset", "collection"].map((type) => ({
    comment: `${type}: each resource as its server has it`,
    input: bundle(
      type,
      [
        { fullUrl: at("a"), resource: observation("a") },
        { fullUrl: at("b"), resource: observation() },
        { resource: observation("c") },
        { fullUrl: urn, resource: observation() },
        { resource: observation() },
        { fullUrl: at("x"), resource: observation("d") },
        { fullUrl: at("e") },
        { resource: { resourceType: "Parameters" } },
      ],
      { id: "not_an_id" },
    ),
    is: [
      "0 update Observation/a",
      "1 update Observation/b",
      "2 update Observation/c",
      `3 update Observation/${urn.slice(9)}`,
      "4 create Observation",
      "5 bad_id",
      "6 no_resource",
      "7 type_not_stored",
    ],
  })),
  {
    comment: "searchset: what it says of itself is no result; what it includes is one",
    input: bundle("searchset", [
      { resource: observation("a"), search: { mode: "match" } },
      { resource: { resourceType: "Practitioner", id: "p" }, search: { mode: "include" } },
      { resource: { resourceType: "OperationOutcome" }, search: { mode: "outcome" } },
      { resource: { resourceType: "OperationOutcome" } },
    ]),
    is: ["0 update Observation/a", "1 update Practitioner/p"],
  },
  {
    comment: "history: the last entry is the oldest",
    input: bundle("history", [
      { request: { method: "DELETE", url: "Observation/a" } },
      { resource: observation("a"), request: { method: "PUT", url: "Observation/a" } },
      { resource: observation("a"), request: { method: "POST", url: "Observation" } },
    ]),
    is: ["2 update Observation/a", "1 update Observation/a", "0 end Observation/a"],
  },
  {
    comment: "history: where all entries have times, those decide",
    input: bundle("history", [
      {
        resource: observation("a", { meta: { lastUpdated: "2024-01-01T00:00:00Z" } }),
        request: { method: "POST", url: "Observation" },
      },
      {
        request: { method: "DELETE", url: "Observation/a/_history/2" },
        response: { lastModified: "2024-01-01T00:00:00+14:00" },
      },
    ]),
    is: ["1 end Observation/a", "0 update Observation/a"],
  },
  {
    comment: "history: the end of a Patient, and what is no version",
    input: bundle("history", [
      { request: { method: "DELETE", url: "Patient/a" } },
      { resource: observation("a") },
      { request: { method: "DELETE", url: "Observation" } },
      { fullUrl: at("b"), request: { method: "DELETE", url: "" } },
    ]),
    is: ["3 end Observation/b", "2 bad_request_url", "1 no_request", "0 patient_not_ended"],
  },
  {
    comment: "document: its resources, and itself by its id",
    input: bundle("document", [{ resource: { resourceType: "Composition", id: "c" } }], { id: "d" }),
    is: ["0 update Composition/c", "-1 update Bundle/d"],
  },
  {
    comment: "document: itself by its identifier, where its id is none",
    input: bundle("document", [], { id: "d_1", identifier: { system: "urn:ietf:rfc:3986", value: urn } }),
    is: ["-1 updateWhere Bundle"],
  },
  {
    comment: "document: without either it is a new one",
    input: bundle("document", []),
    is: ["-1 create Bundle"],
  },
  {
    comment: "message: its header and what it brings",
    input: bundle("message", [
      { resource: { resourceType: "MessageHeader", id: "m" } },
      { resource: observation("a") },
    ]),
    is: ["0 update MessageHeader/m", "1 update Observation/a"],
  },
  {
    comment: "message: without a header",
    input: bundle("message", [{ resource: observation("a") }]),
    is: ["no_message_header"],
  },
  {
    comment: "transaction: addresses with their server's base, and a type before a condition",
    input: bundle("transaction", [
      { resource: observation(), request: { method: "POST", url: "/Observation" } },
      { resource: observation(), request: { method: "PUT", url: "https://a.example/fhir/Observation/a" } },
      {
        resource: observation(),
        request: { method: "POST", url: "Observation", ifNoneExist: "Observation?identifier=urn:x|1" },
      },
      { request: { method: "GET", url: "Patient" } },
      { resource: observation(), request: { method: "POST", url: "https://a.example/epma/" } },
      { resource: observation(), request: { method: "PUT", url: "Observation/b", ifMatch: 'W/"3"' } },
    ]),
    is: [
      "0 create Observation",
      "1 update Observation/a",
      "2 createIfNone Observation",
      "3 method_not_supported",
      "4 bad_request_url",
      "5 version_condition",
    ],
  },
]

describe("inputs: taken for what their type says", () => {
  for (const { comment, input, is } of rows) it(comment, () => assert.deepEqual(asked(input), is))

  it("transactions, documents, messages and lone resources are taken as a whole", () => {
    const header = { resource: { resourceType: "MessageHeader" } }
    const isWhole = [
      "transaction",
      "batch",
      "searchset",
      "collection",
      "history",
      "document",
      "message",
    ].filter((type) => inputOf(bundle(type, [header])).isWhole)
    assert.deepEqual(isWhole, ["transaction", "document", "message"])
    assert.ok(inputOf(json(observation("a"))).isWhole)
  })

  for (const type of ["transaction", "batch", "collection", "searchset", "document", "message", "history"])
    it(`a Bundle inside of a ${type} is refused: what is in it would be seen by nobody`, () => {
      const first = type === "message" ? [{ resource: { resourceType: "MessageHeader" } }] : []
      const inner = { resource: bundle("collection", []), request: { method: "POST", url: "Bundle" } }
      const { entries } = inputOf(bundle(type, [...first, inner]))
      const reasons = entries.flatMap(({ request }) => ("reason" in request ? [request.reason] : []))
      assert.ok(reasons.includes("bundle_in_a_bundle"), reasons.join())
    })

  it("lines are resources of their own", () => {
    const { entries, isWhole } = linesInput(
      [
        { index: 0, line: { resource: json(observation("a")) } },
        { index: 2, line: { resource: bundle("collection", []) } },
        { index: 3, line: { resource: "x" } },
        { index: 4, line: { reason: "bad_json", detail: "" } },
      ],
      1,
    )
    assert.equal(isWhole, false)
    assert.deepEqual(
      entries.map(({ index, request }) => [index, "reason" in request ? request.reason : request.how.kind]),
      [
        [0, "update"],
        [2, "bundle_in_a_line"],
        [3, "no_resource"],
        [4, "bad_json"],
      ],
    )
  })

  for (const [type, element] of [
    ["Immunization", "notGiven"],
    ["Immunization", "wasNotGiven"],
    ["Procedure", "notDone"],
    ["MedicationStatement", "taken"],
    ["MedicationAdministration", "notGiven"],
    ["Communication", "notDone"],
    ["Condition", "patient"],
    ["Consent", "subject"],
    ["MedicationRequest", "medication"],
    ["MedicationStatement", "adherence"],
    ["Procedure", "occurrenceDateTime"],
    ["Encounter", "actualPeriod"],
  ])
    it(`${type}.${element} is of another version of FHIR, and refused`, () =>
      assert.deepEqual(asked(json({ resourceType: type, id: "a", [element]: true })), [
        "-1 other_fhir_version",
      ]))
})
