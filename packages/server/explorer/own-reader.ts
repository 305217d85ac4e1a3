import { PlatformError } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import type { Reader } from "@aceso/ledger/readers.ts"
import { memberByKey } from "../exchange/practitioners.ts"
import type { LedgerClient } from "../node/ledger-client.ts"

/** The own organisation as a reader of the ledger; nobody, where it is no member now, or its key counts no more. */
export async function ownReader(engine: Engine, { key }: Pick<LedgerClient, "key">): Promise<Reader> {
  try {
    return { member: await memberByKey(engine, key) }
  } catch (error) {
    if (error instanceof PlatformError) return {}
    throw error
  }
}
