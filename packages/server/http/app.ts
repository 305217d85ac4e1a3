import { PlatformError } from "@aceso/core"
import { getRequestListener } from "@hono/node-server"
import { Hono, type MiddlewareHandler } from "hono"
import { wrappedRoutes } from "../app-store/routes.ts"
import { deviceBoxRoutes } from "../device-boxes/routes.ts"
import { countRequests } from "../metrics/requests.ts"
import type { AcesoNode } from "../node/node.ts"
import type { BuiltPages } from "../pages/built.ts"
import { serveApp, servePortal } from "../pages/serve.ts"
import { noticeRoutes } from "../push/module.ts"
import { allowPages } from "./cors.ts"
import { type Edge, incomingOf, processEdge } from "./edge.ts"
import { frontPage } from "./front-page.ts"
import { mount } from "./mount.ts"
import { descriptionRoute } from "./openapi.ts"
import { errorAnswer } from "./signed.ts"

interface AppOptions {
  readonly edge?: Edge
  /** Absent: the pages were not built. */
  readonly pages?: BuiltPages
}

/** A node's HTTP API: the routes of its modules. Everything but public reads is signed (RFC 9421). */
export function makeApp(
  { services, modules }: Pick<AcesoNode, "services" | "modules">,
  { edge = processEdge, pages }: AppOptions = {},
): Hono {
  const { config, onFault } = services
  const app = bare(services)
  app.get("/", (context) => frontPage(services, context, pages !== undefined))
  if (pages) servePortal(app, pages, services)
  const routes = modules.flatMap(({ routes = [] }) => routes)
  for (const route of [...routes, descriptionRoute(config.url, routes)]) mount(app, services, edge, route)
  return endedBy(app, onFault)
}

/** What the app asks before it knows any member. */
const KNOWN: ReadonlySet<string> = new Set(["/genesis", "/members"])

/** The patient's app, at an origin of its own. */
export function makeAppOrigin(
  { services, modules }: Pick<AcesoNode, "services" | "modules">,
  pages: BuiltPages,
  edge: Edge = processEdge,
): Hono {
  const app = bare(services)
  serveApp(app, pages, services)
  const known = modules.flatMap(({ routes = [] }) => routes).filter(({ path }) => KNOWN.has(path))
  const own = [
    ...wrappedRoutes(services.wrapped),
    ...deviceBoxRoutes(services.deviceBoxes),
    ...noticeRoutes(services.pushes),
  ]
  for (const route of [...known, ...own]) mount(app, services, edge, route)
  return endedBy(app, services.onFault)
}

function bare(services: AcesoNode["services"]): Hono {
  const app = new Hono()
  app.use(countRequests(services.requests))
  app.use(endUnread)
  app.use(allowPages(services))
  return app
}

function endedBy(app: Hono, onFault: (error: unknown) => void): Hono {
  app.onError((error) => errorAnswer(error, onFault))
  app.notFound(() =>
    errorAnswer(new PlatformError("not_found", "there is no such resource; see docs/api.md"), onFault),
  )
  return app
}

/** Where an answer comes before the body has, the connection would go on with the rest of that body. */
const endUnread: MiddlewareHandler = async (context, next) => {
  await next()
  if (incomingOf(context)?.complete === false) context.header("connection", "close")
}

/** As a listener calls it; what is left of a body after the answer is the listener's affair. */
export const handlerOf = (app: Hono) => getRequestListener(app.fetch, { autoCleanupIncoming: false })
