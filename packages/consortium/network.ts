import "./capabilities.ts"
import { accessSync, constants, existsSync, mkdirSync } from "node:fs"
import type { ServerResponse } from "node:http"
import { resolve } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { announce } from "@aceso/cli/demos.ts"
import { patience } from "@aceso/client"
import { members } from "@aceso/contracts"
import {
  type Bytes,
  fromHex,
  type GenesisDocument,
  messageOf,
  PlatformError,
  publicKey,
  randomBytes,
  readGenesis,
  type SignedGenesis,
  signedGenesis,
  signGenesis,
  toHex,
} from "@aceso/core"
import { Listener } from "@aceso/server/home/listener.ts"
import { handlerOf, makeApp } from "@aceso/server/http/app.ts"
import type { ServerModule } from "@aceso/server/modules/module.ts"
import { parseConfig, readSecret } from "@aceso/server/node/config.ts"
import { Rejection } from "@aceso/server/node/ledger-client.ts"
import { AcesoNode } from "@aceso/server/node/node.ts"
import { newPerson } from "@aceso/server/node/person.ts"
import { knownModules, knownProcesses } from "@aceso/server/node/processes.ts"
import { contractSources } from "@aceso/server/node/sources.ts"
import { BuiltPages } from "@aceso/server/pages/built.ts"
import { admitAll } from "./admission.ts"
import { type DemoEngine, type EngineKind, Engines, engineOf } from "./engines.ts"
import { layout, readJson, secretAt, writeJson } from "./files.ts"
import { FOUNDER, organisations } from "./organisations.ts"
import { buildIn, release } from "./release.ts"
import { named, serveAppUrl, servePeople, startApp } from "./start.ts"

/** Of the demo, who looks at the patient's app: not its operator. */
const WATCHER = "county-hospital"
/** By name alone: where it is reached, a start says. */
const APP = "http://localhost:7446"
const ADMITTED_MS = 30_000 * patience()

export interface NetworkOptions {
  readonly folder: string
  /** City Hospital's port, the others after it; 0: any free ones. */
  readonly port: number
  /** Where one of them is taken, any free ones are used instead. */
  readonly isPortWish?: boolean
  /** Default: what the data folder has, else embedded. */
  readonly engine?: EngineKind
  /** `cometbft`: how often there is an empty block, ms; default 30,000. */
  readonly heartbeatMs?: number
  readonly now?: () => number
  readonly onFault?: (member: string, error: unknown) => void
  /** Where the built pages stand; absent: none are served. */
  readonly pages?: string
  /** Push services of the app's operator, in place of those of the usual browsers. */
  readonly pushServices?: readonly string[]
  /** Server modules that each organisation's node has beside those of the capabilities. */
  readonly modules?: readonly ServerModule[]
}

/** A whole consortium in one process, each organisation with its own keys, vault and HTTP server. */
export class DemoNetwork {
  readonly folder: string
  /** The ledger as the founder sees it. */
  readonly engine: DemoEngine
  private readonly engines: Engines
  readonly genesis: SignedGenesis
  readonly document: GenesisDocument
  readonly nodes: ReadonlyMap<string, AcesoNode>
  /** Where the patient's app and the start page are; undefined: no pages are served. */
  readonly start: string | undefined
  private readonly servers: readonly Listener[]
  private readonly withdraw: () => void

  private constructor(
    parts: Pick<DemoNetwork, "folder" | "engine" | "genesis" | "document" | "nodes" | "start"> & {
      servers: readonly Listener[]
      engines: Engines
      withdraw: () => void
    },
  ) {
    this.folder = parts.folder
    this.engine = parts.engine
    this.engines = parts.engines
    this.genesis = parts.genesis
    this.document = parts.document
    this.nodes = parts.nodes
    this.start = parts.start
    this.servers = parts.servers
    this.withdraw = parts.withdraw
  }

