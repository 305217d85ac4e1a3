import type { Known } from "./known.ts"

/** Another device that a desk put in place of the person's, as the ledger has it. */
export interface RekeyShown {
  readonly custodian: string
  /** From when it counts, ms. */
  readonly from: number
}

/** Devices that are to take the place of this one. */
export const rekeyCalls = (known: Known) => ({
  /** `rekeys`: those that do not count yet, and can be taken back; `unseen`: who did not show whether there is one. */
  rekeys: async (): Promise<{
    readonly rekeys: readonly RekeyShown[]
    readonly unseen: readonly string[]
  }> => {
    // A delegate's own key is not the one that is replaced.
    if (known.client.isDelegate) return { rekeys: [], unseen: [] }
    const { all, unseen } = await known.client.rekeys()
    const rekeys = all.flatMap(({ isPending, from, place }) =>
      isPending && from !== null ? [{ custodian: place.custodian, from }] : [],
    )
    return { rekeys, unseen: unseen.map(({ custodian }) => custodian) }
  },
  /** This device counts on. @throws PlatformError `no_rekey`, `not_permitted`, `unknown_member` */
  cancelRekey: (custodian: string) => known.client.cancelRekey(known.placeAt(custodian)),
})
