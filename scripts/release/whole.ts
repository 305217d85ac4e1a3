import { posix } from "node:path"
import type { Entry } from "./tree.ts"

const NAMED =
  /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|\bnew URL\(\s*)"((?:\.{1,2}\/|@aceso\/)[^"\n]+\.(?:ts|js|json))"/g

/**
 * Every file of the release that one of its files imports is in it.
 * @throws Error that names what is missing
 */
export function mustBeWhole(entries: readonly Entry[]): void {
  const paths = new Set(entries.map(({ path }) => path))
  const packages = new Map(
    entries.flatMap((entry): [string, string][] => {
      const [, name] = /^node_modules\/(@aceso\/[^/]+)$/.exec(entry.path) ?? []
      return name && "link" in entry
        ? [[name, posix.normalize(posix.join("node_modules/@aceso", entry.link))]]
        : []
    }),
  )
  const missing = entries.flatMap((entry) => {
    if (!("body" in entry) || !/^(packages|capabilities)\/.*\.[jt]s$/.test(entry.path)) return []
    if (entry.path.startsWith("packages/web/dist/")) return []
    const text = Buffer.from(entry.body()).toString("utf8")
    return [...text.matchAll(NAMED)].flatMap(([, named]) => {
      const path = placeOf(named, entry.path, packages)
      return path !== undefined && paths.has(path) ? [] : [`${named}, which ${entry.path} imports`]
    })
  })
  if (missing.length > 0) throw new Error(`the release would lack ${missing.join("; ")}`)
}

function placeOf(named: string, from: string, packages: ReadonlyMap<string, string>): string | undefined {
  if (named.startsWith(".")) return posix.join(posix.dirname(from), named)
  const [, name, rest] = /^(@aceso\/[^/]+)\/(.+)$/.exec(named) ?? []
  const folder = packages.get(name)
  return folder === undefined ? undefined : posix.join(folder, rest)
}
