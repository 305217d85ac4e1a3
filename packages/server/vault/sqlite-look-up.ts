import { type Bytes, equalBytes, type Handle, nameOf, nameOfWanted, PlatformError, toHex } from "@aceso/core"
import {
  type FoundRecord,
  type FoundRecords,
  type LookUp,
  type LookUpProgress,
  lookUpDamaged,
  MAX_FOUND,
} from "./look-up.ts"
import {
  isInRange,
  isOrder,
  LONGEST_MS,
  lies,
  listOf,
  orderOf,
  rangeIn,
  WITHOUT_TIME,
} from "./look-up-order.ts"
import { inOrder, type Posting } from "./postings.ts"
import type { Schema } from "./schema.ts"
import { SqliteNotices } from "./sqlite-notices.ts"
import { termsOf } from "./sqlite-terms.ts"
import { type StoredRecord, VAULT_FAULTS } from "./vault.ts"

type Row = Schema["records"]
type LookUpByCode = LookUp & Required<Pick<LookUp, "code">>

/** Record versions that are indexed in one transaction. */
const TOGETHER = 200
/** All lists of a type, or of a code of it. */
const LISTS = [...LONGEST_MS.keys(), WITHOUT_TIME]

/** Finding records by type, code, time and patient. */
export abstract class SqliteLookUp extends SqliteNotices {
  async lookUp(question: LookUp): Promise<FoundRecords> {
    mustBeAskable(question)
    if (this.gap()) throw incomplete()
    const found: FoundRecord[] = []
    const pass = { erased: 0 }
    // In one go: between two awaits a version may be stored of which the index was read before.
    const all = question.handles
      ? this.ofHandles(question.handles, question, pass)
      : this.ofAll(mustHaveCode(question), pass)
    for (const one of all) {
      if (this.isWithheldNow(one.record.log, one.record.recordId)) continue
      if (found.length === question.limit)
        return { records: found, next: found[found.length - 1].order, ...pass }
      found.push(one)
    }
    return { records: found, ...pass }
  }

  /** Walks the index, as far as it is asked for. */
  private *ofAll(question: LookUpByCode, pass: { erased: number }): Generator<FoundRecord> {
    const { type, code } = question
    const wanted = this.listsFor(question)
    const sources = LISTS.flatMap((list) => {
      const range = rangeIn(list, question)
      return range ? [this.postings.read(this.postings.list(type, list, [code.code]), range)] : []
    })
    for (const posting of inOrder(sources)) {
      const { time, order } = posting
      if (!lies(time, question)) continue
      const found = this.rowOf(posting, type)
      if (!found) pass.erased++
      else if (found.lists.some((list) => equalBytes(list, wanted[listOf(time)])))
        yield { record: this.recordOf(found.row), time, order }
    }
  }

  private listsFor({ type, code }: LookUpByCode): Bytes[] {
    return LISTS.map((list) => this.postings.list(type, list, nameOfWanted(code)))
  }

  /**
   * The newest version of a record by an entry, and the lists in which that is; undefined: its key was erased.
   * @throws PlatformError `look_up_damaged`
   */
  private rowOf(posting: Posting, type?: string): { row: Row; lists: readonly Bytes[] } | undefined {
    const version = this.keyring.at(posting.pointer)
    if (!version) return undefined
    const row = this.newestRow(version.record)
    const isOfType = type === undefined || row?.type === type
    if (row?.version !== version.version || row.operation === "delete" || !isOfType)
      throw lookUpDamaged(
        `an entry of the look-up index is of an older version (row ${toHex(posting.label)})`,
      )
    const own = this.termsOfRow(row).posted.filter(({ label }) => equalBytes(label, posting.label))
    if (own.length === 0)
      throw lookUpDamaged(`an entry of the look-up index is not its record's (row ${toHex(posting.label)})`)
    return { row, lists: own.map(({ list }) => list) }
  }

  /** Opens what these have of the type, and sorts it. */
  private ofHandles(handles: readonly Handle[], question: LookUp, pass: { erased: number }): FoundRecord[] {
    const { type, code, after } = question
    const wanted = code && this.listsFor({ ...question, code })
    const range = { low: after === undefined ? "" : `${after}g`, high: "g" }
    const found: FoundRecord[] = []
    for (const row of handles.flatMap((handle) => this.newestRows(handle, type))) {
      const terms = this.termsUnlessErased(row)
      if (!terms) {
        pass.erased++
        continue
      }
      const { time, tie, posted } = terms
      const order = orderOf(time, tie)
      if (!isInRange(order, range) || !lies(time, question)) continue
      const list = wanted?.[listOf(time)]
      if (!list || posted.some((one) => equalBytes(one.list, list)))
        found.push({ record: this.recordOf(row), time, order })
    }
    return found.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
  }

  private termsUnlessErased(row: Row) {
    try {
      return this.termsOfRow(row)
    } catch (error) {
      if (error instanceof PlatformError && error.code === "key_erased") return undefined
      throw error
    }
  }

  /** The newest versions of a log's records of a type, without what was deleted. */
  private newestRows(log: Bytes, type: string): Row[] {
    const rows = this.prepare("SELECT * FROM records WHERE log = ? AND type = ? ORDER BY idx").all(log, type)
    const newest = new Map((rows as unknown as Row[]).map((row) => [nameOf(row.record_id), row]))
    return [...newest.values()].filter(({ operation }) => operation !== "delete")
  }

