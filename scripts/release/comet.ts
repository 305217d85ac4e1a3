import { spawnSync } from "node:child_process"
import { join } from "node:path"

const SOURCES = "packages/ledger/engines/cometbft/aceso-cometbft"

/**
 * Builds aceso-cometbft, the same bytes wherever it is built with one version of Go: no paths, no build id, no C.
 * @returns the program; undefined: Go is not here, and the release goes without @throws Error what Go says; under
 * CI=true also where it is missing
 */
export function buildComet(root: string, to: string, say: (text: string) => void): string | undefined {
  const version = spawnSync("go", ["version"], { encoding: "utf8" })
  if (version.status !== 0) {
    if (process.env.CI === "true") throw new Error("Go is missing, which builds aceso-cometbft: install it")
    say("Go is not here: this release has no aceso-cometbft, and runs networks of the engine embedded alone")
    return undefined
  }
  say(`building aceso-cometbft (${version.stdout.trim()})`)
  const program = join(to, "aceso-cometbft")
  const argv = ["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", program, "."]
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" }
  const { status, stderr } = spawnSync("go", argv, { cwd: join(root, SOURCES), encoding: "utf8", env })
  if (status !== 0) throw new Error(`go build failed: ${stderr.trim()}`)
  return program
}
