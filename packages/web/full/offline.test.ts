// needs: chromium
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, it } from "node:test"
import type { Page } from "playwright-core"
import { openPage, openProfile, violations } from "../testing/browser.ts"
import { demoInBrowser } from "../testing/demo.ts"
import { comeBack, unlock, wayBack } from "../testing/restored.ts"

const demo = demoInBrowser("offline")

const app = () => (demo.network.start ?? "").replace(/demo\/$/, "")
const portal = () =>
  `${demo.network.node("city-hospital").services.config.url.replace("127.0.0.1", "localhost")}/portal/`
/** What a browser says of itself where there is no network. */
const EXPECTED = /Failed to load resource|net::ERR_/

/** Resolves when this page's files are all on the device. */
const installed = (page: Page) => page.evaluate(async () => void (await navigator.serviceWorker.ready))

describe("the pages without a network", () => {
  for (const [comment, url, shown] of [
    ["the patient's app", app, "Nobody is signed in on this device"],
    ["the portal", portal, "Nobody is signed in on this device"],
  ] as const)
    it(`${comment} opens again, of nothing but its own files`, async () => {
      const { page, context, faults } = await openPage(demo.browser, url(), { isOffline: true })
      await page.getByText(shown).waitFor()
      await installed(page)
      const kept = await page.evaluate(async () => {
        const names = await caches.keys()
        const cache = await caches.open(names[0])
        return { names, paths: (await cache.keys()).map((request) => new URL(request.url).pathname) }
      })
      assert.equal(kept.names.length, 1)
      for (const path of kept.paths) assert.match(path, /^\/assets\/[\w.-]+$|^\/(portal\/)?$/)
      assert.ok(kept.paths.length > 20)
      await context.setOffline(true)
      await page.reload()
      await page.getByText(shown).waitFor()
      assert.deepEqual(
        faults.filter((one) => !EXPECTED.test(one)),
        [],
      )
      await context.close()
    })
})

describe("installing the pages", () => {
  for (const [comment, url, id] of [
    ["the patient's app", app, "/"],
    ["the portal", portal, "/portal/"],
  ] as const)
    it(`${comment} can be put on a home screen, as Chromium judges it`, async () => {
      const profile = mkdtempSync(join(tmpdir(), "aceso-profile-"))
      const context = await openProfile(profile)
      try {
        const page = context.pages()[0] ?? (await context.newPage())
        await page.goto(url())
        await installed(page)
        const devtools = await context.newCDPSession(page)
        const manifest = await devtools.send("Page.getAppManifest")
        assert.deepEqual(manifest.errors, [])
        assert.match(manifest.url, /\/manifest\.webmanifest$/)
        const { id: shownId, display, icons } = JSON.parse(manifest.data ?? "{}")
        assert.deepEqual([shownId, display], [id, "standalone"])
        for (const { src, sizes } of icons as { src: string; sizes: string }[]) {
          const size = await page.evaluate(async (at) => {
            const { width, height } = await createImageBitmap(await (await fetch(at)).blob())
            return `${width}x${height}`
          }, src)
          assert.equal(size, sizes)
        }
        const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors")
        assert.deepEqual(installabilityErrors, [])
      } finally {
        await context.close()
        rmSync(profile, { recursive: true, force: true })
      }
    })
})

/** All hospitals and the app's operator are gone, and back again. */
const withoutNetwork = async (page: Page, work: () => Promise<void>) => {
  await page.context().setOffline(true)
  await work()
  await page.context().setOffline(false)
}
const allChecked = (page: Page) =>
  page
    .getByText(/records of \d organisations? match the ledger/)
    .first()
    .waitFor()
const keepSwitch = (page: Page) => page.getByRole("switch", { name: "Keep my records on this device" })
const entriesOf = (page: Page) => page.locator(".entry").allTextContents()

/** Changes what lies in the browser's database of kept records. */
const changeKept = (page: Page, change: "flip" | "swap") =>
  page.evaluate(
    (how) =>
      new Promise<number>((resolve, reject) => {
        const asked = indexedDB.open("aceso-records")
        asked.onerror = () => reject(asked.error)
        asked.onsuccess = () => {
          const transaction = asked.result.transaction("kept", "readwrite")
          const store = transaction.objectStore("kept")
          const all = store.getAll()
          all.onsuccess = () => {
            const rows = all.result as { id: string; content: Uint8Array }[]
            for (const [i, row] of rows.entries()) {
              const content = how === "swap" ? rows[(i + 1) % rows.length].content : row.content.slice()
              if (how === "flip") content[content.length >> 1] ^= 1
              store.put({ id: row.id, content })
            }
          }
          transaction.oncomplete = () => {
            asked.result.close()
            resolve(all.result.length)
          }
        }
      }),
    change,
  )

