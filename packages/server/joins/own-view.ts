import type { CustodiansDrug, HistoryAnswer, JoinedView, OwnSeen, SourceLine } from "@aceso/client"
import {
  type Bytes,
  type Cbor,
  compareBytes,
  encodeCbor,
  equalBytes,
  type Handle,
  hkdf,
  isObject,
  isWanted,
  nameOf,
  PlatformError,
  parseJson,
  type RecordFilter,
  subjectOf,
  utf8,
} from "@aceso/core"
import type { Policies } from "../exchange/policies.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { Reader } from "../readings/reading-event.ts"
import type { Readings } from "../readings/readings.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredMisfiling, StoredRecord } from "../vault/vault.ts"
import { JoinedPolicies, type Viewer, viewerOf } from "./joined-policies.ts"
import type { Joins } from "./joins.ts"
import { readDocument } from "./move-document.ts"
import { patientAt } from "./own-patients.ts"
import { mustSearch } from "./searching.ts"

/** Where looks of the own staff are noted. */
export type Noted = Pick<Readings, "note">

interface Seen {
  readonly lines: SourceLine[]
  /** Medications of the own log to which they refer. */
  readonly drugs: CustodiansDrug[]
  readonly joined: JoinedView[]
  readonly lost: HistoryAnswer["lost"]
  readonly own: NonNullable<HistoryAnswer["own"]>
}

/**
 * A custodian's own records of its own patient, as its staff sees them. Of handles that are joined a record is shown
 * only if no policy of any of them denies it to this member of staff: a join moves no rights.
 */
export class OwnView {
  private readonly vault: SqliteVault
  private readonly joined: JoinedPolicies
  private readonly joins: Joins
  private readonly ledger: Pick<LedgerClient, "member" | "seed">
  private readonly readings: Noted

  constructor(
    vault: SqliteVault,
    policies: Policies,
    joins: Joins,
    ledger: Pick<LedgerClient, "member" | "seed">,
    readings: Noted,
  ) {
    this.vault = vault
    this.joined = new JoinedPolicies(vault, policies, ledger)
    this.joins = joins
    this.ledger = ledger
    this.readings = readings
  }

  /**
   * Noted for the patient before anything is shown.
   * @throws PlatformError `unknown_patient`; `not_permitted` for whoever sees only what people show
   * @param since what an earlier look left behind: as long as all of it still holds, only what is new is shown
   */
  async of(handle: Handle, reader: Reader, since?: OwnSeen, filter?: RecordFilter): Promise<Seen> {
    mustSearch(reader)
    // Of nobody who is a patient here there is nothing to look at, and nothing to note.
    await patientAt(this.vault, handle)
    const group = await this.joins.group(handle)
    await this.readings.note(group, reader)
    const viewer = viewerOf(reader)
    const lost = await this.lostOf(group)
    const viewAt = (size: number) => this.viewOf(group, { viewer, filter, size })
    if (group.length === 1) {
      const size = await this.vault.logSize(handle)
      const isSame = since && since.size <= size && equalBytes(since.view, await viewAt(since.size))
      const from = isSame ? since.size : 0
      const lines = await this.opened(handle, filter, from)
      const own = { size, view: await viewAt(size), from }
      return { lines, drugs: await this.joined.drugsOf(lines), joined: [], lost, own }
    }
    const { views, closed, policies: all, query, denies } = await this.joined.of(group, viewer)
    const joined: JoinedView[] = closed.map((alias) => ({
      ...{ alias, records: 0, withheld: 0 },
      code: "policy_unknown",
    }))
    const lines: SourceLine[] = []
    for (const { handle: one, alias } of views) {
      const seen = await this.opened(one, filter)
      const shown = allowed(seen, denies)
      lines.push(...shown.map((line) => ({ ...line, alias })))
      joined.push({ alias, records: shown.length, withheld: seen.length - shown.length })
    }
    const own = { size: 0, view: await viewAt(0), from: 0 }
    return { lines, drugs: await this.joined.drugsOf(lines, { policies: all, query }), joined, lost, own }
  }

