import { members } from "@aceso/contracts"
import { BUILD_FILE } from "@aceso/core/app-build.ts"
import type { Context, Hono } from "hono"
import type { Services } from "../node/services.ts"
import { wholeTable } from "../node/table-cache.ts"
import type { BuiltPages } from "./built.ts"
import { originOf, pageHeaders } from "./headers.ts"

type Shown = Pick<Services, "config" | "document" | "engine">

/** At the organisation's own origin: its portal for whoever works there, and pages for anybody. */
export function servePortal(app: Hono, pages: BuiltPages, { config }: Pick<Shown, "config">): void {
  const headers = () => pageHeaders([originOf(config.url)])
  app.get("/portal", (context) => context.redirect("/portal/"))
  serveOffline(app, pages, "portal", headers)
  app.get("/portal/*", (context) => file(pages, context, "portal.html", headers()))
  app.get("/open", (context) => context.redirect("/open/"))
  app.get("/open/*", (context) => file(pages, context, "open.html", headers()))
  serveAssets(app, pages, headers)
}

/**
 * The patient's app, at an origin that is no hospital's (PRIVACY.md, The patient's app): it may talk to every member,
 * because a patient is at several.
 */
export function serveApp(app: Hono, pages: BuiltPages, shown: Pick<Shown, "engine">): void {
  const headers = async () => pageHeaders(await originsOfMembers(shown))
  app.get("/", async (context) => file(pages, context, "app.html", await headers()))
  serveOffline(app, pages, "app", headers)
  serveAssets(app, pages, headers)
}

async function originsOfMembers({ engine }: Pick<Shown, "engine">): Promise<string[]> {
  const rows = await wholeTable(engine, members)
  return rows.filter(({ row }) => row.status === "active").map(({ row }) => originOf(row.url))
}

/** What makes pages installable, and keeps them on a device: at the root, so that all that they load is in its scope. */
function serveOffline(
  app: Hono,
  pages: BuiltPages,
  which: "app" | "portal",
  headers: () => Headers | Promise<Headers>,
): void {
  app.get("/sw.js", async (context) => file(pages, context, `${which}-sw.js`, await headers()))
  app.get("/manifest.webmanifest", async (context) =>
    file(pages, context, `${which}.webmanifest`, await headers()),
  )
}

type Headers = Readonly<Record<string, string>>

function serveAssets(app: Hono, pages: BuiltPages, headers: () => Headers | Promise<Headers>): void {
  app.get(`/${BUILD_FILE}`, async (context) => file(pages, context, BUILD_FILE, await headers()))
  app.get("/assets/*", async (context) => {
    const path = new URL(context.req.url).pathname.slice(1)
    return file(pages, context, path, await headers())
  })
}

function file(
  pages: BuiltPages,
  context: Context,
  path: string,
  headers: Headers,
): Response | Promise<Response> {
  const asked = {
    encodings: context.req.header("accept-encoding"),
    etag: context.req.header("if-none-match"),
  }
  return pages.answer(path, asked, headers) ?? context.notFound()
}
