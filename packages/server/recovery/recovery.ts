import type { RecoveryAnswer } from "@aceso/client"
import { recoveries, type recoveryReason, refusalOfRecovery } from "@aceso/contracts"
import { type Infer, PlatformError } from "@aceso/core"
import type { Moves } from "../joins/moves.ts"
import type { LedgerClient } from "../node/ledger-client.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import { close, type Gap, gapOf, isGap, missingEntries } from "./gap.ts"
import { lostSince } from "./lost-since.ts"
import { emptyVault } from "./no-backup.ts"
import { restoreFrom } from "./restore.ts"

export type Reason = Infer<typeof recoveryReason>

/** What a recovery has done so far; kept in the vault, so that a crash goes on where it was. */
interface Progress {
  readonly from: number
  readonly reason: Reason
  /** The custodian's recoveries before it, on the ledger. */
  readonly before: number
  readonly startedAt: number
  /** Policies that wait for device or desk; absent: the vault is not yet brought up. */
  readonly closed?: number
}

/** Moves of records that are not being done yet. */
type Undecided = Pick<Moves, "lapse">

/** What an operator is shown. */
export interface RecoveryState {
  /** `behind`: nothing was declared yet; `restored`: it can serve again once what can be imported was imported. */
  readonly state: "behind" | "restored"
  /** Whatever was committed up to this block is there; absent until somebody asked. */
  readonly from: number | undefined
  readonly patients: number
  readonly entries: number
  readonly disclosures: number
  readonly policies: number
  /** What the ledger would refuse now. */
  readonly obstacle?: RecoveryAnswer["obstacle"]
}

const SETTING = "recovery"

/**
 * A vault that is behind its ledger (PRIVACY.md, Recovery): the node serves nobody until its organisation has declared
 * on the ledger what it lost, and the vault goes on behind that.
 */
export class Recovery {
  private readonly vault: SqliteVault
  private readonly ledger: LedgerClient
  private readonly moves: Undecided
  private gap: Gap
  private progress: Progress | undefined

  private constructor(
    vault: SqliteVault,
    ledger: LedgerClient,
    moves: Undecided,
    gap: Gap,
    progress: Progress | undefined,
  ) {
    this.vault = vault
    this.ledger = ledger
    this.moves = moves
    this.gap = gap
    this.progress = progress
  }

  /**
   * @param mayBeEmpty the operator said that there is no backup
   * @returns undefined when the vault has all that the ledger has of it
   * @throws PlatformError `vault_empty`, `ledger_behind`
   */
  static async needed(
    vault: SqliteVault,
    ledger: LedgerClient,
    moves: Undecided,
    mayBeEmpty: boolean,
  ): Promise<Recovery | undefined> {
    const text = await vault.setting(SETTING)
    const gap = await gapOf(vault, ledger)
    const noted = text === undefined ? undefined : (JSON.parse(text) as Progress)
    // A backup that was made between --declare and --finish: what came after it is another loss.
    const progress = noted?.closed !== undefined && isGap(gap) ? undefined : noted
    if (gap.ahead > 0)
      throw new PlatformError(
        "ledger_behind",
        `the vault knows ${gap.ahead} record versions to be on the ledger, and this ledger lacks them: it is an older copy. Restore the newest one; only if there is none, restore a vault as old as the ledger (docs/operations.md, Restore)`,
      )
    if (!progress && !isGap(gap)) {
      await close(vault, gap, Date.now())
      return undefined
    }
    if (gap.isEmpty && !progress && !mayBeEmpty) throw emptyVault(ledger.member)
    return new Recovery(vault, ledger, moves, gap, progress)
  }

  /** The loss is declared and the vault brought up to the ledger: what is new has its place behind it. */
  get isRestored(): boolean {
    return this.progress?.closed !== undefined
  }

  /** In a sentence, for the operator. */
  get words(): string {
    const { patients, entries, disclosures, policies } = this.state()
    if (this.isRestored)
      return "a recovery is under way: import what can be imported, then aceso recover-vault --finish"
    return `the vault is behind the ledger (${patients} patients, ${entries} record versions, ${disclosures} disclosures and ${policies} policies are missing): this node serves nobody. Restore a newer backup, or run aceso recover-vault`
  }

  state(from?: number): RecoveryState {
    const { gap, progress } = this
    return {
      state: this.isRestored ? "restored" : "behind",
      from: progress?.from ?? from,
      patients: gap.patients.length,
      entries: missingEntries(gap),
      disclosures: gap.disclosures,
      policies: progress?.closed ?? gap.policies.length,
    }
  }

  /** Finds out what was lost since when; changes nothing. */
  async look(onProgress?: (height: number) => void): Promise<RecoveryState> {
    if (this.isRestored) return this.state()
    const { from } = await lostSince(this.vault, this.ledger, this.gap, onProgress)
    const obstacle = await this.obstacle()
    return { ...this.state(from), ...(obstacle && { obstacle }) }
  }

  /** What the ledger would refuse to declare: better said before the operator has decided. */
  private async obstacle(): Promise<RecoveryAnswer["obstacle"]> {
    const { engine, member } = this.ledger
    if (!(await this.ledger.isKeyValid())) return "key_not_valid"
    const before = await engine.read(recoveries, [member])
    return before && refusalOfRecovery(before, Date.now())
  }

  /**
   * Declares the loss on the ledger and brings the vault up to it.
   * @throws PlatformError `authority_must_permit`, `height_pruned`, `vault_behind`, those of the ledger
   */
  async declare(reason: Reason): Promise<RecoveryState> {
    if (this.isRestored) return this.state()
    const { vault, ledger } = this
    const lost = await lostSince(vault, ledger, this.gap)
    const all = await this.onLedger()
    // Noted first: a crash after the ledger has it must not declare another one.
    const progress: Progress = this.progress ?? {
      from: lost.from,
      reason,
      before: all.length,
      startedAt: Date.now(),
    }
    await this.note(progress)
    if (all.length === progress.before)
      await ledger.call("governance", "openRecovery", { from: progress.from, reason: progress.reason })
    const closed = await restoreFrom(vault, ledger, this.gap, lost, progress.startedAt)
    await this.moves.lapse("a recovery may have lost an objection; propose it anew")
    await this.note({ ...progress, closed })
    return this.state()
  }

  /** The node may serve again. @throws PlatformError `not_restored` */
  async finish(): Promise<void> {
    if (!this.isRestored)
      throw new PlatformError(
        "not_restored",
        "nothing was declared yet: run aceso recover-vault --declare <reason> first",
      )
    const gap = await gapOf(this.vault, this.ledger)
    if (isGap(gap))
      throw new PlatformError("vault_behind", "the vault is still behind the ledger; run aceso verify")
    // What came past this node meanwhile.
    await close(this.vault, gap, Date.now())
    await this.vault.deleteSetting(SETTING)
  }

  private async note(progress: Progress): Promise<void> {
    await this.vault.setSetting(SETTING, JSON.stringify(progress))
    this.progress = progress
  }

  private async onLedger() {
    const { engine, member } = this.ledger
    return (await engine.read(recoveries, [member]))?.all ?? []
  }
}
