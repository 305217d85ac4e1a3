import { NODE_ID } from "@aceso/ledger/engines/cometbft/home.ts"
import { readApplication } from "@aceso/server/home/network.ts"
import { addPeer, listPeers, type Peer, peerFrom, removePeer } from "@aceso/server/home/peers.ts"
import { type AllowedPeer, peerAddress } from "@aceso/server/node/config.ts"
import { command } from "../command.ts"
import { table } from "../output.ts"
import { UsageError } from "../session.ts"

type Result =
  | { readonly did: "list"; readonly peers: readonly Peer[] }
  | { readonly did: "add" | "remove"; readonly peer: Peer }

const USAGE =
  "aceso peers, aceso peers add <application.json|nodeid[@host:port]>, aceso peers remove <application.json|nodeid>, each with --folder <folder>"

/** An id of 40 digits, with or without an address; anything else is a file's name. */
function peerOf(argument: string): AllowedPeer {
  if (NODE_ID.test(argument)) return { nodeId: argument }
  if (!/^[0-9a-f]{40}@/.test(argument)) return peerFrom(readApplication(argument))
  try {
    peerAddress.parse(argument)
  } catch (cause) {
    throw new UsageError(`${argument} is no node's id with host:port, such as <id>@node.example:26656`, {
      cause,
    })
  }
  return { nodeId: argument.slice(0, 40), address: argument.slice(41) }
}

function say({ nodeId, member, list }: Peer): string {
  if (list === "peers" || member === undefined) return `${nodeId} may connect to this node`
  return `${nodeId} may connect to this node while the ledger shows ${member} as an active member`
}

export const peers = command<Result>({
  summary: "cometbft: which nodes may connect to this one, add one or remove it",
  positional: "[add|remove <application.json|nodeid>]",
  async run(session, { positionals }) {
    const [did, argument, ...more] = positionals
    const folder = session.home
    if (did === undefined) return { did: "list", peers: listPeers(folder) }
    if ((did !== "add" && did !== "remove") || argument === undefined || more.length > 0)
      throw new UsageError(USAGE)
    const peer = peerOf(argument)
    return { did, peer: did === "add" ? addPeer(folder, peer) : removePeer(folder, peer.nodeId) }
  },
  print(result) {
    if (result.did === "list")
      return table(
        ["node id", "dialled at", "while a member", "list"],
        result.peers.map(({ nodeId, address, member, list }) => [nodeId, address ?? "", member ?? "", list]),
      )
    const { peer } = result
    if (result.did === "add") return `  ${say(peer)}`
    return `  ${peer.nodeId} may connect no more; while this node runs it is cut off within a minute`
  },
})
