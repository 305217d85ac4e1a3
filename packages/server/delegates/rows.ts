import { delegateCounts, delegates } from "@aceso/contracts"
import { type DelegateRow, type Handle, type MemberId, type PublicKey, togetherEnded } from "@aceso/core"
import type { Engine } from "@aceso/ledger"

/** A delegate as the ledger has it; `endedAt` also where all of the handle were ended together. */
export async function delegationOf(
  engine: Pick<Engine, "read">,
  custodian: MemberId,
  handle: Handle,
  key: PublicKey,
): Promise<DelegateRow | undefined> {
  const row = await engine.read(delegates, [custodian, handle, key])
  if (!row || row.endedAt !== null) return row
  return togetherEnded(row, (await engine.read(delegateCounts, [custodian, handle]))?.allEndedAt ?? null)
}
