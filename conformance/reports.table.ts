/** Inputs of our own with the causes of public reports about imports elsewhere, and what is right. */
export interface Report {
  /** Repository and number of the issue or pull request on github.com. */
  readonly report: string
  readonly comment: string
  /** Imported one after the other, from one source; text as it is. */
  readonly files: readonly (object | string)[]
  /** Which of them are lines of one resource each. */
  readonly isLines?: readonly boolean[]
  /** Reasons of refusals, in order. */
  readonly refused?: readonly string[]
  /** Each person's family name, then the types of what stands in the record. */
  readonly people: readonly string[]
  /** Types of what is listed as belonging to nobody. */
  readonly unfiled?: readonly string[]
  /** Types of what stands in the organisation's own log. */
  readonly others?: readonly string[]
  /** What stands in a stored text, or in none. */
  readonly says?: readonly string[]
  readonly saysNot?: readonly string[]
  /** What stands in the newest version of something. */
  readonly saysNow?: readonly string[]
}

const patient = (id: string, family: string, more: object = {}) => ({
  resourceType: "Patient",
  id,
  name: [{ family }],
  ...more,
})
const observation = (reference: string, more: object = {}) => ({
  resourceType: "Observation",
  status: "final",
  code: { text: "glucose" },
  subject: { reference },
  ...more,
})
const mrn = (value: string) => ({ identifier: [{ system: "https://a.example/mrn", value }] })
type Resource = { readonly resourceType: string; readonly id?: string }
const post = (resource: Resource, more: object = {}, request: object = {}) => ({
  resource,
  request: { method: "POST", url: resource.resourceType, ...request },
  ...more,
})
const put = (resource: Resource, more: object = {}, url = `${resource.resourceType}/${resource.id}`) => ({
  resource,
  request: { method: "PUT", url },
  ...more,
})
const transaction = (...entry: object[]) => ({ resourceType: "Bundle", type: "transaction", entry })
const uuid = (n: number) => `urn:uuid:00000000-0000-4000-8000-00000000000${n}`
const organization = {
  resourceType: "Organization",
  identifier: [{ system: "https://a.example/site", value: "3972" }],
}
const ifNoneExist = { ifNoneExist: "identifier=https://a.example/site|3972" }