  async completeLookUp(onProgress: (progress: LookUpProgress) => void = () => {}): Promise<void> {
    for (let done = 0; this.gap(); onProgress({ done }))
      done += await this.atomically(async () => this.step())
  }

  /** Forgets the index: the next `completeLookUp` makes all of it anew. */
  forgetLookUp(): Promise<void> {
    return this.atomically(async () => {
      this.postings.forgetPlaces()
      this.raw.exec(
        "DELETE FROM postings; UPDATE records SET terms = NULL; INSERT OR REPLACE INTO look_up_gap VALUES (1, x'', -1)",
      )
    })
  }

  private gap(): Pick<Row, "log" | "idx"> | undefined {
    return this.prepare("SELECT log, idx FROM look_up_gap WHERE id = 1").get() as
      | Pick<Row, "log" | "idx">
      | undefined
  }

  /** What was stored meanwhile is in the index already. */
  private step(): number {
    const from = this.gap()
    if (!from) return 0
    const after = this.prepare(
      "SELECT * FROM records WHERE (log, idx) > (?, ?) ORDER BY log, idx LIMIT ?",
    ).all(from.log, from.idx, TOGETHER) as unknown as Row[]
    for (const row of after) if (!row.terms && this.isInIndex(row)) this.indexReadable(row)
    const last = after.at(-1)
    if (last) this.prepare("UPDATE look_up_gap SET log = ?, idx = ? WHERE id = 1").run(last.log, last.idx)
    else this.prepare("DELETE FROM look_up_gap WHERE id = 1").run()
    return after.length
  }

  /** What cannot be read stays out; whoever looks it up is told, and so is who verifies. */
  private indexReadable(row: Row): void {
    const opened = this.openedUnlessFaulty(row)
    if (opened) this.indexLater(row, opened.key, opened.content)
  }

  private openedUnlessFaulty(row: Row) {
    try {
      const { key } = this.keyring.get(row.record_id, row.version)
      return { key, content: this.contentNow(this.recordOf(row)).content }
    } catch (error) {
      if (error instanceof PlatformError && VAULT_FAULTS.has(error.code)) return undefined
      throw error
    }
  }

  /**
   * What is wrong with the entries of a record version; for verify.
   * @param content of it
   */
  lookUpFault({ log, index }: StoredRecord, content: Bytes): string | undefined {
    const row = this.prepare("SELECT * FROM records WHERE log = ? AND idx = ?").get(log, index) as
      | Row
      | undefined
    if (!row || !this.isInIndex(row)) return undefined
    const { time, tie, posted } = this.termsOfRow(row)
    const said = termsOf(content)
    const order = orderOf(time, tie)
    const lists = this.listsOf(row.type, said)
    const isSaid =
      order === orderOf(said.time, tie) &&
      lists.length === posted.length &&
      lists.every(({ list }) => posted.some((one) => equalBytes(one.list, list)))
    if (!isSaid) return "the look-up index says something else of it than its content"
    for (const { list, rows } of lists) {
      const label = posted.find((one) => equalBytes(one.list, list))?.label
      const entry = label && this.postings.entry(label)
      if (!entry) return "an entry of it is missing in the look-up index"
      const version = this.keyring.at(entry.pointer)
      const isIts = version?.version === row.version && equalBytes(version.record, row.record_id)
      if (!isIts || entry.order !== order) return "an entry of it in the look-up index says something else"
      if (!this.postings.isReached(rows, entry)) return "an entry of it stands where no look-up comes to it"
    }
    return undefined
  }

  /** Not what is older, has ended, or is nobody's. */
  private isInIndex(row: Row): boolean {
    if (row.operation === "delete" || row.log.length === 0 || row.type === "") return false
    return this.newestRow(row.record_id)?.version === row.version
  }

  /** What is wrong with entries that no record has; for verify. */
  *lookUpLeftOver(): Generator<string> {
    if (this.gap()) yield incomplete().message
    for (const label of this.postings.labels()) {
      try {
        const entry = this.postings.entry(label)
        if (entry) this.rowOf(entry)
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        yield error.message
      }
    }
  }
}

const incomplete = () =>
  new PlatformError(
    "look_up_incomplete",
    "the look-up index of this vault is still being made; its node goes on with it when it starts",
  )

function mustHaveCode(question: LookUp): LookUpByCode {
  const { code } = question
  if (code) return { ...question, code }
  throw new PlatformError(
    "bad_input",
    "name a patient or a code: all that all patients have of a type is no look-up",
  )
}

function mustBeAskable({ limit, after, from, to }: LookUp): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_FOUND)
    throw new PlatformError("bad_input", `limit: a page has 1 to ${MAX_FOUND} records`)
  if (after !== undefined && !isOrder(after))
    throw new PlatformError("bad_input", "after: it is not the next of a page")
  for (const [name, ms] of Object.entries({ from, to }))
    if (ms !== undefined && !Number.isInteger(ms))
      throw new PlatformError("bad_input", `${name}: expected whole milliseconds`)
}
