import { memberKeys } from "@aceso/contracts"
import type { Bytes } from "@aceso/core"
import type { Engine } from "@aceso/ledger"

/** The keys that speak for a member now. */
export async function keysOf(engine: Engine, member: string): Promise<readonly Bytes[]> {
  const all = await engine.scan(memberKeys)
  return all.filter(({ row }) => row.member === member && row.to === null).map(({ key }) => key[0])
}
