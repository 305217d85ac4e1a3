import { delegateCounts, delegates } from "@aceso/contracts"
import type { Handle, Hash, MemberId, PublicKey } from "@aceso/core"
import type { Engine } from "@aceso/ledger"

/** A delegate as the ledger has it; `endedAt` also where all of the handle were ended together. */
export interface Delegation {
  readonly commitment: Hash
  readonly enteredAt: number
  readonly endedAt: number | null
}

export async function delegationOf(
  engine: Pick<Engine, "read">,
  custodian: MemberId,
  handle: Handle,
  key: PublicKey,
): Promise<Delegation | undefined> {
  const row = await engine.read(delegates, [custodian, handle, key])
  if (!row || row.endedAt !== null) return row
  const allEndedAt = (await engine.read(delegateCounts, [custodian, handle]))?.allEndedAt ?? null
  return allEndedAt === null || row.enteredAt > allEndedAt ? row : { ...row, endedAt: allEndedAt }
}
