import { stillWaiting } from "@aceso/client"

export interface ImportSummary {
  readonly resources: number
  readonly patients: number
  /** Inputs that came before and whose effects are still the newest: nothing was to be done. */
  readonly duplicates: number
  /** Pairs of patients that may be one, and were not listed as such before. */
  readonly possibleDuplicates: number
  readonly existing: number
  readonly unchanged: number
  /** Resources whose source's id means something else here, so that they stand beside that under another one. */
  readonly renamed: number
  readonly refused: readonly { readonly where: string; readonly reason: string; readonly detail: string }[]
  /** Resources that belong to nobody here, until their source sends the Patient that they name. */
  readonly waiting: readonly {
    readonly where: string
    readonly resource: string
    readonly reference: string
  }[]
  /** Resources that had waited for this Patient and stand with it now. */
  readonly filed: readonly { readonly resource: string; readonly reference: string }[]
  readonly unresolved: readonly string[]
}

export const EMPTY_SUMMARY: ImportSummary = {
  resources: 0,
  patients: 0,
  duplicates: 0,
  possibleDuplicates: 0,
  existing: 0,
  unchanged: 0,
  renamed: 0,
  refused: [],
  waiting: [],
  filed: [],
  unresolved: [],
}

export const addSummaries = (a: ImportSummary, b: ImportSummary): ImportSummary => ({
  resources: a.resources + b.resources,
  patients: a.patients + b.patients,
  duplicates: a.duplicates + b.duplicates,
  possibleDuplicates: a.possibleDuplicates + b.possibleDuplicates,
  existing: a.existing + b.existing,
  unchanged: a.unchanged + b.unchanged,
  renamed: a.renamed + b.renamed,
  refused: [...a.refused, ...b.refused],
  waiting: [...stillWaiting(a.waiting, b), ...b.waiting],
  filed: [...a.filed, ...b.filed],
  unresolved: [...a.unresolved, ...b.unresolved],
})
