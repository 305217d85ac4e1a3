import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Child, type Outcome } from "@aceso/cli/testing/aceso.ts"

/** Mounts what programs need, in a mount namespace that ends with them, and runs there with nothing of this machine. */
const ENTER = `root=$1; user=$2; shift 2
mount --rbind /dev "$root/dev" && mount -t proc proc "$root/proc" || exit 90
exec chroot --userspec="$user" "$root" "$@"`

const CLEAN = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8", NO_COLOR: "1" }

/** Another root folder, entered by chroot. */
export class CleanRoot {
  readonly folder: string
  private readonly children: Child[] = []

  /** @param folder what is in it belongs to the test */
  constructor(folder = mkdtempSync(join(tmpdir(), "aceso-root-"))) {
    this.folder = folder
    // Temporary folders are their maker's alone.
    chmodSync(folder, 0o755)
    for (const name of ["dev", "proc"]) mkdirSync(join(folder, name), { recursive: true })
  }

  /** A Debian of the release that this machine runs, with what is essential and nothing else. */
  static debian(): CleanRoot {
    const folder = mkdtempSync(join(tmpdir(), "aceso-root-"))
    const [, suite] = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8")) ?? []
    assert.ok(suite, "this machine's release of Debian has no name")
    const program = process.env.ACESO_DEBOOTSTRAP ?? "debootstrap"
    const argv = ["--variant=minbase", suite, folder, "http://deb.debian.org/debian"]
    const { status, stdout } = spawnSync(program, argv, { encoding: "utf8" })
    assert.equal(status, 0, stdout)
    return new CleanRoot(folder)
  }

  at(path: string): string {
    return join(this.folder, path)
  }

  /** @param user as chroot takes it @param home also where it runs */
  start(argv: readonly string[], user = "root:root", env: Record<string, string> = {}): Child {
    const own = ["--mount", "sh", "-c", ENTER, "sh", this.folder, user, ...argv]
    const child = new Child(own, { ...CLEAN, HOME: "/tmp", ...env }, this.folder, "unshare")
    this.children.push(child)
    return child
  }

  async run(argv: readonly string[], user?: string, env?: Record<string, string>): Promise<Outcome> {
    const child = this.start(argv, user, env)
    const status = await child.ended
    return { status, out: child.out, err: child.err }
  }

  /** Expects status 0. @returns what it printed */
  async does(argv: readonly string[], user?: string, env?: Record<string, string>): Promise<string> {
    const { status, out, err } = await this.run(argv, user, env)
    assert.equal(status, 0, `${argv.join(" ")}: ${out}${err}`)
    return out
  }

  async end(): Promise<void> {
    for (const child of this.children) if (child.process.exitCode === null) child.kill("SIGKILL")
    await Promise.all(this.children.map(({ ended }) => ended))
    rmSync(this.folder, { recursive: true, force: true })
  }
}
