import type { MoveAnswer, MoveShown, ToldOrganisation } from "@aceso/client"
import {
  type Bytes,
  equalBytes,
  type Handle,
  MOVE_WAIT_MS,
  movedHash,
  type PatientMove,
  PlatformError,
  randomBytes,
  toHex,
  verifyMove,
} from "@aceso/core"
import { keyOfHandle } from "../node/handle-keys.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { StaffMember } from "../node/staff.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { MisfilingPage, StoredMisfiling, StoredRecord } from "../vault/vault.ts"
import type { Patient } from "../vault/vault-people.ts"
import type { DecisionLog } from "./decision-log.ts"
import { closed, type Decisions, type Misfiling } from "./decisions.ts"
import { type Proposal, readDocument, withEvent, writeDocument } from "./move-document.ts"
import { patientMoveOf, shownMove } from "./move-views.ts"
import { findRecord, ownPatient, patientAt } from "./own-patients.ts"
import type { Recipients } from "./recipients.ts"
import { contentFor, notMovable } from "./relocation.ts"

/** So many of a handle are shown to its patient. */
const MAX_SHOWN = 1_000
const PAGE = 200
const ENDED: readonly string[] = ["returned", "cancelled"]

/**
 * Records that stand at the wrong patient (PRIVACY.md, People at a desk): withheld at once, moved when both patients'
 * keys agree, or by two administrators after 72 h with notice to both. moving.ts does what is decided here.
 */
export class Moves {
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private readonly decisions: Decisions
  private readonly log: DecisionLog
  /** A patient may agree or object to a move. */
  onProposed: (handle: Handle) => void = () => {}

  constructor(vault: SqliteVault, ledger: LedgerClient, decisions: Decisions, log: DecisionLog) {
    this.vault = vault
    this.log = log
    this.ledger = ledger
    this.decisions = decisions
  }

  private now(): number {
    return this.decisions.clock.now()
  }

  /**
   * Withholds a record at once, tells those to whom it was released, and proposes the move if it is known whose it is.
   * @throws PlatformError `already_misfiled`, `unknown_patient`, `unknown_record`, `not_movable`
   */
  async misfiled(
    who: StaffMember,
    question: { alias: string; record: string; belongsTo: string | null; reason: string },
  ): Promise<MoveAnswer> {
    const { alias, record, belongsTo, reason } = question
    const patient = await ownPatient(this.vault, alias)
    const target = belongsTo === null ? null : await ownPatient(this.vault, belongsTo)
    const { recordId } = await findRecord(this.vault, patient, record)
    const recipients = await this.decisions.recipients({ log: patient.handle, recordId })
    return this.vault.atomically(async () => {
      const found = await findRecord(this.vault, patient, toHex(recordId))
      const known = (await this.vault.misfilingsOf(patient.handle, found.recordId)).find(
        ({ state }) => !ENDED.includes(state),
      )
      if (!known) return this.withdraw(who, { patient, found, target, reason, returns: null, recipients })
      const document = readDocument(known)
      if (known.state !== "withheld" || document.proposal || !target)
        throw new PlatformError(
          "already_misfiled",
          `this record is withheld already (${toHex(known.id).slice(0, 12)}); see aceso patients moves`,
        )
      return this.propose(who, { row: known, document }, target, reason)
    })
  }

  /**
   * A second administrator's yes.
   * @throws PlatformError `unknown_move`, `move_closed`, `same_administrator`, `record_changed_meanwhile`
   */
  async approve(who: StaffMember, beginning: string): Promise<MoveAnswer> {
    const recipients = await this.decisions.recipients((await this.named(beginning)).row)
    return this.change(beginning, async (one) => {
      const { row, document } = one
      const { proposal } = document
      if (row.state !== "withheld" || !proposal) throw closed("nothing waits here for another administrator")
      await this.mustBeUnchanged(one, proposal)
      const approvals = this.decisions.standing(proposal.approvals)
      if (approvals.some(({ key, name }) => equalBytes(key, who.key) || name === who.name))
        throw new PlatformError(
          "same_administrator",
          "you have approved this yourself; it takes a second administrator with a key of their own",
        )
      const now = this.now()
      const next = {
        row,
        document: withEvent(
          {
            ...document,
            proposal: { ...proposal, approvals: [...approvals, { name: who.name, key: who.key, at: now }] },
          },
          now,
          "approved",
          who.name,
        ),
      }
      if (approvals.length === 0) return next
      if (proposal.kind === "cancel") return this.decisions.cancelled(next, who.name, recipients)
      return { ...next, row: { ...row, state: "approved", dueAt: now + MOVE_WAIT_MS } }
    })
  }

  /** Ends what was proposed; the record stays withheld. One administrator may: also for a patient at the desk. */
  stop(who: StaffMember, beginning: string, reason: string): Promise<MoveAnswer> {
    return this.change(beginning, async (one) => {
      const ended = this.decisions.ended(one, "stopped", who.name, reason)
      await this.log.note("stopped", who, partiesOf(one.row))
      return ended
    })
  }

