import jsqr from "jsqr"
import type { Page } from "playwright-core"

/** As Node loads it, which its types do not say. */
const read = jsqr as unknown as (
  points: Uint8ClampedArray,
  width: number,
  height: number,
) => { readonly data: string } | null

/** What the code says that the page shows, read from a picture of the screen. */
export async function scannedFrom(page: Page): Promise<string> {
  const shown = page.locator("svg.qr")
  await shown.waitFor()
  const png = (await shown.screenshot()).toString("base64")
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
  const found = read(colours, width, height)
  if (!found) throw new Error("no code can be read from the screen")
  return found.data
}
