import { randomInt } from "node:crypto"
import type { ToldOrganisation } from "@aceso/client"
import { type Bytes, equalBytes, movedHash, PlatformError, randomBytes } from "@aceso/core"
import type { StaffMember } from "../node/staff.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredMisfiling } from "../vault/vault.ts"
import type { Patient } from "../vault/vault-people.ts"
import type { Clock } from "./clock.ts"
import {
  type Approval,
  type MoveDocument,
  type Proposal,
  readDocument,
  withEvent,
  writeDocument,
} from "./move-document.ts"
import type { Notices } from "./notices.ts"
import { patientAt } from "./own-patients.ts"
import { Recipients } from "./recipients.ts"

/** A misfiling and what the vault keeps of it, opened. */
export interface Misfiling {
  readonly row: StoredMisfiling
  readonly document: MoveDocument
}

/** What comes of what was proposed about a record; what is returned is yet to be kept. */
export class Decisions {
  readonly clock: Clock
  private readonly vault: SqliteVault
  private readonly notices: Notices
  private readonly staffByKey: (key: Bytes) => StaffMember | undefined
  /** May change meanwhile. */
  spreadMs: number

  /** @param spreadMs a decided move begins within this, at random */
  constructor(
    vault: SqliteVault,
    notices: Notices,
    staffByKey: (key: Bytes) => StaffMember | undefined,
    spreadMs: number,
    clock: Clock,
  ) {
    this.vault = vault
    this.notices = notices
    this.staffByKey = staffByKey
    this.spreadMs = spreadMs
    this.clock = clock
  }

  /** It is moved: moving.ts does it. */
  decided({ row, document }: Misfiling, why: string): Misfiling {
    const now = this.clock.now()
    const plan = { endsFirst: randomBytes(1)[0] % 2 === 0, doneHalves: 0, newRecordId: randomBytes(32) }
    return {
      row: { ...row, state: "moving", dueAt: now + within(this.spreadMs) },
      document: withEvent({ ...document, plan }, now, "decided", "node", why),
    }
  }

  /** What becomes of two administrators' decision once its time of waiting is over. */
  async whenWaited(one: Misfiling): Promise<Misfiling> {
    const { row, document } = one
    const { proposal } = document
    if (!proposal) return this.ended(one, "lapsed", "node", "nothing is proposed any more")
    if (this.standing(proposal.approvals).length < 2) {
      const why = "one who approved is no administrator any more"
      const lapsed = withEvent(document, this.clock.now(), "lapsed", "node", why)
      return { row: { ...row, state: "withheld", dueAt: null }, document: lapsed }
    }
    if (!(await this.isUnchanged(one, proposal)))
      return this.ended(one, "lapsed", "node", "the record has changed since it was proposed")
    return this.decided(one, "two administrators, 72 h")
  }

  /** What was proposed is off; the record stays withheld. @throws PlatformError `move_closed` */
  ended(
    { row, document }: Misfiling,
    what: "objected" | "stopped" | "lapsed",
    by: string,
    reason: string | null = null,
  ): Misfiling {
    if (!["withheld", "approved"].includes(row.state) || !document.proposal)
      throw closed("nothing is proposed, or it is being moved already; it can be returned afterwards")
    return this.onlyWithheld({ row, document }, what, by, reason)
  }

  /** Nothing is proposed for it any more, or under way. */
  onlyWithheld(
    { row, document }: Misfiling,
    what: "objected" | "stopped" | "lapsed",
    by: string,
    reason: string | null,
  ): Misfiling {
    return {
      row: { ...row, state: "withheld", target: null, dueAt: null },
      document: withEvent({ ...document, proposal: null, plan: null }, this.clock.now(), what, by, reason),
    }
  }

  /** It stood at the right patient. */
  async cancelled({ row, document }: Misfiling, by: string, recipients: Recipients): Promise<Misfiling> {
    const now = this.clock.now()
    await this.tell(await patientAt(this.vault, row.log), row.recordId, "restored", recipients)
    return {
      row: { ...row, state: "cancelled", ended: now, dueAt: null },
      document: withEvent({ ...document, proposal: null }, now, "cancelled", by),
    }
  }

  /** Another move took this one back: the record's older versions are the patient's again. Keeps it itself. */
  async returned(id: Bytes, recipients: Recipients): Promise<void> {
    const row = await this.vault.misfiling(id)
    if (row?.state !== "moved") return
    const now = this.clock.now()
    await this.tell(await patientAt(this.vault, row.log), row.recordId, "restored", recipients)
    const content = writeDocument(withEvent(readDocument(row), now, "returned", "node"))
    await this.vault.setMisfiling({ ...row, state: "returned", ended: now, dueAt: null, content })
  }

  /** Those to whom the record was released until now; to be asked before the vault's transaction. */
  async recipients({ log, recordId }: Pick<StoredMisfiling, "log" | "recordId">): Promise<Recipients> {
    const recipients = new Recipients(this.vault, { handle: log, recordId })
    await recipients.read()
    return recipients
  }

  /** Tells everyone to whom any version of the record was released under this patient's handle. */
  async tell(
    { handle, alias }: Patient,
    recordId: Bytes,
    reason: "misfiled" | "restored",
    recipients: Recipients,
  ): Promise<ToldOrganisation[]> {
    const shown = await recipients.read()
    await this.notices.tell(shown, { handle, reason, records: [recordId] })
    return shown.map((one) => ({ ...one, alias }))
  }

  /** Only who is an administrator still, with the very key that approved, counts. */
  standing(approvals: readonly Approval[]): readonly Approval[] {
    return approvals.filter(({ key }) => this.staffByKey(key)?.isAdministrator === true)
  }

  async isUnchanged({ row, document }: Misfiling, { versions, record }: Proposal): Promise<boolean> {
    const now = await this.vault.versionsOf(row.log, row.recordId)
    return now.length === versions && equalBytes(movedHash(document.salt, now), record)
  }
}

/** A moment within so many ms, at random. */
export const within = (ms: number): number => (ms > 0 ? randomInt(ms) : 0)

export const closed = (why: string) => new PlatformError("move_closed", why)
