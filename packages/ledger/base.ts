import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  type Bytes,
  type Cbor,
  type Checkpoint,
  domainHash,
  EMPTY_ROOT,
  encodeCbor,
  GENESIS_HISTORY,
  type GenesisDocument,
  PlatformError,
  sha256,
  toHex,
} from "@aceso/core"
import type { SeenMinute } from "./snapshot/format.ts"
import { isThere } from "./there.ts"

/** Where this node's blocks begin: genesis, or the snapshot that it was restored from. */
export interface Base {
  readonly height: number
  readonly tip: Checkpoint
  readonly seen: readonly SeenMinute[]
  readonly validatorHeights: readonly number[]
}

/** The history before block 1. */
export const genesisHistory = (network: string): Bytes =>
  domainHash("genesis-history", GENESIS_HISTORY, network)

export function beginning(genesis: GenesisDocument): Base {
  const history = genesisHistory(genesis.network)
  const { network, time } = genesis
  const tip = { network, height: 0, time, txRoot: history, historyHash: history, stateRoot: EMPTY_ROOT }
  return { height: 0, tip, seen: [], validatorHeights: [] }
}

/** A data folder belongs to one genesis for ever. @throws PlatformError `wrong_network`, `wrong_genesis` */
export function mustBeOf(folder: string, genesis: GenesisDocument): void {
  const file = join(folder, "genesis.hash")
  const own = `${genesis.network} ${toHex(sha256(encodeCbor(genesis as unknown as Cbor)))}`
  if (!isThere(file)) {
    writeFileSync(file, `${own}\n`, { mode: 0o600 })
    return
  }
  const there = readFileSync(file, "utf8").trim()
  if (there === own) return
  const [network] = there.split(" ")
  if (network !== genesis.network)
    throw new PlatformError(
      "wrong_network",
      `${folder} belongs to the network ${network}, not to ${genesis.network}; use its own folder for each network`,
    )
  throw new PlatformError(
    "wrong_genesis",
    `${folder} was begun with another genesis of ${network}; use the genesis.json that belongs to this data folder`,
  )
}
