import {
  type FoundShown,
  type LookUpAnswer,
  type LookUpQuestion,
  mergeTimeline,
  type SourceLine,
} from "@aceso/client"
import { equalBytes, type Handle, nameOf, PlatformError } from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Reader } from "../readings/reading-event.ts"
import type { FoundRecord } from "../vault/look-up.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { type StoredRecord, VAULT_FAULTS } from "../vault/vault.ts"
import { type JoinedPolicies, type JoinedShown, viewerOf } from "./joined-policies.ts"
import type { Joins } from "./joins.ts"
import { ownPatient } from "./own-patients.ts"
import type { Noted } from "./own-view.ts"

/** Finding records of own patients, as staff may see them in a history: under the policies of joined handles. */
export class OwnLookUp {
  private readonly vault: SqliteVault
  private readonly joins: Joins
  private readonly joined: JoinedPolicies
  private readonly ledger: Pick<LedgerClient, "member">
  private readonly readings: Noted

  constructor(
    vault: SqliteVault,
    joins: Joins,
    joined: JoinedPolicies,
    ledger: Pick<LedgerClient, "member">,
    readings: Noted,
  ) {
    this.vault = vault
    this.joins = joins
    this.joined = joined
    this.ledger = ledger
    this.readings = readings
  }

  /**
   * Noted for each patient of whom something is shown, and for the one that was named, before it is.
   * @throws PlatformError `unknown_patient`, and those of `Vault.lookUp`
   */
  async find({ alias, purpose: _, ...asked }: LookUpQuestion, reader: Reader): Promise<LookUpAnswer> {
    const viewer = viewerOf(reader)
    const known = new Map<string, JoinedShown>()
    const shownOf = async (handle: Handle): Promise<JoinedShown> => {
      const found = known.get(nameOf(handle))
      if (found) return found
      const shown = await this.joined.of(await this.joins.group(handle), viewer)
      known.set(nameOf(handle), shown)
      return shown
    }
    const one = alias === undefined ? undefined : await shownOf((await ownPatient(this.vault, alias)).handle)
    const handles = one && { handles: one.views.map(({ handle }) => handle) }
    const found: (FoundShown & { readonly order: string; readonly of: Handle })[] = []
    let erased = 0
    // What is denied leaves no gap in a page: that would tell that there is something with this code.
    for (let { after } = asked; ; ) {
      const page = await this.vault.lookUp({ ...asked, ...handles, ...(after && { after }) })
      erased += page.erased
      for (const record of page.records) {
        const entry = await this.shown(record, one ?? (await shownOf(record.record.log)))
        if (entry) found.push({ ...entry, order: record.order, of: record.record.log })
      }
      if (page.next === undefined || found.length > asked.limit) break
      after = page.next
    }
    const isMore = found.length > asked.limit
    const records = found.slice(0, asked.limit)
    const named = one ? one.views.map(({ handle }) => handle) : []
    const looked = new Map([...named, ...records.map(({ of }) => of)].map((each) => [nameOf(each), each]))
    await this.readings.note([...looked.values()], reader)
    return {
      records: records.map(({ order: _, of: _of, ...entry }) => entry),
      erased,
      ...(isMore && { next: records[asked.limit - 1].order }),
    }
  }

  /** undefined: it is denied, or its handle is not among those that are shown. */
  private async shown({ record }: FoundRecord, shown: JoinedShown): Promise<FoundShown | undefined> {
    const view = shown.views.find(({ handle }) => equalBytes(handle, record.log))
    const line = await this.lineOf(record)
    if (!view || shown.denies(line.content)) return undefined
    const drugs = await this.joined.drugsOf([line], shown)
    const [{ time, timeText, title, marks, value }] = mergeTimeline([line], drugs)
    return {
      ...{ alias: view.alias, index: record.index, reference: `${record.type}/${record.fhirId}` },
      ...{ time, title, marks },
      ...(timeText !== undefined && { timeText }),
      ...(value !== undefined && { value }),
    }
  }

  private async lineOf(record: StoredRecord): Promise<SourceLine> {
    const { recordId, version, index, height, type } = record
    const line = {
      ...{ custodian: this.ledger.member, index, version, recordId, height: height ?? 0 },
      ...{ isSuperseded: false, resourceType: type },
    }
    try {
      return { ...line, status: "verified", content: (await this.vault.content(record)).content }
    } catch (error) {
      if (error instanceof PlatformError && VAULT_FAULTS.has(error.code))
        return { ...line, status: "damaged" }
      throw error
    }
  }
}
