// needs: chromium
import assert from "node:assert/strict"
import { closeSync, openSync, readFileSync, truncateSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { after, describe, it } from "node:test"
import { recordLogs } from "@aceso/contracts"
import { type Bytes, type Receipt, readEnvelope, signedGenesis, utf8 } from "@aceso/core"
import { EmbeddedEngine } from "@aceso/ledger"
import {
  admit,
  envelopeOf,
  makeGenesis,
  rules,
  seedOf,
  temporaryFolder,
} from "@aceso/ledger/testing/network.ts"
import type { Page } from "playwright-core"
import { PAGES_FOLDER } from "../build.ts"
import { englishShown, type Opened, openPage } from "../testing/browser.ts"
import { evidenceOf, fileOf, forkOf, linesOf, type Signer } from "../testing/checkable.ts"
import { type DemoInBrowser, demoInBrowser } from "../testing/demo.ts"
import { mustBeClean, readChinese } from "../testing/looks.ts"

const CITY = "city-hospital"
const demo = demoInBrowser("verify", { prepare })
const flipped = (bytes: Bytes, at: number): Bytes => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))

let city: Signer
let receipt: Receipt
let handle: Bytes
/** Of a network of its own. */
let foreign: Receipt
const foreignGenesis = makeGenesis({ network: "other-net" })
const folder = temporaryFolder()
async function prepare({ network }: DemoInBrowser): Promise<void> {
  const { engine, ledger } = network.node(CITY).services
  city = { engine, signed: network.genesis, member: CITY, seed: ledger.seed }
  const { payloadId } = await ledger.call("disclosure", "reportMismatch", {
    custodian: "county-hospital",
    evidence: seedOf("what is reported here"),
  })
  receipt = await engine.receipt(payloadId)
  const [{ key }] = await engine.scan(recordLogs, [CITY])
  handle = key[1]
  const { genesis } = foreignGenesis
  const other = await EmbeddedEngine.open({ folder, genesis, rules, engineSeed: seedOf("engine") })
  await admit(other, ["city", "custodian"])
  const reported = { custodian: "city", evidence: seedOf("there") }
  const call = { contract: "disclosure", action: "reportMismatch", input: reported }
  const envelope = envelopeOf(genesis.network, call, seedOf("city"))
  await other.submit(envelope)
  foreign = await other.receipt(readEnvelope(envelope).payloadId)
  await other.close()
}
after(() => rm(folder, { recursive: true }))

async function opened(options: Parameters<typeof openPage>[2] = {}): Promise<Opened> {
  const one = await openPage(demo.browser, `${demo.urlOf(CITY)}/open/#/verify`, options)
  one.page.setDefaultTimeout(60_000)
  await one.page.getByRole("heading", { level: 1 }).waitFor()
  return one
}
const field = (page: Page) => page.locator("input[type=file]").first()
const anchorField = (page: Page) => page.locator("input[type=file]").nth(1)
const given = (name: string, bytes: Bytes) => ({
  name,
  mimeType: "application/octet-stream",
  buffer: Buffer.from(bytes),
})
const choose = (page: Page, name: string, bytes: Bytes) => field(page).setInputFiles(given(name, bytes))
const said = (page: Page, text: string | RegExp) => page.locator(".result").getByText(text).first().waitFor()
/** @param files of each its name, and its bytes as text */
const drop = async (page: Page, files: readonly (readonly [string, string])[], onto = "h1") => {
  const dataTransfer = await page.evaluateHandle((all) => {
    const data = new DataTransfer()
    for (const [name, text] of all) data.items.add(new File([text], name))
    return data
  }, files)
  await page.locator(onto).dispatchEvent("drop", { dataTransfer })
}

