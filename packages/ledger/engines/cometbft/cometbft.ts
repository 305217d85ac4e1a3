import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import {
  type Attested,
  type Bytes,
  type Cbor,
  type CometAttestation,
  encodeCbor,
  equalBytes,
  type GenesisDocument,
  nameOf,
  PlatformError,
  readGenesis,
  type Table,
  toHex,
} from "@aceso/core"
import { type Block, checkpointOf } from "../../block.ts"
import { Chain } from "../../chain.ts"
import type { Engine, EngineDetails, EngineStatus, ProvenRows, Stall, Submitted } from "../../engine.ts"
import { FolderLock } from "../../folder-lock.ts"
import { type Included, idBytes } from "../../included.ts"
import { VerdictPool } from "../../verdicts/pool.ts"
import { ChainEngine, FLUSH_EVERY_MS } from "../chain-engine.ts"
import { type AbciHandler, AbciServer } from "./abci-server.ts"
import { Application } from "./application.ts"
import { encodeResponse } from "./codec.ts"
import { CometProcess, checkVersion } from "./comet-process.ts"
import { mustHaveBlocks } from "./comet-words.ts"
import { Doorkeeper } from "./doorkeeper.ts"
import { writeHome } from "./home.ts"
import { Intake } from "./intake.ts"
import type { LightAnswer, LightCall } from "./light.ts"
import type { CometOptions } from "./options.ts"
import { idsOf } from "./peer-filter.ts"
import { CometRpc } from "./rpc.ts"
import { DEFAULT_SNAPSHOT_EVERY, StateSync } from "./state-sync.ts"
import { stallAfter, Watchdog } from "./watchdog.ts"

function handlerOf(application: Application, around: CometOptions["around"]): AbciHandler {
  if (!around) return application
  const respond = around((request) => application.respond(request))
  return { handle: async (request) => encodeResponse(await respond(request)) }
}

interface Waiting {
  readonly promise: Promise<Submitted>
  readonly resolve: (submitted: Submitted) => void
  readonly reject: (error: unknown) => void
}

/** One organisation's node: our application beside its own CometBFT validator. */
export class CometEngine extends ChainEngine implements Engine {
  private readonly lock: FolderLock
  private readonly pool: VerdictPool
  private readonly server: AbciServer
  private readonly process: CometProcess
  private readonly rpc: CometRpc
  private readonly watchdog: Watchdog
  private readonly doorkeeper: Doorkeeper
  private readonly application: Application
  private readonly stateSync: StateSync
  private readonly intake: Intake
  private readonly flushTimer: NodeJS.Timeout
  /** When the newest block with transactions came, ms. */
  private busyAt = 0
  private readonly waiting = new Map<string, Waiting>()
  private fault: unknown
  /** Told once when the node cannot go on: nothing is acknowledged any more, the process should end. */
  onFault: (error: unknown) => void = () => {}
  private isClosed = false
  private restarts = 0

  private constructor(parts: {
    chain: Chain
    lock: FolderLock
    pool: VerdictPool
    server: AbciServer
    process: CometProcess
    rpc: CometRpc
    watchdog: Watchdog
    doorkeeper: Doorkeeper
    application: Application
    stateSync: StateSync
    scrubPauseMs: number | undefined
  }) {
    super(parts.chain, parts.scrubPauseMs)
    this.lock = parts.lock
    this.pool = parts.pool
    this.server = parts.server
    this.process = parts.process
    this.rpc = parts.rpc
    this.watchdog = parts.watchdog
    this.doorkeeper = parts.doorkeeper
    this.application = parts.application
    this.stateSync = parts.stateSync
    this.intake = new Intake(parts.rpc, (tx) => parts.application.check(tx))
    this.flushTimer = setInterval(() => {
      if (Date.now() - this.busyAt >= FLUSH_EVERY_MS && !this.fault)
        this.flushQuietly((error) => this.fail(error))
    }, FLUSH_EVERY_MS)
    this.flushTimer.unref()
  }

  static async open(options: CometOptions): Promise<CometEngine> {
    const genesis = readGenesis(options.genesis)
    const genesisBytes = encodeCbor(options.genesis as unknown as Cbor)
    checkVersion(options.executable)
    const lock = FolderLock.take(options.folder)
    const undo: (() => unknown)[] = [() => lock.release()]
    try {
      return await CometEngine.assemble(options, genesis, genesisBytes, lock, undo)
    } catch (error) {
      for (const step of undo.reverse()) await step()
      throw error
    }
  }

