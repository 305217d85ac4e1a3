import { PlatformError } from "@aceso/core"
import type { Moves } from "../joins/moves.ts"
import { forgetNoBackup, hasNoBackup } from "../recovery/no-backup.ts"
import { Recovery } from "../recovery/recovery.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { LedgerClient } from "./ledger-client.ts"

interface Parts {
  readonly vault: SqliteVault
  readonly ledger: LedgerClient
  readonly moves: Moves
  /** The node's home. */
  readonly folder: string
  /** Begins to serve. */
  readonly serve: () => Promise<void>
}

/** Whether the node serves: not before it has started, and staff alone while its vault is behind the ledger. */
export class Readiness {
  /** The ledger shows this organisation as a member and its directory: it serves. */
  isStarted = false
  /** The vault is behind the ledger: only staff is served, with what leads out of this. */
  recovery: Recovery | undefined
  private readonly parts: Parts

  constructor(parts: Parts) {
    this.parts = parts
  }

  /** Serves, or begins a recovery. @throws PlatformError `vault_empty`, `ledger_behind` */
  async begin(): Promise<void> {
    const { vault, ledger, moves, folder } = this.parts
    this.recovery = await Recovery.needed(vault, ledger, moves, hasNoBackup(folder))
    if (!this.recovery) await this.parts.serve()
  }

  /** @throws PlatformError `in_recovery` */
  mustServe(): void {
    if (this.recovery)
      throw new PlatformError(
        "in_recovery",
        "this organisation's vault is being recovered; it answers again when that is done",
      )
  }

  /** @throws PlatformError `not_found` */
  recoveryUnderWay(): Recovery {
    if (!this.recovery)
      throw new PlatformError("not_found", "no recovery is under way: the vault has all that the ledger has")
    return this.recovery
  }

  /** The end of a recovery. @throws PlatformError `not_found`, `not_restored`, `vault_behind` */
  async finishRecovery(): Promise<void> {
    await this.recoveryUnderWay().finish()
    forgetNoBackup(this.parts.folder)
    this.recovery = undefined
    await this.parts.serve()
  }
}
