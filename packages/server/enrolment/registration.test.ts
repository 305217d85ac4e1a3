import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { MAX_PHOTO_BYTES, type RegisterQuestion, registerQuestion } from "@aceso/client"
import { type JsonObject, parseJson, utf8 } from "@aceso/core"
import type { StaffMember } from "../node/staff.ts"
import { startLedger, TestCustodian, type TestLedger } from "../testing/custodian.ts"
import { mustServeDesk } from "./desk.ts"
import { Registration } from "./registration.ts"

const NOW = Date.UTC(2026, 10, 28, 12)
let ledger: TestLedger
let city: TestCustodian
let desk: Registration
before(async () => {
  ledger = await startLedger("city")
  city = new TestCustodian(ledger, "city")
  const config = { member: "city" } as never
  desk = new Registration({ config, vault: city.vault, importer: city.importer }, () => NOW)
})
after(async () => {
  await city.vault.close()
  await ledger.end()
})

const TABLE = "http://terminology.hl7.org/CodeSystem/v2-0203"
const PAPER_CODES = {
  ...{ "driving-licence": "DL", "insurance-card": "MB", "residence-permit": "PRC" },
  ...{ "birth-certificate": "BCT", passport: "PPN" },
} as const
const MRN = "https://city.example/mrn"
const person = (more: Partial<RegisterQuestion> = {}): RegisterQuestion => ({
  name: { family: "Lin", given: ["Mei"] },
  birthDate: "1970-01-31",
  sex: "female",
  identifiers: [],
  ...more,
})
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3)
const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1)
const passport = {
  type: "passport",
  number: "E12345678",
  system: "http://hl7.org/fhir/sid/passport-CHN",
  issuer: "Exit and Entry Administration, Shanghai",
  validUntil: "2030-05-01",
} as const

async function registered(question: RegisterQuestion) {
  const { registered: found } = await desk.register(question, "lin")
  assert.ok(found, "nobody was registered")
  return found
}
async function recordsOf(handle: Uint8Array): Promise<JsonObject[]> {
  const log = await city.vault.log(handle)
  return Promise.all(log.map(async (one) => parseJson((await city.vault.content(one)).content) as JsonObject))
}
const patients = async () => (await city.vault.patients()).length