  /** @param undo what has to be closed, oldest first, when a later step fails */
  private static async assemble(
    options: CometOptions,
    genesis: GenesisDocument,
    genesisBytes: Bytes,
    lock: FolderLock,
    undo: (() => unknown)[],
  ): Promise<CometEngine> {
    const chain = Chain.open(options.folder, genesis, options.rules, options)
    chain.executor.mustHaveAll(chain.tip.height + 1)
    undo.push(() => chain.close())
    const pool = new VerdictPool(genesis.network, options.threads, options.executable)
    undo.push(() => pool.close())
    const stateSync = new StateSync(chain, options.folder, options.snapshotEvery ?? DEFAULT_SNAPSHOT_EVERY)
    const known = idsOf(options.peers)
    const mayConnect = options.mayConnect ?? ((nodeId) => known.includes(nodeId))
    const application = new Application(chain, pool, genesisBytes, stateSync, mayConnect)
    const socket = join(options.folder, "abci.sock")
    let engine: CometEngine | undefined
    let earlyFault: unknown
    // The socket comes first: CometBFT retries a failed dial only every 3 s.
    const server = await AbciServer.listen(socket, handlerOf(application, options.around), (error) => {
      earlyFault = error
      engine?.fail(error)
    })
    undo.push(() => server.close())
    const home = join(options.folder, "cometbft")
    mustHaveBlocks(home, chain.tip.height, genesis.from?.height ?? 0)
    writeHome({
      folder: home,
      moniker: options.moniker,
      chainId: genesis.network,
      time: genesis.time,
      initialHeight: (genesis.from?.height ?? 0) + 1,
      appState: { genesis: toHex(genesisBytes) },
      validatorSeed: options.validatorSeed,
      nodeKeySeed: options.nodeKeySeed,
      validators: genesis.validators.map(({ member, key }) => ({ name: member, key })),
      proxyApp: `unix://${socket}`,
      rpcPort: options.rpcPort,
      metricsPort: options.metricsPort,
      p2pHost: options.p2pHost,
      p2pPort: options.p2pPort,
      externalAddress: options.externalAddress,
      peers: options.peers,
      heartbeatMs: options.heartbeatMs,
      // Only a node that has nothing begins with others' state.
      stateSync: chain.tip.height === 0 ? options.stateSync : undefined,
    })
    const onFault = (error: unknown) => engine?.fail(error)
    const process = new CometProcess({
      executable: options.executable,
      home,
      onFault,
      onRestart: (why) => {
        if (engine) engine.restarts++
        options.onRestart?.(why)
      },
    })
    const elsewhere = options.stateSync?.rpcServers.map((url) => new CometRpc(url))
    const rpc = new CometRpc(options.rpcPort, undefined, elsewhere)
    const { stallAfterMs = stallAfter(options.heartbeatMs) } = options
    const watchdog = new Watchdog({
      rpc: new CometRpc(options.rpcPort, Math.min(10_000, stallAfterMs)),
      height: () => chain.tip.height,
      stallAfterMs,
      restart: (why) => process.restart(why),
      onFault,
      onStall: (sentence) => options.onStall?.(sentence),
    })
    const doorkeeper = new Doorkeeper({
      rpc,
      // A node that has no block yet, or is being given a snapshot's state, does not know who is a member.
      mayConnect: (nodeId) => chain.tip.height === 0 || mayConnect(nodeId, chain.store),
      restart: (why) => process.restart(why),
      onFault,
      withinMs: options.cutOffWithinMs,
    })
    engine = new CometEngine({
      chain,
      lock,
      pool,
      server,
      process,
      rpc,
      watchdog,
      doorkeeper,
      application,
      stateSync,
      scrubPauseMs: options.scrubPauseMs,
    })
    // From here on the engine closes what it has been given.
    const opened = engine
    undo.splice(0, undo.length, () => opened.close())
    application.onCommitted = (block, included) => opened.onCommitted(block, included)
    if (earlyFault) engine.fail(earlyFault)
    await rpc.untilAnswering(() => opened.check())
    watchdog.start()
    doorkeeper.start()
    return engine
  }

  async submit(bytes: Bytes): Promise<Submitted> {
    this.check()
    const { payloadId, expiry } = await this.pool.judge(bytes)
    this.check()
    const id = nameOf(payloadId)
    const known = this.waiting.get(id)
    if (known) return { ...(await known.promise), isDuplicate: true }
    const earlier = this.chain.isSeen(id, expiry) ? this.chain.find(payloadId) : undefined
    if (earlier) {
      await this.settled()
      return this.submittedAt(payloadId, earlier)
    }
    const { promise, resolve, reject } = Promise.withResolvers<Submitted>()
    promise.catch(() => {})
    this.waiting.set(id, { promise, resolve, reject })
    try {
      const { isUrgent } = await this.application.check(bytes)
      const onLost = (error: unknown) => {
        this.waiting.delete(id)
        reject(error)
      }
      this.intake.add({ id, bytes, expiry, onLost }, isUrgent)
    } catch (error) {
      this.waiting.delete(id)
      reject(error)
    }
    return promise
  }

