import { accessSync, constants, statSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, join } from "node:path"
import { PlatformError } from "@aceso/core"

/**
 * The `cometbft` executable: the one named, else the first on the PATH, else the one in ~/go/bin.
 * @throws PlatformError `engine_missing`
 */
export function findCometBft(named: string | undefined, path = process.env.PATH ?? ""): string {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ""), join(homedir(), "go", "bin")]
  const candidates = named === undefined ? folders.map((folder) => join(folder, "cometbft")) : [named]
  const found = candidates.find(isExecutable)
  if (found) return found
  throw new PlatformError(
    "engine_missing",
    named === undefined
      ? "CometBFT is neither on the PATH nor in ~/go/bin; install v0.38.26 (go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.26), or name it in node.json: cometbft.executable"
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
