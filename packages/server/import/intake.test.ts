import assert from "node:assert/strict"
import { after, before, beforeEach, describe, it } from "node:test"
import { type Bytes, fromUtf8, type JsonObject, parseJson, utf8 } from "@aceso/core"
import { FreshCustodians, type TestCustodian } from "../testing/custodian.ts"
import { newestPatient } from "./people-here.ts"
import type { ImportSummary } from "./summary.ts"

const bytes = (value: unknown): Bytes => utf8(JSON.stringify(value))
const NORTH = "https://north.example/fhir"
const URN = "urn:uuid:00000000-0000-4000-8000-00000000000a"
const mrn = (value: string) => ({ system: "https://a.example/mrn", value })
const NHS = { system: "https://fhir.nhs.uk/Id/nhs-number", value: "9449304130" }
const licence = (value: string) => ({ system: "https://a.example/licence", value })
const patient = (id: string | undefined, family: string, identifier: object[] = [], more: object = {}) => ({
  resourceType: "Patient",
  ...(id !== undefined && { id }),
  identifier,
  name: [{ family, given: ["Kim"] }],
  ...more,
})
const observation = (id: string | undefined, subject: object | undefined, more: object = {}) => ({
  resourceType: "Observation",
  ...(id !== undefined && { id }),
  status: "final",
  code: { text: "potassium" },
  ...(subject && { subject }),
  ...more,
})
const ref = (reference: string) => ({ reference })
const bundle = (type: string, entry: readonly object[], more: object = {}) => ({
  resourceType: "Bundle",
  type,
  entry,
  ...more,
})
const post = (resource: { resourceType: string }, fullUrl?: string) => ({
  ...(fullUrl !== undefined && { fullUrl }),
  resource,
  request: { method: "POST", url: resource.resourceType },
})
const transaction = (...entry: object[]) => bundle("transaction", entry)

