import { rmSync } from "node:fs"
import { createServer, type RequestListener, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import {
  type Checkpoint,
  type Countersigned,
  checkpointBytes,
  checkpointsAnswer,
  countersign,
  publicKey,
  sign,
} from "@aceso/core"
import { checkpointOf, decodeBlock, EmbeddedEngine, type Engine } from "@aceso/ledger"
import { admit, makeGenesis, rules, seedOf, send, temporaryFolder } from "@aceso/ledger/testing/network.ts"
import { getRequestListener } from "@hono/node-server"
import { layout } from "../home/layout.ts"
import { makeApp } from "../http/app.ts"
import { parseConfig } from "../node/config.ts"
import { LedgerClient } from "../node/ledger-client.ts"
import { AcesoNode } from "../node/node.ts"
import { newPerson } from "../node/person.ts"

/** Longer than a test takes: rounds begin when the test says so. */
export const PERIOD_MS = 3_600_000
/** When everything that is on the ledger now is due. */
export const later = (): number => Date.now() + 2 * PERIOD_MS

/** Nodes with their HTTP API on one embedded engine, and peers that tell what a test wants them to. */
export class CheckpointNodes {
  readonly folder = temporaryFolder()
  readonly made = makeGenesis({ time: Date.now() - 60_000, isLoopback: true })
  engine!: EmbeddedEngine
  private readonly servers: Server[] = []
  private readonly nodes = new Set<AcesoNode>()
  readonly faults: Error[] = []
  private blocks = 0

  async open(...members: readonly string[]): Promise<void> {
    await this.openEngine()
    await admit(this.engine, ...members.map((member) => [member, "custodian"] as const))
    await this.peer("authority", () => ({ checkpoints: [] }))
  }

  async openEngine(folder = "engine"): Promise<void> {
    const { genesis } = this.made
    const options = {
      folder: join(this.folder, folder),
      genesis,
      rules,
      engineSeed: seedOf("engine"),
      threads: 1,
    }
    this.engine = await EmbeddedEngine.open(options)
  }

  /** A new block. */
  async grow(member = "city"): Promise<number> {
    const input = { custodian: member, evidence: seedOf(`evidence ${++this.blocks}`) }
    const call = { contract: "disclosure", action: "reportMismatch", input }
    return (await send(this.engine, call, seedOf(member))).height
  }

  home = (member: string) => join(this.folder, member)
  paths = (member: string) => layout(this.home(member))

  /** A node that listens; not started. */
  async node(member: string, engine: Engine = this.engine, more: object = {}): Promise<AcesoNode> {
    let node: AcesoNode
    const url = await this.listen((request, response) => {
      void getRequestListener(makeApp(node).fetch)(request, response)
    })
    const given = { member, url, folder: this.home(member), checkpointEveryMs: PERIOD_MS, ...more }
    const secrets = { memberSeed: seedOf(member), vaultKey: seedOf(`vault of ${member}`) }
    node = new AcesoNode(parseConfig(given, member), secrets, engine, this.made.signed)
    node.onFault = (fault) => this.faults.push(fault as Error)
    this.nodes.add(node)
    const { staffTable } = node.services
    const administrator = newPerson({
      name: "admin",
      key: publicKey(seedOf("admin")),
      isAdministrator: true,
    })
    if ((await staffTable.all()).length === 0) await staffTable.add(administrator)
    return node
  }

  /** A member's node that answers `GET /checkpoints` with whatever `tell` gives. */
  async peer(member: string, tell: (from: number) => unknown | Promise<unknown>): Promise<void> {
    const url = await this.listen(async (request, response) => {
      const from = new URL(request.url ?? "", "http://x").searchParams.get("from")
      const told = await tell(Number(from))
      response.end(typeof told === "string" || told instanceof Uint8Array ? told : JSON.stringify(told))
    })
    await this.at(member, url)
  }

  async at(member: string, url: string): Promise<void> {
    await new LedgerClient(this.engine, member, seedOf(member)).call("governance", "setUrl", { url })
  }

  async checkpoint(height: number): Promise<Checkpoint> {
    return checkpointOf(this.made.genesis.network, decodeBlock(await this.engine.block(height)))
  }

  /** A member's word; `operator`: with the engine's signature. */
  signed(checkpoint: Checkpoint, member: string, seed = seedOf(member), operator = false): Countersigned {
    const key = seedOf("engine")
    return {
      checkpoint,
      operator: operator ? { key: publicKey(key), signature: sign(checkpointBytes(checkpoint), key) } : null,
      signatures: [countersign(checkpoint, member, seed)],
    }
  }

  answer = (...checkpoints: readonly Countersigned[]) => checkpointsAnswer.toJson({ checkpoints })

  async stop(node: AcesoNode): Promise<void> {
    this.nodes.delete(node)
    await node.stop()
  }

  async end(): Promise<void> {
    for (const server of this.servers) {
      server.close()
      server.closeAllConnections()
    }
    for (const node of this.nodes) await node.stop()
    await this.engine.close()
    rmSync(this.folder, { recursive: true })
  }

  private async listen(handler: RequestListener): Promise<string> {
    const server = createServer(handler)
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    this.servers.push(server)
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
}
