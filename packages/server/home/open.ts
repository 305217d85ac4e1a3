import { setTimeout as delay } from "node:timers/promises"
import { electorate, members } from "@aceso/contracts"
import { equalBytes, genesisHash, messageOf, PlatformError } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import { isThere } from "@aceso/ledger/there.ts"
import { handlerOf, makeApp, makeAppOrigin } from "../http/app.ts"
import { MetricsListener } from "../metrics/listener.ts"
import type { ServerModule } from "../modules/module.ts"
import { AcesoNode } from "../node/node.ts"
import { knownModules, knownProcesses } from "../node/processes.ts"
import { BuiltPages } from "../pages/built.ts"
import { mustHaveVault } from "../recovery/no-backup.ts"
import { invitation } from "./application.ts"
import { isRemote, mustBelong, openEngine } from "./engines.ts"
import { layout, readJsonFile } from "./layout.ts"
import { Listener } from "./listener.ts"
import { completeLookUp } from "./look-up.ts"
import { pushKeyIn } from "./push-key.ts"
import { type Home, readHome } from "./read.ts"
import { readTls } from "./tls.ts"
import { isCaughtUp, reportWhenReady } from "./validator.ts"

export interface HomeOptions {
  /** Overrides of the configuration, such as ACESO_PORT. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** What the operator should know, one sentence each. */
  readonly onNotice?: (member: string, sentence: string) => void
  readonly onFault?: (member: string, error: unknown) => void
  /** Folder of the built pages; absent: none are served. */
  readonly pages?: string
  /** Server modules of the capabilities that each organisation's node has. */
  readonly modules?: readonly ServerModule[]
}

const POLL_MS = 500
const HEALTH_MS = 2_000
/** Polls before an operator is told what a node waits for: the others need a moment to be heard, and to admit it. */
const PATIENCE = { embedded: 2, cometbft: 20, remote: 4 }

/**
 * Nodes that run from their folders: one; or several of an `embedded` network on the engine of the first, or several that
 * do not validate, each of which asks for itself.
 */
export class RunningHomes {
  /** Of the first. */
  readonly engine: Engine
  readonly organisations: readonly Organisation[]

  private constructor(engine: Engine, organisations: readonly Organisation[]) {
    this.engine = engine
    this.organisations = organisations
  }

  /**
   * Opens engine, nodes and servers. What needs the ledger's consent begins with each organisation's start().
   * @throws PlatformError those of readHome, of the engine, of the vault, `port_in_use`, `port_refused`,
   * `wrong_network`
   */
  static async open(
    folder: string,
    attached: readonly string[],
    options: HomeOptions,
  ): Promise<RunningHomes> {
    const first = readHome(folder, "run", options.environment)
    const others = attached.map((one) => readHome(one, "attach"))
    for (const other of others) mustShare(first, other)
    const engine = await openEngine(first, options)
    const organisations: Organisation[] = []
    try {
      organisations.push(await Organisation.open(first, engine, options))
      for (const home of others) {
        const own = home.config.engine === "remote" ? await openEngine(home, options) : engine
        organisations.push(await Organisation.open(home, own, options))
      }
      return new RunningHomes(engine, organisations)
    } catch (error) {
      await closeAll([engine, ...organisations.map((one) => one.engine)])
      for (const one of organisations) await one.close()
      throw error
    }
  }

  /** Rejects with the engine's fault: nothing is acknowledged any more, a restart is needed. */
  async failed(): Promise<never> {
    for (;;) {
      // Whoever asks others goes on when they are away.
      if (!isRemote(this.engine)) await this.engine.status()
      await delay(HEALTH_MS, undefined, { ref: false })
    }
  }

  /** Servers, nodes, engine, in this order: nothing is asked of what is closed already. */
  async close(): Promise<void> {
    await Promise.all(this.organisations.map((one) => one.withdraw()))
    for (const one of this.organisations) if (one.node.services.readiness.isStarted) await one.close()
    await closeAll([this.engine, ...this.organisations.map((one) => one.engine)])
    // A start that waited for the ledger ended with the engine.
    for (const one of this.organisations) if (!one.isClosed) await one.close()
  }
}

