// needs: chromium
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { publicKey, toHex } from "@aceso/core"
import type { Browser, Page } from "playwright-core"
import { builtPages } from "../build.ts"
import { englishShown, follow, type Opened, openBrowser, openPage, violations } from "../testing/browser.ts"

let folder: string
let network: DemoNetwork
let browser: Browser
const opened: Opened[] = []
const keyOf = (byte: number) => publicKey(new Uint8Array(32).fill(byte))
const [first, second, third] = [1, 2, 3].map(keyOf)
const SOURCES = new Uint8Array(32).fill(0x5a)

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-ballots-shown-"))
  network = await DemoNetwork.open({ folder, port: 0, pages: await builtPages(() => {}) })
  await populate(network)
  browser = await openBrowser()
  const { ledger } = network.node("county-hospital").services
  const evil = { member: "evil", kind: "custodian", url: "http://127.0.0.1:7999", key: third }
  for (const change of [
    { do: "replaceKey", member: "city-hospital", key: first },
    { do: "replaceKey", member: "city-hospital", key: second },
    { do: "admit", name: "\u202Elatipsoh ytiC\u202C", ...evil },
    { do: "activate", contract: "records", version: 9000, sources: SOURCES, height: 5_000_000 },
    { do: "releaseApp", build: SOURCES },
  ])
    await ledger.call("governance", "propose", { changes: [change] } as never)
})
after(async () => {
  const faults = opened.flatMap((one) => one.faults)
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
  assert.deepEqual(faults, [])
})

async function at(who: string, looks: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  const portal = network.node("city-hospital").services.config.url.replace("127.0.0.1", "localhost")
  const one = await openPage(browser, `${portal}/portal/#demo=${who}`, looks)
  one.context.setDefaultTimeout(60_000)
  opened.push(one)
  await one.page.locator("nav a").first().waitFor()
  await follow(one.page, "ballots")
  await one.page.locator("code.hex").first().waitFor()
  return one.page
}
const codes = (page: Page, within = "main") => page.locator(`${within} code.hex`).allTextContents()
const WHOLE = [first, second, third, SOURCES, SOURCES].map(toHex).sort()

describe("who votes sees all of what is voted on", () => {
  it("keys and hashes whole and in groups, names as they are, on a wide page and in the dialog", async () => {
    const page = await at("city-admin")
    assert.deepEqual((await codes(page)).sort(), WHOLE)
    const group = page.locator("main code.hex").first().locator(".group")
    assert.equal(await group.count(), 16)
    await page.getByText("Admit \\u{202E}latipsoh ytiC\\u{202C} (evil) as Hospital or clinic").waitFor()
    assert.ok(!(await page.locator("main").textContent())?.includes("\u202E"))
    await page.getByText("The release of this node does not have this version").waitFor()
    assert.deepEqual(await violations(page), [])
    const told = new Set<string>()
    const votes = page.getByRole("button", { name: "Vote yes", exact: true })
    for (let i = 0; i < 5; i++) {
      await votes.nth(i).click()
      const dialog = page.getByRole("dialog")
      await dialog.locator("code.hex").waitFor()
      told.add((await codes(page, "dialog")).join())
      if (i === 0) assert.deepEqual(await violations(page), [])
      await dialog.getByRole("button", { name: "Cancel" }).click()
    }
    assert.deepEqual([...told].sort(), [...new Set(WHOLE)])
  })

  it("in Chinese on a phone, in the dark", async () => {
    const page = await at("city-admin", { width: 360, height: 780, language: "zh-CN", isDark: true })
    assert.deepEqual((await codes(page)).sort(), WHOLE)
    await page.getByText("投票前，请通过电话等本网络以外的途径，与所属机构核对密钥和哈希。").first().waitFor()
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360)
    assert.deepEqual(await violations(page), [])
    assert.deepEqual(await englishShown(page), [])
  })
})
