import { members } from "@aceso/contracts"
import { PlatformError } from "@aceso/core"
import type { MayConnect } from "@aceso/ledger/engines/cometbft/peer-filter.ts"
import { type AllowedPeer, type CometConfig, cometConfig } from "../node/config.ts"
import { type Application, peerOf } from "./application.ts"
import { layout, readJsonFile } from "./layout.ts"
import { readApplication } from "./network.ts"
import { anyObject, changeConfig } from "./node-json.ts"
import { readHome } from "./read.ts"

/** A node that may connect to this one. */
export interface Peer extends AllowedPeer {
  /** The list that it stands in: `peers` is written by create and join, `allowed` by what follows. */
  readonly list: "peers" | "allowed"
}

const peersOf = ({ peers, allowed = [] }: CometConfig): Peer[] => [
  ...peers.map((peer) => ({
    nodeId: peer.slice(0, 40),
    address: peer.slice(41),
    list: "peers" as const,
  })),
  ...allowed.map((one) => ({ ...one, list: "allowed" as const })),
]

/** "nodeid@host:port" of each whose address is known, once. */
export function peersToDial(config: CometConfig): string[] {
  const addresses = new Map<string, string>()
  for (const { nodeId, address } of peersOf(config))
    if (address !== undefined && !addresses.has(nodeId)) addresses.set(nodeId, address)
  return [...addresses].map(([nodeId, address]) => `${nodeId}@${address}`)
}

/**
 * Who may connect to a running node, by its node.json as it is at that moment. While that cannot be read, what was
 * last read holds.
 * @param onNotice told once for each other reason why it cannot be read
 */
export function doorOf(
  folder: string,
  atStart: CometConfig,
  onNotice: (sentence: string) => void,
): MayConnect {
  const { config } = layout(folder)
  let newest = peersOf(atStart)
  let told = ""
  return (nodeId, state) => {
    try {
      const file = readJsonFile(config, anyObject, "configuration") as { cometbft?: unknown } | null
      newest = peersOf(cometConfig.parse(file?.cometbft, "cometbft", "json"))
      told = ""
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      if (told !== error.message)
        onNotice(`who may connect is as it was before node.json was changed, mend it: ${error.message}`)
      told = error.message
    }
    return newest.some(
      (one) =>
        one.nodeId === nodeId &&
        (one.member === undefined || state.get(members, [one.member])?.status === "active"),
    )
  }
}

/** @throws PlatformError `wrong_engine`, and those of readHome */
function cometHome(folder: string) {
  const { config } = readHome(folder, "edit")
  const { cometbft } = config
  if (!cometbft)
    throw new PlatformError(
      "wrong_engine",
      `${folder} was made for the engine embedded: only nodes on cometbft have peers`,
    )
  return cometbft
}

/** @throws those of cometHome */
export const listPeers = (folder: string): Peer[] => peersOf(cometHome(folder))

/**
 * Lets a node in from its next connection on. One that an operator names by its id gets what is given now; an
 * application, which an organisation writes itself, takes nobody else's id.
 * @throws PlatformError `bad_input` for the node's own id, `peer_exists`, `bad_config`, and those of cometHome
 */
export function addPeer(folder: string, peer: AllowedPeer): Peer {
  const cometbft = cometHome(folder)
  const { nodeId, address, member } = peer
  if (readApplication(layout(folder).application).nodeId === nodeId)
    throw new PlatformError("bad_input", `${nodeId} is this node itself; name another one`)
  const known = peersOf(cometbft).find((one) => one.nodeId === nodeId)
  if (known?.list === "peers" && (address === undefined || address === known.address)) return known
  if (known && member !== undefined && known.member !== member)
    throw new PlatformError(
      "peer_exists",
      `the node id of ${member} stands in node.json already, for ${known.member ?? known.address ?? "another one"}: ask both, and remove it first if it is right (aceso peers remove ${nodeId})`,
    )
  write(folder, cometbft, nodeId, [peer])
  return { ...peer, list: "allowed" }
}

/** Lets it in no more; the running node cuts it off. @throws PlatformError `unknown_peer`, and those of cometHome */
export function removePeer(folder: string, nodeId: string): Peer {
  const cometbft = cometHome(folder)
  const found = peersOf(cometbft).find((one) => one.nodeId === nodeId)
  if (!found)
    throw new PlatformError("unknown_peer", `no peer of ${folder} has the id ${nodeId}; see aceso peers`)
  write(folder, cometbft, nodeId, [])
  return found
}

/** Its node may connect, and is dialled at a start, while the ledger shows the organisation as an active member. */
export const peerFrom = ({ nodeId, member, p2p }: Application): AllowedPeer => ({
  nodeId,
  member,
  ...(p2p !== undefined && { address: p2p }),
})

/**
 * Whoever proposes an organisation lets its node in; the ballot decides from when on.
 * @returns undefined where nodes do not talk to each other
 */
export function addApplicant(folder: string, one: Application): Peer | undefined {
  const { config } = readHome(folder, "edit")
  const isNeeded = config.engine === "cometbft" && peerOf(one) !== undefined
  return isNeeded ? addPeer(folder, peerFrom(one)) : undefined
}

/** The lists without the id, and with what is added. */
function write(
  folder: string,
  { peers, allowed = [] }: CometConfig,
  nodeId: string,
  added: AllowedPeer[],
): void {
  changeConfig(folder, ({ cometbft }) => ({
    cometbft: {
      ...cometbft,
      peers: peers.filter((peer) => !peer.startsWith(`${nodeId}@`)),
      allowed: [...allowed.filter((one) => one.nodeId !== nodeId), ...added],
    },
  }))
}
