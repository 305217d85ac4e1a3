import { existsSync } from "node:fs"
import { handles, members } from "@aceso/contracts"
import { type Bytes, handleSeed, publicKey, toHex, utf8 } from "@aceso/core"
import type { AcesoNode } from "@aceso/server/node/node.ts"
import { layout, readJson, secretAt, writeJson, writeWhole } from "./files.ts"
import type { DemoNetwork } from "./network.ts"
import { type DemoPatient, demoPatients } from "./stories/index.ts"

export const DEMO_PATIENTS = 12
export const DEMO_SEED = "aceso-demo"

interface DemoState {
  /** The demo's first start, ms: stories are told relative to it. */
  readonly startedAt: number
  readonly patients: number
  /** Not all of them are there yet: the start was broken off. */
  readonly isBegun?: true
}

/** Fills the vaults with the stories at the first start; afterwards only the files of people are renewed. */
export async function populate(
  network: DemoNetwork,
  onProgress: (text: string) => void = () => {},
): Promise<void> {
  const paths = layout(network.folder)
  const known = existsSync(paths.demo) ? (readJson(paths.demo) as DemoState) : undefined
  const startedAt = known?.startedAt ?? Date.now()
  const stories = demoPatients({ seed: DEMO_SEED, now: startedAt, count: DEMO_PATIENTS })
  if (!known || known.isBegun) {
    writeJson(paths.demo, { startedAt, patients: stories.length, isBegun: true } satisfies DemoState)
    writeInbox(network.folder, stories)
    for (const [member, node] of network.nodes) {
      const inputs = stories.flatMap((patient, i) =>
        patient.visits
          .filter((visit, k) => visit.organisation === member && !isLastVisit(i, k, patient))
          .map((visit) => ({ input: utf8(visit.bundle), where: `${patient.alias} ${visit.start}` })),
      )
      if (inputs.length === 0) continue
      onProgress(`${member}: ${inputs.length} visits`)
      const { refused } = await node.services.importer.importAll(inputs)
      if (refused.length > 0)
        throw new Error(`the demo's own data was refused: ${JSON.stringify(refused[0])}`)
    }
    for (const node of network.nodes.values()) await node.services.committer.flush()
    for (const patient of stories) await giveKeys(network, patient)
    writeJson(paths.demo, { startedAt, patients: stories.length } satisfies DemoState)
  }
  for (const patient of stories) await writePerson(network, patient)
}

/** The visit that the tour imports. */
const isLastVisit = (patient: number, visit: number, { visits }: DemoPatient) =>
  patient === 0 && visit === visits.length - 1

function writeInbox(folder: string, stories: readonly DemoPatient[]): void {
  const visit = stories[0].visits.at(-1)
  if (visit) writeWhole(`${layout(folder).inbox}/${visit.organisation}/last-visit.json`, visit.bundle)
}

/** What happens at each desk: the patient's device makes a key, custodian and patient sign. */
async function giveKeys(network: DemoNetwork, patient: DemoPatient): Promise<void> {
  const seed = secretAt(layout(network.folder).patientSeed(patient.alias))
  for (const member of patient.organisations) {
    const node = network.node(member)
    const handle = await handleAt(node, patient)
    if (!handle) continue
    const keySeed = handleSeed(seed, member, handle, 1)
    const key = publicKey(keySeed)
    if (!(await network.engine.read(handles, [member, handle]))?.key)
      await node.services.ledger.call("people", "enrolKey", { custodian: member, handle, key }, [keySeed])
    await node.services.vault.setAlias(handle, patient.alias)
    await node.services.vault.setHasKey(handle)
  }
}

async function handleAt(node: AcesoNode, patient: DemoPatient): Promise<Bytes | undefined> {
  for (const identifier of patient.identifiers) {
    const [fhirId] = await node.services.vault.findByIdentifier("Patient", identifier)
    const found = fhirId && (await node.services.vault.patient({ fhirId }))
    if (found) return found.handle
  }
  return undefined
}

/** What the patient's device knows; the seed itself lies apart. */
async function writePerson(network: DemoNetwork, patient: DemoPatient): Promise<void> {
  const paths = layout(network.folder)
  const places = []
  for (const member of patient.organisations) {
    const handle = await handleAt(network.node(member), patient)
    const row = await network.engine.read(members, [member])
    if (handle && row) places.push({ custodian: member, handle: toHex(handle), keyNumber: 1, url: row.url })
  }
  writeJson(paths.person(patient.alias), {
    kind: "patient",
    name: patient.alias,
    nameEn: patient.nameEn,
    nameZh: patient.nameZh,
    birthDate: patient.birthDate,
    node: places[0]?.url ?? network.node("city-hospital").services.config.url,
    seedFile: paths.patientSeed(patient.alias),
    places,
  })
}
