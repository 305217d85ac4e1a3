import { recordLogs } from "@aceso/contracts"
import {
  type AccessQuery,
  type Bytes,
  compareBytes,
  decide,
  EMPTY_LOG,
  encodeCbor,
  equalBytes,
  type FetchRequest,
  factsOf,
  hkdf,
  isContinued,
  isObject,
  isWanted,
  type JsonObject,
  type LogPoint,
  lineHash,
  type ManifestLine,
  momentOf,
  type NamedDrug,
  NO_FACTS,
  nameOf,
  type ObjectRef,
  PlatformError,
  parseJson,
  type RecordFilter,
  subjectOf,
  utf8,
} from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { type StoredObject, type StoredRecord, VAULT_FAULTS } from "../vault/vault.ts"
import { asPolicySays, Drugs } from "./drugs.ts"
import { asPolicyShows, fileOf } from "./files.ts"
import type { PolicyInForce } from "./policies.ts"

/** Content that one answer carries; it holds one record at least, whatever its size. */
const ANSWER_BYTES = 32 * 2 ** 20

export interface Released {
  readonly index: number
  readonly salt: Bytes
  readonly content: Bytes
}

export interface Selected extends Released {
  readonly recordId: Bytes
}

/** What is asked for of one handle's records, by whom, under which policy. */
export interface Sought {
  readonly handle: Bytes
  readonly height: number
  readonly inForce: PolicyInForce
  readonly query: AccessQuery
  readonly filter?: RecordFilter
  readonly since?: FetchRequest["since"]
}

/** A large object of one record, asked for on its own. */
export interface OpenedObject {
  readonly record: Selected
  readonly commitment: Bytes
  /** `reference`: it is a Binary to which the record refers so. */
  readonly object: StoredObject & ObjectRef & { readonly reference?: string }
}

export interface Selection {
  /** ManifestBody: absent when it begins with the first entry. */
  readonly from: LogPoint | undefined
  readonly view: Bytes
  readonly lines: readonly ManifestLine[]
  readonly records: readonly Selected[]
  /** What released records mean by reference. */
  readonly drugs: readonly NamedDrug[]
  readonly opened?: OpenedObject
}

export const countOf = ({ lines }: Selection, ...statuses: readonly ManifestLine["status"][]): number =>
  lines.filter(({ status }) => statuses.includes(status)).length

interface Judged {
  readonly status: ManifestLine["status"]
  readonly released?: Released
  readonly resource?: JsonObject
}

/** Which records a policy opens, and a line for every entry that the ledger's log had at a height. */
export class Selector {
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  /** Bytes; tests set it. */
  answerBytes = ANSWER_BYTES

  constructor(vault: SqliteVault, ledger: LedgerClient) {
    this.vault = vault
    this.ledger = ledger
  }

  /** What the requester has already is left out where it is proven that nothing of it has changed since. */
  async select(sought: Sought): Promise<Selection> {
    const { since } = sought
    const log = await this.logOf(sought)
    const view = await this.viewOf(sought)
    const isSame = since !== undefined && since.policyVersion === sought.inForce.version
    if (isSame && equalBytes(since.view, view) && since.log.size <= log.size) {
      const later = await this.from(sought, since.log.size, log.size)
      const hashes = later.lines.map((line) => lineHash(line) as Bytes)
      if (isContinued(since.log, hashes, log)) return { from: since.log, view, ...later }
    }
    return { from: undefined, view, ...(await this.from(sought, 0, log.size)) }
  }

  /**
   * A large object of a record that the policy opens; undefined: there is no such one, or it is not opened.
   * @throws PlatformError `record_damaged`, `key_erased`
   */
  async object(
    sought: Sought,
    { index, root }: { readonly index: number; readonly root: Bytes },
  ): Promise<Selection | undefined> {
    const { handle, inForce, query } = sought
    const log = await this.logOf(sought)
    const [record] = await this.vault.committedFrom(handle, index, 1)
    if (record?.index !== index || index >= log.size) return undefined
    const isWithheld = await this.vault.isWithheld(handle, record.recordId)
    const { released } = await this.judge(record, inForce, query, isWithheld, undefined)
    const stored = released && (await this.vault.objectOf(record, root))
    if (!released || !stored) return undefined
    const size = stored.chunks.reduce((sum, { length }) => sum + length, 0)
    return openedOf(log, record, released, { ...stored, root, size })
  }