  /**
   * Everything that was proposed and is not being done yet is off: after a recovery an objection to it may be lost.
   * @returns of how many records
   */
  lapse(why: string): Promise<number> {
    return this.vault.atomically(async () => {
      let lapsed = 0
      for (let before: number | null = null; ; ) {
        const page: readonly (StoredMisfiling & { readonly n: number })[] = await this.vault.misfilings({
          before,
          limit: PAGE,
          isOpen: true,
        })
        for (const row of page) {
          const document = readDocument(row)
          const isBegun = row.state === "moving" && (document.plan?.doneHalves ?? 0) > 0
          if (isBegun || (!document.proposal && row.state === "withheld")) continue
          await this.keep(this.decisions.onlyWithheld({ row, document }, "lapsed", "node", why))
          lapsed++
        }
        if (page.length < PAGE) return lapsed
        before = page[page.length - 1].n
      }
    })
  }

  /** Proposes that a withheld record is the patient's after all, or that a moved one goes back where it came from. */
  async returnMove(who: StaffMember, beginning: string, reason: string): Promise<MoveAnswer> {
    const { row, document } = await this.named(beginning)
    const there = { log: row.target ?? row.log, recordId: document.plan?.newRecordId ?? row.recordId }
    const recipients = await this.decisions.recipients(there)
    return this.vault.atomically(async () => {
      const { row, document } = await this.named(beginning)
      const now = this.now()
      if (row.state === "moved" && row.target && document.plan) {
        const [patient, target] = [
          await patientAt(this.vault, row.target),
          await patientAt(this.vault, row.log),
        ]
        const { newRecordId } = document.plan
        const found = (await this.vault.versionsOf(row.target, newRecordId)).at(-1)
        const again = await this.vault.misfilingsOf(row.target, newRecordId)
        if (!found || found.operation === "delete" || again.some(({ state }) => !ENDED.includes(state)))
          throw closed("the record does not stand any more where it was moved to, or is being returned")
        return this.withdraw(who, { patient, found, target, reason, returns: row.id, recipients })
      }
      if (row.state !== "withheld" || document.proposal)
        throw closed("stop what was proposed first (aceso patients stop-move), or wait until it is done")
      const proposal = await this.proposalOf("cancel", { row, document }, who, reason)
      return this.keep({
        row,
        document: withEvent({ ...document, proposal }, now, "return proposed", who.name, reason),
      })
    })
  }

  /** A patient without a key was told at the desk. */
  told(who: StaffMember, beginning: string, alias: string): Promise<MoveAnswer> {
    return this.change(beginning, async ({ row, document }) => {
      const { handle } = await ownPatient(this.vault, alias)
      if (!isParty(row, handle)) throw unknownMove()
      const told = document.told.some((one) => equalBytes(one, handle))
        ? document.told
        : [...document.told, handle]
      return { row, document: withEvent({ ...document, told }, this.now(), "told", who.name, alias) }
    })
  }

  /** A patient's yes, by the key of the handle. @throws PlatformError `bad_signature`, `unknown_move`, `move_closed` */
  agree(handle: Handle, id: Bytes, signature: Bytes): Promise<void> {
    return this.byPatient(handle, id, async (one, alias) => {
      const { row, document } = one
      const { proposal } = document
      if (proposal?.kind !== "move" || !["withheld", "approved"].includes(row.state))
        throw closed("nothing waits here for your yes")
      await this.mustBeUnchanged(one, proposal)
      const { engine, member: custodian } = this.ledger
      const key = await keyOfHandle(engine, custodian, handle)
      const statement = { network: engine.network, custodian, id, record: proposal.record }
      if (!key || !verifyMove(statement, signature, key))
        throw new PlatformError("bad_signature", "this is not signed with the key of your handle")
      if (proposal.agreements.some((one) => equalBytes(one.handle, handle))) return one
      const now = this.now()
      const agreements = [...proposal.agreements, { handle, signature, at: now }]
      const agreed = { ...document, proposal: { ...proposal, agreements } }
      const next = { row, document: withEvent(agreed, now, "agreed", alias) }
      return agreements.length === 2 ? this.decisions.decided(next, "both patients' keys agree") : next
    })
  }

  /** A patient's no: the record stays where it is, withheld. @throws PlatformError `unknown_move`, `move_closed` */
  object(handle: Handle, id: Bytes): Promise<void> {
    return this.byPatient(handle, id, async (one, alias) => {
      if (one.document.proposal?.kind !== "move") throw closed("nothing waits here for your answer")
      const ended = this.decisions.ended(one, "objected", alias)
      await this.log.note("objected", "patient", partiesOf(one.row))
      return ended
    })
  }

  async list(page: MisfilingPage): Promise<MoveShown[]> {
    const rows = await this.vault.misfilings(page)
    return Promise.all(rows.map((row) => shownMove(this.vault, { row, document: readDocument(row) }, row.n)))
  }

