// needs: chromium
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { Page } from "playwright-core"
import { englishShown, openPage } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"
import { mustBeClean, readChinese } from "../testing/looks.ts"

const CITY = "city-hospital"
const demo = demoInBrowser("abilities", { isPopulated: false })
const what = (page: Page, language: "en" | "zh" = "en") =>
  page.getByLabel(language === "en" ? "What is to change?" : "要改变什么？")

describe("a proposal to change", () => {
  it("what an organisation may do begins with what it has, and names what comes and what goes", async () => {
    const { page, context, faults } = await openPage(
      demo.browser,
      `${demo.urlOf(CITY)}/portal/#demo=city-admin/ballots/new`,
    )
    context.setDefaultTimeout(60_000)
    await what(page).selectOption("setAbilities")
    await page.getByLabel("Organisation", { exact: true }).selectOption("county-hospital")
    const keeps = page.getByLabel("keeps records", { exact: true })
    const votes = page.getByLabel("votes", { exact: true })
    const validates = page.getByLabel("validates", { exact: true })
    for (const one of [keeps, votes, validates]) assert.equal(await one.isChecked(), true)
    const look = page.getByRole("button", { name: "Look at it" })
    await look.click()
    await page.getByText("Leave at least one ticked, and change something.").waitFor()
    await keeps.press("Space")
    await page.getByText("Ends: keeps records.").waitFor()
    await mustBeClean(page)
    await look.press("Enter")
    const dialog = page.getByRole("dialog")
    await dialog.getByText("Ends: keeps records.").waitFor()
    await mustBeClean(page)
    await dialog.getByRole("button", { name: "Cancel" }).click()
    await votes.uncheck()
    await validates.uncheck()
    await look.click()
    await page.getByText("Leave at least one ticked, and change something.").waitFor()
    assert.equal(await dialog.count(), 0)
    // What another organisation has takes the place of what was ticked for the first.
    await page.getByLabel("Organisation", { exact: true }).selectOption("insurer")
    for (const one of [keeps, votes, validates]) assert.equal(await one.isChecked(), false)
    await votes.check()
    await page.getByText("New: votes.").waitFor()
    await readChinese(page)
    await page.getByText("新增：").waitFor()
    assert.deepEqual(await englishShown(page, "main"), [])
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("lists nobody who is not suspended, and nothing that is not switched off", async () => {
    const { page, context, faults } = await openPage(
      demo.browser,
      `${demo.urlOf(CITY)}/portal/#demo=city-admin/ballots/new`,
      { width: 360 },
    )
    context.setDefaultTimeout(60_000)
    await what(page).selectOption("reinstate")
    await page.getByText("No organisation is suspended.").waitFor()
    await what(page).selectOption("enableAction")
    await page.getByText("No action is switched off.").waitFor()
    await mustBeClean(page)
    await what(page).selectOption("disableAction")
    await page.getByLabel("Action of a contract").waitFor()
    await page.getByLabel("Action of a contract").locator("option").nth(10).waitFor({ state: "attached" })
    await readChinese(page)
    await what(page, "zh").selectOption("enableAction")
    await page.getByText("没有被停用的操作。").waitFor()
    assert.deepEqual(faults, [])
    await context.close()
  })
})
