// needs: chromium
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { after, before, describe, it } from "node:test"
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib"
import { type Asking, type AskingBrowser, askingHeaders, brandsOf } from "@aceso/client/app-asking.ts"
import { checkApp } from "@aceso/client/app-check.ts"
import { appBuildBytes, appBuildOf } from "@aceso/core/app-build.ts"
import { Outbound } from "@aceso/server/node/outbound.ts"
import { pageHeaders } from "@aceso/server/pages/headers.ts"
import type { Browser } from "playwright-core"
import { openBrowser } from "../testing/browser.ts"

/** A page that asks for its parts in every way in which pages of ours do. */
const PARTS: Readonly<Record<string, readonly [type: string, body: string]>> = {
  "/": [
    "text/html",
    '<!doctype html><link rel="icon" href="data:,"><link rel="manifest" href="/manifest.webmanifest"><script type="module" crossorigin src="/app.js"></script><link rel="modulepreload" crossorigin href="/preload.js"><link rel="stylesheet" crossorigin href="/app.css"><img alt="" src="/image.png">',
  ],
  "/app.js": [
    "text/javascript",
    `import "/imported.js"
    import("/lazy.js")
    const { createScriptURL } = { createScriptURL: (url) => url }
    const policy = trustedTypes.createPolicy("aceso", { createScriptURL })
    new Worker(policy.createScriptURL("/worker.js"), { type: "module" })
    fetch("/page.wasm")
    await navigator.serviceWorker.register(policy.createScriptURL("/sw.js"))
    await navigator.serviceWorker.ready
    document.title = "done"`,
  ],
  "/preload.js": ["text/javascript", ""],
  "/imported.js": ["text/javascript", ""],
  "/lazy.js": ["text/javascript", ""],
  "/worker.js": [
    "text/javascript",
    'import "/worker-imported.js"; import("/worker-lazy.js"); fetch("/worker.wasm")',
  ],
  "/worker-imported.js": ["text/javascript", ""],
  "/worker-lazy.js": ["text/javascript", ""],
  "/sw.js": [
    "text/javascript",
    `const kept = async () => (await caches.open("kept")).addAll([new Request("/?kept", { cache: "no-cache" }), "/kept.js"])
    self.addEventListener("install", (event) => event.waitUntil(kept()))`,
  ],
  "/?kept": ["text/html", ""],
  "/kept.js": ["text/javascript", ""],
  "/app.css": ["text/css", ""],
  "/image.png": ["image/png", ""],
  "/page.wasm": ["application/wasm", ""],
  "/worker.wasm": ["application/wasm", ""],
  "/manifest.webmanifest": ["application/manifest+json", "{}"],
}
const EXPECTED: readonly (readonly [path: string, asking: Asking])[] = [
  ["/", "page"],
  ["/app.js", "script"],
  ["/preload.js", "script"],
  ["/imported.js", "script"],
  ["/lazy.js", "script"],
  ["/app.css", "style"],
  ["/image.png", "image"],
  ["/page.wasm", "fetch"],
  ["/manifest.webmanifest", "manifest"],
  ["/worker.js", "worker"],
  ["/worker-imported.js", "workerScript"],
  ["/worker-lazy.js", "workerImport"],
  ["/worker.wasm", "workerFetch"],
  ["/kept.js", "workerFetch"],
  ["/?kept", "keptPage"],
  ["/sw.js", "serviceWorker"],
]

const PACKS = {
  br: brotliCompressSync,
  deflate: deflateSync,
  gzip: gzipSync,
  zstd: zstdCompressSync,
} as const
/** Two parts one behind the other, by what packed them. */
const inTwo = (encoding: keyof typeof PACKS) =>
  Buffer.concat(["first", "second"].map((text) => PACKS[encoding](text)))

interface Asked {
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
}
const pairs = (raw: readonly string[]) =>
  Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i], raw[2 * i + 1]] as const)

