import {
  type Bytes,
  type Cbor,
  isObject,
  type LookUpTerms,
  lookUpTerms,
  orUndefined,
  randomBytes,
  toHex,
} from "@aceso/core"
import { decrypt, encrypt } from "./encryption.ts"
import { lookUpDamaged } from "./look-up.ts"
import { listOf } from "./look-up-order.ts"
import { type Posted, type RecordTerms, readTerms, writeTerms } from "./record-terms.ts"
import type { Schema } from "./schema.ts"
import { SqliteObjects } from "./sqlite-objects.ts"
import type { NewRecord } from "./stored-record.ts"

const TIE_BYTES = 8

/** A record version as its row has it. */
export type TermsRow = Pick<Schema["records"], "record_id" | "version" | "operation" | "terms">

/** What is to be in the index of a version that is not there yet. */
type ToIndex = Pick<
  NewRecord,
  "log" | "recordId" | "version" | "operation" | "type" | "key" | "content" | "says"
>

/**
 * What each record is looked up by, kept in step with its newest version: its entries in the lists of the index, and
 * with the version, under its key, which entries those are. Records in no patient's log are in no index.
 */
export abstract class SqliteTerms extends SqliteObjects {
  /**
   * Brings the index to what a version says that is about to be stored. Within the transaction that appends it.
   * @returns what stands with the version
   */
  protected indexed(record: ToIndex): Bytes | null {
    const { log, recordId, version, operation, type, key, content } = record
    if (log.length === 0 || type === "") return null
    const before = version > 1 ? this.termsBefore(recordId) : undefined
    const former = new Map((before?.posted ?? []).map((one) => [toHex(one.list), one.label]))
    if (operation === "delete") {
      for (const label of new Set(former.values())) this.postings.replace(label, undefined)
      return null
    }
    const { codes, time } = record.says ?? termsOf(content)
    const isSameMoment = before?.time?.fromMs === time?.fromMs && before?.time?.toMs === time?.toMs
    const tie = before?.tie ?? randomBytes(TIE_BYTES)
    const pointer = this.keyring.pointerOf({ record: recordId, version })
    const entry = { time, tie, pointer }
    const labels = new Map<string, Bytes>()
    const labelIn = (rows: Bytes): Bytes => {
      const name = toHex(rows)
      const known = labels.get(name)
      if (known) return known
      const stands = isSameMoment ? former.get(name) : undefined
      if (stands) this.postings.replace(stands, entry)
      const label = stands ?? this.postings.place(rows, entry)
      labels.set(name, label)
      return label
    }
    const posted = this.listsOf(type, { codes, time }).map(
      ({ list, rows }): Posted => ({ list, label: labelIn(rows) }),
    )
    const kept = new Set(posted.map(({ label }) => toHex(label)))
    for (const label of new Set(former.values()))
      if (!kept.has(toHex(label))) this.postings.replace(label, undefined)
    return encrypt(key, this.termsBelongTo(recordId, version), writeTerms({ time, tie, posted }))
  }

  /**
   * The lists in which what says this stands, one for each name of a code. A code with its system stands among the rows
   * of that code, whatever its system: other systems seldom have the same one for the same type.
   */
  protected listsOf(type: string, { codes, time }: LookUpTerms): { list: Bytes; rows: Bytes }[] {
    const times = listOf(time)
    return codes.map((code) => ({
      list: this.postings.list(type, times, code),
      rows: this.postings.list(type, times, code.slice(0, 1)),
    }))
  }

  /** @throws PlatformError `key_erased`; `look_up_damaged`: there are none, or they are not what was written there */
  protected termsOfRow({ record_id, version, terms }: TermsRow): RecordTerms {
    const { key } = this.keyring.get(record_id, version)
    const name = `version ${version} of record ${toHex(record_id).slice(0, 12)}`
    if (!terms) throw lookUpDamaged(`${name} is not in the look-up index`)
    try {
      return readTerms(decrypt(key, this.termsBelongTo(record_id, version), terms))
    } catch (cause) {
      throw lookUpDamaged(`what the look-up index says of ${name} cannot be decrypted`, cause)
    }
  }

  /** Of a version in a patient's log that is stored already. @param key of the version */
  protected indexLater(row: Schema["records"], key: Bytes, content: Bytes): void {
    const terms = this.indexed({
      ...{ log: row.log, recordId: row.record_id, version: row.version, type: row.type, key, content },
      operation: row.operation as NewRecord["operation"],
    })
    this.prepare("UPDATE records SET terms = ? WHERE log = ? AND idx = ?").run(terms, row.log, row.idx)
  }

  /** The newest version's row of a record. */
  protected newestRow(recordId: Bytes): Schema["records"] | undefined {
    const newest = this.prepare("SELECT * FROM records WHERE record_id = ? ORDER BY version DESC LIMIT 1")
    return newest.get(recordId) as Schema["records"] | undefined
  }

  /** Of a version whose key was erased, or that is damaged, nobody knows the entries: those say it when they are read. */
  private termsBefore(recordId: Bytes): RecordTerms | undefined {
    const row = this.newestRow(recordId)
    if (!row?.terms) return undefined
    return orUndefined(["key_erased", "look_up_damaged"], () => this.termsOfRow(row))
  }

  private termsBelongTo(recordId: Bytes, version: number): Cbor {
    return [`terms ${this.organisation}`, recordId, version]
  }
}

/** What is no resource has a type alone. */
export function termsOf(content: Bytes): LookUpTerms {
  const resource = jsonOf(content)
  return isObject(resource) ? lookUpTerms(resource) : { codes: [], time: undefined }
}

/** Without its numbers as they are written, of which no term is made: several times faster, and an import waits for it. */
function jsonOf(content: Bytes): unknown {
  try {
    return JSON.parse(Buffer.from(content.buffer, content.byteOffset, content.length).toString())
  } catch {
    return undefined
  }
}
