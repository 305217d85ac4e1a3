import type { MetricsAnswer } from "@aceso/client"
import type { Services } from "../node/services.ts"

/** Whoever asks within this gets the same, ms. */
const EVERY_MS = 1_000

/** Some of what Prometheus is shown, as figures of one moment: as many whatever the node has. */
export class Figures {
  private readonly services: Pick<Services, "engine" | "requests" | "vault">
  private readonly now: () => number
  private last: { readonly at: number; readonly figures: Promise<MetricsAnswer> } | undefined

  constructor(services: Pick<Services, "engine" | "requests" | "vault">, now: () => number = Date.now) {
    this.services = services
    this.now = now
  }

  take(): Promise<MetricsAnswer> {
    const at = this.now()
    if (!this.last || at - this.last.at >= EVERY_MS || at < this.last.at)
      this.last = { at, figures: this.look(at) }
    return this.last.figures
  }

  private async look(time: number): Promise<MetricsAnswer> {
    const { engine, requests, vault } = this.services
    const { height, chain, verdicts, intake } = engine.metrics()
    const { records, disclosures } = await vault.waiting()
    const { rss, heapUsed } = process.memoryUsage()
    let rejected = 0
    for (const count of chain.rejected.values()) rejected += count
    const counts = { answered: 0, refused: 0, failed: 0 }
    for (const [{ status }, count] of requests.totals)
      counts[status === "4xx" ? "refused" : status === "5xx" ? "failed" : "answered"] += count
    return {
      time,
      began: Math.floor(performance.timeOrigin),
      ...{ height, accepted: chain.accepted, rejected },
      requests: counts,
      waiting: {
        ...{ verdicts: verdicts.transactions, intake: intake.transactions },
        ...{ records: Math.max(0, records), disclosures: Math.max(0, disclosures) },
      },
      memory: { resident: rss, heap: heapUsed },
    }
  }
}
