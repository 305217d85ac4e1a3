import { monitorEventLoopDelay } from "node:perf_hooks"
import type { Exposition } from "./exposition.ts"

/** Node's histogram has what lies between two looks: this much of it is no delay. */
const LOOK_MS = 10

/** What the operating system and Node say of this process. */
export class ProcessMetrics {
  private readonly delay = monitorEventLoopDelay({ resolution: LOOK_MS })

  constructor() {
    this.delay.enable()
  }

  write(to: Exposition): void {
    const { user, system } = process.cpuUsage()
    const delayMs = Math.max(0, this.delay.percentile(99) / 1e6 - LOOK_MS)
    this.delay.reset()
    to.gauge(
      "aceso_process_start_time_seconds",
      "When the process began, Unix time.",
      performance.timeOrigin / 1000,
    )
    to.gauge(
      "aceso_process_resident_memory_bytes",
      "Memory of the process, without CometBFT's.",
      process.memoryUsage.rss(),
    )
    to.counter(
      "aceso_process_cpu_seconds_total",
      "Processor time of the process, without CometBFT's.",
      (user + system) / 1e6,
    )
    to.gauge(
      "aceso_event_loop_delay_p99_seconds",
      "99th percentile of the event loop's delay since the last scrape.",
      delayMs / 1000,
    )
  }

  stop(): void {
    this.delay.disable()
  }
}
