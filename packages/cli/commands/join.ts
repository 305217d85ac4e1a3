import { resolve } from "node:path"
import { shellWord } from "@aceso/core/shell-word.ts"
import { continueNetwork } from "@aceso/server/home/continue.ts"
import { joinNetwork } from "@aceso/server/home/network.ts"
import { joinByStateSync } from "@aceso/server/home/trusted-header.ts"
import { command } from "../command.ts"
import { REACH, reachOf } from "../reach.ts"
import { UsageError } from "../session.ts"
import { type ShownNetwork, shown } from "./network-shown.ts"

interface Joined extends ShownNetwork {
  readonly folder: string
  /** With --snapshot: the last block of the network before, and what is kept of it. */
  readonly height?: number
  readonly kept?: readonly string[]
  /** With --state-sync: the header that the node begins with, who gives out the next ones, and who vouches for it. */
  readonly header?: { readonly height: number; readonly hash: string; readonly servers: readonly string[] }
  readonly signedBy?: readonly string[]
}

export const join = command<Joined>({
  summary: "take a network's genesis and peers into a node's folder",
  arguments: [
    { name: "invitation.json", words: "what the authority handed out; its genesis.json does as well" },
  ],
  options: {
    snapshot: {
      type: "string",
      words: "the state that the network goes on from (aceso network migrate, recover)",
      value: "<folder>",
    },
    "state-sync": {
      type: "boolean",
      words: "cometbft: begin with a snapshot of the others instead of all their blocks",
    },
    ...REACH,
  },
  isAtHome: true,
  changesHome: true,
  ignores: ["node", "as"],
  example: "aceso join invitation.json --folder /var/lib/aceso",
  async run(session, { positionals, values }) {
    const [file] = positionals
    const { home: folder } = session
    const { snapshot } = values
    const isSync = values["state-sync"] === true
    if (typeof snapshot === "string" && isSync)
      throw new UsageError("--snapshot and --state-sync: a node begins with one of them")
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
    return { ...shown(isSync ? await joinByStateSync(folder, file) : joinNetwork(folder, file)), folder }
  },
  print: (n) =>
    [
      `  ${n.folder} belongs to the network ${n.network} (${n.engine}), founded by ${n.founder}`,
      `  genesis hash  ${n.genesisHash}`,
      "  Compare this hash with the founder's by another channel, such as the telephone: it is what all proofs rest on.",
      ...(n.sources
        ? [
            `  asks          ${n.sources.map(({ member }) => member).join(", ") || "nobody yet"}`,
            ...(n.sources.length < 2
              ? [
                  "  One alone can withhold what it likes: name a second custodian or authority in node.json (remote.sources).",
                ]
              : []),
          ]
        : [`  peers         ${n.peers.join(", ") || "none"}`]),
      ...(n.header && n.signedBy
        ? [
            `  begins with   a snapshot, checked from header ${n.header.height} on; its checkpoint is signed by ${n.signedBy.join(", ")}`,
            `  asks          ${n.header.servers.join(", ")}`,
          ]
        : []),
      ...(n.height === undefined ? [] : [`  goes on after  block ${n.height}; the vault stays`]),
      ...(n.kept ?? []).map((path) =>
        path.includes("genesis-until")
          ? `  kept          ${path}: receipts up to block ${n.height} verify with it (aceso verify <file> --anchor ${path})`
          : `  kept          ${path}`,
      ),
      "",
      "Next:",
      n.engine === "embedded" && !n.sources
        ? `  aceso up --folder '<founder-folder>' --with ${shellWord(n.folder)}`
        : `  aceso up --folder ${shellWord(n.folder)}`,
    ].join("\n"),
})
