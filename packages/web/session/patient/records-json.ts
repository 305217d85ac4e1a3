/** JSON text with a line for each member and element: white space between tokens alone, which stay as they came. */
export function indented(json: string): string {
  const out: string[] = []
  let depth = 0
  let at = 0
  const line = () => out.push("\n", "  ".repeat(Math.min(depth, MAX_INDENT)))
  for (const [token] of json.matchAll(TOKENS)) {
    at += token.length
    const isEnd = token === "}" || token === "]"
    if (isEnd) {
      depth = Math.max(0, depth - 1)
      if (out.at(-1) !== "{" && out.at(-1) !== "[") line()
    } else if (out.at(-1) === "{" || out.at(-1) === "[") line()
    out.push(token)
    if (token === "{" || token === "[") depth++
    if (token === ",") line()
    if (token === ":") out.push(" ")
  }
  return out.join("") + json.slice(at)
}
const MAX_INDENT = 40

/** Strings, brackets, and what else stands between; of a text that is no JSON as much as comes. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^"{}[\],:]+|"/gs