describe("importer: what comes in", () => {
  let custodians: FreshCustodians
  let city: TestCustodian
  before(async () => {
    custodians = await FreshCustodians.start()
  })
  after(() => custodians.end())
  beforeEach(() => {
    city = custodians.make()
  })

  const from = (source: string, ...resources: unknown[]): Promise<ImportSummary> =>
    city.importer.importAll(resources.map((one, i) => ({ input: bytes(one), where: `${i}`, source })))
  const put = (...resources: unknown[]) => from("house", ...resources)
  const names = async () => {
    const found: string[] = []
    for (const { fhirId, handle } of await city.vault.patients()) {
      const one = await newestPatient(city.vault, fhirId)
      const [name] = (one?.name ?? []) as { family?: string }[]
      const types = (await city.vault.log(handle)).map(({ type, operation }) =>
        operation === "delete" ? "-" : type,
      )
      found.push(`${name?.family}: ${types.join(" ")}`)
    }
    return found
  }
  const reasons = ({ refused }: ImportSummary) => refused.map(({ reason }) => reason)
  const unfiled = async () =>
    (await city.vault.unfiled(0, 100)).map(({ type, reference }) => `${type}: ${reference}`)
  const newest = async (type: string, id: string) => {
    const record = city.vault.newest(type, id)
    assert.ok(record)
    return parseJson(fromUtf8((await city.vault.content(record)).content)) as JsonObject
  }

  const ANN = patient("1", "Ann", [mrn("1")])
  const annAt = (base: string) => ({ fullUrl: `${base}/Patient/1`, resource: ANN })
  const BY_NUMBER = { identifier: { system: mrn("1").system, value: " 1" } }

  for (const [comment, patients, subject, more] of [
    [
      "an address at the server that the patient came from",
      bundle("searchset", [annAt(NORTH)]),
      ref(`${NORTH}/Patient/1`),
    ],
    ["a version at that server", bundle("searchset", [annAt(NORTH)]), ref(`${NORTH}/Patient/1/_history/3`)],
    [
      "an address with a version in the patient's own",
      bundle("collection", [{ ...annAt(NORTH), fullUrl: `${NORTH}/Patient/1/_history/2` }]),
      ref(`${NORTH}/Patient/1`),
    ],
    ["a urn of another file", transaction(post(patient(undefined, "Ann", [mrn("1")]), URN)), ref(URN)],
    ["a urn that is the patient's id", patient(URN.slice(9), "Ann", [mrn("1")]), ref(URN)],
    ["a number alone, with spaces", ANN, BY_NUMBER],
    ["a number alone, with a type", ANN, { ...BY_NUMBER, type: "Patient" }],
    ["a relative one", ANN, ref("Patient/1")],
  ] as [string, object, object, object?][])
    for (const order of ["patient first", "patient last"])
      it(`${comment} reaches the patient (${order})`, async () => {
        const inputs = [patients, observation("o", subject, more)]
        if (order === "patient last") inputs.reverse()
        for (const input of inputs) assert.deepEqual(reasons(await put(input)), [])
        assert.deepEqual(await names(), ["Ann: Patient Observation"])
        assert.deepEqual(await unfiled(), [])
        const { subject: stored } = (await newest("Observation", "o")) as { subject: JsonObject }
        const [{ fhirId }] = await city.vault.patients()
        const version = /\/_history\/.*$/.exec(String((subject as JsonObject).reference))?.[0] ?? ""
        assert.equal(stored.reference, `Patient/${fhirId}${version}`)
        assert.deepEqual(stored.identifier, (subject as JsonObject).identifier)
        city = await custodians.restart()
        assert.deepEqual(await unfiled(), [])
      })

  it("an address stays as it was sent until its patient comes", async () => {
    const { unfiled: listed } = await put(observation("o", ref(`${NORTH}/Patient/1`)))
    assert.deepEqual(listed, [{ where: "0", resource: "Observation/o", reference: `${NORTH}/Patient/1` }])
    assert.deepEqual((await newest("Observation", "o")).subject, { reference: `${NORTH}/Patient/1` })
    // Another server's Patient/1, and one of no server, are other people.
    await put(
      bundle("searchset", [{ ...annAt("https://south.example/fhir") }]),
      patient("1", "Bob", [mrn("2")]),
    )
    assert.deepEqual(await names(), ["Ann: Patient", "Bob: Patient"])
  })

  describe("a patient by a number alone", () => {
    const alone = (identifier: object, more: object = {}) => observation("o", { identifier, ...more })
    for (const [comment, patients, input, reason] of [
      ["of nobody, in a transaction", [], transaction(post(alone(mrn("9")))), ["no_match"]],
      ["of nobody, on its own: it waits", [], alone(mrn("9")), []],
      ["of nobody, in a batch: it waits", [], bundle("batch", [post(alone(mrn("9")))]), []],
      [
        "of two",
        [
          patient("a", "Ann", [mrn("1")], { birthDate: "1950-01-01" }),
          patient("b", "Bob", [mrn("1")], { birthDate: "1960-01-01" }),
        ],
        transaction(post(alone(mrn("1")))),
        ["several_matches"],
      ],
      [
        "that is not trusted",
        [patient("a", "Ann", [licence("1")])],
        transaction(post(alone(licence("1")))),
        ["identifier_not_trusted"],
      ],
      [
        "that the patient has no more",
        [patient("a", "Ann", [mrn("1")]), patient("a", "Ann", [mrn("2")])],
        transaction(post(alone(mrn("1")))),
        ["no_match"],
      ],
    ] as [string, object[], object, string[]][])
      it(comment, async () => {
        await put(...patients)
        const said = await put(input)
        assert.deepEqual(reasons(said), reason)
        assert.equal(said.unfiled.length, reason.length === 0 ? 1 : 0)
        assert.ok((await names()).every((one) => !one.includes("Observation")))
      })
    it("in the same transaction, whatever the number is worth", async () => {
      await put(transaction(post(alone(licence("1"))), post(patient(undefined, "Ann", [licence("1")]))))
      assert.deepEqual(await names(), ["Ann: Observation Patient"])
    })
    it("one that waits is filed with no second who has the number, nor with who is not trusted by it", async () => {
      await put(alone(licence("1")), patient("a", "Ann", [licence("1")]))
      assert.deepEqual(await names(), ["Ann: Patient"])
      assert.deepEqual(await unfiled(), [`Observation: identifier ${licence("1").system}|1`])
    })
    describe("in the resource itself", () => {
      const within = (patientHere: object, more: object = {}) =>
        observation("o", ref("#p"), {
          contained: [{ resourceType: "Patient", id: "p", ...patientHere }],
          ...more,
        })
      const ann = { identifier: [mrn("1")], name: [{ family: "Ann", given: ["Kim"] }] }
      for (const [comment, contained, isFiled] of [
        ["a trusted number of one patient", ann, true],
        ["the number alone", { identifier: [mrn(" 1")] }, true],
        ["the number, and another number that is nobody's", { identifier: [mrn("1"), NHS] }, true],
        ["no number", { name: ann.name }, false],
        ["a number that is not trusted", { identifier: [licence("1")] }, false],
        ["the number with another birth date", { ...ann, birthDate: "1999-09-09" }, false],
        ["the number with another name", { ...ann, name: [{ family: "Zoe" }] }, false],
        ["numbers of two patients", { identifier: [mrn("1"), { ...NHS, value: "9876543210" }] }, false],
      ] as [string, object, boolean][])
        for (const order of comment.includes("two patients") ? ["first"] : ["first", "last"])
          it(`${comment} (patient ${order}): ${isFiled ? "its patient's" : "listed"}`, async () => {
            const patients = [
              patient("1", "Ann", [mrn("1"), licence("1")], { birthDate: "1950-01-01" }),
              patient("2", "Bob", [{ ...NHS, value: "9876543210" }]),
            ]
            const inputs = [...patients, within(contained)]
            if (order === "last") inputs.unshift(...inputs.splice(2))
            for (const input of inputs) assert.deepEqual(reasons(await put(input)), [])
            assert.equal((await unfiled()).length, isFiled ? 0 : 1)
            assert.equal((await names()).join().includes("Ann: Patient Observation"), isFiled)
            assert.ok((await names()).every((one) => !/Bob.*Observation/.test(one)))
            if (!isFiled) return
            // What stands in it stays as it was sent, and is referred to still (dom-3).
            const { subject, contained: kept } = (await newest("Observation", "o")) as Record<
              string,
              JsonObject
            >
            assert.deepEqual(kept, [{ resourceType: "Patient", id: "p", ...contained }])
            assert.equal(subject.reference, "Patient/1")
            assert.match(JSON.stringify(subject.extension), /alternate-reference.*"#p"/)
            assert.equal((await put(within(contained))).resources, 0)
          })
    })
    it("a performer by a number is nobody's subject", async () => {
      const said = await put(
        ANN,
        observation("o", ref("Patient/1"), { performer: [{ identifier: mrn("77") }] }),
      )
      assert.deepEqual([said.unfiled, reasons(said)], [[], []])
    })
  })

  describe("a patient by reference and by number, which contradict each other", () => {
    const BOB = patient("2", "Bob", [mrn("2"), licence("2")])
    const both = (reference: string, identifier: object, more: object = {}) => ({
      ...ref(reference),
      identifier,
      ...more,
    })
    const of = (type: string, element: string, subject: unknown) => ({
      resourceType: type,
      id: "o",
      [element]: subject,
    })
    const wrong = both("Patient/1", mrn("2"))
    for (const [comment, resource] of [
      ["subject", observation("o", wrong)],
      ["subject, written otherwise", observation("o", both("Patient/1", mrn(" 2 ")))],
      ...["Patient", "http://hl7.org/fhir/StructureDefinition/Patient", "Device"].map((type) => [
        `subject, with the type ${type}`,
        observation("o", { ...wrong, type }),
      ]),
      ["subject, by an address", observation("o", both(`${NORTH}/Patient/3`, mrn("2")))],
      [
        "subject, by a condition",
        observation("o", both(`Patient?identifier=${mrn("1").system}|1`, mrn("2"))),
      ],
      ["a performer", observation("o", ref("Patient/1"), { performer: [both("Patient/1", mrn("2"))] })],
      ["patient", of("AllergyIntolerance", "patient", wrong)],
      ["beneficiary", of("Coverage", "beneficiary", wrong)],
      ["for", of("Task", "for", wrong)],
      ["individual", of("ResearchSubject", "individual", wrong)],
      ["one of several subjects", of("Account", "subject", [ref("Patient/1"), wrong])],
      ["an actor inside", of("Appointment", "participant", [{ actor: wrong, status: "accepted" }])],
      ["a type outside of the compartment", of("Device", "patient", wrong)],
      [
        "a Patient in the resource itself",
        observation("o", both("#p", mrn("2")), {
          contained: [{ resourceType: "Patient", id: "p", identifier: [mrn("1")] }],
        }),
      ],
      [
        "a Patient in the resource itself as another reference to the same",
        observation(
          "o",
          {
            ...ref("Patient/1"),
            extension: [
              {
                url: "http://hl7.org/fhir/StructureDefinition/alternate-reference",
                valueReference: ref("#p"),
              },
            ],
          },
          { contained: [{ resourceType: "Patient", id: "p", identifier: [mrn("2")] }] },
        ),
      ],
    ] as [string, { resourceType: string; id: string }][])
      it(`${comment}: refused, and named`, async () => {
        const third = patient("3", "Cat", [mrn("3")])
        await put(ANN, BOB, bundle("searchset", [{ fullUrl: `${NORTH}/Patient/3`, resource: third }]))
        const people = await names()
        const alone = await put(resource)
        assert.deepEqual(reasons(alone), ["patient_unclear"])
        assert.match(alone.refused[0].detail, /Patient\/[13]\b.*\| ?2 .*Patient\/2/)
        const kept = await put(
          bundle("collection", [{ resource }, { resource: observation("p", ref("Patient/1")) }]),
        )
        assert.deepEqual([reasons(kept), kept.resources], [["patient_unclear"], 1])
        const whole = await put(transaction(post(observation(undefined, ref("Patient/1"))), post(resource)))
        assert.deepEqual([reasons(whole), whole.resources], [["patient_unclear"], 0])
        assert.deepEqual(await names(), [
          people[0].replace("Patient", "Patient Observation"),
          ...people.slice(1),
        ])
        assert.deepEqual(await unfiled(), [])
      })
    it("in one transaction with both Patients", async () => {
      const said = await put(
        transaction(post(ANN, URN), post(BOB), post(observation(undefined, both(URN, mrn("2"))))),
      )
      assert.deepEqual([reasons(said), await names()], [["patient_unclear"], []])
    })
    for (const [comment, subject, patients] of [
      ["the number is the patient's", both("Patient/1", mrn("1"))],
      ["nobody has the number", both("Patient/1", mrn("9"))],
      ["the number is not trusted", both("Patient/1", licence("2"))],
      ["the number is over", both("Patient/1", { ...mrn("2"), use: "old" })],
      ["its period is over", both("Patient/1", { ...mrn("2"), period: { end: "2001-01-01" } })],
      ["the other has it no more", both("Patient/1", mrn("2")), [patient("2", "Bob", [mrn("3")])]],
      ["both have the number", both("Patient/1", mrn("1")), [patient("2", "Bob", [mrn("1"), mrn("2")])]],
      [
        "more than eight have the number",
        both("Patient/1", mrn("2")),
        [
          ...[..."abcdefghi"].map((id) =>
            patient(id, `F${id}`, [mrn("2")], { birthDate: `19${id.charCodeAt(0)}` }),
          ),
        ],
      ],
    ] as [string, object, object[]?][])
      it(`${comment}: no contradiction`, async () => {
        await put(ANN, BOB, ...(patients ?? []))
        assert.deepEqual(reasons(await put(observation("o", subject))), [])
        assert.equal(
          (await names()).find((one) => one.startsWith("Ann")),
          "Ann: Patient Observation",
        )
      })
    it("a practitioner's number beside a practitioner is nobody's", async () => {
      const performer = [both("Practitioner/x", mrn("2"))]
      assert.deepEqual(reasons(await put(ANN, BOB, observation("o", ref("Patient/1"), { performer }))), [])
    })
    it("what waits for one is not filed with that one where the number is another's", async () => {
      await put(BOB)
      assert.deepEqual(reasons(await put(observation("o", wrong))), [])
      await put(ANN)
      assert.deepEqual(await names(), ["Bob: Patient", "Ann: Patient"])
      assert.deepEqual(await unfiled(), ["Observation: Patient/1"])
      assert.deepEqual(reasons(await put(observation("o", wrong, { status: "amended" }))), [
        "patient_unclear",
      ])
      await put(observation("o", both("Patient/1", mrn("1"))))
      assert.deepEqual(await names(), ["Bob: Patient", "Ann: Patient Observation"])
      assert.deepEqual(await unfiled(), [])
    })
    it("a document waits whole, or is refused whole", async () => {
      const composition = { resourceType: "Composition", id: "c", status: "final", subject: wrong }
      const document = bundle("document", [{ resource: composition }], { id: "d" })
      await put(BOB, document, ANN)
      assert.deepEqual(await names(), ["Bob: Patient", "Ann: Patient"])
      assert.deepEqual((await unfiled()).sort(), ["Bundle: Patient/1", "Composition: Patient/1"])
      city = custodians.make()
      assert.deepEqual(reasons(await put(BOB, ANN, document)), ["patient_unclear"])
    })
    it("also where both come at once after it; what is the number's own is filed", async () => {
      const right = { ...observation("p", both("Patient/1", mrn("1"))) }
      await put(observation("o", wrong), right, bundle("searchset", [{ resource: ANN }, { resource: BOB }]))
      assert.deepEqual(await names(), ["Ann: Patient Observation", "Bob: Patient"])
      assert.deepEqual(await unfiled(), ["Observation: Patient/1"])
    })
  })

  it("a temporary id that two creates had leads to neither; a real one counts again", async () => {
    const create = (name: string, number: string) => transaction(post(patient("1", name, [mrn(number)])))
    await put(create("Ann", "1"))
    assert.deepEqual(reasons(await put(observation("o", ref("Patient/1")))), [])
    await put(create("Bob", "2"))
    const said = await put(observation("p", ref("Patient/1")))
    assert.deepEqual([reasons(said), said.unfiled.length], [[], 1])
    assert.deepEqual(await unfiled(), ["Observation: Patient/1"])
    assert.equal((await put(observation("p", ref("Patient/1")))).resources, 0)
    assert.deepEqual(reasons(await put(transaction(post(observation(undefined, ref("Patient/1")))))), [
      "ambiguous_reference",
    ])
    assert.deepEqual(await names(), ["Ann: Patient Observation", "Bob: Patient"])
    const real = await put(patient("1", "Bob", [mrn("2")], { active: true }))
    assert.deepEqual(real.filed, [{ resource: "Observation/p", reference: "Patient/1" }])
    assert.deepEqual(await names(), ["Ann: Patient Observation", "Bob: Patient Patient Observation"])
    assert.deepEqual(await unfiled(), [])
    city = custodians.make()
    await put(transaction(post(patient("1", "Ann", [mrn("1")])), post(patient("1", "Bob", [mrn("2")]))))
    assert.deepEqual((await put(observation("p", ref("Patient/1")))).unfiled.length, 1)
  })

  it("a condition never changes, nor swallows, what stands with another patient", async () => {
    const numbered = (subject: string, more: object = {}) =>
      observation(undefined, ref(subject), { identifier: [{ system: "urn:lab", value: "1" }], ...more })
    await from("a", ANN, transaction(post(numbered("Patient/1"))))
    await from("b", patient("2", "Bob", [mrn("2")]))
    const where = "identifier=urn:lab|1"
    const update = (resource: object) => ({
      resource,
      request: { method: "PUT", url: `Observation?${where}` },
    })
    const create = (resource: object) => ({
      resource,
      request: { method: "POST", url: "Observation", ifNoneExist: where },
    })
    for (const entry of [update(numbered("Patient/2")), create(numbered("Patient/2"))])
      assert.deepEqual(reasons(await from("b", transaction(entry))), ["other_patient"])
    assert.deepEqual(await names(), ["Ann: Patient Observation", "Bob: Patient"])
    const amended = await from("a", transaction(update(numbered("Patient/1", { status: "amended" }))))
    assert.deepEqual([reasons(amended), amended.resources], [[], 1])
    assert.equal((await from("a", transaction(create(numbered("Patient/1"))))).existing, 1)
  })

  it("an id that was made here means the same, whatever a source uses it for", async () => {
    await from("a", transaction(post(patient(undefined, "Ann", [mrn("1")]))))
    const [{ fhirId }] = await city.vault.patients()
    await from("b", patient(fhirId, "Bob", [mrn("2")]))
    await from("c", observation("o", ref(`Patient/${fhirId}`)))
    assert.deepEqual(await names(), ["Ann: Patient Observation", "Bob: Patient"])
  })

  it("equal bytes of a third source are compared with every source that sent them", async () => {
    const same = observation("1", ref("Patient/77"))
    await from("a", patient("77", "Ann", [mrn("1")]), same)
    await from("b", patient("77", "Bob", [mrn("2")]), same)
    await from("c", patient("77", "Ann", [mrn("1")]))
    assert.equal((await from("c", same)).duplicates, 1)
    assert.deepEqual(await names(), ["Ann: Patient Observation", "Bob: Patient Observation"])
  })

  it("a Patient with a server's address and the same without one are one person, in either order", async () => {
    const one = patient("p", "Ann", [{ system: "https://a.example/internal", value: "1" }], {
      birthDate: "1950-01-01",
    })
    const { name: _name, ...nameless } = one
    const atServer = (resource: object) => bundle("collection", [{ fullUrl: `${NORTH}/Patient/p`, resource }])
    for (const who of [one, nameless])
      for (const inputs of [
        [who, atServer(who)],
        [atServer(who), who],
      ]) {
        city = custodians.make()
        await put(...inputs)
        assert.equal((await city.vault.patients()).length, 1)
      }
    // A name alone is not enough where the address says that it may be another server's; nor is nothing at all.
    const ann = patient("p", "Ann")
    for (const who of [ann, { resourceType: "Patient", id: "p" }])
      for (const inputs of [
        [who, atServer(who)],
        [atServer(who), who],
      ]) {
        city = custodians.make()
        await put(...inputs)
        assert.equal((await city.vault.patients()).length, 2)
        const again = await put(...inputs)
        assert.deepEqual([again.duplicates, (await city.vault.patients()).length], [2, 2])
      }
  })

  describe("what a source has deleted, with a server's address or without one", () => {
    const deleted = (fullUrl?: string) =>
      bundle("history", [
        { ...(fullUrl && { fullUrl }), request: { method: "DELETE", url: "Observation/o" } },
      ])
    const AT = `${NORTH}/Observation/o`
    const served = bundle("searchset", [
      { fullUrl: AT, resource: observation("o", ref("Patient/1")) },
      annAt(NORTH),
    ])
    for (const [name, before, deletion, refused] of [
      ["sent and deleted without one", [ANN, observation("o", ref("Patient/1"))], deleted(), []],
      ["sent and deleted with one", [served], deleted(AT), []],
      [
        "sent without, deleted with one",
        [ANN, observation("o", ref("Patient/1"))],
        deleted(AT),
        ["deletion_unclear"],
      ],
      ["sent with, deleted without one, where there is one server", [served], deleted(), []],
      ["never sent", [ANN], deleted(AT), []],
    ] as const)
      it(name, async () => {
        await put(...before)
        assert.deepEqual(reasons(await put(deletion)), refused)
        const places = await city.vault.newestPlaces("Observation", "o")
        const stands = places.some(({ operation }) => operation !== "delete")
        assert.equal(stands, refused.length > 0)
      })
  })

  describe("a record with a server's address and the same without one", () => {
    for (const [name, one, other] of [
      [
        "another drug by reference",
        { medicationReference: ref("Medication/w") },
        { medicationReference: ref("Medication/a") },
      ],
      [
        "a time and a period",
        { effectiveDateTime: "2024-01-01" },
        { effectivePeriod: { start: "2024-01-02" } },
      ],
      [
        "another instant",
        { effectiveInstant: "2024-01-01T00:00:00Z" },
        { effectiveInstant: "2024-01-02T00:00:00Z" },
      ],
      ["another day of making", { created: "2024-01-01" }, { created: "2024-01-02" }],
      ["another relative", { relationship: { text: "mother" } }, { relationship: { text: "father" } }],
      [
        "another file",
        { content: [{ attachment: { title: "a" } }] },
        { content: [{ attachment: { title: "b" } }] },
      ],
    ] as const)
      it(`${name}: two records`, async () => {
        await put(ANN, observation("o", ref("Patient/1"), one))
        const at = `${NORTH}/Observation/o`
        await put(
          bundle("searchset", [
            { fullUrl: at, resource: observation("o", ref("Patient/1"), other) },
            annAt(NORTH),
          ]),
        )
        assert.equal((await newest("Observation", "o")).status, "final")
        assert.equal(await city.vault.newestVersion("Observation", "o"), 1)
      })
    const ann = patient("1", "Ann", [mrn("1")])
    const o = observation("o", ref("Patient/1"))
    const report = {
      resourceType: "DiagnosticReport",
      id: "r",
      status: "final",
      code: { text: "x" },
      subject: ref("Patient/1"),
      result: [ref("Observation/o")],
    }
    const north = (...all: { resourceType: string; id?: string }[]) =>
      bundle(
        "collection",
        all.map((resource) => ({ fullUrl: `${NORTH}/${resource.resourceType}/${resource.id}`, resource })),
      )
    for (const [comment, inputs] of [
      ["lone ones first", [ann, o, north(ann as never, { ...o, status: "amended" } as never)]],
      ["lone ones last", [north(ann as never, o as never), ann, { ...o, status: "amended" }]],
      [
        "before its patient in the bundle",
        [ann, o, north({ ...o, status: "amended" } as never, ann as never)],
      ],
    ] as [string, object[]][])
      it(`are one: ${comment}`, async () => {
        const said: ImportSummary[] = []
        for (const input of inputs) said.push(await put(input))
        assert.ok(said.every(({ renamed }) => renamed === 0))
        assert.deepEqual(await names(), ["Ann: Patient Observation Observation"])
        await put(north(ann as never, report))
        assert.deepEqual((await newest("DiagnosticReport", "r")).result, [{ reference: "Observation/o" }])
      })
    it("what refers to it by the server's name finds it, in the same patient's record alone", async () => {
      await put(ann, o)
      assert.deepEqual((await put(north(ann as never, report))).unresolved, [])
      assert.deepEqual((await newest("DiagnosticReport", "r")).result, [{ reference: "Observation/o" }])
      const bob = patient("2", "Bob", [mrn("2")])
      const other = { ...report, id: "s", subject: ref("Patient/2") }
      assert.deepEqual((await put(north(bob as never, other))).unresolved, ["Observation/o"])
    })
    for (const [comment, more] of [
      ["another patient's", { subject: ref("Patient/2") }],
      ["nobody's", { subject: undefined }],
      ["of another code", { code: { text: "sodium" } }],
      ["of another day", { effectiveDateTime: "2020-01-02" }],
    ] as [string, object][])
      it(`are two: ${comment}`, async () => {
        const bob = patient("2", "Bob", [mrn("2")])
        await put(ann, bob, { ...o, effectiveDateTime: "2020-01-01" })
        const second = await put(north(ann as never, bob as never, { ...o, ...more } as never))
        assert.equal(second.renamed, 1)
        assert.deepEqual((await newest("Observation", "o")).status, "final")
        assert.equal(city.vault.newest("Observation", "o")?.version, 1)
      })
    it("of what stands with nobody everything is compared", async () => {
      const doctor = (family: string) => ({ resourceType: "Practitioner", id: "d", name: [{ family }] })
      await put(doctor("Who"))
      assert.equal((await put(north(doctor("Who")))).unchanged, 1)
      city = custodians.make()
      await put(doctor("Who"))
      assert.equal((await put(north(doctor("No")))).renamed, 1)
    })
  })

  it("inputs again, one of them overtaken and its id another's by now, make nobody a second time", async () => {
    const inputs = [patient("x", "John", [mrn("1")]), patient("x", "John", [mrn("1")], { active: true })]
    const amy = patient("x", "Amy", [mrn("2")])
    await put(...inputs, amy)
    await put(...inputs, amy)
    assert.equal((await city.vault.patients()).length, 2)
  })

  describe("bundles are taken apart as their type means", () => {
    for (const type of ["searchset", "collection"])
      it(`${type}: relative references belong to the server of their entry`, async () => {
        const of = (base: string, name: string, number: string) => [
          { fullUrl: `${base}/Observation/o`, resource: observation("o", ref("Patient/1")) },
          { fullUrl: `${base}/Patient/1`, resource: patient("1", name, [mrn(number)]) },
        ]
        await put(bundle(type, [...of(NORTH, "Ann", "1"), ...of("https://south.example", "Bob", "2")]))
        assert.deepEqual(await names(), ["Ann: Observation Patient", "Bob: Observation Patient"])
      })

    it("one entry that is wrong takes none of the others with it", async () => {
      const said = await put(bundle("collection", [annAt(NORTH), { resource: { resourceType: "Nonsense" } }]))
      assert.deepEqual([said.resources, reasons(said)], [1, ["unknown_type"]])
    })

    const version = (status: string, lastUpdated: string, subject = "Patient/1") => ({
      resource: observation("o", ref(subject), { status, meta: { lastUpdated } }),
      request: { method: "PUT", url: "Observation/o" },
    })
    const ended = {
      request: { method: "DELETE", url: "Observation/o" },
      response: { lastModified: "2024-01-03" },
    }
    it("history: every version, the oldest first; again it is nothing new", async () => {
      await put(ANN)
      const all = [version("amended", "2024-01-02"), version("final", "2024-01-01")]
      assert.equal((await put(bundle("history", all))).resources, 1)
      assert.deepEqual(await names(), ["Ann: Patient Observation Observation"])
      assert.equal((await newest("Observation", "o")).status, "amended")
      const again = await put(bundle("history", all, { total: 2 }))
      assert.deepEqual([again.resources, again.unchanged], [0, 2])
      const more = await put(bundle("history", [ended, ...all]))
      assert.deepEqual(reasons(more), [])
      const [{ handle }] = await city.vault.patients()
      assert.equal((await city.vault.log(handle)).at(-1)?.operation, "delete")
      assert.equal((await put(bundle("history", [ended, ...all], { total: 3 }))).resources, 0)
    })
    it("history: versions about two patients end with the first of them", async () => {
      await put(ANN, patient("2", "Bob", [mrn("2")]))
      await put(
        bundle("history", [version("final", "2024-01-02", "Patient/2"), version("final", "2024-01-01")]),
      )
      assert.deepEqual(await names(), ["Ann: Patient Observation -", "Bob: Patient Observation"])
    })
    it("history: what was made and deleted in it stands nowhere", async () => {
      await put(ANN, bundle("history", [ended, version("final", "2024-01-01")]))
      assert.deepEqual(await names(), ["Ann: Patient Observation -"])
      assert.deepEqual(await unfiled(), [])
    })

    const composition = (subject: object | undefined) => ({
      resource: { resourceType: "Composition", id: "c", status: "final", ...(subject && { subject }) },
    })
    const document = (...entry: object[]) => bundle("document", entry, { id: "d" })
    it("document: whole in its patient's record, its resources beside it; the whole is as it came", async () => {
      const whole = document(
        composition(ref("Patient/1")),
        { resource: ANN },
        { resource: observation("o", ref("Patient/1")) },
      )
      await put(whole)
      assert.deepEqual(await names(), ["Ann: Bundle Composition Patient Observation"])
      const { meta: _meta, ...stored } = await newest("Bundle", "d")
      assert.deepEqual(JSON.parse(JSON.stringify(stored)), whole)
      assert.equal((await put(whole)).duplicates, 1)
    })
    it("document: what came before its patient is filed, whole, when that comes", async () => {
      await put(document(composition(ref("Patient/1")), { resource: observation("o", ref("Patient/1")) }))
      assert.equal((await unfiled()).length, 3)
      await put(ANN)
      assert.deepEqual([...(await names())[0].split(" ")].sort(), [
        "Ann:",
        "Bundle",
        "Composition",
        "Observation",
        "Patient",
      ])
      assert.deepEqual(await unfiled(), [])
    })
    it("document: of two patients, without a subject, it is nobody's, and listed", async () => {
      await put(
        document(composition(undefined), { resource: ANN }, { resource: patient("2", "Bob", [mrn("2")]) }),
      )
      assert.deepEqual((await unfiled()).sort(), ["Bundle: no patient", "Composition: no patient"])
    })
    it("document: one resource that is refused refuses it all", async () => {
      const said = await put(document({ resource: ANN }, { resource: { resourceType: "Nonsense" } }))
      assert.deepEqual([said.resources, reasons(said)], [0, ["unknown_type"]])
      assert.deepEqual(await names(), [])
    })

    it("message: its header stands with the patient in its focus", async () => {
      const header = {
        resource: { resourceType: "MessageHeader", id: "m", focus: [ref(`${NORTH}/Patient/1`)] },
      }
      await put(bundle("message", [header, annAt(NORTH)]))
      assert.deepEqual(await names(), ["Ann: MessageHeader Patient"])
    })
  })

  describe("NDJSON", () => {
    const lines = (text: string, firstLine = 1) =>
      city.importer.importAll([{ input: utf8(text), where: "x.ndjson", source: "house", firstLine }])
    it("each line on its own; a bad one is named by its line, and ends nothing", async () => {
      const [ann, o] = [JSON.stringify(ANN), JSON.stringify(observation("o", ref("Patient/1")))]
      const said = await lines(`\ufeff${o}\r\n\r\n{"resourceType":\n${ann}\n[]\n`, 11)
      assert.deepEqual(
        said.refused.map(({ reason, detail }) => [reason, detail.slice(0, 7)]),
        [
          ["bad_json", "line 13"],
          ["no_resource", "line 15"],
        ],
      )
      assert.deepEqual(await names(), ["Ann: Observation Patient"])
      assert.equal((await lines(`${ann}\n`)).unchanged, 1)
      assert.equal((await lines(`${ann}\n`)).duplicates, 1)
    })
    it("nothing but empty lines is nothing", async () => {
      assert.deepEqual((await lines("\n \r\n")).refused, [])
    })
  })

  describe("what belongs to nobody is listed, until it is filed or ended, also after a restart", () => {
    const of = (subject: object, type = "Observation", element = "subject") => ({
      resourceType: type,
      id: "o",
      [element]: subject,
    })
    for (const [resource, is] of [
      [observation("o", undefined), "no patient"],
      [of({ display: "Ann Kim" }), "a name alone"],
      [of({ extension: [] }), "no patient"],
      [of(ref("")), "no patient"],
      [of(ref("OPA-Patient1")), "OPA-Patient1"],
      [of(ref("Patient/TEST_PATIENT")), "Patient/TEST_PATIENT"],
      [of(ref("urn:patient-1")), "urn:patient-1"],
      [of(ref(URN)), URN],
      [of(ref("Group/g")), "Group/g"],
      [of(ref("https://x.example/Patient/1")), "https://x.example/Patient/1"],
      [of({ identifier: mrn("9") }), `identifier ${mrn("9").system}|9`],
      [of({ identifier: [mrn("9")] }), "no patient"],
      [{ ...of(ref("#p")), contained: [{ resourceType: "Patient", id: "p" }] }, "#p (contained)"],
      [of(ref("https://x.example/Patient/1"), "Device", "patient"), "https://x.example/Patient/1"],
      [of({ identifier: mrn("9"), type: "Patient" }, "Device", "patient"), `identifier ${mrn("9").system}|9`],
      [{ resourceType: "Provenance", id: "o", agent: [{ who: ref("Patient/1") }] }, "Patient/1"],
    ] as [{ resourceType: string; id: string }, string][])
      it(`${resource.resourceType}: ${is}`, async () => {
        const said = await put(resource)
        assert.deepEqual(said.unfiled, [
          { where: "0", resource: `${resource.resourceType}/o`, reference: is },
        ])
        city = await custodians.restart()
        assert.deepEqual(await unfiled(), [`${resource.resourceType}: ${is}`])
        await put(ANN, {
          ...observation("o", ref("Patient/1")),
          resourceType: resource.resourceType,
          patient: ref("Patient/1"),
          target: [ref("Patient/1")],
        })
        assert.deepEqual(await unfiled(), [])
      })
    for (const resource of [
      { resourceType: "Organization", id: "o" },
      { resourceType: "Schedule", id: "o", actor: [ref("Practitioner/p")] },
      { resourceType: "Group", id: "o", member: [{ entity: ref("Practitioner/p") }] },
      { resourceType: "Provenance", id: "o", target: [ref("Organization/1")] },
    ])
      it(`not ${resource.resourceType}, which names no patient`, async () => {
        assert.deepEqual((await put(resource)).unfiled, [])
        assert.deepEqual(await unfiled(), [])
      })
    it("what a history ends is no more listed", async () => {
      await put(observation("o", undefined))
      await put(bundle("history", [{ request: { method: "DELETE", url: "Observation/o" } }]))
      assert.deepEqual(await unfiled(), [])
    })
  })

  describe("who a record stands with is never lost by what comes later", () => {
    it("what waits by one reference and names its subject in words stays listed when that one comes", async () => {
      const plan = {
        resourceType: "CarePlan",
        id: "c",
        subject: ref("OPA"),
        extension: [{ url: "http://a", valueReference: ref("Patient/1") }],
      }
      for (const inputs of [
        [plan, ANN],
        [ANN, plan],
      ]) {
        city = custodians.make()
        for (const input of inputs) assert.deepEqual((await put(input)).filed, [])
        assert.equal((await unfiled()).length, 1)
      }
    })

    it("a version that names nobody is refused, where the one before stands with a patient", async () => {
      await put(ANN, observation("o", ref("Patient/1")))
      for (const subject of [undefined, ref(URN), { identifier: mrn("9") }, { display: "Ann" }])
        assert.deepEqual(reasons(await put(observation("o", subject))), ["patient_unclear"])
      const batch = await put(
        bundle("collection", [{ resource: ANN }, { resource: observation("o", undefined) }]),
      )
      assert.match(batch.refused[0].detail, /^entry 1: Observation\/o stands with a patient/)
      assert.deepEqual(await names(), ["Ann: Patient Observation"])
      assert.deepEqual(await unfiled(), [])
      // One that says whose it is instead takes effect.
      await put(patient("2", "Bob", [mrn("2")]), observation("o", ref("Patient/2")))
      assert.deepEqual(await names(), ["Ann: Patient Observation -", "Bob: Patient Observation"])
    })

    it("a document's urn of a Patient who has an id means the same in files of their own", async () => {
      const composition = { resourceType: "Composition", id: "c", status: "final", subject: ref(URN) }
      const entry = [{ resource: composition }, { fullUrl: URN, resource: ANN }]
      await put(bundle("document", entry, { id: "d" }))
      const said = await put({ ...composition, status: "amended" })
      assert.deepEqual([reasons(said), said.unfiled], [[], []])
      assert.deepEqual(await names(), ["Ann: Bundle Composition Patient Composition"])
    })

    it("150 versions that waited all come", async () => {
      const of = (i: number) => observation("o", ref("Patient/1"), { note: [{ text: `${i}` }] })
      await put(...Array.from({ length: 150 }, (_, i) => of(i)), ANN)
      const [{ handle }] = await city.vault.patients()
      assert.equal(await city.vault.logSize(handle), 151)
      assert.deepEqual(await unfiled(), [])
    })
    it("what stands with a patient and names another one who is not here belongs to somebody", async () => {
      const father = { other: ref("Patient/f"), type: "seealso" }
      const coverage = { resourceType: "Coverage", id: "c", status: "active", beneficiary: ref("Patient/1") }
      const said = await put(
        { ...ANN, link: [father] },
        { ...coverage, subscriber: ref("Patient/f"), payor: [] },
        observation("o", ref("Patient/1"), { performer: [ref("Patient/f")] }),
      )
      assert.deepEqual([said.unfiled, await unfiled()], [[], []])
      const { possibleDuplicates } = await put(patient("f", "Father", [mrn("9")]))
      assert.equal(possibleDuplicates, 0)
    })
    it("a Patient whose source says that another one took its place: they may be one", async () => {
      await put(ANN, patient("2", "Ann-Marie", [mrn("2")]))
      const replaced = { other: ref("Patient/2"), type: "replaced-by" }
      assert.equal((await put({ ...ANN, active: false, link: [replaced] })).possibleDuplicates, 1)
      assert.equal((await put({ ...ANN, link: [replaced] })).possibleDuplicates, 0)
    })
    it("every version that waited stands in the patient's history", async () => {
      const of = (status: string) => observation("o", ref("Patient/1"), { status })
      await put(of("preliminary"), of("final"), ANN)
      assert.deepEqual(await names(), ["Ann: Patient Observation Observation"])
      const [{ handle }] = await city.vault.patients()
      const statuses: string[] = []
      for (const record of (await city.vault.log(handle)).slice(1))
        statuses.push(
          (JSON.parse(fromUtf8((await city.vault.content(record)).content)) as { status: string }).status,
        )
      assert.deepEqual(statuses, ["preliminary", "final"])
      // Also where the last of them comes with the patient; where it came before, it comes once.
      for (const waited of [["preliminary"], ["preliminary", "final"]]) {
        city = custodians.make()
        await put(...waited.map(of), bundle("searchset", [{ resource: of("final") }, { resource: ANN }]))
        assert.deepEqual(await names(), ["Ann: Patient Observation Observation"])
        assert.deepEqual(await unfiled(), [])
      }
    })
  })

  describe("a urn that another file gave to something", () => {
    const ENCOUNTER_URN = "urn:uuid:00000000-0000-4000-8000-00000000000e"
    const encounter = { resourceType: "Encounter", id: "e", status: "finished", subject: ref("Patient/1") }
    const document = bundle("document", [
      {
        resource: {
          resourceType: "Composition",
          id: "c",
          status: "final",
          subject: ref(URN),
          encounter: ref(ENCOUNTER_URN),
        },
      },
      { fullUrl: URN, resource: ANN },
      { fullUrl: ENCOUNTER_URN, resource: encounter },
    ])
    const created = transaction(post(ANN, URN), post({ ...encounter, id: undefined } as never, ENCOUNTER_URN))
    for (const [comment, of] of [
      ["in a document", document],
      ["in a transaction, by a create", created],
    ] as const)
      for (const order of ["before", "after"])
        it(`${comment} that came ${order} it`, async () => {
          const o = observation("o", ref("Patient/1"), { encounter: ref(ENCOUNTER_URN) })
          if (order === "after") assert.deepEqual((await put(ANN, o)).unresolved, [ENCOUNTER_URN])
          await put(of)
          assert.deepEqual((await put(o)).unresolved, [])
          const { encounter: stored } = (await newest("Observation", "o")) as { encounter: JsonObject }
          assert.match(String(stored.reference), /^Encounter\//)
          assert.ok(city.vault.newest("Encounter", String(stored.reference).slice(10)))
          assert.equal((await put(o)).duplicates, 1)
        })
    it("leads to nothing that stands with another patient, and to nothing when two were called so", async () => {
      await put(document, patient("2", "Bob", [mrn("2")]))
      const about = (id: string) => observation("o", ref(`Patient/${id}`), { encounter: ref(ENCOUNTER_URN) })
      assert.deepEqual((await put(about("2"))).unresolved, [ENCOUNTER_URN])
      assert.deepEqual((await from("elsewhere", ANN, about("1"))).unresolved, [ENCOUNTER_URN])
      const again = bundle("document", [
        { resource: { resourceType: "Composition", id: "x", status: "final", subject: ref("Patient/1") } },
        { fullUrl: ENCOUNTER_URN, resource: { ...encounter, id: "f" } },
      ])
      await put(again)
      assert.deepEqual(
        (await put(observation("p", ref("Patient/1"), { encounter: ref(ENCOUNTER_URN) }))).unresolved,
        [ENCOUNTER_URN],
      )
    })
  })

  describe("one import of several files that say something of the same", () => {
    const of = (status: string) => observation("o", ref("Patient/1"), { status })
    /** As the command sends them: the name is over all of it. */
    const together = (name: string, ...resources: unknown[]) =>
      city.importer.importAll(
        resources.map((one, i) => ({
          input: bytes(one),
          where: `${i}`,
          source: "house",
          run: { name, position: i, takenAt: i },
        })),
      )
    const status = async () => [
      city.vault.newest("Observation", "o")?.version,
      (await newest("Observation", "o")).status,
    ]

    it("the very same again stores nothing", async () => {
      const search = bundle("searchset", [
        { resource: of("registered") },
        { resource: observation(undefined, ref("Patient/9")) },
      ])
      const files = [ANN, search, of("preliminary"), of("final")]
      await together("a", ...files)
      assert.deepEqual(await status(), [3, "final"])
      const said = await together("a", ...files)
      assert.deepEqual([said.resources, said.duplicates, said.unchanged], [0, 3, 2])
      assert.deepEqual(await status(), [3, "final"])
    })
    it("the very same again stores nothing, where two files are equal and something of them waits", async () => {
      const search = bundle("searchset", [
        { resource: of("registered") },
        { resource: observation("w", ref("Patient/9")) },
      ])
      const files = [ANN, search, of("preliminary"), of("final"), search]
      await together("a", ...files)
      assert.deepEqual(await status(), [4, "registered"])
      for (let time = 0; time < 2; time++) assert.equal((await together("a", ...files)).resources, 0)
      assert.deepEqual(await status(), [4, "registered"])
    })
    it("what is sent once more, for what had not come, reverts none that came meanwhile", async () => {
      const search = bundle("searchset", [
        { resource: of("registered") },
        { resource: observation("p", ref(URN)) },
      ])
      const files = [ANN, search, of("final")]
      await together("a", ...files)
      const again = {
        input: bytes(search),
        where: "1",
        source: "house",
        run: { name: "a", position: 1, takenAt: 3 },
      }
      assert.equal((await city.importer.importAll([again])).resources, 0)
      await together("a", ...files)
      assert.deepEqual(await status(), [2, "final"])
    })
    it("an older one of them alone, on purpose, is taken; then all of them say again what they say", async () => {
      const files = [ANN, of("preliminary"), of("final")]
      await together("a", ...files)
      assert.equal((await together("b", of("preliminary"))).resources, 1)
      assert.deepEqual(await status(), [3, "preliminary"])
      assert.equal((await together("a", ...files)).resources, 1)
      assert.deepEqual(await status(), [4, "final"])
      // Without a word of which import it is.
      assert.equal((await put(of("preliminary"))).resources, 1)
      assert.deepEqual(await status(), [5, "preliminary"])
    })
    it("what came in between from elsewhere is reverted by all of them", async () => {
      const files = [ANN, of("preliminary"), of("final")]
      await together("a", ...files)
      await put(of("amended"))
      await together("a", ...files)
      assert.equal((await status())[1], "final")
      assert.equal((await together("a", ...files)).resources, 0)
    })
    it("in another order, or with one file more, it is another import", async () => {
      await together("a", ANN, of("preliminary"), of("final"))
      await together("b", ANN, of("final"), of("preliminary"))
      assert.equal((await status())[1], "preliminary")
      assert.equal((await together("b", ANN, of("final"), of("preliminary"))).resources, 0)
    })
  })

  it("an entry that a search repeats is one; one that says something else is refused alone", async () => {
    const o = { resource: observation("o", ref("Patient/1")) }
    const said = await put(
      bundle("searchset", [
        annAt(NORTH),
        { ...annAt(NORTH), search: { mode: "include" } },
        { ...o, fullUrl: `${NORTH}/Observation/o` },
      ]),
    )
    assert.deepEqual([said.resources, reasons(said)], [2, []])
    city = custodians.make()
    const other = await put(
      bundle("collection", [{ resource: ANN }, { resource: { ...ANN, active: true } }, o]),
    )
    assert.deepEqual([other.resources, reasons(other)], [2, ["duplicate_entry"]])
  })

  it("a condition by a number that is not trusted finds, again, whom this very input made", async () => {
    const number = [licence("FT-1")]
    const first = transaction(
      {
        ...post({ resourceType: "Patient", identifier: number } as { resourceType: string }, URN),
        request: { method: "POST", url: "Patient", ifNoneExist: `identifier=${licence("").system}|FT-1` },
      },
      post(observation(undefined, ref(URN))),
      {
        resource: { resourceType: "Practitioner", id: "p", active: true },
        request: { method: "PUT", url: "Practitioner/p" },
      },
    )
    for (const input of [first, { resourceType: "Practitioner", id: "p", active: false }, first])
      await put(input)
    assert.deepEqual(await names(), ["undefined: Patient Observation"])
  })

  it("what its source has not brought waits, whoever else calls somebody so", async () => {
    await from("north", ANN)
    assert.equal((await from("south", observation("o", ref("Patient/1")))).unfiled.length, 1)
    assert.deepEqual(await names(), ["Ann: Patient"])
    await from("south", patient("1", "Bob", [mrn("2")]))
    assert.deepEqual(await names(), ["Ann: Patient", "Bob: Patient Observation"])
  })
})
