import { join } from "node:path"
import { createNetwork, readApplication } from "@aceso/server/home/network.ts"
import { foundedAs, type NetworkGiven } from "@aceso/server/home/wish.ts"
import { type CommandInput, command, type Group } from "../command.ts"
import { asOption, fromLine, REACH } from "../reach.ts"
import type { Session } from "../session.ts"
import { moreOf, withOf } from "../with.ts"
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

function create(session: Session, { values, lists }: CommandInput, files: readonly string[]): Created {
  const { home: folder } = session
  const { network, ageOfMajority } = fromLine(() => foundedAs(values as NetworkGiven, asOption))
  const applications = files.map(readApplication)
  const appOrigins = lists["app-origin"] ?? []
  const made = createNetwork(folder, network, applications, {
    ...(ageOfMajority !== undefined && { ageOfMajority }),
    appOrigins,
  })
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

const WITH = {
  type: "string",
  multiple: true,
  words: "application.json of an organisation to begin with; may be repeated",
  value: "<file>",
} as const
const MORE = moreOf("application.json")

/** Migrate and recover differ in why the network goes on. */
const goingOn = (did: GoesOn["did"], summary: string) =>
  command<GoesOn>({
    summary,
    arguments: MORE,
    options: {
      with: WITH,
      out: {
        type: "string",
        words: "a folder that is not there yet, for what is made",
        value: "<folder>",
        isNeeded: true,
      },
    },
    isAtHome: true,
    changesHome: true,
    ignores: ["node", "as"],
    example: `aceso network ${did} --folder /var/lib/aceso --with city.json county.json --out ./next`,
    run: (session, input) => goOn(session, did, withOf(input), String(input.values.out)),
    print: sayGoesOn,
  })

export const network: Group = {
  summary: "found a network, or let it go on in another on CometBFT",
  parts: {
    create: command<Created>({
      summary: "found a network: sign its genesis, write the invitation",
      arguments: MORE,
      options: {
        network: { type: "string", words: "its name, such as north-health", value: "<id>", isNeeded: true },
        with: WITH,
        "of-age": {
          type: "string",
          words: "from how many years on somebody decides alone (default 18); for good",
          value: "<years>",
        },
        "app-origin": {
          type: "string",
          multiple: true,
          words: "where the founder serves the patient's app, such as https://app.north.example; for good",
          value: "<url>",
        },
      },
      isAtHome: true,
      changesHome: true,
      ignores: ["node", "as"],
      example: "aceso network create --folder /var/lib/aceso --network north-health --with city.json",
      run: async (session, input) => create(session, input, withOf(input)),
      print: sayCreated,
    }),
    migrate: goingOn("migrate", "a network that a ballot finished goes on in another, on CometBFT"),
    recover: goingOn("recover", "a network whose validators are gone for good goes on, with cosignatures"),
    cosign: command<Cosigned>({
      summary: "sign the genesis of a network that was recovered, as one of its voters",
      arguments: [
        { name: "invitation.json", words: "what aceso network recover made; the signature goes into it" },
      ],
      isAtHome: true,
      changesHome: true,
      ignores: ["node", "as"],
      example: "aceso network cosign invitation.json --folder /var/lib/aceso",
      run: (session, { positionals: [file] }) => cosign(session, file),
      print: sayCosigned,
    }),
    address: command<Reachable>({
      summary: "write where other validators reach the node, for a network that goes on",
      options: { ...REACH, p2p: { ...REACH.p2p, isNeeded: true } },
      isAtHome: true,
      changesHome: true,
      ignores: ["node", "as"],
      example: "aceso network address --p2p node.city.example:26656 --folder /var/lib/aceso",
      run: (session, { values }) => setAddress(session, values),
      print: sayReachable,
    }),
  },
}
