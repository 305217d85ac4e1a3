import { resolve } from "node:path"
import { cosignInvitation, type Tally } from "@aceso/server/home/cosign.ts"
import { readApplication } from "@aceso/server/home/network.ts"
import { setReach } from "@aceso/server/home/reach.ts"
import { makeSuccessor, type Successor } from "@aceso/server/home/successor.ts"
import type { CommandInput } from "../command.ts"
import { reachOf } from "../reach.ts"
import type { Session } from "../session.ts"
import { type ShownNetwork, shown } from "./network-shown.ts"

export interface GoesOn extends ShownNetwork, Omit<Successor, keyof ShownNetwork> {
  readonly did: "migrate" | "recover"
}
export interface Cosigned extends ShownNetwork {
  readonly did: "cosign"
  readonly invitation: string
  readonly tally: Tally
}
export interface Reachable {
  readonly did: "address"
  readonly member: string
  readonly p2p: string
  readonly application: string
}

/** The genesis of a network that goes on from the one in the folder, and the snapshot for it. */
export async function goOn(
  session: Session,
  did: GoesOn["did"],
  files: readonly string[],
  out: string,
): Promise<GoesOn> {
  const { home: folder } = session
  const reason = did === "migrate" ? "finished" : "lost"
  const made = await makeSuccessor(folder, files.map(readApplication), resolve(out), reason)
  return { did, ...shown(made) }
}

export async function cosign(session: Session, file: string): Promise<Cosigned> {
  return { did: "cosign", ...shown(await cosignInvitation(session.home, file)), invitation: file }
}

export async function setAddress(session: Session, values: CommandInput["values"]): Promise<Reachable> {
  const { home: folder } = session
  const { member, p2p } = setReach(folder, reachOf(values))
  return { did: "address", member, p2p: String(p2p), application: resolve(folder, "application.json") }
}

function sayTally({ signed, missing, needed }: Tally): string[] {
  const more = needed - signed.length
  return [
    `  signatures    ${signed.length} of ${needed} that are needed: ${signed.join(", ")}`,
    ...(more > 0
      ? [`  ${more} more of ${missing.join(", ")}: aceso network cosign <invitation.json> --folder <folder>`]
      : []),
  ]
}

export const sayGoesOn = (n: GoesOn): string =>
  [
    `  the network ${n.network} goes on after block ${n.height} on CometBFT, by ${n.founder}`,
    `  genesis hash  ${n.genesisHash}`,
    `  validators    ${n.validators.join(", ")}`,
    ...(n.tally ? sayTally(n.tally) : []),
    "",
    "Next:",
    ...(n.tally && n.tally.signed.length < n.tally.needed
      ? [`  let ${n.invitation} go round until enough have signed it`]
      : []),
    `  give ${n.invitation} and ${n.snapshot} to each organisation of the network, and to nobody else; tell them the genesis hash by another channel`,
    "  each of them, with its node stopped: aceso join invitation.json --snapshot <folder> --folder <folder>",
    "  each of them: aceso up --folder <folder>",
    "  who is not among --with is let in by one of them: aceso peers add <its application.json> --folder <folder>",
  ].join("\n")

export const sayCosigned = (n: Cosigned): string =>
  [
    `  ${n.invitation}: the network ${n.network} goes on with the genesis ${n.genesisHash}, by ${n.founder}`,
    ...sayTally(n.tally),
  ].join("\n")

export const sayReachable = ({ member, p2p, application }: Reachable): string =>
  [
    `  other validators reach ${member} at ${p2p}`,
    `  hand ${application} to the authority that makes the new genesis`,
  ].join("\n")
