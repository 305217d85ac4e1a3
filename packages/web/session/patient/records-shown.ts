import {
  firstSayings,
  type OwnHistory,
  type OwnHistoryPart,
  type PersonSaying,
  personSayings,
  personsOf,
  placeOf,
  type SourceLine,
  type TimelineEntry,
  timeAsWritten,
} from "@aceso/client"
import { FIRST, type First, isNotSo, type Mark, type Tongue, visibleAll } from "@aceso/core/display/index.ts"

/** A version of a record at one custodian, without what it says. */
export interface ShownSource {
  readonly custodian: string
  readonly version: number
  readonly status: SourceLine["status"]
  /** The block with whose log it was compared. */
  readonly height: number
  readonly isDeletion: boolean
  /** ms: it is as this device kept it then. */
  readonly keptAt?: number
}

/** An entry of the timeline as a page shows it: text of others has no character in it that draws or hides. */
export interface ShownEntry {
  /** By which the record's page finds it again: custodian and index of the version that is newest. */
  readonly id: string
  /** As it was written; "": it has none. */
  readonly time: string
  /** Where it stands: in order of time, or behind it. */
  readonly place: "dated" | "unreadable" | "undated"
  /** The year and month under which it stands, such as 2024-03; of a dated one alone. */
  readonly month?: string
  readonly type: string
  readonly title: string
  readonly value?: string
  readonly marks: readonly Mark[]
  /** What it says is not so, or was never done. */
  readonly isNotSo: boolean
  readonly isDrugApart: boolean
  readonly isDeleted: boolean
  readonly isStruckOut: boolean
  readonly sources: readonly ShownSource[]
  readonly older: number
  /** Where no newest version is shown: the version that speaks. */
  readonly oldest?: ShownSource
}

export interface ShownFirst {
  readonly id: string
  readonly marks: readonly Mark[]
  readonly title: string
  readonly value?: string
  readonly time: string
  readonly more: number
  readonly isOld: boolean
  readonly custodians: readonly string[]
}

export interface ShownHistory {
  readonly entries: readonly ShownEntry[]
  readonly first: Readonly<Record<First, readonly ShownFirst[]>>
  readonly persons: readonly PersonSaying[]
  readonly parts: readonly Omit<OwnHistoryPart, "steps">[]
  /** Names of organisations by their ids; one that is not there has only its id. */
  readonly names: Readonly<Record<string, string>>
}

/** Lines by name; a second of one name has a number behind it. */
export type Lines = ReadonlyMap<string, { readonly entry: TimelineEntry; readonly line: SourceLine }>

export function linesOf({ timeline }: OwnHistory): Lines {
  const lines = new Map<string, { readonly entry: TimelineEntry; readonly line: SourceLine }>()
  for (const entry of timeline)
    for (const line of [...entry.sources, ...entry.older]) {
      let name = placeOf(line)
      for (let n = 2; lines.has(name); n++) name = `${placeOf(line)}~${n}`
      lines.set(name, { entry, line })
    }
  return lines
}

/** Names of lines, for those who have the lines. */
export const namesOf = (lines: Lines): ReadonlyMap<SourceLine, string> =>
  new Map([...lines].map(([name, { line }]) => [line, name]))

/** How it stands with each custodian. */
export const shownParts = ({
  history,
  organisations,
}: {
  readonly history: OwnHistory
  readonly organisations: Readonly<Record<string, string>>
}): Pick<ShownHistory, "parts" | "names"> =>
  visibleAll({ parts: history.parts.map(({ steps: _steps, ...part }) => part), names: organisations })

export function shownHistory(
  history: OwnHistory,
  names: ReadonlyMap<SourceLine, string>,
  organisations: Readonly<Record<string, string>>,
  language?: Tongue,
): ShownHistory {
  const { timeline } = history
  const idOf = ({ sources, older }: TimelineEntry) => names.get(sources[0] ?? older[0]) ?? ""
  const first = Object.fromEntries(
    FIRST.map((block) => [
      block,
      firstSayings(timeline, block).map(
        ({ newest, title, value, more, isOld, custodians }): ShownFirst => ({
          ...{ id: idOf(newest), marks: newest.marks, title, time: timeAsWritten(newest) },
          ...(value !== undefined && { value }),
          ...{ more, isOld, custodians },
        }),
      ),
    ]),
  ) as Record<First, ShownFirst[]>
  const entries = timeline.map((entry) => shownEntry(entry, idOf(entry)))
  const persons = personSayings(personsOf(timeline, language))
  return { ...visibleAll({ entries, first, persons }), ...shownParts({ history, organisations }) }
}

function shownEntry(entry: TimelineEntry, id: string): ShownEntry {
  const { time, timeText, value, marks, older } = entry
  const month = time === null ? undefined : monthOf(timeText ?? "", time)
  return {
    ...{ id, time: timeAsWritten(entry), type: entry.resourceType, title: entry.title, marks },
    ...(value !== undefined && { value }),
    place: time !== null ? "dated" : timeText !== undefined ? "unreadable" : "undated",
    ...(month !== undefined && { month }),
    isNotSo: isNotSo(marks),
    isDrugApart: entry.isDrugApart ?? false,
    isDeleted: entry.isDeleted ?? false,
    isStruckOut: entry.isStruckOut,
    sources: entry.sources.map(shownSource),
    older: older.length,
    ...(entry.sources.length === 0 && older.length > 0 && { oldest: shownSource(older[0]) }),
  }
}

export const shownSource = (line: SourceLine): ShownSource => {
  const { custodian, version, status, height, isDeletion = false, keptAt } = line
  return { custodian, version, status, height, isDeletion, ...(keptAt !== undefined && { keptAt }) }
}

/** As it was written; of a time that can only be read in part its year. */
const monthOf = (timeText: string, time: number): string =>
  /^\d{4}(?:-\d\d)?/.exec(timeText)?.[0] ?? String(new Date(time).getUTCFullYear())
