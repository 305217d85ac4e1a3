import { bool, type Infer, list, object, optional, text, uint } from "@aceso/core"

/** So many of the newest backups a node's folder knows. */
export const MAX_BACKUPS = 30

/** A backup that was whole (`aceso backup`). */
export const backupMade = object({
  /** When it was whole, ms. */
  at: uint(),
  /** The newest block that is in it; without blocks the newest that its vault knows of. */
  height: uint(),
  /** The ledger's blocks are in it (`embedded`); else other nodes have them. */
  hasBlocks: bool(),
  /** How much its vault has; absent: the vault of an earlier release, or none. */
  counts: optional(object({ records: uint(), patients: uint(), disclosures: optional(uint()) })),
  /** Of its vault: a recovery begins another, so that what was counted before is not held against it. Absent: the first. */
  life: optional(uint()),
  /** Of the copy's files, without the keyring. */
  bytes: uint(),
  /** The folders. */
  to: text(4096),
  keyringTo: optional(text(4096)),
  /** Of the command that made it. */
  release: text(64),
})
export type BackupMade = Infer<typeof backupMade>

export const backupsAnswer = object({
  /** The node's own. */
  folder: text(4096),
  /** The node's clock, ms. */
  time: uint(),
  /** The newest block of its ledger. */
  height: uint(),
  /** Older than this, the newest one is worth a warning, ms. */
  warnAfterMs: uint(),
  /** Newest first; while nothing is declared of a vault that is behind its ledger, all of them. */
  backups: list(backupMade, MAX_BACKUPS),
  /** Those from before the last declared recovery, newest first: none of them is to be put back, so they do not count. */
  beforeRecovery: optional(list(backupMade, MAX_BACKUPS)),
  /** The vault has less than the newest one has. */
  isSetBack: optional(bool()),
  /** The list in the node's folder cannot be read. */
  isUnreadable: optional(bool()),
  /** What came into the vault since the newest one; of records the noise that the node writes by itself too. */
  since: optional(object({ records: uint(), patients: uint(), disclosures: optional(uint()) })),
})
export type BackupsAnswer = Infer<typeof backupsAnswer>
