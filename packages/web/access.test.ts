// needs: chromium
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { after, before, describe, it } from "node:test"
import { acceptInvitation, delegateCode, PatientClient, StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { patientOf } from "@aceso/consortium/testing/story.ts"
import {
  account,
  type Card,
  type Cbor,
  card as cardSchema,
  decodeCbor,
  delegateAcceptance,
  delegateInvitation,
  encodeCbor,
  fromHex,
  ownRecords,
  randomBytes,
  type Schema,
} from "@aceso/core"
import type { BrowserContext, Download, Locator, Page } from "playwright-core"
import { delegateCalls } from "./session/patient/delegates.ts"
import { Known } from "./session/patient/known.ts"
import { follow, openPage, violations } from "./testing/browser.ts"
import { demoInBrowser } from "./testing/demo.ts"

const demo = demoInBrowser("access")

const CITY = "city-hospital"
const address = (who: string, path = "") =>
  `${(demo.network.start ?? "").replace(/demo\/$/, "")}#demo=${who}${path}`
const doctor = (): StaffClient => {
  const { node, seed } = readJson(layout(demo.folder).person("county-doctor")) as {
    node: string
    seed: string
  }
  return new StaffClient(node, fromHex(seed))
}
const saved = async (download: Download): Promise<string> => readFileSync(await download.path(), "utf8")
const go = async (page: Page, link: string, heading: string): Promise<void> => {
  await page.getByRole("navigation").getByRole("link", { name: link }).click()
  await page.getByRole("heading", { name: heading, level: 1 }).waitFor()
}
/** In both themes, and on a phone. */
async function mustBeClean(page: Page): Promise<void> {
  for (const [colorScheme, width] of [
    ["light", 1440],
    ["dark", 360],
  ] as const) {
    // A colour on its way from one theme to the other is none of either.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    // High enough that nothing lies behind the navigation at the bottom, from where it can be scrolled.
    await page.setViewportSize({ width, height: 4000 })
    assert.deepEqual(await violations(page), [], `${page.url()} ${colorScheme}`)
    const [scroll, client] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ])
    assert.ok(scroll <= client, `${page.url()} is wider than ${width} px`)
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" })
  await page.setViewportSize({ width: 1440, height: 900 })
}
/** What the doctor is given of the patient's records at City Hospital. */
async function read(card: Card) {
  const { custodian, handle } = card.statements.find((one) => one.custodian === CITY) ?? card.statements[0]
  const answer = await doctor().history([{ custodian, handle }], "TREAT")
  return answer.custodians.find((one) => one.custodian === CITY)
}
const decided = (page: Page): Locator => page.locator(".decision")

