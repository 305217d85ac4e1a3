import { type Bytes, type Infer, type OwnRecord, type ownRecords, PAGE_BYTES } from "@aceso/core"
import type { Vault } from "../vault/vault.ts"

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
  // Which of them were withheld may be lost (docs/decisions/0027): then none is opened before somebody has looked.
  const isUnreviewed = await vault.isUnreviewed(handle)
  for (const record of await vault.committedFrom(handle, from, limit)) {
    const { recordId, version, operation, commitment } = record
    // What is somebody else's is named, so that the log stays whole, and not opened.
    const isOpen = operation === "delete" || !(isUnreviewed || (await vault.isWithheld(handle, recordId)))
    const opened = isOpen ? await vault.content(record) : { salt: null, content: null }
    sizeBytes += opened.content?.length ?? 0
    if (records.length > 0 && sizeBytes > PAGE_BYTES) break
    records.push({ entry: { recordId, version, operation, commitment }, ...opened })
    next = record.index + 1
  }
  const [size, lost] = [await vault.committedSize(handle), await vault.lostCount(handle)]
  return { size, next, records, lost }
}
