export interface ImportSummary {
  readonly resources: number
  readonly patients: number
  /** Inputs that came before and whose effects are still the newest: nothing was to be done. */
  readonly duplicates: number
  /** Pairs of patients that may be one, and were not listed as such before. */
  readonly possibleDuplicates: number
  readonly existing: number
  readonly unchanged: number
  readonly refused: readonly { readonly where: string; readonly reason: string; readonly detail: string }[]
  readonly unresolved: readonly string[]
}

export const EMPTY_SUMMARY: ImportSummary = {
  resources: 0,
  patients: 0,
  duplicates: 0,
  possibleDuplicates: 0,
  existing: 0,
  unchanged: 0,
  refused: [],
  unresolved: [],
}

export const addSummaries = (a: ImportSummary, b: ImportSummary): ImportSummary => ({
  resources: a.resources + b.resources,
  patients: a.patients + b.patients,
  duplicates: a.duplicates + b.duplicates,
  possibleDuplicates: a.possibleDuplicates + b.possibleDuplicates,
  existing: a.existing + b.existing,
  unchanged: a.unchanged + b.unchanged,
  refused: [...a.refused, ...b.refused],
  unresolved: [...a.unresolved, ...b.unresolved],
})
