// needs: chromium
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { describe, it } from "node:test"
import { acceptInvitation, delegateCode, StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import {
  delegateAcceptance,
  delegateInvitation,
  deviceLink,
  enrolmentLink,
  fromHex,
  randomBytes,
  readDeviceLink,
} from "@aceso/core"
import type { Page } from "playwright-core"
import { follow, type Opened, openPage, violations } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"
import { scannedFrom } from "../testing/qr.ts"

const demo = demoInBrowser("second")

const PATIENCE = 60_000
const app = () => (demo.network.start ?? "").replace(/\/demo\/$/, "")
async function opened(url: string, options = {}): Promise<Opened> {
  const one = await openPage(demo.browser, url, options)
  one.page.setDefaultTimeout(PATIENCE)
  return one
}
const go = async (page: Page, link: string, heading: string): Promise<void> => {
  await page.getByRole("navigation").getByRole("link", { name: link }).click()
  await page.getByRole("heading", { name: heading, level: 1 }).waitFor()
}
const others = (digits: string) => String((Number(digits) + 1) % 1_000_000).padStart(6, "0")
const digitsOf = async (page: Page): Promise<string> =>
  ((await page.locator("output.code").textContent()) ?? "").trim()

/** The first device shows a code. */
async function offered(page: Page): Promise<string> {
  await go(page, "Devices", "Your devices")
  await page.getByRole("button", { name: "Show a code" }).click()
  const link = await scannedFrom(page)
  assert.ok(link.startsWith(`${app()}/#device=`), link)
  return link
}
async function protect(page: Page): Promise<void> {
  const instead = page.getByRole("button", { name: "Use a passphrase instead" })
  const first = page.getByLabel("Passphrase", { exact: true })
  await instead.or(first).first().waitFor()
  if (await instead.isVisible()) await instead.click()
  await first.fill("four plain words here")
  await page.getByLabel("The same passphrase again").fill("four plain words here")
  await page.getByRole("button", { name: "Protect it" }).click()
}
async function unlock(page: Page): Promise<void> {
  await page.getByLabel("Passphrase").fill("four plain words here")
  await page.getByRole("button", { name: "Unlock" }).click()
}
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
const records = (page: Page) =>
  page.getByText(/all \d+ records of \d organisations? match the ledger/).first()

describe("a second device", () => {
  it("scans the code of the first one, shows six digits, and has the same records once they were typed there", async () => {
    const first = await opened(`${app()}/#demo=patient-1`)
    const link = await offered(first.page)
    await mustBeClean(first.page)
    const second = await opened(link, { width: 360, height: 740 })
    assert.ok(!second.page.url().includes("device="), "the code stays in no address")
    const digits = await digitsOf(second.page)
    assert.match(digits, /^\d{6}$/)
    await mustBeClean(second.page)
    await first.page.getByText("A device has come.").waitFor()
    await mustBeClean(first.page)
    await first.page.getByLabel("Digits of the new device").fill(`${digits.slice(0, 3)} ${digits.slice(3)}`)
    await first.page.getByRole("button", { name: "These are the digits" }).click()
    await first.page.getByText("Handed over.").waitFor()
    await second.page.getByText(/It is done: \d organisations? know/).waitFor()
    await protect(second.page)
    await records(second.page).waitFor()
    await first.page.getByText("Another device was added").waitFor()
    await second.page.getByRole("button", { name: /Lock/ }).click()
    await unlock(second.page)
    await records(second.page).waitFor()
    assert.deepEqual([first.faults, second.faults], [[], []])
    const late = await opened(link)
    await late.page.getByText("There is no such code, or it has died.").waitFor()
    for (const one of [first, second, late]) await one.context.close()
  })

  it("gets nothing where somebody else was faster, where the digits are wrong, or of another network", async () => {
    const first = await opened(`${app()}/#demo=patient-2`)
    const link = await offered(first.page)
    const photographer = await opened(link)
    const digits = await digitsOf(photographer.page)
    const real = await opened(link)
    await real.page.getByText("This code was used already.").waitFor()
    await first.page.getByLabel("Digits of the new device").fill(others(digits))
    await first.page.getByRole("button", { name: "These are the digits" }).click()
    await first.page.getByText("These are not the digits of that device.").waitFor()
    await photographer.page.getByText("There is no such code, or it has died.").waitFor()
    const { offer } = readDeviceLink(link)
    const elsewhere = await opened(deviceLink(app(), { ...offer, genesis: randomBytes(32) }))
    await elsewhere.page.getByText("This is of another network.").waitFor()
    const chinese = await opened(`${app()}/#device=AAAA`, { language: "zh-CN" })
    await chinese.page.getByText("无法读取这个二维码。").waitFor()
    for (const one of [first, photographer, real, elsewhere, chinese]) await one.context.close()
  })
})

/** Somebody of their own device, enrolled at City Hospital. */
async function enrolled(family: string): Promise<Opened> {
  const { seed } = readJson(layout(demo.folder).person("city-registrar")) as { seed: string }
  const desk = new StaffClient(demo.network.node("city-hospital").services.config.url, fromHex(seed)).desk
  const { registered } = await desk.register({
    name: { family, given: ["Yu"] },
    ...{ birthDate: "1988-02-03", sex: "female", identifiers: [] },
  })
  assert.ok(registered)
  const { invitation } = await desk.invite(registered.alias)
  const one = await opened(enrolmentLink(app(), invitation))
  const { page } = one
  await page.getByRole("button", { name: "That is right, go on" }).click()
  await protect(page)
  await desk.confirm(invitation.code, await digitsOf(page))
  await page.getByRole("button", { name: "Yes, this is me" }).click()
  await page.getByRole("heading", { name: "Recovery code" }).waitFor()
  const groups = await page.locator(".groups li").allTextContents()
  await page.getByRole("button", { name: "I have it on paper" }).click()
  const asked = Number(/group (\d)/.exec((await page.locator("form label").textContent()) ?? "")?.[1])
  await page.getByRole("textbox").fill(groups[asked - 1])
  await page.getByRole("button", { name: "Check" }).click()
  await records(page).waitFor()
  return one
}
/** Invites, and has the invitation in a file. */
async function invite(page: Page, name: string): Promise<string> {
  await follow(page, "delegates")
  const field = page.getByLabel("Name, as your list")
  await page.getByText("Invite somebody").waitFor()
  if (!(await field.isVisible())) await page.getByText("Invite somebody").click()
  await field.fill(name)
  const download = page.waitForEvent("download")
  await page.getByRole("button", { name: "Make the invitation" }).click()
  return (await download).path()
}
/** What the browser's database holds of memories, changed by `edit`; as whoever else can write on this disk. */
const tamper = (page: Page, what: "flip" | "clear"): Promise<number> =>
  page.evaluate(
    (how) =>
      new Promise<number>((resolve, reject) => {
        const asked = indexedDB.open("aceso-memory")
        asked.onerror = () => reject(asked.error)
        asked.onsuccess = () => {
          const transaction = asked.result.transaction("parts", "readwrite")
          const store = transaction.objectStore("parts")
          const keys = store.getAllKeys()
          keys.onsuccess = () => {
            for (const key of keys.result) {
              if (how === "clear") store.delete(key)
              else if (String(key).endsWith("/invited")) {
                const got = store.get(key)
                got.onsuccess = () => {
                  const content = got.result as Uint8Array
                  content[content.length - 1] ^= 1
                  store.put(content, key)
                }
              }
            }
          }
          transaction.oncomplete = () => {
            asked.result.close()
            resolve(keys.result.length)
          }
        }
      }),
    what,
  )

describe("what a patient's browser remembers", () => {
  it("survives lock and reload in two tabs, is refused where it was changed, and says what is gone", async () => {
    const { page, context, faults } = await enrolled("Zhao")
    const one = delegateInvitation.parse(
      JSON.parse(readFileSync(await invite(page, "Lin Mei"), "utf8")),
      "invitation",
      "json",
    )
    // Two tabs at once: neither loses what the other remembers.
    const tab = await context.newPage()
    tab.setDefaultTimeout(PATIENCE)
    await tab.goto(`${app()}/`)
    await unlock(tab)
    await records(tab).waitFor()
    const [two, three] = await Promise.all([invite(tab, "Wang Fang"), invite(page, "Wu Lei")])
    await page.getByRole("button", { name: /Lock/ }).click()
    await unlock(page)
    for (const file of [two, three]) {
      const invitation = delegateInvitation.parse(
        JSON.parse(readFileSync(file, "utf8")),
        "invitation",
        "json",
      )
      const accepted = acceptInvitation(invitation, randomBytes(32), 1)
      await follow(page, "delegates")
      await page.getByText("Enter an answer").click()
      await page
        .getByLabel("Text")
        .last()
        .fill(JSON.stringify(delegateAcceptance.toJson(accepted)))
      await page.getByRole("button", { name: "Look at it" }).last().click()
      await page.getByText(delegateCode(accepted.key)).waitFor()
      await page.reload()
      await unlock(page)
      await page.getByText("Enter an answer").waitFor()
    }
    await tab.close()

    assert.ok((await tamper(page, "flip")) >= 4)
    await page.reload()
    await unlock(page)
    await page.getByText("Something that this device remembered is gone").waitFor()
    await page.getByText("Invitations to act for you that you gave: 3").waitFor()
    await mustBeClean(page)
    await page.getByRole("button", { name: "I have read it, go on without" }).click()
    await page.getByText("Something that this device remembered is gone").waitFor({ state: "detached" })
    await follow(page, "delegates")
    await page.getByText("Enter an answer").click()
    const lost = acceptInvitation(one, randomBytes(32), 1)
    await page
      .getByLabel("Text")
      .last()
      .fill(JSON.stringify(delegateAcceptance.toJson(lost)))
    await page.getByRole("button", { name: "Look at it" }).last().click()
    await page.getByText("This is not an answer to an invitation of yours.").waitFor()

    await tamper(page, "clear")
    await page.reload()
    await unlock(page)
    await page.getByText("The storage of this browser was cleared.").waitFor()
    await page.getByLabel("Language").selectOption("zh")
    await page.getByText("本浏览器的存储已被清空。").waitFor()
    assert.deepEqual(faults, [])
    await context.close()
  })
})
