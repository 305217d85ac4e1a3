// needs: chromium
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { patientOf } from "@aceso/consortium/testing/story.ts"
import { fromHex } from "@aceso/core"
import { TestPushService } from "@aceso/server/testing/push-services.ts"
import type { Browser, BrowserContext, Page, Worker } from "playwright-core"
import { builtPages } from "../build.ts"
import { openBrowser, until, violations } from "../testing/browser.ts"

const WAIT = { timeout: 60_000 }
let folder: string
let network: DemoNetwork
let browser: Browser
let service: TestPushService
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-notices-"))
  service = await TestPushService.open()
  const pages = await builtPages(() => {})
  network = await DemoNetwork.open({ folder, port: 0, pages, pushServices: [service.host] })
  await populate(network)
  browser = await openBrowser()
})
after(async () => {
  await browser.close()
  await network.close()
  service.close()
  rmSync(folder, { recursive: true, force: true })
})

const app = () => (network.start ?? "").replace(/\/demo\/$/, "")

interface Wish {
  /** Undefined: the browser has no push service that can be reached. */
  readonly endpoint?: string
  readonly language?: string
  readonly isGranted?: boolean
  readonly width?: number
  readonly isDark?: boolean
}

interface Opened {
  readonly context: BrowserContext
  readonly page: Page
  readonly faults: string[]
  /** Opens the app anew, as the same person on the same device. */
  readonly again: () => Promise<void>
}

/** In the place of this chromium's push service, which there is none of, one of the test; all else is the browser's own. */
async function opened(alias: string, wish: Wish = {}): Promise<Opened> {
  const { endpoint, language = "en-GB", isGranted = true, width = 1440, isDark = false } = wish
  const context = await browser.newContext({
    locale: language,
    viewport: { width, height: 900 },
    colorScheme: isDark ? "dark" : "light",
  })
  if (isGranted) await context.grantPermissions(["notifications"], { origin: app() })
  await context.addInitScript((given: string | undefined) => {
    const KEPT = "test-subscription"
    const made = (key: ArrayBuffer | null) => ({
      endpoint: given,
      options: { applicationServerKey: key },
      async unsubscribe() {
        localStorage.removeItem(KEPT)
        return true
      },
    })
    const kept = () => {
      const key = localStorage.getItem(KEPT)
      return key === null ? null : made(new Uint8Array(JSON.parse(key) as number[]).buffer)
    }
    const own = PushManager.prototype as unknown as Record<string, unknown>
    own.getSubscription = async () => kept()
    own.subscribe = async (options: { userVisibleOnly: boolean; applicationServerKey: Uint8Array }) => {
      if (given === undefined)
        throw new DOMException("Registration failed - push service not available", "AbortError")
      if (!options.userVisibleOnly || options.applicationServerKey.length !== 65)
        throw new TypeError("wrong options")
      localStorage.setItem(KEPT, JSON.stringify([...options.applicationServerKey]))
      return kept()
    }
  }, endpoint)
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT.timeout)
  const faults: string[] = []
  page.on("console", (message) => {
    if (message.type() === "error" && !/named 'vue' violates/.test(message.text()))
      faults.push(message.text())
  })
  page.on("pageerror", (error) => faults.push(error.message))
  const again = async () => {
    await page.goto("about:blank")
    await page.goto(`${app()}/#demo=${alias}/notices`)
  }
  await again()
  return { context, page, faults, again }
}

const toggleOf = (page: Page) => page.getByRole("switch")
const isOn = (page: Page, value: boolean) => page.locator(`[role=switch][aria-checked=${value}]`).waitFor()

/** What the service worker had shown, as a notification has it. */
interface Shown {
  readonly title: string
  readonly body?: string
  readonly tag?: string
  readonly lang?: string
  readonly data: unknown
}
/** In the service worker: all that its browser agreed to show, and who waits for one more. */
interface Watched {
  readonly registration: ServiceWorkerRegistration
  all?: Shown[]
  heard: () => void
}

/**
 * Delivers a message to the service worker, as chromium does for a push service, and says all that it has shown since. It
 * is asked, not the browser: how long that keeps a notification that nobody sees, and whether beside one that was just
 * closed, nobody promises.
 */
async function deliver(context: BrowserContext, data = ""): Promise<readonly Shown[]> {
  const isOwn = (worker: Worker) => worker.url().startsWith(`${app()}/`)
  const worker =
    context.serviceWorkers().find(isOwn) ??
    (await context.waitForEvent("serviceworker", { predicate: isOwn }))
  const before = await worker.evaluate(() => {
    const own = self as unknown as Watched
    if (own.all) return own.all.length
    own.all = []
    own.heard = () => {}
    const { registration, all } = own
    const show = registration.showNotification
    registration.showNotification = async (title, options) => {
      const { body, tag, lang, data = null } = options ?? {}
      await show.call(registration, title, options)
      all.push({ title, body, tag, lang, data })
      own.heard()
    }
    return 0
  })
  const debug = await context.newCDPSession(context.pages()[0])
  const found = new Promise<string>((resolve) => {
    debug.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const own = registrations.find(({ scopeURL }) => scopeURL === `${app()}/`)
      if (own) resolve(own.registrationId)
    })
  })
  await debug.send("ServiceWorker.enable")
  await debug.send("ServiceWorker.deliverPushMessage", { origin: app(), registrationId: await found, data })
  const shown = await worker.evaluate(
    (before) =>
      new Promise<readonly Shown[]>((resolve) => {
        const own = self as unknown as Watched
        own.heard = () => {
          const since = own.all?.slice(before) ?? []
          if (since.length > 0) resolve(since)
        }
        own.heard()
      }),
    before,
  )
  await debug.detach()
  return shown
}

