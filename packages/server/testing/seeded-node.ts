import { rmSync } from "node:fs"
import { join } from "node:path"
import { StaffClient } from "@aceso/client"
import { contractRules, genesisRows, handles, memberKeys, members, recordLogs } from "@aceso/contracts"
import {
  abilitiesOf,
  type Bytes,
  domainHash,
  EMPTY_LOG,
  entryHash,
  grow,
  publicKey,
  put,
  type RecordLog,
  recordCommitment,
  utf8,
} from "@aceso/core"
import { personOf, termsOf } from "@aceso/fhir"
import { EmbeddedEngine } from "@aceso/ledger"
import { makeGenesis, seedOf, temporaryFolder } from "@aceso/ledger/testing/network.ts"
import { Listener } from "../home/listener.ts"
import { handlerOf, makeApp } from "../http/app.ts"
import { parseConfig } from "../node/config.ts"
import { AcesoNode } from "../node/node.ts"
import { newPerson } from "../node/person.ts"
import type { BuiltPages } from "../pages/built.ts"
import type { SqliteVaultOptions } from "../vault/sqlite-base.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"

const MEMBER = "city"
const RECORDS_EACH = 2
/** Patients that are written to the vault in one transaction. */
const TOGETHER = 2_000
const RULES = { configured: {}, now: 0 }
const NAMES = ["Ana", "Bo", "Chen", "Dara", "Emil", "Fatou", "Goran", "Hana", "Ines", "Jun"]

/** A custodian's node with so many patients, each with two records that the ledger has; the same ones each time. */
export interface SeededNode {
  readonly node: AcesoNode
  readonly url: string
  /** A practitioner and administrator of the organisation. */
  readonly staff: StaffClient
  readonly handleOf: (patient: number) => Bytes
  end(): Promise<void>
}

/** Makes it below the API: rows into the vault, and into the state that the genesis begins with. */
export async function seededNode(
  patients: number,
  options: { readonly pages?: BuiltPages } = {},
): Promise<SeededNode> {
  const folder = temporaryFolder()
  const listening: { handler?: ReturnType<typeof handlerOf> } = {}
  const listener = await Listener.open("127.0.0.1", 0, undefined, (request, response) =>
    listening.handler?.(request, response),
  )
  const url = `http://127.0.0.1:${listener.port}`
  const home = join(folder, MEMBER)
  const logs = await fillVault(join(home, "vault"), patients)
  const { genesis, signed } = makeGenesis({ time: Date.now() - 1000 })
  const engine = await EmbeddedEngine.open({
    folder: join(folder, "engine"),
    genesis,
    rules: {
      ...contractRules,
      genesisRows: (document) => [
        ...genesisRows(document),
        put(members, [MEMBER], {
          name: MEMBER,
          kind: "custodian",
          abilities: abilitiesOf("custodian"),
          url,
          status: "active",
          admittedAt: 0,
        }),
        put(memberKeys, [publicKey(seedOf(MEMBER))], {
          member: MEMBER,
          from: 0,
          to: null,
          compromisedAt: null,
        }),
        ...logs.flatMap((log, i) => [
          put(handles, [MEMBER, handleOf(i)], { key: null, keyNumber: 0, enrolledAt: 0, next: null }),
          put(recordLogs, [MEMBER, handleOf(i)], log),
        ]),
      ],
    },
    engineSeed: seedOf("engine"),
    threads: 1,
  })
  const staffSeed = seedOf("staff of city")
  const rights = { isAdministrator: true, role: "doctor" }
  const someone = newPerson({ name: "admin", key: publicKey(staffSeed), ...rights }, {}, 0)
  const given = {
    member: MEMBER,
    url,
    folder: home,
    checkpointEveryMs: 3_600_000,
    dummyPercent: 100,
  }
  const secrets = { memberSeed: seedOf(MEMBER), vaultKey: seedOf("vault of city") }
  const node = new AcesoNode(parseConfig(given, "node.json"), secrets, engine, signed)
  listening.handler = handlerOf(makeApp(node, options))
  await node.services.staffTable.add(someone)
  await node.start()
  return {
    node,
    url,
    staff: new StaffClient(url, staffSeed),
    handleOf,
    async end() {
      await listener.close()
      await node.stop()
      await engine.close()
      rmSync(folder, { recursive: true })
    },
  }
}