describe("records on this device", () => {
  it("are kept only when the person wants that, are there without a network, and go again", async () => {
    const code = await wayBack(demo.folder, "patient-1", app())
    const { page, context, faults } = await openPage(demo.browser, app(), { isOffline: true })
    await installed(page)
    await comeBack(page, code)
    await allChecked(page)
    const online = await entriesOf(page)

    // Off until somebody wants it.
    await page.getByRole("link", { name: "On this device" }).click()
    await page.getByText("Nothing of your records is kept on this device.").waitFor()
    assert.equal(await keepSwitch(page).isChecked(), false)
    assert.deepEqual(await violations(page), [])
    await keepSwitch(page).click()
    await page.getByText(/\d+ entries, as of .+, take /).waitFor()
    assert.equal(await keepSwitch(page).isChecked(), true)
    assert.deepEqual(await violations(page), [])

    await withoutNetwork(page, async () => {
      await page.reload()
      await unlock(page)
      await page.getByRole("link", { name: "Records", exact: true }).click()
      await page.getByText("Without a connection you can read what is kept, and nothing else").waitFor()
      await page
        .getByText(/as this device kept them on .+, checked then up to block/)
        .first()
        .waitFor()
      assert.equal(await page.getByText(/records of \d organisations? match the ledger/).count(), 0)
      const offline = await entriesOf(page)
      assert.deepEqual(
        offline.map((text) =>
          text.replaceAll(/checked when it was kept, .*?\d:\d\d(?:\s[AP]M)?/g, "checked"),
        ),
        online,
      )
      assert.deepEqual(await violations(page), [])
      // One of them, all of it.
      await page.locator(".entry a").first().click()
      await page.getByRole("heading", { name: "What stands in it" }).waitFor()
      await page.getByText("checked when it was kept").first().waitFor()
      await page.goBack()
      // What needs its organisation says so, and what to do.
      await page.getByRole("link", { name: "Sharing" }).click()
      await page.getByText("cannot be reached").first().waitFor()
    })

    await page.getByRole("link", { name: "Records", exact: true }).click()
    await page.getByRole("link", { name: "On this device" }).click()
    await page.getByRole("button", { name: "Remove from this device" }).click()
    await page.getByText("Removed. Nothing of your records is kept on this device.").waitFor()
    assert.equal(await changeKept(page, "flip"), 0, "nothing of it is left")
    await withoutNetwork(page, async () => {
      await page.reload()
      await unlock(page)
      await page.getByText("This organisation cannot be reached just now.").waitFor()
    })
    assert.deepEqual(
      faults.filter((one) => !EXPECTED.test(one)),
      [],
    )
    await context.close()
  })

  it("of one hospital that does not answer stand beside those of the others", async () => {
    const code = await wayBack(demo.folder, "patient-1", app())
    const { page, context } = await openPage(demo.browser, app(), {
      isOffline: true,
      width: 360,
      language: "zh-CN",
    })
    await page.getByRole("button", { name: "我有恢复码" }).click()
    await page.getByRole("textbox").fill(code)
    await page.getByRole("button", { name: "找回我的记录" }).click()
    await page.getByRole("button", { name: "改用口令短语" }).click()
    await page.locator("input[type=password]").nth(0).fill("four plain words here")
    await page.locator("input[type=password]").nth(1).fill("four plain words here")
    await page.locator("form button[type=submit]").click()
    await page.locator(".entry").first().waitFor()
    await page.getByRole("link", { name: "保存在本设备" }).click()
    await page.getByRole("switch", { name: "在本设备上保存我的记录" }).click()
    await page.getByText(/共 \d+ 条，截至/).waitFor()
    assert.deepEqual(await violations(page), [])
    const { url } = demo.network.node("city-hospital").services.config
    await context.route(`${url}/**`, (route) => route.abort())
    await page.goto(`${app()}#/records`)
    await page.getByRole("button", { name: "重新核验" }).click()
    await page.getByText(/现在无法连接。所示为 .+ 保存在本设备上的记录/).waitFor()
    assert.equal(await page.getByText(/现在无法连接。所示为/).count(), 1)
    await page.getByText("保存时已核验").first().waitFor()
    await page
      .getByText(/✓\s*已核验/)
      .first()
      .waitFor()
    assert.deepEqual(await violations(page), [])
    await context.close()
  })

  for (const [comment, change] of [
    ["changed on the disk", "flip"],
    ["put in place of another person's", "swap"],
  ] as const)
    it(`are refused and removed where they were ${comment}`, async () => {
      const { page, context } = await openPage(demo.browser, app(), { isOffline: true })
      await installed(page)
      for (const who of ["patient-1", "patient-2"]) {
        await page.goto(app())
        await comeBack(page, await wayBack(demo.folder, who, app()))
        await allChecked(page)
        await page.getByRole("link", { name: "On this device" }).click()
        await keepSwitch(page).click()
        await page.getByText(/entries, as of .+, take /).waitFor()
      }
      assert.equal(await changeKept(page, change), 2)
      await page.goto(app())
      await page.getByRole("heading", { name: "Unlock" }).waitFor()
      await withoutNetwork(page, async () => {
        await page.reload()
        await unlock(page)
        await page.getByText("What this device had kept was changed, and is removed.").waitFor()
        assert.equal(await page.locator(".entry").count(), 0)
        // It is gone: next time there is nothing that could be refused.
        await page.reload()
        await unlock(page)
        await page.getByText("This organisation cannot be reached just now.").waitFor()
      })
      // And with a network they are kept anew, as the person wished.
      await page.reload()
      await unlock(page)
      await allChecked(page)
      await page.getByRole("link", { name: "On this device" }).click()
      await page.getByText(/entries, as of .+, take /).waitFor()
      await context.close()
    })
})
