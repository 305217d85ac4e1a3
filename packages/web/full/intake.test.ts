// needs: chromium
import assert from "node:assert/strict"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { gzipSync } from "node:zlib"
import { type ShownPatient, StaffClient } from "@aceso/client"
import { layout, readJson } from "@aceso/consortium/files.ts"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import { fromHex } from "@aceso/core"
import type { Browser, Page } from "playwright-core"
import { builtPages } from "../build.ts"
import { englishShown, follow, type Opened, openBrowser, openPage, violations } from "../testing/browser.ts"

const CITY = "city-hospital"
const SYNTHEA = join(process.env.ACESO_SHARED_DATA ?? "/work/shared/data", "synthea-r4")
const PHONE = { width: 360, height: 780 }

let folder: string
let network: DemoNetwork
let browser: Browser
let portal: string
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-intake-"))
  network = await DemoNetwork.open({
    folder: join(folder, "demo"),
    port: 0,
    pages: await builtPages(() => {}),
  })
  browser = await openBrowser()
  portal = `${network.node(CITY).services.config.url.replace("127.0.0.1", "localhost")}/portal/`
})
after(async () => {
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

async function at(where: string, looks: Parameters<typeof openPage>[2] = {}): Promise<Opened> {
  const opened = await openPage(browser, `${portal}#demo=city-admin/${where}`, looks)
  opened.context.setDefaultTimeout(120_000)
  // A browser asks whether to leave while an import goes on.
  opened.page.on("dialog", (dialog) => void dialog.accept().catch(() => {}))
  return opened
}
async function close({ context, faults }: Opened): Promise<void> {
  assert.deepEqual(faults, [])
  await context.close()
}
/** The tab begins anew, and whoever works there signs in again. */
async function reload(page: Page): Promise<void> {
  await page.reload()
  await page.goto(`${portal}#demo=city-admin/intake`)
}
const admin = () => {
  const { seed } = readJson(layout(join(folder, "demo")).person("city-admin")) as { seed: string }
  return new StaffClient(network.node(CITY).services.config.url, fromHex(seed))
}
async function patients(isOne: (one: ShownPatient) => boolean): Promise<ShownPatient[]> {
  const found: ShownPatient[] = []
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: Awaited<ReturnType<StaffClient["patients"]>> = await admin().patients({ after, limit: 500 })
    found.push(...page.patients.filter(isOne))
    after = page.next
  }
  return found
}
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name })
const said = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()
const count = (page: Page, name: string) =>
  page
    .locator("dl .count", { has: page.getByText(name, { exact: true }) })
    .locator("dd")
    .textContent()

