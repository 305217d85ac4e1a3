import type { ShownEntry } from "../../../session/patient/records-shown.ts"

/** What of the timeline is shown; "" is no wish. */
export interface Filter {
  readonly kind: string
  readonly place: string
  /** Days such as 2024-03-31, the first and the last. */
  readonly from: string
  readonly to: string
  readonly text: string
}
export const EVERYTHING: Filter = { kind: "", place: "", from: "", to: "", text: "" }

export const isEverything = (filter: Filter): boolean =>
  Object.values(filter).every((wish: string) => wish.trim() === "")

/** @param wordsOf all by which an entry is found, in the language that is shown */
export function filtered(
  entries: readonly ShownEntry[],
  { kind, place, from, to, text }: Filter,
  wordsOf: (entry: ShownEntry) => string,
): readonly ShownEntry[] {
  const words = plain(text)
    .split(/\s+/)
    .filter((word) => word !== "")
  return entries.filter(
    (entry) =>
      (kind === "" || entry.type === kind) &&
      (place === "" || custodiansOf(entry).includes(place)) &&
      isWithin(entry, from, to) &&
      (words.length === 0 || hasAll(plain(wordsOf(entry)), words)),
  )
}

const hasAll = (text: string, words: readonly string[]) => words.every((word) => text.includes(word))

/** Small and wide forms of a letter are one. */
const plain = (text: string): string => text.normalize("NFKC").toLowerCase()

export const custodiansOf = ({ sources, oldest }: ShownEntry): readonly string[] =>
  [...sources, ...(oldest ? [oldest] : [])].map(({ custodian }) => custodian)

/** What is dated by a month or a year is within where a part of that is; what has no date is within no time. */
function isWithin({ place, time }: ShownEntry, from: string, to: string): boolean {
  if (from === "" && to === "") return true
  const [written] = /^\d{4}(?:-\d\d(?:-\d\d)?)?/.exec(time) ?? []
  if (place !== "dated" || written === undefined) return false
  const first = `${written}${"-01-01".slice(written.length - 4)}`
  const last = `${written}${"-12-31".slice(written.length - 4)}`
  return (from === "" || last >= from) && (to === "" || first <= to)
}

/** Entries under the year and month in which they stand; what has no place in the order of time stands behind. */
export interface Group {
  readonly key: string
  /** Undefined: `place` says what it is. */
  readonly year?: string
  readonly month?: string
  readonly place: ShownEntry["place"]
  readonly entries: readonly ShownEntry[]
  /** A year begins with it. */
  readonly isFirstOfYear: boolean
}

export function groupsOf(entries: readonly ShownEntry[]): readonly Group[] {
  const groups = Map.groupBy(entries, (entry) => entry.month ?? entry.place)
  let before: string | undefined
  const all = [...groups].map(([key, own]): Group => {
    const [{ place, month }] = own
    const year = month?.slice(0, 4)
    const isFirstOfYear = year !== undefined && year !== before
    before = year
    const sorted = place === "undated" ? [...own].sort(detailsFirst) : own
    return { key, place, entries: sorted, isFirstOfYear, ...(month !== undefined && { year, month }) }
  })
  return all.sort((a, b) => PLACES.indexOf(a.place) - PLACES.indexOf(b.place))
}
const PLACES: readonly ShownEntry["place"][] = ["dated", "unreadable", "undated"]

const detailsFirst = (a: ShownEntry, b: ShownEntry): number =>
  Number(b.type === "Patient") - Number(a.type === "Patient")
