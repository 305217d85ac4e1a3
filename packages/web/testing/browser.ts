import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"

/** Debian's chromium, as scripts/test/tools.ts found it. Nothing of it calls home. @param more of its options */
export const openBrowser = (more: readonly string[] = []): Promise<Browser> =>
  chromium.launch(optionsWith(more))

/** The same with a profile on the disk, as a person's own browser has one. */
export const openProfile = (folder: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, optionsWith([]))

const optionsWith = (more: readonly string[]) => ({
  executablePath: process.env.ACESO_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    ...more,
  ],
})

/** A page, and what went wrong in it: whoever closes it has looked. */
export interface Opened {
  readonly page: Page
  readonly context: BrowserContext
  readonly faults: string[]
}

/** What Vue reports once a load, and every page says: it may not make HTML of its own (docs/decisions/0045). */
const EXPECTED = [/named 'vue' violates/, /Service Worker registration blocked by Playwright/]

export async function openPage(
  browser: Browser,
  url: string,
  {
    width = 1440,
    height = 900,
    density = 1,
    language = "en-GB",
    isDark = false,
    isOffline = false,
    timezone = "UTC",
  } = {},
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width, height },
    deviceScaleFactor: density,
    locale: language,
    timezoneId: timezone,
    colorScheme: isDark ? "dark" : "light",
    // Who does not test it is not held up by a copy of all pages.
    serviceWorkers: isOffline ? "allow" : "block",
  })
  const page = await context.newPage()
  const faults: string[] = []
  const note = (text: string) => {
    if (!EXPECTED.some((one) => one.test(text))) faults.push(text)
  }
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") note(message.text())
  })
  page.on("pageerror", (error) => note(error.message))
  await page.goto(url)
  return { page, context, faults }
}

/**
 * Sentences in English that somebody sees who reads Chinese: four words in a row. Names have fewer; what is told to support
 * is folded away, and what people typed is their own.
 */
export const englishShown = (page: Page, within = "body"): Promise<string[]> =>
  page.locator(within).evaluate((whole) => {
    const found: string[] = []
    const texts = document.createTreeWalker(whole, NodeFilter.SHOW_TEXT)
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const { parentElement: at, textContent: said } = text
      const isSeen = at?.checkVisibility() && !at.closest("textarea, script, style")
      const isFolded = at?.closest("details:not([open]) > :not(summary)")
      if (isSeen && !isFolded && /[A-Za-z]+(?:[ ,'’]+[A-Za-z]+){3}/.test(said ?? "")) found.push(said ?? "")
    }
    return found
  })

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/**
 * Waits for what a page says after a moment. Playwright's `waitForFunction` takes the promise of an async function for
 * its answer, and waits for nothing.
 * @param look in the page; null while it is not so
 */
export async function until<T>(page: Page, look: () => Promise<T | null>): Promise<T> {
  for (const deadline = Date.now() + 180_000; ; ) {
    const seen = await page.evaluate(look)
    if (seen !== null) return seen as T
    if (Date.now() > deadline) throw new Error(`the page never said so: ${look}`)
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 20)))
  }
}

/** To another page of the same session, as by a link; it is there once loaded. @param path of its address, no `#/` */
export async function follow(page: Page, path: string): Promise<void> {
  const moves = await page.evaluate((to) => {
    const hash = `#/${to}`
    if (location.hash === hash) return false
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
    location.hash = hash
    return true
  }, path)
  // What whoever does not see the page notices: it has the focus.
  if (moves) await page.waitForFunction(() => document.activeElement?.id === "content")
  await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null)
}

/** What axe finds against WCAG 2.2 AA, a line each. */
export async function violations(page: Page): Promise<string[]> {
  // A page that is still being loaded has no heading, and nothing to look at.
  await page.locator("h1").first().waitFor({ state: "attached" })
  // Run by the debugger, which the page's policy does not bind.
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      readonly axe: {
        run(options: object): Promise<{
          readonly violations: readonly {
            readonly id: string
            readonly nodes: readonly {
              readonly target: readonly unknown[]
              readonly failureSummary?: string
            }[]
          }[]
        }>
      }
    }
    // What a phone's navigation covers can be scrolled to, and what is not laid out yet lies nowhere: axe sees all of it.
    const changed: [HTMLElement, string][] = []
    const put = (selector: string, property: string, value: string) => {
      for (const one of document.querySelectorAll<HTMLElement>(selector)) {
        one.style.setProperty(property, value)
        changed.push([one, property])
      }
    }
    put(".shell > nav", "position", "static")
    put("section.group", "content-visibility", "visible")
    // A colour on its way from one theme to the other is none that anybody reads.
    for (const one of document.getAnimations())
      if (Number.isFinite(Number(one.effect?.getComputedTiming().endTime))) one.finish()
    const found = await axe.run({
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    })
    for (const [one, property] of changed) one.style.removeProperty(property)
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")} ${failureSummary ?? ""}`),
    )
  })
}
