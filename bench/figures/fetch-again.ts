import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PatientClient, StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { fromHex, handleSeed, publicKey, randomBytes, type SeenLog, utf8 } from "@aceso/core"
import { percentile, report } from "../report.ts"

/** A second look at a patient with 10,000 records after one new record, over HTTP on loopback, and a first look. */
const RECORDS = 10_000
const folder = mkdtempSync(join(tmpdir(), "aceso-bench-"))
const network = await DemoNetwork.open({ folder, port: 0 })
const city = network.node("city-hospital").services
const observation = (n: number) => ({
  resourceType: "Observation",
  id: `o${n}`,
  status: "final",
  code: { coding: [{ system: "http://loinc.org", code: "2823-3", display: "Potassium" }] },
  subject: { reference: "Patient/p" },
  effectiveDateTime: new Date(Date.UTC(2000, 0, 1) + n * 3_600_000).toISOString(),
  valueQuantity: { value: 4.1, unit: "mmol/L", system: "http://unitsofmeasure.org", code: "mmol/L" },
})
const put = async (...resources: readonly object[]) => {
  const input = resources.map((one, i) => ({ input: utf8(JSON.stringify(one)), where: `${i}` }))
  await city.importer.importAll(input)
  await city.committer.flush()
}
await put({ resourceType: "Patient", id: "p", name: [{ family: "Bench" }] })
const BATCH = 1_000
for (let n = 0; n < RECORDS - 1; n += BATCH)
  await put(...Array.from({ length: Math.min(BATCH, RECORDS - 1 - n) }, (_, i) => observation(n + i)))
const [{ handle }] = await city.vault.patients()
const seed = randomBytes(32)
const keySeed = handleSeed(seed, "city-hospital", handle, 1)
const key = publicKey(keySeed)
await city.ledger.call("people", "enrolKey", { custodian: "city-hospital", handle, key }, [keySeed])
const device = new PatientClient({
  network: network.document.network,
  seed,
  places: [{ custodian: "city-hospital", handle, keyNumber: 1, url: city.config.url }],
  policyDelayMs: 0,
})
const until = Date.now() + 86_400_000
await device.grant({ grantee: "county-hospital", purpose: "TREAT", classes: [], until })
await city.policies.flush()
const person = readJson(layout(folder).person("county-doctor")) as { node: string; seed: string }
const doctor = new StaffClient(person.node, fromHex(person.seed))
const place = { custodian: "city-hospital", handle }

const start = performance.now()
const [whole] = (await doctor.history([place], "TREAT")).custodians
const first = performance.now() - start
if (whole.released < RECORDS) throw new Error(`only ${whole.released} released`)
let since: SeenLog | undefined = whole.seen
const times: number[] = []
for (let i = 0; i < 12; i++) {
  await put(observation(RECORDS + i))
  const begun = performance.now()
  const [answer] = (await doctor.history([{ ...place, since }], "TREAT")).custodians
  times.push(performance.now() - begun)
  if (answer.released !== 1 || answer.findings.length > 0) throw new Error("not one new record")
  since = answer.seen
}
report("fetch.again", percentile(times.slice(2), 0.5), "ms (median of 10)", "ms for the first look", first)
await network.close()
rmSync(folder, { recursive: true, force: true })
