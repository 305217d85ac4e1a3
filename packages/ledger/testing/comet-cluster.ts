import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { type Bytes, PlatformError, publicKey, toHex } from "@aceso/core"
import { freePorts } from "../engines/cometbft/free-ports.ts"
import { nodeIdOf } from "../engines/cometbft/home.ts"
import { packed, unpacked } from "./comet-ipc.ts"
import type { NodeRequest, TransactionInBlock, Watched } from "./comet-node.ts"
import type { RulesName } from "./comet-rules.ts"
import { type GenesisChoices, makeGenesis, seedOf, temporaryFolder } from "./network.ts"

const validator = (name: string) => seedOf(`${name} validator`)
export const peerIdOf = (name: string): string => nodeIdOf(seedOf(`${name} p2p`))

export interface Tip {
  readonly height: number
  readonly stateRoot: string
}

/** One organisation's node in processes of its own, so that it can be killed. */
export class ClusterNode {
  readonly name: string
  private readonly options: unknown
  private child: ChildProcess | undefined
  private nextId = 1
  /** What the process wrote to its standard error since its last start. */
  said = ""
  private readonly waiting = new Map<
    number,
    { resolve: (value: never) => void; reject: (error: Error) => void }
  >()

  constructor(name: string, options: unknown) {
    this.name = name
    this.options = options
  }

