import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import {
  type AccountPart,
  PatientClient,
  PatientEnrolment,
  type PatientPlace,
  post,
  StaffClient,
} from "@aceso/client"
import { handles } from "@aceso/contracts"
import {
  type Bytes,
  type Cbor,
  encodeCbor,
  fromHex,
  handleSeed,
  PAIRING_TAG,
  type PlatformError,
  publicKey,
  REKEY_MS,
  randomBytes,
  rowsAnswer,
} from "@aceso/core"
import { layout, readJson } from "./files.ts"
import { DemoNetwork } from "./network.ts"

const CITY = "city-hospital"

let folder: string
let network: DemoNetwork
let clerk: StaffClient
const faults: unknown[] = []
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-rekey-"))
  network = await DemoNetwork.open({ folder, port: 0, onFault: (_, error) => faults.push(error) })
  const seed = randomBytes(32)
  const lin = { name: "lin", key: publicKey(seed), isAdministrator: false, role: "clerk" }
  await staff("city-admin").people.add(lin)
  clerk = new StaffClient(network.node(CITY).services.config.url, seed)
})
after(async () => {
  await network.close()
  rmSync(folder, { recursive: true })
  assert.deepEqual(faults, [])
})

function staff(name: string): StaffClient {
  const { node, seed } = readJson(layout(folder).person(name)) as { node: string; seed: string }
  return new StaffClient(node, fromHex(seed))
}
let count = 0
async function registered(): Promise<string> {
  const name = { family: `Family${String.fromCharCode(97 + count++)}`, given: ["Ana"] }
  const person = { name, birthDate: "1970-01-31", sex: "female", identifiers: [] } as const
  const { registered: found } = await clerk.desk.register(person)
  assert.ok(found)
  return found.alias
}
/** As far as the digits, which the clerk types. */
async function joining(alias: string, isLost: boolean): Promise<PatientEnrolment> {
  const { invitation } = await clerk.desk.invite(alias, { isLost })
  const device = await PatientEnrolment.meet(invitation)
  await clerk.desk.confirm(invitation.code, await device.begin())
  await device.confirmed()
  return device
}
const patientOf = (seed: Bytes, places: readonly PatientPlace[]) =>
  new PatientClient({ network: network.document.network, seed, places, policyDelayMs: 1 })
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: PlatformError) => error.code,
  )
const rekeysIn = ([part]: readonly AccountPart[]) =>
  part.entries
    .filter(({ outcome }) => outcome === "rekey")
    .map(({ rekey, practitionerName }) => [rekey, practitionerName])
/** Until the node has heard the ledger's event. */
async function noted(patient: PatientClient, entries: number) {
  for (;;) {
    const account = await patient.account()
    if (rekeysIn(account).length >= entries) return account
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe("a phone that is lost for good", () => {
  it("is replaced at the desk, seen by whoever has the old one, and kept by them after all", async () => {
    const alias = await registered()
    const seed = randomBytes(32)
    const place = await (await joining(alias, false)).enrol(seed)
    const old = patientOf(seed, [place])
    assert.deepEqual(await old.rekeys(), { all: [], unseen: [] })
    assert.equal(await codeOf(old.cancelRekey(place)), "no_rekey")

    const device = await joining(alias, true)
    const told = await device.person()
    assert.deepEqual([told.action, told.keyNumber], ["rekey", 2])
    const next = randomBytes(32)
    const there = await device.enrol(next)
    const row = await network.engine.read(handles, [CITY, place.handle])
    assert.deepEqual(row?.key, publicKey(handleSeed(seed, CITY, place.handle, 1)))
    assert.deepEqual(row?.next?.key, publicKey(handleSeed(next, CITY, place.handle, 2)))
    assert.equal(device.countsFrom, (row?.next?.since ?? 0) + REKEY_MS)

    // The new one is nobody yet.
    const newer = patientOf(next, [there])
    assert.equal(await codeOf(newer.inbox()), "rekey_pending")
    assert.equal(await codeOf(newer.cancelRekey(there)), "unknown_key")
    const stranger = patientOf(randomBytes(32), [place])
    assert.equal(await codeOf(stranger.cancelRekey(place)), "unknown_key")

    const [seen] = (await old.rekeys()).all
    assert.deepEqual([seen.isPending, seen.from], [true, device.countsFrom])
    assert.deepEqual(await old.inbox(), [])
    const grant = {
      grantee: "county-hospital",
      purpose: "TREAT",
      classes: [],
      until: Date.now() + 3600_000,
    } as const
    assert.equal(await codeOf(old.grant(grant, CITY)), "rekey_pending")
    assert.deepEqual(rekeysIn(await noted(old, 1)), [["begun", "lin"]])

    await old.cancelRekey(place)
    assert.deepEqual(await old.rekeys(), { all: [], unseen: [] })
    assert.deepEqual(rekeysIn(await noted(old, 2)), [
      ["begun", "lin"],
      ["cancelled", undefined],
    ])
    assert.equal(await codeOf(newer.inbox()), "not_permitted")
    assert.equal(await codeOf(old.grant(grant, CITY)), "done")
  })

  it("is taken back by the desk, and by nobody who does not serve there", async () => {
    const alias = await registered()
    const seed = randomBytes(32)
    const place = await (await joining(alias, false)).enrol(seed)
    assert.equal(await codeOf(clerk.desk.enrol(alias)), "key_exists")
    await (await joining(alias, true)).enrol(randomBytes(32))
    assert.equal(await codeOf(clerk.desk.enrol(alias, { isLost: true })), "rekey_pending")
    for (const other of [staff("city-doctor"), staff("county-admin")]) {
      const elsewhere = new StaffClient(network.node(CITY).services.config.url, randomBytes(32))
      assert.equal(await codeOf(elsewhere.desk.cancelRekey(alias)), "not_permitted")
      assert.notEqual(await codeOf(other.desk.cancelRekey(alias)), "done")
    }
    await clerk.desk.cancelRekey(alias)
    assert.equal(await codeOf(clerk.desk.cancelRekey(alias)), "no_rekey")
    assert.deepEqual(rekeysIn(await noted(patientOf(seed, [place]), 2)), [
      ["begun", "lin"],
      ["cancelled", "lin"],
    ])
  })

  it("shows its pairing key no row but that of its own handle", async () => {
    const alias = await registered()
    const place = await (await joining(alias, false)).enrol(randomBytes(32))
    const ask = (seed: Bytes, table: string, key: readonly Cbor[]) => {
      const rows = { table, keys: [key.map((part) => encodeCbor(part))], height: 0 }
      const caller = { seed, tag: PAIRING_TAG }
      return codeOf(post(`${place.url}/pairing/rows`, { rows } as unknown as Cbor, caller, rowsAnswer))
    }
    assert.equal(await ask(randomBytes(32), "handles", [CITY, place.handle]), "unknown_key")
    const device = (await joining(alias, true)) as unknown as { pairingSeed: Bytes }
    const own = device.pairingSeed
    assert.equal(await ask(own, "handles", [CITY, place.handle]), "done")
    for (const [table, key] of [
      ["handles", [CITY, randomBytes(32)]],
      ["handles", ["county-hospital", place.handle]],
      ["delegates", [CITY, place.handle, randomBytes(32)]],
      ["recordLogs", [CITY, place.handle]],
    ] as const)
      assert.equal(await ask(own, table, key), "not_permitted")
  })
})
