// needs: chromium
import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { describe, it } from "node:test"
import { noteBackup } from "@aceso/server/home/backups.ts"
import { layout } from "@aceso/server/home/layout.ts"
import type { Page } from "playwright-core"
import { englishShown, type Opened, openPage, violations } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"

const demo = demoInBrowser("node", { isPopulated: false })

const MEMBER = "city-hospital"
const portal = () =>
  `${demo.network.node(MEMBER).services.config.url.replace("127.0.0.1", "localhost")}/portal/`
async function opened(name: string, path: string, options = {}): Promise<Opened> {
  const one = await openPage(demo.browser, `${portal()}#demo=${name}/${path}`, options)
  one.page.setDefaultTimeout(60_000)
  return one
}
/** In both themes and at both widths. */
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
const chinese = async (page: Page): Promise<void> => {
  await page.getByLabel("Language").selectOption("zh")
  await page.locator("html[lang=zh-CN]").waitFor()
}

/** A node with everything that can be the matter with one. */
function troubled() {
  const { committer, disclosures, reactors, vault, ledger, checkpoints, engine } =
    demo.network.node(MEMBER).services
  const refused = ["refused_by_test"]
  Object.assign(committer.setbacks, {
    stopped: () => [...refused],
    retry: () => refused.splice(0).length,
  })
  Object.assign(disclosures.setbacks, { retrying: () => ["retried_by_test"] })
  Object.assign(reactors, { asideCount: async () => 2 })
  Object.assign(vault, { unconfirmedCount: async () => 4, unreviewedCount: async () => 5 })
  Object.assign(ledger, { isKeyValid: async () => false })
  const { countersigned } = checkpoints.summary() ?? { countersigned: null }
  const forks = [{ height: 3, member: "insurer", file: "fork-3-insurer.aceso" }]
  Object.assign(checkpoints, { summary: () => ({ countersigned, forks }) })
  const validators = [{ key: ledger.key, power: 10, member: "authority" }]
  Object.defineProperty(engine, "stalled", {
    value: { since: Date.now() - 90_000, why: "two of three validators are away" },
  })
  Object.assign(engine, { details: async () => ({ peers: 1, catchingUp: true, validators }) })
  return { refused }
}

