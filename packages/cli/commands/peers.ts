import { NODE_ID } from "@aceso/ledger/engines/cometbft/home.ts"
import { readApplication } from "@aceso/server/home/network.ts"
import { addPeer, listPeers, type Peer, peerFrom, removePeer } from "@aceso/server/home/peers.ts"
import { type AllowedPeer, peerAddress } from "@aceso/server/node/config.ts"
import { table } from "../columns.ts"
import { command, type Group } from "../command.ts"
import { UsageError } from "../session.ts"

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

export const peers: Group = {
  summary: "cometbft: which nodes may connect to this one, add one or remove it",
  otherwise: "list",
  parts: {
    list: command({
      summary: "the nodes that may connect",
      isAtHome: true,
      ignores: ["node", "as"],
      example: "aceso peers --folder /var/lib/aceso",
      run: async (session) => ({ did: "list", peers: listPeers(session.home) }),
      print: ({ peers }) =>
        table(
          ["node id", "dialled at", "while a member", "list"],
          peers.map(({ nodeId, address, member, list }) => [nodeId, address ?? "", member ?? "", list]),
        ),
    }),
    add: command({
      summary: "let a node in",
      arguments: [
        {
          name: "application.json|nodeid",
          words:
            "the file of an organisation, or a node's 40 digits, also with where it is dialled: <nodeid>@<host:port>",
        },
      ],
      isAtHome: true,
      changesHome: true,
      ignores: ["node", "as"],
      example: "aceso peers add application.json --folder /var/lib/aceso",
      run: async (session, { positionals: [which] }) => ({
        did: "add",
        peer: addPeer(session.home, peerOf(which)),
      }),
      print: ({ peer }) => `  ${say(peer)}`,
    }),
    remove: command({
      summary: "let a node in no more",
      arguments: [
        { name: "application.json|nodeid", words: "the file of an organisation, or a node's 40 digits" },
      ],
      isAtHome: true,
      changesHome: true,
      ignores: ["node", "as"],
      example: "aceso peers remove application.json --folder /var/lib/aceso",
      run: async (session, { positionals: [which] }) => ({
        did: "remove",
        peer: removePeer(session.home, peerOf(which).nodeId),
      }),
      print: ({ peer }) =>
        `  ${peer.nodeId} may connect no more; while this node runs it is cut off within a minute`,
    }),
  },
}
