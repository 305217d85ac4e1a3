import { isLoopbackHost } from "@aceso/core"
import type { Reach } from "@aceso/server/home/reach.ts"
import type { CommandInput } from "./command.ts"
import { UsageError } from "./session.ts"

type Values = CommandInput["values"]

/** Options of every command that says where a node's CometBFT is reached. */
export const REACH = {
  p2p: { type: "string", words: "cometbft: where validators reach it", value: "<host:port>" },
  "rpc-port": { type: "string", words: "cometbft: its port on loopback (default 26657)", value: "<n>" },
} as const

export function portOf(values: Values, option: string, otherwise: number): number {
  const given = values[option]
  const port = given === undefined ? otherwise : Number(given)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UsageError(`--${option} ${given}: expected a port from 1 to 65535`)
  return port
}

/** @param hostname of the node's URL: where validators reach it if nothing else is said */
export function reachOf(values: Values, hostname?: string): Reach {
  const p2p = String(values.p2p ?? `${hostname}:26656`)
  const at = p2p.lastIndexOf(":")
  const p2pPort = Number(p2p.slice(at + 1))
  if (at < 1 || !Number.isInteger(p2pPort) || p2pPort < 1 || p2pPort > 65_535)
    throw new UsageError(`--p2p ${p2p}: expected host:port such as node.hospital.example:26656`)
  const cometbft = {
    rpcPort: portOf(values, "rpc-port", 26_657),
    p2pHost: isLoopbackHost(p2p.slice(0, at)) ? "127.0.0.1" : "0.0.0.0",
    p2pPort,
    externalAddress: p2p,
    peers: [],
  }
  return { p2p, cometbft }
}
