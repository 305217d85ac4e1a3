import { execFileSync, spawn } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const original = join(import.meta.dirname, "../..")

/**
 * The project as it lies here, in a folder of its own, to be changed. What npm installed is linked; @aceso/* lead to the
 * packages of the copy.
 */
export class Copy {
  readonly root = mkdtempSync(join(tmpdir(), "aceso-copy-"))

  constructor() {
    for (const path of ownFiles()) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true })
      copyFileSync(join(original, path), join(this.root, path))
    }
    const installed = "{.,packages/*,capabilities,scripts/check/{biome,vue}}/node_modules"
    for (const folder of globSync(installed, { cwd: original }))
      linkModules(join(original, folder), join(this.root, folder))
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8")
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true })
    writeFileSync(join(this.root, path), text)
  }

  change(path: string, how: (text: string) => string): void {
    this.write(path, how(this.read(path)))
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true })
  }

  /** One of the project's scripts, to its end. @returns its exit status and all that it said */
  run(script: string, ...argv: readonly string[]): Promise<{ status: number | null; said: string }> {
    // Test files that this process runs would not be run by the one that it starts.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    return new Promise((resolve, reject) => {
      const options = { cwd: this.root, env, stdio: ["ignore", "pipe", "pipe"] as ["ignore", "pipe", "pipe"] }
      const child = spawn(process.execPath, [script, ...argv], options)
      let said = ""
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data))
      const kill = () => child.kill("SIGKILL")
      process.once("exit", kill)
      child.on("error", reject)
      child.on("close", (status) => {
        process.off("exit", kill)
        resolve({ status, said })
      })
    })
  }

  end(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** Also those that are not committed yet. */
function ownFiles(): readonly string[] {
  const argv = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
  const listed = execFileSync("git", argv, { cwd: original, encoding: "utf8", maxBuffer: 2 ** 26 })
  return listed.split("\0").filter((path) => path !== "" && existsSync(join(original, path)))
}

function linkModules(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [there, here] = [join(from, entry.name), join(to, entry.name)]
    // A workspace's link is relative: the same words lead into the copy.
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(there), here)
    else if (entry.name.startsWith("@")) linkModules(there, here)
    else symlinkSync(there, here)
  }
}
