import {
  cosignersOf,
  cosignGenesis,
  equalBytes,
  genesisHash,
  PlatformError,
  publicKey,
  readGenesis,
  type SignedGenesis,
} from "@aceso/core"
import { isThere } from "@aceso/ledger/there.ts"
import { type Invitation, invitation } from "./application.ts"
import { layout, readJsonFile, writeJsonFile } from "./layout.ts"
import { mustLeadTo, withLedger } from "./ledger-copy.ts"
import { type Network, summaryOf } from "./network.ts"
import { readHome } from "./read.ts"

/** Which voters of the network before agree; the founder of the new one does. */
export interface Tally {
  readonly signed: readonly string[]
  readonly missing: readonly string[]
  /** So many of them have to sign. */
  readonly needed: number
}

/** Undefined where no cosignatures are needed. @throws PlatformError `bad_genesis` for one that is wrong */
export function tallyOf(genesis: SignedGenesis, voters: Invitation["voters"]): Tally | undefined {
  if (!voters) return undefined
  const keys = [readGenesis(genesis).founder.key, ...cosignersOf(genesis)]
  const hasSigned = ({ key }: { key: Uint8Array }) => keys.some((one) => equalBytes(one, key))
  const names = [...new Set(voters.map(({ member }) => member))].sort()
  const yes = new Set(voters.filter(hasSigned).map(({ member }) => member))
  return {
    signed: names.filter((name) => yes.has(name)),
    missing: names.filter((name) => !yes.has(name)),
    needed: Math.floor(names.length / 2) + 1,
  }
}

/**
 * A voter of the network before agrees that it goes on with this genesis: its signature is added to the file.
 * @throws PlatformError `bad_file`, `bad_genesis`, `not_needed`, `other_network`, `not_permitted`, those of
 * readHome and mustLeadTo
 */
export async function cosignInvitation(folder: string, path: string): Promise<Network & { tally: Tally }> {
  const home = readHome(folder, "edit")
  const invited = readJsonFile(path, invitation, "invitation")
  const { voters, peers } = invited
  const { from, founder } = readGenesis(invited.genesis)
  const { member } = home.config
  if (!from || !voters)
    throw new PlatformError("not_needed", `${path} needs no cosignatures; take it with aceso join`)
  if (!home.network || !equalBytes(genesisHash(home.network.genesis), from.genesis))
    throw new PlatformError(
      "other_network",
      `${folder} does not belong to the network that ${path} goes on from; sign with the folder of a node that does`,
    )
  const key = publicKey(home.secrets.member)
  if (!voters.some((one) => one.member === member && equalBytes(one.key, key)))
    throw new PlatformError(
      "not_permitted",
      `${member} has no vote in the network that ${path} goes on from, or another key there: authorities and custodians sign`,
    )
  tallyOf(invited.genesis, voters)
  if (isThere(layout(folder).engine)) await withLedger(home, (chain) => mustLeadTo(from, chain, folder))
  const genesis =
    member === founder.member ? invited.genesis : cosignGenesis(invited.genesis, home.secrets.member)
  writeJsonFile(path, invitation.toJson({ ...invited, genesis }))
  return { ...summaryOf(genesis, readGenesis(genesis), peers), tally: tallyOf(genesis, voters) as Tally }
}
