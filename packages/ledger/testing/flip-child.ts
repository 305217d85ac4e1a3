import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { checkState } from "../verify/state-check.ts"

/** Flips bits in copies of a state's lmdb file and sends what the check says of each. May be killed by one. */
interface Work {
  readonly folder: string
  readonly expected: string
  readonly flips: readonly { readonly at: number; readonly bit: number }[]
}

process.once("message", async ({ folder, expected, flips }: Work) => {
  const original = readFileSync(join(folder, "state", "data.mdb"))
  const base = mkdtempSync(join(tmpdir(), "aceso-flip-"))
  process.once("exit", () => rmSync(base, { recursive: true, force: true }))
  for (const [i, { at, bit }] of flips.entries()) {
    const copy = join(base, String(i))
    const damaged = Buffer.from(original)
    if (bit >= 0) damaged[at] ^= 1 << bit
    mkdirSync(copy)
    writeFileSync(join(copy, "data.mdb"), damaged)
    const result = await checkState(copy, { folder: expected })
    rmSync(copy, { recursive: true })
    await new Promise((resolve) => process.send?.(result, resolve))
  }
  process.exit(0)
})
