import { statfs } from "node:fs/promises"
import { setTimeout as delay } from "node:timers/promises"
import { members } from "@aceso/contracts"
import { PROTOCOL_VERSION } from "@aceso/ledger"
import { newestBackup } from "../backups/backups.ts"
import { diskOf, healthOf } from "../node/health.ts"
import type { Services } from "../node/services.ts"
import { wholeTable } from "../node/table-cache.ts"
import { Exposition, type Series } from "./exposition.ts"
import { ProcessMetrics } from "./process.ts"

/** An engine that hangs must not keep the rest from being scraped. */
const ENGINE_MS = 3_000

/** All that is shown of a node. Nothing in it is about a patient. */
export class NodeMetrics {
  private readonly services: Services
  private readonly certificateUntil: () => number | undefined
  private readonly process = new ProcessMetrics()
  private asked: Promise<Asked | undefined> | undefined

  /** @param certificateUntil until when the certificate of HTTPS is good, ms */
  constructor(services: Services, certificateUntil: () => number | undefined) {
    this.services = services
    this.certificateUntil = certificateUntil
  }

  async text(): Promise<string> {
    const { services } = this
    const to = new Exposition()
    const { member, engine, folder } = services.config
    const protocol = String(PROTOCOL_VERSION)
    to.gauge("aceso_build_info", "What runs here; always 1.", [
      [{ member, engine, protocol, node: process.version }, 1],
    ])
    to.gauge(
      "aceso_serving",
      "1: the ledger shows this organisation as a member, and its node serves.",
      Number(services.readiness.isStarted),
    )
    writeChain(to, services)
    const late = delay(ENGINE_MS, undefined, { ref: false })
    writeNetwork(to, services, await Promise.race([this.ask(), late]))
    writeCheckpoints(to, services)
    writeApp(to, services)
    to.gauge(
      "aceso_backup_time_seconds",
      "When the newest backup that this node knows of was whole, Unix time; 0: it knows of none since its last recovery.",
      ((await newestBackup(services))?.at ?? 0) / 1000,
    )
    await writeVault(to, services)
    const { bavail, bsize } = await statfs(folder)
    to.gauge("aceso_disk_free_bytes", "Free space where the node's folder lies.", bavail * bsize)
    const until = this.certificateUntil()
    to.gauge(
      "aceso_certificate_expiry_time_seconds",
      "When the certificate of HTTPS expires.",
      seconds(until),
    )
    const { totals, durations } = services.requests
    to.counter("aceso_http_requests_total", "HTTP requests; route none: for no route that there is.", totals)
    to.summary("aceso_http_request_duration_seconds", "Time until the answer began.", durations)
    this.process.write(to)
    return to.text
  }

  stop(): void {
    this.process.stop()
  }

  /** What the ledger and CometBFT say; undefined: they have a fault. One question at a time. */
  private ask(): Promise<Asked | undefined> {
    const { services } = this
    this.asked ??= Promise.all([
      healthOf(services),
      diskOf(services.config),
      wholeTable(services.engine, members),
    ])
      .then(
        ([{ consensus }, disk, rows]) => ({ consensus, disk, statuses: rows.map(({ row }) => row.status) }),
        // `aceso up` tells of it and ends.
        () => undefined,
      )
      .finally(() => {
        this.asked = undefined
      })
    return this.asked
  }
}

type Asked = Pick<Awaited<ReturnType<typeof healthOf>>, "consensus"> & {
  readonly disk: Awaited<ReturnType<typeof diskOf>>
  readonly statuses: readonly string[]
}

const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000)