let server: Server
let browser: Browser
let origin: string
let asked: Asked[] = []
before(async () => {
  server = createServer(({ url = "", rawHeaders }, answer) => {
    asked.push({ path: url, headers: pairs(rawHeaders) })
    const encoding = (Object.keys(PACKS) as (keyof typeof PACKS)[]).find((one) => url === `/in-two-${one}`)
    if (encoding)
      return void answer
        .writeHead(200, { "content-type": "text/plain", "content-encoding": encoding })
        .end(inTwo(encoding))
    const part = PARTS[url]
    const headers = { ...pageHeaders([]), "cache-control": "no-cache" }
    answer
      .writeHead(part ? 200 : 404, part ? { ...headers, "content-type": part[0] } : headers)
      .end(part?.[1])
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  origin = `http://localhost:${(server.address() as AddressInfo).port}`
  browser = await openBrowser(["--lang=en-US", "--accept-lang=en-US,en"])
})
after(async () => {
  await browser.close()
  server.closeAllConnections()
  server.close()
})

describe("what a browser sends", () => {
  let here: AskingBrowser
  let recorded: readonly Asked[]
  before(async () => {
    // A locale that the test's driver sets is sent at another place than a browser's own.
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(`${origin}/`)
    await page.waitForFunction(() => document.title === "done", undefined, { timeout: 60_000 })
    const session = await context.newCDPSession(page)
    await session.send("Page.getAppManifest")
    // A visit to a page that the worker's scope has makes the browser look for a newer one.
    await page.reload()
    while (asked.filter(({ path }) => path === "/sw.js").length < 2) await once(server, "request")
    const userAgent = await page.evaluate(() => navigator.userAgent)
    const major = Number(/Chrome\/(\d+)/.exec(userAgent)?.[1])
    here = { userAgent, brands: brandsOf(major), isMobile: false, platform: "Linux" }
    await context.close()
    recorded = asked
  })

  for (const [path, asking] of EXPECTED)
    it(`for ${path} is what the check sends as ${asking}`, () => {
      const first = recorded.find((one) => one.path === path)
      assert.deepEqual(first?.headers, Object.entries(askingHeaders(asking, origin, here)))
    })

  it("for a newer service worker is what the check sends as serviceWorkerAgain", () => {
    const last = recorded.findLast((one) => one.path === "/sw.js")
    assert.deepEqual(last?.headers, Object.entries(askingHeaders("serviceWorkerAgain", origin, here)))
  })

  it("is on the wire what the check sends, in the same order", async () => {
    asked = []
    const list = appBuildBytes(appBuildOf([{ path: "app.html", body: Buffer.from("page") }]))
    assert.ok(list.length > 0)
    const { fetch } = new Outbound({ isLoopback: true })
    await checkApp({
      ...{ origin, fetch, page: "app" },
      standing: async () => ({ state: "released", notes: [] }),
      mayTalkTo: async () => [],
    })
    const page = asked.find(({ path }) => path === "/")
    assert.deepEqual(page?.headers, Object.entries(askingHeaders("page", origin)))
  })

  it("names the version as Chrome does", () => {
    // As Chrome 131 for Android sent it.
    assert.equal(
      brandsOf(131, "Google Chrome"),
      '"Google Chrome";v="131", "Chromium";v="131", "Not_A Brand";v="24"',
    )
  })
})

describe("of two parts that are packed one behind the other, which the check refuses, a browser takes", () => {
  const taken = { br: "first", deflate: "first", gzip: "first", zstd: "firstsecond" } as const
  for (const encoding of Object.keys(PACKS) as (keyof typeof PACKS)[])
    it(`by ${encoding}: ${taken[encoding]}`, async () => {
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(`${origin}/?kept`)
      const text = await page.evaluate(
        async (url) => (await fetch(url)).text(),
        `${origin}/in-two-${encoding}`,
      )
      await context.close()
      assert.equal(text, taken[encoding])
    })
})
