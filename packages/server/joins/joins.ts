import type { JoinShown, PartAnswer, ToldOrganisation } from "@aceso/client"
import { compareBytes, decodeTrusted, encodeCbor, equalBytes, type Handle, PlatformError } from "@aceso/core"
import type { StaffMember } from "../node/staff.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { StoredJoin } from "../vault/vault.ts"
import type { Patient } from "../vault/vault-people.ts"
import type { Clock } from "./clock.ts"
import type { DecisionLog } from "./decision-log.ts"
import { joinedWith, MAX_JOINED } from "./group.ts"
import type { Notices } from "./notices.ts"
import { ownPatient, patientAt } from "./own-patients.ts"
import { Recipients } from "./recipients.ts"

/** How many joins of one handle are shown. */
const MAX_SHOWN = 1_000

type Decision = Parameters<SqliteVault["decideDuplicate"]>[2]

interface JoinWords {
  readonly by: string
  readonly reason: string
  readonly endedBy: string | null
  readonly endReason: string | null
}

/**
 * Handles of which staff says that they are one person. A join moves no rights: each handle keeps its log, its policy
 * and its device (PRIVACY.md, People at a desk).
 */
export class Joins {
  private readonly vault: SqliteVault
  private readonly notices: Notices
  private readonly log: DecisionLog
  private readonly clock: Clock

  constructor(vault: SqliteVault, notices: Notices, log: DecisionLog, clock: Clock) {
    this.clock = clock
    this.log = log
    this.vault = vault
    this.notices = notices
  }

  /** @throws PlatformError `already_joined`, `too_many_joined`, `unknown_patient` */
  same(who: StaffMember, a: string, b: string, reason: string): Promise<JoinShown> {
    return this.vault.atomically(async () => {
      const [one, other] = await this.pair(a, b)
      const group = await this.group(one.handle)
      if (group.some((handle) => equalBytes(handle, other.handle)))
        throw new PlatformError(
          "already_joined",
          `${a} and ${b} are joined already; see aceso patients joins`,
        )
      if (group.length + (await this.group(other.handle)).length > MAX_JOINED)
        throw new PlatformError(
          "too_many_joined",
          `at most ${MAX_JOINED} handles are joined; part those that are another person's first`,
        )
      const content = wordsOf({ by: who.name, reason, endedBy: null, endReason: null })
      const join = { ...inOrder(one.handle, other.handle), since: await this.after(one, other), content }
      await this.vault.addJoin({ ...join, ended: null })
      await this.log.note("same", who, [one.handle, other.handle])
      await this.decide(one, other, { state: "same", by: who.name, at: join.since })
      return this.shown({ ...join, ended: null })
    })
  }

  /**
   * Ends a join, or notes that two handles were never one person's, and tells everyone to whom anything of them was
   * released while they were joined.
   */
  async apart(who: StaffMember, a: string, b: string, reason: string): Promise<PartAnswer> {
    const pair = await this.pair(a, b)
    const from = (await this.openJoin(...pair))?.since ?? this.clock.now()
    const recipients = pair.map(({ handle }) => new Recipients(this.vault, { handle, from }))
    for (const one of recipients) await one.read()
    return this.vault.atomically(async () => {
      const [one, other] = pair
      const open = await this.openJoin(one, other)
      const isJoined = (await this.group(one.handle)).some((handle) => equalBytes(handle, other.handle))
      if (!open && isJoined)
        throw new PlatformError(
          "not_joined",
          `${a} and ${b} are joined through others; part those (aceso patients joins ${a})`,
        )
      const now = await this.after(one, other)
      await this.log.note("apart", who, [one.handle, other.handle])
      if (!open) {
        const content = wordsOf({ by: who.name, reason, endedBy: who.name, endReason: reason })
        const parted = { ...inOrder(one.handle, other.handle), since: now, ended: now, content }
        await this.vault.addJoin(parted)
        await this.decide(one, other, { state: "apart", by: who.name, at: now })
        return { join: await this.shown(parted), told: [], moved: [] }
      }
      const words = readWords(open)
      const content = wordsOf({ ...words, endedBy: who.name, endReason: reason })
      const parted = { ...open, ended: now, content }
      await this.vault.endJoin(parted)
      await this.decide(one, other, { state: "apart", by: who.name, at: now })
      const told: ToldOrganisation[] = []
      for (const [i, { handle, alias }] of pair.entries()) {
        const shown = await recipients[i].read()
        await this.notices.tell(shown, { handle, reason: "parted", records: [] })
        told.push(...shown.map((organisation) => ({ ...organisation, alias })))
      }
      return { join: await this.shown(parted), told, moved: await this.moved(one.handle, other.handle) }
    })
  }

