import { type Bytes, equalBytes, genesisHash, PlatformError, signedGenesis } from "@aceso/core"
import { FolderLock } from "@aceso/ledger"
import { adoptSnapshot } from "@aceso/ledger/snapshot/adopt.ts"
import { isThere } from "@aceso/ledger/there.ts"
import type { CometConfig } from "../node/config.ts"
import { rules } from "../node/rules.ts"
import { application, invitation } from "./application.ts"
import { changing } from "./changing.ts"
import { layout, writeJsonFile } from "./layout.ts"
import { mustBeOfThisRelease, mustLeadTo, readLedger } from "./ledger-copy.ts"
import { mustBeNamed, type Network, readApplication, readInvitation, summaryOf } from "./network.ts"
import { changedConfig } from "./node-json.ts"
import { type Reach, withReach } from "./reach.ts"
import { type Home, readHome } from "./read.ts"
import { isSwitching, type Kept, prepareSwitch, switchParts, undoSwitch } from "./switch.ts"

export interface Continued extends Network {
  /** The last block of the network before. */
  readonly height: number
  /** What the home keeps of that network. */
  readonly kept: readonly string[]
}

/**
 * Takes the snapshot that a genesis goes on from into a stopped home: all of it, or the home stays as it was.
 * @param reach where other validators reach this node, if node.json does not say so
 * @throws PlatformError `not_successor`, `other_network`, `wrong_key`, `bad_config`, `bad_snapshot`,
 * `folder_in_use`, `folder_exists`, and those of readHome, readInvitation and mustLeadTo
 */
export const continueNetwork = (
  folder: string,
  path: string,
  snapshot: string,
  reach?: Reach,
): Promise<Continued> => changing(folder, () => goOn(folder, path, snapshot, reach))

async function goOn(folder: string, path: string, snapshot: string, reach?: Reach): Promise<Continued> {
  if (isSwitching(folder)) undoSwitch(folder)
  const home = readHome(folder, "edit")
  const { genesis, peers, document } = readInvitation(path)
  const { from } = document
  if (!from)
    throw new PlatformError(
      "not_successor",
      `the network of ${path} does not go on from another: join it without --snapshot`,
    )
  const isBack = home.network !== undefined && isGenesis(home, genesisHash(genesis))
  if (home.network && !isBack && !isGenesis(home, from.genesis))
    throw new PlatformError(
      "other_network",
      `${folder} belongs to another network (${home.network.document.network}) than the one that ${path} goes on from`,
    )
  const paths = layout(folder)
  if (isBack && isThere(paths.engine))
    throw new PlatformError("folder_exists", `${folder} belongs to this network already, with its ledger`)
  const config = configOf(home, peers, reach)
  mustBeNamed(document, readApplication(paths.application))
  const kept = isBack ? {} : keptOf(folder, from.height)
  const lock = isThere(paths.engine) ? FolderLock.take(paths.engine) : undefined
  try {
    if (lock && home.network)
      await readLedger(paths.engine, home.network.document, (chain) => mustLeadTo(from, chain, folder))
    const fresh = prepareSwitch(folder)
    await adoptSnapshot(fresh("engine"), genesis, rules(), snapshot)
    await readLedger(fresh("engine"), document, mustBeOfThisRelease)
    writeJsonFile(fresh("config"), config)
    if (reach) writeJsonFile(fresh("application"), application.toJson(withReach(folder, reach)))
    writeJsonFile(fresh("genesis"), signedGenesis.toJson(genesis))
    if (document.founder.member === home.config.member)
      writeJsonFile(fresh("invitation"), invitation.toJson({ genesis, peers, applications: [] }))
    switchParts(folder, kept, isBack ? [] : ["invitation", "checkpoints"])
  } catch (error) {
    undoSwitch(folder)
    throw error
  } finally {
    lock?.release()
  }
  return {
    ...summaryOf(genesis, document, peers),
    height: from.height,
    kept: Object.values(kept).filter((one) => isThere(one)),
  }
}

const isGenesis = ({ network }: Home, hash: Bytes): boolean =>
  network !== undefined && equalBytes(genesisHash(network.genesis), hash)

/** node.json as it will be. */
function configOf({ folder, config }: Home, peers: readonly string[], reach: Reach | undefined): object {
  const cometbft: Omit<CometConfig, "peers"> | undefined = reach?.cometbft ?? config.cometbft
  if (!cometbft)
    throw new PlatformError(
      "bad_config",
      `${folder} was made for the engine embedded: say where other validators reach this node with --p2p <host:port>`,
    )
  const { nodeId } = readApplication(layout(folder).application)
  const others = peers.filter((peer) => !peer.startsWith(`${nodeId}@`))
  const allowed = config.cometbft?.allowed
  return changedConfig(folder, () => ({
    engine: "cometbft",
    cometbft: { ...cometbft, peers: others, ...(allowed && { allowed }) },
  }))
}

/** Where the old network's parts go, which verify what was before. */
function keptOf(folder: string, height: number): Kept {
  const kept = layout(folder).until(height)
  const there = Object.values(kept).find((path) => isThere(path))
  if (there)
    throw new PlatformError(
      "folder_exists",
      `${there} exists already and would be overwritten; move it out of ${folder}`,
    )
  return kept
}
