// needs: chromium
import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { createHash, X509Certificate } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { gunzipSync } from "node:zlib"
import { type Child, Cli } from "@aceso/cli/testing/aceso.ts"
import { freePorts } from "@aceso/ledger/engines/cometbft/free-ports.ts"
import { builtPages } from "@aceso/web/build.ts"
import { type Opened, openBrowser, openPage, violations } from "@aceso/web/testing/browser.ts"
import { agree, digitsOn, joinAsNew, joinAsStaff, typeDigits } from "@aceso/web/testing/joining.ts"
import { pictureOfCode, scannedFrom } from "@aceso/web/testing/qr.ts"
import type { Browser, Locator, Page } from "playwright-core"

/**
 * The main job of hospitals of their own: nothing of the demo, all of it over HTTPS, in browsers but for what an IT
 * department does at a command line.
 */
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0
const HOMES = ["authority", "city", "county"] as const
type Home = (typeof HOMES)[number]
const NAMES: Readonly<Record<Home, string>> = { authority: "Authority", city: "City", county: "County" }

/** Data that others made, where it lies beside the project; otherwise a small record of our own. */
const SYNTHEA = join(import.meta.dirname, "../../../../shared/data/synthea-r4")
const PERSON = "Elsa"
function record(): string {
  const name = existsSync(SYNTHEA)
    ? readdirSync(SYNTHEA).find((one) => one.startsWith(`${PERSON}_`))
    : undefined
  if (name) return gunzipSync(readFileSync(join(SYNTHEA, name))).toString()
  const patient = { reference: "urn:uuid:7d4e1f0a-0000-4000-8000-000000000001" }
  const resources = [
    {
      resourceType: "Patient",
      id: "p",
      name: [{ family: "Vargas", given: [PERSON] }],
      gender: "female",
      birthDate: "1970-01-31",
    },
    {
      resourceType: "Condition",
      id: "c",
      subject: patient,
      code: { text: "Migraine" },
      recordedDate: "2020-05-01",
    },
    { resourceType: "AllergyIntolerance", id: "a", patient, code: { text: "Penicillin" } },
  ]
  const entry = resources.map((resource, i) => ({
    fullUrl: `urn:uuid:7d4e1f0a-0000-4000-8000-00000000000${i + 1}`,
    resource,
    request: { method: "POST", url: resource.resourceType },
  }))
  return JSON.stringify({ resourceType: "Bundle", type: "transaction", entry })
}

/** As the desk looks for the person. */
function nameIn(text: string): string {
  const { entry } = JSON.parse(text) as {
    entry: { resource: { resourceType: string; name?: { given: string[]; family: string }[] } }[]
  }
  const [name] = entry.find(({ resource }) => resource.resourceType === "Patient")?.resource.name ?? []
  assert.ok(name)
  return `${name.given[0]} ${name.family}`
}
const RECORD = record()
const NAME = nameIn(RECORD)

const PHONE = { width: 360, height: 740, density: 3 }
const button = (page: Page | Locator, name: string | RegExp) => page.getByRole("button", { name })
const link = (page: Page, name: string) => page.getByRole("link", { name, exact: true })
/** On a phone what is used less is behind a button. */
async function go(page: Page, name: string, title = name): Promise<void> {
  const wanted = page.getByRole("navigation").getByRole("link", { name })
  if (!(await wanted.isVisible())) await button(page, "More").click()
  await wanted.click()
  await page.getByRole("heading", { level: 1, name: title }).waitFor()
}
const said = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()