const closeAll = async (engines: readonly Engine[]): Promise<void> => {
  for (const engine of new Set(engines)) await engine.close()
}

/** One organisation's node and its server. */
export class Organisation {
  readonly node: AcesoNode
  isClosed = false
  readonly engine: Engine
  private readonly home: Home
  private readonly listener: Listener
  private readonly metrics: MetricsListener | undefined
  /** Of the patient's app. */
  private readonly app: Listener | undefined
  private readonly options: HomeOptions
  private readonly ending = new AbortController()
  private starting: Promise<void> | undefined

  private constructor(
    home: Home,
    engine: Engine,
    node: AcesoNode,
    listener: Listener,
    metrics: MetricsListener | undefined,
    app: Listener | undefined,
    options: HomeOptions,
  ) {
    this.home = home
    this.engine = engine
    this.node = node
    this.listener = listener
    this.metrics = metrics
    this.app = app
    this.options = options
  }

  static async open(home: Home, engine: Engine, options: HomeOptions): Promise<Organisation> {
    const { config, secrets, tls, network } = home
    const { genesis, document } = mustBelong(network)
    const pushKey = pushKeyIn(home.folder, config.member, document)
    await mustHaveVault(engine, config.member, home.folder)
    const node = new AcesoNode(
      config,
      { memberSeed: secrets.member, vaultKey: secrets.vault, ...(pushKey && { pushKey }) },
      engine,
      genesis,
      {
        processes: knownProcesses(),
        modules: [...knownModules(), ...(options.modules ?? [])],
        fromEnvironment: home.fromEnvironment,
      },
    )
    node.onFault = (error) => options.onFault?.(config.member, error)
    let listener: Listener | undefined
    let app: Listener | undefined
    const pages = options.pages === undefined ? undefined : BuiltPages.read(options.pages)
    try {
      await completeLookUp(node.services.vault, (sentence) => options.onNotice?.(config.member, sentence))
      // Nothing is served from a ledger that was rewritten.
      await node.services.checkpoints.open()
      const handler = handlerOf(makeApp(node, { ...(pages && { pages }) }))
      const opened = await Listener.open(config.host, config.port, tls, handler)
      listener = opened
      const metrics =
        config.metrics &&
        (await MetricsListener.open(config.metrics, node.services, () => opened.certificateUntil))
      if (config.app && pages) {
        const { host = "127.0.0.1", port } = config.app
        app = await Listener.open(host, port, home.appTls, handlerOf(makeAppOrigin(node, pages)))
      }
      return new Organisation(home, engine, node, opened, metrics, app, options)
    } catch (error) {
      await app?.close()
      await listener?.close()
      await node.stop()
      throw error
    }
  }

  /** Waits until the ledger moves and shows this organisation, then starts the node's services. */
  start(): Promise<void> {
    this.starting ??= this.whenAdmitted()
    return this.starting
  }

  /** Takes a renewed certificate; what is wrong leaves the old one in use. */
  reload(): void {
    const { folder, config } = this.home
    if (!config.tls) {
      this.notice("there is no certificate to reload: tls is not set")
      return
    }
    try {
      this.listener.renew(readTls(folder, config.url, config.tls))
      if (config.app?.tls) this.app?.renew(readTls(folder, config.app.url, config.app.tls))
      this.notice("the certificate was reloaded")
    } catch (error) {
      this.notice(`the certificate was not reloaded, the old one stays in use: ${messageOf(error)}`)
    }
  }

  /** Takes no more calls, and waits for nothing any more. */
  async withdraw(): Promise<void> {
    this.ending.abort()
    await this.metrics?.close()
    await this.app?.close()
    await this.listener.close()
  }

  async close(): Promise<void> {
    this.isClosed = true
    await this.withdraw()
    if (!this.node.services.readiness.isStarted) await this.starting?.catch(() => {})
    await this.node.stop()
  }

