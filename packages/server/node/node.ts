import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { members } from "@aceso/contracts"
import {
  type Bytes,
  type GenesisDocument,
  type Infer,
  PlatformError,
  type PractitionerProof,
  readGenesis,
  type SignedGenesis,
} from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { Custodian } from "../exchange/custodian.ts"
import { Disclosures } from "../exchange/disclosures.ts"
import { Policies } from "../exchange/policies.ts"
import { Promises } from "../exchange/promises.ts"
import { Requester } from "../exchange/requester.ts"
import { Visitors } from "../exchange/visitors.ts"
import { writeEnd } from "../home/staff.ts"
import { Importer } from "../import/importer.ts"
import type { Clock } from "../joins/clock.ts"
import { DecisionLog } from "../joins/decision-log.ts"
import { Decisions } from "../joins/decisions.ts"
import { Joins } from "../joins/joins.ts"
import { Moves } from "../joins/moves.ts"
import { Moving } from "../joins/moving.ts"
import { Notices } from "../joins/notices.ts"
import { OwnView } from "../joins/own-view.ts"
import { Reviews } from "../joins/reviews.ts"
import { RequestCounts } from "../metrics/requests.ts"
import { Committer } from "../records/committer.ts"
import { forgetNoBackup, hasNoBackup } from "../recovery/no-backup.ts"
import { Recovery } from "../recovery/recovery.ts"
import { SqliteVault } from "../vault/sqlite-vault.ts"
import { Checkpoints } from "./checkpoints.ts"
import type { NodeConfig, NodeSecrets, StaffMember } from "./config.ts"
import { Directory } from "./directory.ts"
import { configuredMeanings } from "./identifier-config.ts"
import { LedgerClient } from "./ledger-client.ts"
import { Outbound } from "./outbound.ts"
import { isInOffice, Staff } from "./staff.ts"
import { goneFromFile, StaffEnds } from "./staff-ends.ts"

/** How long a stop waits for the ledger to take what is left. */
const STOP_MS = 10_000
/** How long whoever ends a person waits for the ledger to have it. */
const PUBLISH_MS = 10_000

/** One organisation's node: vault, exchange, and the ledger as its member uses it. */
export class AcesoNode {
  readonly config: NodeConfig
  readonly genesis: SignedGenesis
  readonly document: GenesisDocument
  readonly engine: Engine
  readonly ledger: LedgerClient
  readonly vault: SqliteVault
  readonly committer: Committer
  readonly importer: Importer
  readonly policies: Policies
  readonly disclosures: Disclosures
  readonly custodian: Custodian
  readonly promises: Promises
  readonly requester: Requester
  readonly outbound: Outbound
  readonly visitors: Visitors
  /** Of decisions about mistaken identities; tests set it. */
  readonly clock: Clock = { now: () => Date.now() }
  readonly notices: Notices
  readonly joins: Joins
  readonly reviews: Reviews
  readonly moves: Moves
  readonly moving: Moving
  readonly ownView: OwnView
  readonly checkpoints: Checkpoints
  readonly staff: Staff
  readonly staffEnds: StaffEnds
  readonly directory: Directory
  readonly requests = new RequestCounts()
  /** Set by a demo network's tamper step: the vault no longer compares content with the log. */
  skipsContentCheck = false
  /** The ledger shows this organisation as a member and its directory: it serves. */
  isStarted = false
  /** The vault is behind the ledger: only staff is served, with what leads out of this. */
  recovery: Recovery | undefined
  onFault: (error: unknown) => void = () => {}
  private readonly timers: NodeJS.Timeout[] = []

