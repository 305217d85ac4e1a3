import { statSync } from "node:fs"
import { dirname } from "node:path"
import { PlatformError } from "@aceso/core"

/**
 * Whether there is such a file or folder. What may not be looked at is not absent: whoever decides by absence would
 * make it anew, or give it up.
 * @throws PlatformError `no_right`
 */
export function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === "ENOTDIR") return false
    if (code === "EACCES" || code === "EPERM")
      throw new PlatformError(
        "no_right",
        `whether there is a ${path} is not known: this user may not look into ${dirname(path)}; run this as the user whose folder it is, or see whose it is and its mode`,
        { cause },
      )
    throw cause
  }
}
