import { encode } from "uqr"

/** White modules around a code (ISO/IEC 18004). */
const QUIET = 4
/** So many bytes fit the largest code with the least correction (ISO/IEC 18004, version 40-L). */
const MAX_BYTES = 2953

export interface QrCode {
  /** Modules on a side, with the quiet zone. */
  readonly size: number
  /** One path in those units. */
  readonly path: string
}

/** A text, or bytes, as a QR code. @returns undefined: it does not fit one */
export function qrOf(content: string | Uint8Array): QrCode | undefined {
  const { length } = typeof content === "string" ? new TextEncoder().encode(content) : content
  if (length > MAX_BYTES) return undefined
  const { data } = encode(typeof content === "string" ? content : [...content], { ecc: "L", border: 0 })
  const path = data.flatMap((row, y) =>
    runsIn(row).map(([x, width]) => `M${x + QUIET} ${y + QUIET}h${width}v1h-${width}z`),
  )
  return { size: data.length + 2 * QUIET, path: path.join("") }
}

/** Dark modules of a row that lie side by side: where they begin, and how many. */
function runsIn(row: readonly boolean[]): (readonly [x: number, width: number])[] {
  const runs: [number, number][] = []
  row.forEach((isDark, x) => {
    const last = runs.at(-1)
    if (!isDark) return
    if (last && last[0] + last[1] === x) last[1]++
    else runs.push([x, 1])
  })
  return runs
}
