import { PlatformError, toHex } from "@aceso/core"
import type { Known } from "./known.ts"

/** Another device that a desk put in place of the person's, as the ledger has it. */
export interface RekeyShown {
  readonly custodian: string
  /** In hexadecimal: somebody may have two at one custodian. */
  readonly handle: string
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
      isPending && from !== null ? [{ custodian: place.custodian, handle: toHex(place.handle), from }] : [],
    )
    return { rekeys, unseen: unseen.map(({ custodian }) => custodian) }
  },
  /** This device counts on. @throws PlatformError `no_rekey`, `not_permitted`, `unknown_member` */
  cancelRekey: async (custodian: string, handle: string) => {
    const isMeant = (one: { readonly custodian: string; readonly handle: Uint8Array }) =>
      one.custodian === custodian && toHex(one.handle) === handle
    const place = known.client.places.find(isMeant)
    if (!place) throw new PlatformError("unknown_member", `this device is not known at ${custodian} so`)
    await known.client.cancelRekey(place)
  },
})
