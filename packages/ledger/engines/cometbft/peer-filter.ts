import { setTimeout as delay } from "node:timers/promises"
import type { StateStore } from "../../state/store.ts"
import { NODE_ID } from "./home.ts"

/**
 * Whether a node with this id (40 hexadecimal digits) may connect. Asked at each connection, also of those that this
 * node dials; the state is the newest one that this node has.
 */
export type MayConnect = (nodeId: string, state: Pick<StateStore, "get">) => boolean

/** The ids that stand in front of "nodeid@host:port". */
export const idsOf = (peers: readonly string[]): string[] =>
  peers.map((peer) => peer.slice(0, peer.indexOf("@")))

export const NOT_WELCOME = "this node is not let in here; a member lets it in with aceso peers add"

/**
 * A refusal waits so long: CometBFT takes a peer that drops it for one that it reached, dials again at once, and
 * where it is dropped before it has noted that, it never dials again (reconnectToPeer, v0.38.26).
 */
const REFUSAL_MS = 250
const ADDRESS = "/p2p/filter/addr/"
const ID = "/p2p/filter/id/"

/**
 * Answers what CometBFT asks with `filter_peers` before it talks to a peer. The answer concerns this node alone: no
 * block depends on it.
 * @param path of an ABCI query
 * @returns undefined: the path asks something else
 */
export async function answerFilter(
  path: string,
  mayConnect: (nodeId: string) => boolean,
): Promise<boolean | undefined> {
  // An address proves nothing; the id, which the handshake proves, is asked next.
  if (path.startsWith(ADDRESS)) return true
  if (!path.startsWith(ID)) return undefined
  const nodeId = path.slice(ID.length)
  if (NODE_ID.test(nodeId) && mayConnect(nodeId)) return true
  await delay(REFUSAL_MS)
  return false
}
