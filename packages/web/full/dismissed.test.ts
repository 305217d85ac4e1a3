// needs: chromium
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it, type TestContext } from "node:test"
import { StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { fromHex, publicKey, randomBytes, toHex } from "@aceso/core"
import type { Browser, Page } from "playwright-core"
import { builtPages } from "../build.ts"
import { type Opened, openBrowser, openPage, violations } from "../testing/browser.ts"
import { joinAsStaff } from "../testing/joining.ts"

const CITY = "city-hospital"
let folder: string
let network: DemoNetwork
let browser: Browser
let admin: StaffClient
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-dismissed-"))
  network = await DemoNetwork.open({ folder, port: 0, pages: await builtPages(() => {}) })
  await populate(network)
  browser = await openBrowser()
  const { seed } = readJson(layout(folder).person("city-admin")) as { seed: string }
  admin = new StaffClient(network.node(CITY).services.config.url, fromHex(seed))
})
after(async () => {
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

const portal = () => `${network.node(CITY).services.config.url.replace("127.0.0.1", "localhost")}/portal/`
const listening = () => network.node(CITY).services.live.open
async function untilListening(n: number): Promise<void> {
  const until = Date.now() + 60_000
  while (listening() !== n) {
    assert.ok(Date.now() < until, `${listening()} listen, not ${n}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
const see = (page: Page, state: "hidden" | "visible") =>
  page.evaluate((now) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => now })
    document.dispatchEvent(new Event("visibilitychange"))
  }, state)

/** A doctor by a device of their own, with somebody's history on the screen. */
async function reading(test: TestContext, name: string, looks: Parameters<typeof openPage>[2] = {}) {
  const invited = await admin.people.invite({ name, role: "doctor", isAdministrator: false })
  const opened = await openPage(browser, `${portal()}#join=${invited.code}`, looks)
  test.after(() => opened.context.close())
  opened.context.setDefaultTimeout(60_000)
  const { page } = opened
  await admin.people.confirm(invited.code, await joinAsStaff(opened))
  await untilListening(1)
  await page.evaluate(() => {
    location.hash = "#/history/patient-1"
  })
  await page.locator("main .row").first().waitFor()
  return opened
}
/** Nothing of the patient is left, and nobody has touched the page. */
async function isGone({ page }: Opened, why: RegExp): Promise<void> {
  await page.locator("main .row").first().waitFor({ state: "detached" })
  await page.getByText(why).waitFor()
  assert.ok(!page.url().includes("patient-1"))
  assert.equal(await page.locator("main .row").count(), 0)
  await page.getByRole("button", { name: "Unlock" }).waitFor()
}

describe("somebody whose access ends while a history is open", () => {
  const ENDED = /^Your access has ended/
  const day = 86_400_000
  const ends: readonly (readonly [string, RegExp, (name: string) => Promise<unknown>])[] = [
    ["is dismissed", ENDED, (name) => admin.people.end(name, null)],
    [
      "loses the device's key",
      ENDED,
      async (name) => {
        const own = (await admin.people.all()).find((one) => one.name === name)
        return admin.people.endKey(name, toHex(own?.devices[0].key ?? new Uint8Array()).slice(0, 12), null)
      },
    ],
    ["begins a leave", ENDED, (name) => admin.people.absent(name, Date.now() + day)],
    [
      "gets another role",
      /^What you may do here has been changed/,
      (name) => admin.people.change(name, "clerk", false),
    ],
  ]
  for (const [i, [comment, why, work]] of ends.entries())
    it(`${comment}: it leaves the screen without a click, and the page says why`, async (test) => {
      const opened = await reading(test, `dr-${i}`)
      await work(`dr-${i}`)
      await isGone(opened, why)
      assert.deepEqual(await violations(opened.page), [])
      assert.deepEqual(opened.faults, [])
      await untilListening(0)
    })

  it("while nobody saw the page: it leaves the screen once it is seen", async (test) => {
    const opened = await reading(test, "dr-asleep")
    const { page } = opened
    await see(page, "hidden")
    await untilListening(0)
    await admin.people.end("dr-asleep", null)
    await page.locator("main .row").first().waitFor()
    await see(page, "visible")
    await isGone(opened, ENDED)
  })

  it("is told in Chinese as well", async (test) => {
    const opened = await reading(test, "dr-zh", {})
    await opened.page.getByLabel("Language").selectOption("zh")
    await opened.page.locator("main .row").first().waitFor()
    await admin.people.end("dr-zh", null)
    await opened.page.getByText(/^您的访问权限已终止/).waitFor()
    assert.equal(await opened.page.locator("main .row").count(), 0)
  })

  it("nothing is locked where the node is only away, or somebody else's role changes", async (test) => {
    const opened = await reading(test, "dr-stays")
    const { page } = opened
    const key = publicKey(randomBytes(32))
    await admin.people.add({ name: "somebody", key, isAdministrator: false, role: "doctor" })
    await admin.people.end("somebody", null)
    await page.route("**/staff/live", (route) => route.abort())
    network.node(CITY).services.live.checkStaff()
    await see(page, "hidden")
    await untilListening(0)
    await see(page, "visible")
    await page.getByText(/^Not connected/).waitFor()
    await page.locator("main .row").nth(0).waitFor({ state: "attached" })
  })
})
