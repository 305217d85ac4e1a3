import { rmSync } from "node:fs"
import { contracts, genesisRows, handles, memberKeys, members, rulesWith } from "@aceso/contracts"
import {
  abilitiesOf,
  type Bytes,
  domainHash,
  type GenesisDocument,
  makeEnvelope,
  type Process,
  publicKey,
  put,
  readGenesis,
  type SignedGenesis,
  signGenesis,
  type Write,
} from "@aceso/core"
import { EmbeddedEngine, type Rules } from "@aceso/ledger"
import { seedOf, temporaryFolder } from "@aceso/ledger/testing/network.ts"

/** A network whose genesis holds custodians and handles, so that a run starts at a given size of the state. */
export interface Setup {
  readonly folder: string
  readonly genesis: GenesisDocument
  readonly signed: SignedGenesis
  readonly rules: Rules
  readonly custodians: readonly string[]
  readonly seeds: readonly Bytes[]
  /** Handle i belongs to custodian i modulo their number. */
  readonly handleOf: (i: number) => Bytes
  readonly open: () => Promise<EmbeddedEngine>
  readonly remove: () => void
}

export const NETWORK = "bench-net"

export interface SetupChoices {
  readonly folder?: string
  readonly time?: number
  /** What genesis writes besides, and the processes that its cases are of. */
  readonly processes?: readonly Process[]
  readonly more?: (document: GenesisDocument) => readonly Write[]
  /** Consensus keys: then the engine is CometBFT. */
  readonly validators?: GenesisDocument["validators"]
}

export function setup(custodianCount: number, handleCount: number, choices: SetupChoices = {}): Setup {
  const folder = choices.folder ?? temporaryFolder()
  const isComet = choices.validators !== undefined
  const custodians = Array.from({ length: custodianCount }, (_, i) => `custodian-${i}`)
  const seeds = custodians.map(seedOf)
  const handleOf = (i: number) => domainHash("bench-handle", i)
  const signed = signGenesis(
    {
      network: NETWORK,
      time: choices.time ?? Date.now() - 1000,
      engine: isComet ? "cometbft" : "embedded",
      engineKey: isComet ? null : publicKey(seedOf("engine")),
      validators: choices.validators ?? [],
      founder: {
        member: "authority",
        name: "Authority",
        key: publicKey(seedOf("authority")),
        url: "https://a.example",
      },
      contracts: contracts.map(({ name, version }) => ({ name, version, sources: new Uint8Array(32) })),
      quota: { windowMs: 10_000, bytes: 2 ** 40, transactions: 2 ** 40, urgentTransactions: 1000 },
    },
    seedOf("authority"),
  )
  const genesis = readGenesis(signed)
  const rules: Rules = {
    ...rulesWith(choices.processes ?? []),
    genesisRows: (document) => [
      ...genesisRows(document),
      ...custodians.flatMap((member, i) => [
        put(members, [member], {
          name: member,
          kind: "custodian",
          abilities: abilitiesOf("custodian"),
          url: "https://c.example",
          status: "active",
          admittedAt: 0,
        }),
        put(memberKeys, [publicKey(seeds[i])], { member, from: 0, to: null, compromisedAt: null }),
      ]),
      ...Array.from({ length: handleCount }, (_, i) =>
        put(handles, [custodians[i % custodianCount], handleOf(i)], {
          key: null,
          keyNumber: 0,
          enrolledAt: 0,
          next: null,
        }),
      ),
      ...(choices.more?.(document) ?? []),
    ],
  }
  return {
    folder,
    genesis,
    signed,
    rules,
    custodians,
    seeds,
    handleOf,
    open: () => EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A commit of entries to logs of one custodian. */
export function commitEnvelope(
  setup: Setup,
  custodian: number,
  logs: readonly { handle: number; base: number; entries: Bytes }[],
): Bytes {
  return makeEnvelope(
    {
      network: NETWORK,
      contract: "records",
      action: "commit",
      input: {
        logs: logs.map(({ handle, base, entries }) => ({ handle: setup.handleOf(handle), base, entries })),
      },
      expiry: Date.now() + 590_000,
    },
    [setup.seeds[custodian]],
  ).bytes
}

/** Submits all with at most `inFlight` unanswered. @returns seconds */
export async function drive(
  engine: EmbeddedEngine,
  envelopes: readonly Bytes[],
  inFlight: number,
): Promise<number> {
  const start = performance.now()
  let next = 0
  const worker = async () => {
    while (next < envelopes.length) {
      const { result } = await engine.submit(envelopes[next++])
      if (!result.ok) throw new Error(`refused: ${result.rejection}`)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return (performance.now() - start) / 1000
}
