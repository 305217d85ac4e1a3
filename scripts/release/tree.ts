import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { join } from "node:path"

/** What lies at one path of an archive. Times are the archive's, the same for all; `owner`: root where nothing is said. */
export type Entry = { readonly path: string; readonly owner?: number } & (
  | { readonly mode: number; readonly body: () => Uint8Array }
  | { readonly link: string }
  | { readonly mode: number; readonly isFolder: true }
)

export const fileOf = (path: string, source: string, isProgram = false): Entry => ({
  path,
  mode: isProgram ? 0o755 : 0o644,
  body: () => readFileSync(source),
})

export const textOf = (path: string, text: string, mode = 0o644): Entry => ({
  path,
  mode,
  body: () => Buffer.from(text),
})

/** All below a folder, with links as links. @param isWanted of the path below it; a folder that is not is left out whole */
export function entriesBelow(folder: string, to: string, isWanted = (_path: string) => true): Entry[] {
  const found: Entry[] = []
  const walk = (below: string) => {
    for (const { name } of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === "" ? name : `${below}/${name}`
      if (!isWanted(path)) continue
      const source = join(folder, path)
      const stat = lstatSync(source)
      const place = to === "" ? path : `${to}/${path}`
      if (stat.isDirectory()) walk(path)
      else if (stat.isSymbolicLink()) found.push({ path: place, link: readlinkSync(source) })
      else if (stat.isFile()) found.push(fileOf(place, source, (stat.mode & 0o111) !== 0))
    }
  }
  walk("")
  return found
}

/** Sorted by path, each once, each folder before what is in it; folders that nobody named have mode 0755. */
export function ordered(entries: readonly Entry[]): Entry[] {
  const all = new Map<string, Entry>()
  for (const entry of entries) {
    const parts = entry.path.split("/")
    for (let n = 1; n < parts.length; n++) {
      const path = parts.slice(0, n).join("/")
      if (!all.has(path)) all.set(path, { path, mode: 0o755, isFolder: true })
    }
    all.set(entry.path, entry)
  }
  // By code units of whole paths, `/` before all else: the same wherever it is made.
  const key = ({ path }: Entry) => path.replaceAll("/", "\0")
  return [...all.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
