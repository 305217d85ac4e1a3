import { PlatformError } from "@aceso/core"
import type { LedgerClient } from "../node/ledger-client.ts"

/** The ledger would refuse every record of an organisation that keeps none, and the vault would hold them for nothing. @throws PlatformError `keeps_no_records` */
export async function mustKeepRecords(ledger: LedgerClient): Promise<void> {
  const own = await ledger.ownMember()
  if (own?.abilities.includes("keepsRecords")) return
  const why = own
    ? `this organisation is in the directory as ${own.kind}, and keeps no records of patients; import at a custodian's node, or have the network give it that ability (aceso propose abilities)`
    : "the ledger does not know this organisation yet; import when its admission is in a block (aceso status)"
  throw new PlatformError("keeps_no_records", why)
}
