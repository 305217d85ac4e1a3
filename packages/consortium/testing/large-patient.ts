import { type Bytes, handleSeed, publicKey, toHex, utf8 } from "@aceso/core"
import { layout, secretAt, writeJson } from "../files.ts"
import type { DemoNetwork } from "../network.ts"
import { largePatient } from "../stories/index.ts"

const CITY = "city-hospital"

/** One patient more at City Hospital with so many resources, who signs in on the demo's pages as `patient-large`. */
export async function addLargePatient(network: DemoNetwork, resources: number): Promise<{ handle: Bytes }> {
  const { services } = network.node(CITY)
  const patient = largePatient({ seed: "large", now: Date.now(), resources })
  await services.importer.importAll(
    patient.visits.map(({ bundle, start }) => ({ input: utf8(bundle), where: start })),
  )
  await services.committer.flush()
  const [identifier] = patient.identifiers
  const [fhirId] = await services.vault.findByIdentifier("Patient", identifier)
  const known = await services.vault.patient({ fhirId })
  if (!known) throw new Error("the large patient was not imported")
  const { handle } = known
  const paths = layout(network.folder)
  const keySeed = handleSeed(secretAt(paths.patientSeed(patient.alias)), CITY, handle, 1)
  const key = publicKey(keySeed)
  await services.ledger.call("people", "enrolKey", { custodian: CITY, handle, key }, [keySeed])
  await services.vault.setAlias(handle, patient.alias)
  await services.vault.setHasKey(handle)
  writeJson(paths.person(patient.alias), {
    ...{ kind: "patient", name: patient.alias, nameEn: patient.nameEn, nameZh: patient.nameZh },
    seedFile: paths.patientSeed(patient.alias),
    places: [{ custodian: CITY, handle: toHex(handle), keyNumber: 1, url: services.config.url }],
  })
  return { handle }
}