  static async open(options: NetworkOptions): Promise<DemoNetwork> {
    const { folder } = options
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch (cause) {
      throw new PlatformError(
        "folder_unusable",
        `the data folder ${folder} cannot be used: ${messageOf(cause)}`,
        { cause },
      )
    }
    const genesis = takeGenesis(folder, options.engine, options.now ?? Date.now)
    const document = readGenesis(genesis)
    const onFault = (member: string, error: unknown) => options.onFault?.(member, error)
    const engines = await Engines.open(folder, genesis, document, onFault, options.heartbeatMs)
    const engine = engines.of(FOUNDER)
    const servers: Listener[] = []
    /** Where the patient's app is. */
    let appUrl: string | undefined
    const pages = options.pages === undefined ? undefined : BuiltPages.read(options.pages)
    const nodes = new Map<string, AcesoNode>()
    try {
      const listening = await listenAll(options)
      servers.push(...listening.map(({ server }) => server))
      const urls = new Map(organisations.map(({ member }, i) => [member, listening[i].url]))
      const build = options.pages === undefined ? undefined : buildIn(options.pages)
      await admitAll(engine, folder, urls, build)
      for (const [i, { member }] of organisations.entries()) {
        const watches = build !== undefined && member === WATCHER
        const node = makeNode(
          { ...options, watches },
          member,
          urls.get(member) as string,
          engines.of(member),
          genesis,
        )
        node.onFault = (error) => onFault(member, error)
        nodes.set(member, node)
        await takeOn(node, folder)
        const app = makeApp(node, { ...(pages && { pages }) })
        if (pages) {
          servePeople(app, folder, (one) => one.kind === "staff" && one.member === member)
          serveAppUrl(app, () => appUrl)
        }
        listening[i].handle = handlerOf(app)
      }
      // Each answers, and each knows where, before the first one asks the others.
      for (const node of nodes.values()) await tellUrl(node)
      for (const node of nodes.values()) await untilKnown(node, urls)
      if (pages) {
        const opened = await listen(options.port === 0 ? 0 : options.port + organisations.length).catch(() =>
          listen(0),
        )
        servers.push(opened.server)
        opened.handle = handlerOf(startApp(nodes.get(FOUNDER) as AcesoNode, pages, folder, nodes))
        const app = named(opened.url)
        appUrl = app
        for (const { services } of nodes.values()) services.appWatch.origins = [app]
      }
      // A network that decided otherwise, or has ended, goes on being served.
      if (build)
        await release(engine, folder, build).catch((error: unknown) => {
          if (!(error instanceof Rejection)) throw error
          onFault(FOUNDER, error)
        })
      for (const node of nodes.values()) await node.start()
    } catch (error) {
      await Promise.all(servers.map((server) => server.close()))
      await engines.close()
      throw error
    }
    const withdraw = announce(
      resolve(folder),
      [...nodes.values()].map(({ services }) => services.config.url),
      appUrl,
    )
    const start = appUrl && `${appUrl}/demo/`
    return new DemoNetwork({ folder, engine, engines, genesis, document, nodes, start, servers, withdraw })
  }

  node(member: string): AcesoNode {
    const node = this.nodes.get(member)
    if (!node) throw new PlatformError("unknown_member", `${member} is no organisation of the demo`)
    return node
  }

  async close(): Promise<void> {
    this.withdraw()
    // Nobody asks those that have gone already.
    await Promise.all([...this.nodes.values()].map(({ services }) => services.checkpoints.stop()))
    await Promise.all(this.servers.map((server) => server.close()))
    for (const node of this.nodes.values()) await node.stop()
    await this.engines.close()
  }
}

/** The genesis of the data folder; a new one on first start. */
function takeGenesis(folder: string, engine: EngineKind | undefined, now: () => number): SignedGenesis {
  const paths = layout(folder)
  if (existsSync(paths.genesis)) {
    const known = signedGenesis.parse(readJson(paths.genesis), "genesis", "json")
    const there = readGenesis(known).engine
    if (engine && engine !== there)
      throw new PlatformError(
        "wrong_engine",
        `the data folder holds a network on ${there}; name another folder with --data, or leave --engine out`,
      )
    return known
  }
  const founder = organisations.find(({ member }) => member === FOUNDER)
  const founderSeed = secretAt(`${paths.node(FOUNDER)}/member.key`)
  const signed = signGenesis(
    {
      network: "aceso-demo",
      time: now(),
      ...engineOf(folder, engine ?? "embedded"),
      founder: {
        member: FOUNDER,
        name: founder?.name ?? FOUNDER,
        key: publicKey(founderSeed),
        url: "http://127.0.0.1",
      },
      isLoopback: true,
      isDemo: true,
      app: { operator: FOUNDER, origins: [APP] },
      contracts: contractSources(knownProcesses()),
      quota: { windowMs: 10_000, bytes: 64 * 2 ** 20, transactions: 20_000, urgentTransactions: 1_000 },
    },
    founderSeed,
  )
  writeJson(paths.genesis, signedGenesis.toJson(signed))
  return signed
}

/** The addresses of a start before lead nowhere, or to another demo. */
async function tellUrl({ services: { engine, ledger, config } }: AcesoNode): Promise<void> {
  const { member, url } = config
  await until(member, async () => (await engine.read(members, [member])) !== undefined)
  if ((await engine.read(members, [member]))?.url !== url) await ledger.call("governance", "setUrl", { url })
}

