// needs: chromium
import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { execute } from "@aceso/cli/run.ts"
import { type BlockAnswer, encodeCbor, type HeadsAnswer, readEnvelope, toHex } from "@aceso/core"
import type { BlockExplorer } from "@aceso/ledger"
import type { Page } from "playwright-core"
import { englishShown, type Opened, openPage, violations } from "./testing/browser.ts"
import { demoInBrowser } from "./testing/demo.ts"

const CITY = "city-hospital"

describe("the ledger in a browser", () => {
  const demo = demoInBrowser("ledger-pages")
  const opened: Opened[] = []

  const engine = () => demo.network.node(CITY).services.engine
  const url = (path = "") => `${demo.network.node(CITY).services.config.url}/open/${path}`
  async function open(path = "#/ledger", options: Parameters<typeof openPage>[2] = {}): Promise<Page> {
    const one = await openPage(demo.browser, url(path), options)
    one.page.setDefaultTimeout(120_000)
    opened.push(one)
    return one.page
  }
  const said = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()
  /** The newest transaction of this contract, as the node itself sees it. */
  async function newest(contract: string): Promise<{ readonly id: string; readonly height: number }> {
    const reader = { member: { member: CITY, kind: "custodian", abilities: [], licences: [] } } as const
    const { checkpoint } = await engine().status()
    for (let height = checkpoint.height; height > 0; height--) {
      const { transactions } = await engine().explorer.block({ height, from: 0, limit: 50 }, reader)
      const found = transactions.find(
        ({ seen }) => seen && readEnvelope(seen.envelope).payload.contract === contract,
      )
      if (found) return { id: toHex(found.payloadId), height }
    }
    throw new Error(`no block has a transaction of ${contract}`)
  }
  /** The node answers another thing while this runs. */
  async function lying(
    lies: (honest: BlockExplorer) => Partial<BlockExplorer>,
    run: () => Promise<void>,
  ): Promise<void> {
    const { explorer } = engine()
    const honest: BlockExplorer = {
      heads: explorer.heads.bind(explorer),
      block: explorer.block.bind(explorer),
      transaction: explorer.transaction.bind(explorer),
      find: explorer.find.bind(explorer),
      rows: explorer.rows.bind(explorer),
    }
    Object.assign(explorer, lies(honest))
    try {
      await run()
    } finally {
      Object.assign(explorer, honest)
    }
  }
  const flip = (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === 7 ? byte ^ 1 : byte))

  it("shows anybody its blocks, each checked, and leads into one", async () => {
    const page = await open()
    await page.getByRole("heading", { level: 1, name: "The ledger" }).waitFor()
    await said(page, "Each block follows from the one before it, and the newest is attested.")
    assert.deepEqual(await violations(page), [])
    const blocks = page.locator("ol.blocks > li")
    await blocks.nth(3).waitFor({ state: "attached" })
    await blocks.first().getByRole("link").click()
    await page.getByRole("heading", { level: 1, name: /^Block / }).waitFor()
    await said(page, "Attested by the operator of this network alone")
    assert.deepEqual(await violations(page), [])
  })

  it("is read on a phone, in Chinese, in the dark", async () => {
    const page = await open("#/ledger", { width: 360, height: 780, language: "zh-CN", isDark: true })
    await page.getByRole("heading", { level: 1, name: "账本" }).waitFor()
    await said(page, "每个区块都承接前一个区块")
    assert.deepEqual(await violations(page), [])
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360)
    await page.locator("ol.blocks > li").first().getByRole("link").click()
    await said(page, "仅由本网络的运行方确认")
    assert.deepEqual(await violations(page), [])
    assert.deepEqual(await englishShown(page, "main"), [])
  })

  it("finds a block by its height and a transaction by its id, and says what is neither", async () => {
    const { id } = await newest("records")
    const page = await open()
    const field = page.getByLabel("Height of a block, or id of a transaction")
    await field.fill("twelve")
    await page.keyboard.press("Enter")
    await said(page, "A height is a number such as 12")
    await field.fill("2")
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { level: 1, name: "Block 2" }).waitFor()
    await page.goBack()
    await page.getByLabel("Height of a block, or id of a transaction").fill(id)
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { level: 1, name: "Transaction" }).waitFor()
    await said(page, id)
  })

  it("keeps from anybody what is about a patient, and shows it to who works where all rows lie", async () => {
    const { id } = await newest("records")
    const page = await open(`#/ledger/transaction/${id}`)
    await said(page, "Not for you: only who may read what it is about sees what is in it.")
    assert.equal(await page.getByText("A custodian committed to records").count(), 0)
    const portal = await openPage(
      demo.browser,
      `${demo.network.node(CITY).services.config.url}/portal/#demo=city-admin/ledger/transaction/${id}`,
    )
    opened.push(portal)
    portal.page.setDefaultTimeout(120_000)
    await said(portal.page, "A custodian committed to records")
    await said(portal.page, "recordLogs")
    assert.deepEqual(await violations(portal.page), [])
  })

  it("shows in red a block of which a copy has one other byte", async () => {
    const { height } = await newest("people")
    const withByte = (answer: BlockAnswer): BlockAnswer => ({
      ...answer,
      transactions: answer.transactions.map((one) => ({ ...one, hash: flip(one.hash) })),
    })
    const lies = (honest: BlockExplorer): Partial<BlockExplorer> => ({
      block: async (question, reader) => withByte(await honest.block(question, reader)),
    })
    await lying(lies, async () => {
      const page = await open(`#/ledger/block/${height}`)
      await said(page, "This transaction is not in the block.")
      await page.locator(".row.broken").nth(0).waitFor({ state: "attached" })
      assert.deepEqual(await violations(page), [])
    })
  })

  it("shows in red a block in a list that does not follow", async () => {
    const withRoot = (answer: HeadsAnswer): HeadsAnswer => ({
      ...answer,
      heads: answer.heads.map((one, i) => (i === 2 ? { ...one, eventsRoot: flip(one.eventsRoot) } : one)),
    })
    const lies = (honest: BlockExplorer): Partial<BlockExplorer> => ({
      heads: async (question) => withRoot(await honest.heads(question)),
    })
    await lying(lies, async () => {
      const page = await open()
      await said(page, "This block does not follow from what is in it and the block before.")
      assert.equal(await page.locator(".block.broken").count(), 1)
    })
  })

  it("says who made a block", async () => {
    const page = await open("#/ledger/block/2")
    await said(page, /the operator of this network, with the key/)
  })

  it("finds what anybody may see by contract and organisation, and no more of what is for members", async () => {
    const page = await open()
    await page.getByRole("link", { name: "Search by contract or organisation" }).click()
    await page.getByLabel("Contract").selectOption({ label: "People and their keys" })
    await page.getByRole("button", { name: "Find" }).click()
    await said(page, "Nothing that you may see was found.")
    await page.getByLabel("Contract").selectOption({ label: "any" })
    await page.getByLabel("Organisation").selectOption({ label: "City Hospital" })
    await page.getByRole("button", { name: "Find" }).click()
    await page.waitForURL(/member=city-hospital/)
    await said(page, "Each transaction is checked when you open it.")
    assert.deepEqual(await violations(page), [])
    assert.equal(await page.getByText("A custodian took in").count(), 0)
    await page.locator("ol.rows a").first().click()
    await page.getByRole("heading", { level: 1, name: "Transaction" }).waitFor()
    await said(page, "Attested by the operator of this network alone")
  })

  it("shows a row with its proof, and its fields by their names", async () => {
    const key = toHex(encodeCbor([CITY]))
    const page = await open(`#/ledger/row/members/${key}`, { width: 360, height: 780, language: "zh-CN" })
    await said(page, /已在本浏览器中证实/)
    await said(page, '"City Hospital"')
    await said(page, "abilities")
    assert.deepEqual(await violations(page), [])
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360)
    const absent = await open(`#/ledger/row/members/${toHex(encodeCbor(["nobody"]))}`)
    await said(absent, /There is no such row in the state of block/)
  })

  it("refuses a row of which the node tells another value, and one that is not for whoever looks", async () => {
    const key = toHex(encodeCbor([CITY]))
    const lies = (honest: BlockExplorer): Partial<BlockExplorer> => ({
      rows: async (question, reader) => {
        const answer = await honest.rows(question, reader)
        return { ...answer, rows: answer.rows.map(({ row, proof }) => ({ row: row && flip(row), proof })) }
      },
    })
    await lying(lies, async () => {
      const page = await open(`#/ledger/row/members/${key}`)
      await said(page, "What the node shows is not what stands in the ledger.")
      assert.equal(await page.locator("dd").count(), 0)
    })
    const hidden = await open(`#/ledger/row/cases/${toHex(encodeCbor([new Uint8Array(32)]))}`)
    await hidden.getByRole("alert").first().waitFor()
  })

  it("leads from a transaction to its rows, to the case, and shows its states to who may see it", async () => {
    const { status } = await execute([
      ...["messages", "write", "--to", CITY, "--text", "May I eat before the test?"],
      ...["--as", "patient-1", "--folder", demo.folder],
    ])
    assert.equal(status, 0)
    const { id } = await newest("cases")
    const { page, ...rest } = await openPage(
      demo.browser,
      `${demo.network.node(CITY).services.config.url}/portal/#demo=city-admin/ledger/transaction/${id}`,
    )
    opened.push({ page, ...rest })
    page.setDefaultTimeout(120_000)
    await page.getByRole("link", { name: "caseSteps" }).click()
    await page.getByRole("heading", { level: 1, name: "A row of caseSteps" }).waitFor()
    await page.getByRole("link", { name: "The case that it is of" }).click()
    await page.getByRole("heading", { level: 1, name: "A case" }).waitFor()
    await said(page, /As it stands at block/)
    await page
      .getByRole("heading", { level: 2, name: "The states, and what leads from one to the next" })
      .waitFor()
    assert.equal(await page.locator(".state.now").count(), 1)
    assert.deepEqual(await violations(page), [])
    const open360 = await open(
      page
        .url()
        .replace(/.*#/, "#")
        .replace(/^#demo=city-admin/, "#"),
    )
    await open360.getByRole("alert").first().waitFor()
  })

  it("ends without a fault in any page", () => {
    assert.deepEqual(
      opened.flatMap(({ faults }) => faults),
      [],
    )
  })
})