  /** A Binary to which a record that the policy opens refers by url; undefined: there is no such one, or it is not opened. */
  async file(
    sought: Sought,
    { index, reference }: { readonly index: number; readonly reference: string },
  ): Promise<Selection | undefined> {
    const { handle, inForce, query } = sought
    const log = await this.logOf(sought)
    const withheld = await this.vault.withheldIn(handle)
    const judge = (record: StoredRecord) =>
      this.judge(record, inForce, query, withheld.has(nameOf(record.recordId)), undefined)
    const wanted = { handle, index, reference, size: log.size }
    const object = await fileOf(this.vault, wanted, {
      open: async (record) => {
        const { status, resource } = await judge(record)
        return status === "released" ? resource : undefined
      },
      mayShow: asPolicyShows(inForce.policy, query),
    })
    const [record] = await this.vault.committedFrom(handle, index, 1)
    const { released } = object ? await judge(record) : {}
    return object && released && openedOf(log, record, released, { ...object, reference })
  }

  /** As the ledger had it at the height. */
  private async logOf({ handle, height }: Sought) {
    const { engine, member } = this.ledger
    return (await engine.read(recordLogs, [member, handle], height)) ?? EMPTY_LOG
  }

  private async from(sought: Sought, first: number, size: number) {
    const { handle, inForce, query, filter } = sought
    const withheld = await this.vault.withheldIn(handle)
    const lines: ManifestLine[] = []
    for (const { index, entry } of await this.vault.lostEntries(handle))
      if (index >= first && index < size)
        lines[index - first] = { entry: null, lost: entry, status: "lost", sent: null }
    const records: Selected[] = []
    const drugs = new Drugs(this.vault, asPolicySays(inForce.policy, query))
    let room = this.answerBytes
    for (const record of await this.vault.log(handle, first)) {
      if (record.index >= size) break
      const { index, recordId, version, operation, commitment } = record
      const isWithheld = withheld.has(nameOf(recordId))
      const judged = await this.judge(record, inForce, query, isWithheld, filter)
      const { released } = judged
      if (released && records.length > 0 && room < released.content.length) room = -1
      const status = released && room < 0 ? "later" : judged.status
      lines[index - first] = { entry: { recordId, version, operation, commitment }, status, sent: null }
      if (!released || status === "later") continue
      room -= released.content.length
      records.push({ ...released, recordId })
      if (judged.resource) drugs.add(judged.resource)
    }
    if (lines.length < size - first || lines.includes(undefined as never))
      throw new PlatformError(
        "vault_behind",
        `the vault lacks some of the ${size} entries that the ledger has of a log; restart the node, which then says what is missing`,
      )
    return { lines, records, drugs: await drugs.read() }
  }

  private async judge(
    record: StoredRecord,
    { policy }: PolicyInForce,
    query: AccessQuery,
    isWithheld: boolean,
    filter: RecordFilter | undefined,
  ): Promise<Judged> {
    let opened: { salt: Bytes; content: Bytes }
    try {
      opened = await this.vault.content(record)
    } catch (error) {
      if (!(error instanceof PlatformError) || !VAULT_FAULTS.has(error.code)) throw error
      // What cannot be read may be whatever a denial is about, and hold it: it is named only to whom everything is open.
      return { status: decide(policy, query, undefined) === "permit" ? "damaged" : "not_permitted" }
    }
    // A dummy or a deletion has no content: whoever may read everything is shown that, all others see one more withheld line.
    const resource = opened.content.length === 0 ? undefined : parseJson(opened.content)
    const facts = isObject(resource) ? factsOf(resource) : NO_FACTS
    if (decide(policy, query, facts) !== "permit") return { status: "not_permitted" }
    if (filter && isObject(resource) && !isWanted(filter, subjectOf(resource)))
      return { status: "not_requested" }
    // Said only to whom it would be released: to all others it is one more withheld line.
    if (isWithheld && resource !== undefined) return { status: "withdrawn" }
    const released = { index: record.index, ...opened }
    return { status: "released", released, ...(isObject(resource) && { resource }) }
  }

  /** Changes when an earlier answer to the same question would be another one now (ManifestBody `view`). */
  private async viewOf({ handle, inForce, query, filter }: Sought): Promise<Bytes> {
    const withdrawn: Bytes[] = []
    for (const { recordId } of (await this.vault.withheldIn(handle)).values())
      for (const record of await this.vault.versionsOf(handle, recordId)) {
        const { status } = await this.judge(record, inForce, query, true, filter)
        if (status === "withdrawn") withdrawn.push(record.commitment)
      }
    const { member, practitioner, role, purpose } = query
    const decidedBy = encodeCbor([
      [handle, member, practitioner, role, purpose, (filter ?? null) as never],
      [inForce.version, inForce.root, momentOf(inForce.policy, query)],
      await this.vault.lostCount(handle),
      withdrawn.sort(compareBytes),
    ])
    return hkdf(this.ledger.seed, utf8("aceso/answer-view/v1"), decidedBy, 32)
  }
}

function openedOf(
  { size, peaks }: LogPoint,
  { recordId, commitment }: StoredRecord,
  released: Released,
  object: OpenedObject["object"],
): Selection {
  const opened = { record: { ...released, recordId }, commitment, object }
  return { from: { size, peaks }, view: new Uint8Array(32), lines: [], records: [], drugs: [], opened }
}
