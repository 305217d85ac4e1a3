import { HANDLE_FIELD, isLoopbackUrl } from "@aceso/core"
import type { MiddlewareHandler } from "hono"
import type { Services } from "../node/services.ts"
import { originOf } from "../pages/headers.ts"

/** What signed calls carry (RFC 9421), and nothing else: there are no cookies and no other credentials. */
const ASKS = ["content-type", "content-digest", "signature-input", "signature", HANDLE_FIELD].join(", ")
/** With the time, by which a device finds out that its own clock is wrong. */
const SHOWS = ["content-digest", "signature-input", "signature", "date"].join(", ")
const KEPT_S = 7200

/**
 * Pages of other origins that may call this node from a browser: the patient's app, and on a network on loopback
 * whatever runs on that machine (Fetch Standard, CORS protocol). Any other page learns nothing here.
 */
export const allowPages = ({
  config,
  document,
}: Pick<Services, "config" | "document">): MiddlewareHandler => {
  const isAllowed = (origin: string) =>
    origin === originOf(config.url) ||
    (document.app?.origins.includes(origin) ?? false) ||
    (document.isLoopback === true && isLoopbackUrl(origin))
  return async (context, next) => {
    const origin = context.req.header("origin")
    if (origin === undefined || !isAllowed(origin)) return next()
    const headers: Record<string, string> = {
      "access-control-allow-origin": origin,
      "access-control-expose-headers": SHOWS,
      vary: "origin",
    }
    if (context.req.method === "OPTIONS")
      return new Response(null, {
        status: 204,
        headers: {
          ...headers,
          "access-control-allow-methods": "GET, POST",
          "access-control-allow-headers": ASKS,
          "access-control-max-age": String(KEPT_S),
        },
      })
    await next()
    for (const [name, value] of Object.entries(headers))
      context.header(name, value, { append: name === "vary" })
  }
}