const untilKnown = (
  { services: { engine, config } }: AcesoNode,
  urls: ReadonlyMap<string, string>,
): Promise<void> =>
  until(config.member, async () => {
    for (const [member, url] of urls) if ((await engine.read(members, [member]))?.url !== url) return false
    return true
  })

/** A validator that is behind has not executed yet what others have. */
async function until(member: string, holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + ADMITTED_MS; !(await holds()); await delay(20))
    if (Date.now() > deadline)
      throw new PlatformError(
        "engine_stalled",
        `the validator of ${member} did not follow within ${ADMITTED_MS / 1000} s; start the demo again`,
      )
}

function makeNode(
  {
    folder,
    modules,
    pushServices,
    watches,
  }: Pick<NetworkOptions, "folder" | "modules" | "pushServices"> & { readonly watches: boolean },
  member: string,
  url: string,
  engine: DemoEngine,
  genesis: SignedGenesis,
): AcesoNode {
  const paths = layout(folder)
  const home = paths.node(member)
  const given = {
    member,
    url,
    host: "127.0.0.1",
    port: Number(new URL(url).port),
    folder: home,
    commitWindowMs: 1000,
    disclosureWindowMs: 1000,
    includeWithinMs: Math.min(5000 * patience(), 600_000),
    policyDelayMs: 1000,
    moveSpreadMs: 1000,
    noticeDelayMs: 500,
    dummyPercent: 10,
    checkpointEveryMs: 2000,
    watchApp: watches,
    ...(pushServices && member === FOUNDER && { app: appConfig(pushServices) }),
  }
  writeJson(`${home}/node.json`, given)
  secretAt(`${home}/vault.key`)
  const secrets = {
    memberSeed: readSecret(`${home}/member.key`),
    vaultKey: readSecret(`${home}/vault.key`),
    ...(member === FOUNDER && { pushKey: secretAt(`${home}/push.key`) }),
  }
  return new AcesoNode(parseConfig(given, `${home}/node.json`), secrets, engine, genesis, {
    processes: knownProcesses(),
    modules: [...knownModules(), ...(modules ?? [])],
  })
}

/** Where the app is served the demo says by itself; what stands here is for the file alone. */
const appConfig = (services: readonly string[]) => ({ url: APP, port: 1, push: { services } })

/** Whom the vault has from the start before stays there, also as ended. */
async function takeOn({ services: { config, staffTable } }: AcesoNode, folder: string): Promise<void> {
  const { member, url } = config
  const known = new Set((await staffTable.all()).map(({ name }) => name))
  for (const { name, isAdministrator, role } of organisations.find((one) => one.member === member)?.staff ??
    []) {
    const seed = personSeed(folder, name, member, url)
    const rights = { isAdministrator, ...(role !== undefined && { role }) }
    if (!known.has(name)) await staffTable.add(newPerson({ name, key: publicKey(seed), ...rights }, {}, 0))
  }
}

/** A person's credentials file; the seed stays, the URL follows the node. */
function personSeed(folder: string, name: string, member: string, url: string): Bytes {
  const path = layout(folder).person(name)
  const known = existsSync(path) ? (readJson(path) as { seed: string }) : undefined
  const seed = known ? fromHex(known.seed) : randomBytes(32)
  writeJson(path, { kind: "staff", name, member, node: url, seed: toHex(seed) })
  return seed
}

interface Listening {
  readonly server: Listener
  readonly url: string
  handle: ReturnType<typeof handlerOf>
}

async function listenAll({
  port,
  isPortWish,
}: Pick<NetworkOptions, "port" | "isPortWish">): Promise<Listening[]> {
  const listening: Listening[] = []
  try {
    for (const [i] of organisations.entries()) listening.push(await listen(port === 0 ? 0 : port + i))
    return listening
  } catch (error) {
    await Promise.all(listening.map(({ server }) => server.close()))
    if (!isPortWish || !(error instanceof PlatformError) || error.code !== "port_in_use") throw error
    return listenAll({ port: 0 })
  }
}

async function listen(port: number): Promise<Listening> {
  const notYet: Listening["handle"] = async (_request, response) => {
    ;(response as ServerResponse).writeHead(503).end("starting")
  }
  const listening: { handle: Listening["handle"] } = { handle: notYet }
  try {
    const server = await Listener.open("127.0.0.1", port, undefined, (request, response) =>
      listening.handle(request, response),
    )
    return Object.assign(listening, { server, url: `http://127.0.0.1:${server.port}` })
  } catch (cause) {
    if (!(cause instanceof PlatformError) || cause.code !== "port_in_use") throw cause
    throw new PlatformError(
      "port_in_use",
      `port ${port} is in use; choose another with --port, or 0 for any free one`,
      { cause },
    )
  }
}