  constructor(config: NodeConfig, secrets: NodeSecrets, engine: Engine, genesis: SignedGenesis) {
    this.config = config
    this.genesis = genesis
    this.document = readGenesis(genesis)
    this.engine = engine
    this.ledger = new LedgerClient(engine, config.member, secrets.memberSeed)
    this.vault = new SqliteVault({
      folder: join(config.folder, "vault"),
      organisation: config.member,
      masterKey: secrets.vaultKey,
      skipContentCheck: () => this.skipsContentCheck,
    })
    this.committer = new Committer(this.vault, this.ledger, config.dummyPercent / 100)
    this.importer = new Importer(this.vault, Date.now, configuredMeanings(config.identifiers))
    this.disclosures = new Disclosures(this.vault, this.ledger, config.includeWithinMs)
    this.policies = new Policies(this.vault, this.ledger, this.disclosures)
    this.custodian = new Custodian(this.vault, this.ledger, this.policies, this.disclosures)
    this.promises = new Promises(this.vault, this.ledger)
    this.outbound = new Outbound(this.document)
    this.requester = new Requester(this.ledger, genesis, this.promises, this.vault, this.outbound)
    this.visitors = new Visitors(this.vault, this.ledger)
    this.staff = new Staff(config.staff)
    this.staffEnds = new StaffEnds(this.ledger, this.vault, this.staff)
    this.directory = new Directory(this.ledger, this.staff, this.staffEnds, (fault) => this.onFault(fault))
    this.notices = new Notices(this.vault, this.ledger, this.outbound, this.clock)
    const decisionLog = new DecisionLog(this.disclosures, config.member, this.clock)
    this.joins = new Joins(this.vault, this.notices, decisionLog, this.clock)
    this.reviews = new Reviews(this.vault, decisionLog)
    const { commitWindowMs, moveSpreadMs } = config
    const staffByKey = (key: Bytes) => this.staffByKey(key)
    const decisions = new Decisions(this.vault, this.notices, staffByKey, moveSpreadMs, this.clock)
    this.moves = new Moves(this.vault, this.ledger, decisions, decisionLog)
    this.moving = new Moving(this.vault, decisions, commitWindowMs, moveSpreadMs)
    this.ownView = new OwnView(this.vault, this.policies, this.joins, this.ledger)
    this.checkpoints = new Checkpoints(
      this.ledger,
      genesis,
      config.folder,
      config.checkpointEveryMs,
      this.outbound,
      (fault) => this.onFault(fault),
    )
  }

  /**
   * Publishes URL and directory if they are new, begins the windows, and finishes what a crash left; or begins a
   * recovery. That waits for nobody: a ledger that stands still stops nobody who works with what is here.
   * @throws PlatformError `history_rewritten` when the ledger is not the one that this node signed; `vault_empty`, `ledger_behind`
   */
  async start(): Promise<void> {
    await this.checkpoints.open()
    await this.publishUrl()
    await this.checkKey()
    await this.staffEnds.begin()
    const gone = await this.staffEnds.gone()
    if (gone.length > 0) this.onFault(goneFromFile(gone))
    this.recovery = await Recovery.needed(
      this.vault,
      this.ledger,
      this.moves,
      hasNoBackup(this.config.folder),
    )
    if (!this.recovery) await this.serve()
  }

  /** @throws PlatformError `not_found` */
  recoveryUnderWay(): Recovery {
    if (!this.recovery)
      throw new PlatformError("not_found", "no recovery is under way: the vault has all that the ledger has")
    return this.recovery
  }

  /** The end of a recovery. @throws PlatformError `not_found`, `not_restored`, `vault_behind` */
  async finishRecovery(): Promise<void> {
    await this.recoveryUnderWay().finish()
    forgetNoBackup(this.config.folder)
    this.recovery = undefined
    await this.serve()
  }

  private async serve(): Promise<void> {
    if ((await this.vault.setting("tampered")) !== undefined) this.skipsContentCheck = true
    await this.policies.resume()
    await this.promises.start()
    await this.directory.publish()
    const onFault = (error: unknown) => this.onFault(error)
    this.policies.onFault = onFault
    this.notices.onFault = onFault
    this.moving.onFault = onFault
    this.isStarted = true
    this.flush().catch((error) => this.onFault(error))
    this.every(this.config.commitWindowMs, () => this.committer.flush())
    this.every(this.config.disclosureWindowMs, async () => {
      await this.custodian.noteUnlogged()
      if (!this.custodian.dishonesty.forgetsPromises) await this.disclosures.flush()
    })
    this.every(this.config.disclosureWindowMs, () => this.notices.run())
    // Apart: a report that waits for its block must not make this custodian break a promise of its own.
    this.every(this.config.disclosureWindowMs, () => this.promises.check())
    this.every(this.config.commitWindowMs, () => this.moving.run())
    this.every(this.config.commitWindowMs, () => this.visitors.tidy())
    this.every(this.config.checkpointEveryMs, () => this.checkpoints.round())
    // A time that ends by the file, while the node runs.
    this.every(this.config.commitWindowMs, async () => {
      if (this.staffEnds.isBehind()) await this.directory.follow()
    })
  }

