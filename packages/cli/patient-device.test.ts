import assert from "node:assert/strict"
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, it } from "node:test"
import type { PatientPlace, PersonTold } from "@aceso/client"
import { fromHex } from "@aceso/core"
import { makeGenesis } from "@aceso/ledger/testing/network.ts"
import { PatientDevice } from "./patient-device.ts"
import { UsageError } from "./session.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aceso-device-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const { signed } = makeGenesis()
const file = () => join(folder, "people", "mei.json")
const place = (n: number): PatientPlace => ({
  ...{ custodian: `hospital-${n}`, handle: new Uint8Array(32).fill(n), keyNumber: 1 },
  url: `https://hospital-${n}.example`,
})
const told = (more: Partial<PersonTold> = {}): PersonTold => ({
  ...place(1),
  ...{
    action: "enrolKey",
    memberKey: new Uint8Array(32),
    auditEntries: 0,
    name: "Lin Mei",
    birthDate: "1970-01-31",
  },
  ...more,
})
const custodians = (device: PatientDevice) => device.read()?.places.map(({ custodian }) => custodian)

describe("a patient's device as a folder", () => {
  it("remembers whom it joined, under the name by which the other commands find it, and one seed", () => {
    const device = new PatientDevice(file())
    assert.equal(device.read(), undefined)
    const seed = device.seed()
    device.remember(place(1), told(), signed)
    device.remember(place(2), told({ name: "Lin, M." }), signed)
    const { name, nameEn, birthDate, seedFile, node } = device.read() ?? assert.fail()
    assert.deepEqual([name, nameEn, birthDate, node], ["mei", "Lin Mei", "1970-01-31", place(1).url])
    assert.deepEqual(custodians(device), ["hospital-1", "hospital-2"])
    assert.deepEqual(fromHex(readFileSync(seedFile, "utf8").trim()), seed)
    assert.equal(statSync(seedFile).mode & 0o777, 0o600)
    assert.deepEqual(new PatientDevice(file()).seed(), seed)
    assert.deepEqual(new PatientDevice(file()).genesis(), signed)
  })

  it("takes a place back that came to nothing, and none that it had before", () => {
    const device = new PatientDevice(file())
    const takeBack = device.remember(place(1), told(), signed)
    assert.deepEqual(custodians(device), ["hospital-1"])
    takeBack()
    assert.deepEqual(custodians(device), [])
    device.remember(place(1), told(), signed)
    device.remember(place(2), told(), signed)()
    assert.deepEqual(custodians(device), ["hospital-1"])
    // Perhaps an answer was lost the first time.
    device.remember(place(1), told(), signed)()
    assert.deepEqual(custodians(device), ["hospital-1"])
  })

  it("keeps what the custodian has not recorded, and what is too long, in a form that is read again", () => {
    const device = new PatientDevice(file())
    device.remember(place(1), told({ name: "𠮷".repeat(100), birthDate: "1970" }), signed)
    assert.equal(device.read()?.nameEn, "𠮷".repeat(50))
    rmSync(file())
    const { name: _, birthDate: __, ...nothing } = told()
    device.remember(place(1), nothing, signed)
    assert.deepEqual([device.read()?.nameEn, device.read()?.birthDate], ["(not told)", "(not told)"])
  })

  it("has as many places as its file holds", () => {
    const device = new PatientDevice(file())
    for (let n = 0; n < 64; n++) device.remember(place(n), told(), signed)
    assert.throws(() => device.remember(place(64), told(), signed), { code: "too_many_places" })
    device.remember(place(63), told(), signed)
    assert.equal(device.read()?.places.length, 64)
  })

  it("goes by no seed that is none", () => {
    const device = new PatientDevice(file())
    device.seed()
    writeFileSync(join(folder, "patients", "mei", "seed"), "abcd\n")
    assert.throws(() => device.seed(), { code: "bad_file" })
  })

  for (const wrong of ["mei.json", "people/Mei.json", "people/mei", "people/.json", "people/../mei.json"])
    it(`is not ${wrong}`, () => {
      assert.throws(() => new PatientDevice(join(folder, wrong)), UsageError)
      assert.equal(existsSync(join(folder, "people")), false)
    })
})
