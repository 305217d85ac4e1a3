import { PlatformError, type Process, type SignedGenesis } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { type NodeModule, type ServerModule, setUp } from "../modules/module.ts"
import { platformModules } from "../modules/platform.ts"
import { Windows } from "../modules/windows.ts"
import type { NodeConfig, NodeSecrets } from "./config.ts"
import { makeServices, type Services } from "./services.ts"

/** How long a stop waits for the ledger to take what is left. */
const STOP_MS = 10_000

/** What a node has beside the platform. */
export interface NodeCapabilities {
  readonly processes?: readonly Process[]
  readonly modules?: readonly ServerModule[]
  /** Names of settings that the environment says, whatever stands in node.json. */
  readonly fromEnvironment?: readonly string[]
}

/** One organisation's node: vault, exchange, and the ledger as its member uses it. */
export class AcesoNode {
  readonly services: Services
  readonly modules: readonly NodeModule[]
  onFault: (error: unknown) => void = () => {}
  private readonly windows: Windows

  constructor(
    config: NodeConfig,
    secrets: NodeSecrets,
    engine: Engine,
    genesis: SignedGenesis,
    { processes = [], modules = [], fromEnvironment = [] }: NodeCapabilities = {},
  ) {
    const onFault = (error: unknown) => this.onFault(error)
    const serve = () => this.serve()
    const given = { config, secrets, engine, genesis, onFault, serve, processes, fromEnvironment }
    this.services = makeServices(given)
    this.modules = setUp([...platformModules, ...modules], this.services)
    const windows = this.modules.flatMap(({ windows = [] }) => windows)
    this.windows = new Windows(windows, onFault)
    this.services.settings.onChanged = () => this.windows.retime()
    this.services.reactors.use(this.modules.flatMap(({ reactors = [] }) => reactors))
  }

  /**
   * Publishes URL and directory if they are new, begins the windows, and finishes what a crash left; or begins a
   * recovery. That waits for nobody: a ledger that stands still stops nobody who works with what is here.
   * @throws PlatformError `history_rewritten` when the ledger is not the one that this node signed; `vault_empty`, `ledger_behind`
   */
  async start(): Promise<void> {
    const { checkpoints, personnel, readiness } = this.services
    await checkpoints.open()
    await this.publishUrl()
    await this.checkKey()
    await personnel.begin()
    this.checkAdministrator()
    await readiness.begin()
  }

  private async serve(): Promise<void> {
    for (const { start } of this.modules) await start?.()
    this.services.readiness.isStarted = true
    this.windows.begin()
    await this.services.reactors.start()
  }

  /** What a ledger that stands still does not take meanwhile is committed after the next start. */
  async stop(): Promise<void> {
    const { reactors, readiness, vault } = this.services
    this.windows.stop()
    await reactors.stop()
    await Promise.all(this.modules.map(({ stop }) => stop?.()))
    if (readiness.isStarted) await this.windows.last(STOP_MS)
    await vault.close()
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

  /** A node works without one, and nobody can change it. */
  private checkAdministrator(): void {
    const { staff, config } = this.services
    if (staff.hasAdministrator()) return
    this.onFault(
      new PlatformError(
        "last_administrator",
        `nobody administers this node any more: stop it, then aceso staff add <name> --administrator --folder ${config.folder}`,
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
}