  /**
   * Changes when a look at the first entries of the log would be another one now, as the `view` of a manifest does
   * (docs/decisions/0031): who looks, what for, what was asked for, whose handles are joined, what is withheld as
   * somebody else's, what was lost, and which entry was the last one.
   */
  private async viewOf(
    group: readonly Handle[],
    { viewer, filter, size }: { viewer: Viewer; filter: RecordFilter | undefined; size: number },
  ): Promise<Bytes> {
    const { practitioner, role, purpose } = viewer
    const handles: Cbor[] = []
    for (const one of group) {
      const withheld = [...(await this.vault.withheldIn(one)).values()].map(({ id }) => id)
      const lost = [await this.vault.lostCount(one), await this.vault.isUnreviewed(one)]
      handles.push([one, withheld.sort(compareBytes), lost])
    }
    const [last] = size > 0 ? await this.vault.log(group[0], size - 1, 1) : []
    const dependsOn = encodeCbor([
      [practitioner, role, purpose, (filter ?? null) as never],
      handles,
      [size, last?.index === size - 1 ? last.commitment : null],
    ])
    return hkdf(this.ledger.seed, utf8("aceso/own-view/v1"), dependsOn, 32)
  }

  /** What a recovery lost of these handles' records and nothing has brought back. */
  private async lostOf(group: readonly Handle[]): Promise<Seen["lost"]> {
    const found: HistoryAnswer["lost"][number][] = []
    for (const handle of group) {
      const entries = await this.vault.lostCount(handle)
      const isUnreviewed = await this.vault.isUnreviewed(handle)
      if (entries > 0 || isUnreviewed)
        found.push({ alias: (await patientAt(this.vault, handle)).alias, entries, isUnreviewed })
    }
    return found
  }

  private async opened(handle: Handle, filter: RecordFilter | undefined, since = 0): Promise<SourceLine[]> {
    const records = (await this.vault.log(handle, since)).filter(({ type }) => type !== "")
    const newest = new Map(records.map(({ recordId, version }) => [nameOf(recordId), version]))
    const earlier = since > 0 ? await this.endedSince(handle, records, since) : []
    const withheld = await this.vault.withheldIn(handle)
    const open = (record: StoredRecord) => this.open(record, newest, withheld)
    const all = await Promise.all([...earlier, ...records].map(open))
    return filter ? wanted(filter, all) : all
  }

  /** What was deleted since, as it was before: so it is told what that was. */
  private async endedSince(handle: Handle, records: readonly StoredRecord[], since: number) {
    const ended = new Set(
      records.filter(({ operation }) => operation === "delete").map(({ recordId }) => nameOf(recordId)),
    )
    const last = new Map<string, StoredRecord>()
    if (ended.size > 0)
      for (const record of await this.vault.log(handle, 0, since)) {
        const name = nameOf(record.recordId)
        if (record.index < since && record.operation !== "delete" && ended.has(name)) last.set(name, record)
      }
    return [...last.values()]
  }

  private async open(
    record: StoredRecord,
    newest: ReadonlyMap<string, number>,
    withheld: ReadonlyMap<string, StoredMisfiling>,
  ): Promise<SourceLine> {
    const { recordId, version, index, height, operation, type } = record
    const name = nameOf(recordId)
    const isSuperseded = newest.get(name) !== version
    const misfiling = withheld.get(name)
    const place = {
      ...{ custodian: this.ledger.member, index, version, recordId, height: height ?? 0, isSuperseded },
      ...(operation === "delete" && { isDeletion: true, resourceType: type }),
    }
    try {
      const { content } = await this.vault.content(record)
      if (!misfiling) return { ...place, status: "verified", content }
      return { ...place, status: "withdrawn", content, note: readDocument(misfiling).reason }
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      return { ...place, status: "damaged" }
    }
  }
}

/** What cannot be read is shown as such, whatever was asked for; a deletion where what it ended is. */
function wanted(filter: RecordFilter, lines: readonly SourceLine[]): SourceLine[] {
  const resources = lines.map(({ content }) => (content?.length ? parseJson(content) : undefined))
  const fits = (i: number) => {
    const resource = resources[i]
    return !isObject(resource) || isWanted(filter, subjectOf(resource))
  }
  const others = new Set<string>()
  for (const [i, { recordId }] of lines.entries()) if (!fits(i)) others.add(nameOf(recordId))
  for (const [i, { recordId }] of lines.entries())
    if (resources[i] !== undefined && fits(i)) others.delete(nameOf(recordId))
  return lines.filter((line, i) => fits(i) && !(line.isDeletion && others.has(nameOf(line.recordId))))
}

/** What is not denied; that something was deleted tells of it too. */
function allowed(
  lines: readonly SourceLine[],
  denies: (content: Uint8Array | undefined) => boolean,
): SourceLine[] {
  const denied = new Set<string>()
  const stand = lines.filter(({ content, recordId }) => {
    if (!denies(content)) return true
    denied.add(nameOf(recordId))
    return false
  })
  return stand.filter((line) => !(line.isDeletion && denied.has(nameOf(line.recordId))))
}