  async proveMany(table: Table, keys: readonly (readonly unknown[])[], height?: number): Promise<ProvenRows> {
    await this.settled()
    const { chain } = this
    const at = height ?? this.attestedHeight()
    const rows = keys.map((key) => chain.store.prove(table, key, at))
    if (at <= chain.prunedUpTo) return { checkpoint: chain.baseTip, operator: null, comet: null, rows }
    return { ...(await this.attestedAt(at)), rows }
  }

  /** A block that changed the state is followed by another at once; an empty tip says what the one before said. */
  protected attestedHeight(): number {
    const { tip, prunedUpTo } = this.chain
    if (tip.height <= prunedUpTo + 1) return tip.height
    const before = checkpointOf(this.network, this.chain.block(tip.height - 1))
    return equalBytes(before.historyHash, tip.historyHash) ? tip.height - 1 : tip.height
  }

  /** The validators' commit of the header after a block's. @throws PlatformError `not_attested_yet` */
  protected async attest({ height }: Block): Promise<{ operator: null; comet: CometAttestation }> {
    for (let i = 0; i < 300; i++) {
      this.check()
      const comet = await this.rpc.attestation(height, this.chain.validatorHeights)
      if (comet) return { operator: null, comet }
      await delay(50)
    }
    throw new PlatformError(
      "not_attested_yet",
      "the next block, which attests this one, is not there yet; try again",
    )
  }

  async status(): Promise<EngineStatus> {
    await this.settled()
    const { tip, prunedUpTo, store } = this.chain
    const { flushedHeight } = store
    return { engine: "cometbft", checkpoint: tip, statement: null, flushedHeight, prunedUpTo }
  }

  /** Does not wait: the next block, which attests this one, has to be there. */
  async attested(height: number): Promise<Attested> {
    await this.settled()
    if (height === this.chain.tip.height)
      throw new PlatformError("not_attested_yet", "the next block is not there yet; ask for an older one")
    return this.attestedAt(height)
  }

  light(call: LightCall): Promise<LightAnswer> {
    return this.rpc.light(call)
  }

  /** What CometBFT says of itself; validators of the newest height. */
  async details(): Promise<EngineDetails> {
    const [condition, validators] = await Promise.all([this.rpc.condition(), this.rpc.validators()])
    return { ...condition, validators }
  }

  get stalled(): Stall | undefined {
    return this.watchdog.stalled
  }

  protected queues() {
    return { verdicts: this.pool.length, intake: this.intake.length, restarts: this.restarts }
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    this.watchdog.stop()
    this.doorkeeper.stop()
    this.intake.close()
    clearInterval(this.flushTimer)
    this.scrubber.stop()
    await this.process.stop()
    await this.stateSync.close()
    await this.server.close()
    await this.pool.close()
    await this.application.idle()
    await this.chain.close()
    this.lock.release()
    for (const { reject } of this.waiting.values())
      reject(new PlatformError("closed", "the node is shutting down"))
  }

  private onCommitted(block: Block, included: readonly Included[]): void {
    if (included.length > 0) this.busyAt = Date.now()
    this.intake.committed(
      included.map(({ id }) => id),
      block.time,
    )
    const events = Map.groupBy(block.events, (event) => event.transaction)
    included.forEach(({ id }, index) => {
      const waiting = this.waiting.get(id)
      if (!waiting) return
      const { height, time } = block
      const result = block.results[index]
      waiting.resolve({
        payloadId: idBytes(id),
        height,
        index,
        time,
        result,
        events: events.get(index) ?? [],
        isDuplicate: false,
      })
      this.waiting.delete(id)
    })
    this.subscriptions.notify()
  }

  /** Nobody sees a state whose block is not durable. */
  protected async settled(): Promise<void> {
    while (this.chain.store.height !== this.chain.durableHeight) {
      this.check()
      await delay(1)
    }
    this.check()
  }

  private check(): void {
    if (this.fault) throw this.fault
    if (this.isClosed) throw new PlatformError("closed", "the node is shutting down")
  }

  private fail(error: unknown): void {
    if (this.fault) return
    this.fault = error
    this.watchdog.stop()
    this.doorkeeper.stop()
    void this.process.stop()
    for (const { reject } of this.waiting.values()) reject(error)
    this.waiting.clear()
    this.onFault(error)
  }
}
