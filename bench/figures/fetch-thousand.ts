import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PatientClient, StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { largePatient } from "@aceso/consortium/stories/index.ts"
import { handles } from "@aceso/contracts"
import {
  decide,
  encodeChunks,
  factsOf,
  fromHex,
  handleSeed,
  type JsonObject,
  makeOneTimeKey,
  parseJson,
  publicKey,
  randomBytes,
  readPolicy,
  seal,
  utf8,
} from "@aceso/core"
import { percentile, report } from "../report.ts"

/** Consent-checked, sealed, verified fetch of a patient with 1,000 resources, over HTTP on loopback. */
const folder = mkdtempSync(join(tmpdir(), "aceso-bench-"))
const network = await DemoNetwork.open({ folder, port: 0 })
const city = network.node("city-hospital").services
const patient = largePatient({ seed: "bench", now: Date.now(), resources: 1_100 })
await city.importer.importAll(
  patient.visits.map(({ bundle, start }) => ({ input: utf8(bundle), where: start })),
)
await city.committer.flush()
const [known] = await city.vault.patients()
const { handle } = known
const seed = randomBytes(32)
const keySeed = handleSeed(seed, "city-hospital", handle, 1)
await city.ledger.call(
  "people",
  "enrolKey",
  { custodian: "city-hospital", handle, key: publicKey(keySeed) },
  [keySeed],
)
if (!(await network.engine.read(handles, ["city-hospital", handle]))?.key) throw new Error("no key")
const device = new PatientClient({
  network: network.document.network,
  seed,
  places: [{ custodian: "city-hospital", handle, keyNumber: 1, url: city.config.url }],
  policyDelayMs: 0,
})
await device.grant({
  grantee: "county-hospital",
  purpose: "TREAT",
  classes: [],
  until: Date.now() + 86_400_000,
})
await city.policies.flush()
const person = readJson(layout(folder).person("county-doctor")) as { node: string; seed: string }
const doctor = new StaffClient(person.node, fromHex(person.seed))

const times: number[] = []
let released = 0
for (let i = 0; i < 12; i++) {
  const start = performance.now()
  const answer = await doctor.history([{ custodian: "city-hospital", handle }], "TREAT")
  times.push(performance.now() - start)
  released = answer.custodians[0].released
  if (answer.custodians[0].findings.length > 0 || released < 1000)
    throw new Error(`only ${released} released`)
}
report("fetch.thousand", percentile(times.slice(2), 0.5), "ms (median of 10)", "resources fetched", released)

// The split, each part on its own.
const part = async (name: string, work: () => unknown) => {
  await work()
  const start = performance.now()
  for (let i = 0; i < 5; i++) await work()
  report(`fetch.thousand.${name}`, (performance.now() - start) / 5, "ms")
}
const log = await city.vault.log(handle)
const contents = await Promise.all(log.map((record) => city.vault.content(record)))
const stored = await city.policies.documents(handle)
const policy = readPolicy(stored?.documents ?? [])
const query = {
  member: "county-hospital",
  practitioner: "",
  role: "doctor",
  purpose: "TREAT",
  time: Date.now(),
}
await part("ledger", () => network.engine.prove(handles as never, ["city-hospital", handle]))
await part("vault", () => Promise.all(log.map((record) => city.vault.content(record))))
await part("consent", () =>
  contents.map(
    ({ content }) => content.length === 0 || decide(policy, query, factsOf(parseJson(content) as JsonObject)),
  ),
)
const key = await makeOneTimeKey()
const messages = encodeChunks(contents.map(({ salt, content }, index) => ({ index, salt, content })))
await part("seal", () => seal(key.suite, key.publicKey, ["bench"], messages))
const sealed = await seal(key.suite, key.publicKey, ["bench"], messages)
await part("open", () => key.open(["bench"], sealed))
await network.close()
rmSync(folder, { recursive: true, force: true })
