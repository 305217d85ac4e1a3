import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { type ShownPatient, StaffClient } from "@aceso/client"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { compareBytes, encodeCbor, fromHex, PlatformError, randomBytes, utf8 } from "@aceso/core"
import { importModule } from "../import/module.ts"
import type { StaffMember } from "../node/staff.ts"
import { routeOf } from "../testing/declared.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-people-"))
const ESC = "\u001b[2J\u202e"
let network: DemoNetwork
let doctor: StaffClient
let administrator: StaffClient

const mrn = (value: string) => ({ system: "https://city.example/mrn", value })
const licence = { system: "https://city.example/licence", value: "S1" }
const patients = [
  {
    id: "a",
    identifier: [mrn("A-1"), licence],
    name: [{ text: "Anna Müller" }],
    birthDate: "1950-01-02",
    gender: "female",
  },
  {
    id: "b",
    identifier: [mrn("B-2"), licence],
    name: [{ text: "Bo Miller" }],
    birthDate: "1950-01-02",
    gender: "male",
  },
  { id: "c", identifier: [mrn("C-3")], name: [{ family: "王", given: ["小芳"] }] },
  { id: "d", name: [{ text: `${ESC}Drawing${"x".repeat(500)}` }], birthDate: "1960", gender: "?" },
  { id: "e" },
]

before(async () => {
  network = await DemoNetwork.open({ folder, port: 0 })
  const { url } = network.node("city-hospital").services.config
  const seedOf = (name: string) =>
    fromHex(JSON.parse(readFileSync(join(folder, "people", `${name}.json`), "utf8")).seed)
  administrator = new StaffClient(url, seedOf("city-admin"))
  let pairs = 0
  for (const one of patients) {
    const input = utf8(JSON.stringify({ resourceType: "Patient", ...one }))
    pairs += (await administrator.import(input, "a file", { source: new Uint8Array(32) })).possibleDuplicates
  }
  assert.equal(pairs, 1)
  doctor = new StaffClient(url, seedOf("city-doctor"))
})
after(async () => {
  await network.close()
  rmSync(folder, { recursive: true })
})

const fhirIds = (all: readonly ShownPatient[]) => all.map(({ fhirId }) => fhirId)
const code = (expected: string) => (error: unknown) =>
  error instanceof PlatformError && error.code === expected

describe("/staff/import and /staff/unfiled", () => {
  for (const reference of ["", "\ufeffPatient/1", "x".repeat(600), "\u0000", " "])
    it(`answer whatever a reference says: ${JSON.stringify(reference.slice(0, 20))}`, async () => {
      const subject = { reference }
      const resource = { resourceType: "Observation", status: "final", code: { text: "x" }, subject }
      const said = await administrator.import(utf8(JSON.stringify(resource)), "odd", {
        source: randomBytes(32),
      })
      assert.equal(said.counts.refused + said.counts.unfiled, 1)
      const { unfiled } = await administrator.unfiled()
      assert.equal(said.counts.unfiled === 0 || unfiled.length > 0, true)
    })
})

describe("/staff/patients", () => {
  it("shows name, birth date, sex and record number of the newest version", async () => {
    const shown = (await doctor.patients()).patients
    assert.deepEqual(
      shown.map(({ fhirId, name, birthDate, sex, recordNumber, records }) => ({
        fhirId,
        name: name?.slice(0, 20),
        birthDate,
        sex,
        recordNumber,
        records,
      })),
      [
        {
          fhirId: "a",
          name: "Anna Müller",
          birthDate: "1950-01-02",
          sex: "female",
          recordNumber: "A-1",
          records: 1,
        },
        {
          fhirId: "b",
          name: "Bo Miller",
          birthDate: "1950-01-02",
          sex: "male",
          recordNumber: "B-2",
          records: 1,
        },
        {
          fhirId: "c",
          name: "王小芳",
          birthDate: undefined,
          sex: undefined,
          recordNumber: "C-3",
          records: 1,
        },
        {
          fhirId: "d",
          name: `${ESC}Drawing${"x".repeat(8)}`,
          birthDate: "1960",
          sex: "?",
          recordNumber: undefined,
          records: 1,
        },
        {
          fhirId: "e",
          name: undefined,
          birthDate: undefined,
          sex: undefined,
          recordNumber: undefined,
          records: 1,
        },
      ],
    )
    for (const { name = "" } of shown) assert.ok(name.length <= 200)
  })

  it("by pages: each patient once, and an end", async () => {
    const seen: string[] = []
    let after: number | undefined = 0
    for (let page = 0; after !== undefined && page < 10; page++) {
      const answer = await doctor.patients({ after, limit: 2 })
      assert.ok(answer.patients.length <= 2)
      seen.push(...fhirIds(answer.patients))
      after = answer.next
    }
    assert.deepEqual(seen, ["a", "b", "c", "d", "e"])
    assert.equal(after, undefined)
  })

  const searches: readonly (readonly [string, readonly string[]])[] = [
    ["muller", ["a"]],
    ["MÜLLER anna", ["a"]],
    ["1950-01-02", ["a", "b"]],
    ["1950-01-02 bo", ["b"]],
    ["王小", ["c"]],
    ["c3", ["c"]],
    ["anna miller", []],
    ["S1", []],
    ["   ", []],
    ["' OR 1=1 --", []],
  ]
  for (const [search, found] of searches)
    it(`search "${search}"`, async () => {
      const { patients: all, next } = await doctor.patients({ search })
      assert.deepEqual([fhirIds(all), next], [found, undefined])
    })

  it("one by the alias", async () => {
    const [, bo] = (await doctor.patients()).patients
    assert.deepEqual((await doctor.patients({ alias: bo.alias })).patients, [bo])
    assert.deepEqual((await doctor.patients({ alias: "nobody" })).patients, [])
  })

  it("bounds what is asked", async () => {
    for (const question of [
      { limit: 0 },
      { limit: 501 },
      { search: "" },
      { search: "x".repeat(201) },
      { alias: "" },
      { alias: "person-1", search: "Bo" },
    ])
      await assert.rejects(doctor.patients(question), code("bad_input"), JSON.stringify(question))
    await assert.rejects(doctor.duplicates({ limit: 0 }), code("bad_input"))
  })

  it("goes on without what is damaged", async () => {
    const { vault } = network.node("city-hospital").services
    const record = vault.newest("Patient", "c")
    assert.ok(record)
    const { content } = await vault.content(record)
    vault.overwrite(record, utf8("{}"))
    const { patients: all } = await doctor.patients()
    vault.overwrite(record, content)
    assert.deepEqual(fhirIds(all), ["a", "b", "c", "d", "e"])
    assert.equal(all[2].name, undefined)
  })

  it("is for the organisation's own people alone", async () => {
    const { url } = network.node("city-hospital").services.config
    await assert.rejects(new StaffClient(url, randomBytes(32)).patients(), code("not_permitted"))
    await assert.rejects(new StaffClient(url, randomBytes(32)).duplicates(), code("not_permitted"))
  })
})

