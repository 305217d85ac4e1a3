import assert from "node:assert/strict"
import type { Page } from "playwright-core"
import { violations } from "./browser.ts"

/** What axe finds in both themes and at both widths, and that nothing is wider than the screen. */
export async function mustBeClean(page: Page): Promise<void> {
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

/** Chooses Chinese, as anybody may on every page. */
export async function readChinese(page: Page): Promise<void> {
  await page.getByLabel("Language").selectOption("zh")
  await page.locator("html[lang=zh-CN]").waitFor()
}