describe("a person who is registered at the desk", () => {
  it("is a Patient of FHIR R4, found by name and number, enrolled without a key", async () => {
    const { handle, alias } = await registered(
      person({
        identifiers: [{ system: MRN, value: "A-1" }],
        name: { family: "Reis", given: ["Ana", "Lu"] },
      }),
    )
    const [patient, ...more] = await recordsOf(handle)
    assert.deepEqual(more, [])
    const { id: _, meta: __, ...rest } = patient
    assert.deepEqual(rest, {
      resourceType: "Patient",
      identifier: [{ system: MRN, value: "A-1" }],
      name: [{ use: "official", family: "Reis", given: ["Ana", "Lu"] }],
      gender: "female",
      birthDate: "1970-01-31",
    })
    const { patients: found } = await city.vault.searchPatients([["name reis"], ["born 1970-01-31"]], 0, 10)
    assert.deepEqual(
      found.map((one) => one.alias),
      [alias],
    )
    await city.committer.flush()
    assert.deepEqual(await city.differences(), [])
    assert.equal((await city.vault.patient({ handle }))?.hasKey, false)
  })

  it("has the document that was checked, who checked it, and a face that was compared with it", async () => {
    const question = person({ name: { family: "Okoye", given: [] }, document: passport, photo: JPEG })
    const { handle } = await registered(question)
    const all = await recordsOf(handle)
    const patient = all.find(({ resourceType }) => resourceType === "Patient") as JsonObject
    const provenance = all.find(({ resourceType }) => resourceType === "Provenance") as JsonObject
    const document = {
      use: "official",
      type: {
        coding: [
          {
            system: "http://terminology.hl7.org/CodeSystem/v2-0203",
            code: "PPN",
            display: "Passport number",
          },
        ],
      },
      system: passport.system,
      value: passport.number,
      period: { end: passport.validUntil },
      assigner: { display: passport.issuer },
    }
    assert.deepEqual(patient.identifier, [document])
    const [photo] = patient.photo as JsonObject[]
    assert.deepEqual(
      [photo.contentType, photo.title, photo.creation],
      [
        "image/jpeg",
        "taken at the desk and compared with Passport number E12345678",
        new Date(NOW).toISOString(),
      ],
    )
    assert.deepEqual([...Buffer.from(String(photo.data), "base64")], [...JPEG])
    assert.deepEqual(provenance.target, [{ reference: `Patient/${patient.id}` }])
    assert.equal(provenance.recorded, new Date(NOW).toISOString())
    const [agent] = provenance.agent as JsonObject[]
    assert.deepEqual(agent.who, { display: "lin, city" })
    assert.deepEqual(provenance.entity, [{ role: "source", what: { identifier: document } }])
  })

  it("has a PNG of the full size too", async () => {
    const photo = new Uint8Array(MAX_PHOTO_BYTES)
    photo.set(PNG)
    const question = person({ name: { family: "Png", given: [] }, document: passport, photo, evenSo: true })
    const [patient] = await recordsOf((await registered(question)).handle)
    const [found] = patient.photo as JsonObject[]
    assert.equal(found.contentType, "image/png")
  })

  const refused: readonly (readonly [comment: string, question: RegisterQuestion, says: RegExp])[] = [
    [
      "a photo of another kind",
      person({ document: passport, photo: utf8("GIF89a") }),
      /neither JPEG nor PNG/,
    ],
    ["a photo that nothing says whose it is", person({ photo: JPEG }), /whose face/],
    ["a day that does not exist", person({ birthDate: "1970-02-30" }), /birthDate: 1970-02-30 is no day/],
    ["a year that is none", person({ birthDate: "0170-01-01" }), /is no day/],
    ["a birth that is to come", person({ birthDate: "2026-12-24" }), /still to come/],
    [
      "a document until no day",
      person({ document: { ...passport, validUntil: "2030-13-01" } }),
      /validUntil/,
    ],
  ]
  for (const [comment, question, says] of refused)
    it(`is refused: ${comment}`, async () => {
      const before = await patients()
      await assert.rejects(async () => desk.register(question, "lin"), { code: "bad_input", message: says })
      assert.equal(await patients(), before)
    })

  const malformed: readonly (readonly [comment: string, change: object])[] = [
    ["a day in another form", { birthDate: "31.1.1970" }],
    ["a sex that FHIR does not have", { sex: "f" }],
    ["a name of two lines", { name: { family: "Lin\nMei", given: [] } }],
    ["a name that draws", { name: { family: "\u202eLin", given: [] } }],
    ["no name", { name: { given: [] } }],
    ["a system that is no URI", { identifiers: [{ system: "mrn", value: "1" }] }],
    ["numbers without end", { identifiers: Array(17).fill({ system: MRN, value: "1" }) }],
    ["a document that nobody knows", { document: { type: "library-card", number: "1" } }],
    ["a photo without end", { photo: new Uint8Array(MAX_PHOTO_BYTES + 1) }],
    ["an image of the document", { document: { ...passport, image: JPEG } }],
    ["a handle that the clerk chose", { handle: new Uint8Array(32) }],
  ]
  for (const [comment, change] of malformed)
    it(`is not even read: ${comment}`, () =>
      assert.throws(() => registerQuestion.parse({ ...person(), ...change }, "body"), { code: "bad_input" }))
})

