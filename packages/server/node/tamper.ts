import type { tamperAnswer } from "@aceso/client"
import {
  type Bytes,
  canonicalJson,
  type Infer,
  isObject,
  JsonNumber,
  type JsonObject,
  PlatformError,
  parseJson,
} from "@aceso/core"
import type { Migration, ModuleDatabase } from "../vault/module-database.ts"
import type { StoredRecord } from "../vault/vault.ts"
import type { Patient } from "../vault/vault-people.ts"
import type { Services } from "./services.ts"

type Change = Infer<typeof tamperAnswer>
type Tampered = Pick<Services, "vault" | "document">

/** What was there before the change, in a demo's vault alone. */
interface Tables {
  demo_tampered: { log: Bytes; idx: number; content: Bytes }
}
const demoMigrations: readonly Migration[] = [
  {
    name: "tampered",
    sql: "CREATE TABLE demo_tampered (log BLOB NOT NULL, idx INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (log, idx)) WITHOUT ROWID",
    tables: { demo_tampered: "kept" },
  },
]
const tablesOf = (vault: Tampered["vault"]): ModuleDatabase<Tables> =>
  vault.moduleDatabase("demo", demoMigrations)

/**
 * What an insider with the vault's key could do: changes one potassium value and encrypts it again properly.
 * Exists on a demo network alone, and switches off the node's own comparison of content with its log.
 */
export async function tamper({ vault, document }: Tampered): Promise<Change> {
  mustBeDemo(document)
  if (await isTampered({ vault, document }))
    throw new PlatformError("nothing_to_tamper", "a value is changed already; undo it first (--undo)")
  for await (const patient of patientsOf(vault))
    for (const record of [...(await vault.log(patient.handle))].reverse()) {
      if (record.type !== "Observation") continue
      const { content } = await vault.content(record)
      const resource = parseJson(content)
      if (!isObject(resource) || !isPotassium(resource)) continue
      const quantity = resource.valueQuantity as JsonObject
      const before = (quantity.value as JsonNumber).token
      const after = before.startsWith("6") ? "3.1" : "6.8"
      const changed = canonicalJson({
        ...resource,
        valueQuantity: { ...quantity, value: new JsonNumber(after) },
      })
      const { log, index: idx } = record
      const { db, seal, atomically } = tablesOf(vault)
      const values = { log, idx, content: seal("content", log, content) }
      await atomically(async () => {
        await db.insertInto("demo_tampered").values(values).execute()
      })
      vault.skipsContentCheck = true
      vault.overwrite(record, changed)
      return { before, after, resource: `Observation/${record.fhirId}` }
    }
  throw new PlatformError(
    "nothing_to_tamper",
    "no potassium value is in this vault; import a bundle with one first",
  )
}

/** Also after a restart the value stays changed, until somebody undoes it. */
export const isTampered = async ({ vault, document }: Tampered): Promise<boolean> =>
  document.isDemo === true && (await changed(vault)) !== undefined

const changed = (vault: Tampered["vault"]) =>
  tablesOf(vault).db.selectFrom("demo_tampered").selectAll().executeTakeFirst()

async function* patientsOf(vault: Tampered["vault"]): AsyncGenerator<Patient> {
  for (let page = await vault.patientsPage(0, 100); page.length > 0; ) {
    yield* page
    page = await vault.patientsPage(page[page.length - 1].number, 100)
  }
}

export async function undoTamper({ vault, document }: Tampered): Promise<Change> {
  mustBeDemo(document)
  const before = await changed(vault)
  if (!before) throw new PlatformError("nothing_to_tamper", "nothing was changed")
  const { log, idx, content } = before
  const record = (await vault.log(log)).find((one) => one.index === idx) as StoredRecord
  const { db, open, atomically } = tablesOf(vault)
  vault.overwrite(record, open("content", log, content))
  await atomically(async () => {
    await db.deleteFrom("demo_tampered").execute()
  })
  vault.skipsContentCheck = false
  return { before: "changed", after: "as committed", resource: `Observation/${record.fhirId}` }
}

function mustBeDemo(document: Tampered["document"]): void {
  if (!document.isDemo) throw new PlatformError("not_a_demo", "this exists on a demo network only")
}

/** LOINC 2823-3 and its kin. */
const POTASSIUM = new Set(["2823-3", "6298-4", "75940-7"])

function isPotassium(resource: JsonObject): boolean {
  const coding = isObject(resource.code) && Array.isArray(resource.code.coding) ? resource.code.coding : []
  const quantity = resource.valueQuantity
  return (
    coding.some((one) => isObject(one) && POTASSIUM.has(String(one.code))) &&
    isObject(quantity) &&
    quantity.value instanceof JsonNumber
  )
}
