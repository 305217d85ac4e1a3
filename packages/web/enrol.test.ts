// needs: chromium
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { enrolmentLink, fromHex } from "@aceso/core"
import type { Page } from "playwright-core"
import { addAuthenticator } from "./testing/authenticator.ts"
import { openPage, violations } from "./testing/browser.ts"
import { demoInBrowser } from "./testing/demo.ts"

const demo = demoInBrowser("enrol-pages", { isPopulated: false })

const app = () => (demo.network.start ?? "").replace(/\/demo\/$/, "")
const staff = (name: string, member: string) => {
  const { seed } = readJson(layout(demo.folder).person(name)) as { seed: string }
  return new StaffClient(demo.network.node(member).services.config.url, fromHex(seed))
}
const city = () => staff("city-registrar", "city-hospital")
const county = () => staff("county-admin", "county-hospital")

/** Registers somebody new, and makes the link that the desk shows. */
async function atDesk(desk: StaffClient, family: string) {
  const { registered } = await desk.desk.register({
    name: { family, given: ["Yu"] },
    birthDate: "1988-02-03",
    sex: "female",
    identifiers: [],
  })
  assert.ok(registered)
  const { invitation } = await desk.desk.invite(registered.alias)
  return { alias: registered.alias, code: invitation.code, link: enrolmentLink(app(), invitation) }
}

/** The digits that the page shows, once a device has come. */
const digitsOf = async (page: Page): Promise<string> => {
  await page.locator("output.code").waitFor()
  return ((await page.locator("output.code").textContent()) ?? "").trim()
}

/** The records of so many organisations, each held against the ledger in the page. */
const allOf = (page: Page, organisations: number) =>
  page
    .getByText(new RegExp(`all \\d+ records of ${organisations} organisations? match the ledger`))
    .first()
    .waitFor()

