import { importedFiles, type Manifest } from "./imported-files.ts"
import { importOf } from "./layering.ts"
import { type Finding, findingAt, type Source, walk } from "./source.ts"

/** What each file imports, by path, and where in it. */
type Graph = ReadonlyMap<string, ReadonlyMap<string, number>>

/**
 * Circles of imports, of values or of types, the shortest first. Each import that is part of a circle is in one of
 * them, the shortest that it closes: all circles would be too many to read, and without these there is none.
 */
export function circles(sources: readonly Source[], manifests: readonly Manifest[]): Finding[] {
  const graph = graphOf(sources, manifests)
  const found = new Map<string, readonly string[]>()
  for (const start of graph.keys())
    for (const circle of circlesAt(start, graph)) {
      const first = circle.indexOf(circle.toSorted()[0])
      const files = [...circle.slice(first), ...circle.slice(0, first)]
      found.set(files.join(" -> "), files)
    }
  const byPath = new Map(sources.map((source) => [source.path, source]))
  return [...found]
    .sort(([a, { length }], [b, other]) => length - other.length || (a < b ? -1 : 1))
    .map(([names, [first, second = first]]) =>
      findingAt(
        byPath.get(first) as Source,
        graph.get(first)?.get(second) ?? 0,
        "circle",
        `${names} -> ${first}: import from the file that defines it, or move what is shared into a file of its own`,
      ),
    )
}

function graphOf(sources: readonly Source[], manifests: readonly Manifest[]): Graph {
  const filesOf = importedFiles(manifests)
  const graph = new Map(sources.map(({ path }) => [path, new Map<string, number>()]))
  for (const { path, ast } of sources)
    walk(ast, (node) => {
      const found = importOf(node)
      if (!found) return
      const imports = graph.get(path)
      for (const file of filesOf(path, found.specifier))
        if (graph.has(file) && !imports?.has(file)) imports?.set(file, node.getStart(ast))
    })
  return graph
}

/** For each file that imports `start` and is reached from it, the shortest way there. */
function circlesAt(start: string, graph: Graph): string[][] {
  const before = new Map<string, string | undefined>([[start, undefined]])
  for (const path of before.keys())
    for (const next of graph.get(path)?.keys() ?? []) if (!before.has(next)) before.set(next, path)
  const wayTo = (end: string) => {
    const way = []
    for (let path: string | undefined = end; path !== undefined; path = before.get(path)) way.unshift(path)
    return way
  }
  return [...before.keys()].filter((path) => graph.get(path)?.has(start)).map(wayTo)
}
