import type { Bytes } from "@aceso/core"

/** A handle's record log, or the custodian's own (empty bytes). */
export type Log = Bytes
export const OWN_LOG: Log = new Uint8Array(0)
