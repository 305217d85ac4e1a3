import type { Known } from "./known.ts"

/** Another device that a desk put in place of the person's, as the ledger has it. */
export interface RekeyShown {
  readonly custodian: string
  /** From when it counts, ms. */
  readonly from: number
}

/** Devices that are to take the place of this one. */
export const rekeyCalls = (known: Known) => ({
  /** Those that do not count yet, and can be taken back. @throws PlatformError `bad_proof`, those of the nodes */
  rekeys: async (): Promise<readonly RekeyShown[]> => {
    // A delegate's own key is not the one that is replaced.
    if (known.client.isDelegate) return []
    const all = await known.client.rekeys()
    return all.flatMap(({ isPending, from, place }) =>
      isPending && from !== null ? [{ custodian: place.custodian, from }] : [],
    )
  },
  /** This device counts on. @throws PlatformError `no_rekey`, `not_permitted`, `unknown_member` */
  cancelRekey: (custodian: string) => known.client.cancelRekey(known.placeAt(custodian)),
})
