import type { Plugin } from "vite"

/** What a build makes, as far as it is looked at here. */
interface Made {
  readonly type: "chunk" | "asset"
  readonly isEntry?: boolean
  readonly imports?: readonly string[]
  readonly dynamicImports?: readonly string[]
}

/** Pages that come to load another page's first file, which runs that page there. */
export function runningOthers(bundle: Readonly<Record<string, Made>>): readonly string[] {
  const entries = Object.keys(bundle).filter((name) => bundle[name].isEntry === true)
  const loadedBy = (page: string): ReadonlySet<string> => {
    const seen = new Set([page])
    for (const name of seen) {
      const { imports = [], dynamicImports = [] } = bundle[name] ?? {}
      for (const one of [...imports, ...dynamicImports]) seen.add(one)
    }
    return seen
  }
  return entries.flatMap((page) => {
    const loaded = loadedBy(page)
    return entries
      .filter((other) => other !== page && loaded.has(other))
      .map((other) => `${page} loads ${other}`)
  })
}

/** No page of the build loads the first file of another: it would run that page in place of its own. */
export const ownEntries = (): Plugin => ({
  name: "own-entries",
  apply: "build",
  generateBundle(_options, bundle) {
    const wrong = runningOthers(bundle as unknown as Readonly<Record<string, Made>>)
    if (wrong.length > 0) this.error(`a page would run in place of another one: ${wrong.join(", ")}`)
  },
})
