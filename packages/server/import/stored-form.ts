import {
  type LargeObject,
  type LookUpTerms,
  lookUpTerms,
  OBJECT_EXTENSION,
  PlatformError,
  withoutLargeData,
} from "@aceso/core"
import { type Incoming, type Unstamped, unstamped, type Wrong } from "@aceso/fhir"

/** What can be shown later: an answer, an audit and a history have room for it. */
export const MAX_RECORD_BYTES = 16 * 2 ** 20

export interface StoredForm {
  readonly text: Unstamped
  /** What was taken out of it (docs/decisions/0032-large-objects.md). */
  readonly objects: readonly LargeObject[]
  readonly says: LookUpTerms
}

/** Characters; no large data is shorter. */
const SMALL_RECORD = 64 * 1024
/** Room for version and time. */
const STAMP_BYTES = 100

/** A resource as it is stored, without its large data; or why it cannot be. */
export function storedForm({
  type,
  id,
  resource,
}: Pick<Incoming, "type" | "id" | "resource">): StoredForm | Wrong {
  const refusal = (reason: string, detail: string) => ({ reason, detail: `${type}/${id}: ${detail}` })
  try {
    const says = lookUpTerms(resource)
    const whole = unstamped(resource, id)
    // Most have no large data.
    if (whole.every((part) => part.length < SMALL_RECORD && !part.includes(OBJECT_EXTENSION)))
      return { text: whole, objects: [], says }
    const { resource: kept, objects } = withoutLargeData(resource)
    const text = unstamped(kept, id)
    const bytes = text.reduce((sum, part) => sum + Buffer.byteLength(part), 0)
    if (bytes <= MAX_RECORD_BYTES - STAMP_BYTES) return { text, objects, says }
    const limit = `a record has at most ${MAX_RECORD_BYTES / 2 ** 20} MiB beside its attachments`
    return refusal("record_too_large", `${limit}; split it`)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return refusal(error.code, error.message)
  }
}
