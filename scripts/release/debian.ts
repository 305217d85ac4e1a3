import { spawnSync } from "node:child_process"
import { hash } from "node:crypto"
import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Say } from "./archive.ts"
import { type Entry, entriesBelow, textOf } from "./tree.ts"

/** What Node's own binary is linked to, and what says which Debian it is. No shell, no package manager. */
const PACKAGES = ["base-files", "gcc-12-base", "libc6", "libgcc-s1", "libstdc++6"]

/** Debian's part of the image, and which packages of which day it is made of: `<file> <SHA-256>`, sorted. */
export interface DebianRoot {
  readonly entries: readonly Entry[]
  readonly packages: readonly string[]
}

/**
 * Fetches Debian's packages by apt, which checks them against the signed index of its sources, and unpacks them; none of
 * their scripts runs.
 * @throws Error what apt or dpkg says
 */
export function debianRoot(work: string, say: Say): DebianRoot {
  const [fetched, root] = [join(work, "debian"), join(work, "debian-root")]
  for (const folder of [fetched, root]) mkdirSync(folder, { recursive: true })
  say(`fetching Debian's packages ${PACKAGES.join(", ")}`)
  const download = () => spawnSync("apt-get", ["download", ...PACKAGES], { cwd: fetched, encoding: "utf8" })
  let { status, stderr } = download()
  // A new machine has no index yet.
  if (status !== 0 && process.getuid?.() === 0) {
    spawnSync("apt-get", ["update"], { stdio: "ignore" })
    ;({ status, stderr } = download())
  }
  if (status !== 0)
    throw new Error(
      `apt-get download failed: ${stderr?.trim() || "an image is made on Debian, is this one?"}`,
    )
  const files = readdirSync(fetched)
    .filter((name) => name.endsWith(".deb"))
    .sort()
  const controls = files.map((file) => {
    const path = join(fetched, file)
    dpkg("-x", path, root)
    const control = dpkg("-f", path)
    const [, name] = /^Package: (.+)$/m.exec(control) ?? []
    // Where scanners of images look for what is in one without a package manager.
    return textOf(`var/lib/dpkg/status.d/${name}`, control)
  })
  const sums = files.map(
    (file) => `${decodeURIComponent(file)} ${hash("sha256", readFileSync(join(fetched, file)))}`,
  )
  const isWanted = (path: string) => !/^usr\/share\/(man|locale|lintian|info)(\/|$)/.test(path)
  return { entries: [...entriesBelow(root, "", isWanted), ...controls], packages: sums }
}

function dpkg(...argv: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("dpkg-deb", argv, { encoding: "utf8" })
  if (status !== 0) throw new Error(`dpkg-deb ${argv[0]}: ${stderr?.trim() || "is it installed?"}`)
  return stdout
}
