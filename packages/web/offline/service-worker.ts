/// <reference lib="webworker" />
/**
 * Keeps the files of one build of these pages, and shows them where the node cannot be reached. It answers for nothing
 * else: what pages ask of nodes never passes its cache. A newer build is taken when no page of this one is open any more.
 */
import { addNoticeHandlers } from "./notices.ts"

declare const self: ServiceWorkerGlobalScope
/** Of the build (workers.ts): every file by its path, with its SHA-256 as Subresource Integrity writes it. */
declare const ACESO_BUILD: {
  readonly version: string
  readonly page: string
  readonly files: Readonly<Record<string, string>>
}
const { version, page, files } = ACESO_BUILD
const NAMES = "aceso-build-"
const CACHE = `${NAMES}${version}`
/** Longer nobody waits for a node to say what its pages may do: they are shown as they are known. */
const PATIENCE_MS = 3000

addNoticeHandlers(self)
self.addEventListener("install", (event) => event.waitUntil(keepBuild()))
self.addEventListener("activate", (event) => event.waitUntil(begin()))
self.addEventListener("fetch", (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== "GET" || origin !== self.location.origin) return
  if (request.mode !== "navigate" && Object.hasOwn(files, pathname) && pathname !== page)
    event.respondWith(kept(request, pathname))
  else if (request.mode === "navigate" && pathname === page) event.respondWith(pageNow(request))
})

/** All of it or nothing: a file that is not the build's is refused by its hash. */
async function keepBuild(): Promise<void> {
  try {
    const cache = await caches.open(CACHE)
    const requests = Object.entries(files).map(
      ([path, integrity]) => new Request(path, { integrity, cache: path === page ? "no-cache" : "default" }),
    )
    await cache.addAll(requests)
  } catch (error) {
    await caches.delete(CACHE)
    throw error
  }
}

async function begin(): Promise<void> {
  const names = await caches.keys()
  const past = names.filter((name) => name.startsWith(NAMES) && name !== CACHE)
  await Promise.all(past.map((name) => caches.delete(name)))
  await self.clients.claim()
}

const inCache = async (path: string): Promise<Response | undefined> =>
  (await caches.open(CACHE)).match(path, { ignoreVary: true })

const kept = async (request: Request, path: string): Promise<Response> =>
  (await inCache(path)) ?? fetch(request)

/**
 * The page of this build. What it may do (its policy names the members of today) comes from the node, where that answers
 * in time with the same page.
 */
async function pageNow(request: Request): Promise<Response> {
  const own = await inCache(page)
  if (!own) return fetch(request)
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const now = await fetch(page, { cache: "no-cache", redirect: "error", signal })
    if (!now.ok || (await now.clone().text()) !== (await own.clone().text())) return own
    await (await caches.open(CACHE)).put(page, now.clone()).catch(() => {
      // No room for a newer copy: the one that is there stays.
    })
    return now
  } catch {
    return own
  }
}
