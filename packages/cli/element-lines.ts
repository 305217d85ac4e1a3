import type { ShownElement } from "@aceso/core/display/index.ts"
import { dim, screen, together, width, wrap } from "./columns.ts"
import { withSpaces } from "./readable.ts"

/** Columns behind the margin for the names of elements; a longer name stands above its text. */
const NAME = 16
/** Further in no line begins; from there on a number says how deep it is. */
const DEEPEST = 8

/**
 * Elements of a record, those inside of one further in. What a text says begins further in than any name, so that no
 * line of it can be taken for another element.
 */
export const elementLines = (elements: readonly ShownElement[], columns = screen(), depth = 0): string[] =>
  elements.flatMap(({ label, text, inside }) => [
    ...own(label, text, columns, depth),
    ...elementLines(inside, columns, depth + 1),
  ])

function own(label: string, text: string | undefined, columns: number, depth: number): string[] {
  const margin = "  ".repeat(1 + Math.min(depth, DEEPEST))
  // A name that goes on in a second line would look like another.
  const name = together(depth > DEEPEST ? `(${depth}) ${withSpaces(label)}` : withSpaces(label))
  if (text === undefined) return [margin + name]
  const isShort = width(name) <= NAME
  const above = isShort ? [] : [margin + dim(name)]
  const first = isShort ? dim(name) + " ".repeat(NAME - width(name)) : " ".repeat(NAME)
  // Ends of lines came as symbols: each line of a text begins a line here, as far in as it did.
  const lines = text.split(/(?<=␊)/)
  return [
    ...above,
    ...lines.flatMap((line, i) => {
      const lead = `${margin}${i === 0 ? first : " ".repeat(NAME)}  `
      const [spaces] = /^ */.exec(line) ?? [""]
      const most = Math.max(0, columns - width(lead) - LEAST)
      return wrap(withSpaces(line.slice(spaces.length)), columns, lead + spaces.slice(0, most))
    }),
  ]
}
/** Columns for a text, however far in its line begins. */
const LEAST = 20
