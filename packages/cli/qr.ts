import { encode } from "uqr"
import { screen } from "./columns.ts"

/** Modules of the margin. The standard's four are for print; a screen's own edge helps. */
const MARGIN = 2

/**
 * A text as QR code in half blocks, two rows of modules in a line, for screens on which text is light: light modules are
 * drawn. The least correction, so that it is as small as it can be.
 * @returns undefined: it has no room on the screen
 */
export function qrOf(text: string, columns = screen()): string | undefined {
  const { data, size } = encode(text, { ecc: "L", border: MARGIN })
  if (size > columns) return undefined
  // Below an odd number of rows the margin goes on.
  const isLight = (y: number, x: number) => data[y]?.[x] !== true
  return Array.from({ length: Math.ceil(size / 2) }, (_, line) =>
    Array.from({ length: size }, (_, x) => {
      const [above, below] = [isLight(2 * line, x), isLight(2 * line + 1, x)]
      return above ? (below ? "█" : "▀") : below ? "▄" : " "
    }).join(""),
  ).join("\n")
}
