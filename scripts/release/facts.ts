import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"

/** What a release is of. */
export interface Facts {
  readonly version: string
  /** `isChanged`: tracked files differ from it. */
  readonly commit: string
  readonly isChanged: boolean
  /** Seconds since 1970, of every file: SOURCE_DATE_EPOCH, else the commit's. */
  readonly time: number
  /** As Node and npm name them. */
  readonly arch: "x64" | "arm64"
  /** As Debian and OCI name them. */
  readonly debianArch: "amd64" | "arm64"
}

const DEBIAN = { x64: "amd64", arm64: "arm64" } as const

export const gitIn =
  (root: string) =>
  (...argv: string[]): string => {
    // A look at a checkout changes nothing in it, its index included.
    const env = { ...process.env, GIT_OPTIONAL_LOCKS: "0" }
    const { status, stdout, stderr } = spawnSync("git", ["-C", root, ...argv], {
      encoding: "utf8",
      maxBuffer: 2 ** 26,
      env,
    })
    if (status !== 0) throw new Error(`git ${argv[0]} in ${root}: ${stderr?.trim() || "is git installed?"}`)
    return stdout
  }

/** @throws Error where no release can be made: no checkout, another system, a version that is none */
export function factsOf(root: string): Facts {
  const { platform, arch } = process
  if (platform !== "linux" || (arch !== "x64" && arch !== "arm64"))
    throw new Error(`a release is for Linux on x64 or arm64, and is made there; this is ${platform}-${arch}`)
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new Error(`package.json: version ${version} is none; write three numbers, as in 1.2.3`)
  const git = gitIn(root)
  const { SOURCE_DATE_EPOCH } = process.env
  if (SOURCE_DATE_EPOCH !== undefined && !/^\d{1,11}$/.test(SOURCE_DATE_EPOCH))
    throw new Error(`SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH}: expected seconds since 1970`)
  return {
    version,
    commit: git("rev-parse", "--short=12", "HEAD").trim(),
    isChanged: git("status", "--porcelain", "--untracked-files=no").trim() !== "",
    time: Number(SOURCE_DATE_EPOCH ?? git("log", "-1", "--format=%ct").trim()),
    arch,
    debianArch: DEBIAN[arch],
  }
}
