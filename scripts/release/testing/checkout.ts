import { execFileSync } from "node:child_process"
import { Copy } from "../../testing/copy.ts"

/** A copy of the project, to be changed, that is a checkout of the same commit in the eyes of git. */
export function checkoutCopy(): Copy {
  const argv = ["rev-parse", "--absolute-git-dir"]
  const git = execFileSync("git", argv, { cwd: import.meta.dirname, encoding: "utf8" })
  const copy = new Copy()
  copy.write(".git", `gitdir: ${git.trim()}\n`)
  return copy
}
