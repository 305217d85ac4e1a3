import { type Bytes, equalBytes, PlatformError } from "@aceso/core"
import { appendRecords, type PlannedRecord } from "../records/append.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredMisfiling, StoredRecord } from "../vault/vault.ts"
import { type Decisions, type Misfiling, within } from "./decisions.ts"
import { type MoveDocument, readDocument, withEvent, writeDocument } from "./move-document.ts"
import { patientAt } from "./own-patients.ts"
import type { Recipients } from "./recipients.ts"
import { contentFor } from "./relocation.ts"

const AT_ONCE = 100
/** What could not be done is tried again. */
const RETRY_MS = 3600_000

/**
 * Does what was decided about records at the wrong patient. A move has two halves, a `delete` entry in the one log and
 * the record in the other, which reach the ledger in different windows and in either order: equal times would link the
 * two handles. Each half and the note that it is done are one transaction of the vault.
 */
export class Moving {
  private readonly vault: SqliteVault
  private readonly decisions: Decisions
  /** Both may change meanwhile. */
  spreadMs: number
  windowMs: number
  private running: Promise<void> = Promise.resolve()
  onFault: (error: unknown) => void = () => {}

  /** @param spreadMs the second half follows within two commit windows and this, at random */
  constructor(vault: SqliteVault, decisions: Decisions, windowMs: number, spreadMs: number) {
    this.vault = vault
    this.decisions = decisions
    this.windowMs = windowMs
    this.spreadMs = spreadMs
  }

  /** Does everything that is due. */
  run(): Promise<void> {
    const next = () => this.runDue()
    this.running = this.running.then(next, next)
    return this.running
  }

  /** Resolves when what is being done is done. */
  async stop(): Promise<void> {
    await this.running
  }

  private async runDue(): Promise<void> {
    for (const { id } of await this.vault.dueMisfilings(this.decisions.clock.now(), AT_ONCE)) {
      try {
        const recipients = await this.toTell(id)
        await this.vault.atomically(() => this.step(id, recipients))
      } catch (error) {
        this.onFault(error)
        if (!(error instanceof PlatformError)) continue
        const row = await this.vault.misfiling(id)
        if (row) await this.vault.setMisfiling({ ...row, dueAt: this.decisions.clock.now() + RETRY_MS })
      }
    }
  }

  /** Those to whom a record was released that comes back with this move. */
  private async toTell(id: Bytes): Promise<Recipients | undefined> {
    const row = await this.vault.misfiling(id)
    const { returns } = row ? readDocument(row) : { returns: null }
    const returned = returns && (await this.vault.misfiling(returns))
    return returned ? this.decisions.recipients(returned) : undefined
  }

  private async step(id: Bytes, recipients: Recipients | undefined): Promise<void> {
    const row = await this.vault.misfiling(id)
    if (!row || row.dueAt === null || row.dueAt > this.decisions.clock.now()) return
    const one = { row, document: readDocument(row) }
    const next =
      row.state === "approved" ? await this.decisions.whenWaited(one) : await this.half(one, recipients)
    if (next) await this.vault.setMisfiling({ ...next.row, content: writeDocument(next.document) })
  }

  /** undefined: not yet */
  private async half(
    { row, document }: Misfiling,
    recipients: Recipients | undefined,
  ): Promise<Misfiling | undefined> {
    const { plan } = document
    if (row.state !== "moving" || !plan || !row.target) return { row: { ...row, dueAt: null }, document }
    const isEnd = plan.endsFirst === (plan.doneHalves === 0)
    const now = this.decisions.clock.now()
    if (plan.doneHalves === 1 && !(await this.isCommitted(row, document))) return undefined
    if (await this.isOvertaken(row, document)) {
      const why = "its source sent the record anew meanwhile; look at it again"
      return this.decisions.onlyWithheld({ row, document }, "lapsed", "node", why)
    }
    const newRecordId = isEnd
      ? await this.end(row, plan.newRecordId)
      : await this.begin(row, plan.newRecordId)
    const done = withEvent(
      { ...document, plan: { ...plan, doneHalves: 1, newRecordId } },
      now,
      isEnd ? "ended there" : "begun here",
      "node",
    )
    if (plan.doneHalves === 0) {
      const dueAt = now + 2 * this.windowMs + within(this.spreadMs)
      return { row: { ...row, dueAt }, document: done }
    }
    if (document.returns && recipients) await this.decisions.returned(document.returns, recipients)
    return {
      row: { ...row, state: "moved", dueAt: null },
      document: withEvent({ ...done, proposal: null }, now, "moved", "node"),
    }
  }