describe("/staff/duplicates", () => {
  it("shows both, the one who was here before first, and why", async () => {
    const { duplicates, next } = await doctor.duplicates()
    const [{ first, second, reasons }] = duplicates
    assert.deepEqual([first.name, second.name, next], ["Anna Müller", "Bo Miller", undefined])
    assert.deepEqual([...reasons].sort(), [
      "other_identifier",
      "other_name",
      "other_sex",
      "shared_identifier",
    ])
    assert.deepEqual(await doctor.duplicates({ after: duplicates[0].number }), { duplicates: [] })
  })
  it("shows nothing of two who are joined through others, and shows it again when they are parted", async () => {
    const { vault } = network.node("city-hospital").services
    const [[{ first, second }], { patients: all }] = [
      (await doctor.duplicates()).duplicates,
      await doctor.patients(),
    ]
    const third = all.find(({ alias }) => alias !== first.alias && alias !== second.alias) as ShownPatient
    const shown = async () => (await doctor.duplicates()).duplicates.length
    const join = (one: ShownPatient, since: number, ended: number | null) => {
      const [a, b] = [one.handle, third.handle].sort(compareBytes)
      return { a, b, since, ended, content: encodeCbor(["anna", "one person", null, null]) }
    }
    const joins = [join(first, 1, null), join(second, 2, null)]
    for (const one of joins) await vault.addJoin(one)
    assert.equal(await shown(), 0)
    for (const one of joins) await vault.endJoin({ ...one, ended: 3 })
    assert.equal(await shown(), 1)
  })
})

describe("/staff/patients: birth dates", () => {
  it("are searched as they are recorded; another spelling is refused, for it would find nobody", async () => {
    assert.equal((await doctor.patients({ search: "1950-01-02" })).patients.length, 2)
    for (const search of [
      "1950/01/02",
      "02.01.1950",
      "anna 2.1.1950",
      "1950-1-2",
      "1950.1.2",
      "1950年1月2日",
    ])
      await assert.rejects(doctor.patients({ search }), code("bad_input"), search)
    // What is no date may be a number.
    for (const search of ["A-1", "19500102", "1.2", "12/3456"]) await doctor.patients({ search })
  })
})

describe("/staff/import", () => {
  it("takes sources as 32 bytes alone", async () => {
    const short = new Uint8Array(31)
    for (const origin of [{ source: short }, { source: new Uint8Array(33) }])
      await assert.rejects(administrator.import(utf8("{}"), "a file", origin), code("bad_input"))
  })

  it("takes any name of a file, which stands in no URL", async () => {
    const where = 'O\'Brien, Zoë (née \u202e"Müller") ?&#%.json'
    const { refused } = await administrator.import(utf8("{}"), where)
    assert.deepEqual(
      refused.map((one) => [one.where, one.reason]),
      [[where, "unknown_type"]],
    )
  })

  it("takes nothing into an organisation that keeps no records", async () => {
    const { services } = network.node("city-hospital")
    const [{ devices }] = services.staff.all
    const who = services.staff.byKey(devices[0].key) as StaffMember
    const body = encodeCbor({ where: "x", input: utf8(JSON.stringify({ resourceType: "Organization" })) })
    const before = await services.vault.recordCount()
    const member = await services.ledger.ownMember()
    for (const own of [
      { ...member, kind: "insurer", abilities: [] },
      { ...member, kind: "authority", abilities: ["votes", "validates"] },
      undefined,
    ]) {
      const ledger = Object.create(services.ledger, { ownMember: { value: async () => own } })
      const route = routeOf(importModule, { ...services, ledger }, "staff", "/staff/import")
      await assert.rejects(route.answerTo(body, who), code("keeps_no_records"))
    }
    assert.deepEqual(await services.vault.recordCount(), before)
  })
})