  private notice(sentence: string): void {
    this.options.onNotice?.(this.home.config.member, sentence)
  }

  private async whenAdmitted(): Promise<void> {
    const { member, engine, cometbft } = this.home.config
    if (engine === "cometbft") {
      const isEmpty = (await this.engine.status()).checkpoint.height === 0
      await this.until(
        async () => (await isCaughtUp(this.node.services)) || this.isStalledMember(),
        (cometbft?.stateSync && isEmpty
          ? "this node waits for a snapshot of the others, who make one every 10,000 blocks (to fetch all blocks instead, take cometbft.stateSync out of node.json and start again): "
          : "") +
          `the ledger of ${this.engine.network} does not move yet, or this node still fetches it; more than two thirds of the validators have to run, and one of them has to let this node in (aceso peers add, there)`,
      )
    }
    if (mustBelong(this.home.network).document.founder.member === member) await this.admitFirst()
    await this.until(
      async () => (await this.engine.read(members, [member]))?.status === "active",
      `this organisation is no active member of ${this.engine.network} yet: hand application.json to a member that proposes it (aceso propose admit); the node begins when the ledger shows it`,
    )
    await this.node.start()
    const { secrets } = this.home
    if (engine === "cometbft")
      void reportWhenReady(
        this.node.services,
        secrets.validator,
        (text) => this.notice(text),
        this.ending.signal,
      )
  }

  /** The network stands still, and this node had been let in before: what is here can be used meanwhile. */
  private async isStalledMember(): Promise<boolean> {
    const { member } = this.home.config
    return (
      this.engine.stalled !== undefined && (await this.engine.read(members, [member]))?.status === "active"
    )
  }

  /** The founder alone admits those that its invitation names; once there are more voters, they vote. */
  private async admitFirst(): Promise<void> {
    const path = layout(this.home.folder).invitation
    if (!isThere(path)) return
    const { applications } = readJsonFile(path, invitation, "invitation")
    const missing = []
    for (const one of applications) if (!(await this.engine.read(members, [one.member]))) missing.push(one)
    const voters = (await this.engine.read(electorate, []))?.voters.length ?? 0
    if (missing.length === 0 || voters !== 1) return
    const changes = missing.map(({ member, name, kind, url, key }) => ({
      do: "admit",
      member,
      name,
      kind,
      url,
      key,
    }))
    await this.node.services.ledger.call("governance", "propose", { changes })
    this.notice(`admitted ${missing.map(({ member }) => member).join(", ")}`)
  }

  /** Asks until it holds; says once what it waits for, after so many times. */
  private async until(holds: () => Promise<boolean>, waitingFor: string): Promise<void> {
    let away: string | undefined
    const reached = async () => {
      away = undefined
      if (!isRemote(this.engine)) return holds()
      // Who is asked may be away for a while.
      return holds().catch((error) => {
        if (error instanceof PlatformError && error.code === "history_forked") throw error
        away = messageOf(error)
        return false
      })
    }
    for (let i = 0; !(await reached()); i++) {
      if (i === PATIENCE[this.home.config.engine])
        this.notice(away === undefined ? waitingFor : `nobody answers who is asked for the ledger: ${away}`)
      await delay(POLL_MS, undefined, { signal: this.ending.signal })
    }
  }
}

/** Nodes of one process belong to one network, and have folders of their own. */
function mustShare(first: Home, other: Home): void {
  const [a, b] = [mustBelong(first.network), mustBelong(other.network)]
  const canRun = first.config.engine === "embedded" || other.config.engine === "remote"
  if (!canRun || !equalBytes(genesisHash(a.genesis), genesisHash(b.genesis)))
    throw new PlatformError(
      "wrong_network",
      `${other.folder} belongs to another network than ${first.folder}; only nodes of one embedded network share a process, or such as do not validate`,
    )
  if (first.config.member === other.config.member)
    throw new PlatformError("wrong_network", `${other.folder} is the same organisation as ${first.folder}`)
}
