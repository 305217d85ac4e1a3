import { join } from "node:path"
import { createNetwork, readApplication } from "@aceso/server/home/network.ts"
import { type CommandInput, command } from "../command.ts"
import { REACH } from "../reach.ts"
import { type Session, UsageError } from "../session.ts"
import {
  type Cosigned,
  cosign,
  type GoesOn,
  goOn,
  type Reachable,
  sayCosigned,
  sayGoesOn,
  sayReachable,
  setAddress,
} from "./network-goes-on.ts"
import { type ShownNetwork, shown } from "./network-shown.ts"

interface Created extends ShownNetwork {
  readonly did: "create"
  readonly folder: string
  readonly invitation: string
  readonly members: readonly string[]
}

type Result = Created | GoesOn | Cosigned | Reachable

const USAGE: Readonly<Record<Result["did"], string>> = {
  create: "--folder <folder> --network <id> [--with <application.json> ...]",
  migrate: "--folder <founder's folder> --with <application.json> ... --out <folder>",
  recover: "--folder <an authority's folder> --with <application.json> ... --out <folder>",
  cosign: "<invitation.json> --folder <folder>",
  address: "--folder <folder> --p2p <host:port> [--rpc-port <n>]",
}
/** Which options belong to which of them. */
const OPTIONS: Readonly<Record<Result["did"], readonly string[]>> = {
  create: ["network", "with"],
  migrate: ["with", "out"],
  recover: ["with", "out"],
  cosign: [],
  address: Object.keys(REACH),
}

/** `--with a.json b.json` is read as well as `--with a.json --with b.json`. */
function withOf({ lists }: CommandInput, more: readonly string[]): readonly string[] {
  if (more.length > 0 && !lists.with) throw new UsageError(`${more[0]}: write --with ${more[0]}`)
  return [...(lists.with ?? []), ...more]
}

function create(session: Session, { values }: CommandInput, files: readonly string[]): Created {
  const { home: folder } = session
  if (typeof values.network !== "string" || !/^[a-z][a-z0-9-]{0,47}$/.test(values.network))
    throw new UsageError(
      "--network: expected a name of small letters, digits and hyphens, such as north-health",
    )
  const applications = files.map(readApplication)
  const made = createNetwork(folder, values.network, applications)
  return {
    did: "create",
    ...shown(made),
    folder,
    invitation: join(folder, "invitation.json"),
    members: [made.founder, ...applications.map(({ member }) => member)],
  }
}

const sayCreated = (n: Created): string =>
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
  ].join("\n")

export const network = command<Result>({
  summary: "found a network (create), or go on from one on CometBFT (migrate, recover, cosign, address)",
  positional: Object.keys(USAGE).join("|"),
  options: {
    network: { type: "string", words: "create: the network's name, such as north-health", value: "<id>" },
    with: {
      type: "string",
      multiple: true,
      words: "application.json of an organisation to begin with; may be repeated",
      value: "<file>",
    },
    out: { type: "string", words: "migrate, recover: a new folder for what they make", value: "<folder>" },
    ...REACH,
  },
  async run(session, input) {
    const [what = "", ...more] = input.positionals
    if (!Object.hasOwn(USAGE, what))
      throw new UsageError(
        Object.entries(USAGE)
          .map(([name, usage]) => `aceso network ${name} ${usage}`)
          .join("; "),
      )
    const did = what as Result["did"]
    for (const option of ["network", "with", "out", ...Object.keys(REACH)])
      if ((input.values[option] ?? input.lists[option]) !== undefined && !OPTIONS[did].includes(option))
        throw new UsageError(`--${option} is not for this: aceso network ${did} ${USAGE[did]}`)
    switch (did) {
      case "create":
        return create(session, input, withOf(input, more))
      case "migrate":
      case "recover":
        return goOn(session, did, withOf(input, more), input.values.out)
      case "cosign":
        if (more.length !== 1) throw new UsageError(`which invitation? aceso network cosign ${USAGE.cosign}`)
        return cosign(session, more[0])
      case "address":
        if (more.length > 0) throw new UsageError(`aceso network address ${USAGE.address}`)
        return setAddress(session, input.values)
    }
  },
  print(result) {
    switch (result.did) {
      case "create":
        return sayCreated(result)
      case "migrate":
      case "recover":
        return sayGoesOn(result)
      case "cosign":
        return sayCosigned(result)
      case "address":
        return sayReachable(result)
    }
  },
})
