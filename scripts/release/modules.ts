import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { type Entry, entriesBelow } from "./tree.ts"

/** The workspaces that a node is made of; the pages come built. */
export const RUNTIME = [
  ...["cli", "client", "contracts", "core", "fhir", "ledger", "server"].map((name) => `packages/${name}`),
  "capabilities",
]

/** Of a capability pages alone need these, and they come built. */
const ONLY_FOR_PAGES = new Set(["@aceso/web", "vue", "vue-router"])

/**
 * Installs what the lockfile says into a folder of its own, each package held to its SHA-512, and runs nothing of it.
 * @throws Error what npm says
 */
export function installModules(root: string, to: string): void {
  const manifests = globSync(
    ["package.json", "package-lock.json", "{packages/*,capabilities}/package.json"],
    {
      cwd: root,
    },
  )
  for (const path of manifests) {
    mkdirSync(dirname(join(to, path)), { recursive: true })
    copyFileSync(join(root, path), join(to, path))
  }
  const argv = ["ci", "--omit=dev", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]
  // What an npm that runs this one says of its own project is not meant.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(lifecycle|package|config_local_prefix)/.test(name),
    ),
  )
  const { status, stdout, stderr } = spawnSync("npm", argv, { cwd: to, encoding: "utf8", env })
  if (status !== 0) throw new Error(`npm ci failed: ${(stderr || stdout || "is npm installed?").trim()}`)
}

/** What a node needs of them: what its packages name, and what that names, and Node itself. */
export function moduleEntries(installed: string, arch: string): Entry[] {
  const node = `node-linux-${arch}`
  const folders = new Set<string>()
  const links = new Set<string>()
  const add = (name: string, from: string, isOptional: boolean): void => {
    const folder = find(installed, from, name)
    if (folder === undefined) {
      if (isOptional) return
      throw new Error(`${name}, which ${from || "the project"} needs, was not installed`)
    }
    if (folders.has(folder)) return
    folders.add(folder)
    follow(folder)
  }
  const follow = (folder: string): void => {
    const manifest = JSON.parse(readFileSync(join(installed, folder, "package.json"), "utf8"))
    for (const name of Object.keys(manifest.dependencies ?? {}))
      if (name.startsWith("@aceso/") || ONLY_FOR_PAGES.has(name)) continue
      else add(name, folder, false)
    // Platform packages, of which npm installed those of this platform.
    for (const name of Object.keys(manifest.optionalDependencies ?? {})) add(name, folder, true)
  }
  for (const workspace of RUNTIME) {
    links.add(workspace)
    follow(workspace)
  }
  add(node, "", false)
  return [
    ...[...links].map((workspace) => {
      const { name } = JSON.parse(readFileSync(join(installed, workspace, "package.json"), "utf8"))
      return { path: `node_modules/${name}`, link: relative("node_modules/@aceso", workspace) }
    }),
    ...[...folders].flatMap((folder) =>
      entriesBelow(join(installed, folder), folder, (path) => isNeeded(path, arch)),
    ),
  ]
}

/** As Node looks for it. @returns undefined: it is not there */
function find(installed: string, from: string, name: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at === "." ? "" : at, "node_modules", name)
    if (existsSync(join(installed, folder, "package.json"))) return folder
    if (at === "" || at === ".") return undefined
  }
}

/** Neither what other systems run, nor what only compilers and readers of sources need. Licences stay. */
function isNeeded(path: string, arch: string): boolean {
  if (/(^|\/)node_modules(\/|$)/.test(path) || /^(include|share)(\/|$)/.test(path)) return false
  const [, prebuilt] = /(?:^|\/)prebuilds\/([^/]+)/.exec(path) ?? []
  if (prebuilt !== undefined && prebuilt !== `linux-${arch}`) return false
  return !/\.(map|d\.[cm]?ts|md|markdown)$/i.test(path) || /licen[cs]e|copying|notice/i.test(path)
}

/** Names and versions of what was taken, for release.json. */
export function versionsOf(installed: string, entries: readonly Entry[]): Record<string, string> {
  const folders = entries.flatMap(
    ({ path }) =>
      /^(.*node_modules\/[^@/]+|.*node_modules\/@[^/]+\/[^/]+)\/package\.json$/.exec(path)?.[1] ?? [],
  )
  const found = folders
    .filter((folder) => readdirSync(join(installed, folder)).length > 0)
    .map((folder): [string, string] => [
      folder.replace(/^.*node_modules\//, ""),
      JSON.parse(readFileSync(join(installed, folder, "package.json"), "utf8")).version,
    ])
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)))
}
