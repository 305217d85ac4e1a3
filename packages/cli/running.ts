import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { messageOf } from "@aceso/core"
import type { Organisation, RunningHomes } from "@aceso/server/home/open.ts"
import { announce } from "./demos.ts"
import { ending } from "./ending.ts"
import { logLine } from "./log.ts"
import type { Session } from "./session.ts"
import { writeTo } from "./terminal.ts"

/** Nodes that this process runs from their folders: the first with its engine, the others on it. */
export class Running {
  readonly homes: RunningHomes
  private readonly session: Session
  private readonly withdraw: readonly (() => void)[]
  private starts: Promise<unknown> = Promise.resolve()

  private constructor(session: Session, homes: RunningHomes, withdraw: readonly (() => void)[]) {
    this.session = session
    this.homes = homes
    this.withdraw = withdraw
  }

  /** @throws PlatformError those of RunningHomes.open */
  static async open(
    session: Session,
    folder: string,
    attached: readonly string[],
    pages: string | undefined,
  ): Promise<Running> {
    let homes: RunningHomes | undefined
    // Also before the node is there.
    ending.reloads(() => {
      for (const one of homes?.organisations ?? []) one.reload()
    })
    // Here and not above: no other command waits for all that a node is made of.
    const { RunningHomes: Homes } = await import("@aceso/server/home/open.ts")
    homes = await Homes.open(folder, attached, {
      ...(pages !== undefined && { pages }),
      environment: process.env,
      onNotice: (member, sentence) => session.progress(logLine("info", member, sentence)),
      onFault: (member, error) => session.progress(logLine("error", member, messageOf(error))),
    })
    const { organisations } = homes
    const withdraw = [folder, ...attached].map((home, i) =>
      announce(home, [organisations[i].node.services.config.url]),
    )
    return new Running(session, homes, withdraw)
  }

  /** Starts each as soon as the ledger shows it. @param since ms of performance.now() @returns rejects with what stops one */
  start(since: number): Promise<unknown> {
    this.starts = Promise.all(this.homes.organisations.map((one) => start(one, this.session, since)))
    return this.starts
  }

  /** @throws the fault that ended the engine; whatever was going on ends before */
  async until(stopped: Promise<unknown>): Promise<{ network: string; members: string[]; height: number }> {
    const { engine, organisations } = this.homes
    try {
      await Promise.race([stopped, this.starts.then(() => stopped), this.homes.failed()])
      // Who is asked for the ledger may be away by now.
      const { height } = engine.metrics()
      await this.homes.close()
      return {
        network: engine.network,
        members: organisations.map(({ node }) => node.services.config.member),
        height,
      }
    } catch (error) {
      // What stopped the node is the news, not what its end then runs into.
      await this.homes.close().catch(() => {})
      throw error
    } finally {
      for (const one of this.withdraw) one()
    }
  }
}

/** Starts one organisation's services as soon as the ledger shows it, and says so. */
async function start(one: Organisation, session: Session, since: number): Promise<void> {
  await one.start()
  const { config, readiness } = one.node.services
  const { recovery } = readiness
  if (recovery) session.progress(logLine("info", config.member, recovery.words))
  const ready = `${recovery ? "in recovery after" : "ready in"} ${Math.round(performance.now() - since)} ms ${config.url}`
  if (session.isJson) session.progress(ready)
  else writeTo(process.stdout, `${ready}\n`)
}

/** Where npm run build puts the pages; undefined: it did not. */
export function pagesFolder(): string | undefined {
  const folder = resolve(import.meta.dirname, "../web/dist")
  return existsSync(join(folder, "portal.html")) ? folder : undefined
}
