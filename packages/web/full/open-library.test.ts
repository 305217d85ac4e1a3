// needs: chromium
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { LibraryStaff } from "@aceso/capabilities/library/client/library-staff.ts"
import { writePublication } from "@aceso/capabilities/library/client/publication.ts"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { fromHex } from "@aceso/core"
import type { Page } from "playwright-core"
import { englishShown, type Opened, openPage } from "../testing/browser.ts"
import { type DemoInBrowser, demoInBrowser } from "../testing/demo.ts"
import { mustBeClean, readChinese } from "../testing/looks.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"
const INSURER = "insurer"
/** More than one part of the list. */
const MANY = [
  [COUNTY, 410],
  [INSURER, 200],
] as const
const TEXT = "Warfarin keeps your blood from clotting.\nTake it at the same time every day."
const demo = demoInBrowser("open-library", { isPopulated: false, prepare })

const staffOf = (folder: string, name: string) => {
  const { node, seed } = readJson(layout(folder).person(name)) as Record<string, string>
  return new LibraryStaff(node, fromHex(seed))
}
async function prepare({ network, folder }: DemoInBrowser): Promise<void> {
  for (const [slug, title, language, content] of [
    ["warfarin", "Warfarin", "en", TEXT],
    ["warfarin-zh", "华法林", "zh-CN", "关于华法林。"],
  ]) {
    const text = { title, language, contentType: "text/plain", content } as const
    const document = writePublication(text, "medicine")
    await staffOf(folder, "city-admin").publish({ slug, base: 0, kind: "medicine", document })
  }
  // Nobody hands out these texts: they are on the ledger, and listed as not being here.
  const plan = (n: number) => ({
    ...{ slug: `plan-${n}`, base: 0, kind: "plan", hash: new Uint8Array(32).fill(n % 256), size: 100 },
  })
  for (const [member, many] of MANY)
    await Promise.all(
      Array.from({ length: many }, (_, n) =>
        network.node(member).services.ledger.call("library", "publish", plan(n)),
      ),
    )
}

async function opened(
  path: string,
  options: Parameters<typeof openPage>[2] = {},
  at = INSURER,
): Promise<Opened> {
  const one = await openPage(demo.browser, "about:blank", options)
  one.page.setDefaultTimeout(60_000)
  if (path !== "") await one.page.goto(`${demo.urlOf(at)}/open/#${path}`)
  return one
}
const titles = (page: Page) => page.locator(".line strong").allInnerTexts()
const withdraw = (slug: string) => staffOf(demo.folder, "city-admin").withdraw({ slug, base: 1 })

describe("the library without signing in", () => {
  it("is listed by parts at any node, each checked, and leads to a text", async () => {
    const { page, context, faults } = await opened("/network")
    await page.getByRole("link", { name: "Library", exact: true }).click()
    await page.getByRole("heading", { level: 1, name: "Library" }).waitFor()
    await page.getByText("Each of these was checked against the ledger.").waitFor()
    await page.getByText("Looked through are the first 412. This node has more.").waitFor()
    assert.equal((await titles(page)).length, 100)
    await mustBeClean(page)
    for (const shown of [200, 300, 400, 412, 600, 612]) {
      await page.getByRole("button", { name: "Show more" }).press("Enter")
      await page
        .locator(".line")
        .nth(shown - 1)
        .waitFor()
    }
    assert.equal(await page.getByRole("button", { name: "Show more" }).count(), 0)
    await page.getByLabel("Title").fill("warf")
    await page.locator(".line").nth(1).waitFor()
    assert.deepEqual((await titles(page)).sort(), ["Warfarin", "华法林"])
    assert.equal(await page.getByRole("link", { name: "Publish" }).count(), 0)
    await page.getByRole("link", { name: /^Warfarin/ }).press("Enter")
    await page.getByRole("heading", { level: 1, name: "Warfarin" }).waitFor()
    assert.equal(await page.locator("article .plain").textContent(), TEXT)
    await page.getByText("This is what City Hospital published: version 1 of").waitFor()
    assert.equal(await page.getByRole("button", { name: "Withdraw" }).count(), 0)
    await mustBeClean(page)
    await readChinese(page)
    await page.getByText("这就是 City Hospital 发布的内容").waitFor()
    assert.deepEqual(await englishShown(page, ".matches"), [])
    await mustBeClean(page)
    await page.getByRole("link", { name: "← 资料库" }).click()
    await page.getByText("以上各项均已与账本核对").waitFor()
    assert.deepEqual(await englishShown(page, "main"), [])
    await mustBeClean(page)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("shows no text that is not what the ledger has, and says what the node leaves out or makes up", async () => {
    const { page, context } = await opened("")
    await page.route("**/library/publication?*", async (route) => {
      const answer = await route.fetch()
      const { content, ...rest } = (await answer.json()) as { content: string }
      const changed = `${content.slice(0, -2)}${content.endsWith("2e") ? "21" : "2e"}`
      await route.fulfill({ response: answer, json: { ...rest, content: changed } })
    })
    await page.route(/\/library(\?|$)/, async (route) => {
      const answer = await route.fetch()
      const { entries, next } = (await answer.json()) as {
        entries: { slug: string; version: number }[]
        next: string | null
      }
      const told = entries
        .filter(({ slug }) => slug !== "warfarin")
        .map((one) => (one.slug === "warfarin-zh" ? { ...one, version: 7 } : one))
      await route.fulfill({ response: answer, json: { entries: told, next } })
    })
    await page.goto(`${demo.urlOf(CITY)}/open/#/library`)
    await page.getByText("1 of City Hospital are left out here, which the ledger has.").waitFor()
    await page.getByText("not what the ledger has").waitFor()
    assert.equal(await page.getByText("Each of these was checked").count(), 0)
    await mustBeClean(page)
    await page.goto(`${demo.urlOf(CITY)}/open/#/library/${CITY}/warfarin`)
    await page.getByText("What this node hands out is not what was published").waitFor()
    assert.equal(await page.getByText("Warfarin keeps your blood", { exact: false }).count(), 0)
    await mustBeClean(page)
    await context.close()
  })

  it("has nothing of what was withdrawn, of what is not there, and of nodes that say nothing", async () => {
    await withdraw("warfarin-zh")
    const { page, context } = await opened(`/library/${CITY}/warfarin-zh`, { width: 360, height: 780 })
    await page.getByText("It was withdrawn and holds no more.").waitFor()
    await page.goto(`${demo.urlOf(INSURER)}/open/#/library/${CITY}/nothing`)
    await page.getByText("There is no such publication.").waitFor()
    await mustBeClean(page)
    await page.goto(`${demo.urlOf(INSURER)}/open/#/library/${COUNTY}/plan-1`)
    await page.getByText("This node does not hand it out. Try again in a moment.").waitFor()
    await page.goto(`${demo.urlOf(INSURER)}/open/#/library`)
    await page.getByText("Each of these was checked").waitFor()
    await context.setOffline(true)
    await page.goto(`${demo.urlOf(INSURER)}/open/#/library/${CITY}/warfarin`)
    await page.getByText("This organisation cannot be reached just now.").waitFor()
    await context.close()
  })
})
