import { join } from "node:path"
import { PlatformError } from "@aceso/core"
import { isThere } from "../../there.ts"

const BEGIN_ANEW =
  "move engine/ aside and start again: the node fetches all blocks from the others (docs/operations.md, Backup and restore)"

/** What CometBFT's last words mean, where starting it again cannot help; undefined: it may. */
export function finalWords(tail: string): PlatformError | undefined {
  const [, ours, its] = /app block height \((\d+)\) is higher than core \((\d+)\)/.exec(tail) ?? []
  if (ours === undefined) return undefined
  return engineBehind(Number(ours), Number(its))
}

/** The application cannot give back blocks, and CometBFT cannot go on behind it. */
const engineBehind = (ours: number, its: number): PlatformError =>
  new PlatformError(
    "engine_behind",
    `engine/log has blocks up to ${ours}, CometBFT's own files only up to ${its}, as after a restore of one without the other: ${BEGIN_ANEW}`,
  )

/** The line that says why; not the last one of a Go stack. */
export function lastWords(tail: string): string {
  const lines = tail.trim().split("\n")
  return (lines.findLast((line) => /^(panic:|Error:|ERROR:)/.test(line)) ?? lines.at(-1) ?? "").trim()
}

/**
 * CometBFT that has nothing begins at the genesis: a log that has more is of no use to it.
 * @throws PlatformError `engine_behind`
 */
export function mustHaveBlocks(home: string, height: number, begins: number): void {
  if (height > begins && !isThere(join(home, "data", "blockstore.db"))) throw engineBehind(height, begins)
}
