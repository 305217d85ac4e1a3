// needs: chromium
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { fromHex, sha256, utf8 } from "@aceso/core"
import type { Browser, Page } from "playwright-core"
import { builtPages } from "../build.ts"
import { englishShown, follow, type Opened, openBrowser, openPage, violations } from "../testing/browser.ts"

const CITY = "city-hospital"
const PHONE = { width: 360, height: 780 }
/** Where pictures are left to be looked at. */
const shots = process.env.ACESO_TEST_SHOTS

let folder: string
let network: DemoNetwork
let browser: Browser
let portal: string
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-records-admin-"))
  network = await DemoNetwork.open({ folder, port: 0, pages: await builtPages(() => {}) })
  browser = await openBrowser()
  portal = `${network.node(CITY).services.config.url.replace("127.0.0.1", "localhost")}/portal/`
  for (const [name, birthDate] of TWICE) await import_(name, birthDate)
})
after(async () => {
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

/** One number, two birth dates: nobody guesses. */
const TWICE = [
  ["Doublewen", "1961-02-03"],
  ["Doublewen", "1971-02-03"],
  ["Doubleyu", "1962-02-03"],
  ["Doubleyu", "1972-02-03"],
] as const
async function import_(family: string, birthDate: string): Promise<void> {
  const patient = {
    resourceType: "Patient",
    id: birthDate,
    name: [{ family, given: ["An"] }],
    birthDate,
    identifier: [{ system: "http://hl7.org/fhir/sid/passport-CHN", value: `E${family}` }],
  }
  await admin().import(utf8(JSON.stringify(patient)), `${birthDate}.json`, {
    source: sha256(utf8(`source ${birthDate}`)),
  })
}
async function at(who: string, where: string, looks: Parameters<typeof openPage>[2] = {}): Promise<Opened> {
  const opened = await openPage(browser, `${portal}#demo=${who}/${where}`, looks)
  opened.context.setDefaultTimeout(120_000)
  return opened
}
async function close({ context, faults }: Opened): Promise<void> {
  assert.deepEqual(faults, [])
  await context.close()
}
const admin = () => {
  const { seed } = readJson(layout(folder).person("city-admin")) as { seed: string }
  return new StaffClient(network.node(CITY).services.config.url, fromHex(seed))
}
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name })
const said = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()
const picture = async (page: Page, name: string) => {
  if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}
const isNarrow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)

describe("patients who may be registered twice", () => {
  const pairOf = (page: Page, family: string) => page.locator("li.pair", { hasText: family })

  it("are decided on one by one, with a reason, and the way back stands beside", async () => {
    const opened = await at("city-admin", "patients")
    const { page } = opened
    await page.getByText("Some patients may be registered twice").click()
    await page.getByRole("link", { name: "Decide who is whom" }).click()
    await pairOf(page, "Doublewen").waitFor()
    assert.deepEqual(await violations(page), [])
    await picture(page, "doubles")
    // By the keyboard alone.
    await pairOf(page, "Doublewen").getByRole("button", { name: "One person" }).focus()
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Are they one person?" }).waitFor()
    assert.deepEqual(await violations(page), [])
    await picture(page, "doubles-ask")
    await page.getByLabel("Why").fill("same passport, seen at the desk")
    await button(page, "Join them").click()
    await said(page, /^person-\S+ and person-\S+ are joined\.$|^\S+ and \S+ are joined\.$/)
    await pairOf(page, "Doublewen").waitFor({ state: "detached" })
    await pairOf(page, "Doubleyu").getByRole("button", { name: "Two people" }).click()
    await page.getByLabel("Why").fill("two sisters")
    await button(page, "Keep them apart").click()
    await said(page, /are two people\.$/)
    await pairOf(page, "Doubleyu").waitFor({ state: "detached" })

    const { patients } = await admin().patients({ search: "doublewen", limit: 10 })
    assert.equal(patients.length, 2)
    await follow(page, `doubles/patient/${patients[0].alias}`)
    await said(page, /Joined .* by city-admin: same passport, seen at the desk/)
    assert.deepEqual(await violations(page), [])
    await button(page, "They are two people after all").click()
    await page.getByLabel("Why").fill("the photo is another one")
    await button(page, "Keep them apart").click()
    await said(page, /Parted .* by city-admin: the photo is another one/)
    await close(opened)
  })

  it("are for administrators to decide alone", async () => {
    const opened = await at("city-doctor", "doubles/page")
    await said(opened.page, "Only administrators decide who is whom.")
    await close(opened)
  })

  it("are said in Chinese, on a phone", async () => {
    await import_("Doublezhao", "1963-02-03")
    await import_("Doublezhao", "1973-02-03")
    const opened = await at("city-admin", "doubles/page", { ...PHONE, language: "zh-CN", isDark: true })
    const { page } = opened
    await page.getByRole("heading", { name: "可能重复的患者" }).waitFor()
    await pairOf(page, "Doublezhao").waitFor()
    assert.deepEqual(await englishShown(page), [])
    assert.deepEqual(await violations(page), [])
    assert.ok(await isNarrow(page), "it is too wide")
    await picture(page, "doubles-zh")
    await close(opened)
  })
})