  /** Whether an import said since the approval what the record is: nothing older may be written over that. */
  private async isOvertaken(row: StoredMisfiling, document: MoveDocument): Promise<boolean> {
    const { plan, proposal } = document
    if (!plan) return false
    if (plan.doneHalves === 0)
      return !!proposal && !(await this.decisions.isUnchanged({ row, document }, proposal))
    if (!plan.endsFirst) return false
    const ended = (await this.vault.versionsOf(row.log, row.recordId)).at(-1)
    return (await this.vault.newestVersion(row.type, row.fhirId)) !== ended?.version
  }

  /** Whether the first half is on the ledger, so that the second cannot come in the same window. */
  private async isCommitted(row: StoredMisfiling, { plan }: MoveDocument): Promise<boolean> {
    if (!plan || !row.target) return false
    const first = plan.endsFirst
      ? await this.vault.versionsOf(row.log, row.recordId)
      : await this.vault.versionsOf(row.target, plan.newRecordId)
    return first.at(-1)?.height !== null
  }

  /** The record ends in the wrong patient's log, unless an import ended it there meanwhile. */
  private async end(row: StoredMisfiling, newRecordId: Bytes): Promise<Bytes> {
    const { log, recordId, type, fhirId } = row
    if ((await this.vault.versionsOf(log, recordId)).at(-1)?.operation === "delete") return newRecordId
    const version = (await this.vault.newestVersion(type, fhirId)) + 1
    const index = await this.vault.logSize(log)
    const what = { version, operation: "delete" as const, type, fhirId, content: new Uint8Array(0) }
    await appendRecords(this.vault, [{ log, index, recordId, ...what }])
    return newRecordId
  }

  /**
   * A new version about the right patient, under a fresh record id in that log, and in the logs of others that it names.
   * @returns its record id there: another one if an import brought it there meanwhile
   */
  private async begin(row: StoredMisfiling, newRecordId: Bytes): Promise<Bytes> {
    const { log, recordId, type, fhirId } = row
    const target = row.target as Uint8Array
    const places = (await this.vault.newestPlaces(type, fhirId)).filter(
      ({ operation }) => operation !== "delete",
    )
    const there = places.find((place) => sameLog(place, target))
    if (there) return there.recordId
    const [from, to] = [await patientAt(this.vault, log), await patientAt(this.vault, target)]
    const contentOf = await contentFor(this.vault, await this.vault.versionsOf(log, recordId), { from, to })
    if (!contentOf) throw new PlatformError("unknown_record", "the record that is to be moved is not there")
    const version = (await this.vault.newestVersion(type, fhirId)) + 1
    const content = contentOf(version, new Date(this.decisions.clock.now()).toISOString())
    const planned: PlannedRecord[] = []
    const add = async (where: Uint8Array, id: Bytes, operation: "create" | "update") =>
      planned.push({
        ...{ log: where, index: await this.vault.logSize(where), recordId: id, version, operation },
        ...{ type, fhirId, content },
      })
    await add(target, newRecordId, "create")
    for (const place of places) if (!sameLog(place, log)) await add(place.log, place.recordId, "update")
    await appendRecords(this.vault, planned)
    return newRecordId
  }
}

const sameLog = ({ log }: StoredRecord, other: Bytes): boolean => equalBytes(log, other)