describe("hospitals of their own", { skip: hasOpenssl ? false : "openssl is not installed" }, () => {
  const cli = new Cli("own-hospital")
  const at = (...names: string[]) => join(cli.folder, ...names)
  const certificate = at("certificate.pem")
  const urls = {} as Record<Home, string>
  let app: string
  let node: Child
  let browser: Browser
  const admins = {} as Record<Home, Opened>
  let doctor: Opened
  let phone: Opened

  const open = async (url: string, looks: Parameters<typeof openPage>[2] = {}): Promise<Opened> => {
    const opened = await openPage(browser, url, looks)
    opened.context.setDefaultTimeout(60_000)
    return opened
  }
  const portal = (home: Home) => `${urls[home]}/portal/`
  /** As an administrator whose key lies in the home's folder invites somebody, who joins in a browser. */
  async function joinsByCommand(home: Home, line: string): Promise<Opened> {
    const child = cli.startTyped(`staff invite ${line} --folder ${home} --digits-from -`)
    const [code] = await child.says(/\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b/)
    const opened = await open(`${portal(home)}#join=${code}`)
    const digits = await joinAsStaff(opened)
    child.type(digits)
    assert.equal(await child.ended, 0, child.err)
    return opened
  }
  /** An administrator invites somebody in the page, who joins on a device of their own. */
  async function joinsByPage(home: Home, name: string, role: string): Promise<Opened> {
    const { page } = admins[home]
    await link(page, "Staff").click()
    await link(page, "Invite somebody").click()
    await page.getByLabel("Name to sign in with").fill(name)
    await page.getByLabel("Role").selectOption(role)
    await button(page, "Make the invitation").click()
    const opened = await open(await scannedFrom(page))
    await typeDigits(page, await joinAsStaff(opened))
    await said(page, `${name} works here from now on.`)
    return opened
  }
  /** The person at the desk of an administrator. */
  async function find(home: Home): Promise<Page> {
    const { page } = admins[home]
    await link(page, "Desk").click()
    await page.getByRole("heading", { name: "Find the person first" }).waitFor()
    await page.getByLabel("Name, birth date or record number").fill(NAME)
    await button(page, "Find").click()
    await page
      .locator("main")
      .getByRole("link", { name: new RegExp(NAME) })
      .first()
      .click()
    await button(page, "Let a device join").click()
    return page
  }
  before(async () => {
    await builtPages(() => {})
    const ports = await freePorts(4)
    app = `https://localhost:${ports[3]}`
    cli.environment.NODE_EXTRA_CA_CERTS = certificate
    const argv = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    const out = [
      "-keyout",
      at("key.pem"),
      "-out",
      certificate,
      "-subj",
      "/CN=north",
      "-addext",
      "subjectAltName=DNS:localhost",
    ]
    execFileSync("openssl", [...argv, ...out], { stdio: "ignore" })
    for (const [i, home] of HOMES.entries()) {
      urls[home] = `https://localhost:${ports[i]}`
      const kind = home === "authority" ? "authority" : "custodian"
      await cli.json(
        `init --folder ${home} --member ${home} --name ${NAMES[home]} --kind ${kind} --url ${urls[home]}`,
      )
      mkdirSync(at(home, "tls"), { recursive: true })
      for (const one of ["certificate.pem", "key.pem"]) {
        writeFileSync(at(home, "tls", one), readFileSync(at(one)))
        chmodSync(at(home, "tls", one), 0o600)
      }
    }
    await cli.json(
      `network create --folder authority --network north --app-origin ${app} --with city/application.json county/application.json`,
    )
    for (const home of ["city", "county"]) await cli.json(`join authority/invitation.json --folder ${home}`)
    for (const home of HOMES) {
      const file = at(home, "node.json")
      const config = JSON.parse(readFileSync(file, "utf8"))
      const windows = { commitWindowMs: 1000, disclosureWindowMs: 1000 }
      const served = home === "authority" ? { app: { url: app, port: ports[3], tls: config.tls } } : {}
      writeFileSync(file, JSON.stringify({ ...config, ...windows, ...served }))
    }
    node = cli.start("up --folder authority --with city --with county")
    for (const home of HOMES) await node.says(new RegExp(`^ready in \\d+ ms ${urls[home]}$`, "m"))
    const { publicKey } = new X509Certificate(readFileSync(certificate))
    const pin = createHash("sha256").update(publicKey.export({ type: "spki", format: "der" }))
    browser = await openBrowser([`--ignore-certificate-errors-spki-list=${pin.digest("base64")}`])
  })
  after(async () => {
    await browser?.close()
    await cli.end()
  })

  it("have an administrator in a browser, and a doctor who was invited there", async () => {
    for (const home of ["city", "county"] as const)
      admins[home] = await joinsByCommand(home, "head --administrator --role patient-relations")
    doctor = await joinsByPage("county", "dr-lin", "doctor")
    await link(doctor.page, "Patients").waitFor()
    const banner = doctor.page.getByRole("banner")
    await banner.getByText("County", { exact: true }).waitFor()
    await button(doctor.page, "dr-lin Lock").waitFor()
    assert.deepEqual(await violations(doctor.page), [])
  })

  it("import a person's records, and let the person's phone join at both desks", async () => {
    writeFileSync(at("record.json"), RECORD)
    for (const home of ["city", "county"]) {
      const { status, err } = await cli.run(`import record.json --folder ${home}`)
      assert.equal(status, 0, err)
    }
    const city = await find("city")
    phone = await open(await scannedFrom(city), PHONE)
    assert.equal(new URL(phone.page.url()).origin, app)
    await said(phone.page, "City")
    await typeDigits(city, await joinAsNew(phone))
    await agree(phone.page)
    await said(phone.page, /all \d+ records of 1 organisation match the ledger/)
    const county = await find("county")
    await phone.page.goto(await scannedFrom(county))
    await button(phone.page, "That is right, go on").click()
    await button(phone.page, "Unlock").click()
    await typeDigits(county, await digitsOn(phone.page))
    await button(phone.page, "Yes, this is me").click()
    await said(phone.page, /all \d+ records of 2 organisations match the ledger/)
    assert.deepEqual(await violations(phone.page), [])
  })

  it("a doctor asks with the card from the phone's screen, and the person allows it there", async () => {
    await go(phone.page, "Card", "Card for a visit")
    await phone.page.getByLabel("For which organisation?").selectOption({ label: "County" })
    await button(phone.page, "Make a card").click()
    const picture = { name: "card.png", mimeType: "image/png", buffer: await pictureOfCode(phone.page) }
    assert.deepEqual(await violations(phone.page), [])

    const { page } = doctor
    await link(page, "Scan a card").first().click()
    await page.getByLabel("Card as a file").setInputFiles(picture)
    await page.getByText("It lets County ask City.", { exact: true }).waitFor()
    await said(page, "This person is also a patient of yours")
    await page.getByLabel("Why").fill("Pain in the chest")
    await button(page, "Ask the patient").click()
    await said(page, "The patient has been asked.")

    await go(phone.page, "Requests")
    await said(phone.page, "Pain in the chest")
    await said(phone.page, /\(doctor\) of County asks to see your records$/)
    await button(phone.page, /^Decide/).click()
    await button(phone.page, "Look at what this opens").click()
    await said(phone.page, /^It opens \d+ of your \d+ records of today there\./)
    assert.deepEqual(await violations(phone.page), [])
    await button(phone.page, "Sign and allow").click()
    await said(phone.page, /^Allowed at City\. It holds at once\.$/)

    // The doctor's page says so by itself.
    await said(page, "Every organisation has answered.")
    await link(page, "Open the history").click()
    await page.getByRole("heading", { name: "All records, the newest first" }).waitFor()
    await page.locator(".row").filter({ hasText: "City" }).first().waitFor()
    await said(page, /^\d+ shown and checked against block \d+, 0 withheld, 0 false, 0 damaged/)
    assert.equal(await page.locator(".row s").count(), 0)
    assert.deepEqual(await violations(page), [])
  })

  it("ask in vain once it was taken back, and the person sees who looked", async () => {
    await go(phone.page, "Sharing", "Who may see your records")
    await button(phone.page, /^Take back: County/).click()
    await button(phone.page.getByRole("dialog"), "Take back").click()
    await said(phone.page, /^Taken back: City/)
    await button(doctor.page, "Ask again").click()
    await said(doctor.page, "These lists may be incomplete")
    await said(doctor.page, "Nothing came from City.")
    await said(doctor.page, "No consent of the patient permits this.")
    assert.equal(await doctor.page.locator(".row").filter({ hasText: "City" }).count(), 0)
    assert.deepEqual(await violations(doctor.page), [])

    await go(phone.page, "Who looked")
    const entry = (text: string) =>
      phone.page
        .locator(".entry", { hasText: "dr-lin (doctor) of County, for treatment" })
        .filter({ hasText: text })
    await entry("Refused: no consent of yours permits it").first().waitFor()
    await entry("First time")
      .filter({ hasText: /^.*\d+ records: / })
      .first()
      .waitFor()
    await phone.page
      .locator(".entry", { hasText: "No more: County may see all your records at City" })
      .waitFor()
    // Of what was looked at inside the hospital nobody asked anybody, and it is named all the same.
    await said(phone.page, "dr-lin (doctor) looked at the whole record, for treatment")
    assert.deepEqual(await violations(phone.page), [])
  })

  it("dismiss a doctor, who can do nothing any more", async () => {
    const { page } = admins.county
    await link(page, "Staff").click()
    await page.locator("main").getByRole("link", { name: "dr-lin" }).click()
    await button(page, "End at once").click()
    await button(page.getByRole("dialog"), "End for good").click()
    await said(page, "dr-lin can do nothing here any more.")
    await link(doctor.page, "Visitors").click()
    await said(doctor.page, "This is not for you.")
    await doctor.page.locator("details", { hasText: "this key belongs to nobody" }).first().waitFor()
  })

  it("end without a fault in any page", async () => {
    for (const { faults } of [...Object.values(admins), doctor, phone]) assert.deepEqual(faults, [])
    assert.equal(await node.stop("SIGTERM"), 0, node.err)
  })
})
