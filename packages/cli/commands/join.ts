import { joinNetwork } from "@aceso/server/home/network.ts"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"
import { shown } from "./network.ts"

export const join = command({
  summary: "take a network's genesis and peers into a node's folder",
  positional: "<invitation.json|genesis.json>",
  async run(session, { positionals }) {
    const [file] = positionals
    if (!file) throw new UsageError("which network? aceso join <invitation.json> --folder <folder>")
    return { ...shown(joinNetwork(session.home, file)), folder: session.home }
  },
  print: (n) =>
    [
      `  ${n.folder} belongs to the network ${n.network} (${n.engine}), founded by ${n.founder}`,
      `  genesis hash  ${n.genesisHash}`,
      "  Compare this hash with the founder's by another channel, such as the telephone: it is what all proofs rest on.",
      `  peers         ${n.peers.join(", ") || "none"}`,
      "",
      "Next:",
      n.engine === "embedded"
        ? `  aceso up --folder <founder's folder> --with ${n.folder}`
        : `  aceso up --folder ${n.folder}`,
    ].join("\n"),
})
