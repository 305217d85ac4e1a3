import { memberKeyLists, members } from "@aceso/contracts"
import { type Bytes, type MemberId, PlatformError } from "@aceso/core"
import type { Engine } from "@aceso/ledger"

/** The keys that speak for a member now. */
export const keysOf = async (engine: Engine, member: MemberId): Promise<readonly Bytes[]> =>
  (await engine.read(memberKeyLists, [member]))?.valid ?? []

/** Where a member's node is reached, and the keys that may sign its answers. @throws PlatformError `unknown_member` */
export async function memberAt(
  engine: Engine,
  member: MemberId,
): Promise<{ url: string; keys: readonly Bytes[] }> {
  const row = await engine.read(members, [member])
  if (row?.status !== "active")
    throw new PlatformError("unknown_member", `${member} is no active member of this network`)
  return { url: row.url, keys: await keysOf(engine, member) }
}
