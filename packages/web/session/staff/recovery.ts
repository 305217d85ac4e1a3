import type { BackupMade, RecoveryAnswer, RecoveryRestAnswer, StaffClient } from "@aceso/client"
import { StaffNode } from "@aceso/client/staff-node.ts"
import { StaffRecovery } from "@aceso/client/staff-recovery.ts"
import { fromHex, type Handle, PlatformError, toHex } from "@aceso/core"
import { visibleAll } from "@aceso/core/display/index.ts"
import type { StaffIdentity } from "../protocol.ts"

/** Where the node stands on its way out of a recovery; all of it is the node's own to tell. */
export interface RecoveryShown {
  /** Absent: no recovery is under way. */
  readonly loss?: RecoveryAnswer
  readonly rest: RecoveryRestAnswer
  /** A backup that the node's folder knows, and that has more than the vault. */
  readonly newer?: Pick<BackupMade, "at" | "height" | "to" | "keyringTo">
  /** The node's own. */
  readonly folder: string
  /** Who may permit a second recovery within a year. */
  readonly authorities: readonly string[]
}

/** What members had of what was lost. */
export interface AskedBack {
  readonly asked: number
  readonly returned: number
  readonly silent: readonly string[]
  /** Answers that released what is lost here now; the first ones in full. */
  readonly total: number
  readonly released: readonly {
    readonly requester: string
    readonly time: string
    /** The first digits of the handle, as the patient's device shows them. */
    readonly digits: string
    readonly records: number
  }[]
}

const PAGE = 50
const newerShown = ({ at, height, to, keyringTo }: BackupMade): RecoveryShown["newer"] => ({
  ...{ at, height, to },
  ...(keyringTo !== undefined && { keyringTo }),
})

/** Leads a node whose vault is behind its ledger back to service. */
export function recoveryCalls(client: StaffClient, { node, seed }: StaffIdentity) {
  const recovery = new StaffRecovery(node, seed)
  return {
    /** Reads the blocks since the backup, which may take a while. */
    async recoveryState(): Promise<RecoveryShown> {
      const [loss, rest, { backups, folder }, members] = await Promise.all([
        client.recovery().catch((error: unknown) => {
          if (error instanceof PlatformError && error.code === "not_found") return undefined
          throw error
        }),
        recovery.rest(),
        new StaffNode(node, seed).backups(),
        client.members(),
      ])
      const from = loss?.state === "behind" ? loss.from : null
      const newer = from === null ? undefined : backups.find(({ height }) => height > from)
      const isActive = ({ kind, status }: { kind: string; status: string }) =>
        kind === "authority" && status === "active"
      return visibleAll({
        ...(loss && { loss }),
        ...{ rest, folder },
        ...(newer && { newer: newerShown(newer) }),
        authorities: members.filter(isActive).map(({ name }) => name),
      })
    },
    /** @throws PlatformError `authority_must_permit`, `too_many_recoveries`, `height_pruned`, `vault_behind` */
    declareRecovery: async (reason: "restored_backup" | "lost_vault" | "lost_keys"): Promise<void> => {
      await client.declareRecovery(reason)
    },
    async askBack(): Promise<AskedBack> {
      const { asked, returned, silent, total, released } = await client.askBack()
      return visibleAll({
        ...{ asked, returned, total },
        silent: silent.map(({ member }) => member),
        released: released.map(({ requester, time, handle, indexes }) => ({
          ...{ requester, time, digits: toHex(handle).slice(0, 16), records: indexes.length },
        })),
      })
    },
    /** Patients of whom decisions are lost, a page. @param after the `next` of the page before */
    async unreviewed(after: string | null) {
      const { patients, next } = await recovery.unreviewed(
        after === null ? null : (fromHex(after) as Handle),
        PAGE,
      )
      return { patients: visibleAll(patients.map(({ alias }) => alias)), next: next && toHex(next) }
    },
    /** @throws PlatformError `unknown_patient`, `not_found`: somebody else has */
    reviewedPatient: (alias: string): Promise<void> => client.reviewed(alias),
    /** @throws PlatformError `not_restored`, `vault_behind` */
    finishRecovery: (): Promise<void> => client.finishRecovery(),
  }
}
