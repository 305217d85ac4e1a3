// needs: chromium
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import type { Page } from "playwright-core"
import { englishShown, follow, openPage, violations } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"
import { mustBeClean, readChinese } from "../testing/looks.ts"

const CITY = "city-hospital"
const demo = demoInBrowser("missing")
const appAt = () => (demo.network.start ?? "").replace(/demo\/$/, "")
const titled = (page: Page, title: string) => page.waitForFunction((one) => document.title === one, title)

describe("an address that is none", () => {
  for (const [who, url, path, first] of [
    ["anybody", () => `${demo.urlOf(CITY)}/open/`, "ledger/block/abc", "How the network does"],
    [
      "staff",
      () => `${demo.urlOf(CITY)}/portal/#demo=city-doctor/patients`,
      "authority/recoveries",
      "Patients",
    ],
    ["a patient", () => `${appAt()}#demo=patient-1/records`, "card/of/somebody", "My records"],
  ] as const)
    it(`has a page for ${who} that says so, and leads to the first page`, async () => {
      const { page, context, faults } = await openPage(demo.browser, url(), { width: 360 })
      context.setDefaultTimeout(60_000)
      await page.getByRole("heading", { level: 1, name: first }).waitFor()
      await follow(page, path)
      await page.getByRole("heading", { level: 1, name: "There is no such page" }).waitFor()
      await page.getByText(`/${path}`).waitFor()
      await titled(page, "There is no such page · Aceso")
      await mustBeClean(page)
      await readChinese(page)
      await page.getByRole("heading", { level: 1, name: "没有这个页面" }).waitFor()
      await titled(page, "没有这个页面 · Aceso")
      assert.deepEqual(await englishShown(page), [])
      assert.deepEqual(await violations(page), [])
      await page.getByRole("link", { name: "返回首页" }).press("Enter")
      await page.getByRole("heading", { level: 1, name: "没有这个页面" }).waitFor({ state: "detached" })
      assert.deepEqual(faults, [])
      await context.close()
    })
})

it("skipping to the content stays on the page", async () => {
  const { page, context } = await openPage(demo.browser, `${demo.urlOf(CITY)}/open/#/where`)
  context.setDefaultTimeout(60_000)
  await page.getByRole("heading", { level: 1, name: "What lies where" }).waitFor()
  await page.getByRole("link", { name: "Skip to the content" }).press("Enter")
  await page.waitForFunction(() => document.activeElement?.id === "content")
  assert.match(page.url(), /#\/where$/)
  await context.close()
})

describe("the title", () => {
  it("is that of the page at hand, in the language at hand, for an administrator", async () => {
    const { page, context, faults } = await openPage(
      demo.browser,
      `${demo.urlOf(CITY)}/portal/#demo=city-admin/node`,
    )
    context.setDefaultTimeout(60_000)
    for (const [path, title] of [
      ["node", "This node"],
      ["node/backups", "Backups of the node"],
      ["intake", "Import"],
      ["intake/unfiled", "Records that belong to nobody"],
      ["looks", "Who looked"],
      ["ballots", "Proposals"],
    ] as const) {
      await follow(page, path)
      await titled(page, `${title} · Aceso`)
    }
    await readChinese(page)
    await titled(page, "提案与表决 · Aceso")
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("tells an authority's pages apart, and what lies where from the network", async () => {
    const { page, context } = await openPage(
      demo.browser,
      `${demo.urlOf("authority")}/portal/#demo=authority/authority`,
    )
    context.setDefaultTimeout(60_000)
    for (const [path, title] of [
      ["authority", "Oversight"],
      ["authority/cases", "Cases and recoveries"],
    ] as const) {
      await follow(page, path)
      await titled(page, `${title} · Aceso`)
    }
    await page.goto(`${demo.urlOf(CITY)}/open/#/where`)
    await titled(page, "What lies where · Aceso")
    await context.close()
  })
})
