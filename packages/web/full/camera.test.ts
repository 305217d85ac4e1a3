// needs: chromium
import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import { DemoNetwork } from "@aceso/consortium/network.ts"
import type { Browser } from "playwright-core"
import { builtPages } from "../build.ts"
import { openBrowser, openPage, violations } from "../testing/browser.ts"
import { cardPoints } from "../testing/card-code.ts"

let folder: string
let network: DemoNetwork
let browser: Browser
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "aceso-camera-"))
  network = await DemoNetwork.open({ folder, port: 0, pages: await builtPages(() => {}) })
  const video = join(folder, "card.y4m")
  writeFileSync(video, filmOf(6))
  browser = await openBrowser([
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-video-capture=${video}`,
  ])
})
after(async () => {
  await browser.close()
  await network.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A film of one picture (YUV4MPEG2): the card's code on a larger ground. @param k points of a module */
function filmOf(k: number): Buffer {
  const { side, isDark } = cardPoints(k)
  const [width, height] = [1280, 960]
  const [left, top] = [Math.floor((width - side) / 2), Math.floor((height - side) / 2)]
  const luma = Buffer.alloc(width * height, 235)
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) if (isDark(y, x)) luma[(y + top) * width + x + left] = 16
  const frame = Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc((width * height) / 2, 128)])
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F5:1 Ip A1:1 C420jpeg\n`), frame, frame])
}

describe("the camera", () => {
  it("reads a card, is off again, and can be refused", async () => {
    const url = network.node("county-hospital").services.config.url.replace("127.0.0.1", "localhost")
    const { page, context, faults } = await openPage(browser, `${url}/portal/#demo=county-doctor`)
    await page.getByRole("link", { name: "Scan a card" }).first().click()
    await page.getByRole("button", { name: "Use the camera" }).click()
    await page.getByRole("alert").filter({ hasText: "This card is for National Health Insurance" }).waitFor()
    assert.deepEqual(await violations(page), [])
    await page.getByRole("button", { name: "Another card" }).click()
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error("nobody allowed it"))
    })
    await page.getByRole("button", { name: "Use the camera" }).click()
    await page
      .getByRole("alert")
      .filter({ hasText: "The camera cannot be used. Load the card as a file or a picture instead." })
      .filter({ hasText: "nobody allowed it" })
      .waitFor()
    assert.deepEqual(faults, [])
    await context.close()
  })
})
