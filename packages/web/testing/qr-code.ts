import jsqr from "jsqr"
import type { Locator } from "playwright-core"

/** What a code on a page says, read from its picture as a camera would. */
export async function codeShown(picture: Locator): Promise<string> {
  const [size, path] = await picture
    .locator("svg")
    .evaluate((svg) => [
      Number(svg.getAttribute("viewBox")?.split(" ")[2]),
      svg.querySelector("path")?.getAttribute("d") ?? "",
    ])
  const k = 4
  const side = Number(size) * k
  const points = new Uint8ClampedArray(side * side * 4).fill(255)
  for (const [, x, y, width] of String(path).matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let row = Number(y) * k; row < (Number(y) + 1) * k; row++)
      for (let column = Number(x) * k; column < (Number(x) + Number(width)) * k; column++)
        points.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3)
  const read = jsqr as unknown as (
    data: Uint8ClampedArray,
    width: number,
    height: number,
  ) => { readonly data: string } | null
  return read(points, side, side)?.data ?? ""
}
