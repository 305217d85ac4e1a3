// needs: chromium
import assert from "node:assert/strict"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, before, describe, it } from "node:test"
import { StaffClient } from "@aceso/client"
import { layout, readJson, writeJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { populate } from "@aceso/consortium/people.ts"
import { patientOf } from "@aceso/consortium/testing/story.ts"
import { recoveries } from "@aceso/contracts"
import { fromHex, utf8 } from "@aceso/core"
import { noteBackup } from "@aceso/server/home/backups.ts"
import type { Browser, Page } from "playwright-core"
import { builtPages } from "../build.ts"
import { englishShown, follow, type Opened, openBrowser, openPage, violations } from "../testing/browser.ts"

const CITY = "city-hospital"
const COUNTY = "county-hospital"
const PHONE = { width: 360, height: 780 }
let folder: string
let pages: string
let network: DemoNetwork
let browser: Browser
const opened: Opened[] = []

const open = async () => {
  network = await DemoNetwork.open({ folder, port: 0, pages })
}
const city = () => network.node(CITY).services
const vaultOf = () => join(layout(folder).node(CITY), "vault")
const FILES = ["vault.db", "keyring.db"]
/** What an operator does while the node runs. */
function backup(): void {
  for (const name of FILES) {
    const db = new DatabaseSync(join(vaultOf(), name), { readOnly: true })
    db.exec(`VACUUM INTO '${join(folder, `backup-${name}`)}'`)
    db.close()
  }
}
async function reopenRestored(): Promise<void> {
  await network.close()
  rmSync(vaultOf(), { recursive: true })
  mkdirSync(vaultOf(), { mode: 0o700 })
  for (const name of FILES) cpSync(join(folder, `backup-${name}`), join(vaultOf(), name))
  await open()
  // A demo writes down its people where nobody recovers; here their nodes have other ports now.
  const person = readJson(layout(folder).person("patient-1")) as { places: { custodian: string }[] }
  const places = person.places.map((one) => ({
    ...one,
    url: network.node(one.custodian).services.config.url,
  }))
  writeJson(layout(folder).person("patient-1"), { ...person, places })
}
const staff = (member: string, name: string) => {
  const { seed } = readJson(layout(folder).person(name)) as { seed: string }
  return new StaffClient(network.node(member).services.config.url, fromHex(seed))
}
async function flushAll(): Promise<void> {
  await city().committer.flush()
  await city().disclosures.flush()
}
async function visit(alias: string, id: string): Promise<void> {
  const patient = await city().vault.patient({ alias })
  const resource = {
    ...{ resourceType: "Observation", id, status: "final", code: { text: "seen since the backup" } },
    subject: { reference: `Patient/${patient?.fhirId}` },
  }
  const { resources } = await city().importer.import(utf8(JSON.stringify(resource)), id)
  assert.equal(resources, 1)
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-recovery-pages-"))
  pages = await builtPages(() => {})
  await open()
  await populate(network)
  const patient = patientOf(network, "patient-1", 1)
  const place = patient.places.find(({ custodian }) => custodian === CITY)
  assert.ok(place)
  const until = Date.now() + 86_400_000
  const [granted] = await patient.grant({ grantee: COUNTY, purpose: "TREAT", classes: [], until }, CITY)
  await patient.deliver(network.node(COUNTY).services.config.url, [granted.copy])
  await city().policies.flush()
  await flushAll()
  backup()
  await visit("patient-1", "since-1")
  await flushAll()
  const shown = await staff(COUNTY, "county-doctor").history([place], "TREAT")
  assert.equal(shown.custodians[0].outcome, "answered")
  // A decision about another patient, which is lost with the vault.
  const admin = staff(CITY, "city-admin")
  const [, other] = await city().vault.patients()
  const record = (await city().vault.log(other.handle)).find(({ type }) => type === "Encounter")
  assert.ok(record)
  await admin.joins.misfiled(other.alias, `Encounter/${record.fhirId}`, "not this patient's", null)
  await flushAll()
  await reopenRestored()
  assert.ok(city().readiness.recovery)
  browser = await openBrowser()
})
after(async () => {
  const faults = opened.flatMap((one) => one.faults)
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
  // A refusal by a node that is being recovered is one line of the browser's own each.
  assert.deepEqual(
    faults.filter((one) => !/Failed to load resource: the server responded with a status of 503/.test(one)),
    [],
  )
})

