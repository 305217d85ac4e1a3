import { join } from "node:path"
import { toHex } from "@aceso/core"
import { createNetwork, type Network, readApplication } from "@aceso/server/home/network.ts"
import { command } from "../command.ts"
import { UsageError } from "../session.ts"

/** A network as --json shows it. */
export const shown = ({ genesisHash, ...rest }: Network) => ({ ...rest, genesisHash: toHex(genesisHash) })

export const network = command({
  summary: "an authority founds a network: `create` signs its genesis and writes the invitation",
  positional: "create",
  options: {
    network: { type: "string", words: "the network's name, such as north-health", value: "<id>" },
    with: {
      type: "string",
      multiple: true,
      words: "application.json of an organisation to begin with; may be repeated",
      value: "<file>",
    },
  },
  async run(session, { positionals, values, lists }) {
    const [what, ...more] = positionals
    if (what !== "create")
      throw new UsageError(
        "aceso network create --folder <folder> --network <id> [--with <application.json> ...]",
      )
    const { home: folder } = session
    if (typeof values.network !== "string" || !/^[a-z][a-z0-9-]{0,47}$/.test(values.network))
      throw new UsageError(
        "--network: expected a name of small letters, digits and hyphens, such as north-health",
      )
    // `--with a.json b.json` is read as well as `--with a.json --with b.json`.
    if (more.length > 0 && !lists.with) throw new UsageError(`${more[0]}: write --with ${more[0]}`)
    const applications = [...(lists.with ?? []), ...more].map(readApplication)
    const made = createNetwork(folder, values.network, applications)
    return {
      ...shown(made),
      folder,
      invitation: join(folder, "invitation.json"),
      members: [made.founder, ...applications.map(({ member }) => member)],
    }
  },
  print: (n) =>
    [
      `  the network ${n.network} (${n.engine}) is founded by ${n.founder}`,
      `  genesis hash  ${n.genesisHash}`,
      `  members       ${n.members.join(", ")}`,
      "",
      "Next:",
      ...(n.members.length > 1
        ? [
            `  give ${n.invitation} to each of them, and tell them the genesis hash by another channel`,
            "  each of them: aceso join invitation.json --folder <folder>",
            ...(n.engine === "cometbft" ? ["  each of them: aceso up --folder <folder>"] : []),
          ]
        : []),
      `  aceso up --folder ${n.folder}${n.engine === "embedded" && n.members.length > 1 ? " --with <their folder> ..." : ""}`,
    ].join("\n"),
})
