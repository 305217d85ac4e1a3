import { rmSync } from "node:fs"
import {
  type Bytes,
  type Cbor,
  GENESIS_HISTORY,
  type GenesisDocument,
  makeEnvelope,
  publicKey,
  sha256,
  utf8,
} from "@aceso/core"
import { genesisHistory } from "../base.ts"
import { type Alarm, type Execution, Executor } from "../executor.ts"
import { type Included, includedOf } from "../included.ts"
import type { Rules } from "../rules.ts"
import { StateStore } from "../state/store.ts"
import { FOUNDER, handleOf, makeGenesis, patientSeed, rules, seedOf, temporaryFolder } from "./network.ts"

/** An executor on a fresh store without engine and log: a test chooses every block and its time. */
export const NETWORK = "test-net"
export const START = 1_700_000_000_000

export interface Transaction {
  readonly contract: string
  readonly action: string
  readonly input: Cbor
  readonly by: readonly Bytes[]
  /** Milliseconds of block time. */
  readonly expiry?: number
}

let nonces = 0

/** Nonces are a counter, so that the same calls in a fresh process give the same bytes. */
export function included({ by, expiry = START + 60_000, ...call }: Transaction): Included {
  const nonce = sha256(utf8(`nonce ${nonces++}`)).subarray(0, 16)
  const { bytes } = makeEnvelope({ network: NETWORK, expiry, nonce, ...call }, by)
  return includedOf(bytes)
}

export interface ExecutedBlock extends Execution {
  readonly stateRoot: Bytes
  /** Accepted, or the rejection. */
  readonly outcomes: readonly string[]
}

export class Blocks {
  readonly store: StateStore
  readonly executor: Executor
  readonly alarms: Alarm[] = []
  private history: Bytes = GENESIS_HISTORY
  private height = 0

  private readonly folder = temporaryFolder()

  constructor(networkRules: Rules, quota?: GenesisDocument["quota"]) {
    this.store = StateStore.open({ folder: this.folder })
    open.push(this)
    this.executor = new Executor(NETWORK, networkRules, this.store)
    this.executor.onAlarm = (alarm) => this.alarms.push(alarm)
    const { genesis } = makeGenesis({ network: NETWORK, time: START - 1000, quota })
    this.store.apply(0, this.executor.genesis(genesis))
    this.history = genesisHistory(NETWORK)
  }

  block(time: number, all: readonly Included[]): ExecutedBlock {
    const execution = this.executor.execute(this.height + 1, time, this.history, all)
    const stateRoot = this.store.apply(this.height + 1, execution.writes)
    this.height++
    this.history = execution.historyHash
    const outcomes = execution.results.map((result) => (result.ok ? "accepted" : result.rejection))
    return { ...execution, stateRoot, outcomes }
  }

  /** Closes without a flush: a test leaves nothing behind. */
  async end(): Promise<void> {
    await this.store.db.root.close()
    rmSync(this.folder, { recursive: true })
  }
}

const open: Blocks[] = []
export const endAll = async (): Promise<void> => {
  for (const blocks of open.splice(0)) await blocks.end()
}

/** A block of every kind of transaction that the contracts know, over a first one that admits members. */
export function executeSampleBlocks(blocks: Blocks = new Blocks(rules)): readonly ExecutedBlock[] {
  const admission = (member: string, kind: string) => ({
    do: "admit",
    member,
    name: `Hôpital ${member} — Île 病院`,
    kind,
    url: `https://${member}.example`,
    key: publicKey(seedOf(member)),
  })
  const tx = (contract: string, action: string, input: Cbor, ...by: Bytes[]) =>
    included({ contract, action, input, by })
  const ann = handleOf("ann at city")
  const annSeed = patientSeed("ann", "city")
  const many = Array.from({ length: 200 }, (_, i) => handleOf(`patient ${i}`))
  return [
    blocks.block(START, [
      tx(
        "governance",
        "propose",
        { changes: [admission("city", "custodian"), admission("payer", "insurer")] },
        seedOf(FOUNDER),
      ),
    ]),
    blocks.block(START + 1, [
      tx(
        "people",
        "enrol",
        { custodian: "city", handle: ann, key: publicKey(annSeed) },
        seedOf("city"),
        annSeed,
      ),
      tx("people", "enrolWithoutKey", { handles: many }, seedOf("city")),
      tx(
        "records",
        "commit",
        {
          logs: many.map((handle) => ({ handle, base: 0, entries: handle })),
          own: { base: 0, entries: ann },
        },
        seedOf("city"),
      ),
      tx("policy", "grant", { custodian: "city", handle: ann, base: 0, root: handleOf("root") }, annSeed),
      tx("policy", "revoke", { custodian: "city", handle: ann, base: 0, root: handleOf("root") }, annSeed),
      tx(
        "disclosure",
        "commit",
        { base: 0, leaves: many.map((event) => ({ tag: event.subarray(0, 16), event })) },
        seedOf("city"),
      ),
      tx("governance", "setDirectory", { base: 0, root: handleOf("staff") }, seedOf("payer")),
      tx("governance", "vote", { proposal: ann, yes: "no" }, seedOf("city")),
      tx("nothing", "here", null, seedOf("city")),
    ]),
    blocks.block(START + 120_000, [
      included({
        contract: "disclosure",
        action: "reportMismatch",
        input: { custodian: "city", evidence: ann },
        by: [seedOf("payer")],
        expiry: START + 180_000,
      }),
    ]),
  ]
}
