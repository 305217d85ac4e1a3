import { existsSync, readdirSync, readFileSync } from "node:fs"
import { isLoopbackHost, PlatformError } from "@aceso/core"
import { makeAppOrigin } from "@aceso/server/http/app.ts"
import type { AcesoNode } from "@aceso/server/node/node.ts"
import type { BuiltPages } from "@aceso/server/pages/built.ts"
import { originOf, pageHeaders } from "@aceso/server/pages/headers.ts"
import type { Context, Hono } from "hono"
import { layout, readJson } from "./files.ts"
import { guides } from "./guide/guides.ts"
import { delegateSays, ORGANISATIONS, patientSays, workerOf } from "./guide/people.ts"
import { Tellings } from "./guide/telling.ts"

/** The file of somebody of the demo, as `populate` and `takeOn` write it. */
interface PersonFile {
  readonly kind: "staff" | "patient" | "delegate"
  readonly name: string
  /** For whom a delegate acts. */
  readonly person?: string
  readonly member?: string
  readonly node?: string
  readonly seed?: string
  readonly seedFile?: string
  readonly nameEn?: string
  readonly nameZh?: string
  readonly places?: readonly object[]
}

/** The same host under the name that passkeys take: they refuse addresses (WebAuthn, RP ID). */
export const named = (url: string): string => url.replace("//127.0.0.1", "//localhost")

/**
 * Pages of this machine alone ask for people of the demo: not such as a name of somebody else's leads here (DNS
 * rebinding), nor other sites' (Fetch Metadata).
 */
function mustBeHere(context: Context): void {
  const site = context.req.header("sec-fetch-site")
  const isOwn = site === undefined || site === "same-origin" || site === "none"
  if (isOwn && isLoopbackHost(new URL(context.req.url).hostname)) return
  throw new PlatformError("not_permitted", "people of the demo are given to its own pages alone")
}

/** Gives the pages at this origin whoever may sign in there: all secrets of a demo are its machine's own. */
export function servePeople(app: Hono, folder: string, isHere: (person: PersonFile) => boolean): void {
  app.get("/demo/person", (context) => {
    mustBeHere(context)
    const name = context.req.query("name") ?? ""
    const path = layout(folder).person(name)
    const person =
      /^[a-z][a-z0-9-]{0,63}$/.test(name) && existsSync(path) ? (readJson(path) as PersonFile) : undefined
    if (!person || !isHere(person))
      throw new PlatformError("unknown_person", "nobody of the demo signs in here by this name")
    const { kind, member, node, seed, seedFile } = person
    const secret = seed ?? (seedFile && readFileSync(seedFile, "utf8").trim())
    const all = bySeed(folder, person)
    const own = { places: ownPlaces(all), actsFor: actsFor(all) }
    return context.json({ kind, name, seed: secret, member, node, ...own }, 200, FRESH)
  })
}

/** By one seed somebody is a patient, and acts for others. */
const bySeed = (folder: string, { seedFile }: PersonFile): PersonFile[] =>
  seedFile === undefined ? [] : peopleOf(folder).filter((one) => one.seedFile === seedFile)
const ownPlaces = (all: readonly PersonFile[]) =>
  all.filter(({ kind }) => kind === "patient").flatMap(({ places = [] }) => places)
const actsFor = (all: readonly PersonFile[]) =>
  all
    .filter(({ kind }) => kind === "delegate")
    .flatMap(({ person: who, places = [] }) => places.map((place) => ({ ...place, person: who })))
/** Tells the pages of a desk where the patients' app is: the genesis of a demo has its name alone. */
export function serveAppUrl(app: Hono, appUrl: () => string | undefined): void {
  app.get("/demo/app", (context) => {
    mustBeHere(context)
    return context.json({ app: appUrl() ?? null }, 200, FRESH)
  })
}

