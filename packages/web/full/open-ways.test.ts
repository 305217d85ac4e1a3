// needs: chromium
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { encodeCbor } from "@aceso/core"
import type { Page } from "playwright-core"
import { englishShown, openPage } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"
import { mustBeClean, readChinese } from "../testing/looks.ts"

const CITY = "city-hospital"
const demo = demoInBrowser("open-ways")
type Options = Parameters<typeof openPage>[2]
async function opened(url: string, options: Options = {}) {
  const one = await openPage(demo.browser, url, options)
  one.page.setDefaultTimeout(60_000)
  return one
}
const isOpen = (page: Page, member: string) =>
  assert.ok(
    page
      .url()
      .startsWith(
        `${new URL(demo.urlOf(member)).origin.replace("localhost", new URL(page.url()).hostname)}/open/`,
      ),
    page.url(),
  )

describe("the way to the pages for anybody", () => {
  it("leads there from the portal's door, by the keyboard", async () => {
    const { page, context, faults } = await opened(`${demo.urlOf(CITY)}/portal/`)
    await page.getByRole("link", { name: "Look around without signing in" }).press("Enter")
    await page.getByRole("heading", { level: 1, name: "How the network does" }).waitFor()
    isOpen(page, CITY)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("leads there from the demo's start page, at each organisation", async () => {
    const { page, context, faults } = await opened(demo.network.start ?? "")
    await page.getByRole("link", { name: /^Look around without signing in.*City Hospital$/ }).waitFor()
    await mustBeClean(page)
    await page.getByRole("link", { name: /^Look around without signing in.*County/ }).click()
    await page.getByRole("heading", { level: 1, name: "How the network does" }).waitFor()
    isOpen(page, "county-hospital")
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("leads there from the patient's app to own hospitals alone, and hands over nothing", async () => {
    const app = (demo.network.start ?? "").replace(/demo\/$/, "")
    const { page, context, faults } = await opened(`${app}#demo=patient-1/about`)
    await page.getByRole("heading", { level: 1, name: "About this app" }).waitFor()
    const link = page.getByRole("link", { name: "Pages of City Hospital" })
    await link.waitFor()
    assert.equal(await page.getByRole("link", { name: /^Pages of .*Health Authority/ }).count(), 0)
    await mustBeClean(page)
    const other = context.waitForEvent("page")
    await link.press("Enter")
    const there = await other
    await there.getByRole("heading", { level: 1, name: "How the network does" }).waitFor()
    isOpen(there, CITY)
    assert.deepEqual(await there.evaluate(() => [document.referrer, window.opener, location.search]), [
      "",
      null,
      "",
    ])
    await there.close()
    await page.getByRole("link", { name: "What lies where" }).click()
    await page.getByText("Nobody has everything. That is how it is built.").waitFor()
    await mustBeClean(page)
    await readChinese(page)
    await page.getByText("没有任何一方掌握全部数据").waitFor()
    assert.deepEqual(await englishShown(page, "main"), [])
    await page.getByRole("link", { name: "关于" }).click()
    await page.getByRole("heading", { level: 1, name: "关于本应用" }).waitFor()
    assert.deepEqual(await englishShown(page, "main"), [])
    await mustBeClean(page)
    assert.deepEqual(faults, [])
    await context.close()
  })
})

describe("the members, for anybody", () => {
  it("are each proven, with what they may do, and lead to their own pages", async () => {
    const { page, context, faults } = await opened(`${demo.urlOf(CITY)}/open/#/network`)
    await page.getByRole("link", { name: /^\d+ organisations$/ }).click()
    await page.getByRole("heading", { level: 1, name: "Members" }).waitFor()
    await page.getByText("Each line was checked in this browser against a proof of the ledger.").waitFor()
    const one = page.locator("section.part").filter({ hasText: "County Hospital" })
    for (const text of ["Hospital or clinic · county-hospital", "Member since", "active", "Licences"])
      await one.getByText(text).first().waitFor()
    await mustBeClean(page)
    await page.getByLabel("Find an organisation").fill("county")
    await page.waitForFunction(() => document.querySelectorAll("section.part").length === 1)
    await readChinese(page)
    await page.getByText("加入时间").first().waitFor()
    assert.deepEqual(await englishShown(page, "main"), [])
    await mustBeClean(page)
    await page.getByRole("link", { name: /^该机构的公开页面.*County Hospital$/ }).press("Enter")
    await page.getByRole("heading", { level: 1, name: "How the network does" }).waitFor()
    isOpen(page, "county-hospital")
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("show whom the node names and the ledger does not have, and nothing where a proof does not hold", async () => {
    const { page, context } = await opened("about:blank")
    await page.route("**/members", async (route) => {
      const answer = await route.fetch()
      const { members } = (await answer.json()) as { members: object[] }
      const made = {
        member: "made-up",
        name: "Made Up",
        kind: "custodian",
        url: "http://x.example",
        status: "active",
      }
      await route.fulfill({ response: answer, json: { members: [...members, made] } })
    })
    await page.goto(`${demo.urlOf(CITY)}/open/#/members`)
    await page.getByText("The node names what the ledger does not have").waitFor()
    await page.getByText("made-up").waitFor()
    await mustBeClean(page)
    await page.route("**/ledger/prove", (route) =>
      route.fulfill({ status: 200, body: Buffer.from(encodeCbor({ rows: [] })) }),
    )
    await page.reload()
    await page.locator("[role=alert]").first().waitFor()
    assert.equal(await page.locator("section.part").count(), 0)
    await context.close()
  })
})
