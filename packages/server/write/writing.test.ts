import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { isClinicalRole, KNOWN_ROLES, StaffClient, type WriteQuestion } from "@aceso/client"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { recordLogs } from "@aceso/contracts"
import { encodeCbor, fromHex, PlatformError, publicKey, randomBytes, utf8 } from "@aceso/core"
import { HERE } from "../import/here.ts"

const folder = mkdtempSync(join(tmpdir(), "aceso-write-"))
const AT = "2026-05-01T10:00:00+08:00"
let network: DemoNetwork
let doctor: StaffClient
let administrator: StaffClient
const people: Record<string, StaffClient> = {}

const seedOf = (name: string) =>
  fromHex(JSON.parse(readFileSync(join(folder, "people", `${name}.json`), "utf8")).seed)
const code = (expected: string) => (error: unknown) =>
  error instanceof PlatformError && error.code === expected

before(async () => {
  network = await DemoNetwork.open({ folder, port: 0 })
  // Entries are counted below: none comes by chance.
  for (const { services } of network.nodes.values()) services.committer.dummyRate = 0
  const urlOf = (member: string) => network.node(member).services.config.url
  const city = urlOf("city-hospital")
  administrator = new StaffClient(city, seedOf("city-admin"))
  doctor = new StaffClient(city, seedOf("city-doctor"))
  people.insurer = new StaffClient(urlOf("insurer"), seedOf("insurer"))
  for (const role of ["nurse", "technician", "claims-officer", "researcher", "patient-relations"]) {
    const seed = randomBytes(32)
    await administrator.people.add({ name: `a-${role}`, key: publicKey(seed), isAdministrator: false, role })
    people[role] = new StaffClient(city, seed)
  }
  const clerk = randomBytes(32)
  await administrator.people.add({ name: "clerk", key: publicKey(clerk), isAdministrator: false })
  people.clerk = new StaffClient(city, clerk)
  // As another system calls them, under names of its own.
  for (const [source, family] of [
    ["aa", "Lin"],
    ["bb", "Zhou"],
  ]) {
    const patient = {
      resourceType: "Patient",
      id: "1",
      identifier: [{ system: "https://city.example/mrn", value: `M-${source}` }],
      name: [{ text: family }],
      birthDate: "1950-01-02",
    }
    const lab = {
      resourceType: "Observation",
      id: "lab",
      status: "final",
      code: { text: "x" },
      subject: { reference: "Patient/1" },
    }
    const bundle = {
      resourceType: "Bundle",
      type: "collection",
      entry: [{ resource: patient }, { resource: lab }],
    }
    const said = await administrator.import(utf8(JSON.stringify(bundle)), "a file", {
      source: fromHex(source.repeat(32)),
    })
    assert.deepEqual([said.refused, said.unfiled], [[], []])
  }
  await administrator.commit()
})
after(async () => {
  await network.close()
  rmSync(folder, { recursive: true })
})

const patientOf = async (name: string) => {
  const found = (await doctor.patients({ search: name })).patients.find((one) => one.name === name)
  assert.ok(found)
  return found
}
async function question(name: string, more: Partial<WriteQuestion> = {}): Promise<WriteQuestion> {
  const { alias, birthDate = null, recordNumber = null } = await patientOf(name)
  return {
    alias,
    shown: { name, birthDate, recordNumber },
    id: randomBytes(16),
    ...(more.mistake
      ? {}
      : { result: { code: "2823-3", at: AT, number: { value: "4.10", unit: "mmol/L" } } }),
    ...more,
  }
}
const note = (text: string) => ({ note: { type: "11506-3", at: AT, text }, result: undefined })

describe("who writes", () => {
  it("is somebody who treats patients, and nobody else", async () => {
    const outcomes: Record<string, string> = {}
    for (const [who, client] of Object.entries({ ...people, doctor, administrator }))
      outcomes[who] = await question("Lin")
        .then((asked) => client.write(asked))
        .then(
          () => "written",
          (error: unknown) => (error instanceof PlatformError ? error.code : String(error)),
        )
    assert.deepEqual(outcomes, {
      doctor: "written",
      nurse: "written",
      technician: "written",
      "claims-officer": "not_permitted",
      researcher: "not_permitted",
      "patient-relations": "not_permitted",
      clerk: "not_a_practitioner",
      administrator: "not_a_practitioner",
      insurer: "not_permitted",
    })
  })
  it("is decided by one table, which knows no role that it does not name", () => {
    assert.ok(KNOWN_ROLES.includes("doctor") && KNOWN_ROLES.includes("claims-officer"))
    for (const role of ["magician", "constructor", "", "Doctor"])
      assert.equal(isClinicalRole(role), false, role)
  })
})

