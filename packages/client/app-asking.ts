/**
 * What a phone's Chrome sends when it asks for a part of the app, by what it asks for: whoever serves watchers something
 * else cannot tell them apart by this. A test holds the table to a browser (packages/web/full/asking.test.ts).
 */

/** How a browser comes to ask for a part. */
export type Asking =
  | "page"
  | "keptPage"
  | "script"
  | "worker"
  | "workerScript"
  | "workerImport"
  | "style"
  | "image"
  | "fetch"
  | "workerFetch"
  | "manifest"
  | "serviceWorker"
  | "serviceWorkerAgain"

/** Chrome's version. An old one is seen in what is sent: it is to be raised with the browser that tests use. */
const MAJOR = 156
const LANGUAGE = "en-US,en;q=0.9"
const ENCODING = "gzip, deflate, br, zstd"
const IMAGES = "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
const PAGE =
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/jxl,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"

/** A browser as it names itself. */
export interface AskingBrowser {
  readonly userAgent: string
  readonly brands: string
  readonly isMobile: boolean
  readonly platform: string
}

const TWO = [
  [0, 1],
  [1, 0],
] as const
const THREE = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const

const PHONE: AskingBrowser = {
  userAgent: `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${MAJOR}.0.0.0 Mobile Safari/537.36`,
  brands: brandsOf(MAJOR, "Google Chrome"),
  isMobile: true,
  platform: "Android",
}

/** `sec-ch-ua` as Chromium makes it of its version (components/embedder_support/user_agent_utils.cc). */
export function brandsOf(major: number, own?: string): string {
  const letters = [" ", "(", ":", "-", ".", "/", ")", ";", "=", "?", "_"]
  const [a, b] = [letters[major % 11], letters[(major + 1) % 11]]
  const invented = `"Not${a}A${b}Brand";v="${["8", "99", "24"][major % 3]}"`
  const real = ["Chromium", ...(own === undefined ? [] : [own])].map((name) => `"${name}";v="${major}"`)
  const all = [invented, ...real]
  const orders = all.length === 2 ? TWO : THREE
  const brands: string[] = []
  for (const [i, at] of orders[major % orders.length].entries()) brands[at] = all[i]
  return brands.join(", ")
}

/**
 * Headers by name, in the order in which a browser sends them.
 * @param origin of the app: a browser names it where it asks across what could be other origins
 */
export function askingHeaders(
  asking: Asking,
  origin: string,
  { userAgent, brands, isMobile, platform }: AskingBrowser = PHONE,
): Readonly<Record<string, string>> {
  const agent = { "User-Agent": userAgent }
  const mobile = { "sec-ch-ua-mobile": isMobile ? "?1" : "?0" }
  const system = { "sec-ch-ua-platform": `"${platform}"` }
  const named = { ...system, ...agent, "sec-ch-ua": brands, ...mobile }
  const site = (mode: string, dest: string) => ({
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": mode,
    "Sec-Fetch-Dest": dest,
  })
  const from = { Origin: origin }
  const any = { Accept: "*/*" }
  const rest = { "Accept-Encoding": ENCODING, "Accept-Language": LANGUAGE }
  const serviceWorker = {
    ...{ "Cache-Control": "max-age=0", ...any, "Service-Worker": "script" },
    ...site("same-origin", "serviceworker"),
  }
  const heads: Readonly<Record<Asking, Readonly<Record<string, string>>>> = {
    page: {
      ...{ "sec-ch-ua": brands, ...mobile, ...system, "Upgrade-Insecure-Requests": "1", ...agent },
      ...{ Accept: PAGE, "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate" },
      ...{ "Sec-Fetch-User": "?1", "Sec-Fetch-Dest": "document" },
    },
    keptPage: { "Cache-Control": "max-age=0", ...agent, ...any, ...site("cors", "empty") },
    script: { ...from, ...named, ...any, ...site("cors", "script") },
    worker: { ...any, ...site("same-origin", "worker"), ...agent },
    workerScript: { ...agent, ...from, ...any, ...site("cors", "worker") },
    workerImport: { ...agent, ...from, ...any, ...site("cors", "script") },
    style: { ...from, ...named, Accept: "text/css,*/*;q=0.1", ...site("cors", "style") },
    image: { ...named, Accept: IMAGES, ...site("no-cors", "image") },
    fetch: { ...named, ...any, ...site("cors", "empty") },
    workerFetch: { ...agent, ...any, ...site("cors", "empty") },
    manifest: { ...named, ...any, ...site("cors", "manifest") },
    serviceWorker: { ...serviceWorker, ...agent },
    serviceWorkerAgain: { ...serviceWorker, Referer: `${origin}/sw.js`, ...agent },
  }
  return { Host: new URL(origin).host, Connection: "keep-alive", ...heads[asking], ...rest }
}

/** How a browser asks for a file of the build, in each way in which it does. @param path in the build */
export function askingsOf(path: string): readonly [Asking, ...Asking[]] {
  const [, name, ending] = /([^/]*)\.([^./]*)$/.exec(path) ?? []
  if (ending === "html") return ["page", "keptPage"]
  if (ending === "webmanifest") return ["manifest"]
  if (ending === "js" && /(^|-)(sw|service-worker)$/.test(name))
    return ["serviceWorker", "serviceWorkerAgain"]
  // What the service worker keeps it asks for as any worker does.
  return [...(USES[ending === "js" && /^worker-/.test(name) ? "worker" : ending] ?? ["fetch"]), "workerFetch"]
}

const USES: Readonly<Record<string, readonly [Asking, ...Asking[]]>> = {
  worker: ["worker"],
  js: ["script", "workerScript", "workerImport"],
  css: ["style"],
  svg: ["image"],
  png: ["image"],
}
