import { resolve } from "node:path"
import { continueNetwork } from "@aceso/server/home/continue.ts"
import { joinNetwork } from "@aceso/server/home/network.ts"
import { command } from "../command.ts"
import { REACH, reachOf } from "../reach.ts"
import { UsageError } from "../session.ts"
import { type ShownNetwork, shown } from "./network-shown.ts"

interface Joined extends ShownNetwork {
  readonly folder: string
  /** With --snapshot: the last block of the network before, and what is kept of it. */
  readonly height?: number
  readonly kept?: readonly string[]
}

export const join = command<Joined>({
  summary: "take a network's genesis and peers into a node's folder",
  positional: "<invitation.json|genesis.json>",
  options: {
    snapshot: {
      type: "string",
      words: "the state that the network goes on from (aceso network migrate, recover)",
      value: "<folder>",
    },
    ...REACH,
  },
  async run(session, { positionals, values }) {
    const [file, ...more] = positionals
    if (!file || more.length > 0)
      throw new UsageError(
        "which network? aceso join <invitation.json> [--snapshot <folder>] --folder <folder>",
      )
    const { home: folder } = session
    const { snapshot } = values
    if (typeof snapshot === "string") {
      if (values["rpc-port"] !== undefined && values.p2p === undefined)
        throw new UsageError("--rpc-port comes with --p2p <host:port>")
      const reach = values.p2p === undefined ? undefined : reachOf(values)
      const { height, kept, ...network } = await continueNetwork(folder, file, resolve(snapshot), reach)
      return { ...shown(network), folder, height, kept }
    }
    for (const option of Object.keys(REACH))
      if (values[option] !== undefined)
        throw new UsageError(`--${option} comes with --snapshot; for a new node it belongs to aceso init`)
    return { ...shown(joinNetwork(folder, file)), folder }
  },
  print: (n) =>
    [
      `  ${n.folder} belongs to the network ${n.network} (${n.engine}), founded by ${n.founder}`,
      `  genesis hash  ${n.genesisHash}`,
      "  Compare this hash with the founder's by another channel, such as the telephone: it is what all proofs rest on.",
      `  peers         ${n.peers.join(", ") || "none"}`,
      ...(n.height === undefined ? [] : [`  goes on after  block ${n.height}; the vault stays`]),
      ...(n.kept ?? []).map((path) =>
        path.includes("genesis-until")
          ? `  kept          ${path}: receipts up to block ${n.height} verify with it (aceso verify <file> --anchor ${path})`
          : `  kept          ${path}`,
      ),
      "",
      "Next:",
      n.engine === "embedded"
        ? `  aceso up --folder <founder's folder> --with ${n.folder}`
        : `  aceso up --folder ${n.folder}`,
    ].join("\n"),
})