describe("the pages about the node", () => {
  it("are for administrators alone", async () => {
    const { page, context, faults } = await opened("city-doctor", "node")
    await page.getByText("Only administrators of this organisation look after its node.").waitFor()
    assert.equal(await page.getByRole("link", { name: "This node" }).count(), 0)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("tell what aceso status tells, and send again what the ledger refused", async () => {
    const { page, context, faults } = await opened("city-admin", "node")
    await page.getByRole("heading", { name: "This node", level: 1 }).waitFor()
    await page.getByText("The node serves, and the ledger moves.").waitFor()
    await page.getByText("Nothing waits for anybody.").waitFor()
    await page.getByText(/^Block [\d,]+, signed by \d members/).waitFor()
    await page.getByRole("row", { name: /Vault: records, keys, logs/ }).waitFor()
    await page.getByText("governance", { exact: true }).waitFor()
    await mustBeClean(page)
    // The page looks again by itself.
    const { refused } = troubled()
    await page.getByText("The ledger stands still.").waitFor()
    await page.getByText(/signed another block 3/).waitFor()
    for (const sign of ["fork-3-insurer.aceso", "refused_by_test", "retried_by_test"])
      await page.getByText(sign).waitFor()
    for (const sign of [
      "The ledger does not accept this node's key",
      "Events of the ledger set aside: 2",
      "Patients with closed records: 4",
      "Patients whose decisions are lost: 5",
      "National Health Authority, weight 10",
      "Yes: it still fetches blocks that others have.",
    ])
      await page.getByText(sign).waitFor()
    await mustBeClean(page)
    await page.getByRole("button", { name: "Send it again now" }).press("Enter")
    await page.getByText(/^Sent again or worked on: \d+$/).waitFor()
    await page.getByText("refused_by_test").waitFor({ state: "detached" })
    assert.deepEqual(refused, [])
    await chinese(page)
    await page.getByText("账本已停止出块。").waitFor()
    assert.deepEqual(await englishShown(page, "main"), [])
    await mustBeClean(page)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("change a setting by the keyboard, refuse what does not fit, and what another tab changed meanwhile", async () => {
    const { page, context, faults } = await opened("city-admin", "node/settings")
    const file = () =>
      JSON.parse(readFileSync(`${layout(demo.network.node(MEMBER).services.config.folder).config}`, "utf8"))
    const part = (of: Page, name: string) => of.locator("section.setting").filter({ hasText: name })
    const typed = async (of: Page, name: string, value: string) => {
      await part(of, name).getByRole("textbox").fill(value)
      await of.keyboard.press("Enter")
    }
    await page.getByRole("heading", { name: "May change now" }).waitFor()
    const other = await opened("city-admin", "node/settings")
    await other.page.getByRole("heading", { name: "May change now" }).waitFor()
    await mustBeClean(page)
    await typed(page, "dummyPercent", "101")
    await page.getByText("A whole number from 0 to 100 fits here.").waitFor()
    await mustBeClean(page)
    await typed(page, "policyDelayMs", "5400000")
    await part(page, "policyDelayMs").getByText("Now: 1 hour 30 minutes.").waitFor()
    await part(page, "policyDelayMs").getByText("Changed. It counts now, and after a restart.").waitFor()
    assert.equal(file().policyDelayMs, 5_400_000)
    assert.equal(demo.network.node(MEMBER).services.config.policyDelayMs, 5_400_000)
    await typed(page, "includeWithinMs", "3999")
    await part(page, "includeWithinMs").getByText("A whole number from 4000 to 600000 fits here.").waitFor()
    await typed(other.page, "policyDelayMs", "3599999")
    await other.page.getByText(/^A whole number from 3,?600,?000 to 1,?209,?600,?000 fits here/).waitFor()
    await typed(other.page, "policyDelayMs", "7200000")
    await other.page.getByText("The file was changed meanwhile, in another tab or by hand.").waitFor()
    assert.equal(file().policyDelayMs, 5_400_000)
    await other.page.getByRole("button", { name: "Show them as they are now" }).click()
    await part(other.page, "policyDelayMs").getByText("Now: 1 hour 30 minutes.").waitFor()
    await typed(other.page, "policyDelayMs", "7200000")
    await part(other.page, "policyDelayMs").getByText("Now: 2 hours.").waitFor()
    await part(other.page, "twoAdministrators").getByRole("button", { name: "Switch on" }).press("Enter")
    await other.page.getByRole("dialog").getByText("one administrator alone could do it").waitFor()
    await other.page.getByRole("dialog").getByRole("button", { name: "Switch on" }).press("Enter")
    await part(other.page, "twoAdministrators").getByText("Now: yes.").waitFor()
    assert.equal(demo.network.node(MEMBER).services.config.twoAdministrators, true)
    await typed(other.page, "policyDelayMs", "3600000")
    await other.page.getByText("one alone could make it hide less").waitFor()
    assert.equal(demo.network.node(MEMBER).services.config.policyDelayMs, 7_200_000)
    const changes = other.page.locator(".changes")
    await changes.getByRole("listitem").nth(2).waitFor()
    assert.deepEqual(
      (await changes.getByRole("listitem").allInnerTexts()).map((one) =>
        one.replace(/\s+/g, " ").replace(/^.*?city-admin/, "city-admin"),
      ),
      [
        "city-admin Two administrators from no to yes",
        "city-admin Delay of permissions from 1 hour 30 minutes to 2 hours",
        "city-admin Delay of permissions from 1 second to 1 hour 30 minutes",
      ],
    )
    await chinese(other.page)
    await other.page.getByText("可立即更改").waitFor()
    assert.deepEqual(await englishShown(other.page, "main"), [])
    await mustBeClean(other.page)
    for (const one of [faults, other.faults]) assert.deepEqual(one, [])
    await other.context.close()
    await context.close()
  })

  it("tell how old the newest backup is, what would be lost without one, and how one is made", async () => {
    const { page, context, faults } = await opened("city-admin", "node/backups")
    const { services } = demo.network.node(MEMBER)
    const { folder: home } = services.config
    const looked = () => page.evaluate(() => window.dispatchEvent(new Event("focus")))
    await page.getByText("This node knows of no backup").waitFor()
    await page.getByText(`aceso backup --folder ${home} --to /backup/vault-`).waitFor()
    await page.getByText("There is no button for it").waitFor()
    await mustBeClean(page)
    const { height } = services.engine.metrics()
    // Nothing comes in but what the test does.
    services.committer.dummyRate = 0
    await services.committer.flush()
    const counts = { records: (await services.vault.recordCount()).records, patients: 0 }
    const made = (n: number, hours: number) => () => ({
      ...{ at: Date.now() - hours * 3_600_000, height: Math.max(1, height - 3), hasBlocks: false, counts },
      ...{
        bytes: 123_456_789,
        to: `/backup/vault-${n}`,
        keyringTo: `/backup/keyring-${n}`,
        release: "0.1.0",
      },
    })
    for (const [n, hours] of [
      [1, 24 * 40],
      [2, 50],
    ])
      assert.equal(noteBackup(home, made(n, hours)), undefined)
    await looked()
    await page.getByText("The newest backup is 2 days old").waitFor()
    await page.getByText("That is more than 1 day 2 hours.").waitFor()
    await page.getByText("No record version came in since.").waitFor()
    await page.getByText("/backup/vault-2", { exact: true }).waitFor()
    await page.getByText("Backups before it").click()
    await page.getByRole("row", { name: /\/backup\/vault-1/ }).waitFor()
    await mustBeClean(page)
    assert.equal(noteBackup(home, made(3, 3)), undefined)
    await services.importer.import(Buffer.from('{"resourceType":"Patient","id":"since"}'), "since")
    await looked()
    await page.getByText("The newest backup is 3 hours old").waitFor()
    await page.getByText(/^At most 1 record version that came in since would be lost/).waitFor()
    await chinese(page)
    await page.getByText("最近一次备份距今 3小时").waitFor()
    assert.deepEqual(await englishShown(page, "main"), [])
    await mustBeClean(page)
    assert.equal(
      noteBackup(home, () => ({ ...made(4, 1)(), height: height + 1_000_000 })),
      undefined,
    )
    await looked()
    await page.getByText("本节点比最近的备份还旧").waitFor()
    writeFileSync(layout(home).backups, "no list")
    await looked()
    await page.getByText("无法读取备份列表").waitFor()
    await mustBeClean(page)
    assert.deepEqual(faults, [])
    await context.close()
  })

  it("draw what the node counts from samples that the page takes", async () => {
    const { page, context, faults } = await opened("city-admin", "node/metrics")
    for (const name of ["Newest block", "Transactions a second", "Requests a second", "What waits", "Memory"])
      await page.getByRole("img", { name: new RegExp(`^${name}, from `) }).waitFor()
    const table = page.getByText("Values as a table").first()
    await table.focus()
    await page.keyboard.press("Enter")
    await page.getByRole("columnheader", { name: "height" }).waitFor()
    await page.getByRole("table").first().getByRole("row").nth(2).waitFor({ state: "attached" })
    await mustBeClean(page)
    await chinese(page)
    await page.getByRole("img", { name: /^内存，/ }).waitFor()
    assert.deepEqual(await englishShown(page, "main"), [])
    await mustBeClean(page)
    assert.deepEqual(faults, [])
    await context.close()
  })
})