describe("what is written", () => {
  it("stands in that patient's record and in no other, on the ledger, with who wrote it", async () => {
    const [lin, zhou] = [await patientOf("Lin"), await patientOf("Zhou")]
    const { engine, vault, config } = network.node("city-hospital").services
    const answer = await doctor.write(await question("Lin"))
    assert.ok(answer.height !== null)
    const row = await engine.read(recordLogs, [config.member, lin.handle])
    assert.equal(row?.size, answer.index + 1)
    const stored = (await vault.log(lin.handle)).find(({ index }) => index === answer.index)
    assert.ok(stored)
    const text = new TextDecoder().decode((await vault.content(stored)).content)
    for (const part of ['"value":4.10}', "city-hospital/city-doctor", `Patient/${lin.fhirId}`, AT])
      assert.ok(text.includes(part), part)
    const [, id] = answer.reference.split("/")
    assert.ok((await vault.log(zhou.handle)).every(({ fhirId }) => fhirId !== id))
    const history = await doctor.history([{ custodian: config.member, handle: lin.handle }], "TREAT", {
      alsoOwn: lin.handle,
    })
    const entry = history.timeline.find(({ sources }) => sources.some(({ index }) => index === answer.index))
    assert.match(String(entry?.value), /4\.10 mmol\/L/)
    assert.equal(entry?.sources[0].status, "verified")
  })

  it("is not from before the patient was born", async () => {
    const number = { value: "4.10", unit: "mmol/L" }
    const result = (at: string) => question("Lin", { result: { code: "2823-3", at, number } })
    for (const at of ["0026-05-01T10:00:00+08:00", "1800-05-01T10:00:00+08:00", "1949-12-30T10:00:00+08:00"])
      await assert.rejects(doctor.write(await result(at)), code("bad_input"), at)
    await doctor.write(await result("1950-01-02T00:00:00+08:00"))
    const problem = {
      problem: "Asthma",
      state: "active",
      verification: "confirmed",
      onset: "0001-01-01",
    } as const
    await assert.rejects(
      doctor.write(await question("Lin", { problem, result: undefined })),
      code("bad_input"),
    )
  })

  it("is written once, however often it is sent", async () => {
    const asked = await question("Lin")
    const first = await doctor.write(asked)
    assert.deepEqual(await doctor.write(asked), first)
    const both = await Promise.all([question("Lin"), question("Lin")])
    const [a, b] = await Promise.all(both.map((one) => doctor.write(one)))
    assert.notDeepEqual(a.recordId, b.recordId)
  })

  it("about whom the page did not show is refused, and nothing is stored", async () => {
    const { vault } = network.node("city-hospital").services
    const right = await question("Lin")
    const before = await vault.recordCount()
    const zhou = await question("Zhou")
    for (const shown of [
      { ...right.shown, name: "Zhou" },
      { ...right.shown, name: "lin" },
      { ...right.shown, name: null },
      { ...right.shown, birthDate: "1950-02-01" },
      { ...right.shown, recordNumber: null },
      zhou.shown,
    ])
      await assert.rejects(doctor.write({ ...right, shown }), code("patient_differs"))
    await assert.rejects(doctor.write({ ...right, alias: zhou.alias }), code("patient_differs"))
    await assert.rejects(doctor.write({ ...right, alias: "visitor-1" }), code("unknown_patient"))
    assert.deepEqual(await vault.recordCount(), before)
  })

  it("is refused where it does not fit its schema", async () => {
    const right = await question("Lin")
    const { url } = doctor
    assert.ok(url)
    for (const wrong of [
      { ...right, result: { ...right.result, at: "2026-05-01T10:00:00" } },
      { ...right, result: undefined },
      { ...right, more: 1 },
      { ...right, id: new Uint8Array(15) },
    ])
      await assert.rejects(doctor.write(wrong as never), code("bad_input"))
    await assert.rejects(doctor.write({ ...right, ...note("x".repeat(20_001)) }), code("bad_input"))
    assert.ok(encodeCbor((await question("Lin", note("一".repeat(20_000)))) as never).length < 128 * 1024)
    await doctor.write(await question("Lin", note("一".repeat(20_000))))
  })
})

