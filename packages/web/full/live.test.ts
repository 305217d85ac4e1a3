// needs: chromium
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { describe, it, type TestContext } from "node:test"
import type { Page } from "playwright-core"
import { openPage, violations } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"

const [CITY, CLINIC, COUNTY] = ["city-hospital", "community-clinic", "county-hospital"]
/** Every poll of a page waits longer than this. */
const SHORTEST_POLL_MS = 2_000

const demo = demoInBrowser("live")

/** A page in which no timer of a poll ever fires and nothing tells that it is seen again: whatever changes, the stream brought. */
async function stillPage(test: TestContext, url: string) {
  const opened = await openPage(demo.browser, "about:blank")
  test.after(() => opened.context.close())
  opened.page.setDefaultTimeout(60_000)
  await opened.page.addInitScript((shortestMs) => {
    const later = window.setTimeout.bind(window)
    const every = window.setInterval.bind(window)
    const isPoll = (ms: unknown) => Number(ms) >= shortestMs
    Object.assign(window, {
      setTimeout: (work: () => void, ms?: number) => (isPoll(ms) ? 0 : later(work, ms)),
      setInterval: (work: () => void, ms?: number) => (isPoll(ms) ? 0 : every(work, ms)),
    })
    const listen = window.addEventListener.bind(window)
    window.addEventListener = ((name: string, ...rest: [EventListener]) => {
      if (name !== "focus") listen(name, ...rest)
    }) as typeof window.addEventListener
  }, SHORTEST_POLL_MS)
  await opened.page.goto(url)
  return opened
}
/** Counts what this page asks of a route. */
function asked(page: Page, path: string): () => number {
  let n = 0
  page.context().on("request", (request) => {
    if (request.method() === "POST" && new URL(request.url()).pathname === path) n++
  })
  return () => n
}
const appOf = (who: string, path = "") =>
  `${(demo.network.start ?? "").replace(/demo\/$/, "")}#demo=${who}${path}`
const portalOf = (member: string, who: string, path = "") =>
  `${demo.network.node(member).services.config.url.replace("127.0.0.1", "localhost")}/portal/#demo=${who}${path}`
const streamsAt = (member: string) => demo.network.node(member).services.live.open
/** Until so many listen there. */
async function untilListening(member: string, n: number): Promise<void> {
  const until = Date.now() + 60_000
  while (streamsAt(member) !== n) {
    assert.ok(Date.now() < until, `${streamsAt(member)} listen at ${member}, not ${n}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe("pages change by themselves", () => {
  it("a request appears, its answer comes back, and what is taken back is refused at the next look", async (test) => {
    const patient = await stillPage(test, appOf("patient-1"))
    const person = patient.page
    await person.getByRole("heading", { name: "My records" }).waitFor()
    await untilListening(CITY, 1)
    await untilListening(CLINIC, 1)
    await person.getByRole("navigation").getByRole("link", { name: "Card" }).click()
    await person.getByLabel("For which organisation?").selectOption(COUNTY)
    await person.getByRole("button", { name: "Make a card" }).click()
    const [download] = await Promise.all([
      person.waitForEvent("download"),
      person.getByRole("button", { name: "Save as a file" }).click(),
    ])
    const card = readFileSync(await download.path())
    await person.getByRole("navigation").getByRole("link", { name: "Requests" }).click()
    await person.getByText("Nobody waits for your decision.").waitFor()
    const looks = asked(person, "/patient/requests")

    const doctors = await stillPage(test, portalOf(COUNTY, "county-doctor"))
    const doctor = doctors.page
    const asks = asked(doctor, "/staff/request")
    await untilListening(COUNTY, 1)
    await doctor.getByRole("link", { name: "Scan a card", exact: true }).first().click()
    await doctor
      .getByLabel("Card as a file")
      .setInputFiles({ name: "card.json", mimeType: "application/json", buffer: card })
    await doctor.getByLabel("Why").fill("Chest pain")
    await doctor.getByRole("button", { name: "Ask the patient" }).click()
    await doctor.getByText("The patient has been asked.").waitFor()

    // Nobody has touched the patient's page.
    await person.getByText("Chest pain").first().waitFor()
    await person.getByRole("link", { name: "Requests 1" }).waitFor()
    // The page and the number in the menu: for each of both places at its news, at most twice.
    assert.ok(looks() > 0 && looks() <= 24, `${looks()} looks`)

    await person.getByRole("button", { name: /^Decide/ }).click()
    await person.getByRole("button", { name: "Look at what this opens" }).click()
    await person.getByRole("button", { name: "Sign and allow" }).click()
    await person
      .getByText(/It holds at once\./)
      .first()
      .waitFor()
    await doctor.getByText("Every organisation has answered.").waitFor()
    assert.ok(asks() <= 8, `${asks()} times asked`)
    assert.deepEqual(await violations(doctor), [])
    await doctor.getByRole("link", { name: "Open the history" }).click()
    await doctor.locator(".row").filter({ hasText: "City Hospital" }).first().waitFor()

    await person.getByRole("navigation").getByRole("link", { name: "Sharing" }).click()
    await person
      .getByRole("button", { name: /^Take back: County Hospital/ })
      .first()
      .click()
    await person.getByRole("dialog").getByRole("button", { name: "Take back" }).click()
    await person.getByText(/^Taken back: /).waitFor()
    await doctor.getByRole("button", { name: "Ask again" }).click()
    await doctor.locator(".row").filter({ hasText: "City Hospital" }).first().waitFor({ state: "detached" })

    assert.deepEqual([patient.faults, doctors.faults], [[], []])
    for (const { context } of [patient, doctors]) await context.close()
    for (const member of [CITY, CLINIC, COUNTY]) await untilListening(member, 0)
  })

  it("a page that is not seen listens to nobody, and hears again when it is", async (test) => {
    const { page, context, faults } = await openPage(demo.browser, portalOf(CITY, "city-admin"))
    test.after(() => context.close())
    await untilListening(CITY, 1)
    const see = (state: "hidden" | "visible") =>
      page.evaluate((now) => {
        Object.defineProperty(document, "visibilityState", { configurable: true, get: () => now })
        document.dispatchEvent(new Event("visibilitychange"))
      }, state)
    await see("hidden")
    await untilListening(CITY, 0)
    await see("visible")
    await untilListening(CITY, 1)
    // Within one turn: what ends and what begins do not stand in each other's way.
    await page.evaluate(() => {
      for (const now of ["hidden", "visible"]) {
        Object.defineProperty(document, "visibilityState", { configurable: true, get: () => now })
        document.dispatchEvent(new Event("visibilitychange"))
      }
    })
    await untilListening(CITY, 1)
    assert.deepEqual(faults, [])
    await context.close()
    await untilListening(CITY, 0)
  })

  it("says in words that nobody can be reached, and takes it back when somebody can", async (test) => {
    const { page, context } = await openPage(demo.browser, portalOf(CITY, "city-admin"))
    test.after(() => context.close())
    page.setDefaultTimeout(60_000)
    const offline = page.getByText("Not connected. What you see may be out of date")
    await untilListening(CITY, 1)
    await context.route("**/staff/live", (route) => route.abort())
    const { staff } = demo.network.node(CITY).services
    const all = staff.all
    // Ends the stream that is open, as a node does that goes away.
    staff.take([])
    staff.take(all)
    await offline.waitFor()
    assert.deepEqual(await violations(page), [])
    await context.unroute("**/staff/live")
    await offline.waitFor({ state: "detached" })
    await untilListening(CITY, 1)
  })
})