describe("who may see what", () => {
  let page: Page
  let card: Card
  let faults: string[]
  let close: () => Promise<void>
  before(async () => {
    const opened = await openPage(demo.browser, address("patient-1"))
    page = opened.page
    faults = opened.faults
    close = () => opened.context.close()
    await page.getByRole("heading", { name: "My records" }).waitFor()
  })
  after(() => close())

  it("a card for a hospital is shown as a code and handed over as a file, with which its doctor asks", async () => {
    await go(page, "Card", "Card for a visit")
    await page.getByLabel("For which organisation?").selectOption("county-hospital")
    await page.getByRole("button", { name: "Make a card" }).click()
    await page.getByRole("img", { name: "Card for County Hospital as a code to scan" }).waitFor()
    await page.getByText(/^Valid for 1?\d more minutes?$/).waitFor()
    await mustBeClean(page)
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as a file" }).click(),
    ])
    card = cardSchema.parse(JSON.parse(await saved(download)), "card", "json")
    await doctor().request(card, {
      ...{ purpose: "TREAT", classes: ["Condition", "Observation"], reason: "Chest pain" },
      until: Date.now() + 20 * 86_400_000,
    })
  })

  it("the request is counted, shown with who and why, and approved for less than was asked", async () => {
    await page.evaluate(() => globalThis.dispatchEvent(new Event("focus")))
    await page.getByRole("link", { name: "Requests 1" }).waitFor()
    await go(page, "Requests", "Requests")
    await page.getByText("Chest pain").waitFor()
    await page
      .getByRole("heading", { name: /\(doctor\) of County Hospital asks to see your records$/ })
      .waitFor()
    await mustBeClean(page)
    await page.getByRole("button", { name: /^Decide/ }).click()
    // Neither a longer time nor another kind can be chosen.
    assert.equal(await page.getByLabel("In 30 days").count(), 0)
    await page.getByLabel("Only some of it").check()
    assert.equal(await page.getByLabel("allergies").count(), 0)
    await page.getByLabel("measurements", { exact: true }).uncheck()
    await page.getByRole("button", { name: "Look at what this opens" }).click()
    await page
      .getByText(/^It opens \d+ of your \d+ records of today there\./)
      .first()
      .waitFor()
    await mustBeClean(page)
    await page.getByRole("button", { name: "Sign and allow" }).click()
    await page.getByText(/^Allowed at .*City Hospital.*\. It holds at once\.$/).waitFor()
    await page.getByText("Nobody waits for your decision.").waitFor()
    await page.getByRole("link", { name: "Requests", exact: true }).waitFor()
    const got = await read(card)
    assert.equal(got?.outcome, "answered")
  })

  it("who looked shows it: who, why, by which permission, and the records by title", async () => {
    await go(page, "Who looked", "Who looked")
    const entry = page.locator(".entry", { hasText: "(doctor) of County Hospital, for treatment" }).first()
    await entry.getByText(/^Allowed by your permission of /).waitFor()
    await entry.getByText("First time", { exact: true }).waitFor()
    await page.getByText("Complete: every entry is there").first().waitFor()
    // What it opened is read from the line that the ledger has.
    while ((await entry.getByText("On its way to the ledger").count()) > 0) {
      await go(page, "Sharing", "Who may see your records")
      await go(page, "Who looked", "Who looked")
      await entry.waitFor()
    }
    await entry.getByText("Which records").click()
    await entry.locator(".titles li").first().waitFor()
    await mustBeClean(page)
  })

  it("one button takes it back: the doctor is refused, and the page shows the refusal", async () => {
    await go(page, "Sharing", "Who may see your records")
    await decided(page)
      .getByText(/^County Hospital may see only diagnoses at .*City Hospital.*, for treatment/)
      .waitFor()
    await mustBeClean(page)
    const back = page.getByRole("button", { name: /^Take back: County Hospital/ })
    await back.press("Enter")
    await page.getByRole("dialog").waitFor()
    assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), "Cancel")
    await page.keyboard.press("Escape")
    await page.getByRole("dialog").waitFor({ state: "detached" })
    assert.ok(await back.evaluate((button) => button === document.activeElement))
    await back.click()
    const dialog = page.getByRole("dialog", { name: "Take this back?" })
    await dialog.getByText("nobody can take that back").waitFor()
    await mustBeClean(page)
    await dialog.getByRole("button", { name: "Take back" }).click()
    await page.getByText(/^Taken back: .*City Hospital/).waitFor()
    await page.getByText("No other organisation may see your records.").waitFor()
    await page.getByText("Its own staff, who treat you there, need no permission of yours").waitFor()
    assert.equal(await decided(page).count(), 0)
    const got = await read(card)
    assert.deepEqual([got?.outcome, got?.code], ["refused", "policy_missing"])
    await go(page, "Who looked", "Who looked")
    const refused = page.locator(".entry", { hasText: "Refused: no consent of yours permits it" }).first()
    await refused.getByText("Nothing was opened").waitFor()
  })

  it("three steps allow an organisation what the preview counted, and no more", async () => {
    await go(page, "Sharing", "Who may see your records")
    await page.getByRole("link", { name: "Allow somebody" }).click()
    await page.getByLabel("County Hospital").check()
    await mustBeClean(page)
    await page.getByRole("button", { name: "Next" }).click()
    await page.getByLabel("Only some kinds").check()
    await page.getByRole("button", { name: "Next" }).click()
    await page.getByText("Choose at least one kind.").waitFor()
    await page.getByLabel("diagnoses and problems").check()
    await page.getByLabel("allergies").check()
    await mustBeClean(page)
    await page.getByRole("button", { name: "Next" }).click()
    assert.ok(await page.getByLabel("In 7 days").isChecked())
    await page.getByLabel("When this visit ends").check()
    await mustBeClean(page)
    await page.getByRole("button", { name: "Look at what this opens" }).click()
    const at = page.locator("section.at", { has: page.getByRole("heading", { name: "City Hospital" }) })
    const said = await at.getByText(/^\s*It opens/).textContent()
    const [, opened] = /opens (\d+) of your/.exec(said ?? "") ?? []
    const [, earlier = "0"] = /And (\d+) earlier/.exec(said ?? "") ?? []
    assert.ok(Number(opened) > 0, said ?? "")
    await at.getByText("Which records").click()
    await at.locator(".titles li").first().waitFor()
    assert.equal(await at.locator(".titles li").count(), Number(opened))
    await page.getByText("Later records of the same kinds are included, until it ends.").waitFor()
    await mustBeClean(page)
    await page.getByRole("button", { name: "Sign and allow" }).click()
    await page.getByText("County Hospital has what it needs to read.").waitFor()
    await mustBeClean(page)
    const got = await read(card)
    assert.equal(got?.outcome, "answered")
    assert.equal(got?.released, Number(opened) + Number(earlier), said ?? "")
  })

  it("who gets the records of two places is told to get two people, until a card makes them one", async () => {
    await go(page, "Sharing", "Who may see your records")
    await page.getByRole("link", { name: "Allow somebody" }).click()
    await page.getByLabel("National Health Insurance").check()
    await page.getByRole("button", { name: "Next" }).click()
    await page.getByRole("button", { name: "Next" }).click()
    await page.getByRole("button", { name: "Look at what this opens" }).click()
    await page
      .getByText(
        "Where it has not read your card, National Health Insurance gets this as from 2 patients, one for each place",
      )
      .waitFor()
    await mustBeClean(page)
    await page.getByRole("button", { name: "Sign and allow" }).click()
    await page.getByText("National Health Insurance has what it needs to read.").waitFor()
    const officer = readJson(layout(demo.folder).person("insurer")) as { node: string; seed: string }
    const staff = new StaffClient(officer.node, fromHex(officer.seed))
    const placesOf = async () => (await staff.visitors()).visitors.map(({ places }) => places.length)
    assert.deepEqual(await placesOf(), [1, 1])
    const portal = await openPage(
      demo.browser,
      `${officer.node.replace("127.0.0.1", "localhost")}/portal/#demo=insurer`,
    )
    await portal.page.getByRole("link", { name: "Visitors" }).first().click()
    await portal.page.getByText("the same person may stand here more than once").waitFor()
    assert.deepEqual(await violations(portal.page), [])
    await portal.context.close()
    const wish = { purpose: "HPAYMT" as const, classes: [], reason: "Bill", until: Date.now() + 86_400_000 }
    await staff.request(patientOf(demo.network, "patient-1", 1).card("insurer", Date.now()), wish)
    assert.deepEqual(await placesOf(), [2])
  })

  it("somebody who is to act is invited, entered by the number on both screens, and ended", async () => {
    await go(page, "Sharing", "Who may see your records")
    await page.getByRole("link", { name: "People who act for you" }).click()
    await page.getByText("Nobody acts for you.").waitFor()
    await page.getByText("Invite somebody").click()
    await page.getByLabel("Name, as your list").fill("Lin Mei")
    await mustBeClean(page)
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Make the invitation" }).click(),
    ])
    const invitation = delegateInvitation.parse(JSON.parse(await saved(download)), "invitation", "json")
    assert.deepEqual([invitation.opening.scope.name, invitation.opening.scope.may], ["Lin Mei", ["read"]])
    const seed = randomBytes(32)
    const accepted = acceptInvitation(invitation, seed, 1)
    await page.getByText("Enter an answer").click()
    // An answer to an invitation that this device never gave is refused before anybody is asked.
    const scope = { ...invitation.opening.scope, may: ["read", "decide"] as const }
    const forged = { ...accepted, opening: { ...invitation.opening, scope } }
    const text = page.getByRole("textbox", { name: "Text", exact: true })
    await text.fill(JSON.stringify(delegateAcceptance.toJson(forged)))
    await page.getByRole("button", { name: "Look at it" }).click()
    await page.getByText("This is not an answer to an invitation of yours.").waitFor()
    await text.fill(JSON.stringify(delegateAcceptance.toJson(accepted)))
    await page.getByRole("button", { name: "Look at it" }).click()
    await page.getByText(delegateCode(accepted.key)).waitFor()
    await page.getByRole("button", { name: "The numbers are the same: enter" }).click()
    await page.getByText("Lin Mei acts for you from now on.").waitFor()
    await page.getByRole("heading", { name: /^Lin Mei \(carer\) acts for you at / }).waitFor()
    // Her own session knows that it is no person's, and what it may do.
    const { custodian, handle, url } = invitation
    const hers = new PatientClient({
      ...{ network: invitation.network, seed, policyDelayMs: 1, isDelegate: true },
      places: [{ custodian, handle, keyNumber: 1, url }],
    })
    assert.deepEqual(await delegateCalls(new Known(hers)).acting(), {
      ...{ isDelegate: true, may: ["read"], why: null },
    })
    await mustBeClean(page)
    await page.getByRole("button", { name: /^End this: Lin Mei/ }).click()
    await page.getByRole("dialog").getByRole("button", { name: "End this" }).click()
    await page.getByText("Nobody acts for you.").waitFor()
    assert.deepEqual(faults, [])
  })
})

