import type { SourceLine, TimelineEntry } from "@aceso/client"

/** Contents of one history: with what stands around them they fit into an answer to the staff. */
const CONTENT_BYTES = 96 * 2 ** 20

/** Contents as far as there is room for them, the newest entries first; behind that a line says that it is left out. */
export function withRoom(timeline: readonly TimelineEntry[], contentBytes = CONTENT_BYTES): TimelineEntry[] {
  let room = contentBytes
  const fitted = ({ content, ...line }: SourceLine): SourceLine => {
    if (content === undefined) return line
    room -= content.length
    return room < 0 ? { ...line, isOmitted: true } : { ...line, content }
  }
  return timeline.map((entry) => ({
    ...entry,
    sources: entry.sources.map(fitted),
    older: entry.older.map(fitted),
  }))
}
