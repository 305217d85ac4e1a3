import type { IncomingMessage, ServerResponse } from "node:http"
import { Listener } from "../home/listener.ts"
import type { MetricsConfig } from "../node/config.ts"
import type { Services } from "../node/services.ts"
import { EXPOSITION_TYPE } from "./exposition.ts"
import { NodeMetrics } from "./node-metrics.ts"

/** A node's metrics for Prometheus, on loopback: `GET /metrics` and nothing else. */
export class MetricsListener {
  private readonly listener: Listener
  private readonly metrics: NodeMetrics

  private constructor(listener: Listener, metrics: NodeMetrics) {
    this.listener = listener
    this.metrics = metrics
  }

  /** @throws PlatformError `port_in_use`, `port_refused` */
  static async open(
    { host, port }: MetricsConfig,
    services: Services,
    certificateUntil: () => number | undefined,
  ): Promise<MetricsListener> {
    const metrics = new NodeMetrics(services, certificateUntil)
    try {
      const listener = await Listener.open(
        host ?? "127.0.0.1",
        port,
        undefined,
        handlerOf(metrics, services.onFault),
      )
      return new MetricsListener(listener, metrics)
    } catch (error) {
      metrics.stop()
      throw error
    }
  }

  async close(): Promise<void> {
    this.metrics.stop()
    await this.listener.close()
  }
}

function handlerOf(metrics: NodeMetrics, onFault: (error: unknown) => void) {
  let collecting: Promise<string> | undefined
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404, { "content-type": "text/plain" }).end("there is GET /metrics alone\n")
      return
    }
    try {
      // Whoever asks meanwhile gets the same.
      collecting ??= metrics.text().finally(() => {
        collecting = undefined
      })
      const text = await collecting
      response.writeHead(200, { "content-type": EXPOSITION_TYPE }).end(text)
    } catch (error) {
      onFault(error)
      response.writeHead(500, { "content-type": "text/plain" }).end("the node's output says why\n")
    }
  }
}
