import {
  delegateRow,
  equalBytes,
  type Hash,
  handleKeyRow,
  keyAt,
  type MemberId,
  PlatformError,
  publicKey,
} from "@aceso/core"
import type { PlaceLedger } from "./believed-places.ts"
import { LedgerMembers } from "./ledger-members.ts"
import { LedgerProofs } from "./ledger-proofs.ts"
import { OwnRecords } from "./own-records.ts"
import { ProvenRows } from "./proven-rows.ts"
import { PublicClient } from "./public-client.ts"

/**
 * What the ledger says of places, as the custodians' own nodes prove it. No other node is asked about a custodian: who
 * is known where is nobody else's to know.
 * @param app where the app is reached, which says where nodes may be found @param genesis of the network, its hash
 */
export function placeLedger(app: string, genesis: Hash): PlaceLedger {
  const proofs = new LedgerProofs(undefined, { genesis, isFirstFresh: true })
  const members = new PublicClient(app)

  const urlAt = async (custodian: MemberId, url: string): Promise<string | undefined> =>
    orUnknown(() => new LedgerMembers(proofs, new PublicClient(url)).urlOf(custodian))

  return {
    async urlOf(custodian, known) {
      const found = known === undefined ? undefined : await urlAt(custodian, known)
      if (found !== undefined) return found
      const told = await orUnknown(() => members.urlOf(custodian))
      return told === undefined || told === known ? undefined : urlAt(custodian, told)
    },
    async counts(seed, place, isDelegate) {
      const reader = new OwnRecords({ network: "", seed, places: [place], isDelegate, genesis })
      const rows = new ProvenRows(proofs, reader.calls.ask)
      const own = publicKey(reader.keyOf(place))
      try {
        const [row] = await rows.at(place, isDelegate ? "delegates" : "handles", isDelegate ? [[own]] : [[]])
        if (!row) return "no"
        if (isDelegate) return delegateRow(row).endedAt === null ? "yes" : "no"
        const { key } = keyAt(handleKeyRow(row), Date.now())
        return key !== null && equalBytes(key, own) ? "yes" : "no"
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        return REFUSALS.has(error.code) ? "no" : "unknown"
      }
    },
  }
}

/** By which a node says that a key is none of that handle now. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...["not_permitted", "unknown_patient", "patient_has_no_key", "delegate_ended", "rekey_pending"],
])

async function orUnknown<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return undefined
  }
}
