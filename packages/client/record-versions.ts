import { type JsonObject, toHex } from "@aceso/core"
import { type Mark, statementOf, type Tongue } from "@aceso/core/display/index.ts"
import type { SourceLine, TimelineEntry } from "./history-schemas.ts"

/** A version in its place: the entry of a timeline in which it stands. */
export interface LineInEntry {
  readonly entry: TimelineEntry
  readonly line: SourceLine
}

/** What a version of a record says that it is. */
export interface VersionSaid {
  readonly resourceType: string
  readonly title: string
  readonly marks: readonly Mark[]
  readonly isStruckOut: boolean
  readonly isDrugApart: boolean
}

/** As the timeline says it of the newest version; of an older one what that version says itself, in a language. */
export function saidOfVersion(
  { entry, line }: LineInEntry,
  resource: JsonObject,
  language?: Tongue,
): VersionSaid {
  const { resourceType, title, marks, isStruckOut, isDrugApart = false } = entry
  if (entry.sources.includes(line)) return { resourceType, title, marks, isStruckOut, isDrugApart }
  const isOther = marks.filter(({ key }) => key === "somebody-else")
  const said = statementOf(resource, undefined, language)
  return {
    resourceType,
    title: said?.title ?? title,
    marks: [...isOther, ...(said?.marks ?? [])],
    isStruckOut: line.status === "mismatch" || line.status === "withdrawn",
    isDrugApart: false,
  }
}

/** All versions that are shown of the same record at the same custodian, the newest first. */
export const versionsOf = ({ entry, line }: LineInEntry): SourceLine[] =>
  [...entry.sources, ...entry.older]
    .filter((one) => one.custodian === line.custodian && isSame(one.recordId, line.recordId))
    .sort((a, b) => b.version - a.version)

const isSame = (a: Uint8Array, b: Uint8Array): boolean => toHex(a) === toHex(b)
