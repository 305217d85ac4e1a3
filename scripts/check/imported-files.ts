import { dirname, join } from "node:path/posix"

export type Manifest = { readonly path: string; readonly text: string }

/** A value of `exports` or `imports` in a package.json: a path, or paths by subpath or by condition. */
type Target = string | null | { readonly [key: string]: Target }
type Package = { readonly folder: string; readonly exports: Target; readonly imports: Target }

/**
 * The files that a specifier may lead to: relative ones, and those of the packages that have these manifests, as
 * their `exports` and `imports` say. All conditions count, so that a circle on one platform is one.
 */
export function importedFiles(
  manifests: readonly Manifest[],
): (importer: string, specifier: string) => readonly string[] {
  const packages = new Map(
    manifests.map(({ path, text }): [name: string, of: Package] => {
      const { name = "", exports = null, imports = null } = JSON.parse(text)
      const entries = typeof exports === "string" ? { ".": exports } : exports
      return [name, { folder: dirname(path), exports: entries, imports }]
    }),
  )
  return (importer, specifier) => {
    if (specifier.startsWith(".")) return [join(dirname(importer), specifier)]
    if (specifier.startsWith("#")) {
      const own = packages.values().find(({ folder }) => importer.startsWith(`${folder}/`))
      return own ? filesAt(own.folder, own.imports, specifier) : []
    }
    const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(specifier) ?? []
    const of = packages.get(name)
    return of ? filesAt(of.folder, of.exports, `.${rest}`) : []
  }
}

function filesAt(folder: string, targets: Target, key: string): string[] {
  if (targets === null || typeof targets === "string") return []
  const exact = targets[key]
  if (exact !== undefined) return pathsOf(exact).map((path) => join(folder, path))
  const patterns = Object.keys(targets).filter((pattern) => {
    const [start, end] = pattern.split("*")
    return end !== undefined && key.startsWith(start) && key.endsWith(end) && key.length >= pattern.length
  })
  // Node takes the pattern that says most.
  const [best] = patterns.sort((a, b) => b.indexOf("*") - a.indexOf("*"))
  if (best === undefined) return []
  const [start, end] = best.split("*")
  const part = key.slice(start.length, key.length - end.length)
  return pathsOf(targets[best]).map((path) => join(folder, path.replaceAll("*", part)))
}

const pathsOf = (target: Target): string[] =>
  typeof target === "string" ? [target] : Object.values(target ?? {}).flatMap(pathsOf)
