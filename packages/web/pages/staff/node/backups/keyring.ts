import type { BackupMade } from "@aceso/client"

/** So long a copy of the keys is kept at most: to erase a key is to erase a record (docs/operations.md, Backup). */
export const KEYRING_MS = 30 * 86_400_000

/** Until when a backup's keys are to be deleted, ms; undefined: it has none. */
export const deletedBy = ({ at, keyringTo }: BackupMade): number | undefined =>
  keyringTo === undefined ? undefined : at + KEYRING_MS
