import { resolve } from "node:path"
import type { BackupMade, BackupsAnswer } from "@aceso/client"
import { readBackups } from "../home/backups.ts"
import type { Services } from "../node/services.ts"

type Of = Pick<Services, "config" | "readiness" | "vault">

/**
 * The backups that the node's folder knows, newest first. Those from before the last declared recovery stand apart: their
 * vault went another way, and whoever put one back would lose what came since.
 * @throws PlatformError `bad_file`
 */
async function knownBackups({ config, readiness, vault }: Of) {
  const all = readBackups(config.folder).toReversed()
  // What was put back may be older than another one, which is then the right one: nothing is declared yet.
  if (readiness.recovery && !readiness.recovery.isRestored) return { backups: all, before: [] }
  const life = await vault.life()
  return {
    backups: all.filter((one) => one.life === life),
    before: all.filter((one) => one.life !== life),
  }
}

/** The newest backup that the node's folder knows; undefined: none, or the list cannot be read. */
export async function newestBackup(services: Of): Promise<BackupMade | undefined> {
  try {
    return (await knownBackups(services)).backups[0]
  } catch {
    return undefined
  }
}

/** What there is to restore this node from, as `aceso backup` noted it, and what would be missing then. */
export async function backupsOf(services: Of & Pick<Services, "engine">): Promise<BackupsAnswer> {
  const { config, engine, vault } = services
  const { folder, backupWarnAfterMs: warnAfterMs } = config
  const now = { folder: resolve(folder), time: Date.now(), height: engine.metrics().height, warnAfterMs }
  let known: Awaited<ReturnType<typeof knownBackups>>
  try {
    known = await knownBackups(services)
  } catch {
    return { ...now, backups: [], isUnreadable: true }
  }
  const { backups, before } = known
  const answer = { ...now, backups, ...(before.length > 0 && { beforeRecovery: before }) }
  const counts = backups[0]?.counts
  if (!counts) return answer
  const since = {
    records: (await vault.recordCount()).records - counts.records,
    patients: (await vault.patientCount()) - counts.patients,
    ...(counts.disclosures !== undefined && {
      disclosures: (await vault.disclosureTotal()) - counts.disclosures,
    }),
  }
  // Within one life of a vault these numbers only grow.
  if (Object.values(since).some((n) => n < 0)) return { ...answer, isSetBack: true }
  return { ...answer, since }
}