async function at(member: string, who: string, looks: Parameters<typeof openPage>[2] = {}): Promise<Page> {
  const portal = network.node(member).services.config.url.replace("127.0.0.1", "localhost")
  const one = await openPage(browser, `${portal}/portal/#demo=${who}`, looks)
  one.context.setDefaultTimeout(60_000)
  opened.push(one)
  await one.page.locator("nav a").first().waitFor()
  return one.page
}
/** Whoever opens the page again, as after a reload. */
async function anew(page: Page, who: string): Promise<void> {
  const portal = page.url().replace(/#.*/, "")
  await page.goto("about:blank")
  await page.goto(`${portal}#demo=${who}`)
}
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true })
const said = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()
const inDialog = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true }).press("Enter")
/** In both themes and at both widths. */
async function mustBeClean(page: Page): Promise<void> {
  for (const [colorScheme, width] of [
    ["light", 1440],
    ["dark", 360],
  ] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    await page.setViewportSize({ width, height: 4000 })
    assert.deepEqual(await violations(page), [], `${page.url()} ${colorScheme}`)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    assert.ok(wide <= width, `${page.url()} is wider than ${width} px: ${wide}`)
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" })
  await page.setViewportSize({ width: 1440, height: 900 })
}

describe("a hospital whose vault is older than the ledger", () => {
  let admin: Page
  let office: Page
  before(async () => {
    admin = await at(CITY, "city-admin")
    office = await at("authority", "authority")
  })

  it("tells a doctor so in one sentence, in place of every page", async () => {
    const doctor = await at(CITY, "city-doctor", { ...PHONE, language: "zh-CN", isDark: true })
    await said(doctor, "本节点正在恢复数据")
    await said(doctor, "在本机构管理员完成恢复之前，无法查阅或书写任何内容。")
    await follow(doctor, "recovery")
    await said(doctor, "本节点正在恢复数据")
    assert.equal(await doctor.getByRole("heading").count(), 1)
    assert.deepEqual(await englishShown(doctor, "main"), [])
    assert.deepEqual(await violations(doctor), [])
  })

  it("leads its administrator to the way out, who sees what is missing and where a newer backup lies", async () => {
    await admin.getByRole("heading", { name: "Recovery", level: 1 }).waitFor()
    await said(admin, /^Whatever this organisation brought to the ledger up to block [\d,]+ is here/)
    assert.equal(await admin.getByText("The node's folder knows of a newer backup").count(), 0)
    await mustBeClean(admin)
    const { height } = city().engine.metrics()
    const made = { at: Date.now(), height, hasBlocks: false, bytes: 1, to: "/backup/newer", release: "0.1.0" }
    assert.equal(
      noteBackup(city().config.folder, () => made),
      undefined,
    )
    // Elsewhere the notice leads back.
    await follow(admin, "patients")
    await admin.getByRole("link", { name: "Go on with the recovery" }).click()
    await said(admin, "The node's folder knows of a newer backup")
    await said(admin, "/backup/newer")
    await admin.getByText("How it is put back").click()
    await said(admin, "systemctl stop aceso")
    await mustBeClean(admin)
    await follow(admin, "node")
    await said(admin, "it serves nobody until it is recovered")
    await follow(admin, "node/backups")
    await said(admin, "The newest backup is")
    await follow(admin, "recovery")
  })

  it("declares the loss by the keyboard, once its name was typed, and hears what others still have", async () => {
    await button(admin, "Declare the loss …").press("Enter")
    await said(admin, "Choose what happened.")
    await admin.getByRole("radio", { name: /An older backup was put back/ }).check()
    await button(admin, "Declare the loss …").press("Enter")
    await said(admin, /^The ledger will say: everything that this organisation committed after block/)
    await admin.keyboard.type("city")
    await admin.keyboard.press("Enter")
    await said(admin, "That is not city-hospital, the short name of your organisation.")
    assert.deepEqual(await violations(admin), [])
    await admin.getByLabel("Type city-hospital to declare it").fill(CITY)
    await admin.keyboard.press("Enter")
    await said(admin, "The loss stands on the ledger, and the node has its place behind it.")
    await said(admin, /^It stands on the ledger that everything after block [\d,]+ is lost\.$/)
    await said(admin, /^\d+ of \d+ lost entries came back\.$/)
    assert.equal((await network.engine.read(recoveries, [CITY]))?.all.length, 1)
    await said(admin, "1 answer released what is lost here now")
    await said(admin, /: County Hospital, patient with the digits [0-9a-f]{16}, record versions: 1$/)
    const download = admin.waitForEvent("download")
    await button(admin, "Save the list").click()
    const file = await (await download).path()
    assert.match(readFileSync(file, "utf8"), /^.+: County Hospital, patient with the digits/)
    await mustBeClean(admin)
    await admin.getByLabel("Language").selectOption("zh")
    await said(admin, "决定已丢失的患者")
    assert.deepEqual(await englishShown(admin, "main"), [])
    await mustBeClean(admin)
    await admin.getByRole("combobox", { name: "语言" }).selectOption("en")
    await follow(admin, "node/backups")
    await said(admin, "This node knows of no backup since its recovery")
    assert.equal(await admin.getByText("The newest backup is").count(), 0)
    await admin.getByText("Backups from before the recovery").click()
    await said(admin, "/backup/newer")
    await said(admin, "Never put one of these back")
    await mustBeClean(admin)
    await follow(admin, "recovery")
  })

  it("goes on where it was after a reload: imports, looks at a patient whose decision is lost, and serves", async () => {
    await follow(admin, "intake")
    await said(admin, "This node is being recovered")
    await admin.getByLabel("What the files come from").fill("city-laboratory")
    const buffer = Buffer.from('{"resourceType":"Patient","id":"again"}')
    await admin
      .getByLabel("Choose files")
      .setInputFiles({ name: "again.json", mimeType: "application/json", buffer })
    await button(admin, "Start the import").click()
    await said(admin, "Everything that was taken is in the ledger")
    await anew(admin, "city-admin")
    await said(admin, /^It stands on the ledger that everything after block/)
    await admin.getByRole("button", { name: /^I have looked/ }).press("Enter")
    await said(admin, /^Has everything about .+ been done again\?$/)
    assert.deepEqual(await violations(admin), [])
    await inDialog(admin, "It has")
    await said(admin, "No lost decision about any patient waits to be looked at.")
    await button(admin, "Serve again").press("Enter")
    await said(admin, "Serve again?")
    assert.deepEqual(await violations(admin), [])
    await inDialog(admin, "Serve again")
    await said(admin, "The node serves again.")
    await said(admin, "No recovery is under way")
    await said(admin, /^The records of 1 patient stay closed until/)
    await mustBeClean(admin)
    assert.equal(city().readiness.isStarted, true)
    await follow(admin, "patients")
    await said(admin, "patient-1")
    assert.equal(await admin.getByText("This node is being recovered").count(), 0)
  })

  it("is seen by the authority: the loss and its case, each line proven in the browser", async () => {
    await office.getByRole("link", { name: "Oversight" }).click()
    await office.getByRole("link", { name: "Cases and recoveries" }).click()
    await said(office, "An older backup was restored")
    await said(office, "City Hospital: it declared a loss")
    assert.equal(await office.getByText("This case does not fit").count(), 0)
    assert.deepEqual(await violations(office), [])
  })

  it("shows a patient on a phone that it lost something, and since when", async () => {
    const app = (network.start ?? "").replace(/demo\/$/, "")
    const one = await openPage(browser, `${app}#demo=patient-1/audit`, PHONE)
    one.context.setDefaultTimeout(60_000)
    opened.push(one)
    await said(one.page, /went on from an older state \(a backup was restored\)/)
    assert.deepEqual(await violations(one.page), [])
  })

  it("takes the authority's word to recover a second time within a year, and says whom to ask", async () => {
    await reopenRestored()
    const again = await at(CITY, "city-admin")
    await said(again, "The authority has to permit another recovery")
    await said(again, /Ask an administrator of National Health Authority/)
    assert.equal(await button(again, "Declare the loss …").count(), 0)
    await mustBeClean(again)
    const authority = await at("authority", "authority")
    await follow(authority, "authority/cases")
    await authority.getByRole("button", { name: /^Permit another one/ }).press("Enter")
    await inDialog(authority, "Permit another one")
    await said(authority, "City Hospital may recover once more.")
    await button(again, "Look again").press("Enter")
    await again.getByRole("radio", { name: /An older backup was put back/ }).check()
    await button(again, "Declare the loss …").press("Enter")
    await again.getByLabel("Type city-hospital to declare it").fill(CITY)
    await again.keyboard.press("Enter")
    await said(again, "The loss stands on the ledger, and the node has its place behind it.")
    assert.equal((await network.engine.read(recoveries, [CITY]))?.all.length, 2)
  })
})
