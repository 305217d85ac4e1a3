import { stillUnfiled } from "@aceso/client"

/** A resource that belongs to nobody here. */
export interface Unfiled {
  /** The input that brought it. */
  readonly where: string
  readonly resource: string
  /** What it names instead of a patient here. */
  readonly reference: string
}

/** A resource that belonged to nobody here, and stands with its patient now. */
export interface Filed {
  readonly resource: string
  /** What has come. */
  readonly reference: string
}

/** A version that was left out, because its source has said something newer of the resource before; both as instants. */
export interface Older {
  readonly where: string
  readonly resource: string
  readonly saidAt: string
  readonly newer: string
}

export interface ImportSummary {
  /** Made or changed, each once, however many versions of it an input brings. */
  readonly resources: number
  /** New ones. */
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
  readonly unfiled: readonly Unfiled[]
  readonly filed: readonly Filed[]
  readonly older: readonly Older[]
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
  unfiled: [],
  filed: [],
  older: [],
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
  unfiled: [...stillUnfiled(a.unfiled, b), ...b.unfiled],
  filed: [...a.filed, ...b.filed],
  older: [...a.older, ...b.older],
  unresolved: [...a.unresolved, ...b.unresolved],
})