describe("a custodian that lies, or is not there", () => {
  let card: Card
  /** Two refusals and a look stand in the audit at City Hospital. */
  before(async () => {
    const patient = patientOf(demo.network, "patient-2", 1)
    card = patient.card("county-hospital", Date.now())
    const wish = { purpose: "TREAT" as const, classes: [], reason: "Fever", until: Date.now() + 86_400_000 }
    for (let i = 0; i < 2; i++) await doctor().request(card, wish)
    await patient.grant({ grantee: "county-hospital", purpose: "TREAT", classes: [], until: wish.until })
    assert.equal((await read(card))?.outcome, "answered")
  })
  /** The answer of a route as somebody else would have it. */
  const answering = <T>(
    context: BrowserContext,
    what: string,
    schema: Schema<T>,
    change: (answer: T, asked: Asked) => T,
  ) =>
    context.route(`**/patient/${what}`, async (route) => {
      if (route.request().method() !== "POST") return route.continue()
      const response = await route.fetch()
      if (response.status() !== 200) return route.fulfill({ response })
      const asked = decodeCbor(route.request().postDataBuffer() ?? new Uint8Array()) as unknown as Asked
      const answer = change(schema.parse(decodeCbor(await response.body()), "answer"), asked)
      return route.fulfill({ response, body: Buffer.from(encodeCbor(answer as unknown as Cbor)) })
    })
  interface Asked {
    readonly fromN: number
    readonly limit: number
  }
  async function opened() {
    const { page, context } = await openPage(demo.browser, address("patient-2"))
    await page.getByRole("heading", { name: "My records" }).waitFor()
    return { page, context }
  }

  it("a line of the audit that lacks is named", async () => {
    const { page, context } = await opened()
    await answering(context, "account", account, (answer) => ({
      ...answer,
      entries: answer.entries.filter(({ n }) => n !== 1),
    }))
    await go(page, "Who looked", "Who looked")
    await page.getByText("Not complete").first().waitFor()
    await page.getByText("entry 1 is missing").first().waitFor()
    await context.close()
  })

  it("records of somebody else among what was opened: red, and what to do", async () => {
    const { page, context } = await opened()
    await answering(context, "records", ownRecords, (answer) => ({
      ...answer,
      records: [],
      next: answer.size,
    }))
    await go(page, "Who looked", "Who looked")
    const entry = page.locator(".entry.bad").first()
    await entry.getByText("This should not have been opened").waitFor()
    await entry.getByText(/^What does not fit/).click()
    await entry
      .getByText(/^line \d+ names a record that is not yours$/)
      .first()
      .waitFor()
    await entry.getByText(/^Ask City Hospital why, and complain/).waitFor()
    await mustBeClean(page)
    await page.getByRole("button", { name: /^Show it/ }).click()
    await page.locator(".entry").nth(0).waitFor({ state: "attached" })
    assert.equal(await page.locator(".entry:not(.bad)").count(), 0)
    await context.close()
  })

  it("five hundred lines are shown by fifties", async () => {
    const { page, context } = await opened()
    await answering(context, "account", account, (answer, { fromN, limit }) => {
      const [first] = answer.entries
      const size = Math.max(0, Math.min(limit, 500 - fromN + 1))
      const entries = first ? Array.from({ length: size }, (_, i) => ({ ...first, n: fromN + i })) : []
      return { ...answer, highest: 500, entries }
    })
    await go(page, "Who looked", "Who looked")
    await page.getByRole("button", { name: /^Show more/ }).waitFor()
    assert.equal(await page.locator(".entry").count(), 50)
    await page.getByRole("button", { name: /^Show more/ }).click()
    assert.equal(await page.locator(".entry").count(), 100)
    await context.close()
  })

  it("one that cannot be reached keeps nobody from seeing the others", async () => {
    const { page, context } = await opened()
    const { url } = demo.network.node(CITY).services.config
    await context.route(`${url}/patient/**`, (route) => route.abort())
    for (const [link, heading] of [
      ["Sharing", "Who may see your records"],
      ["Requests", "Requests"],
    ]) {
      await go(page, link, heading)
      await page
        .getByText(/^City Hospital cannot be reached just now/)
        .first()
        .waitFor()
    }
    await go(page, "Who looked", "Who looked")
    await page.getByText("Could not be reached: who looked there is not shown").waitFor()
    await context.close()
  })
})

describe("in Chinese", () => {
  it("every page has its words", async () => {
    const { page, context, faults } = await openPage(demo.browser, address("patient-3"), {
      language: "zh-CN",
      width: 360,
    })
    await page.getByRole("heading", { name: "我的记录" }).waitFor()
    for (const [path, heading] of [
      ["access", "谁可以查看您的病历"],
      ["access/new", "授权他人查看您的病历"],
      ["requests", "查看请求"],
      ["audit", "谁看过您的病历"],
      ["card", "就诊卡"],
      ["delegates", "代您办理的人"],
    ]) {
      await follow(page, path)
      await page.getByRole("heading", { name: heading, level: 1 }).waitFor()
      const text = await page.locator("#content").textContent()
      assert.doesNotMatch(text ?? "", /\b(access|grant|requests|audit|card|delegates)\.\w/)
      assert.deepEqual(await violations(page), [])
    }
    assert.deepEqual(faults, [])
    await context.close()
  })
})
