import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import type { SourceLine } from "@aceso/client"
import { directories, members } from "@aceso/contracts"
import {
  type Bytes,
  directoryRoot,
  equalBytes,
  PlatformError,
  type PractitionerProof,
  provePractitioner,
  type SignedGenesis,
  toHex,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { Custodian } from "../exchange/custodian.ts"
import { Disclosures } from "../exchange/disclosures.ts"
import { Policies } from "../exchange/policies.ts"
import { Requester } from "../exchange/requester.ts"
import { Visitors } from "../exchange/visitors.ts"
import { Importer } from "../import/importer.ts"
import { RequestCounts } from "../metrics/requests.ts"
import { Committer } from "../records/committer.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"
import { Checkpoints } from "./checkpoints.ts"
import type { NodeConfig, NodeSecrets, StaffMember } from "./config.ts"
import { configuredMeanings } from "./identifier-config.ts"
import { LedgerClient } from "./ledger-client.ts"

/** How long a stop waits for the ledger to take what is left. */
const STOP_MS = 10_000

/** One organisation's node: vault, exchange, and the ledger as its member uses it. */
export class AcesoNode {
  readonly config: NodeConfig
  readonly genesis: SignedGenesis
  readonly engine: Engine
  readonly ledger: LedgerClient
  readonly vault: SqliteVault
  readonly committer: Committer
  readonly importer: Importer
  readonly policies: Policies
  readonly disclosures: Disclosures
  readonly custodian: Custodian
  readonly requester: Requester
  readonly visitors: Visitors
  readonly checkpoints: Checkpoints
  readonly requests = new RequestCounts()
  /** Set by a demo network's tamper step: the vault no longer compares content with the log. */
  skipsContentCheck = false
  /** The ledger shows this organisation as a member and its directory: it serves. */
  isStarted = false
  onFault: (error: unknown) => void = () => {}
  private readonly timers: NodeJS.Timeout[] = []

  constructor(config: NodeConfig, secrets: NodeSecrets, engine: Engine, genesis: SignedGenesis) {
    this.config = config
    this.genesis = genesis
    this.engine = engine
    this.ledger = new LedgerClient(engine, config.member, secrets.memberSeed)
    this.vault = new SqliteVault({
      folder: join(config.folder, "vault"),
      organisation: config.member,
      masterKey: secrets.vaultKey,
      skipContentCheck: () => this.skipsContentCheck,
    })
    this.committer = new Committer(this.vault, this.ledger, config.dummyPercent / 100)
    this.importer = new Importer(this.vault, this.ledger, Date.now, configuredMeanings(config.identifiers))
    this.policies = new Policies(this.vault, this.ledger)
    this.disclosures = new Disclosures(this.vault, this.ledger, config.includeWithinMs)
    this.custodian = new Custodian(this.vault, this.ledger, this.policies, this.disclosures)
    this.requester = new Requester(this.ledger, genesis, this.vault)
    this.visitors = new Visitors(this.vault, this.ledger)
    this.checkpoints = new Checkpoints(
      this.ledger,
      genesis,
      config.folder,
      config.checkpointEveryMs,
      (fault) => this.onFault(fault),
    )
  }

  /**
   * Finishes what a crash left, publishes the directory, and begins the windows.
   * @throws PlatformError `history_rewritten` when the ledger is not the one that this node signed
   */
  async start(): Promise<void> {
    await this.checkpoints.open()
    if ((await this.vault.setting("tampered")) !== undefined) this.skipsContentCheck = true
    await this.committer.flush()
    await this.disclosures.flush()
    await this.policies.resume()
    await this.requester.start()
    await this.publishUrl()
    await this.publishDirectory()
    this.policies.onFault = (error) => this.onFault(error)
    this.isStarted = true
    this.every(this.config.commitWindowMs, () => this.committer.flush())
    this.every(this.config.disclosureWindowMs, async () => {
      if (!this.custodian.dishonesty.forgetsPromises) await this.disclosures.flush()
      await this.requester.checkPromises()
    })
    this.every(this.config.checkpointEveryMs, () => this.checkpoints.round())
  }

  /** What a ledger that stands still does not take meanwhile is committed after the next start. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer)
    this.policies.stop()
    await this.checkpoints.stop()
    if (this.isStarted) {
      const lastWork = this.flush()
      await Promise.race([lastWork, delay(STOP_MS, undefined, { ref: false })]).catch((error) =>
        this.onFault(error),
      )
      // Nobody waits for it any more: it ends with vault and engine.
      lastWork.catch(() => {})
    }
    await this.vault.close()
  }

  private async flush(): Promise<void> {
    await this.committer.flush()
    if (!this.custodian.dishonesty.forgetsPromises) await this.disclosures.flush()
  }

  staffByKey(key: Bytes): StaffMember | undefined {
    return this.config.staff.find((one) => equalBytes(one.key, key))
  }

  /** @throws PlatformError `not_a_practitioner` */
  proofOf(key: Bytes): PractitionerProof {
    const all = this.practitioners()
    const index = all.findIndex(({ practitioner }) => equalBytes(practitioner.key, key))
    if (index < 0)
      throw new PlatformError(
        "not_a_practitioner",
        "only a practitioner of this organisation may ask for records",
      )
    return provePractitioner(all, index)
  }

  /** This custodian's own records of its own patient, for the merged timeline. */
  async ownLines(handle: Bytes): Promise<SourceLine[]> {
    const records = (await this.vault.log(handle)).filter(({ type }) => type !== "")
    const newest = new Map<string, number>()
    for (const { recordId, version } of records) newest.set(toHex(recordId), version)
    const lines: SourceLine[] = []
    for (const record of records) {
      const { recordId, version, index, height } = record
      const isSuperseded = newest.get(toHex(recordId)) !== version
      const place = {
        custodian: this.config.member,
        index,
        version,
        recordId,
        height: height ?? 0,
        isSuperseded,
      }
      try {
        const { content } = await this.vault.content(record)
        lines.push({ ...place, status: "verified", content })
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error
        lines.push({ ...place, status: "damaged" })
      }
    }
    return lines
  }

  async kind(): Promise<string> {
    return (await this.engine.read(members, [this.config.member]))?.kind ?? "unknown"
  }

  /** Blocks as they lie in the log, for members that verify by themselves. */
  async blocks(from: number): Promise<{ blocks: Bytes[]; height: number }> {
    const { checkpoint } = await this.engine.status()
    const blocks: Bytes[] = []
    let sizeBytes = 0
    for (
      let h = Math.max(1, from);
      h <= checkpoint.height && blocks.length < 500 && sizeBytes < 16 * 2 ** 20;
      h++
    ) {
      const block = await this.engine.block(h)
      sizeBytes += block.length
      blocks.push(block)
    }
    return { blocks, height: checkpoint.height }
  }

  private practitioners() {
    return this.config.staff.flatMap(({ key, practitioner }) => {
      if (!practitioner) return []
      const { role, salt, from, to } = practitioner
      return [{ practitioner: { key, role, from, to }, salt }]
    })
  }

  private async publishUrl(): Promise<void> {
    const { member, url } = this.config
    const row = await this.engine.read(members, [member])
    if (!row)
      throw new PlatformError(
        "unknown_member",
        `${member} is no member of the network ${this.engine.network} yet`,
      )
    if (row.url !== url) await this.ledger.call("governance", "setUrl", { url })
  }

  private async publishDirectory(): Promise<void> {
    const root = directoryRoot(this.practitioners())
    const there = await this.engine.read(directories, [this.config.member])
    if (there && equalBytes(there.root, root)) return
    await this.ledger.call("governance", "setDirectory", { base: there?.version ?? 0, root })
  }

  private every(ms: number, work: () => Promise<unknown>): void {
    const timer = setInterval(() => {
      work().catch((error) => this.onFault(error))
    }, ms)
    timer.unref()
    this.timers.push(timer)
  }
}
