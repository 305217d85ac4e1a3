import { MAX_MARKS, type Mark, type Tongue } from "@aceso/core/display/index.ts"
import type { SourceLine, TimelineEntry } from "./history-schemas.ts"
import { type ReadLine, resourceOf, saidBy, speakerOf } from "./speaker.ts"

/** What the timeline knows and no record says. */
const OURS: ReadonlySet<Mark["key"]> = new Set<Mark["key"]>(["somebody-else", "time-unclear"])

/**
 * An entry in another language: the same order, marks, blocks and sources, with the words of what its records say. The
 * name of a drug that stands apart stays as it came: the record that names it is not here.
 */
export function restated(entry: TimelineEntry, language: Tongue): TimelineEntry {
  const { title, value: _, marks, sources, older, isDeleted = false, isDrugApart, ...rest } = entry
  const said = saidBy(speakerOf(sources.map(readLine), older.map(readLine)), isDeleted, undefined, language)
  const own = marks.filter(({ key }) => OURS.has(key))
  const saidMarks = said.marks.slice(0, MAX_MARKS - 2)
  return {
    ...rest,
    title: isDrugApart ? title : said.title,
    marks: [
      ...own.filter(({ key }) => key === "somebody-else"),
      ...saidMarks,
      ...own.filter(({ key }) => key === "time-unclear"),
    ],
    ...(said.value !== undefined && { value: said.value }),
    ...{ sources, older },
    ...(isDeleted && { isDeleted }),
    ...(isDrugApart && { isDrugApart }),
  }
}

const readLine = (line: SourceLine): ReadLine => ({ line, resource: resourceOf(line) })
