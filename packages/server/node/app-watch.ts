import { randomInt } from "node:crypto"
import { setTimeout as delay } from "node:timers/promises"
import { type AppStatus, MAX_APP_FINDINGS } from "@aceso/client"
import { type AppCheck, checkApp } from "@aceso/client/app-check.ts"
import { type AppStanding, originsToTalkTo } from "@aceso/client/app-standing.ts"
import { appReleases, members } from "@aceso/contracts"
import { type GenesisDocument, type Hash, PlatformError } from "@aceso/core"
import type { Engine } from "@aceso/ledger"
import type { NodeConfig } from "./config.ts"
import type { Outbound } from "./outbound.ts"
import { wholeTable } from "./table-cache.ts"

/** A node looks soon after its start, and not all of them at once. */
const FIRST_MS = 60_000

/**
 * Looks from time to time at what the patient's app's origins serve, and holds it against what ballots released, as this
 * node's own ledger has it. What differs is told once.
 */
export class AppWatch {
  /** Where the app is; of a demo, where its start found room. */
  origins: readonly string[]
  private readonly engine: Engine
  private readonly outbound: Outbound
  private readonly config: Pick<NodeConfig, "watchAppEveryMs">
  private readonly genesis: Pick<GenesisDocument, "isLoopback">
  private readonly onFault: (error: unknown) => void
  private readonly ending = new AbortController()
  private last: AppStatus | undefined
  private told = ""
  private running: Promise<void> | undefined

  constructor(
    document: Pick<GenesisDocument, "app" | "isLoopback">,
    config: Pick<NodeConfig, "watchAppEveryMs">,
    engine: Engine,
    outbound: Outbound,
    onFault: (error: unknown) => void,
  ) {
    this.genesis = document
    this.origins = document.app?.origins ?? []
    this.config = config
    this.engine = engine
    this.outbound = outbound
    this.onFault = onFault
  }

  /** What the newest look found; undefined: there was none yet. */
  get newest(): AppStatus | undefined {
    return this.last
  }

  /** Looks within a minute, without anybody waiting for it. */
  begin(): void {
    this.later(Math.min(this.config.watchAppEveryMs, FIRST_MS))
  }

  /** Looks within a quarter of the time between two looks, so that nobody knows when. */
  round(): Promise<void> {
    this.later(Math.ceil(this.config.watchAppEveryMs / 4))
    return this.running ?? Promise.resolve()
  }

  private later(withinMs: number): void {
    this.running ??= delay(randomInt(withinMs), undefined, { signal: this.ending.signal, ref: false })
      .then(
        () => this.look(),
        () => {},
      )
      .catch(this.onFault)
      .finally(() => {
        this.running = undefined
      })
  }

  async stop(): Promise<void> {
    this.ending.abort()
    await this.running
  }

  /** Looks now. @param now ms */
  async look(now = Date.now()): Promise<void> {
    const checks: AppCheck[] = []
    for (const origin of this.origins) checks.push(await this.check(origin))
    if (this.ending.signal.aborted) return
    this.last = {
      time: now,
      origins: checks.map(({ origin, root, files, findings }) => ({
        ...{ origin, root, files },
        findings: findings.slice(0, MAX_APP_FINDINGS),
      })),
    }
    this.tell(checks)
  }

  private check(origin: string): Promise<AppCheck> {
    const { fetch } = this.outbound
    return checkApp({
      ...{ origin, fetch, page: "app", signal: this.ending.signal },
      standing: (root) => this.standing(root),
      mayTalkTo: async () => {
        const rows = (await wholeTable(this.engine, members)).map(({ row }) => row)
        return originsToTalkTo(rows, this.genesis)
      },
    })
  }

  private async standing(root: Hash): Promise<AppStanding> {
    const row = await this.engine.read(appReleases, [root])
    const state = row === undefined ? "never" : row.to === null ? "released" : "withdrawn"
    return { state, notes: [] }
  }

  /** Once per change: an app that stays wrong is told of once, and again when it was right in between. */
  private tell(checks: readonly AppCheck[]): void {
    const wrong = checks.flatMap(({ origin, findings }) =>
      findings.map(({ kind, where, detail }) => `${origin}: ${kind}, ${where}: ${detail}`),
    )
    const name = wrong.join("\n")
    if (name === this.told) return
    this.told = name
    if (wrong.length === 0) return
    const more = wrong.length > 3 ? `; and ${wrong.length - 3} more` : ""
    this.onFault(
      new PlatformError(
        "app_differs",
        `what patients are served as the app is not what a ballot released: ${wrong.slice(0, 3).join("; ")}${more} (aceso verify --app)`,
      ),
    )
  }
}