  /** What a ledger that stands still does not take meanwhile is committed after the next start. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer)
    this.policies.stop()
    this.directory.stop()
    await Promise.all([this.checkpoints.stop(), this.notices.stop(), this.moving.stop()])
    if (this.isStarted) {
      await this.custodian.noteUnlogged(true)
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
    const work = [this.committer.flush()] as Promise<unknown>[]
    if (!this.custodian.dishonesty.forgetsPromises) work.push(this.disclosures.flush())
    await Promise.all(work)
  }

  /** Whoever has this key, and may act now. */
  staffByKey(key: Bytes): StaffMember | undefined {
    return this.staff.byKey(key)
  }

  /**
   * Ends a person's time, also of one who is in node.json no more: at once here, then in node.json, then on the ledger,
   * from where no older node.json brings them back.
   * @param asOf ms
   * @throws PlatformError `unknown_person`, `last_administrator`, `two_of_a_name`, `end_not_kept`
   */
  async endStaff(name: string, asOf: number): Promise<{ name: string; to: number; isPublished: boolean }> {
    const ended = await this.staffEnds.end(name, asOf)
    const published = this.directory.follow().then(() => true)
    if (ended) writeEnd(this.config.folder, ended)
    const isPublished = await Promise.race([published, delay(PUBLISH_MS, false, { ref: false })])
    return { name, to: ended?.to ?? asOf, isPublished }
  }

  /** Takes the people of node.json as it is now (StaffEnds.replace). @throws PlatformError `last_administrator` */
  async replaceStaff(people: readonly StaffMember[]): Promise<readonly string[]> {
    const out = await this.staffEnds.replace(people)
    if (this.isStarted || this.recovery) void this.directory.follow()
    return out
  }

  /** @throws PlatformError `not_a_practitioner` */
  proofOf(key: Bytes): PractitionerProof {
    const who = this.staffByKey(key)
    const proof = this.directory.proofOf(key)
    if (!who?.practitioner || !isInOffice(who, Date.now()))
      throw new PlatformError(
        "not_a_practitioner",
        "only a practitioner of this organisation, in the time of that role, may ask for records",
      )
    if (!proof)
      throw new PlatformError(
        "not_a_practitioner",
        "the ledger does not have the directory with this practitioner yet; try again when it has",
      )
    return proof
  }

  /** Its row on the ledger; undefined: it is not admitted yet. */
  ownMember(): Promise<Readonly<Infer<typeof members.row>> | undefined> {
    return this.engine.read(members, [this.config.member])
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

  /** A node works with what is here whatever the ledger says of its key; nothing of it gets there, or is believed. */
  private async checkKey(): Promise<void> {
    if (await this.ledger.isKeyValid()) return
    this.onFault(
      new PlatformError(
        "key_not_valid",
        "the ledger does not accept this home's member key (secrets/member.key): perhaps it is of an older backup. Put the current one back, or have the others vote for another one (aceso propose replace-key, there; docs/operations.md, Other keys)",
      ),
    )
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

  private every(ms: number, work: () => Promise<unknown>): void {
    let isAtWork = false
    const timer = setInterval(async () => {
      // On a ledger that stands still one round waits, not one more with each window.
      if (isAtWork) return
      isAtWork = true
      await work().catch((error) => this.onFault(error))
      isAtWork = false
    }, ms)
    timer.unref()
    this.timers.push(timer)
  }
}
