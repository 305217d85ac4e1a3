import { rmSync } from "node:fs"
import { join } from "node:path"
import { type Cbor, entryHash, isWholeLog, type RecordLog } from "@aceso/core"
import { EmbeddedEngine, type Submitted } from "@aceso/ledger"
import { admit, makeGenesis, rules, seedOf, temporaryFolder } from "@aceso/ledger/testing/network.ts"
import { Disclosures } from "../exchange/disclosures.ts"
import { Importer } from "../import/importer.ts"
import { LedgerClient } from "../node/ledger-client.ts"
import { Committer } from "../records/committer.ts"
import { logOnLedger } from "../records/log-hashes.ts"
import { type Log, OWN_LOG } from "../vault/record-log.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"

/** A ledger with custodians for tests of what a custodian does with records; no HTTP, no node. */
export interface TestLedger {
  readonly engine: EmbeddedEngine
  readonly folder: string
  end(): Promise<void>
}

export async function startLedger(...custodians: readonly string[]): Promise<TestLedger> {
  const folder = temporaryFolder()
  const { genesis } = makeGenesis({ time: Date.now() - 60_000 })
  const engine = await EmbeddedEngine.open({
    folder: join(folder, "ledger"),
    genesis,
    rules,
    engineSeed: seedOf("engine"),
    threads: 1,
  })
  await admit(engine, ...custodians.map((member) => [member, "custodian"] as const))
  const end = async () => {
    await engine.close()
    rmSync(folder, { recursive: true })
  }
  return { engine, folder, end }
}

/** A ledger client whose calls a test can watch, hold up or make fail. */
export class WatchedClient extends LedgerClient {
  readonly calls: string[] = []
  before: (action: string, input: Cbor) => Promise<void> = async () => {}
  after: (action: string) => Promise<void> = async () => {}

  override async call(contract: string, action: string, input: Cbor): Promise<Submitted> {
    this.calls.push(action)
    await this.before(action, input)
    const done = await super.call(contract, action, input)
    await this.after(action)
    return done
  }
}

/** One custodian's vault, importer and committer; opened again on the same folder, it is the same one. */
export class TestCustodian {
  readonly vault: SqliteVault
  readonly client: LedgerClient
  readonly importer: Importer
  readonly committer: Committer
  readonly disclosures: Disclosures
  readonly member: string
  /** So much later it is for the committer, ms. */
  later = 0

  constructor(
    ledger: TestLedger,
    member: string,
    choices: {
      readonly dummyRate?: number
      readonly client?: LedgerClient
      readonly vaultFolder?: string
      readonly now?: () => number
    } = {},
  ) {
    this.member = member
    this.vault = new SqliteVault({
      folder: choices.vaultFolder ?? join(ledger.folder, member),
      organisation: member,
      masterKey: seedOf(`vault of ${member}`),
    })
    this.client = choices.client ?? new LedgerClient(ledger.engine, member, seedOf(member))
    this.importer = new Importer(this.vault, choices.now)
    this.disclosures = new Disclosures(this.vault, this.client, 60_000)
    this.committer = new Committer(
      this.vault,
      this.client,
      choices.dummyRate ?? 0,
      () => Date.now() + this.later,
    )
  }

  async logs(): Promise<Log[]> {
    return [OWN_LOG, ...(await this.vault.patients()).map(({ handle }) => handle)]
  }

  onLedger(log: Log): Promise<RecordLog> {
    return logOnLedger(this.client, log)
  }

  /** Names of logs that are not, whole and in order, what the ledger has. */
  async differences(): Promise<string[]> {
    const found: string[] = []
    for (const log of await this.logs()) {
      const entries = (await this.vault.log(log)).map(entryHash)
      const ledger = await this.onLedger(log)
      if (!isWholeLog(entries, ledger))
        found.push(`${log.length === 0 ? "own" : "patient"}: vault ${entries.length}, ledger ${ledger.size}`)
    }
    return found
  }
}

/** Custodians `city` on one ledger, for tests of which each has a vault of its own at the same member. */
export class FreshCustodians {
  readonly ledger: TestLedger
  private readonly all: TestCustodian[] = []

  private constructor(ledger: TestLedger) {
    this.ledger = ledger
  }

  static async start(): Promise<FreshCustodians> {
    return new FreshCustodians(await startLedger("city"))
  }

  make(choices: Omit<ConstructorParameters<typeof TestCustodian>[2], "vaultFolder"> = {}): TestCustodian {
    const vaultFolder = join(this.ledger.folder, `vault-${this.all.length}`)
    const made = new TestCustodian(this.ledger, "city", { ...choices, vaultFolder })
    this.all.push(made)
    return made
  }

  /** The one that was made last, with the same vault opened again. */
  async restart(): Promise<TestCustodian> {
    await this.all.pop()?.vault.close()
    return this.make()
  }

  async end(): Promise<void> {
    for (const { vault } of this.all) await vault.close()
    await this.ledger.end()
  }
}
