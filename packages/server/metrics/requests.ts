import type { MiddlewareHandler } from "hono"
import { routePath } from "hono/route"
import type { Durations, Series } from "./exposition.ts"

interface OfRoute {
  readonly byStatus: Map<string, number>
  sum: number
  count: number
}

/** Counts a node's HTTP requests by route and status class; requests for no route are one. */
export class RequestCounts {
  private readonly routes = new Map<string, OfRoute>()

  add(route: string, status: number, ms: number): void {
    let found = this.routes.get(route)
    if (!found) {
      found = { byStatus: new Map(), sum: 0, count: 0 }
      this.routes.set(route, found)
    }
    const statusClass = `${Math.floor(status / 100)}xx`
    found.byStatus.set(statusClass, (found.byStatus.get(statusClass) ?? 0) + 1)
    found.sum += ms / 1000
    found.count++
  }

  get totals(): readonly Series<number>[] {
    return [...this.routes].flatMap(([route, { byStatus }]) =>
      [...byStatus].map(([status, count]): Series<number> => [{ route, status }, count]),
    )
  }

  get durations(): readonly Series<Durations>[] {
    return [...this.routes].map(([route, { sum, count }]) => [{ route }, { sum, count }])
  }
}

const EVERYTHING = "/*"

/** Has to be in front of the routes. The duration ends with the answer's head. */
export const countRequests =
  (counts: RequestCounts): MiddlewareHandler =>
  async (context, next) => {
    const began = performance.now()
    await next()
    // The pattern and not the path: that may be anything.
    const route = routePath(context, -1)
    counts.add(route === EVERYTHING ? "none" : route, context.res.status, performance.now() - began)
  }