/** A request that waits. */
async function ask(alias: string): Promise<void> {
  const { node, seed } = readJson(layout(folder).person("county-doctor")) as { node: string; seed: string }
  const card = patientOf(network, alias, 1).card("county-hospital", Date.now())
  await new StaffClient(node, fromHex(seed)).request(card, {
    ...{ purpose: "TREAT", classes: [], until: Date.now() + 86_400_000, reason: "a second opinion" },
  })
}

describe("notices in the patient's app", () => {
  it("are turned on by a switch, come when a request waits, say nothing, and are turned off again", async () => {
    const { context, page, faults, again } = await opened("patient-1", {
      endpoint: `${service.origin}/ok/one`,
    })
    await isOn(page, false)
    assert.deepEqual(await violations(page), [])
    await toggleOf(page).click()
    await isOn(page, true)
    await page.getByText("From now on this device tells you.").waitFor()
    assert.deepEqual(await violations(page), [])
    // The one by which the operator knows that there is a device, and the one of the request.
    await service.until("/ok/one")
    await ask("patient-1")
    const [, pushed] = await service.until("/ok/one", 2)
    assert.deepEqual([pushed.fault, pushed.bodyBytes], [undefined, 0])
    const words = {
      title: "Aceso",
      body: "There is something new in your health records.",
      tag: "aceso-notice",
    }
    assert.deepEqual(await deliver(context), [{ ...words, lang: "en", data: null }])
    // Whatever somebody put into a message is not shown.
    assert.deepEqual(await deliver(context, "HIV result of Mr. Smith"), [
      { ...words, lang: "en", data: null },
    ])
    await again()
    await isOn(page, true)
    await toggleOf(page).click()
    await isOn(page, false)
    await page.getByText("This device tells you nothing any more.").waitFor()
    const told = await page.evaluate(() => [
      localStorage.getItem("aceso-notices"),
      localStorage.getItem("test-subscription"),
    ])
    assert.deepEqual(told, [null, null])
    const { handles } = await import("@aceso/contracts")
    for (const { custodian, handle } of patientOf(network, "patient-1", 1).places) {
      const key = (await network.engine.read(handles, [custodian, handle]))?.key
      assert.ok(key)
      assert.equal(await network.node(custodian).services.bell.wish(handle, key), null)
    }
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("are of accesses too where the person wants it, by the keyboard, and the app remembers it", async () => {
    const { context, page, faults, again } = await opened("patient-2", {
      endpoint: `${service.origin}/ok/two`,
      width: 360,
      isDark: true,
    })
    await isOn(page, false)
    await toggleOf(page).focus()
    await page.keyboard.press("Space")
    await isOn(page, true)
    await page.getByRole("radio").first().focus()
    await page.keyboard.press("ArrowDown")
    await page.getByText("Changed. It holds for all your devices.").waitFor()
    assert.deepEqual(await violations(page), [])
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
    assert.equal(wide, false)
    await again()
    await isOn(page, true)
    assert.equal(await page.getByRole("radio", { name: /each time/ }).isChecked(), true)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("are said in the language that was chosen last", async () => {
    const { context, page, faults } = await opened("patient-3", {
      endpoint: `${service.origin}/ok/three`,
      language: "zh-CN",
    })
    await page.getByRole("heading", { name: "及时通知" }).waitFor()
    await toggleOf(page).click()
    await isOn(page, true)
    assert.deepEqual(await violations(page), [])
    const [first] = await deliver(context)
    assert.deepEqual([first.body, first.lang], ["您的健康记录有新的内容。", "zh-CN"])
    await page.getByRole("combobox", { name: "语言" }).selectOption("en")
    await until(page, async () => ((await (await caches.match("/language"))?.text()) === "en" ? true : null))
    const [second] = await deliver(context)
    assert.deepEqual([second.body, second.lang], ["There is something new in your health records.", "en"])
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("are not there for a second person of the same device until they want them", async () => {
    const { context, page } = await opened("patient-4", { endpoint: `${service.origin}/ok/four` })
    await toggleOf(page).click()
    await isOn(page, true)
    const other = await context.newPage()
    await other.goto(`${app()}/#demo=patient-5/notices`)
    await isOn(other, false)
    await context.close()
  })

  it("say what to do where the browser has no push service, refuses, or knows none", async () => {
    const none = await opened("patient-6", {})
    await toggleOf(none.page).click()
    await none.page.getByText("the browser's message service cannot be reached just now").waitFor()
    await isOn(none.page, false)
    await none.context.close()

    const refused = await opened("patient-6", { isGranted: false })
    await refused.context.addInitScript(() => {
      Object.defineProperty(Notification, "permission", { get: () => "denied" })
    })
    await refused.again()
    await refused.page.getByText("This browser is not allowed to tell you").waitFor()
    assert.deepEqual(await violations(refused.page), [])
    await refused.context.close()

    const old = await opened("patient-6", {})
    await old.context.addInitScript(() => {
      delete (globalThis as { PushManager?: unknown }).PushManager
    })
    await old.again()
    await old.page.getByText("This browser cannot be told").waitFor()
    assert.deepEqual(await violations(old.page), [])
    await old.context.close()
  })

  it("are found from where requests wait", async () => {
    const { context, page } = await opened("patient-6", { endpoint: `${service.origin}/ok/six` })
    await page.goto(`${app()}/#demo=patient-6/requests`)
    await page.getByRole("link", { name: "Be told on this device when something waits" }).click()
    await page.getByRole("heading", { name: "Be told at once" }).waitFor()
    await context.close()
  })
})