function writeChain(to: Exposition, services: Services): void {
  const { height, time, flushedHeight, chain, verdicts, intake, stateCheck, restarts } =
    services.engine.metrics()
  to.gauge("aceso_chain_height", "Height of the newest durable block.", height)
  to.gauge("aceso_chain_block_time_seconds", "Time of the newest block, Unix time.", time / 1000)
  to.gauge("aceso_chain_flushed_height", "Height up to which the state is on the disk.", flushedHeight)
  to.counter("aceso_blocks_total", "Blocks appended.", chain.blocks)
  // A series has to be there before it grows, or its first growth is not seen.
  const rejected = new Map([["contract_fault", 0], ...chain.rejected])
  to.counter("aceso_transactions_total", "Transactions in blocks: accepted, or why they had no effect.", [
    [{ result: "accepted" }, chain.accepted],
    ...[...rejected].map(([result, count]): Series<number> => [{ result }, count]),
  ])
  to.histogram(
    "aceso_block_execution_seconds",
    "Time to execute a block and to know its state.",
    chain.execution,
  )
  to.histogram("aceso_log_sync_seconds", "Time until the log's newest block is durable.", chain.sync)
  to.gauge("aceso_queue_transactions", "Transactions that wait: for a verdict, or for a block.", [
    [{ queue: "verdicts" }, verdicts.transactions],
    [{ queue: "intake" }, intake.transactions],
  ])
  to.gauge("aceso_queue_bytes", "Their size.", [
    [{ queue: "verdicts" }, verdicts.bytes],
    [{ queue: "intake" }, intake.bytes],
  ])
  to.counter("aceso_state_checked_rows_total", "Rows that the background check has read.", stateCheck.rows)
  to.counter(
    "aceso_state_findings_total",
    "Damaged rows that the background check found.",
    stateCheck.findings,
  )
  if (services.config.engine !== "cometbft") return
  const isStalled = services.engine.stalled !== undefined
  to.gauge("aceso_chain_stalled", "1: blocks should come, and do not.", Number(isStalled))
  to.counter("aceso_cometbft_restarts_total", "How often CometBFT was started again.", restarts)
}

function writeNetwork(to: Exposition, services: Services, asked: Asked | undefined): void {
  const isUp = asked !== undefined && (!services.engine.details || asked.consensus !== undefined)
  to.gauge("aceso_engine_up", "1: the engine answers.", Number(isUp))
  if (!asked) return
  const { consensus, disk, statuses } = asked
  const byStatus = new Map<string, number>()
  for (const status of statuses) byStatus.set(status, (byStatus.get(status) ?? 0) + 1)
  to.gauge(
    "aceso_members",
    "Organisations of the network.",
    [...byStatus].map(([status, count]) => [{ status }, count]),
  )
  to.gauge(
    "aceso_disk_used_bytes",
    "What the node's files take.",
    Object.entries(disk).map(([part, bytes]) => [{ part }, bytes]),
  )
  if (!consensus) return
  const { peers, catchingUp, validators } = consensus
  to.gauge("aceso_peers", "Nodes that CometBFT is connected with.", peers)
  to.gauge("aceso_catching_up", "1: CometBFT still fetches blocks that others have.", Number(catchingUp))
  to.gauge("aceso_validators", "Validators of the newest block.", validators.length)
  const own = validators.filter(({ member }) => member === services.config.member)
  const power = own.reduce((sum, one) => sum + one.power, 0)
  to.gauge("aceso_validator_power", "This organisation's voting power; 0: it is no validator.", power)
}

function writeCheckpoints(to: Exposition, services: Services): void {
  const summary = services.checkpoints.summary()
  if (!summary) return
  const { countersigned, forks } = summary
  to.gauge(
    "aceso_checkpoint_height",
    "Newest block that this member and another signed.",
    countersigned?.height ?? 0,
  )
  to.gauge("aceso_checkpoint_time_seconds", "Time of that block, Unix time.", seconds(countersigned?.time))
  to.gauge("aceso_checkpoint_members", "Members that signed it.", countersigned?.members ?? 0)
  to.gauge("aceso_history_forks", "Evidence of another history on this disk.", forks.length)
}

function writeApp(to: Exposition, { appWatch }: Services): void {
  const { time, origins = [] } = appWatch.newest ?? {}
  to.gauge(
    "aceso_app_sound",
    "1: what this origin serves as the patient's app is what a ballot released.",
    origins.map(({ origin, findings }) => [{ origin }, Number(findings.length === 0)]),
  )
  to.gauge(
    "aceso_app_findings",
    "What does not hold there.",
    origins.map(({ origin, findings }) => [{ origin }, findings.length]),
  )
  to.gauge("aceso_app_looked_time_seconds", "When this node looked last, Unix time.", seconds(time))
}

async function writeVault(to: Exposition, services: Services): Promise<void> {
  const { records, disclosures, includeBy } = await services.vault.waiting()
  to.gauge("aceso_vault_waiting_records", "Record versions that are not on the ledger yet.", records)
  to.gauge(
    "aceso_vault_waiting_disclosures",
    "Disclosures that are promised and not on the ledger yet.",
    disclosures,
  )
  to.gauge(
    "aceso_vault_disclosure_due_time_seconds",
    "By when the first of them has to be there, Unix time.",
    seconds(includeBy),
  )
}