export const reports: readonly Report[] = [
  {
    report: "hapifhir/hapi-fhir#2933",
    comment: "one conditional create twice in a transaction makes one, for whoever refers to either",
    files: [
      transaction(
        post(organization, { fullUrl: uuid(1) }, ifNoneExist),
        post(organization, { fullUrl: uuid(2) }, ifNoneExist),
        post({ resourceType: "Location", managingOrganization: { reference: uuid(2) } } as Resource),
      ),
    ],
    people: [],
    others: ["Location", "Organization"],
    saysNot: ["urn:uuid"],
  },
  {
    report: "hapifhir/hapi-fhir#4281",
    comment: "a conditional create that finds two is refused",
    files: [
      patient("a", "Ann", {
        identifier: [{ system: "https://a.example/family", value: "1" }],
        gender: "female",
      }),
      patient("b", "Bob", {
        identifier: [{ system: "https://a.example/family", value: "1" }],
        gender: "male",
      }),
      transaction(post(patient("c", "Cem"), {}, { ifNoneExist: "identifier=https://a.example/family|1" })),
    ],
    refused: ["several_matches"],
    people: ["Ann:", "Bob:"],
  },
  {
    report: "hapifhir/hapi-fhir#8183",
    comment: "two conditional updates of one resource in a transaction: refused, not one of them dropped",
    files: [
      transaction(
        put(
          { ...organization, name: "old" } as Resource,
          {},
          "Organization?identifier=https://a.example/site|3972",
        ),
        put(
          { ...organization, name: "new" } as Resource,
          {},
          "Organization?identifier=https://a.example/site|3972",
        ),
      ),
    ],
    refused: ["duplicate_entry"],
    people: [],
    others: [],
  },
  {
    report: "samply/blaze#69",
    comment: "one resource twice in a transaction is refused",
    files: [transaction(put(patient("a", "Ann")), put(patient("a", "Ann", { active: true })))],
    refused: ["duplicate_entry"],
    people: [],
  },
  {
    report: "hapifhir/hapi-fhir#1224",
    comment: "a versioned reference leads to its patient and keeps the version",
    files: [patient("2", "Ann"), observation("Patient/2/_history/1")],
    people: ["Ann: Observation"],
    says: ["/_history/1"],
  },
  {
    report: "hapifhir/org.hl7.fhir.core#1848",
    comment: "a versioned reference to an entry by its full address",
    files: [
      transaction(
        put(patient("2", "Ann"), { fullUrl: "https://a.example/fhir/Patient/2" }),
        post(observation("https://a.example/fhir/Patient/2/_history/1")),
      ),
    ],
    people: ["Ann: Observation"],
    says: ["/_history/1"],
  },
  {
    report: "microsoft/fhir-server#1442",
    comment: "urn:uuid of an entry is replaced",
    files: [transaction(post(patient("x", "Ann"), { fullUrl: uuid(1) }), post(observation(uuid(1))))],
    people: ["Ann: Observation"],
    saysNot: ["urn:uuid"],
  },
  {
    report: "LinuxForHealth/FHIR#2769",
    comment: "a reference to an entry that is a conditional update",
    files: [
      transaction(
        put(
          patient("x", "Ann", mrn("7")),
          { fullUrl: uuid(1) },
          "Patient?identifier=https://a.example/mrn|7",
        ),
        post(observation(uuid(1))),
      ),
    ],
    people: ["Ann: Observation"],
    saysNot: ["urn:uuid"],
  },
  {
    report: "HealthIntersections/fhirserver#47",
    comment: "an attachment's address that is an entry's is replaced",
    files: [
      transaction(
        post(patient("x", "Ann"), { fullUrl: uuid(1) }),
        post({ resourceType: "Binary", contentType: "text/plain", data: "eA==" } as Resource, {
          fullUrl: uuid(2),
        }),
        post({
          resourceType: "DocumentReference",
          status: "current",
          subject: { reference: uuid(1) },
          content: [{ attachment: { url: uuid(2) } }],
        } as Resource),
      ),
    ],
    people: ["Ann: DocumentReference"],
    others: ["Binary"],
    saysNot: ["urn:uuid"],
  },
  {
    report: "samply/blaze#809",
    comment: "entries without addresses refer to each other by the ids in their resources",
    files: [transaction(post(patient("0", "Ann")), post(observation("Patient/0")))],
    people: ["Ann: Observation"],
  },
  {
    report: "nazrulworld/fhir.resources#42",
    comment: "a relative reference belongs to the base of its own entry",
    files: [
      transaction(
        put(patient("1", "North"), { fullUrl: "https://north.example/Patient/1" }),
        put(patient("1", "South"), { fullUrl: "https://south.example/Patient/1" }),
        post(observation("Patient/1"), { fullUrl: "https://south.example/Observation/1" }),
      ),
    ],
    people: ["North:", "South: Observation"],
  },
  {
    report: "FirelyTeam/firely-net-sdk#3406",
    comment: "capitals in the name of a server stay as they are",
    files: [
      transaction(
        put(patient("1", "Ann"), { fullUrl: "https://Clinic.Example/fhir/Patient/1" }),
        post(observation("Patient/1"), { fullUrl: "https://Clinic.Example/fhir/Observation/1" }),
        post(observation("https://Clinic.Example/fhir/Patient/1"), {
          fullUrl: "https://Clinic.Example/fhir/Observation/2",
        }),
      ),
    ],
    people: ["Ann: Observation Observation"],
  },
  {
    report: "microsoft/fhir-server#2218",
    comment: "ids differ by capitals",
    files: [patient("ab", "Ann"), patient("AB", "Bob"), observation("Patient/AB")],
    people: ["Ann:", "Bob: Observation"],
  },
  {
    report: "metriport/metriport#3859",
    comment: "an id that is replaced stays where it is a part of another one, or text",
    files: [
      transaction(
        post(patient("1", "Ann"), { fullUrl: "Patient/1" }),
        post(patient("10", "Bob"), { fullUrl: "Patient/10" }),
        post(observation("Patient/10", { valueString: "see Patient/1", note: [{ text: "Patient/1" }] })),
      ),
    ],
    people: ["Ann:", "Bob: Observation"],
    says: ['"valueString":"see Patient/1"', '"text":"Patient/1"'],
  },
  {
    report: "synthetichealth/synthea#675",
    comment: "a number in scientific notation stays as it was written",
    files: [
      patient("1", "Ann"),
      '{"resourceType":"Observation","subject":{"reference":"Patient/1"},"valueQuantity":{"value":1.2E+2}}',
    ],
    people: ["Ann: Observation"],
    says: ['"value":1.2E+2'],
  },
  {
    report: "FirelyTeam/firely-net-sdk#732",
    comment: "trailing zeros tell precision",
    files: [
      patient("1", "Ann"),
      '{"resourceType":"Observation","subject":{"reference":"Patient/1"},"valueQuantity":{"value":0.700},"referenceRange":[{"low":{"value":6},"high":{"value":6.0}}]}',
    ],
    people: ["Ann: Observation"],
    says: ['"value":0.700', '"low":{"value":6}', '"high":{"value":6.0}'],
  },
  {
    report: "synthetichealth/synthea#1005",
    comment:
      "a conditional reference that finds nothing refuses the transaction, which comes in after what it needs",
    files: [
      transaction(
        post({
          ...observation("Patient/1"),
          performer: [{ reference: "Practitioner?identifier=https://a.example/npi|9" }],
        } as Resource),
      ),
      {
        resourceType: "Practitioner",
        id: "p",
        identifier: [{ system: "https://a.example/npi", value: "9" }],
      },
      patient("1", "Ann"),
      transaction(
        post({
          ...observation("Patient/1"),
          performer: [{ reference: "Practitioner?identifier=https://a.example/npi|9" }],
        } as Resource),
      ),
    ],
    refused: ["no_match"],
    people: ["Ann: Observation"],
    says: ['"reference":"Practitioner/p"'],
  },
  {
    report: "aehrc/pathling#298",
    comment: "empty lines of NDJSON are skipped, at its beginning and between, with either end of line",
    isLines: [true],
    files: [
      `\n${JSON.stringify(patient("1", "Ann"))}\r\n\r\n${JSON.stringify(observation("Patient/1", { id: "o" }))}\n\n`,
    ],
    people: ["Ann: Observation"],
  },
  {
    report: "get-convex/convex-backend#155",
    comment: "a byte order mark is skipped, in JSON and in NDJSON",
    isLines: [false, true],
    files: [
      `\u{feff}${JSON.stringify(patient("1", "Ann"))}`,
      `\u{feff}${JSON.stringify(observation("Patient/1", { id: "o" }))}\n`,
    ],
    people: ["Ann: Observation"],
  },
  {
    report: "medizininformatik-initiative/torch#1086",
    comment: "a subject that is named by a number alone is found",
    files: [
      patient("1", "Ann", mrn("7")),
      { ...observation(""), subject: { identifier: { system: "https://a.example/mrn", value: "7" } } },
    ],
    people: ["Ann: Observation"],
  },
  {
    report: "highmed/highmed-dsf#267",
    comment: "a number that is nobody's here is listed, not lost",
    files: [
      {
        ...observation(""),
        subject: { type: "Patient", identifier: { system: "https://a.example/mrn", value: "7" } },
      },
    ],
    people: [],
    unfiled: ["Observation"],
  },
  {
    report: "hapifhir/hapi-fhir#5148",
    comment: "an address with what is no id in it is listed, not lost",
    files: [observation("https://a.example/Patient/urn:oid:1.2.40.0.13")],
    people: [],
    unfiled: ["Observation"],
  },
  {
    report: "hapifhir/hapi-fhir#1102",
    comment: "a document whose entries have full addresses reaches its patient, with what it is made of",
    files: [
      {
        resourceType: "Bundle",
        type: "document",
        identifier: { system: "https://a.example/documents", value: "1" },
        entry: [
          {
            fullUrl: uuid(1),
            resource: {
              resourceType: "Composition",
              status: "final",
              type: { text: "letter" },
              date: "2020-01-01",
              title: "letter",
              author: [{ display: "Dr. Wu" }],
              subject: { reference: "https://a.example/Patient/1" },
              section: [{ entry: [{ reference: uuid(2) }] }],
            },
          },
          { fullUrl: "https://a.example/Patient/1", resource: patient("1", "Ann") },
          { fullUrl: uuid(2), resource: observation("https://a.example/Patient/1") },
        ],
      },
    ],
    people: ["Ann: Bundle Composition Observation"],
  },
  {
    report: "samply/blaze#1287",
    comment:
      "an entry that a server repeats in what a search found is one, and its patient's records are taken",
    files: [
      {
        resourceType: "Bundle",
        type: "searchset",
        entry: [
          { fullUrl: "https://a.example/Patient/1", resource: patient("1", "Ann") },
          {
            fullUrl: "https://a.example/Patient/1",
            resource: patient("1", "Ann"),
            search: { mode: "include" },
          },
          {
            fullUrl: "https://a.example/Observation/o",
            resource: { ...observation("Patient/1"), id: "o" },
          },
        ],
      },
    ],
    people: ["Ann: Observation"],
  },
  {
    report: "FirelyTeam/spark#520",
    comment: "the condition of a create counts, also with the type before it",
    files: [
      patient("1", "Ann", mrn("7")),
      transaction(
        post(
          patient("x", "Ann", mrn("7")),
          { fullUrl: uuid(1) },
          { ifNoneExist: "Patient?identifier=https://a.example/mrn|7" },
        ),
        post(observation(uuid(1))),
      ),
    ],
    people: ["Ann: Observation"],
  },
  {
    report: "LinuxForHealth/FHIR#2754",
    comment: "a condition that is not understood is refused, not ignored",
    files: [
      transaction({
        resource: patient("a", "Ann"),
        request: { method: "PUT", url: "Patient/a", ifNoneMatch: "_id=a" },
      }),
    ],
    refused: ["version_condition"],
    people: [],
  },
  {
    report: "microsoft/fhir-server#3998",
    comment: "versions of one time are kept, in the order of their numbers",
    files: [
      patient("1", "Ann"),
      {
        resourceType: "Bundle",
        type: "history",
        entry: ["2", "1"].map((versionId) => ({
          resource: {
            ...observation("Patient/1", { valueString: `version ${versionId}` }),
            id: "o",
            meta: { versionId, lastUpdated: "2020-01-01T00:00:00Z" },
          },
          request: { method: "PUT", url: "Observation/o" },
          response: { status: "200", lastModified: "2020-01-01T00:00:00Z" },
        })),
      },
    ],
    people: ["Ann: Observation"],
    says: ['"valueString":"version 1"', '"valueString":"version 2"'],
    saysNow: ['"valueString":"version 2"'],
  },
]
