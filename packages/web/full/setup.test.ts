// needs: chromium
import assert from "node:assert/strict"
import { mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { type Child, Cli } from "@aceso/cli/testing/aceso.ts"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import type { Browser, Locator, Page } from "playwright-core"
import { builtPages } from "../build.ts"
import { englishShown, type Opened, openBrowser, openPage, violations } from "../testing/browser.ts"
import { joinAsStaff, typeDigits } from "../testing/joining.ts"
import { scannedFrom } from "../testing/qr.ts"

/** From two empty folders to a network of two, and from there to staff and a patient, in browsers alone. */
const CODE = /the code: ([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})\n(?![\s\S]*the code:)/
const PHONE = { width: 360, height: 780 }
const SHOTS = process.env.ACESO_SHOTS

const button = (page: Page | Locator, name: string | RegExp) => page.getByRole("button", { name })
const said = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()
const step = (page: Page, n: number) => page.locator(`[data-step="${n}"]`)
/** What has the focus, and what it is called. */
const focused = async (page: Page): Promise<string> => {
  await page.waitForFunction(() => document.activeElement !== document.body)
  return page.evaluate(() => {
    const one = document.activeElement as HTMLInputElement
    return `${one.tagName} ${one.labels?.[0]?.textContent ?? one.textContent ?? ""}`.replace(/\s+/g, " ")
  })
}
const isNow = (page: Page, n: number) => page.locator(`[data-step="${n}"].now`).waitFor()

describe("the first start", () => {
  const cli = new Cli("setup-page")
  const at = (...names: string[]) => join(cli.folder, ...names)
  let browser: Browser
  let ports: readonly number[]
  const setups = {} as Record<"authority" | "clinic", { child: Child; url: string }>
  const pages = {} as Record<"authority" | "clinic", Opened>

  before(async () => {
    await builtPages(() => {})
    ports = await freePorts(2)
    browser = await openBrowser()
    mkdirSync(at("empty"))
  })
  after(async () => {
    await browser?.close()
    await cli.end()
  })

  async function open(url: string, looks: Parameters<typeof openPage>[2] = {}): Promise<Opened> {
    const opened = await openPage(browser, url, looks)
    opened.context.setDefaultTimeout(60_000)
    return opened
  }
  async function begin(who: "authority" | "clinic", more = ""): Promise<void> {
    const child = cli.startTyped(`setup --folder ${who} --port 0${more}`)
    const [, url] = await child.says(/open in a browser on this machine: (http:\/\/127\.0\.0\.1:\d+\/)/)
    await child.says(CODE)
    setups[who] = { child, url }
  }
  /** What stands last in the terminal. */
  const codeIn = async (who: "authority" | "clinic") => (await setups[who].child.says(CODE))[1]
  /** Somebody presses Enter there. */
  async function anotherCode(who: "authority" | "clinic"): Promise<string> {
    const before = await codeIn(who)
    setups[who].child.type("")
    for (;;) {
      const now = await codeIn(who)
      if (now !== before) return now
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  async function enter({ page }: Opened, code: string): Promise<void> {
    await page.getByLabel("Code").fill(code)
    await page.keyboard.press("Enter")
    await page.locator("[data-step].now").waitFor()
  }
  async function shot(page: Page, name: string): Promise<void> {
    if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true })
  }
  /** What every step has to bear: both themes, a phone, Chinese. */
  async function looksRight({ page }: Opened, name: string): Promise<void> {
    const narrow = () =>
      page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)
    for (const scheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme: scheme })
      assert.deepEqual(await violations(page), [], `${name} ${scheme}`)
    }
    await shot(page, `${name}-en-1440`)
    await page.setViewportSize(PHONE)
    assert.ok(await narrow(), `${name} is wider than a phone`)
    await page.getByLabel("Language").selectOption("zh")
    await page.getByText("建立自己的机构节点").waitFor()
    assert.deepEqual(await englishShown(page), [], name)
    assert.ok(await narrow(), `${name} in Chinese is wider than a phone`)
    await shot(page, `${name}-zh-360`)
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.getByLabel("语言").selectOption("en")
    await page.getByText("An organisation of your own").waitFor()
  }
  async function makeOrganisation(
    { page }: Opened,
    name: string,
    member: string,
    kind: string,
    port: number,
  ) {
    await page.getByLabel("Full name").fill(name)
    await page.getByLabel("Short name").fill(member)
    await page.getByLabel("What it is").selectOption({ label: kind })
    await page.getByLabel("Where others reach the node").fill(`http://localhost:${port}`)
    await button(page, "Make keys and folder").click()
    await isNow(page, 2)
  }
  async function saved(page: Page, name: "application" | "invitation"): Promise<Buffer> {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      button(page, `Save ${name}.json`).click(),
    ])
    return readFileSync(await download.path())
  }
  const json = (name: string, buffer: Buffer) => ({
    name: `${name}.json`,
    mimeType: "application/json",
    buffer,
  })

  it("asks for the code of the terminal; a wrong one, and one that was used, are told so", async () => {
    await begin("clinic")
    pages.clinic = await open(setups.clinic.url)
    const { page } = pages.clinic
    await page.getByLabel("Code").fill("0000-0000-0000-0000")
    await page.keyboard.press("Enter")
    await said(page, "This is not the code that stands in the terminal.")
    assert.match(await focused(page), /^INPUT/)
    await looksRight(pages.clinic, "code")
    const code = await codeIn("clinic")
    await enter(pages.clinic, code.toLowerCase())
    assert.match(await focused(page), /^H2 Your organisation/)
    const second = await open(setups.clinic.url)
    await second.page.getByLabel("Code").fill(code)
    await second.page.keyboard.press("Enter")
    await said(second.page, "This code was used already")
    await second.context.close()
  })

  it("ends when the code is guessed, and says so in one sentence", async () => {
    const child = cli.startTyped("setup --folder guessed --port 0")
    const [, url] = await child.says(/(http:\/\/127\.0\.0\.1:\d+\/)/)
    const guesser = await open(url)
    const { page } = guesser
    for (let n = 1; n <= 5; n++) {
      await page.getByLabel("Code").fill(`0000-0000-0000-000${n}`)
      const answered = page.waitForResponse(/enter$/)
      await page.keyboard.press("Enter")
      await answered
      if (n < 5) await page.locator('button:not([aria-disabled="true"])', { hasText: "Go on" }).waitFor()
    }
    await said(page, "Five wrong codes were typed, so the process in the terminal has ended.")
    assert.equal(await child.ended, 1)
    await guesser.context.close()
  })

  it("makes an organisation, and says at each field what is wrong", async () => {
    const { page } = pages.clinic
    await button(page, "Make keys and folder").click()
    await said(page, "Write a name of 1 to 100 letters")
    assert.match(await focused(page), /^INPUT Full name/)
    await page.getByLabel("Where others reach the node").fill("http://node.hospital.example")
    await page.getByLabel("Full name").fill("Clinic")
    await page.getByLabel("Short name").fill("clinic")
    await button(page, "Make keys and folder").click()
    await said(page, "plain http is for this machine alone")
    await looksRight(pages.clinic, "organisation")
    await makeOrganisation(pages.clinic, "Clinic", "clinic", "Hospital or clinic", 7)
    assert.match(await focused(page), /^H2 /)
    await page.getByText("Something of it is wrong?").click()
    await looksRight(pages.clinic, "again")
    await button(page, "Begin again").click()
    await isNow(page, 1)
    assert.equal(await page.getByLabel("Short name").inputValue(), "clinic")
    await makeOrganisation(pages.clinic, "Clinic", "clinic", "Hospital or clinic", ports[1])
    await looksRight(pages.clinic, "network")
  })

  let application: Buffer
  let invitation: Buffer
  it("goes on where it was when its process is killed, or the page is loaded again", async () => {
    application = await saved(pages.clinic.page, "application")
    setups.clinic.child.kill("SIGKILL")
    await setups.clinic.child.ended
    await button(pages.clinic.page, "Save application.json").click()
    await said(pages.clinic.page, "The process in the terminal has ended.")
    await pages.clinic.context.close()
    await begin("clinic")
    pages.clinic = await open(setups.clinic.url)
    await enter(pages.clinic, await codeIn("clinic"))
    await isNow(pages.clinic.page, 2)
    assert.deepEqual(await saved(pages.clinic.page, "application"), application)
    await pages.clinic.page.reload()
    await enter(pages.clinic, await anotherCode("clinic"))
    await isNow(pages.clinic.page, 2)
  })

  it("founds a network with the application of another organisation", async () => {
    await begin("authority", " --with clinic")
    pages.authority = await open(setups.authority.url)
    const { page } = pages.authority
    await enter(pages.authority, await codeIn("authority"))
    await makeOrganisation(pages.authority, "Authority", "authority", "Health authority", ports[0])
    await page.getByLabel("Choose files").setInputFiles(json("application", application))
    await button(page, "Leave out clinic").waitFor()
    await page.getByLabel("Name of the network").fill("North!")
    await button(page, "Found the network").click()
    await said(page, "Something is not filled in as it should be.")
    await looksRight(pages.authority, "found")
    await page.getByLabel("Name of the network").fill("north")
    await button(page, "Found the network").click()
    await isNow(page, 3)
    invitation = await saved(page, "invitation")
  })

  it("joins it by its invitation, with what the founder reads out of the hash", async () => {
    const { page } = pages.clinic
    await page.getByLabel("Choose files").setInputFiles(json("application", application))
    await said(page, "This is not the file that is wanted here.")
    await page.getByLabel("Choose files").setInputFiles(json("invitation", invitation))
    await said(page, "An invitation to north, founded by authority.")
    const read = (n: number) =>
      step(pages.authority.page, 2)
        .locator(".groups li")
        .nth(n - 1)
        .locator("code")
        .textContent()
    const asked = (await page.locator(".asked label").allTextContents()).map((text) =>
      Number(/\d+/.exec(text)?.[0]),
    )
    for (const n of asked) await page.getByLabel(`Group ${n}`, { exact: true }).fill("0000")
    await button(page, "It is the same: join").click()
    await said(page, "Nothing was joined.")
    await looksRight(pages.clinic, "join")
    for (const n of asked) await page.getByLabel(`Group ${n}`, { exact: true }).fill(String(await read(n)))
    await button(page, "It is the same: join").click()
    await isNow(page, 3)
    await said(page, /aceso up --folder '<founder-folder>' --with .*clinic/)
    await looksRight(pages.clinic, "not-here")
  })

  it("starts the nodes once the secrets were copied", async () => {
    const { page } = pages.authority
    await button(page, "Start the node").click()
    await said(page, "Copy them first, then say so here.")
    await looksRight(pages.authority, "start")
    await page.getByLabel("I have copied the secrets").check()
    await button(page, "Start the node").click()
    await isNow(page, 4)
    await setups.authority.child.says(new RegExp(`ready in \\d+ ms http://localhost:${ports[1]}`))
    // The other organisation's page notices by itself.
    await isNow(pages.clinic.page, 4)
  })

  let head: Opened
  it("lets the first administrator in by a device of their own", async () => {
    const { page } = pages.clinic
    await looksRight(pages.clinic, "administrator")
    await page.getByLabel("Name to sign in with").fill("head")
    assert.equal(await page.getByLabel("Role besides").inputValue(), "patient-relations")
    await button(page, "Make the invitation").click()
    const link = await scannedFrom(page)
    assert.equal(await page.getByRole("link", { name: "On this device" }).getAttribute("href"), link)
    await looksRight(pages.clinic, "invited")
    head = await open(link)
    await typeDigits(page, await joinAsStaff(head))
    await isNow(page, 5)
    await looksRight(pages.clinic, "further")
    await button(head.page, /^head Lock/).waitFor()
  })

  it("and from there staff are invited, and a patient is registered", async () => {
    const [staff, patient] = await Promise.all(
      ["Invite staff", "Register a patient"].map((name) =>
        pages.clinic.page.getByRole("link", { name }).getAttribute("href"),
      ),
    )
    await head.page.goto(String(staff))
    await head.page.getByLabel("Name to sign in with").fill("dr-lin")
    await head.page.getByLabel("Role").selectOption("doctor")
    await button(head.page, "Make the invitation").click()
    const doctor = await open(await scannedFrom(head.page))
    await typeDigits(head.page, await joinAsStaff(doctor))
    await said(head.page, "dr-lin works here from now on.")
    await head.page.goto(String(patient))
    await head.page.getByLabel("Family name").fill("Zhao")
    await head.page.getByLabel("Given names").fill("Yu")
    await head.page.getByLabel("Birth date").fill("1988-02-03")
    await head.page.getByLabel("Sex").selectOption("female")
    await head.page.getByLabel("Which document did you check?").selectOption("none")
    await button(head.page, "Register").click()
    await said(head.page, /Zhao is registered as person-/)
    for (const { faults } of [head, doctor]) assert.deepEqual(faults, [])
  })

  it("is over when it is closed, and the node goes on", async () => {
    const { page } = pages.clinic
    // Nodes have nothing of it.
    for (const path of ["/setup.html", "/setup", "/setup/state", "/open/../setup.html"])
      assert.equal((await fetch(`http://localhost:${ports[1]}${path}`)).status, 404, path)
    await button(page, "Close this page for good").click()
    await said(page, "This page is closed.")
    assert.equal(await setups.clinic.child.ended, 0, setups.clinic.child.err)
    const status = await cli.json<{ isStarted: boolean }>("status --folder clinic")
    assert.equal(status.isStarted, true)
    assert.equal(await setups.authority.child.stop("SIGTERM"), 0, setups.authority.child.err)
    for (const { child } of Object.values(setups)) {
      const { seed } = JSON.parse(readFileSync(at("clinic", "people", "administrator.json"), "utf8"))
      assert.ok(!`${child.out}${child.err}`.includes(seed))
    }
  })
})
