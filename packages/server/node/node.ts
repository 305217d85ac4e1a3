import { setTimeout as delay } from "node:timers/promises"
import { type Bytes, PlatformError, type SignedGenesis } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { type NodeModule, type ServerModule, setUp } from "../modules/module.ts"
import { platformModules } from "../modules/platform.ts"
import { Windows } from "../modules/windows.ts"
import type { NodeConfig, NodeSecrets } from "./config.ts"
import { makeServices, type Services } from "./services.ts"
import { goneFromFile } from "./staff-ends.ts"

/** How long a stop waits for the ledger to take what is left. */
const STOP_MS = 10_000

/** One organisation's node: vault, exchange, and the ledger as its member uses it. */
export class AcesoNode {
  readonly services: Services
  readonly modules: readonly NodeModule[]
  onFault: (error: unknown) => void = () => {}
  private readonly windows: Windows
  private readonly timers: NodeJS.Timeout[] = []

  /** @param capabilities what it has beside the platform */
  constructor(
    config: NodeConfig,
    secrets: NodeSecrets,
    engine: Engine,
    genesis: SignedGenesis,
    capabilities: readonly ServerModule[] = [],
  ) {
    const onFault = (error: unknown) => this.onFault(error)
    const serve = () => this.serve()
    this.services = makeServices({ config, secrets, engine, genesis, onFault, serve })
    this.modules = setUp([...platformModules, ...capabilities], this.services)
    const windows = this.modules.flatMap(({ windows = [] }) => windows)
    this.windows = new Windows(windows, onFault)
  }

  /**
   * Publishes URL and directory if they are new, begins the windows, and finishes what a crash left; or begins a
   * recovery. That waits for nobody: a ledger that stands still stops nobody who works with what is here.
   * @throws PlatformError `history_rewritten` when the ledger is not the one that this node signed; `vault_empty`, `ledger_behind`
   */
  async start(): Promise<void> {
    const { checkpoints, staffEnds, readiness } = this.services
    await checkpoints.open()
    await this.publishUrl()
    await this.checkKey()
    await staffEnds.begin()
    const gone = await staffEnds.gone()
    if (gone.length > 0) this.onFault(goneFromFile(gone))
    await readiness.begin()
  }

  private async serve(): Promise<void> {
    const { config, vault, readiness, policies, promises, directory, ...rest } = this.services
    if ((await vault.setting("tampered")) !== undefined) vault.skipsContentCheck = true
    await policies.resume()
    await promises.start()
    await directory.publish()
    for (const { start } of this.modules) await start?.()
    readiness.isStarted = true
    this.windows.begin()
    this.flush().catch((error) => this.onFault(error))
    this.every(config.commitWindowMs, () => rest.committer.flush())
    this.every(config.disclosureWindowMs, async () => {
      await rest.custodian.noteUnlogged()
      if (!rest.custodian.dishonesty.forgetsPromises) await rest.disclosures.flush()
    })
    // Apart: a report that waits for its block must not make this custodian break a promise of its own.
    this.every(config.disclosureWindowMs, () => promises.check())
    this.every(config.commitWindowMs, () => rest.visitors.tidy())
    this.every(config.checkpointEveryMs, () => rest.checkpoints.round())
    // A time that ends by the file, while the node runs.
    this.every(config.commitWindowMs, async () => {
      if (rest.staffEnds.isBehind()) await directory.follow()
    })
  }

  /** What a ledger that stands still does not take meanwhile is committed after the next start. */
  async stop(): Promise<void> {
    const { vault, readiness, policies, directory, checkpoints, custodian } = this.services
    this.windows.stop()
    for (const timer of this.timers) clearInterval(timer)
    policies.stop()
    directory.stop()
    await Promise.all([checkpoints.stop(), ...this.modules.map(({ stop }) => stop?.())])
    if (readiness.isStarted) {
      await custodian.noteUnlogged(true)
      const lastWork = this.flush()
      await Promise.race([lastWork, delay(STOP_MS, undefined, { ref: false })]).catch((error) =>
        this.onFault(error),
      )
      // Nobody waits for it any more: it ends with vault and engine.
      lastWork.catch(() => {})
    }
    await vault.close()
  }

  private async flush(): Promise<void> {
    const { committer, custodian, disclosures } = this.services
    const work = [committer.flush()] as Promise<unknown>[]
    if (!custodian.dishonesty.forgetsPromises) work.push(disclosures.flush())
    await Promise.all(work)
  }

  /** Blocks as they lie in the log, for members that verify by themselves. */
  async blocks(from: number): Promise<{ blocks: Bytes[]; height: number }> {
    const { engine } = this.services
    const { checkpoint } = await engine.status()
    const blocks: Bytes[] = []
    let sizeBytes = 0
    for (
      let h = Math.max(1, from);
      h <= checkpoint.height && blocks.length < 500 && sizeBytes < 16 * 2 ** 20;
      h++
    ) {
      const block = await engine.block(h)
      sizeBytes += block.length
      blocks.push(block)
    }
    return { blocks, height: checkpoint.height }
  }

  /** A node works with what is here whatever the ledger says of its key; nothing of it gets there, or is believed. */
  private async checkKey(): Promise<void> {
    if (await this.services.ledger.isKeyValid()) return
    this.onFault(
      new PlatformError(
        "key_not_valid",
        "the ledger does not accept this home's member key (secrets/member.key): perhaps it is of an older backup. Put the current one back, or have the others vote for another one (aceso propose replace-key, there; docs/operations.md, Other keys)",
      ),
    )
  }

  private async publishUrl(): Promise<void> {
    const { ledger, engine, config } = this.services
    const row = await ledger.ownMember()
    if (!row)
      throw new PlatformError(
        "unknown_member",
        `${config.member} is no member of the network ${engine.network} yet`,
      )
    if (row.url !== config.url) await ledger.call("governance", "setUrl", { url: config.url })
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
