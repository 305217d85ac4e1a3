import { handles } from "@aceso/contracts"
import { type Bytes, type KeyStanding, keyAt, type MemberId, type PublicKey } from "@aceso/core"
import type { Engine } from "@aceso/ledger"

/** Whose key counts for a handle now; undefined: there is no such handle. @param height default: the newest */
export async function standingOf(
  engine: Pick<Engine, "read">,
  custodian: MemberId,
  handle: Bytes,
  height?: number,
): Promise<KeyStanding | undefined> {
  const row = await engine.read(handles, [custodian, handle], height)
  return row && keyAt(row, Date.now())
}

/** The key that counts for a handle now; null: it has none, or there is no such handle. */
export const keyOfHandle = async (
  engine: Pick<Engine, "read">,
  custodian: MemberId,
  handle: Bytes,
  height?: number,
): Promise<PublicKey | null> => (await standingOf(engine, custodian, handle, height))?.key ?? null
