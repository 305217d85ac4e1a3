// needs: chromium
import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { type ShownPatient, StaffClient } from "@aceso/client"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { fromHex, randomBytes } from "@aceso/core"
import type { Browser, Page } from "playwright-core"
import { builtPages } from "../build.ts"
import { openBrowser, openPage } from "../testing/browser.ts"

let folder: string
let network: DemoNetwork
let browser: Browser
let doctor: StaffClient
const people: Record<string, ShownPatient> = {}
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-address-"))
  network = await DemoNetwork.open({ folder, port: 0, pages: await builtPages(() => {}) })
  await populate(network)
  const seed = JSON.parse(readFileSync(join(folder, "people", "city-doctor.json"), "utf8")).seed
  doctor = new StaffClient(network.node("city-hospital").services.config.url, fromHex(seed))
  for (const one of ["patient-1", "patient-2"]) people[one] = (await doctor.patient(one)) as ShownPatient
  browser = await openBrowser()
})
after(async () => {
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(): Promise<Page> {
  const url = network.node("city-hospital").services.config.url.replace("127.0.0.1", "localhost")
  const { page, context } = await openPage(browser, `${url}/portal/#demo=city-doctor`)
  context.setDefaultTimeout(60_000)
  await page.getByLabel("Name, birth date or record number").waitFor()
  return page
}
const to = (page: Page, address: string) =>
  page.evaluate((hash) => {
    location.hash = hash
  }, address)
const nameOf = (alias: string) => people[alias].name ?? ""
const heading = (page: Page, alias: string) =>
  page.getByRole("heading", { level: 1, name: nameOf(alias), exact: false }).waitFor()
const about = (page: Page, alias: string) => page.locator("main .who", { hasText: nameOf(alias) }).waitFor()
const addressOf = (page: Page) => page.url().split("#")[1]

async function potassium(alias: string, value: string) {
  const { name = null, birthDate = null, recordNumber = null } = people[alias]
  return doctor.write({
    alias,
    shown: { name, birthDate, recordNumber },
    id: randomBytes(16),
    result: {
      code: "2823-3",
      at: "2026-05-01T10:00:00+08:00",
      number: { value, unit: "mmol/L", comparator: ">" },
      remark: "arterial line",
    },
  })
}
const correction = ({ reference, version }: { readonly reference: string; readonly version: number }) =>
  `reference=${encodeURIComponent(reference)}&version=${version}`

describe("a page of the portal", () => {
  it("shows the patient of its address, also where only the address changes", async () => {
    const page = await open()
    await to(page, "#/history/patient-1")
    await heading(page, "patient-1")
    await to(page, "#/history/patient-2")
    await heading(page, "patient-2")
    await page.evaluate(() => history.go(-1))
    await heading(page, "patient-1")
    assert.equal(addressOf(page), "/history/patient-1")
    await page.getByRole("link", { name: "Write", exact: true }).click()
    await about(page, "patient-1")
    await page.context().close()
  })

  it("keeps no form of another patient, and none of another record", async () => {
    const first = await potassium("patient-1", "6.10")
    const second = await potassium("patient-1", "3.10")
    const page = await open()
    await to(page, `#/write/patient-1?${correction(first)}`)
    await page.getByRole("heading", { name: `Correct ${first.reference}` }).waitFor()
    await about(page, "patient-1")
    await to(page, `#/write/patient-1?${correction(second)}`)
    await page.getByRole("heading", { name: `Correct ${second.reference}` }).waitFor()
    // A correction begins with what was written, and stays about that.
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>("input[inputmode=decimal]")?.value === "3.10",
    )
    assert.equal(await page.getByLabel("Remark").inputValue(), "arterial line")
    assert.equal(await page.getByLabel("Compared with the value").inputValue(), ">")
    assert.equal(await page.getByLabel("What was measured").isDisabled(), true)
    await page.getByLabel("Value", { exact: true }).fill("3.20")
    await page.getByRole("button", { name: "Check before it is written" }).click()
    await page.getByRole("button", { name: "Write it for this patient" }).click()
    await page.getByRole("heading", { name: /^Written/ }).waitFor()
    const own = (await doctor.patient("patient-1")) as ShownPatient
    const { timeline } = await doctor.history([{ custodian: "city-hospital", handle: own.handle }], "TREAT", {
      alsoOwn: own.handle,
    })
    const corrected = timeline.find(({ value }) => value?.includes("3.20 mmol/L"))
    assert.match(String(corrected?.value), /> ?3\.20 mmol\/L/)
    assert.match(new TextDecoder().decode(corrected?.sources[0].content), /2026-05-01T10:00:00\+08:00/)
    await to(page, "#/write/patient-2")
    await page.getByRole("heading", { name: "Write in the record" }).waitFor()
    await about(page, "patient-2")
    await page.context().close()
  })
})
