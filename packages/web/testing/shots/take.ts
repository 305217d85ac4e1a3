import { mkdirSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import type { Browser, Page } from "playwright-core"
import { openPage, violations } from "../browser.ts"
import type { Language, Picture } from "./picture.ts"
import type { Scene } from "./scene.ts"

/** Light on a desk, dark on a phone. */
export const SIZES = [
  { width: 1440, height: 900, isDark: false },
  { width: 360, height: 780, isDark: true },
] as const
export interface Look {
  readonly language: Language
  readonly size: (typeof SIZES)[number]
}

const LOCALES = { en: "en-GB", zh: "zh-CN" } as const
/** What is there is shown, and nothing is asked for any more. */
const READY = "body:has(h1):not(:has([aria-busy=true]))"
const PATIENCE_MS = 60_000
/** As pages look good and weigh little. */
const QUALITY = 0.82

/** Takes one picture. @returns what is wrong on the page */
export async function take(
  scene: Scene,
  browser: Browser,
  { url, until, act, isScrolled }: Picture,
  { language, size }: Look,
  file: string,
): Promise<readonly string[]> {
  const options = { ...size, language: LOCALES[language] }
  const opened = await openPage(browser, "about:blank", options)
  const { page, context, faults } = opened
  page.setDefaultTimeout(PATIENCE_MS)
  try {
    await page.goto(await url(scene, browser))
    await page.locator(READY).waitFor()
    if (until) await page.locator(until).first().waitFor()
    await act?.(page, language)
    await page.locator(READY).waitFor()
    if (!isScrolled) await page.evaluate(() => scrollTo(0, 0))
    const wide = await page.evaluate(() => document.documentElement.scrollWidth)
    const found = [...faults, ...(wide > size.width ? [`it is ${wide} px wide`] : [])]
    const png = await page.screenshot({ animations: "disabled", caret: "hide" })
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, await packed(await context.newPage(), png))
    // What a menu at the bottom covers can be scrolled to.
    await page.setViewportSize({ width: size.width, height: 4_000 })
    return [...found, ...(await violations(page))]
  } finally {
    await context.close()
  }
}

/** As WebP, by the browser's own encoder. */
async function packed(page: Page, png: Buffer): Promise<Buffer> {
  const base64 = await page.evaluate(
    async ({ given, quality }) => {
      const bytes = Uint8Array.from(atob(given), (one) => one.charCodeAt(0))
      const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }))
      const canvas = new OffscreenCanvas(picture.width, picture.height)
      const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D
      context.drawImage(picture, 0, 0)
      const blob = await canvas.convertToBlob({ type: "image/webp", quality })
      const all = new Uint8Array(await blob.arrayBuffer())
      return btoa(Array.from(all, (one) => String.fromCharCode(one)).join(""))
    },
    { given: png.toString("base64"), quality: QUALITY },
  )
  return Buffer.from(base64, "base64")
}
