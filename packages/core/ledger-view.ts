import type { Bytes } from "./bytes.ts"
import type { Frontier } from "./merkle.ts"
import type { LostRange } from "./recovery.ts"

/** What a requester knows from the ledger, independently of the custodian that answers. */
export interface LedgerView {
  readonly network: string
  /** The member whose valid key signed the manifest. */
  readonly signer: string | undefined
  /** The record log of the handle at the height that the manifest names. */
  readonly log: Frontier
  /** What the custodian's recoveries lost of it (lostOf), at that height too. */
  readonly lost: readonly LostRange[]
  /** At that height too. */
  readonly policy: { readonly version: number; readonly root: Bytes } | undefined
  /** The handle's own key. */
  readonly handleKey: Bytes | null
  /** The newest height. */
  readonly height: number
  /** An answer that looks further back keeps newer entries from the requester. */
  readonly minHeight: number
}