  /** @param more options of CometEngine for this start */
  async start(more: object = {}): Promise<void> {
    const script = new URL("./comet-node.ts", import.meta.url).pathname
    const child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        script,
        JSON.stringify({ ...(this.options as object), ...more }),
      ],
      { stdio: ["ignore", "inherit", "pipe", "ipc"] },
    )
    this.child = child
    this.said = ""
    child.stderr?.on("data", (chunk: Buffer) => {
      this.said += chunk.toString()
    })
    child.on(
      "message",
      ({ id, value, error }: { id: number; value: never; error?: { code: string; message: string } }) => {
        const waiting = this.waiting.get(id)
        this.waiting.delete(id)
        if (error) waiting?.reject(new PlatformError(error.code ?? "internal_fault", error.message))
        else waiting?.resolve(value)
      },
    )
    child.on("close", () => {
      for (const { reject } of this.waiting.values())
        reject(new PlatformError("node_gone", `${this.name} ended: ${this.said}`))
      this.waiting.clear()
    })
    await Promise.race([
      once(child, "message"),
      once(child, "close").then(([code]) => {
        throw new PlatformError(
          "node_gone",
          `${this.name} ended with status ${code} before it was ready: ${this.said}`,
        )
      }),
    ])
  }

  get isRunning(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null
  }

  ask<T>(request: NodeRequest): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.child?.connected) {
        reject(new PlatformError("node_gone", `${this.name} is not running`))
        return
      }
      const id = this.nextId++
      this.waiting.set(id, { resolve, reject })
      this.child.send({ id, request }, (error) => error && reject(error))
    })
  }

  get rpcUrl(): string {
    return `http://127.0.0.1:${(this.options as { rpcPort: number }).rpcPort}`
  }

  submit = (bytes: Bytes) =>
    this.ask<{ height: number; result: { ok: boolean; rejection?: string } }>({
      do: "submit",
      bytes: toHex(bytes),
    })
  tip = () => this.ask<Tip>({ do: "tip" })
  watched = () => this.ask<Watched>({ do: "watched" })
  transactions = (height: number) => this.ask<TransactionInBlock[]>({ do: "transactions", height })

  async row<R>(table: string, key: readonly unknown[]): Promise<R | undefined> {
    return unpacked(await this.ask({ do: "row", table, key: packed(key) })) as R | undefined
  }

  async scan<R>(table: string, prefix: readonly unknown[] = []): Promise<{ key: unknown[]; row: R }[]> {
    const found = await this.ask({ do: "scan", table, prefix: packed(prefix) })
    return unpacked(found) as { key: unknown[]; row: R }[]
  }

  async events<D>(height: number): Promise<{ contract: string; name: string; data: D }[]> {
    return unpacked(await this.ask({ do: "events", height })) as never
  }

  /** CometBFT's own RPC. */
  async rpc<T>(method: string, params: object = {}): Promise<T> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })
    const answer = await fetch(this.rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    })
    const { result, error } = (await answer.json()) as { result: T; error?: unknown }
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`)
    return result
  }

  /** Resolves when the node stands at the height or a later one. */
  async reaches(height: number): Promise<void> {
    while ((await this.tip()).height < height) await delay(20)
  }

  get exitCode(): number | null | undefined {
    return this.child?.exitCode
  }

  /** kill -9 of the application; CometBFT notices and ends. */
  async kill(): Promise<void> {
    const { child } = this
    if (!child || !this.isRunning) return
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  }

  /** kill -9 of CometBFT alone; the node starts it again. */
  killEngine(): void {
    this.signalEngine("SIGKILL")
  }

  /** CometBFT stays alive, and does and answers nothing. */
  freezeEngine(): void {
    this.signalEngine("SIGSTOP")
  }

  private signalEngine(signal: NodeJS.Signals): void {
    const pid = this.child?.pid
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")
    for (const one of children) if (one) process.kill(Number(one), signal)
  }

  /** Resolves when the process is gone. */
  async gone(): Promise<void> {
    if (this.child && this.isRunning) await once(this.child, "close")
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return
    const gone = this.gone()
    await this.ask({ do: "close" }).catch(() => {})
    await gone
  }
}

/** A header that a light client may begin with. */
export async function trusted(nodes: readonly ClusterNode[], height: number) {
  const answer = await fetch(`${nodes[0].rpcUrl}/commit?height=${height}`)
  const { result } = (await answer.json()) as {
    result: { signed_header: { commit: { block_id: { hash: string } } } }
  }
  const { hash } = result.signed_header.commit.block_id
  return { rpcServers: nodes.map((node) => node.rpcUrl), height, hash }
}

export interface ClusterOptions {
  readonly names?: readonly string[]
  /** Nodes that run without being validators yet. */
  readonly more?: readonly string[]
  /** Nodes that know the others' addresses, and that nobody knows. */
  readonly strangers?: readonly string[]
  readonly heartbeatMs?: number
  readonly snapshotEvery?: number
  readonly quota?: GenesisChoices["quota"]
  readonly contracts?: GenesisChoices["contracts"]
  readonly rules?: (name: string) => RulesName
  readonly ports?: (own: string, ports: ReadonlyMap<string, number>) => ReadonlyMap<string, number>
}

export class Cluster {
  readonly folder: string
  readonly nodes: readonly ClusterNode[]
  readonly genesis: ReturnType<typeof makeGenesis>["genesis"]

  private constructor(nodes: readonly ClusterNode[], genesis: Cluster["genesis"], folder: string) {
    this.nodes = nodes
    this.genesis = genesis
    this.folder = folder
  }

  /** Writes what is needed for all nodes; nothing runs yet. */
  static async plan(options: ClusterOptions = {}): Promise<Cluster> {
    const names = options.names ?? ["authority", "city", "county", "clinic"]
    const known = [...names, ...(options.more ?? [])]
    const all = [...known, ...(options.strangers ?? [])]
    const validators = names.map((member) => ({ member, key: publicKey(validator(member)) }))
    const { genesis, signed } = makeGenesis({
      engine: "cometbft",
      validators,
      quota: options.quota,
      contracts: options.contracts,
    })
    const folder = temporaryFolder()
    const ports = await freePorts(2 * all.length)
    const p2p = new Map(all.map((name, i) => [name, ports[2 * i + 1]]))
    const nodes = all.map((name, i) => {
      const dialled = options.ports?.(name, p2p) ?? p2p
      const hex = (bytes: Bytes) => `hex:${toHex(bytes)}`
      return new ClusterNode(name, {
        folder: join(folder, name),
        genesis: { document: hex(signed.document), signature: hex(signed.signature) },
        executable: process.env.ACESO_COMETBFT ?? "cometbft",
        moniker: name,
        validatorSeed: hex(validator(name)),
        nodeKeySeed: hex(seedOf(`${name} p2p`)),
        rpcPort: ports[2 * i],
        p2pPort: p2p.get(name),
        heartbeatMs: options.heartbeatMs,
        snapshotEvery: options.snapshotEvery,
        rulesName: options.rules?.(name),
        peers: known.flatMap((other) =>
          other === name ? [] : [`${peerIdOf(other)}@127.0.0.1:${dialled.get(other)}`],
        ),
      })
    })
    return new Cluster(nodes, genesis, folder)
  }

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = await Cluster.plan(options)
    try {
      await Promise.all(
        cluster.nodes.slice(0, (options.names ?? ["", "", "", ""]).length).map((node) => node.start()),
      )
    } catch (error) {
      // Else those that did start would keep the test's process alive for ever.
      await cluster.end()
      throw error
    }
    return cluster
  }

  node(name: string): ClusterNode {
    return this.nodes.find((one) => one.name === name) as ClusterNode
  }

  /** Waits until all running nodes stand at the same height or a later one, and compares every block's roots. */
  async agree(from = 1): Promise<number> {
    const running = this.nodes.filter((one) => one.isRunning)
    const heights = await Promise.all(running.map(async (node) => (await node.tip()).height))
    const height = Math.max(...heights)
    for (const node of running) while ((await node.tip()).height < height) await delay(50)
    for (let h = from; h <= height; h++) {
      const blocks = await Promise.all(running.map((node) => node.ask<unknown>({ do: "block", height: h })))
      const texts = new Set(blocks.map((block) => JSON.stringify(block)))
      if (texts.size !== 1) throw new Error(`the nodes disagree on block ${h}: ${[...texts].join(" / ")}`)
    }
    return height
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}