  /** The pair leaves the list of possible duplicates, and later imports know what was decided. */
  private decide(one: Patient, other: Patient, decision: Decision): Promise<void> {
    return this.vault.decideDuplicate(one.handle, other.handle, decision)
  }

  /** Joins of one of the own patients, newest first. */
  async list(alias: string): Promise<JoinShown[]> {
    const { handle } = await ownPatient(this.vault, alias)
    const all = (await this.vault.joins(handle)).slice(-MAX_SHOWN).reverse()
    return Promise.all(all.map((join) => this.shown(join)))
  }

  /** The handles that are one person with this one, which comes first. */
  group(handle: Handle): Promise<readonly Handle[]> {
    return joinedWith(this.vault, handle)
  }

  private async pair(a: string, b: string): Promise<readonly [Patient, Patient]> {
    const pair = [await ownPatient(this.vault, a), await ownPatient(this.vault, b)] as const
    if (equalBytes(pair[0].handle, pair[1].handle))
      throw new PlatformError("bad_input", "name two different patients")
    return pair
  }

  private async openJoin(one: Patient, other: Patient): Promise<StoredJoin | undefined> {
    return (await this.joinsOf(one, other)).find(({ ended }) => ended === null)
  }

  private async joinsOf(one: Patient, other: Patient): Promise<readonly StoredJoin[]> {
    const { a, b } = inOrder(one.handle, other.handle)
    return (await this.vault.joins(a)).filter((join) => equalBytes(join.a, a) && equalBytes(join.b, b))
  }

  /** Now, or just after what was decided about these two last: decisions have an order. */
  private async after(one: Patient, other: Patient): Promise<number> {
    const last = (await this.joinsOf(one, other)).at(-1)
    return Math.max(this.clock.now(), (last?.ended ?? last?.since ?? 0) + 1)
  }

  /** Records that were moved from one of the two to the other and were not returned. */
  private async moved(one: Handle, other: Handle): Promise<Uint8Array[]> {
    const all = await this.vault.misfilingsAbout(one, MAX_SHOWN)
    return all
      .filter(
        ({ state, log, target }) =>
          state === "moved" && target !== null && (equalBytes(log, other) || equalBytes(target, other)),
      )
      .map(({ id }) => id)
  }

  private async shown(join: StoredJoin): Promise<JoinShown> {
    const { by, reason, endedBy, endReason } = readWords(join)
    return {
      a: (await patientAt(this.vault, join.a)).alias,
      b: (await patientAt(this.vault, join.b)).alias,
      since: join.since,
      by,
      reason,
      ended: join.ended,
      ...(endedBy !== null && { endedBy }),
      ...(endReason !== null && { endReason }),
    }
  }
}

const inOrder = (one: Handle, other: Handle) =>
  compareBytes(one, other) < 0 ? { a: one, b: other } : { a: other, b: one }

const wordsOf = ({ by, reason, endedBy, endReason }: JoinWords) =>
  encodeCbor([by, reason, endedBy, endReason])

function readWords({ content }: StoredJoin): JoinWords {
  const [by, reason, endedBy, endReason] = decodeTrusted(content) as [
    string,
    string,
    string | null,
    string | null,
  ]
  return { by, reason, endedBy, endReason }
}