describe("the audit of looks", () => {
  const today = () => new Date().toISOString().slice(0, 10)
  /** On which day the doctor looked: another one may begin before it is asked for. */
  let day: string
  const ofThatDay = async (page: Page, label: string) => {
    await page.getByLabel(label, { exact: true }).fill(day)
    await page.getByLabel(label, { exact: true }).press("Enter")
  }
  before(async () => {
    do {
      day = today()
      const doctor = await at("city-doctor", "patients")
      await doctor.page.locator(".list a").first().click()
      await said(doctor.page, /records/)
      await doctor.page.getByRole("heading", { level: 1 }).waitFor()
      await doctor.page.locator("[aria-busy=true]").first().waitFor({ state: "detached" })
      await close(doctor)
    } while (today() !== day)
  })

  it("tells who of the staff looked at whom on a day, and that the administrator looked at that", async () => {
    const opened = await at("city-admin", "looks")
    const { page } = opened
    await ofThatDay(page, "Day")
    await page.locator(".look", { hasText: "city-doctor" }).first().waitFor()
    await said(page, "the history")
    assert.deepEqual(await violations(page), [])
    await page.getByText("Who looked at this page on that day").click()
    await said(page, /city-admin, everybody's looks on/)
    const { readingAudits } = network.node("city-hospital").services
    for (let n = 0; n < 60; n++)
      await readingAudits.note("city-registrar", n, "city-doctor", Date.parse(`${day}T12:00:00Z`))
    await button(page, "Show").click()
    const noted = page.locator("details.audits li")
    await noted.nth(49).waitFor()
    assert.equal(await noted.count(), 50)
    await button(page, "Show earlier looks at this page").click()
    await noted.nth(60).waitFor()
    assert.match((await noted.last().textContent()) ?? "", /city-admin, everybody's looks on/)
    assert.equal(await button(page, "Show earlier looks at this page").count(), 0)
    assert.deepEqual(await violations(page), [])
    await picture(page, "looks")
    await page.getByLabel("Whose looks").selectOption("city-registrar")
    await button(page, "Show").click()
    await said(page, "city-registrar looked at nothing on that day.")
    await page.getByLabel("Day").fill("2020-01-01")
    await page.getByLabel("Whose looks").selectOption("")
    await page.getByLabel("Day").press("Enter")
    await said(page, "Nobody looked at anything on that day.")
    await close(opened)
  })

  it("is said in Chinese, on a phone", async () => {
    const opened = await at("city-admin", "looks", { ...PHONE, language: "zh-CN", isDark: true })
    const { page } = opened
    await ofThatDay(page, "日期")
    await page.locator(".look").first().waitFor()
    assert.deepEqual(await englishShown(page), [])
    assert.deepEqual(await violations(page), [])
    assert.ok(await isNarrow(page), "it is too wide")
    await picture(page, "looks-zh")
    await close(opened)
  })

  it("is for administrators alone", async () => {
    const opened = await at("city-doctor", "looks")
    await said(opened.page, "Only administrators see who of the staff looked at whose records.")
    assert.equal(await opened.page.getByRole("link", { name: "Who looked" }).count(), 0)
    await close(opened)
  })
})
