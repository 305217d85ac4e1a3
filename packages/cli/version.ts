import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

export interface Version {
  readonly version: string
  /** Of a checkout, or of the one that a release was made from; `isChanged`: files differ from it. */
  readonly commit?: string
  readonly isChanged?: boolean
  readonly node: string
}

const root = join(import.meta.dirname, "..", "..")

export function versionOf(folder = root): Version {
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string }
  const node = process.version.slice(1)
  const release = join(folder, "release.json")
  if (existsSync(release)) {
    const { commit, isChanged } = JSON.parse(readFileSync(release, "utf8")) as Version
    return { version, commit, isChanged, node }
  }
  // A copy without .git may lie in somebody else's checkout.
  if (!existsSync(join(folder, ".git"))) return { version, node }
  const git = (...argv: string[]) => spawnSync("git", ["-C", folder, ...argv], { encoding: "utf8" })
  const { status, stdout } = git("rev-parse", "--short=12", "HEAD")
  if (status !== 0) return { version, node }
  const changes = git("status", "--porcelain", "--untracked-files=no")
  return { version, commit: stdout.trim(), isChanged: changes.stdout?.trim() !== "", node }
}

export const sayVersion = ({ version, commit, isChanged, node }: Version): string =>
  `aceso ${version}${commit === undefined ? "" : ` (commit ${commit}${isChanged ? ", changed" : ""})`}, Node ${node}`
