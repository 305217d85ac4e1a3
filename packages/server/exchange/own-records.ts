import {
  assembled,
  type Bytes,
  type Handle,
  type Infer,
  type NamedDrug,
  type ObjectRef,
  type OwnRecord,
  type ownRecords,
  PAGE_BYTES,
  PlatformError,
} from "@aceso/core"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { type StoredRecord, VAULT_FAULTS, type Vault } from "../vault/vault.ts"
import { drugsIn } from "./drugs.ts"

/**
 * What is on the ledger of a patient's records, from an index on: as many as the page holds, one at least. It costs
 * what the page holds, whatever else stands in the log, is withheld of it or was lost.
 */
export async function ownRecordsPage(
  vault: Vault,
  handle: Bytes,
  from: number,
  limit: number,
): Promise<Infer<typeof ownRecords>> {
  const records: OwnRecord[] = []
  let sizeBytes = 0
  let next = from
  for (const record of await vault.committedFrom(handle, from, limit)) {
    const { recordId, version, operation, commitment } = record
    // What is somebody else's is named, so that the log stays whole, and not opened.
    const opened = (await isOpenToPatient(vault, record)) ? await contentOf(vault, record) : CLOSED
    sizeBytes += opened.content?.length ?? 0
    if (records.length > 0 && sizeBytes > PAGE_BYTES) break
    records.push({ entry: { recordId, version, operation, commitment }, ...opened })
    next = record.index + 1
  }
  const [size, lost] = [await vault.committedSize(handle), await vault.lostCount(handle)]
  return { size, next, records, lost }
}

/**
 * The drugs that some of a patient's records mean by reference, for the patient, who may see all of them.
 * @param indexes of the records, in their log
 */
export async function ownDrugsOf(
  vault: SqliteVault,
  handle: Bytes,
  indexes: readonly number[],
): Promise<NamedDrug[]> {
  const contents: Bytes[] = []
  for (const index of new Set(indexes)) {
    const [record] = await vault.committedFrom(handle, index, 1)
    if (record?.index !== index || !(await isOpenToPatient(vault, record))) continue
    const { content } = await contentOf(vault, record)
    if (content) contents.push(content)
  }
  return drugsIn(vault, contents)
}

const CLOSED = { salt: null, content: null }

/** One record that cannot be read closes itself alone; verify tells of it. */
async function contentOf(vault: Vault, record: StoredRecord) {
  try {
    return await vault.content(record)
  } catch (error) {
    if (error instanceof PlatformError && VAULT_FAULTS.has(error.code)) return CLOSED
    throw error
  }
}

/** Which records were withheld may be lost (docs/decisions/0027): then none is opened before somebody has looked. */
async function isOpenToPatient(vault: Vault, { log, recordId, operation }: StoredRecord): Promise<boolean> {
  if (operation === "delete") return true
  return !((await vault.isUnreviewed(log)) || (await vault.isWithheld(log, recordId)))
}

/**
 * A large object of a record, for the patient.
 * @throws PlatformError `object_missing`, `object_differs`
 */
export async function ownAttachment(
  vault: Vault,
  handle: Handle,
  index: number,
  wanted: ObjectRef,
): Promise<Bytes> {
  const [record] = await vault.committedFrom(handle, index, 1)
  if (record?.index !== index || !(await isOpenToPatient(vault, record))) throw noObject()
  return storedObject(vault, record, wanted)
}

/** @throws PlatformError `object_missing`, `object_differs` */
export async function storedObject(vault: Vault, record: StoredRecord, wanted: ObjectRef): Promise<Bytes> {
  const stored = await vault.objectOf(record, wanted.root)
  if (!stored) throw noObject()
  return assembled(wanted, stored.hashes, stored.chunks)
}

export const noObject = () =>
  new PlatformError("object_missing", "there is no such attachment, or it is not shown to you; look again")
