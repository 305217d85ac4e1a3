import { memberKeyLists } from "@aceso/contracts"
import type { Bytes } from "@aceso/core"
import type { Engine } from "@aceso/ledger"

/** The keys that speak for a member now. */
export const keysOf = async (engine: Engine, member: string): Promise<readonly Bytes[]> =>
  (await engine.read(memberKeyLists, [member]))?.valid ?? []
