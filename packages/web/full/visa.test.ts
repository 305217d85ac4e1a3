// needs: chromium
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { visa } from "@aceso/consortium/guide/visa.ts"
import type { Page } from "playwright-core"
import { type Opened, openPage, violations } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"

const PATIENCE = { timeout: 60_000 }

const demo = demoInBrowser("visa")

const stepOf = (page: Page, id: string) => page.locator(`[data-step="${id}"]`)
/** Follows a step's own link, does there what it says, and waits until it ticks itself off. */
async function follow(
  { page, context }: Opened,
  id: string,
  act: (opened: Page) => Promise<void>,
): Promise<void> {
  const [opened] = await Promise.all([
    context.waitForEvent("page"),
    stepOf(page, id).locator("a.open").click(),
  ])
  await act(opened)
  await opened.close()
  await stepOf(page, id)
    .getByText(/^(Done|Looked at)$/)
    .waitFor(PATIENCE)
}
const press = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).click(PATIENCE)
const shownIn = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor(PATIENCE)
/** In the light on a desk, and in the dark on a phone. */
async function mustBeClean(page: Page): Promise<void> {
  for (const [colorScheme, width] of [
    ["light", 1440],
    ["dark", 360],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    await page.setViewportSize({ width, height: 4000 })
    assert.deepEqual(await violations(page), [], `${page.url()} ${colorScheme}`)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(wide <= width, `${page.url()} is ${wide} px wide`)
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" })
  await page.setViewportSize({ width: 1440, height: 900 })
}

describe("one vaccination for a visa, in the pages", () => {
  it("is told from the record's own page to the refusal after it was taken back", async () => {
    const tour = await openPage(demo.browser, `${demo.network.start}#tour=${visa.name}`)
    await tour.page.getByText(`0 of ${visa.steps.length} steps`, { exact: true }).waitFor(PATIENCE)

    await follow(tour, "grant", async (page) => {
      await page.getByRole("link", { name: "yellow fever", exact: true }).click(PATIENCE)
      await page.getByRole("link", { name: "Show this to somebody" }).click(PATIENCE)
      await page.getByRole("heading", { level: 1, name: "Show one record to somebody" }).waitFor(PATIENCE)
      await page.getByRole("radio", { name: "Visa Office" }).check(PATIENCE)
      await mustBeClean(page)
      await press(page, "Next")
      await shownIn(page, "This record alone, as City Hospital keeps it:")
      // Nothing wider can be chosen here, and the purpose is what such an office is asked for.
      assert.equal(await page.getByRole("radio").count(), 0)
      assert.equal(await page.getByRole("checkbox").count(), 0)
      assert.equal(await page.locator(".purpose select").inputValue(), "PATRQT")
      await mustBeClean(page)
      await press(page, "Next")
      await page.getByRole("radio", { name: "In 30 days" }).check()
      await press(page, "Look at what this opens")
      await shownIn(page, /^It opens 1 of your \d+ records of today there\./)
      await shownIn(page, /^Visa Office may see only one record \(vaccinations\) at City Hospital/)
      await shownIn(page, "Later corrections of this record are included, until it ends. Nothing else is.")
      await shownIn(page, /^yellow fever: /)
      // Nobody else is asked to sign.
      assert.deepEqual(await page.getByRole("heading", { level: 3 }).allInnerTexts(), ["City Hospital"])
      await mustBeClean(page)
      await press(page, "Sign and allow")
      await shownIn(page, "Allowed at City Hospital. It holds at once.")
      await shownIn(page, "Visa Office has what it needs to read.")
    })

    await follow(tour, "read", async (page) => {
      await page.getByRole("heading", { level: 1, name: "Shown to us" }).waitFor(PATIENCE)
      const links = await page.getByRole("navigation").getByRole("link").allInnerTexts()
      assert.deepEqual(
        links.map((one) => one.trim()),
        ["Shown to us", "Scan a card", "Inbox", "Library", "Ledger"],
      )
      await mustBeClean(page)
      await page.getByText("visitor-1").click()
      await shownIn(page, "1 record, as the ledger has it")
      await shownIn(page, "Nothing else was opened.")
      await shownIn(page, /^\d\d entries of City Hospital stay closed\.$/)
      assert.equal(await page.locator("ol.rows > li").count(), 1)
      assert.equal(await page.getByRole("heading", { name: "Allergies" }).count(), 0)
      await mustBeClean(page)
      await press(page, /^yellow fever$/)
      await page
        .getByRole("dialog")
        .getByText(/^Matches the ledger, block \d+$/)
        .waitFor(PATIENCE)
      await page.getByRole("dialog").getByText("yellow fever (37, CVX)").waitFor()
    })

    await follow(tour, "more", async (page) => {
      await page.getByText("visitor-1").click(PATIENCE)
      await shownIn(page, "Nothing else was opened.")
      await page.locator(".purpose select").selectOption("TREAT")
      await shownIn(page, "Nothing is open to you")
      await shownIn(page, "No consent of the patient permits this.")
      assert.equal(await page.locator("ol.rows > li").count(), 0)
      await mustBeClean(page)
    })

    await follow(tour, "account", async (page) => {
      const mine = page.locator(".entry", { hasText: "(visa officer) of Visa Office" })
      await mine.filter({ hasText: "for what the patient asks for" }).first().waitFor(PATIENCE)
      await mine.filter({ hasText: "1 record" }).first().waitFor(PATIENCE)
      await mine.filter({ hasText: "no consent of yours permits it" }).first().waitFor(PATIENCE)
    })

    await follow(tour, "revoke", async (page) => {
      await shownIn(page, /^Visa Office may see only one record \(vaccinations\) at City Hospital/)
      await press(page, /^Take back/)
      await page.getByRole("dialog").getByRole("button", { name: "Take back" }).click()
      await shownIn(page, "Taken back: City Hospital obeys already.")
    })

    await follow(tour, "refused", async (page) => {
      await page.getByText("visitor-1").click(PATIENCE)
      await shownIn(page, "Nothing is open to you")
    })
    await tour.page.getByText("All told.", { exact: false }).waitFor(PATIENCE)
    assert.deepEqual(tour.faults, [])
    await tour.context.close()
  })

  const app = () => (demo.network.start ?? "").replace(/demo\/$/, "")
  it("says in Chinese what is shown and to whom, and never falls back to everything", async () => {
    const { page, context, faults } = await openPage(
      demo.browser,
      `${app()}#demo=patient-1/access/new?record=city-hospital/999999`,
      { width: 360, language: "zh-CN", isDark: true },
    )
    await page.getByRole("alert").waitFor(PATIENCE)
    assert.equal(await page.getByRole("radio").count(), 0, "there is nothing that could be signed")
    await page.goto(`${app()}#/records`)
    await page.getByRole("link", { name: "yellow fever", exact: true }).click(PATIENCE)
    await page.getByRole("link", { name: "出示给他人" }).click(PATIENCE)
    await page.getByRole("heading", { level: 1, name: "向他人出示一条病历" }).waitFor(PATIENCE)
    await page.getByRole("radio", { name: "Visa Office" }).check(PATIENCE)
    await page.getByRole("button", { name: "下一步" }).click()
    await shownIn(page, "仅这一条由City Hospital保管的病历：")
    assert.deepEqual(await violations(page), [])
    assert.deepEqual(faults, [])
    await context.close()
  })
})
