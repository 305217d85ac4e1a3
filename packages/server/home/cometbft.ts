import { accessSync, constants, statSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, join, resolve } from "node:path"
import { PlatformError } from "@aceso/core"

/** Ours first (ledger/engines/cometbft/aceso-cometbft): it is CometBFT without a timer that spins. */
const NAMES = ["aceso-cometbft", "cometbft"]

/** Of a release that was installed (scripts/release); a checkout has no such folder. */
const RELEASED = resolve(import.meta.dirname, "../../../bin")

/**
 * CometBFT's executable: the one named, else the release's own, else the first on the PATH or in ~/go/bin.
 * @throws PlatformError `engine_missing`
 */
export function findCometBft(named: string | undefined, path = process.env.PATH ?? ""): string {
  const folders = [
    RELEASED,
    ...path.split(delimiter).filter((folder) => folder !== ""),
    join(homedir(), "go", "bin"),
  ]
  const inFolders = (name: string) => folders.map((folder) => join(folder, name))
  const candidates = named === undefined ? NAMES.flatMap(inFolders) : [named]
  const found = candidates.find(isExecutable)
  if (found) return found
  throw new PlatformError(
    "engine_missing",
    named === undefined
      ? "CometBFT is neither on the PATH nor in ~/go/bin; install v0.38.26 (go install -C packages/ledger/engines/cometbft/aceso-cometbft .), or name it in node.json: cometbft.executable"
      : `${named} is no program that can be run; mend cometbft.executable in node.json`,
  )
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    // Not there, or not for this user.
    return false
  }
}