/** The patient's app at an origin of its own, and the page on which somebody of the demo is chosen. */
export function startApp(
  node: AcesoNode,
  pages: BuiltPages,
  folder: string,
  nodes: ReadonlyMap<string, AcesoNode>,
): Hono {
  const app = makeAppOrigin(node, pages)
  const urls = new Map([...nodes].map(([member, { services }]) => [member, services.config.url]))
  servePeople(app, folder, ({ kind }) => kind !== "staff")
  app.get("/demo/", (context) => {
    const asked = { encodings: context.req.header("accept-encoding") }
    return pages.answer("start.html", asked, pageHeaders([])) ?? context.notFound()
  })
  app.get("/demo/people", (context) => {
    mustBeHere(context)
    const own = originOf(context.req.url)
    const all = peopleOf(folder)
    return context.json({
      people: all.map((one) => (one.kind === "delegate" ? acting(one, all, own) : shown(one, own, urls))),
    })
  })
  serveGuide(app, new Tellings(folder, nodes, guides))
  return app
}

/** The tours step by step: what there is, how far each is, and what the demo does for somebody. */
function serveGuide(app: Hono, tellings: Tellings): void {
  const asked = (context: Context, name: string) => context.req.query(name) ?? ""
  app.get("/demo/guide", (context) => {
    mustBeHere(context)
    const all = guides.map(({ name, title, summary, steps }) => ({
      ...{ name, title, summary },
      steps: steps.map(({ id, title, who, does, proves, typed = [], lines, isDone }) => ({
        ...{ id, title, who, does, proves, typed, isDoable: lines !== undefined, isLook: !isDone },
      })),
    }))
    return context.json({ guides: all }, 200, FRESH)
  })
  app.get("/demo/guide/now", (context) =>
    told(context, async () => ({ steps: await tellings.now(asked(context, "tour")) })),
  )
  app.post("/demo/guide/open", (context) => told(context, async () => tellings.open(asked(context, "tour"))))
  app.post("/demo/guide/looked", (context) =>
    told(context, async () => tellings.looked(asked(context, "tour"), asked(context, "step"))),
  )
  app.post("/demo/guide/begin", (context) => told(context, () => tellings.begin(asked(context, "tour"))))
  app.post("/demo/guide/do", (context) =>
    told(context, () => tellings.do(asked(context, "tour"), asked(context, "step"))),
  )
}

/** What came of it, or what is wrong, as the start page reads both. */
async function told(context: Context, run: () => Promise<unknown>): Promise<Response> {
  mustBeHere(context)
  try {
    return context.json({ ok: true, ...((await run()) as object | undefined) }, 200, FRESH)
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    return context.json({ code: error.code, message: error.message }, 409, FRESH)
  }
}
const FRESH = { "cache-control": "no-store" }

function peopleOf(folder: string): PersonFile[] {
  const names = readdirSync(
    layout(folder)
      .person("x")
      .replace(/x\.json$/, ""),
  )
  const all = names
    .filter((name) => name.endsWith(".json"))
    .map((name) => readJson(layout(folder).person(name.slice(0, -5))) as PersonFile)
  const rank = ({ kind, name }: PersonFile) =>
    [kind, name.replace(/\d+/, (n) => n.padStart(4, "0"))].join(" ")
  return all.sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
}

/** Somebody who acts for another one; of the demo's own: who they are as a patient. */
function acting({ name, person = "", seedFile }: PersonFile, all: readonly PersonFile[], own: string) {
  const found = all.find((one) => one.kind === "patient" && one.seedFile === seedFile)
  const who = all.find((one) => one.kind === "patient" && one.nameEn === person)
  return {
    ...{ kind: "delegate", name, en: found?.nameEn ?? name, zh: found?.nameZh ?? name, at: null },
    says: delegateSays(person, who?.nameZh ?? person),
    url: `${own}/#demo=${name}`,
  }
}

function shown(person: PersonFile, own: string, urls: ReadonlyMap<string, string>) {
  const { kind, name, nameEn, nameZh, member = "" } = person
  if (kind === "patient")
    return {
      ...{ kind, name, en: nameEn ?? name, zh: nameZh ?? name, says: patientSays(name), at: null },
      url: `${own}/#demo=${name}`,
    }
  const { title, says } = workerOf(name)
  const at = ORGANISATIONS[member] ?? { en: member, zh: member }
  return { kind, name, ...title, says, at, url: `${named(urls.get(member) ?? "")}/portal/#demo=${name}` }
}
