// needs: chromium
import assert from "node:assert/strict"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, afterEach, before, describe, it } from "node:test"
import { BuiltPages } from "@aceso/server/pages/built.ts"
import { pageHeaders } from "@aceso/server/pages/headers.ts"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { builtPages } from "../build.ts"
import { writeWorkers } from "../offline/workers.ts"
import { openBrowser, openPage, until, violations } from "../testing/browser.ts"

/** A node's part in it: the pages of a build, and what they may do. */
let folder: string
let server: Server
let browser: Browser
let first: string
let second: string
let served: BuiltPages
let mayTalkTo: readonly string[] = []
/** Answers of the node in place of the build's files. */
let lies: Readonly<Record<string, string>> = {}
let onLie = () => {}
const FILES: Readonly<Record<string, string>> = {
  "/": "app.html",
  "/sw.js": "app-sw.js",
  "/manifest.webmanifest": "app.webmanifest",
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-updates-"))
  first = await builtPages(() => {})
  second = join(folder, "second")
  cpSync(first, second, { recursive: true })
  const html = join(second, "app.html")
  writeFileSync(html, readFileSync(html, "utf8").replace("<body>", '<body data-build="2">'))
  await writeWorkers(second)
  server = createServer(async ({ url = "/" }, answer) => {
    const file = FILES[url] ?? url.slice(1)
    const headers = pageHeaders(mayTalkTo)
    const found = served.answer(file, {}, headers)
    const lie = lies[url]
    if (lie !== undefined) onLie()
    const body = lie ?? (found && Buffer.from(await found.arrayBuffer()))
    answer.writeHead(found ? 200 : 404, found ? Object.fromEntries(found.headers) : {}).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  browser = await openBrowser()
})
after(async () => {
  await browser.close()
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})
let context: BrowserContext | undefined
afterEach(async () => {
  await context?.close()
  lies = {}
  mayTalkTo = []
})

const url = () => `http://localhost:${(server.address() as AddressInfo).port}/`
const buildOf = (page: Page) => page.locator("body").getAttribute("data-build")
const hereOf = (page: Page) => page.getByText("Nobody is signed in on this device").waitFor()
/** The first build, all of it on the device. */
async function opened(options: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  served = BuiltPages.read(first)
  const { page, context: own } = await openPage(browser, url(), { isOffline: true, ...options })
  context = own
  await hereOf(page)
  await page.evaluate(async () => void (await navigator.serviceWorker.ready))
  return page
}

describe("a newer build of the pages", () => {
  for (const [language, words, width] of [
    ["en-GB", "A new version is ready", 1440],
    ["zh-CN", "新版本已就绪", 360],
  ] as const)
    it(`is said, and taken at the next opening, one at a time: ${language}`, async () => {
      served = BuiltPages.read(first)
      const one = await openPage(browser, url(), { isOffline: true, language, width })
      context = one.context
      await one.page.evaluate(async () => void (await navigator.serviceWorker.ready))
      served = BuiltPages.read(second)
      await one.page.reload()
      await one.page.getByText(words).waitFor()
      assert.equal(await buildOf(one.page), null, "what is open stays what it is")
      assert.deepEqual(await violations(one.page), [])
      const names = await one.page.evaluate(() => caches.keys())
      await one.page.close()
      const next = await one.context.newPage()
      next.setDefaultNavigationTimeout(180_000)
      // The browser takes it once it has seen that nobody uses the other any more.
      const isTaken = async () => {
        await next.goto(url())
        return (await buildOf(next)) === "2"
      }
      while (!(await isTaken())) await next.waitForLoadState("load")
      await next.evaluate(async () => void (await navigator.serviceWorker.ready))
      const kept = await until(next, async () => {
        const all = await caches.keys()
        return all.length === 1 ? all[0] : null
      })
      assert.ok(!names.slice(0, 1).includes(kept))
      await one.context.setOffline(true)
      await next.reload()
      assert.equal(await buildOf(next), "2")
    })
})

describe("a node that serves something else than the build", () => {
  it("is not followed by whoever has the build already: the page is the one that was kept", async () => {
    const page = await opened()
    lies = { "/": "<!doctype html><title>other</title><p>changed</p>" }
    await page.reload()
    await hereOf(page)
    assert.equal(await page.getByText("changed").count(), 0)
  })

  it("does not get a changed file into what is kept", async () => {
    served = BuiltPages.read(first)
    const script = readFileSync(join(first, "app-sw.js"), "utf8")
    const [, changed] = /"(\/assets\/DownloadPage-[\w-]+\.js)"/.exec(script) ?? []
    assert.ok(changed)
    lies = { [changed]: "console.log('changed')" }
    const told = new Promise<void>((resolve) => {
      onLie = resolve
    })
    const { page, context: own } = await openPage(browser, url(), { isOffline: true })
    context = own
    await hereOf(page)
    // It keeps the files already when it is told the lie.
    await told
    await until(page, async () => {
      const isThere = (await navigator.serviceWorker.getRegistration()) !== undefined
      return isThere || (await caches.keys()).length > 0 ? null : true
    })
  })
})

describe("what a kept page may do", () => {
  it("is what its node says today: a member who came since can be asked", async () => {
    const page = await opened()
    mayTalkTo = ["https://new-hospital.example"]
    const answer = await page.goto(url())
    const policyOf = (headers: Readonly<Record<string, string>> | undefined) =>
      headers?.["content-security-policy"] ?? ""
    assert.match(policyOf(answer?.headers()), /connect-src 'self' https:\/\/new-hospital\.example/)
    await context?.setOffline(true)
    const offline = await page.reload()
    assert.match(policyOf(offline?.headers()), /new-hospital\.example/)
    assert.match(policyOf(offline?.headers()), /require-trusted-types-for 'script'/)
  })
})