  async ofPatient(handle: Handle): Promise<PatientMove[]> {
    const rows = await this.vault.misfilingsAbout(handle, MAX_SHOWN)
    return rows.flatMap((row) => patientMoveOf({ row, document: readDocument(row) }, handle) ?? [])
  }

  private async withdraw(
    who: StaffMember,
    what: {
      readonly patient: Patient
      readonly found: StoredRecord
      readonly target: Patient | null
      readonly reason: string
      readonly returns: Bytes | null
      readonly recipients: Recipients
    },
  ): Promise<MoveAnswer> {
    const { patient, found, target, reason, returns, recipients } = what
    const { recordId, type, fhirId } = found
    const now = this.now()
    const document = withEvent(
      {
        by: who.name,
        reason,
        salt: randomBytes(32),
        proposal: null,
        plan: null,
        returns,
        told: [],
        events: [],
      },
      now,
      "withdrawn",
      who.name,
      reason,
    )
    const row: StoredMisfiling = {
      ...{ id: randomBytes(16), log: patient.handle, recordId, type, fhirId },
      ...{ state: "withheld", target: null, since: now, ended: null, dueAt: null },
      content: writeDocument(document),
    }
    await this.vault.addMisfiling(row)
    await this.log.note("misfiled", who, [patient.handle])
    const told = await this.decisions.tell(patient, recordId, "misfiled", recipients)
    if (!target) return this.keep({ row, document }, told)
    return this.propose(who, { row, document }, target, reason, told)
  }

  private async propose(
    who: StaffMember,
    { row, document }: Misfiling,
    target: Patient,
    reason: string,
    told: ToldOrganisation[] = [],
  ): Promise<MoveAnswer> {
    if (equalBytes(target.handle, row.log))
      throw new PlatformError("bad_input", "the record stands at this very patient")
    const from = await patientAt(this.vault, row.log)
    const versions = await this.vault.versionsOf(row.log, row.recordId)
    if (!(await contentFor(this.vault, versions, { from, to: target })))
      throw notMovable("it was ended there")
    const places = await this.vault.newestPlaces(row.type, row.fhirId)
    if (places.some(({ log, operation }) => operation !== "delete" && equalBytes(log, target.handle)))
      throw notMovable("it stands at that patient already; correct it at its source")
    const proposal = await this.proposalOf("move", { row, document }, who, reason)
    const proposed = withEvent({ ...document, proposal }, this.now(), "move proposed", who.name, reason)
    const answer = await this.keep({ row: { ...row, target: target.handle }, document: proposed }, told)
    for (const handle of [row.log, target.handle]) this.onProposed(handle)
    return answer
  }

  private async proposalOf(
    kind: Proposal["kind"],
    { row, document }: Misfiling,
    who: StaffMember,
    reason: string,
  ): Promise<Proposal> {
    const versions = await this.vault.versionsOf(row.log, row.recordId)
    const approvals = [{ name: who.name, key: who.key, at: this.now() }]
    const record = movedHash(document.salt, versions)
    return { kind, reason, versions: versions.length, record, approvals, agreements: [] }
  }

  private async mustBeUnchanged(one: Misfiling, proposal: Proposal): Promise<void> {
    if (!(await this.decisions.isUnchanged(one, proposal)))
      throw new PlatformError(
        "record_changed_meanwhile",
        "the record has another version since this was proposed; stop it and propose it anew",
      )
  }

  private async named(beginning: string): Promise<Misfiling> {
    const found = await this.vault.misfilingsNamed(beginning)
    if (found.length > 1)
      throw new PlatformError("bad_input", "several begin so; write more digits of the id")
    if (found.length === 0) throw unknownMove()
    return { row: found[0], document: readDocument(found[0]) }
  }

  private change(beginning: string, f: (one: Misfiling) => Promise<Misfiling>): Promise<MoveAnswer> {
    return this.vault.atomically(async () => this.keep(await f(await this.named(beginning))))
  }

  private byPatient(
    handle: Handle,
    id: Bytes,
    f: (one: Misfiling, alias: string) => Promise<Misfiling>,
  ): Promise<void> {
    return this.vault.atomically(async () => {
      const row = await this.vault.misfiling(id)
      if (!row || !isParty(row, handle)) throw unknownMove()
      const { alias } = await patientAt(this.vault, handle)
      await this.keep(await f({ row, document: readDocument(row) }, alias))
    })
  }

  private async keep({ row, document }: Misfiling, told: ToldOrganisation[] = []): Promise<MoveAnswer> {
    await this.vault.setMisfiling({ ...row, content: writeDocument(document) })
    return { move: await shownMove(this.vault, { row, document }, 0), told }
  }
}

const partiesOf = ({ log, target }: StoredMisfiling): readonly Handle[] => (target ? [log, target] : [log])

const isParty = ({ log, target }: StoredMisfiling, handle: Handle): boolean =>
  equalBytes(log, handle) || (target !== null && equalBytes(target, handle))

const unknownMove = () => new PlatformError("unknown_move", "there is no such move; see aceso patients moves")
