import { copyFileSync, createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGzip } from "node:zlib"
import { build } from "@aceso/web/build.ts"
import { buildComet } from "./comet.ts"
import { type Facts, gitIn } from "./facts.ts"
import { installModules, moduleEntries, RUNTIME, versionsOf } from "./modules.ts"
import { tar } from "./tar.ts"
import { type Entry, entriesBelow, fileOf, textOf } from "./tree.ts"
import { mustBeWhole } from "./whole.ts"

export type Say = (text: string) => void

/** What is made or fetched once, whatever is then packed. */
export interface Parts {
  /** npm's folder. */
  readonly installed: string
  /** The built pages. */
  readonly pages: string
  /** undefined: this release has none. */
  readonly comet: string | undefined
}

/** @param work an empty folder */
export async function makeParts(root: string, work: string, say: Say): Promise<Parts> {
  say("installing the packages of the lockfile, those for production alone")
  const installed = join(work, "installed")
  installModules(root, installed)
  say("building the pages")
  const pages = join(work, "pages")
  await build(pages)
  return { installed, pages, comet: buildComet(root, work, say) }
}

const FILES = join(import.meta.dirname, "files")

/** Of the project what a node runs: no tests, nothing that makes pages, no sources in Go. */
function isRuntime(path: string): boolean {
  if (/\.test\.ts$|\.vue$|(^|\/)(testing|full|vectors|aceso-cometbft)\//.test(path)) return false
  if (/^capabilities\/(web|web-session)\.ts$|^capabilities\/[^/]+\/web\//.test(path)) return false
  if (/^docs\/[^/]+\.md$/.test(path)) return true
  if (["package.json", "CHANGELOG.md", "README.md"].includes(path)) return true
  return RUNTIME.some((folder) => path.startsWith(`${folder}/`))
}

/** All that lies in the folder of a release, with paths below it. */
export function releaseEntries(root: string, facts: Facts, { installed, pages, comet }: Parts): Entry[] {
  const own = gitIn(root)("ls-files", "-z")
    .split("\0")
    .filter((path) => path !== "" && isRuntime(path) && existsSync(join(root, path)))
  const modules = moduleEntries(installed, facts.arch)
  const packages = versionsOf(installed, modules)
  const { version, commit, isChanged } = facts
  const about = {
    version,
    commit,
    isChanged,
    node: packages[`node-linux-${facts.arch}`],
    hasComet: comet !== undefined,
    packages,
  }
  const entries = [
    ...own.map((path) => fileOf(path, join(root, path))),
    ...modules,
    ...entriesBelow(pages, "packages/web/dist"),
    fileOf("bin/aceso", join(FILES, "aceso"), true),
    ...(comet === undefined ? [] : [fileOf("bin/aceso-cometbft", comet, true)]),
    fileOf("systemd/aceso.service", join(FILES, "aceso.service")),
    textOf("release.json", `${JSON.stringify(about, null, 2)}\n`),
  ]
  mustBeWhole(entries)
  return entries
}

export const nameOf = ({ version, arch }: Facts): string => `aceso-${version}-linux-${arch}`

/** `aceso-<version>-linux-<arch>.tar.gz`, whose one folder is `aceso-<version>`. @returns its path */
export async function writeArchive(entries: readonly Entry[], facts: Facts, out: string): Promise<string> {
  const path = join(out, `${nameOf(facts)}.tar.gz`)
  await writeTar(below(entries, `aceso-${facts.version}`), facts.time, path)
  return path
}

export const below = (entries: readonly Entry[], folder: string): Entry[] =>
  entries.map((entry) => ({ ...entry, path: `${folder}/${entry.path}` }))

export async function writeTar(entries: readonly Entry[], time: number, path: string): Promise<void> {
  await pipeline(Readable.from(tar(entries, time)), createGzip(), createWriteStream(path))
}

/** The unit by itself, beside the archive. */
export function writeUnit(out: string): string {
  mkdirSync(out, { recursive: true })
  const path = join(out, "aceso.service")
  copyFileSync(join(FILES, "aceso.service"), path)
  return path
}

export const readFile = (name: string): string => readFileSync(join(FILES, name), "utf8")
