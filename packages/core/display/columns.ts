/** More columns or rows than this no cell of a table spans. */
export const MAX_SPAN = 50

/** Blanks that make columns, and none that end a sentence. */
const DOUBLE = /[^\s.!?:;,。！？：；，]\s{2}/
const WIDE = /[\t\u3000]|\s{3}/
const INDENTED = /^(?:\s{2}|[\t\u3000])/
/** "1.", "2)", "-" and the like before a text. */
const MARKER = /^\s{0,8}(?:\d{1,3}[.)、]|[-*•·])\s{1,8}(?=\S)/

/**
 * Which lines stand in columns, so that what one of them says is to be read under another. Lines between empty ones
 * stand in columns together. Linear in their length.
 */
export function inColumns(lines: readonly string[]): boolean[] {
  const are: boolean[] = []
  let from = 0
  for (let i = 0; i <= lines.length; i++) {
    if (i < lines.length && lines[i].trim() !== "") continue
    const is = isColumnar(lines.slice(from, i))
    for (let at = from; at < i; at++) are.push(is)
    if (i < lines.length) are.push(false)
    from = i + 1
  }
  return are
}

function isColumnar(block: readonly string[]): boolean {
  const isList = block.every((line) => MARKER.test(line))
  const texts = block.map((line) => (isList ? line.replace(MARKER, "") : line).trim())
  if (texts.some((text) => WIDE.test(text))) return true
  const doubles = texts.map((text) => DOUBLE.test(text))
  const count = doubles.filter(Boolean).length
  return count > 1 || (count === 1 && block.some((line, i) => !doubles[i] && INDENTED.test(line)))
}