describe("a file of somebody else", () => {
  it("is a receipt, chosen by the keyboard", async () => {
    const { page, context, faults } = await opened()
    await field(page).focus()
    const chooser = page.waitForEvent("filechooser")
    // The browser hears of it a moment later that somebody waits.
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
    await page.keyboard.press("Enter")
    await (await chooser).setFiles(given("receipt.aceso", fileOf(receipt)))
    await said(page, "receipt.aceso: It holds")
    await said(page, "A receipt: the ledger has this transaction")
    await said(page, "disclosure · reportMismatch")
    await said(page, "attested by the operator of this network alone")
    await page.waitForFunction(() => document.activeElement?.classList.contains("result"))
    await mustBeClean(page)
    await readChinese(page)
    await said(page, "核验通过")
    assert.deepEqual(await englishShown(page, "main"), [])
    await mustBeClean(page)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("says which part does not hold, once one byte is another one", async () => {
    const { page, context, faults } = await opened()
    const { envelope, previousHistory, operator } = receipt
    for (const [change, part] of [
      [{ envelope: flipped(envelope, envelope.length - 1) }, "this transaction is not in the block."],
      [{ rejection: "not_permitted" }, "this result is not the one in the block."],
      [{ previousHistory: flipped(previousHistory, 3) }, "history does not follow from what is in it."],
      [
        { operator: operator && { ...operator, signature: flipped(operator.signature, 3) } },
        "nobody whom this network trusts attests the block",
      ],
    ] as const) {
      await choose(page, "changed.aceso", fileOf({ ...receipt, ...change }))
      await said(page, "changed.aceso: It does not hold")
      await said(page, part)
    }
    await mustBeClean(page)
    await readChinese(page)
    await said(page, "没有本网络信任的一方确认过它所依据的区块")
    assert.deepEqual(await englishShown(page, "main"), [])
    await mustBeClean(page)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("of another network is told from one that was changed, and holds by that network's genesis", async () => {
    const { page, context, faults } = await opened()
    await choose(page, "theirs.aceso", fileOf(foreign))
    await said(page, /^It is of the network other-net, and was checked against the genesis of /)
    await mustBeClean(page)
    const genesis = utf8(JSON.stringify(signedGenesis.toJson(foreignGenesis.signed)))
    await anchorField(page).setInputFiles(given("genesis.json", genesis))
    await said(page, "theirs.aceso: It holds")
    await said(page, /which you gave/)
    await anchorField(page).setInputFiles(given("genesis.json", utf8("{}")))
    await said(page, "This is no genesis.json of a network.")
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("is evidence, a fork, checkpoints, the list of the app", async () => {
    const { page, context, faults } = await opened()
    const fork = await forkOf(city)
    await choose(page, "evidence.aceso", fileOf(await evidenceOf(city, handle)))
    await said(page, "evidence.aceso: It holds")
    await said(page, "A list of records was signed that is not the ledger's")
    await mustBeClean(page)
    await choose(page, "fork.aceso", fileOf(fork))
    await said(page, "Evidence: two histories of one network were signed")
    await said(page, CITY)
    await choose(page, "checkpoints.jsonl", linesOf(fork.first))
    await said(page, "Checkpoints that members signed")
    await choose(page, "checkpoints.jsonl", linesOf(fork.first, fork.second))
    await said(page, "two of its lines contradict each other")
    const list = readFileSync(join(PAGES_FOLDER, "build.json"))
    await choose(page, "build.json", list)
    await said(page, "a release that counts")
    await said(page, "the command aceso verify --app checks.")
    await mustBeClean(page)
    const other = list.toString().replace(/"sizeBytes": (\d)/, (_all, digit) => `"sizeBytes": ${9 - digit}`)
    await choose(page, "build.json", utf8(other))
    await said(page, "This is no list of a build of the app.")
    await readChinese(page)
    await choose(page, "checkpoints.jsonl", linesOf(fork.first))
    await said(page, "成员签署的检查点")
    assert.deepEqual(await englishShown(page, "main"), [])
    await mustBeClean(page)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("is dropped anywhere on the page, one at a time", async () => {
    const { page, context, faults } = await opened()
    await drop(page, [["letter.txt", "Dear colleague"]])
    await said(page, "This is none of the files that can be checked here")
    await drop(page, [
      ["one.txt", "1"],
      ["two.txt", "2"],
    ])
    await said(page, "Drop one file: no folder, no text, and not several at once.")
    await mustBeClean(page)
    assert.equal(await page.getByText("This is none of the files").count(), 0)
    await drop(page, [], ".drop")
    await said(page, "Drop one file: no folder, no text, and not several at once.")
    assert.match(page.url(), /\/open\/#\/verify$/)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("that is none, empty, hostile or a gigabyte gets one sentence, and a gigabyte is not read", async () => {
    const { page, context, faults } = await opened()
    await page.evaluate(() => {
      const seen = { read: 0 }
      Object.assign(globalThis, { seen })
      const { arrayBuffer } = Blob.prototype
      Blob.prototype.arrayBuffer = function () {
        seen.read += this.size
        return arrayBuffer.call(this)
      }
    })
    const MIB = 2 ** 20
    for (const [name, file, text] of [
      ["scan.pdf", utf8("%PDF-1.7\n1 0 obj"), "This is none of the files that can be checked here"],
      ["empty", new Uint8Array(0), "This file is empty."],
      ["deep.json", utf8('{"a":'.repeat(2 * MIB)), "This is none of the files"],
      ["deep.cbor", new Uint8Array(8 * MIB).fill(0x81), "This is none of the files"],
      [
        "long.json",
        utf8(`{"checkpoints":[${"1,".repeat(4 * MIB)}1]}`),
        "This file of checkpoints does not hold",
      ],
      [
        "genesis.json",
        utf8(JSON.stringify(signedGenesis.toJson(city.signed))),
        "This is the genesis of a network",
      ],
    ] as const) {
      await choose(page, name, file)
      await said(page, text)
      assert.equal(await page.locator(".result [role=alert]").count(), 1)
    }
    const read = await page.evaluate(() => (globalThis as unknown as { seen: { read: number } }).seen.read)
    const path = join(demo.folder, "large.aceso")
    closeSync(openSync(path, "w"))
    truncateSync(path, 2 ** 30)
    await field(page).setInputFiles(path)
    await said(page, "This file has 1,024 MiB. Nothing that can be checked here has more than 16 MiB.")
    await mustBeClean(page)
    await readChinese(page)
    await said(page, "该文件有 1,024 MiB")
    assert.deepEqual(await englishShown(page, "main"), [])
    assert.equal(
      await page.evaluate(() => (globalThis as unknown as { seen: { read: number } }).seen.read),
      read,
    )
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("is checked in the browser alone: without a network too", async () => {
    const { page, context, faults } = await opened({ width: 360, height: 780 })
    const asked: string[] = []
    await page.waitForLoadState("networkidle")
    page.on("request", (request) => asked.push(request.url()))
    await context.setOffline(true)
    await choose(page, "receipt.aceso", fileOf(receipt))
    await said(page, "receipt.aceso: It holds")
    await choose(page, "evidence.aceso", fileOf(await evidenceOf(city, handle)))
    await said(page, "evidence.aceso: It holds")
    assert.deepEqual(asked, [])
    await choose(page, "checkpoints.jsonl", linesOf((await forkOf(city)).first))
    await said(page, "The ledger of this node cannot be reached just now.")
    await context.setOffline(false)
    await choose(page, "again.jsonl", linesOf((await forkOf(city)).first))
    await said(page, "again.jsonl: It holds")
    const OFF = /Failed to load resource|net::ERR_|preload/
    assert.deepEqual(
      faults.filter((one) => !OFF.test(one)),
      [],
    )
    await context.close()
  })
})
