import { mkdtempSync, rmSync } from "node:fs"
import { open as openFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { capabilities } from "@aceso/capabilities/index.ts"
import { CaseClient, LedgerProofs, type OwnCase, post } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { directories, directoryVersions } from "@aceso/contracts"
import {
  type Bytes,
  type CaseDocument,
  decodeSealed,
  documentCommitment,
  documentFault,
  encodeSealed,
  fromHex,
  handleSeed,
  type MemberId,
  makePull,
  type PublicKey,
  practitionerProof,
  publicKey,
  randomBytes,
  STAFF_TAG,
  sealDocument,
  signDocumentWord,
  utf8,
} from "@aceso/core"
import { days, defineProcess } from "@aceso/core/process/define.ts"
import { seedOf } from "@aceso/ledger/testing/network.ts"
import { CaseDocuments, caseMigrations } from "@aceso/server/cases/documents.ts"
import { DEFAULT_ROLE } from "@aceso/server/cases/turns.ts"
import { knowCapabilities } from "@aceso/server/node/processes.ts"
import { percentile, report } from "../report.ts"

/**
 * A document of 1 MiB in a case, from its commit at the sender to verified at the receiver, over HTTP on loopback: from
 * City Hospital to the authority, which keeps it durably, and to the patient's device. Reference, in turn: a bare POST of
 * 1 MiB between the same two, and a file of 1 MiB written and synced wherever the document is kept.
 */
const COUNT = Number(process.env.ACESO_BENCH_DOCUMENTS ?? 24)
const WARM = Math.ceil(COUNT / 6)
const NAME = "Communication"
const [CITY, AUTHORITY] = ["city-hospital", "authority"]

let state = 12345
const random = () => {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0
  return state >>> 24
}
const content = Uint8Array.from({ length: 2 ** 20 }, random)
const small = utf8("Why was it looked at?")

/** One document a step, of which nobody looks at the content. */
const delivery = defineProcess({
  name: "delivery",
  parties: {
    patient: "case key",
    organisation: { ability: "keepsRecords" },
    authority: { kind: "authority", comes: "named" },
  },
  opens: { by: "patient", to: "asked", documents: [NAME] },
  states: { asked: { turn: "organisation" } },
  steps: {
    answer: { from: "asked", by: "organisation", to: "answered", documents: [NAME] },
    passOn: { from: "asked", by: "patient", to: "passedOn", names: "authority", documents: [NAME] },
    inquire: { from: "passedOn", by: "authority", to: "inquired", documents: [NAME] },
    explain: { from: "inquired", by: "organisation", to: "explained", documents: [NAME] },
    decide: { from: "explained", by: "authority", to: "decided", documents: [NAME] },
  },
  lasts: { ms: days(1), to: "ended" },
})
knowCapabilities([...capabilities, { processes: [delivery], modules: [] }])

const folder = mkdtempSync(join(tmpdir(), "aceso-bench-"))
const network = await DemoNetwork.open({ folder, port: 0 })
const city = network.node(CITY).services
const authority = network.node(AUTHORITY).services
const { network: networkName } = network.document
const directoryOf = async (member: MemberId) => {
  const version = (await network.engine.read(directories, [member]))?.version ?? 0
  const row = await network.engine.read(directoryVersions, [member, version])
  if (!row) throw new Error(`${member} has no directory`)
  return row.root
}

// A patient of City Hospital with a key, as the desk enrols one.
const [handle, patientSeed] = [seedOf("handle"), seedOf("patient")]
const place = { custodian: CITY, handle, keyNumber: 1, url: city.config.url }
const handleKey = handleSeed(patientSeed, CITY, handle, 1)
await city.ledger.call("people", "enrol", { custodian: CITY, handle, key: publicKey(handleKey) }, [handleKey])
await city.vault.addPatient({ handle, fhirId: "bench", hasKey: true })
const patient = new CaseClient({
  network: networkName,
  seed: patientSeed,
  proofs: new LedgerProofs(network.document),
  processes: [delivery],
})
const open = () =>
  patient.open(place, delivery, { organisation: CITY }, [{ name: NAME, content: small }], AUTHORITY)

/** Somebody of an organisation, who does steps of cases in their own word. */
async function staffOf(member: MemberId, person: string) {
  const { node, seed: hex } = readJson(layout(folder).person(person)) as { node: string; seed: string }
  const seed = fromHex(hex)
  const proof = await post(`${node}/staff/proof`, {}, { seed, tag: STAFF_TAG }, practitionerProof)
  const { cases } = network.node(member).services
  return async (id: Bytes, base: number, step: string, content: Bytes) => {
    const salt = randomBytes(32)
    const commitment = documentCommitment(salt, content)
    const at = { network: networkName, case: id, n: base, name: NAME }
    const document = { content, salt, word: signDocumentWord(at, member, commitment, proof, seed) }
    return () => cases.step({ case: id, base, step, documents: [document] }, publicKey(seed))
  }
}
const registrar = await staffOf(CITY, "city-registrar")
const officer = await staffOf(AUTHORITY, "authority")

const inboxHas = async (id: Bytes) =>
  (await authority.inbox.open({ roles: [DEFAULT_ROLE], limit: 10 })).some(
    (item) => Buffer.compare(item.id, id) === 0,
  )
async function untilInbox(id: Bytes, has: boolean): Promise<void> {
  for (;;) {
    const changed = authority.inbox.changed(10_000)
    if ((await inboxHas(id)) === has) return
    await changed
  }
}

const took = new Map<string, number[]>()
const note = (part: string, ms: number) => took.set(part, [...(took.get(part) ?? []), ms])
async function timed<T>(part: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  note(part, performance.now() - began)
  return result
}

/** To the authority, which was asked and asks the hospital itself: it looks at the case once that is in its inbox. */
async function toAuthority(): Promise<OwnCase> {
  const own = await open()
  await patient.step(await patient.now(own), "passOn", [{ name: NAME, content: small }], AUTHORITY)
  await untilInbox(own.id, true)
  await (await officer(own.id, 2, "inquire", small))()
  await untilInbox(own.id, false)
  const explain = await registrar(own.id, 3, "explain", content)
  await timed("whole", async () => {
    const noticed = untilInbox(own.id, true).then(() => performance.now())
    await timed("step", explain)
    const stepped = performance.now()
    note("notice", (await noticed) - stepped)
    const { steps } = await timed("pull", () => authority.correspondence.shown(own.id))
    if (steps[3].documents[0].document?.content.length !== content.length) throw new Error("not delivered")
  })
  await (await officer(own.id, 4, "decide", small))()
  await untilInbox(own.id, false)
  return own
}

async function toDevice(): Promise<void> {
  const own = await open()
  const answer = await registrar(own.id, 1, "answer", content)
  await timed("device", async () => {
    await answer()
    await timed("device.pull", async () => patient.document(await patient.now(own), 1, NAME))
  })
}

/** The same bytes as the nodes send them, to somebody who only reads them. */
const sink = createServer((request, response) => {
  request.resume()
  request.on("end", () => response.end())
})
await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", () => resolve()))
const bareUrl = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`
async function bare(): Promise<void> {
  const signal = AbortSignal.timeout(30_000)
  const answer = await city.outbound.fetch(bareUrl, { method: "POST", body: content, signal })
  await answer.arrayBuffer()
}

async function synced(): Promise<void> {
  const file = await openFile(join(folder, "bare"), "w")
  await file.writeFile(content)
  await file.sync()
  await file.close()
}

let last: OwnCase | undefined
for (let i = 0; i < COUNT; i++) {
  last = await toAuthority()
  await toDevice()
  await timed("bare", bare)
  await timed("synced", synced)
}
const median = (part: string) => percentile((took.get(part) ?? []).slice(WARM), 0.5)
const [posted, written] = [median("bare"), median("synced")]
const unit = (what: string) => `ms ${what} (median of ${COUNT - WARM})`
report(
  "documents.delivery",
  median("whole"),
  unit("for 1 MiB, member to member"),
  "ms for a bare POST of 1 MiB and two synced files",
  posted + 2 * written,
)
report(
  "documents.delivery.device",
  median("device"),
  unit("for 1 MiB, member to device"),
  "ms for a bare POST of 1 MiB and one synced file",
  posted + written,
)
report("documents.delivery.bare", posted, unit("for a bare POST of 1 MiB"))
report("documents.delivery.synced", written, unit("for a file of 1 MiB, written and synced"))
report("documents.delivery.step", median("step"), unit("to keep it at the sender, and the step's block"))
report("documents.delivery.notice", median("notice"), unit("from the block to the receiver's inbox"))
report("documents.delivery.pull", median("pull"), unit("to ask for it, check and keep it"))
report("documents.delivery.device.pull", median("device.pull"), unit("of the device's after the block"))

// The split of the step and of the pull, each part on its own; the rest is HTTP with signatures.
const at = { network: networkName, case: (last as OwnCase).id, n: 3, name: NAME }
const { step, commitment } = await authority.cases.committed(at)
const asker = authority.ledger.key as PublicKey
const pull = await makePull(at, asker)
const directory = await directoryOf(CITY)
const expected = { place: at, commitment, at: step.at, member: { member: CITY, directory } }
const documents = new CaseDocuments(city.vault.moduleDatabase("cases", caseMigrations))
const part = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
  const result = await work()
  const start = performance.now()
  for (let i = 0; i < 10; i++) await work()
  report(`documents.delivery.${name}`, (performance.now() - start) / 10, "ms")
  return result
}
const document = (await part("read", () => documents.at(at, commitment))) as CaseDocument
const sealed = await part("seal", () => sealDocument({ document, disclosed: null }, pull.question, asker))
await part("encode", () => decodeSealed(encodeSealed(sealed)))
await part("open", () => pull.open(sealed))
await part("check", () => documentFault(document, expected))
await part("keep", () => documents.keep(at, { ...document, salt: randomBytes(32) }, Date.now()))
await network.close()
sink.close()
rmSync(folder, { recursive: true, force: true })
