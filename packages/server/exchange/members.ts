import { memberKeys, members } from "@aceso/contracts"
import { type Bytes, type MemberId, PlatformError } from "@aceso/core"
import type { Engine } from "@aceso/ledger"

/** Where a member's node is reached, and the keys that may sign its answers. @throws PlatformError `unknown_member` */
export async function memberAt(
  engine: Engine,
  member: MemberId,
): Promise<{ url: string; keys: readonly Bytes[] }> {
  const row = await engine.read(members, [member])
  if (row?.status !== "active")
    throw new PlatformError("unknown_member", `${member} is no active member of this network`)
  const keys = (await engine.scan(memberKeys))
    .filter(({ row }) => row.member === member && row.to === null)
    .map(({ key }) => key[0])
  return { url: row.url, keys }
}
