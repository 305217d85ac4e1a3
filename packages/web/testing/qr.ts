import jsqr from "jsqr"
import type { Page } from "playwright-core"

/** As Node loads it, which its types do not say. */
export const readCode = jsqr as unknown as (
  points: Uint8ClampedArray,
  width: number,
  height: number,
) => { readonly data: string; readonly binaryData: readonly number[] } | null

/** A picture of the code that the page shows: of all of it, whatever a phone's navigation covers. */
export async function pictureOfCode(page: Page): Promise<Buffer> {
  const shown = page.locator("svg.qr")
  await shown.waitFor()
  await shown.evaluate((code) => code.scrollIntoView({ block: "center" }))
  return shown.screenshot()
}

/** What the code says that the page shows, read from a picture of the screen. */
export async function scannedFrom(page: Page): Promise<string> {
  const png = (await pictureOfCode(page)).toString("base64")
  const { width, height, points } = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }))
    const canvas = new OffscreenCanvas(picture.width, picture.height)
    const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D
    context.drawImage(picture, 0, 0)
    const { data } = context.getImageData(0, 0, picture.width, picture.height)
    const all: string[] = []
    for (let i = 0; i < data.length; i += 4) all.push(data[i] > 127 ? "1" : "0")
    return { width: picture.width, height: picture.height, points: all.join("") }
  }, png)
  const colours = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < points.length; i++)
    colours.fill(points[i] === "1" ? 255 : 0, i * 4, i * 4 + 3).fill(255, i * 4 + 3, i * 4 + 4)
  const found = readCode(colours, width, height)
  if (!found) throw new Error("no code can be read from the screen")
  return found.data
}
