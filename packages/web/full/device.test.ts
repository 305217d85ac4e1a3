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
import { enrolmentLink, fromHex } from "@aceso/core"
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core"
import { builtPages } from "../build.ts"
import { openBrowser, openPage, violations } from "../testing/browser.ts"
import { comeBack, PASSPHRASE, unlock, wayBack } from "../testing/restored.ts"

let folder: string
let network: DemoNetwork
let browser: Browser
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-device-"))
  network = await DemoNetwork.open({ folder, port: 0, pages: await builtPages(() => {}) })
  await populate(network)
  // The browser does not know that a script which a test has changed comes from this machine, and would ask the person.
  browser = await openBrowser(["--disable-features=LocalNetworkAccessChecks"])
})
after(async () => {
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

const app = () => (network.start ?? "").replace(/demo\/$/, "")
const origin = () => app().replace(/\/$/, "")
const allChecked = (page: Page) =>
  page
    .getByText(/records of \d organisations? match the ledger/)
    .first()
    .waitFor()
/** A device on which somebody of the demo has come back. */
async function deviceOf(who: string): Promise<{ page: Page; context: BrowserContext; faults: string[] }> {
  const opened = await openPage(browser, app())
  opened.context.setDefaultTimeout(60_000)
  await comeBack(opened.page, await wayBack(folder, who, app()))
  await allChecked(opened.page)
  return opened
}
const rowsIn = (page: Page, database: string, store: string) =>
  page.evaluate(
    ([name, table]) =>
      new Promise<number>((resolve, reject) => {
        const asked = indexedDB.open(name)
        asked.onerror = () => reject(asked.error)
        asked.onsuccess = () => {
          const counted = asked.result.transaction(table).objectStore(table).count()
          counted.onsuccess = () => {
            asked.result.close()
            resolve(counted.result)
          }
        }
      }),
    [database, store] as const,
  )

/** How much this origin may keep, as long as the session lives; undefined: as much as ever. */
const sessions = new Map<Page, Promise<CDPSession>>()
async function limitStorage(page: Page, quotaSize?: number): Promise<void> {
  const session = sessions.get(page) ?? page.context().newCDPSession(page)
  sessions.set(page, session)
  const devtools = await session
  await devtools.send("Storage.overrideQuotaForOrigin", {
    origin: origin(),
    ...(quotaSize !== undefined && { quotaSize }),
  })
}

describe("a device without room", () => {
  it("joins nobody by half: it says so before anything is signed, and goes on when there is room", async () => {
    const { seed } = readJson(layout(folder).person("city-registrar")) as { seed: string }
    const desk = new StaffClient(network.node("city-hospital").services.config.url, fromHex(seed))
    const { registered } = await desk.desk.register({
      name: { family: "Zhou", given: ["Yu"] },
      ...{ birthDate: "1988-02-03", sex: "female", identifiers: [] },
    })
    assert.ok(registered)
    const { invitation } = await desk.desk.invite(registered.alias)
    const { page, context } = await openPage(browser, enrolmentLink(origin(), invitation))
    context.setDefaultTimeout(60_000)
    const protect = async () => {
      await page.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE)
      await page.getByLabel("The same passphrase again").fill(PASSPHRASE)
      await page.getByRole("button", { name: "Protect it" }).click()
    }
    await page.getByRole("button", { name: "That is right, go on" }).click()
    await page.getByRole("button", { name: "Use a passphrase instead" }).click()
    await limitStorage(page, 1)
    await protect()
    await page.getByText("This device is full.").waitFor()
    await page.getByText("Delete something on the device, then try again.").waitFor()
    assert.deepEqual(await violations(page), [])
    assert.equal(await rowsIn(page, "aceso", "people"), 0)

    await limitStorage(page)
    await page.getByRole("button", { name: "Try again" }).click()
    await page.getByRole("button", { name: "Use a passphrase instead" }).click()
    await protect()
    await page.locator("output.code").waitFor()
    const digits = ((await page.locator("output.code").textContent()) ?? "").trim()
    await desk.desk.confirm(invitation.code, digits)
    await page.getByRole("heading", { name: "Is this you?" }).waitFor()

    // Chromium asks how much room there is once in 30 s: what it would say then is put in its place.
    await page.evaluate(() => {
      const { put } = IDBObjectStore.prototype
      IDBObjectStore.prototype.put = () => {
        IDBObjectStore.prototype.put = put
        throw new DOMException("no room", "QuotaExceededError")
      }
    })
    await page.getByRole("button", { name: "Yes, this is me" }).click()
    await page.getByText("This device is full.").waitFor()
    assert.equal((await desk.patient(registered.alias))?.hasKey, false, "nothing was signed")

    await page.getByRole("button", { name: "Try again" }).click()
    await page.getByRole("button", { name: "Yes, this is me" }).click()
    await page.getByRole("heading", { name: "Recovery code" }).waitFor()
    assert.equal((await desk.patient(registered.alias))?.hasKey, true)
    await context.close()
  })

  it("keeps records whole or not at all, and leaves what it had kept before", async () => {
    const { page, context } = await deviceOf("patient-1")
    const [worker] = page.workers()
    const fill = (isFull: boolean) =>
      worker.evaluate((full) => {
        // As a browser refuses where there is no room, which Chromium looks at once in 30 s only.
        const own = IDBDatabase.prototype as unknown as {
          transaction: (...asked: unknown[]) => unknown
          kept?: (...asked: unknown[]) => unknown
        }
        const kept = own.kept ?? own.transaction
        own.kept = kept
        own.transaction = function (this: IDBDatabase, ...asked) {
          if (full && asked[1] === "readwrite") throw new DOMException("no room", "QuotaExceededError")
          return kept.apply(this, asked)
        }
      }, isFull)
    await page.getByRole("link", { name: "On this device" }).click()
    const toggle = page.getByRole("switch", { name: "Keep my records on this device" })
    await fill(true)
    await toggle.click()
    await page.getByText("This device has no room for your records.").waitFor()
    assert.deepEqual(await violations(page), [])
    assert.equal(await page.getByText(/entries, as of/).count(), 0)
    assert.equal(await toggle.isChecked(), false)
    assert.equal(await rowsIn(page, "aceso-records", "kept"), 0)

    await fill(false)
    await toggle.click()
    const state = page.getByText(/\d+ entries, as of .+, take /)
    await state.waitFor()
    const before = await state.textContent()
    await fill(true)
    await page.getByRole("link", { name: "Records", exact: true }).click()
    await page.getByRole("button", { name: "Check again" }).click()
    await page.getByText("This device has no room for your records.").waitFor()
    assert.deepEqual(await violations(page), [])
    await page.getByRole("link", { name: "On this device" }).click()
    await state.waitFor()
    assert.equal(await state.textContent(), before)
    await context.close()
  })

  it("whose storage was cleared offers the way back, which works", async () => {
    const { page, context } = await deviceOf("patient-2")
    const code = await wayBack(folder, "patient-2", app())
    const devtools = await context.newCDPSession(page)
    await devtools.send("Storage.clearDataForOrigin", { origin: origin(), storageTypes: "all" })
    await page.reload()
    await page.getByText("Were you here before?").waitFor()
    assert.deepEqual(await violations(page), [])
    await page.getByRole("button", { name: "I have a recovery code" }).click()
    await page.getByRole("button", { name: "I have my passkey here" }).waitFor()
    await page.getByRole("button", { name: "Cancel" }).click()
    await comeBack(page, code)
    await allChecked(page)
    await context.close()
  })
})

/** A preview of a permission for an organisation, one click before it is signed. */
async function prepared(page: Page, organisation: string): Promise<void> {
  await page.getByRole("link", { name: "Sharing" }).click()
  await page.getByRole("link", { name: "Allow somebody" }).click()
  await page.getByLabel(organisation).check()
  await page.getByRole("button", { name: "Next" }).click()
  await page.getByRole("button", { name: "Next" }).click()
  await page.getByRole("button", { name: "Look at what this opens" }).click()
  await page.getByRole("button", { name: "Sign and allow" }).waitFor()
}
const sign = async (page: Page) => {
  await page.getByRole("button", { name: "Sign and allow" }).click()
  await page.getByRole("link", { name: "To the list" }).or(page.locator("h2:focus")).first().waitFor()
}

describe("two pages of one person", () => {
  it("both work; what both sign at once is there once, what each signs is there; locking one locks both", async () => {
    const one = await deviceOf("patient-1")
    const { page: first, context } = one
    const second = await context.newPage()
    await second.goto(app())
    await unlock(second)
    await allChecked(second)
    const client = patientOf(network, "patient-1", 1000)
    const standing = async () =>
      (await Promise.all(client.places.map((place) => client.policy(place)))).map(
        ({ documents }) => documents.length,
      )
    const before = await standing()

    await prepared(first, "County Hospital")
    await prepared(second, "County Hospital")
    await Promise.all([sign(first), sign(second)])
    const twice = (page: Page) => page.getByText("not signed a second time").count()
    const others = client.places.filter(({ custodian }) => custodian !== "county-hospital").length
    await first
      .getByText("County Hospital has what it needs to read.")
      .or(first.getByText("second time"))
      .first()
      .waitFor()
    await second
      .getByText("County Hospital has what it needs to read.")
      .or(second.getByText("second time"))
      .first()
      .waitFor()
    assert.deepEqual(
      (await standing()).reduce((sum, n) => sum + n, 0),
      before.reduce((sum, n) => sum + n, 0) + others,
    )
    assert.equal((await twice(first)) + (await twice(second)), others)

    await prepared(first, "National Health Insurance")
    await prepared(second, "Community Clinic")
    await Promise.all([sign(first), sign(second)])
    await first.getByText("National Health Insurance has what it needs to read.").waitFor()
    await second.getByText("Community Clinic has what it needs to read.").waitFor()

    await first.getByRole("button", { name: /Lock/ }).click()
    for (const page of [first, second]) {
      await page.getByRole("heading", { name: "Unlock" }).waitFor()
      assert.equal(page.workers().length, 0)
    }
    assert.deepEqual(one.faults, [])
    await context.close()
  })
})

describe("a device whose clock is wrong", () => {
  for (const [comment, offMs, language, words] of [
    ["a day ahead", 86_400_000, "en-GB", "It is about 24 hours ahead."],
    ["three days behind", -3 * 86_400_000, "zh-CN", "大约慢了 3天"],
  ] as const)
    it(`is told so, and by how much: ${comment}`, async () => {
      const context = await browser.newContext({
        ...{ locale: language, serviceWorkers: "block", viewport: { width: 360, height: 800 } },
      })
      context.setDefaultTimeout(60_000)
      const shift = `if (!globalThis.isShifted) { const now = Date.now.bind(Date); globalThis.isShifted = true; Date.now = () => now() + ${offMs} };`
      await context.addInitScript(shift)
      // Of a worker there is no such thing: its own script begins with it.
      await context.route(/\/assets\/worker-[\w-]+\.js$/, async (route) => {
        const answer = await route.fetch()
        await route.fulfill({ response: answer, body: `${shift}${await answer.text()}` })
      })
      const page = await context.newPage()
      await page.goto(`${app()}#demo=patient-1`)
      await page.getByText(words).waitFor()
      // Each hospital's refusal is told by its reason.
      await page
        .getByText(/: The clock of this device is wrong\.|: 本设备的时钟不准。/)
        .first()
        .waitFor()
      assert.equal(await page.locator(".entry").count(), 0)
      assert.deepEqual(await violations(page), [])
      await context.close()
    })
})

describe("a stolen laptop with an open session", () => {
  it("locks after ten minutes without a touch, for good: no worker, no reload, no way back shows anything", async () => {
    const { page, context } = await deviceOf("patient-1")
    await page.close()
    const open = await context.newPage()
    await open.clock.install()
    await open.goto(app())
    await unlock(open)
    await allChecked(open)
    const title = (await open.locator(".entry a").first().textContent())?.trim() ?? ""
    assert.ok(title.length > 3)
    await open.locator(".entry a").first().click()
    await open.getByRole("heading", { name: "What stands in it" }).waitFor()
    await open.clock.runFor(9 * 60_000)
    await open.getByRole("heading", { name: "What stands in it" }).waitFor()
    // The wheel is heard some time after it was turned: before that no time passes.
    await open.evaluate(() => {
      const heard = new Promise<void>((resolve) => {
        addEventListener("wheel", () => resolve(), { once: true })
      })
      Object.assign(globalThis, { heard })
    })
    await open.mouse.wheel(0, 10)
    await open.evaluate(() => (globalThis as unknown as { heard: Promise<void> }).heard)
    await open.clock.runFor(9 * 60_000)
    await open.getByRole("heading", { name: "What stands in it" }).waitFor()
    assert.equal(open.workers().length, 1)
    await open.clock.runFor(2 * 60_000)
    const isLocked = async () => {
      await open.getByRole("heading", { name: "Unlock" }).waitFor()
      assert.equal(open.workers().length, 0)
      assert.equal(await open.locator(".entry").count(), 0)
      assert.equal(await open.getByText(title).count(), 0)
    }
    await isLocked()
    await open.reload()
    await isLocked()
    await open.goBack()
    await isLocked()
    await open.goForward()
    await isLocked()
    await context.close()
  })

  it("locks also where somebody goes back to a page that the browser had put aside", async () => {
    const { page, context } = await deviceOf("patient-1")
    await page.evaluate(() => void dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })))
    await page.getByRole("heading", { name: "Unlock" }).waitFor()
    assert.equal(page.workers().length, 0)
    await context.close()
  })
})
