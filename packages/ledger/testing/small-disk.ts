import { spawnSync } from "node:child_process"
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs"
import { join } from "node:path"

const mount = (...argv: string[]) => spawnSync("mount", argv, { encoding: "utf8" })

/** A disk of its own at a folder, in memory, which a test fills, frees and makes read-only. */
export class SmallDisk {
  readonly folder: string

  /** @param folder made where it is not there; what it held is hidden until the end */
  constructor(folder: string, kib = 4096) {
    this.folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { status, stderr } = mount("-t", "tmpfs", "-o", `size=${kib}k,mode=700`, "tmpfs", folder)
    if (status !== 0) throw new Error(`no small disk at ${folder}: ${stderr}`)
    process.once("exit", this.atExit)
  }

  /** A test that is ended from outside leaves nothing mounted. */
  private readonly atExit = () => this.end()

  /** Why there can be none here; undefined: there can. */
  static reasonAgainst(folder: string): string | undefined {
    if (process.platform !== "linux" || process.getuid?.() !== 0)
      return "only root of Linux can mount a small disk"
    try {
      new SmallDisk(join(folder, "try")).end()
      return undefined
    } catch (error) {
      return String(error)
    }
  }

  private get ballast(): string {
    return join(this.folder, "ballast")
  }

  /** Nothing more can be written. */
  fill(): void {
    const file = openSync(this.ballast, "w")
    try {
      for (const size of [65_536, 4_096, 1])
        try {
          for (;;) writeSync(file, Buffer.alloc(size))
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error
        }
    } finally {
      closeSync(file)
    }
  }

  free(): void {
    rmSync(this.ballast, { force: true })
  }

  /** While nobody has a file open for writing. */
  setReadOnly(isReadOnly: boolean): void {
    const { status, stderr } = mount("-o", `remount,${isReadOnly ? "ro" : "rw"}`, this.folder)
    if (status !== 0) throw new Error(`${this.folder} cannot be mounted anew: ${stderr}`)
  }

  end(): void {
    process.off("exit", this.atExit)
    spawnSync("umount", ["-l", this.folder])
  }
}
