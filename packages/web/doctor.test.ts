// needs: chromium
import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { PatientClient, StaffClient } from "@aceso/client"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { type Card, type ConsentCopy, card as cardSchema, fromHex, utf8 } from "@aceso/core"
import type { Browser, Page } from "playwright-core"
import { builtPages } from "./build.ts"
import { englishShown, openBrowser, openPage, violations } from "./testing/browser.ts"
import { cardPoints } from "./testing/card-code.ts"

const HOSTILE = '<img src=x onerror="document.title=1"> \u202eevil'

let folder: string
let network: DemoNetwork
let browser: Browser
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-doctor-"))
  network = await DemoNetwork.open({ folder, port: 0, pages: await builtPages(() => {}) })
  await populate(network)
  const city = staffAt("city-hospital", "city-admin")
  await city.import(utf8(JSON.stringify(hostile)), "a file", { source: new Uint8Array(32).fill(7) })
  await city.commit()
  browser = await openBrowser()
})
after(async () => {
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Wider than a phone. */
const COLUMNS = `\tRight\tLeft${" ".repeat(60)}last\nNear\t\t0.5`
const hostile = {
  resourceType: "Bundle",
  type: "collection",
  entry: [
    {
      resource: {
        resourceType: "Patient",
        id: "h",
        identifier: [{ system: "https://city.example/mrn", value: "HOSTILE-1" }],
        name: [{ text: HOSTILE }],
        birthDate: "1990-09-09",
      },
    },
    {
      resource: {
        resourceType: "Condition",
        id: "c",
        subject: { reference: "Patient/h" },
        code: { text: `${"W".repeat(2_000)} ${HOSTILE}` },
        text: {
          status: "generated",
          div: `<div xmlns="http://www.w3.org/1999/xhtml"><script>1</script><pre>${COLUMNS}</pre>${HOSTILE}</div>`,
        },
      },
    },
  ],
}

const personAt = (name: string) => JSON.parse(readFileSync(join(folder, "people", `${name}.json`), "utf8"))
const urlAt = (member: string) => network.node(member).services.config.url
const portalOf = (member: string, who: string) =>
  `${urlAt(member).replace("127.0.0.1", "localhost")}/portal/#demo=${who}`
const staffAt = (member: string, who: string) => new StaffClient(urlAt(member), fromHex(personAt(who).seed))

function patientOf(name: string): PatientClient {
  const { places, seedFile } = personAt(name)
  return new PatientClient({
    network: network.document.network,
    seed: fromHex(readFileSync(seedFile, "utf8").trim()),
    places: places.map((place: { readonly handle: string }) => ({ ...place, handle: fromHex(place.handle) })),
    policyDelayMs: 0,
  })
}
const fileOf = (card: Card) => ({
  name: "card.json",
  mimeType: "application/json",
  buffer: Buffer.from(JSON.stringify(cardSchema.toJson(card))),
})
/** The code of a card, as somebody photographs it. */
async function pictureOf(page: Page) {
  const { side, isDark } = cardPoints(4)
  const dark = Array.from({ length: side }, (_, y) =>
    Array.from({ length: side }, (_, x) => (isDark(y, x) ? 1 : 0)),
  )
  const png = await page.evaluate((points) => {
    const canvas = Object.assign(document.createElement("canvas"), {
      width: points.length,
      height: points.length,
    })
    const context = canvas.getContext("2d") as CanvasRenderingContext2D
    context.fillStyle = "#ffffff"
    context.fillRect(0, 0, points.length, points.length)
    context.fillStyle = "#202020"
    for (const [y, row] of points.entries())
      for (const [x, one] of row.entries()) if (one === 1) context.fillRect(x, y, 1, 1)
    return canvas.toDataURL("image/png").replace(/^.*,/, "")
  }, dark)
  return { name: "card.png", mimeType: "image/png", buffer: Buffer.from(png, "base64") }
}
const link = (page: Page, name: string) => page.getByRole("link", { name, exact: true })

/** Asks with a card, and says why. */
async function ask(page: Page, card: Card): Promise<void> {
  await link(page, "Scan a card").first().click()
  await page.getByLabel("Card as a file").setInputFiles(fileOf(card))
  await page.getByLabel("Why").fill("Chest pain")
  await page.getByRole("button", { name: "Ask the patient" }).click()
  await page.getByRole("heading", { name: "What became of it" }).waitFor()
}

describe("a doctor elsewhere", () => {
  it("asks with a card; the page changes by itself when the patient answers, and shows one history with its sources", async () => {
    const patient = patientOf("patient-1")
    const { page, context, faults } = await openPage(browser, portalOf("county-hospital", "county-doctor"))
    await page.getByRole("banner").getByText("County Hospital", { exact: true }).waitFor()
    await ask(page, patient.card("county-hospital", Date.now()))
    await page.getByText("The patient has been asked.").waitFor()
    assert.deepEqual(await violations(page), [])
    assert.equal(await page.getByRole("link", { name: "Open the history" }).count(), 0)
    const copies: ConsentCopy[] = []
    for (const request of await patient.inbox()) copies.push((await patient.approve(request)).copy)
    await page.getByText("Every organisation has answered.").waitFor()
    await page.getByRole("link", { name: "Open the history" }).click()
    await page.getByRole("heading", { name: "All records, the newest first" }).waitFor()
    await page.locator(".row").filter({ hasText: "City Hospital" }).first().waitFor()
    await page.getByRole("heading", { name: "Active problems" }).waitFor()
    assert.deepEqual(await violations(page), [])
    // One record whole, by keyboard, and the focus comes back.
    await page.locator(".row .title").first().focus()
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "What stands in it" }).waitFor()
    assert.deepEqual(await violations(page), [])
    await page.keyboard.press("Escape")
    await page.getByRole("dialog").waitFor({ state: "detached" })
    assert.match(await page.evaluate(() => document.activeElement?.className ?? ""), /title/)
    // What the patient handed over is known here until it ends.
    for (const copy of copies) await patient.deliver(urlAt("county-hospital"), [copy])
    await link(page, "Visitors").click()
    await page.getByText(/City Hospital: open until \d/).waitFor()
    assert.deepEqual(await violations(page), [])
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("sees a changed record struck out in red, with its evidence", async () => {
    const city = staffAt("city-hospital", "city-admin")
    const { after } = await city.tamper(false)
    try {
      const visitors = await staffAt("county-hospital", "county-doctor").visitors()
      const { page, context, faults } = await openPage(
        browser,
        portalOf("county-hospital", "county-doctor"),
        { isDark: true },
      )
      await link(page, "Visitors").click()
      await page.getByRole("link", { name: new RegExp(visitors.visitors[0].alias) }).click()
      const lie = page.locator(".row").filter({ hasText: "This is not what City Hospital committed" })
      await lie.waitFor()
      assert.match(
        await lie
          .locator("s")
          .allTextContents()
          .then((all) => all.join(" ")),
        new RegExp(after),
      )
      await page.getByRole("alert").filter({ hasText: "is not what was committed" }).waitFor()
      assert.deepEqual(await violations(page), [])
      const [saved] = await Promise.all([
        page.waitForEvent("download"),
        lie.getByRole("button", { name: /Save evidence-city-hospital-\d+\.aceso/ }).click(),
      ])
      const evidence = readFileSync(await saved.path())
      const { says } = await staffAt("county-hospital", "county-admin").report(evidence)
      assert.match(says, /city-hospital/)
      await page.getByRole("combobox", { name: "Language" }).selectOption("zh")
      await page.locator(".reports").getByText("一条病历的内容与写入账本时不一致。").waitFor()
      assert.deepEqual(await englishShown(page, ".reports"), [])
      await page.getByRole("combobox", { name: "语言" }).selectOption("en")
      // In no block that people act on.
      assert.equal(await page.locator(".first").getByText(after).count(), 0)
      assert.deepEqual(faults, [])
      await context.close()
    } finally {
      await city.tamper(true)
    }
  })

  it("is told when a card is for somebody else, when a file is no card, and when the patient says no", async () => {
    const patient = patientOf("patient-2")
    const { page, context } = await openPage(browser, portalOf("county-hospital", "county-doctor"))
    await link(page, "Scan a card").first().click()
    for (const [name, content] of [
      ["card.json", '{"key":"00"}'],
      ["card.json", "<html>"],
      ["card.cbor", "\u0000\u0001"],
    ]) {
      await page
        .getByLabel("Card as a file")
        .setInputFiles({ name, mimeType: "", buffer: Buffer.from(content) })
      await page.getByRole("alert").filter({ hasText: "this is no card" }).waitFor()
    }
    const picture = { name: "a.png", mimeType: "image/png", buffer: Buffer.from("no picture") }
    await page.getByLabel("Card as a file").setInputFiles(picture)
    await page.getByRole("alert").filter({ hasText: "There is no code in this picture" }).waitFor()
    const isElsewhere = page
      .getByRole("alert")
      .filter({ hasText: "This card is for National Health Insurance" })
    await page.getByLabel("Card as a file").setInputFiles(await pictureOf(page))
    await isElsewhere.waitFor()
    await page.getByRole("button", { name: "Another card" }).click()
    await page.getByLabel("Card as a file").setInputFiles(fileOf(patient.card("insurer", Date.now())))
    await isElsewhere.waitFor()
    assert.equal(await page.getByRole("button", { name: "Ask the patient" }).count(), 0)
    await page.getByRole("button", { name: "Another card" }).click()
    await ask(page, patient.card("county-hospital", Date.now()))
    for (const request of await patient.inbox()) if (request.state === "open") await patient.decline(request)
    await page.getByText("The patient has answered, and opens nothing here").first().waitFor()
    await context.close()
  })
})

describe("an insurer's officer", () => {
  it("has no patients of its own, asks for payment, and sees what was approved in the same way", async () => {
    const patient = patientOf("patient-1")
    const { page, context, faults } = await openPage(browser, portalOf("insurer", "insurer"))
    await page.getByRole("heading", { name: "Visitors" }).waitFor()
    assert.equal(await link(page, "Patients").count(), 0)
    await ask(page, patient.card("insurer", Date.now()))
    const requests = (await patient.inbox()).filter(({ state }) => state === "open")
    assert.ok(requests.length > 0 && requests.every(({ purpose }) => purpose === "HPAYMT"))
    for (const request of requests) await patient.approve(request, { classes: ["Claim"] })
    await page.getByRole("link", { name: "Open the history" }).click()
    await page.getByText("These lists may be incomplete").waitFor()
    await page.locator(".row").filter({ hasText: "Bill to an insurer" }).first().waitFor()
    assert.equal(await page.locator(".row").filter({ hasText: "Measurement or finding" }).count(), 0)
    assert.equal(await link(page, "Write").count(), 0)
    assert.deepEqual(await violations(page), [])
    assert.deepEqual(faults, [])
    await context.close()
  })
})

describe("a doctor at home", () => {
  it("finds a patient, writes a result about whom the page shows, and the patient has it", async () => {
    const { page, context, faults } = await openPage(browser, portalOf("city-hospital", "city-doctor"), {
      width: 360,
      // So tall that the navigation of a phone hides nothing from axe.
      height: 2000,
    })
    const { patients } = await staffAt("city-hospital", "city-doctor").patients({ alias: "patient-1" })
    const [{ name = "", birthDate = "", recordNumber = "" }] = patients
    await page.getByLabel("Name, birth date or record number").fill(recordNumber)
    await page.getByRole("button", { name: "Find" }).click()
    await page.getByRole("link", { name: new RegExp(name) }).click()
    await link(page, "Write").click()
    await page.getByLabel("What was measured").selectOption({ label: "Potassium" })
    await page.getByLabel("Value", { exact: true }).fill("4.10")
    assert.deepEqual(await violations(page), [])
    await page.getByRole("button", { name: "Check before it is written" }).click()
    const confirm = page.locator("section").filter({ hasText: "Is this the right patient?" })
    for (const part of [name, birthDate, recordNumber, "4.10 mmol/L"])
      assert.ok((await confirm.textContent())?.includes(part), part)
    assert.deepEqual(await violations(page), [])
    await page.getByRole("button", { name: "Write it for this patient" }).click()
    await page.getByRole("heading", { name: /^Written and committed, block \d+$/ }).waitFor()
    const { timeline } = await patientOf("patient-1").history()
    const entry = timeline.find(({ value }) => value?.includes("4.10 mmol/L"))
    assert.equal(entry?.sources[0].custodian, "city-hospital")
    assert.equal(entry?.sources[0].status, "verified")
    // What should not have been written is marked, and stays to be read.
    await page.getByRole("link", { name: "Back to the history" }).click()
    const row = page.locator(".row").filter({ hasText: "4.10 mmol/L" })
    // It came since the last look at this patient.
    await row.getByText("New", { exact: true }).waitFor()
    await page.getByLabel("Only what is new since").check()
    assert.equal(await page.locator(".row").count(), 1)
    await row.locator(".title").click()
    await page.getByRole("link", { name: "Should not have been written" }).click()
    await page.getByLabel("Why it should not have been written").fill("another tube")
    await page.getByRole("button", { name: "Check before it is written" }).click()
    await page.getByRole("button", { name: "Write it for this patient" }).click()
    await page.getByRole("link", { name: "Back to the history" }).click()
    await row.filter({ hasText: "ENTERED IN ERROR" }).waitFor()
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("is stopped where the patient is not who the page showed", async () => {
    const { page, context } = await openPage(browser, portalOf("city-hospital", "city-doctor"))
    await page.getByLabel("Name, birth date or record number").fill("HOSTILE-1")
    await page.getByRole("button", { name: "Find" }).click()
    await page.locator(".list .one").filter({ hasText: "1990-09-09" }).click()
    await link(page, "Write").click()
    await page.getByLabel("What was measured").selectOption({ label: "Potassium" })
    await page.getByLabel("Value", { exact: true }).fill("4.1")
    await page.getByRole("button", { name: "Check before it is written" }).click()
    const [{ resource }] = hostile.entry
    const renamed = { ...resource, name: [{ text: "Somebody Else" }] }
    const city = staffAt("city-hospital", "city-admin")
    await city.import(utf8(JSON.stringify(renamed)), "a file", { source: new Uint8Array(32).fill(7) })
    await page.getByRole("button", { name: "Write it for this patient" }).click()
    await page.getByRole("alert").filter({ hasText: "Nothing was written." }).waitFor()
    await page.getByRole("button", { name: "Show the patient again" }).click()
    await page.getByText("Somebody Else").waitFor()
    await city.import(utf8(JSON.stringify(resource)), "a file", { source: new Uint8Array(32).fill(7) })
    await city.commit()
    await context.close()
  })

  it("sees hostile names and narratives as text, and nothing breaks at 360 px", async () => {
    const { page, context, faults } = await openPage(browser, portalOf("city-hospital", "city-doctor"), {
      ...{ width: 360, language: "zh-CN", isDark: true },
    })
    await page.getByLabel("姓名、出生日期或病历号").fill("HOSTILE-1")
    await page.getByRole("button", { name: "查找" }).click()
    await page.locator(".list .one").filter({ hasText: "<img src=x" }).click()
    await page.getByRole("heading", { name: "<img src=x onerror=", exact: false }).waitFor()
    await page.locator(".row .title").filter({ hasText: "WWW" }).click()
    await page.getByRole("heading", { name: "记录全文" }).waitFor()
    const columns = page.locator("pre").filter({ hasText: "Near" })
    assert.equal(await columns.textContent(), COLUMNS)
    assert.equal(await columns.evaluate((one) => getComputedStyle(one).textWrapMode), "nowrap")
    assert.equal(await page.locator("img").count(), 0)
    assert.doesNotMatch(String(await page.locator("body").textContent()), /\u202e/)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    assert.ok(wide <= 0, `${wide} px too wide`)
    assert.deepEqual(await violations(page), [])
    assert.notEqual(await page.title(), "1")
    assert.deepEqual(faults, [])
    await context.close()
  })
})
