import { type Handle, PlatformError } from "@aceso/core"
import type { StaffMember } from "../node/staff.ts"
import type { SqliteVault } from "../vault/sqlite-vault.ts"
import type { DecisionLog } from "./decision-log.ts"
import { ownPatient } from "./own-patients.ts"

/**
 * Patients of whom a recovery lost decisions: a record that was withheld, handles that were parted, a move that somebody
 * objected to. Nothing of them leaves this custodian before an administrator has said that what has to stand, stands.
 */
export class Reviews {
  private readonly vault: SqliteVault
  private readonly log: DecisionLog

  constructor(vault: SqliteVault, log: DecisionLog) {
    this.vault = vault
    this.log = log
  }

  /** @param after the last handle of the page before; absent: from the start */
  page(after: Handle | undefined, limit: number): Promise<readonly { alias: string; handle: Handle }[]> {
    return this.vault.unreviewed(after, limit)
  }

  /** @throws PlatformError `unknown_patient`, `not_found` */
  reviewed(who: StaffMember, alias: string): Promise<void> {
    return this.vault.atomically(async () => {
      const { handle } = await ownPatient(this.vault, alias)
      if (!(await this.vault.isUnreviewed(handle)))
        throw new PlatformError("not_found", `no lost decision about ${alias} waits to be looked at`)
      await this.vault.setReviewed(handle)
      await this.log.note("reviewed", who, [handle])
    })
  }
}
