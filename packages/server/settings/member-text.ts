/** Where a value stands in a JSON text. */
interface Span {
  readonly from: number
  readonly to: number
}

/**
 * A JSON object with one member set, and every other character of it as it was: numbers that no double holds, members
 * that this build does not know, how it is laid out.
 * @param text a JSON object @param value JSON
 */
export function withMember(text: string, name: string, value: string): string {
  const { spans, open } = membersOf(text)
  const found = spans.get(name)
  if (found) return text.slice(0, found.from) + value + text.slice(found.to)
  const added = `${JSON.stringify(name)}: ${value}`
  const last = Math.max(...[...spans.values()].map(({ to }) => to))
  if (spans.size === 0) return `${text.slice(0, open)} ${added} ${text.slice(open).trimStart()}`
  // As the first member stands: on a line of its own or not.
  const before = /^\s*/.exec(text.slice(open))?.[0] ?? ""
  return `${text.slice(0, last)},${before}${added}${text.slice(last)}`
}

/** Where the members of the outermost object have their values; of two of one name the last, as JSON.parse takes it. */
function membersOf(text: string) {
  const spans = new Map<string, Span>()
  const open = text.indexOf("{") + 1
  let depth = 0
  let name: string | undefined
  let from = 0
  let end = 0
  const close = () => {
    if (name !== undefined) spans.set(name, { from, to: end })
    name = undefined
  }
  for (let i = open; i < text.length && depth >= 0; ) {
    const found = text[i]
    if (/\s/.test(found)) {
      i++
      continue
    }
    const next = found === '"' ? endOfText(text, i) : i + 1
    if (depth === 0 && name === undefined && found === '"') {
      name = JSON.parse(text.slice(i, next)) as string
      const colon = text.indexOf(":", next) + 1
      from = colon + (/^\s*/.exec(text.slice(colon, colon + 10_000))?.[0].length ?? 0)
      i = from
      continue
    }
    if (found === "{" || found === "[") depth++
    if (found === "}" || found === "]") depth--
    if (depth < 0 || (depth === 0 && found === ",")) close()
    else end = next
    i = next
  }
  return { spans, open }
}

/** Behind the quotation mark that ends it. */
function endOfText(text: string, from: number): number {
  let i = from + 1
  while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1
  return i + 1
}