describe("somebody whom a hospital's desk hands a code", () => {
  it("joins with a passkey, keeps the way back on paper, joins a second hospital, and comes back on another device", async () => {
    const one = await atDesk(city(), "Zhao")
    const { page, context, faults } = await openPage(demo.browser, one.link)
    await addAuthenticator(context, page)
    await page.getByText("City Hospital").waitFor()
    assert.equal(new URL(page.url()).hash.includes("enrol="), false, "the code stays in no address")
    assert.deepEqual(await violations(page), [])
    await page.getByRole("button", { name: "That is right, go on" }).click()
    await page.getByRole("button", { name: "Protect it with a passkey" }).click()
    await city().desk.confirm(one.code, await digitsOf(page))
    await page.getByRole("heading", { name: "Is this you?" }).waitFor()
    await page.getByText("born 1988-02-03").waitFor()
    assert.equal(
      (await city().patient(one.alias))?.hasKey,
      false,
      "nothing is signed before the person agrees",
    )
    await page.getByRole("button", { name: "Yes, this is me" }).click()
    await page.getByRole("heading", { name: "Recovery code" }).waitFor()
    const groups = await page.locator(".groups li").allTextContents()
    assert.equal(groups.length, 7)
    assert.deepEqual(await violations(page), [])
    await page.getByRole("button", { name: "I have it on paper" }).click()
    const asked = Number(/group (\d)/.exec((await page.locator("form label").textContent()) ?? "")?.[1])
    await page.getByRole("textbox").fill("0000")
    await page.getByRole("button", { name: "Check" }).click()
    await page.getByText("That is not what the code says there").waitFor()
    await page.getByRole("textbox").fill(groups[asked - 1])
    await page.getByRole("button", { name: "Check" }).click()
    await allOf(page, 1)
    assert.equal((await city().patient(one.alias))?.hasKey, true)

    const two = await atDesk(county(), "Zhao")
    await page.goto(two.link)
    await page.getByText("County Hospital").waitFor()
    await page.getByRole("button", { name: "That is right, go on" }).click()
    await page.getByRole("button", { name: "Unlock" }).click()
    await county().desk.confirm(two.code, await digitsOf(page))
    await page.getByRole("button", { name: "Yes, this is me" }).click()
    await allOf(page, 2)

    await page.getByRole("button", { name: /Lock/ }).click()
    await page.getByRole("button", { name: "Unlock" }).click()
    await allOf(page, 2)
    assert.deepEqual(faults, [])
    await context.close()

    const other = await openPage(demo.browser, `${app()}/`)
    await other.page.getByRole("button", { name: "I have a recovery code" }).click()
    await other.page.getByRole("textbox").fill(groups.join(" ").toLowerCase().replace(/.$/, "!"))
    await other.page.getByRole("button", { name: "Find my records" }).click()
    await other.page.getByText("This code is mistyped.").waitFor()
    await other.page.getByRole("textbox").fill(groups.join(" ").toLowerCase())
    await other.page.getByRole("button", { name: "Find my records" }).click()
    await other.page.getByText("Found: 2 organisations know you.").waitFor()
    assert.deepEqual(await violations(other.page), [])
    await other.page.getByRole("button", { name: "Use a passphrase instead" }).click()
    await other.page.getByLabel("Passphrase", { exact: true }).fill("four plain words here")
    await other.page.getByLabel("The same passphrase again").fill("four plain words here")
    await other.page.getByRole("button", { name: "Protect it" }).click()
    await allOf(other.page, 2)
    await other.page.getByRole("button", { name: /Lock/ }).click()
    await other.page.getByLabel("Passphrase").fill("four plain words here!")
    await other.page.getByRole("button", { name: "Unlock" }).click()
    await other.page.getByText("That does not unlock it.").waitFor()
    await other.page.getByLabel("Passphrase").fill("four plain words here")
    await other.page.getByRole("button", { name: "Unlock" }).click()
    await allOf(other.page, 2)
    assert.deepEqual(other.faults, [])
    await other.context.close()
  })

  it("makes a new secret where the desk replaces a device whose secret this one has", async () => {
    const one = await atDesk(city(), "Zhang")
    const { page, context, faults } = await openPage(demo.browser, one.link)
    context.setDefaultTimeout(60_000)
    const protect = async () => {
      await page.getByRole("button", { name: "Use a passphrase instead" }).click()
      await page.getByLabel("Passphrase", { exact: true }).fill("four plain words here")
      await page.getByLabel("The same passphrase again").fill("four plain words here")
      await page.getByRole("button", { name: "Protect it" }).click()
    }
    await page.getByRole("button", { name: "That is right, go on" }).click()
    await protect()
    await city().desk.confirm(one.code, await digitsOf(page))
    await page.getByRole("button", { name: "Yes, this is me" }).click()
    await page.getByRole("heading", { name: "Recovery code" }).waitFor()
    const first = await page.locator(".groups li").allTextContents()

    const { invitation } = await city().desk.invite(one.alias, { isLost: true })
    await page.goto(enrolmentLink(app(), invitation))
    await page.getByRole("button", { name: "That is right, go on" }).click()
    await page.getByLabel("Passphrase").fill("four plain words here")
    await page.getByRole("button", { name: "Unlock" }).click()
    await city().desk.confirm(invitation.code, await digitsOf(page))
    await page.getByRole("button", { name: "Yes, this is me" }).click()
    await page.getByRole("heading", { name: "This needs a new secret" }).waitFor()
    assert.deepEqual(await violations(page), [])
    assert.equal((await city().desk.standing(one.alias)).pendingFrom, undefined, "nothing is signed yet")
    await protect()
    await page.getByRole("heading", { name: "Recovery code" }).waitFor()
    assert.notDeepEqual(await page.locator(".groups li").allTextContents(), first)
    assert.ok((await city().desk.standing(one.alias)).pendingFrom)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("whom somebody else has overtaken learns so, and the desk's wrong digits end it for both", async () => {
    const { link, code } = await atDesk(city(), "Qian")
    const thief = await openPage(demo.browser, link)
    await addAuthenticator(thief.context, thief.page)
    await thief.page.getByRole("button", { name: "That is right, go on" }).click()
    await thief.page.getByRole("button", { name: "Protect it with a passkey" }).click()
    const shown = await digitsOf(thief.page)
    const { page, context } = await openPage(demo.browser, link)
    await addAuthenticator(context, page)
    await page.getByRole("button", { name: "That is right, go on" }).click()
    await page.getByRole("button", { name: "Protect it with a passkey" }).click()
    await page.getByText("This code was used already.").waitFor()
    const wrong = String((Number(shown) + 1) % 1_000_000).padStart(6, "0")
    await assert.rejects(city().desk.confirm(code, wrong), { code: "digits_differ" })
    await thief.page.getByText("There is no such code, or it has died.").waitFor()
    await assert.rejects(city().desk.confirm(code, shown), { code: "unknown_code" })
    await thief.context.close()
    await context.close()
  })

  it("is led nowhere by a link of another network, or one that was changed", async () => {
    const { link } = await atDesk(city(), "Sun")
    for (const other of [link.slice(0, -4), `${app()}/#enrol=AAAA`]) {
      const { page, context } = await openPage(demo.browser, other)
      await page.getByText("Nothing was joined.").waitFor()
      await context.close()
    }
  })
})
