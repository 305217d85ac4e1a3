// The linter is 96 MB, which nobody needs who only runs a node: it is installed when the check is first run.
import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** package.json and package-lock.json: exact versions with their integrity. */
const FOLDER = join(import.meta.dirname, "biome")
/** Biome's own package names platform packages that not every registry has; the binaries are used directly. */
const PACKAGE = `@biomejs/cli-${process.platform}-${process.arch}`

/** The program in the version that the lockfile names; installs it where it is missing or another. @throws Error */
export async function biomeProgram(folder = FOLDER, install = npmCi): Promise<string> {
  const program = join(folder, "node_modules", PACKAGE, "biome")
  const { optionalDependencies: pinned } = read(join(folder, "package.json"))
  if (pinned?.[PACKAGE] === undefined)
    throw new Error(`there is no ${PACKAGE}: the check runs on Linux, x64 or arm64`)
  const isThere = () => {
    const manifest = join(folder, "node_modules", PACKAGE, "package.json")
    return existsSync(program) && read(manifest).version === pinned[PACKAGE]
  }
  if (isThere()) return program
  console.error(`installing the linter ${PACKAGE} ${pinned[PACKAGE]} (once)`)
  const why = await install(folder)
  if (isThere()) return program
  throw new Error(`the linter could not be installed; is there a network? npm said: ${why}`)
}

interface Manifest {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
const read = (path: string): Manifest => JSON.parse(readFileSync(path, "utf8")) as Manifest

/** @returns what npm said */
export function npmCi(folder: string): Promise<string> {
  const npm = process.env.npm_execpath
  // npm tells its scripts the folder of the project; this one is another.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config_local_prefix|package_)/.test(name)),
  )
  const argv = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-workspaces"]
  return new Promise((resolve) => {
    const [file, args] = npm?.endsWith(".js") ? [process.execPath, [npm, ...argv]] : ["npm", argv]
    const child = spawn(file, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] })
    let said = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data))
    child.on("error", (error) => resolve(error.message))
    child.on("close", (status) => resolve(`${said.trim().slice(-1000)} (status ${status})`))
  })
}