describe("whoever may be here already", () => {
  /** Comes by an import, as whoever is here. */
  async function here(patient: object): Promise<string> {
    const id = `here-${await patients()}`
    await city.importer.import(utf8(JSON.stringify({ resourceType: "Patient", id, ...patient })), "test")
    const found = await city.vault.patient({ fhirId: id })
    assert.ok(found)
    return found.alias
  }

  const rows: readonly (readonly [
    comment: string,
    here: object,
    question: Partial<RegisterQuestion>,
    reasons: readonly string[] | "nobody",
    evenSo: "registered" | "refused",
  ])[] = [
    [
      "same name and birth date",
      { name: [{ family: "Abel", given: ["Jo"] }], birthDate: "1981-02-03" },
      { name: { family: "Abel", given: ["Jo"] }, birthDate: "1981-02-03" },
      ["same_name_and_date"],
      "registered",
    ],
    [
      "the same, with another case and marks",
      { name: [{ family: "BÄUMER", given: ["Eva"] }], birthDate: "1981-02-04" },
      { name: { family: "Baumer", given: ["eva"] }, birthDate: "1981-02-04" },
      ["same_name_and_date"],
      "registered",
    ],
    [
      "the same birth date, and one given name less",
      { name: [{ family: "Costa", given: ["Rita", "Maria"] }], birthDate: "1981-02-05" },
      { name: { family: "Costa", given: ["Rita"] }, birthDate: "1981-02-05" },
      ["same_name_and_date"],
      "registered",
    ],
    [
      "a birth date of which only the year is known",
      { name: [{ family: "Dorn", given: ["Ib"] }], birthDate: "1981" },
      { name: { family: "Dorn", given: ["Ib"] }, birthDate: "1981-02-06" },
      ["same_name_and_date"],
      "registered",
    ],
    [
      "a Chinese name without spaces",
      { name: [{ text: "欧阳娜娜" }], birthDate: "1981-02-07" },
      { name: { family: "欧阳", given: ["娜娜"] }, birthDate: "1981-02-07" },
      ["same_name_and_date"],
      "registered",
    ],
    [
      "the same trusted number, and all else fits: it is that one",
      { name: [{ family: "Evans" }], birthDate: "1981-02-08", identifier: [{ system: MRN, value: "E-8" }] },
      {
        name: { family: "Evans", given: [] },
        birthDate: "1981-02-08",
        identifiers: [{ system: MRN, value: "E-8" }],
      },
      ["same_identifier", "same_name_and_date"],
      "refused",
    ],
    [
      "the same trusted number, and another birth date",
      { name: [{ family: "Frey" }], birthDate: "1981-02-09", identifier: [{ system: MRN, value: "F-9" }] },
      {
        name: { family: "Gold", given: [] },
        birthDate: "1999-09-09",
        identifiers: [{ system: MRN, value: "F-9" }],
      },
      ["same_identifier", "other_birth_date", "other_name"],
      "registered",
    ],
    [
      "the same number, written with other signs",
      { name: [{ family: "Haas" }], birthDate: "1981-02-10", identifier: [{ system: MRN, value: "H 10" }] },
      {
        name: { family: "Igel", given: [] },
        birthDate: "1999-09-10",
        identifiers: [{ system: MRN, value: "h-10" }],
      },
      ["same_identifier", "other_birth_date", "other_name"],
      "registered",
    ],
    [
      "the same passport, which others get after that",
      {
        name: [{ family: "Jung" }],
        birthDate: "1981-02-11",
        identifier: [{ system: passport.system, value: "E777" }],
      },
      {
        name: { family: "Kern", given: [] },
        birthDate: "1999-09-11",
        document: { ...passport, number: "E777" },
      },
      ["shared_identifier", "other_birth_date", "other_name"],
      "registered",
    ],
    [
      "the same birth date, and the family name alone, as of twins",
      { name: [{ family: "Okafor", given: ["Ada"] }], birthDate: "1981-02-14" },
      { name: { family: "Okafor", given: ["Obi"] }, birthDate: "1981-02-14" },
      "nobody",
      "registered",
    ],
    [
      "the same identity card, whose numbers have no system",
      {
        name: [{ family: "Tang" }],
        birthDate: "1981-02-15",
        identifier: [{ type: { coding: [{ system: TABLE, code: "NI" }] }, value: "11010119750101123x" }],
      },
      {
        name: { family: "Uhl", given: [] },
        birthDate: "1999-09-15",
        document: { type: "national-id", number: "110101 19750101 123X" },
      },
      ["shared_identifier", "other_birth_date", "other_name"],
      "registered",
    ],
    [
      "the same identity card, of which another source knew the system alone",
      {
        ...{ name: [{ family: "Vogt" }], birthDate: "1981-02-16" },
        identifier: [{ system: "urn:oid:2.16.156.10011.1.3", value: "110101197501011616" }],
      },
      {
        name: { family: "Weil", given: [] },
        birthDate: "1999-09-16",
        document: { type: "national-id", number: "110101197501011616" },
      },
      ["shared_identifier", "other_birth_date", "other_name"],
      "registered",
    ],
    ...(
      ["driving-licence", "insurance-card", "residence-permit", "birth-certificate", "passport"] as const
    ).map(
      (type, i) =>
        [
          `the same ${type} without a system`,
          {
            ...{ name: [{ family: `Xu${i}` }], birthDate: `1981-05-0${i + 1}` },
            identifier: [
              { type: { coding: [{ system: TABLE, code: PAPER_CODES[type] }] }, value: `Q-7${i}5521` },
            ],
          },
          {
            name: { family: `Yu${i}`, given: [] },
            birthDate: `1999-05-0${i + 1}`,
            document: { type, number: `q7${i}5521` },
          },
          ["shared_identifier", "other_birth_date", "other_name"],
          "registered",
        ] as const,
    ),
    [
      "the number of another kind of paper",
      {
        name: [{ family: "Zorn" }],
        birthDate: "1981-02-17",
        identifier: [{ type: { coding: [{ system: TABLE, code: "NI" }] }, value: "770017" }],
      },
      {
        name: { family: "Adam", given: [] },
        birthDate: "1999-09-17",
        document: { type: "insurance-card", number: "770017" },
      },
      "nobody",
      "registered",
    ],
    [
      "a number that says that there is none",
      {
        name: [{ family: "Zimt" }],
        birthDate: "1981-02-18",
        identifier: [{ type: { coding: [{ system: TABLE, code: "NI" }] }, value: "unknown" }],
      },
      {
        name: { family: "Bach", given: [] },
        birthDate: "1999-09-18",
        document: { type: "national-id", number: "UNKNOWN" },
      },
      "nobody",
      "registered",
    ],
    ...(
      [
        ["吴海涛", "吴", ["海", "涛"]],
        ["吴 海 涛", "吴", ["海涛"]],
        ["吴 海 涛", "吴海涛", []],
        ["李明", "明", ["李"]],
        ["明李", "李明", []],
        ["李　明", "明李", []],
        ["欧阳娜", "娜", ["欧阳"]],
      ] as const
    ).map(
      ([text, family, given], i) =>
        [
          `${text}, and ${family} with ${given.join(" ")}`,
          { name: [{ text }], birthDate: `1981-06-0${i + 1}` },
          { name: { family, given: [...given] }, birthDate: `1981-06-0${i + 1}` },
          ["same_name_and_date"],
          "registered",
        ] as const,
    ),
    [
      "another name of the same characters' half",
      { name: [{ text: "李明" }], birthDate: "1981-07-01" },
      { name: { family: "李", given: ["红"] }, birthDate: "1981-07-01" },
      "nobody",
      "registered",
    ],
    [
      "another birth date alone",
      { name: [{ family: "Lang", given: ["Uwe"] }], birthDate: "1981-02-12" },
      { name: { family: "Lang", given: ["Uwe"] }, birthDate: "1982-02-12" },
      "nobody",
      "registered",
    ],
    [
      "another name alone",
      { name: [{ family: "Moor", given: ["Ida"] }], birthDate: "1981-02-13" },
      { name: { family: "Noll", given: ["Pia"] }, birthDate: "1981-02-13" },
      "nobody",
      "registered",
    ],
  ]
  for (const [comment, there, question, reasons, evenSo] of rows)
    it(`${comment}: ${reasons}, and even so ${evenSo}`, async () => {
      const alias = await here({ gender: "female", ...there })
      const count = await patients()
      const asked = person(question)
      if (reasons !== "nobody") {
        const answer = await desk.register(asked, "lin")
        assert.equal(answer.registered, null)
        assert.deepEqual(
          answer.alike.map((one) => [one.patient.alias, one.reasons]),
          [[alias, reasons]],
        )
        assert.equal(await patients(), count, "something was stored")
      }
      if (evenSo === "refused") {
        const again = { ...asked, evenSo: true }
        await assert.rejects(desk.register(again, "lin"), {
          code: "patient_here",
          message: new RegExp(alias),
        })
        assert.equal(await patients(), count, "something was stored")
        const found = await city.vault.patient({ alias })
        assert.equal(
          (await city.vault.log(found?.handle as Uint8Array)).length,
          1,
          "their record was changed",
        )
        return
      }
      const made = await registered(reasons === "nobody" ? asked : { ...asked, evenSo: true })
      assert.notEqual(made.alias, alias)
      assert.equal(await patients(), count + 1)
      const pair = await city.vault.duplicate(
        made.handle,
        (await city.vault.patient({ alias }))?.handle as Uint8Array,
      )
      assert.equal(pair?.state, reasons === "nobody" ? undefined : "open")
    })

  it("is registered once by two who do it at one moment", async () => {
    const question = person({ name: { family: "Zwei", given: ["Ed"] }, birthDate: "1981-03-01" })
    const both = await Promise.all(["lin", "wang"].map((by) => desk.register(question, by)))
    assert.deepEqual(both.map((one) => one.registered !== null).sort(), [false, true])
  })

  it("is looked at in a crowd, and not more than can be shown", async () => {
    for (let i = 0; i < 25; i++)
      await here({ name: [{ family: "Viele", given: ["Al"] }], birthDate: "1981-04-01" })
    const question = person({ name: { family: "Viele", given: ["Al"] }, birthDate: "1981-04-01" })
    assert.equal((await desk.register(question, "lin")).alike.length, 20)
  })
})

describe("who serves the desk", () => {
  const rows: readonly (readonly [comment: string, who: Partial<StaffMember>, may: boolean])[] = [
    ["a clerk", { role: "clerk" }, true],
    ["patient relations", { role: "patient-relations" }, true],
    ["an administrator without a role", { isAdministrator: true }, true],
    ["an administrator with another role", { isAdministrator: true, role: "doctor" }, true],
    ["a doctor", { role: "doctor" }, false],
    ["somebody without a role", {}, false],
  ]
  for (const [comment, who, may] of rows)
    it(`${comment}: ${may ? "yes" : "no"}`, () => {
      const one: StaffMember = { name: "x", key: new Uint8Array(32), isAdministrator: false, ...who }
      if (may) mustServeDesk(one)
      else assert.throws(() => mustServeDesk(one), { code: "not_permitted" })
    })
})
