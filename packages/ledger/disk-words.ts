import { messageOf } from "@aceso/core"

const FULL = /ENOSPC|EDQUOT|no space left|disk is full|quota exceeded/i
const NO_RIGHT = /EACCES|EPERM|permission denied/i
const READ_ONLY = /EROFS|read-only file system|readonly database/i

/** Whether a disk takes no more, whoever noticed it: Node, lmdb or SQLite. */
export function isOfDisk(cause: unknown): boolean {
  const text = messageOf(cause)
  return FULL.test(text) || READ_ONLY.test(text)
}

/** Whether this user may not use what is there: lmdb and SQLite say so in words of their own. */
export const isOfRights = (cause: unknown): boolean => NO_RIGHT.test(messageOf(cause))

/** What an operator reads of it; what an error says that is about something else. */
export function diskWords(cause: unknown, then = "start the node again"): string {
  const text = messageOf(cause)
  if (FULL.test(text)) return `the disk is full: free some space and ${then}`
  if (READ_ONLY.test(text)) return `the disk is read-only: see why, mount it for writing and ${then}`
  return text
}