describe("a correction", () => {
  it("is a new version of the record, and the one before stays", async () => {
    const first = await doctor.write(await question("Lin"))
    const replaces = { reference: first.reference, version: first.version }
    const result = { code: "2823-3", at: AT, number: { value: "4.1", unit: "mmol/L" } }
    const second = await people.nurse.write(await question("Lin", { result, replaces }))
    assert.deepEqual(
      [second.recordId, second.reference, second.version],
      [first.recordId, first.reference, first.version + 1],
    )
    // Somebody who saw the version before does not write over the one after.
    await assert.rejects(
      doctor.write(await question("Lin", { result, replaces })),
      code("record_changed_meanwhile"),
    )
    await assert.rejects(
      doctor.write(await question("Lin", { ...note("x"), replaces: { ...replaces, version: 2 } })),
      code("bad_input"),
    )
    const mistake = { reason: "taken from another tube" }
    const third = await doctor.write(
      await question("Lin", { mistake, replaces: { ...replaces, version: 2 } }),
    )
    const lin = await patientOf("Lin")
    const { timeline } = await doctor.history([{ custodian: "city-hospital", handle: lin.handle }], "TREAT", {
      alsoOwn: lin.handle,
    })
    const entry = timeline.find(({ sources }) => sources.some(({ index }) => index === third.index))
    assert.equal(entry?.marks[0].key, "entered-in-error")
    assert.equal(entry?.older.length, 2)
  })

  it("is found again when its answer was lost and it is sent again, also behind a newer one", async () => {
    const { reference, version } = await doctor.write(await question("Lin"))
    const result = { code: "2823-3", at: AT, number: { value: "4.2", unit: "mmol/L" } }
    const asked = await question("Lin", { result, replaces: { reference, version } })
    const first = await doctor.write(asked)
    assert.equal(first.version, version + 1)
    assert.deepEqual(await doctor.write(asked), first)
    const mistake = await question("Lin", {
      mistake: { reason: "another tube" },
      replaces: { reference, version: first.version },
    })
    const last = await doctor.write(mistake)
    assert.deepEqual(await doctor.write(mistake), last)
    assert.deepEqual(await doctor.write(asked), first)
    await assert.rejects(doctor.write({ ...asked, id: randomBytes(16) }), code("record_changed_meanwhile"))
  })

  it("stays about what the record is about", async () => {
    const allergy = {
      substance: "Penicillin",
      category: "medication",
      criticality: "high",
      verification: "confirmed",
    } as const
    const problem = { problem: "Asthma", state: "active", verification: "confirmed" } as const
    const hiv = { code: "75622-1", name: "HIV 1 and 2 tests", at: AT, words: "reactive" }
    const other = { ...hiv, code: "1742-6", name: "ALT" }
    const rows: readonly [was: Partial<WriteQuestion>, is: Partial<WriteQuestion>, says: RegExp | null][] = [
      [{}, { result: hiv }, /another measurement: mark this one as entered in error/],
      [{ result: other }, { result: { ...other, name: "HIV" } }, /another measurement/],
      [{ result: other }, { result: { ...other, words: "negative" } }, null],
      [
        note("x"),
        { note: { type: "18842-5", at: AT, text: "x" }, result: undefined },
        /another kind of note/,
      ],
      [
        { allergy, result: undefined },
        { allergy: { ...allergy, substance: "Latex" }, result: undefined },
        /another substance/,
      ],
      [
        { allergy, result: undefined },
        { allergy: { ...allergy, criticality: "low" }, result: undefined },
        null,
      ],
      [
        { problem, result: undefined },
        { problem: { ...problem, problem: "Gout" }, result: undefined },
        /another problem/,
      ],
      [{ problem, result: undefined }, { problem: { ...problem, code: "J45" }, result: undefined }, null],
      [
        { problem: { ...problem, code: "J45" }, result: undefined },
        { problem: { ...problem, code: "B20" }, result: undefined },
        /another problem/,
      ],
    ]
    for (const [was, is, says] of rows) {
      const { reference, version } = await doctor.write(await question("Lin", was))
      const asked = await question("Lin", { ...is, replaces: { reference, version } })
      if (says === null) assert.equal((await doctor.write(asked)).version, version + 1)
      else
        await assert.rejects(
          doctor.write(asked),
          (error) => code("bad_input")(error) && says.test((error as Error).message),
        )
    }
  })

  it("leaves what a laboratory added, or is refused where that would contradict it", async () => {
    const { importer, vault } = network.node("city-hospital").services
    const now = async (reference: string) => {
      const [type, id] = reference.split("/")
      const [place] = await vault.newestPlaces(type, id)
      const text = new TextDecoder().decode((await vault.content(place)).content)
      return { version: place.version, text, resource: JSON.parse(text) }
    }
    const updated = async (reference: string, more: object) => {
      const { meta: _meta, ...before } = (await now(reference)).resource
      const resource = { ...before, ...more }
      const entry = [{ resource, request: { method: "PUT", url: reference } }]
      const bundle = { resourceType: "Bundle", type: "transaction", entry }
      const input = utf8(JSON.stringify(bundle))
      const { refused } = await importer.importAll([{ input, where: "lis", source: HERE }])
      assert.deepEqual(refused, [])
      return (await now(reference)).version
    }
    const result = {
      ...{ code: "2823-3", at: AT, number: { value: "6.1", unit: "mmol/L" } },
      remark: "haemolysed",
    }
    const { reference } = await doctor.write(await question("Lin", { result }))
    const note = [{ text: "haemolysed" }, { text: "drip arm", time: AT }]
    const security = [{ system: "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", code: "R" }]
    const beside = { bodySite: { text: "left arm" }, specimen: { display: "venous blood" }, note }
    const ofValue = {
      interpretation: [{ text: "HH" }],
      referenceRange: [{ text: "3.5 to 5" }],
    }
    const version = await updated(reference, { ...beside, ...ofValue, meta: { security } })
    const correct = async (form: typeof result, version: number) =>
      people.nurse.write(await question("Lin", { result: form, replaces: { reference, version } }))
    await assert.rejects(
      correct({ ...result, number: { value: "3.9", unit: "mmol/L" } }, version),
      (error) =>
        code("bad_input")(error) &&
        /interpretation and referenceRange.*entered in error/.test((error as Error).message),
    )
    assert.equal((await now(reference)).version, version)
    await correct({ ...result, remark: "haemolysed a little" }, version)
    const { resource } = await now(reference)
    assert.deepEqual(
      { ...beside, ...ofValue },
      Object.fromEntries(
        [...Object.keys(beside), ...Object.keys(ofValue)].map((name) => [
          name,
          name === "note" ? [note[0], ...resource.note.slice(1)] : resource[name],
        ]),
      ),
    )
    assert.equal(resource.note[0].text, "haemolysed a little")
    assert.deepEqual(resource.meta.security, security)
    assert.deepEqual(
      resource.performer.map(({ display }: { display: string }) => display),
      ["city-doctor", "a-nurse"],
    )
    const mistake = await people.nurse.write(
      await question("Lin", { mistake: { reason: "no" }, replaces: { reference, version: version + 1 } }),
    )
    assert.deepEqual((await now(reference)).resource.meta.security, security)
    await assert.rejects(correct(result, mistake.version), code("bad_input"))
  })

  it("of an allergy or a problem says still who recorded it first, and when", async () => {
    const { vault } = network.node("city-hospital").services
    const problem = { problem: "Asthma", state: "active", verification: "confirmed" } as const
    const allergy = {
      substance: "Latex",
      category: "environment",
      criticality: "low",
      verification: "confirmed",
    } as const
    const rows: readonly [was: Partial<WriteQuestion>, is: Partial<WriteQuestion>][] = [
      [{ allergy }, { allergy: { ...allergy, reaction: "rash" } }],
      [{ problem }, { problem: { ...problem, state: "resolved" } }],
    ]
    for (const [was, is] of rows) {
      const first = await doctor.write(await question("Lin", { ...was, result: undefined }))
      const replaces = { reference: first.reference, version: first.version }
      await people.nurse.write(await question("Lin", { ...is, result: undefined, replaces }))
      const [type, id] = first.reference.split("/")
      const said = [first.version, first.version + 1].map(async (version) => {
        const stored = vault.ofVersion(type, id, version)
        assert.ok(stored)
        return JSON.parse(new TextDecoder().decode((await vault.content(stored)).content))
      })
      const [one, two] = await Promise.all(said)
      assert.equal(one.recorder.display, "city-doctor")
      assert.deepEqual([two.recorder, two.recordedDate], [one.recorder, one.recordedDate])
      // Who corrected it stands beside.
      assert.equal(two.note.at(-1).authorReference.display, "a-nurse")
    }
  })

  it("of two at once one comes too late", async () => {
    const first = await doctor.write(await question("Lin"))
    const replaces = { reference: first.reference, version: 1 }
    const both = await Promise.all([question("Lin", { replaces }), question("Lin", { replaces })])
    const outcomes = await Promise.allSettled(both.map((one) => doctor.write(one)))
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"])
  })

  it("of what another system made, of another patient's, or of nothing is refused", async () => {
    const { vault } = network.node("city-hospital").services
    const lin = await patientOf("Lin")
    const lab = (await vault.log(lin.handle)).find(({ type }) => type === "Observation")
    const wrong = { mistake: { reason: "no" } }
    const of = async (name: string, reference: string) =>
      doctor.write(await question(name, { ...wrong, replaces: { reference, version: 1 } }))
    await assert.rejects(of("Lin", `Observation/${lab?.fhirId}`), code("not_written_here"))
    const mine = await doctor.write(await question("Lin"))
    await assert.rejects(of("Zhou", mine.reference), code("unknown_record"))
    await assert.rejects(of("Lin", "Observation/none"), code("unknown_record"))
    await assert.rejects(doctor.write(await question("Lin", wrong)), code("bad_input"))
  })
})