const bundle = (n: number) => ({
  resourceType: "Bundle",
  type: "transaction",
  entry: [
    {
      fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, "0")}`,
      resource: {
        resourceType: "Patient",
        name: [{ family: "Intake", given: [`N${n}`] }],
        birthDate: `19${String(50 + (n % 50))}-01-${String(1 + (n % 28)).padStart(2, "0")}`,
        identifier: [{ system: "https://intake.example/mrn", value: `i${n}` }],
      },
      request: { method: "POST", url: "Patient" },
    },
    {
      resource: {
        resourceType: "Observation",
        status: "final",
        code: { text: `of ${n}` },
        subject: { reference: `urn:uuid:00000000-0000-4000-8000-${String(n).padStart(12, "0")}` },
      },
      request: { method: "POST", url: "Observation" },
    },
  ],
})
function filesIn(name: string, contents: readonly (readonly [name: string, content: string])[]): string[] {
  const path = join(folder, name)
  mkdirSync(path)
  return contents.map(([file, content]) => {
    writeFileSync(join(path, file), content)
    return join(path, file)
  })
}
const chooser = (page: Page) => page.getByLabel("Choose files", { exact: true })

describe("an import through the page", () => {
  const BUNDLES = 500

  it("brings 500 bundles whole and once, however often the page is reloaded meanwhile", async () => {
    const files = filesIn(
      "bundles",
      Array.from({ length: BUNDLES }, (_, n) => [
        `b${String(n).padStart(3, "0")}.json`,
        JSON.stringify(bundle(n)),
      ]),
    )
    const opened = await at("intake")
    const { page } = opened
    await page.getByLabel("What the files come from").fill("intake-test")
    await chooser(page).setInputFiles(files)
    await said(page, /^500 files/)
    assert.deepEqual(await violations(page), [])
    await button(page, "Start the import").click()
    for (const reached of [40, 200]) {
      await page.waitForFunction(
        (least) => Number(/(\d+) of 500 files sent/.exec(document.body.textContent ?? "")?.[1] ?? 0) >= least,
        reached,
      )
      await reload(page)
      await said(page, "An import was interrupted")
      const [, sent] = /Of 500 files from intake-test, (\d+) were sent/.exec(
        (await page.locator(".notice").first().textContent()) ?? "",
      ) ?? [undefined, "0"]
      assert.ok(Number(sent) >= reached, `it is told that ${sent} were sent`)
      await chooser(page).setInputFiles(files)
      await said(page, "These are all files of the import that was interrupted.")
      assert.equal(await page.getByLabel("What the files come from").inputValue(), "intake-test")
      await button(page, "Go on with the import").click()
    }
    await said(page, "Everything that was taken is in the ledger")
    // What came before the reloads was here already.
    assert.ok(Number(await count(page, "Files, or parts of files, that were here already")) >= 200)
    assert.equal(await count(page, "Refused"), "0")
    const found = await patients(({ name }) => name?.includes("Intake") === true)
    assert.equal(found.length, BUNDLES)
    assert.equal(new Set(found.map(({ recordNumber, name }) => `${name} ${recordNumber}`)).size, BUNDLES)
    assert.deepEqual([...new Set(found.map(({ records }) => records))], [2])
    // Nothing of it is kept once it is done.
    assert.deepEqual(
      await page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes("import"))),
      [],
    )
    await close(opened)
  })

  it("brings a folder of Synthea", {
    skip: existsSync(SYNTHEA) ? false : `${SYNTHEA} is not here`,
  }, async () => {
    const files = readdirSync(SYNTHEA)
      .filter((name) => name.endsWith(".json.gz"))
      .slice(0, 3)
      .map((name) => join(SYNTHEA, name))
    const opened = await at("intake")
    const { page } = opened
    await page.getByLabel("What the files come from").fill("synthea")
    await chooser(page).setInputFiles(files)
    await button(page, "Start the import").click()
    await said(page, "Everything that was taken is in the ledger")
    assert.equal(await count(page, "New patients"), String(files.length))
    await close(opened)
  })

  it("takes gzip files of several members, and with zeros behind them", async () => {
    const patient = (id: string) =>
      JSON.stringify({ resourceType: "Patient", id, name: [{ family: "Intakezip" }] })
    const members = Buffer.concat([gzipSync(`${patient("z1")}\n`), gzipSync(`${patient("z2")}\n`)])
    const padded = Buffer.concat([gzipSync(patient("z3")), Buffer.alloc(512)])
    const opened = await at("intake")
    const { page } = opened
    await page.getByLabel("What the files come from").fill("zips")
    await chooser(page).setInputFiles([
      { name: "members.ndjson.gz", mimeType: "application/gzip", buffer: members },
      { name: "padded.json.gz", mimeType: "application/gzip", buffer: padded },
    ])
    await button(page, "Start the import").click()
    await said(page, "Everything that was taken is in the ledger")
    assert.equal(await count(page, "New patients"), "3")
    await close(opened)
  })

  it("goes on with the same files once the network is back", async () => {
    const contents = Array.from(
      { length: 30 },
      (_, n) => [`w${n}.json`, JSON.stringify(bundle(1000 + n))] as const,
    )
    const files = filesIn("way", contents)
    const opened = await at("intake")
    const { page, context } = opened
    await page.getByLabel("What the files come from").fill("intake-test")
    await chooser(page).setInputFiles(files)
    let sent = 0
    await context.route("**/staff/import", (route) => (++sent > 10 ? route.abort() : route.continue()))
    await button(page, "Start the import").click()
    await page.getByText("The import was interrupted").waitFor()
    await context.unroute("**/staff/import")
    await button(page, "Go on with the import").click()
    await said(page, "Everything that was taken is in the ledger")
    assert.equal(await count(page, "Files, or parts of files, that were here already"), "10")
    assert.equal(await count(page, "New patients"), "20")
    // A browser reports each call that fails.
    await context.close()
  })

  it("stops when it is told to, and says so", async () => {
    const contents = Array.from(
      { length: 60 },
      (_, n) => [`s${n}.json`, JSON.stringify(bundle(2000 + n))] as const,
    )
    const opened = await at("intake")
    const { page } = opened
    await page.getByLabel("What the files come from").fill("intake-test")
    await chooser(page).setInputFiles(filesIn("stopped", contents))
    await button(page, "Start the import").click()
    await button(page, "Stop").click()
    await said(page, "The import was stopped")
    await button(page, "Go on with the import").click()
    await said(page, "Everything that was taken is in the ledger")
    const found = await patients(({ name }) => /N20\d\d/.test(name ?? ""))
    assert.equal(found.length, 60)
    await close(opened)
  })
})

describe("what an import does not take", () => {
  const observation = (id: string, subject: object) =>
    JSON.stringify({ resourceType: "Observation", id, status: "final", code: { text: id }, subject })
  const lines = [
    JSON.stringify({ resourceType: "Patient", id: "77", name: [{ family: "Intakelines" }] }),
    observation("o1", { reference: "Patient/77" }),
    observation("o2", { reference: "Patient/absent" }),
    observation("o3", { display: "somebody" }),
    observation("o4", { identifier: { system: "https://intake.example/mrn", value: "nobody" } }),
    JSON.stringify({ resourceType: "Nonsense", id: "x" }),
  ].join("\n")
  const bad = () =>
    filesIn("bad", [
      ["lines.ndjson", lines],
      ["=broken.json", '{"resourceType":"Patient"'],
      ["archive.json", "PK\u0003\u0004 zip"],
      ["export.xml", "<Patient/>"],
      ["empty.json", ""],
    ])
  const huge = () => {
    const [path] = filesIn("huge", [["huge.json", "{"]])
    // Of one gigabyte, without a byte of it on the disk.
    truncateSync(path, 2 ** 30)
    return path
  }

  it("stands in a report in words, and a file of 1 GB is not read", async () => {
    const opened = await at("intake")
    const { page } = opened
    await said(page, /at most 96 MiB/)
    await page.getByLabel("What the files come from").fill("lines")
    await chooser(page).setInputFiles([...bad(), huge()])
    await said(page, "1 file is too large and is left out without being read: huge.json")
    // Without a hand on the mouse.
    await button(page, "Start the import").focus()
    await page.keyboard.press("Enter")
    await said(page, "Everything that was taken is in the ledger")
    assert.deepEqual(
      [
        await count(page, "Refused"),
        await count(page, "Files left out"),
        await count(page, "Resources that belong to nobody here"),
      ],
      ["2", "4", "3"],
    )
    await said(page, "It is of a type that FHIR R4 does not have.")
    await said(page, "It is too large for this page, and was not read.")
    await said(page, "It is a zip archive.")
    await said(page, "Observation/o3: names nobody for certain")
    await said(page, "Observation/o2: waits for a patient by an id")
    assert.deepEqual(await violations(page), [])
    const download = page.waitForEvent("download")
    await button(page, "Save the report").click()
    const saved = await download
    assert.match(saved.suggestedFilename(), /^import-report-\d{4}-\d\d-\d\d\.csv$/)
    const report = await readFile(await saved.path(), "utf8")
    const rows = report.split("\r\n").filter((row) => row !== "")
    assert.equal(rows.length, 1 + 2 + 4 + 3 + 1)
    assert.ok(
      rows.some((row) => row.startsWith(`"Refused","'=broken.json"`)),
      report,
    )
    assert.ok(
      rows.some((row) => row.includes('"file_too_large"')),
      report,
    )
    await close(opened)
  })

  it("is told of files and folders that are dropped", async () => {
    const opened = await at("intake")
    const { page, context } = opened
    const drop = page.locator("fieldset.drop")
    await drop.waitFor()
    const box = await drop.boundingBox()
    assert.ok(box)
    const devtools = await context.newCDPSession(page)
    const inside = filesIn("dropped", [
      ["a.json", JSON.stringify(bundle(3000))],
      ["notes.txt", "none of FHIR"],
    ])
    mkdirSync(join(folder, "dropped", ".hidden"))
    writeFileSync(join(folder, "dropped", ".hidden", "b.json"), "{}")
    const [single] = filesIn("single", [["single.fhir", JSON.stringify(bundle(3001))]])
    for (const type of ["dragEnter", "dragOver", "drop"] as const)
      await devtools.send("Input.dispatchDragEvent", {
        ...{ type, x: box.x + box.width / 2, y: box.y + 20 },
        data: { items: [], files: [join(folder, "dropped"), single], dragOperationsMask: 1 },
      })
    await said(page, `${inside.length + 1} files,`)
    await page.getByLabel("What the files come from").fill("dropped")
    await button(page, "Start the import").click()
    await said(page, "Everything that was taken is in the ledger")
    assert.equal(await count(page, "New patients"), "2")
    await said(page, "dropped/notes.txt")
    await said(page, "dropped/.hidden")
    assert.equal(await count(page, "Files left out"), "2")
    await close(opened)
  })

  it("waits in a list that says what files it", async () => {
    const opened = await at("intake/unfiled")
    const { page } = opened
    await page.getByRole("heading", { name: "Records that belong to nobody" }).waitFor()
    await said(page, "waits for a patient by an id")
    await said(page, "waits for a patient by a number")
    await page.getByText("names nobody for certain", { exact: true }).first().waitFor()
    await said(page, "Patient/absent")
    await said(page, "Nobody is filed by hand here")
    await page.getByRole("link", { name: "Register somebody with this number at the desk" }).first().waitFor()
    assert.deepEqual(await violations(page), [])
    await page.getByRole("link", { name: "Import this patient" }).first().press("Enter")
    await page.getByLabel("What the files come from").fill("lines")
    const absent = JSON.stringify({ resourceType: "Patient", id: "absent", name: [{ family: "Intakelate" }] })
    await page
      .getByLabel("Choose files", { exact: true })
      .setInputFiles(filesIn("late", [["absent.json", absent]]))
    await button(page, "Start the import").click()
    await said(page, "Everything that was taken is in the ledger")
    assert.equal(await count(page, "Resources that had waited, and are with their patients now"), "1")
    await follow(page, "intake/unfiled")
    await said(page, "waits for a patient by a number")
    assert.equal(await page.getByText("Patient/absent").count(), 0)
    await close(opened)
  })

  it("is said in Chinese on a phone, in both themes", async () => {
    const opened = await at("intake", { ...PHONE, language: "zh-CN", isDark: true })
    const { page } = opened
    await page.getByRole("heading", { name: "导入记录" }).waitFor()
    assert.deepEqual(await violations(page), [])
    await page.getByLabel("文件来源").fill("lines-zh")
    await page.getByLabel("选择文件", { exact: true }).setInputFiles(
      filesIn("zh", [
        ["坏.json", "{"],
        ["lines.ndjson", lines],
      ]),
    )
    await button(page, "开始导入").click()
    await said(page, "已接收的内容均已写入账本")
    assert.deepEqual(await englishShown(page), [])
    assert.deepEqual(await violations(page), [])
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it is too wide")
    await follow(page, "intake/unfiled")
    await page.getByRole("heading", { name: "无归属的记录" }).waitFor()
    assert.deepEqual(await englishShown(page), [])
    assert.deepEqual(await violations(page), [])
    await close(opened)
  })

  it("is for administrators alone", async () => {
    const opened = await openPage(browser, `${portal}#demo=city-doctor/intake`)
    opened.context.setDefaultTimeout(120_000)
    const { page } = opened
    await said(page, "Only administrators of an organisation with patients of its own import records.")
    assert.equal(await page.getByRole("link", { name: "Import", exact: true }).count(), 0)
    await close(opened)
  })
})
