import { existsSync, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { electorate, finished, memberKeyLists, members, signerOf } from "@aceso/contracts"
import {
  type GenesisDocument,
  genesisHash,
  type Infer,
  PlatformError,
  publicKey,
  readGenesis,
  signGenesis,
} from "@aceso/core"
import type { Chain } from "@aceso/ledger"
import { exportSnapshot } from "@aceso/ledger/snapshot/adopt.ts"
import { knownProcesses } from "../node/processes.ts"
import { rules } from "../node/rules.ts"
import { contractSources } from "../node/sources.ts"
import { type Application, type Invitation, invitation, peerOf } from "./application.ts"
import { type Tally, tallyOf } from "./cosign.ts"
import { layout, writeJsonFile } from "./layout.ts"
import { mustBeOfThisRelease, withLedger } from "./ledger-copy.ts"
import { mustBeDifferent, type Network, readApplication, summaryOf, validatorsOf } from "./network.ts"
import { type Home, readHome } from "./read.ts"

/** Why a network goes on in another: a ballot ended it, or a third of its validators is gone for good. */
export type Reason = "finished" | "lost"

export interface Successor extends Network {
  /** The last block of the network before. */
  readonly height: number
  readonly validators: readonly string[]
  readonly snapshot: string
  readonly invitation: string
  /** Undefined: no cosignatures are needed. */
  readonly tally: Tally | undefined
}

/**
 * Makes, from the stopped home of an authority, a snapshot of its ledger and the genesis of a network that goes on
 * from there on CometBFT, both in a folder that is new.
 * @throws PlatformError `no_network`, `no_ledger`, `folder_in_use`, `folder_exists`, `not_finished`,
 * `finished`, `not_permitted`, `bad_application`, `contract_missing`, and those of readHome
 */
export async function makeSuccessor(
  folder: string,
  applications: readonly Application[],
  out: string,
  reason: Reason,
  now = Date.now(),
): Promise<Successor> {
  const home = readHome(folder, "edit")
  if (!home.network)
    throw new PlatformError("no_network", `${folder} belongs to no network: there is nothing to go on from`)
  if (existsSync(out))
    throw new PlatformError("folder_exists", `${out} exists already; name a folder that does not`)
  const all = [readApplication(layout(folder).application), ...applications]
  mustBeDifferent(all)
  for (const one of all)
    if (peerOf(one) === undefined)
      throw new PlatformError(
        "bad_application",
        `the application of ${one.member} does not say where validators reach it; it is written anew with aceso network address --folder <its folder> --p2p <host:port>`,
      )
  const { genesis: before, document } = home.network
  const facts = await withLedger(home, (chain) => factsOf(chain, home, all, reason, now))
  const snapshot = join(out, "snapshot")
  mkdirSync(out, { recursive: true, mode: 0o700 })
  try {
    const { checkpoint, hash } = await exportSnapshot(layout(folder).engine, before, rules(), snapshot)
    const { height, stateRoot, historyHash } = checkpoint
    if (height !== facts.height)
      throw new PlatformError("folder_in_use", `${folder} ran meanwhile; stop it and try again`)
    const genesis = signGenesis(
      {
        network: document.network,
        time: facts.time,
        engine: "cometbft",
        engineKey: null,
        validators: facts.validators,
        founder: facts.founder,
        ...(document.isLoopback !== undefined && { isLoopback: document.isLoopback }),
        ...(document.isDemo !== undefined && { isDemo: document.isDemo }),
        ...(document.app !== undefined && { app: document.app }),
        ...(document.ageOfMajority !== undefined && { ageOfMajority: document.ageOfMajority }),
        from: { genesis: genesisHash(before), height, stateRoot, historyHash, snapshot: hash },
        contracts: contractSources(knownProcesses()),
        quota: document.quota,
      },
      home.secrets.member,
    )
    const peers = all.flatMap((one) => peerOf(one) ?? [])
    const voters = reason === "lost" ? facts.voters : undefined
    const file = join(out, "invitation.json")
    const invited: Invitation = { genesis, peers, applications: [], ...(voters && { voters }) }
    writeJsonFile(file, invitation.toJson(invited))
    return {
      ...summaryOf(genesis, readGenesis(genesis), peers),
      height,
      validators: facts.validators.map(({ member }) => member),
      snapshot,
      invitation: file,
      tally: tallyOf(genesis, voters),
    }
  } catch (error) {
    rmSync(out, { recursive: true, force: true })
    throw error
  }
}

interface Facts extends Pick<GenesisDocument, "time" | "founder" | "validators"> {
  readonly height: number
  readonly voters: NonNullable<Invitation["voters"]>
}

/** What the new genesis takes from the state, and whether it may. */
function factsOf(chain: Chain, home: Home, all: readonly Application[], reason: Reason, now: number): Facts {
  const { store, tip, network } = chain
  mustBeDue(store.get(finished, []) !== undefined, reason, network)
  mustBeOfThisRelease(chain)
  const time = Math.max(now, tip.time + 1)
  const { member, url } = home.config
  const key = publicKey(home.secrets.member)
  const own = signerOf(store, key, time).member
  if (own?.member !== member || own.kind !== "authority")
    throw new PlatformError(
      "not_permitted",
      `${member} is no active authority of ${network} with the key in secrets/member.key: a network goes on from the folder of an authority`,
    )
  const kinds = all.map((one) => {
    const found = signerOf(store, one.key, time).member
    if (found?.member !== one.member)
      throw new PlatformError(
        "bad_application",
        `${one.member} is no active member of ${network} with the key of its application: admit it first (aceso propose admit), or leave it out`,
      )
    return { ...one, kind: found.kind }
  })
  const { name } = store.get(members, [member]) as Infer<typeof members.row>
  const { voters } = store.get(electorate, []) ?? { voters: [] }
  return {
    height: tip.height,
    time,
    founder: { member, name, key, url },
    validators: validatorsOf(kinds),
    voters: voters.flatMap((member) =>
      (store.get(memberKeyLists, [member])?.valid ?? [])
        .filter((key) => signerOf(store, key, time).member !== undefined)
        .map((key) => ({ member, key })),
    ),
  }
}

function mustBeDue(isFinished: boolean, reason: Reason, network: string): void {
  if (reason === "finished" && !isFinished)
    throw new PlatformError(
      "not_finished",
      `no ballot has ended ${network}: aceso propose finish first, and stop the node once it passed; where validators are gone for good, aceso network recover`,
    )
  if (reason === "lost" && isFinished)
    throw new PlatformError(
      "finished",
      `a ballot has ended ${network}: go on from it with aceso network migrate, which needs no cosignatures`,
    )
}
