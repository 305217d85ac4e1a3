// needs: chromium
import assert from "node:assert/strict"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { StaffClient } from "@aceso/client"
import { entrust, PARENT } from "@aceso/consortium/entrusted.ts"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { patientOf } from "@aceso/consortium/testing/story.ts"
import { delegateAcceptance, delegateInvitation, fromHex } from "@aceso/core"
import type { Browser, Download, Page } from "playwright-core"
import { builtPages } from "../build.ts"
import { follow, type Opened, openBrowser, openPage, violations } from "../testing/browser.ts"

let folder: string
let network: DemoNetwork
let browser: Browser
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-delegate-"))
  network = await DemoNetwork.open({ folder, port: 0, pages: await builtPages(() => {}) })
  await populate(network)
  await entrust(network)
  browser = await openBrowser()
})
after(async () => {
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

const PATIENCE = 60_000
const CITY = "city-hospital"
const app = () => (network.start ?? "").replace(/\/demo\/$/, "")
async function opened(url: string, options = {}): Promise<Opened> {
  const one = await openPage(browser, url, options)
  one.page.setDefaultTimeout(PATIENCE)
  return one
}
const saved = async (download: Download): Promise<string> => readFileSync(await download.path(), "utf8")
const records = (page: Page) =>
  page.getByText(/all \d+ records of \d organisations? match the ledger/).first()
const links = async (page: Page): Promise<string[]> =>
  (await page.getByRole("navigation").getByRole("link").allTextContents()).map((one) =>
    one.replace(/\d+$/, "").trim(),
  )
const whose = (page: Page) => page.getByLabel("Whose records")
const choose = (page: Page, label: string) => whose(page).selectOption({ label })
async function mustBeClean(page: Page): Promise<void> {
  for (const [colorScheme, width] of [
    ["light", 1440],
    ["dark", 360],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    await page.setViewportSize({ width, height: 4000 })
    assert.deepEqual(await violations(page), [], `${page.url()} ${colorScheme}`)
    const [scroll, client] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ])
    assert.ok(scroll <= client, `${page.url()} is wider than ${width} px: ${scroll}`)
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" })
  await page.setViewportSize({ width: 1440, height: 900 })
}
const childName = () => (readJson(layout(folder).person(PARENT)) as { readonly person: string }).person

describe("somebody who acts for another one", () => {
  it("is one click away in the demo: the child's records first, then her own", async () => {
    const start = await opened(network.start ?? "")
    await start.page.getByText(`Acts for ${childName()}, and has records of her own.`).click()
    const { page } = start
    await page.getByText(`You act for ${childName()}.`).waitFor()
    await records(page).waitFor()
    assert.equal(await whose(page).locator("option:checked").textContent(), `Records of ${childName()}`)
    assert.ok(!(await links(page)).includes("Card"), "a card says that its places are one's own")
    await mustBeClean(page)
    await choose(page, "My records")
    await page.getByText(`You act for ${childName()}.`).waitFor({ state: "detached" })
    await records(page).waitFor()
    assert.ok((await links(page)).includes("Card"))
    await page.getByLabel("Language").selectOption("zh")
    await page.getByLabel("查看谁的记录").waitFor()
    assert.deepEqual(start.faults, [])
    await start.context.close()
  })

  it("accepts an invitation in the app, is entered by the person, does what it may and nothing else, and learns at once that it has ended", async () => {
    const person = await opened(`${app()}/#demo=patient-2/delegates`)
    await person.page.getByText("Invite somebody").click()
    await person.page.getByLabel("Name, as your list").fill("Lin Mei")
    await person.page.getByLabel("Your own name").fill("Father Wang")
    await person.page.getByLabel("At which organisation").selectOption({ index: 0 })
    const invited = person.page.waitForEvent("download")
    await person.page.getByRole("button", { name: "Make the invitation" }).click()
    const invitation = await saved(await invited)

    const daughter = await opened(`${app()}/#demo=patient-3/delegates`)
    await daughter.page.getByText("Act for somebody else").click()
    const accept = daughter.page.locator("details", { hasText: "Act for somebody else" })
    await accept.getByLabel("Text").fill(invitation.replace("aceso/delegate", "aceso/other"))
    await accept.getByRole("button", { name: "Look at it" }).click()
    await accept.getByText("This is no invitation that can be accepted.").waitFor()
    await accept.getByLabel("Text").fill(invitation)
    await accept.getByRole("button", { name: "Look at it" }).click()
    await accept.getByText("You would act for Father Wang").waitFor()
    await mustBeClean(daughter.page)
    const answered = daughter.page.waitForEvent("download")
    await accept.getByRole("button", { name: "Accept" }).click()
    const answer = await saved(await answered)
    const code = ((await accept.locator("output.code").textContent()) ?? "").trim()
    assert.match(code, /^\d{3}( \d{3}){3}$/)
    await accept.getByRole("button", { name: "Done" }).click()
    await choose(daughter.page, "Records of Father Wang")
    await daughter.page.getByText("You are not entered for Father Wang yet").waitFor()
    await mustBeClean(daughter.page)

    await person.page.getByText("Enter an answer").click()
    await person.page.getByLabel("Text").last().fill(answer)
    await person.page.getByRole("button", { name: "Look at it" }).last().click()
    await person.page.getByText(code).waitFor()
    await person.page.getByRole("button", { name: "The numbers are the same" }).click()
    await person.page.getByText("Lin Mei acts for you from now on.").waitFor()

    // By itself: the page asks again.
    await daughter.page.getByText("You act for Father Wang.").waitFor()
    await daughter.page.getByRole("navigation").getByRole("link", { name: "Records" }).click()
    await records(daughter.page).waitFor()
    const may = await links(daughter.page)
    assert.ok(may.includes("Records") && may.includes("Who looked"), may.join(", "))
    for (const other of ["Card", "Requests", "Inbox", "Messages", "Devices"])
      assert.ok(!may.includes(other), `${other} is not among what reads`)
    await follow(daughter.page, "card")
    await records(daughter.page).waitFor()

    await daughter.page.goto(`${app()}/#demo=patient-3/records`)
    await daughter.page.getByRole("navigation").getByRole("link", { name: "Card" }).waitFor()
    await choose(daughter.page, "Records of Father Wang")
    await records(daughter.page).waitFor()
    const hers = patientOf(network, "patient-2", 1)
    for (const place of hers.places) await hers.delegates.endAll(place)
    await daughter.page.getByText("You no longer act for Father Wang").waitFor()
    assert.equal(await records(daughter.page).count(), 0)
    assert.deepEqual(await links(daughter.page), [])
    await daughter.page.getByRole("button", { name: "Take Father Wang off this device" }).click()
    await records(daughter.page).waitFor()
    assert.equal(await whose(daughter.page).count(), 0)
    for (const one of [person, daughter]) {
      assert.deepEqual(
        one.faults.filter((text) => !text.includes("403")),
        [],
      )
      await one.context.close()
    }
  })

  it("needs no records of their own: a desk invites and enters whoever acts for a child without a device", async () => {
    const { seed } = readJson(layout(folder).person("city-registrar")) as { seed: string }
    const desk = new StaffClient(network.node(CITY).services.config.url, fromHex(seed))
    const birthDate = `${new Date().getUTCFullYear() - 3}-02-03`
    const { registered } = await desk.desk.register({
      name: { family: "Sun", given: ["Bao"] },
      ...{ birthDate, sex: "female", identifiers: [] },
    })
    assert.ok(registered)
    const scope = { name: "Sun Li", relation: "parent", may: ["read", "decide"], until: null } as const
    const invitation = await desk.delegates.invite(registered.alias, { ...scope, may: [...scope.may] })
    const { page, context, faults } = await opened(`${app()}/`)
    await page.getByRole("button", { name: "Act for somebody else" }).click()
    await page.getByLabel("Text").fill(JSON.stringify(delegateInvitation.toJson(invitation)))
    await page.getByRole("button", { name: "Look at it" }).click()
    await page.getByText(`You would act for ${invitation.person}`).waitFor()
    await mustBeClean(page)
    await page.getByRole("button", { name: "Accept" }).click()
    const instead = page.getByRole("button", { name: "Use a passphrase instead" })
    const first = page.getByLabel("Passphrase", { exact: true })
    await instead.or(first).first().waitFor()
    if (await instead.isVisible()) await instead.click()
    await first.fill("four plain words here")
    await page.getByLabel("The same passphrase again").fill("four plain words here")
    const answered = page.waitForEvent("download")
    await page.getByRole("button", { name: "Protect it" }).click()
    const answer = delegateAcceptance.parse(JSON.parse(await saved(await answered)), "answer", "json")
    await desk.delegates.enter(registered.alias, answer)
    await page.getByRole("button", { name: "Done" }).click()
    await page.getByText(`You act for ${invitation.person}.`).waitFor()
    await page.reload()
    await page.getByLabel("Passphrase").fill("four plain words here")
    await page.getByRole("button", { name: "Unlock" }).click()
    await page.getByText(`You act for ${invitation.person}.`).waitFor()
    assert.deepEqual(faults, [])
    await context.close()
  })
})