const handleOf = (patient: number): Bytes => inOrder(patient, domainHash("seeded-handle", patient))

/** Rows whose keys grow are written several times faster than rows in any order. */
function inOrder(place: number, id: Bytes): Bytes {
  const bytes = id.slice()
  new DataView(bytes.buffer).setUint32(0, place)
  return bytes
}

/** The vault's rows without waiting for the disk: nobody would miss them after a crash. */
class SeedingVault extends SqliteVault {
  constructor(options: SqliteVaultOptions) {
    super(options)
    this.raw.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144")
  }
}

/** @returns each patient's record log as the ledger has it */
async function fillVault(folder: string, patients: number): Promise<RecordLog[]> {
  const vault = new SeedingVault({ folder, organisation: MEMBER, masterKey: seedOf("vault of city") })
  const logs: RecordLog[] = []
  for (let from = 0; from < patients; from += TOGETHER)
    await vault.atomically(async () => {
      const numbers = Array.from({ length: Math.min(TOGETHER, patients - from) }, (_, i) => from + i)
      for (const i of numbers)
        await vault.addPatient({
          handle: handleOf(i),
          fhirId: `patient-${i}`,
          hasKey: false,
          alias: `person-${i + 1}`,
        })
      const places = numbers.flatMap((i) =>
        Array.from({ length: RECORDS_EACH }, (_, index) => ({ i, index, recordId: recordIdOf(i, index) })),
      )
      const keys = vault.keyring.make(places.map(({ recordId }) => ({ record: recordId, version: 1 })))
      const records = places.map(({ i, index, recordId }, at) => {
        const { type, fhirId, content } = resourceOf(i, index)
        const { key, salt } = keys[at]
        const commitment = recordCommitment(salt, content)
        const what = { type, fhirId, content, key, salt, commitment }
        return { log: handleOf(i), index, recordId, version: 1, operation: "create" as const, ...what }
      })
      await vault.append(records)
      for (let at = 0; at < records.length; at += RECORDS_EACH)
        logs.push(grow(EMPTY_LOG, records.slice(at, at + RECORDS_EACH).map(entryHash), 0, []))
      for (const i of numbers) {
        await vault.markCommitted(handleOf(i), RECORDS_EACH - 1, 0)
        await vault.setTerms(`patient-${i}`, termsOf(personOf(patientOf(i), RULES)))
      }
    })
  await vault.close()
  return logs
}

const recordIdOf = (patient: number, index: number): Bytes =>
  inOrder(patient, domainHash("seeded-record", patient, index))

const patientOf = (patient: number) => ({
  birthDate: `19${String(30 + (patient % 70)).padStart(2, "0")}-0${1 + (patient % 9)}-1${patient % 10}`,
  gender: patient % 2 === 0 ? "female" : "male",
  id: `patient-${patient}`,
  identifier: [{ system: "urn:city:mrn", value: `MRN-${patient}` }],
  name: [{ family: `Family${patient}`, given: [NAMES[patient % NAMES.length]] }],
  resourceType: "Patient",
})

function resourceOf(patient: number, index: number) {
  const id = index === 0 ? `patient-${patient}` : `observation-${patient}-${index}`
  const resource =
    index === 0
      ? patientOf(patient)
      : {
          code: { coding: [{ code: "2823-3", system: "http://loinc.org" }], text: "Potassium" },
          effectiveDateTime: `2025-0${1 + (patient % 9)}-1${patient % 10}`,
          id,
          resourceType: "Observation",
          status: "final",
          subject: { reference: `Patient/patient-${patient}` },
          valueQuantity: { unit: "mmol/L", value: 4 },
        }
  return { type: resource.resourceType, fhirId: id, content: utf8(JSON.stringify(resource)) }
}
