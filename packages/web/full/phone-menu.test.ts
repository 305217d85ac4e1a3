// needs: chromium
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Opened, openPage, violations } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"

const demo = demoInBrowser("phone-menu")

async function opened(width: number, language: string): Promise<Opened> {
  const url = `${(demo.network.start ?? "").replace(/demo\/$/, "")}#demo=patient-1/card`
  const one = await openPage(demo.browser, url, { width, height: 780, language })
  one.page.setDefaultTimeout(60_000)
  await one.page.getByRole("navigation").getByRole("link").first().waitFor()
  return one
}

describe("the menu", () => {
  for (const [language, more, devices] of [
    ["en-GB", "More", "Devices"],
    ["zh-CN", "更多", "设备"],
  ])
    it(`has room on a phone for each place in ${language}, and the others behind one`, async () => {
      const { page, context, faults } = await opened(360, language)
      const menu = page.getByRole("navigation")
      const links = menu.getByRole("link")
      const opener = menu.getByRole("button", { name: more })
      const closed = opener.and(page.locator("[aria-expanded=false]"))
      await closed.waitFor()
      assert.equal(await links.count(), 4)
      const tall = await menu.evaluate((one) => one.getBoundingClientRect().height)
      assert.ok(tall < 72, `the menu is ${tall} px tall`)

      await opener.click()
      assert.equal(await opener.getAttribute("aria-expanded"), "true")
      await links.nth(5).waitFor({ state: "attached" })
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme })
        assert.deepEqual(await violations(page), [], colorScheme)
      }
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360)

      await page.keyboard.press("Escape")
      await closed.waitFor()
      assert.equal(await links.count(), 4)
      assert.equal(await opener.evaluate((one) => one === document.activeElement), true)

      await opener.click()
      await page.getByRole("heading", { level: 1 }).click()
      await closed.waitFor()
      assert.equal(await links.count(), 4)

      await opener.focus()
      await page.keyboard.press("Enter")
      await page.keyboard.press("Tab")
      await page.keyboard.press("Tab")
      await page.keyboard.press("Enter")
      await page.waitForURL(/#\/inbox$/)
      await closed.waitFor()
      assert.equal(await links.count(), 4)

      await opener.click()
      await menu.getByRole("link", { name: devices, exact: true }).click()
      await page.waitForURL(/#\/devices$/)
      await closed.waitFor()
      assert.ok((await opener.getAttribute("class"))?.split(" ").includes("here"))
      assert.deepEqual(faults, [])
      await context.close()
    })

  it("has every place on a desk at once", async () => {
    const { page, context } = await opened(1440, "en-GB")
    const menu = page.getByRole("navigation")
    await menu.getByRole("link", { name: "Devices" }).waitFor()
    assert.equal(await menu.getByRole("button").count(), 0)
    await context.close()
  })
})
