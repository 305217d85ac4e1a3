import { activations } from "@aceso/contracts"
import { equalBytes, type GenesisDocument, type Infer, PlatformError } from "@aceso/core"
import { Chain, FolderLock } from "@aceso/ledger"
import { isThere } from "@aceso/ledger/there.ts"
import { knownProcesses } from "../node/processes.ts"
import { rules } from "../node/rules.ts"
import { contractSources } from "../node/sources.ts"
import { layout } from "./layout.ts"
import type { Home } from "./read.ts"

/**
 * Reads the ledger of a stopped home, as it lies on this disk.
 * @throws PlatformError `no_ledger`, `folder_in_use`, those of Chain.open
 */
export async function withLedger<T>(home: Home, use: (chain: Chain) => T): Promise<T> {
  const { engine } = layout(home.folder)
  if (!home.network || !isThere(engine))
    throw new PlatformError(
      "no_ledger",
      `${home.folder} holds no ledger: name the folder of the node that has engine/ (on embedded, the founder's)`,
    )
  const lock = FolderLock.take(engine)
  try {
    return await readLedger(engine, home.network.document, use)
  } finally {
    lock.release()
  }
}

/** The same of an engine's folder that nobody else uses. */
export async function readLedger<T>(
  engine: string,
  genesis: GenesisDocument,
  use: (chain: Chain) => T,
): Promise<T> {
  const chain = Chain.open(engine, genesis, rules())
  try {
    return use(chain)
  } finally {
    await chain.close()
  }
}

/**
 * Whether this home's own blocks are those that a new genesis goes on from, and nothing accepted would be lost.
 * @throws PlatformError `other_history`, `newer_blocks`
 */
export function mustLeadTo(from: NonNullable<GenesisDocument["from"]>, chain: Chain, folder: string): void {
  const { tip, prunedUpTo } = chain
  const { height, historyHash } = from
  const isKnown = height >= prunedUpTo && height <= tip.height
  if (isKnown && !equalBytes(chain.previousHistory(height + 1), historyHash))
    throw new PlatformError(
      "other_history",
      `the ledger in ${folder} has another history up to block ${height} than the new genesis names: do not go on with it; compare the ledgers with aceso verify --checkpoints`,
    )
  for (let h = Math.max(height, prunedUpTo) + 1; h <= tip.height; h++)
    if (chain.block(h).results.some(({ ok }) => ok))
      throw new PlatformError(
        "newer_blocks",
        `the ledger in ${folder} goes on after block ${height}, with which the new genesis begins, and block ${h} would be lost: let the authority's node fetch it (aceso up on both), and make the new genesis from there`,
      )
}

/**
 * A state goes on under this release when every version that is active or waits in it is of this release.
 * @throws PlatformError `contract_missing`
 */
export function mustBeOfThisRelease({ store, tip }: Chain): void {
  const own = contractSources(knownProcesses())
  for (const { key, row } of store.scan(activations as never)) {
    const { versions } = row as Infer<typeof activations.row>
    const active = versions.findLastIndex(({ height }) => height <= tip.height + 1)
    for (const { version, sources } of versions.slice(Math.max(0, active)))
      if (
        !own.some((one) => one.name === key[0] && one.version === version && equalBytes(one.sources, sources))
      )
        throw new PlatformError(
          "contract_missing",
          `the network executes ${key[0]} version ${version} with other sources than this release has: use the release that its nodes run`,
        )
  }
}
