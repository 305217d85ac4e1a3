import { toHex } from "@aceso/core"
import type { Network } from "@aceso/server/home/network.ts"

/** A network as --json shows it. */
export type ShownNetwork = Omit<Network, "genesisHash"> & { readonly genesisHash: string }
export const shown = <T extends Network>({ genesisHash, ...rest }: T) => ({
  ...rest,
  genesisHash: toHex(genesisHash),
})
