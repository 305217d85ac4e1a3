import type { Runner } from "../runner.ts"

/** What earlier steps found out for later ones, such as an id. */
export type Found = Record<string, string | undefined>

export interface Step {
  readonly title: string
  readonly who: string
  readonly argv: readonly string[]
  /** In one sentence, what was just proven. */
  readonly proves: string
  /** The expected exit status. */
  readonly expect: number
  /** What must stand in the output. */
  readonly shows: readonly (string | RegExp)[]
  /** Retried while it does not hold: something is on its way to the ledger. */
  readonly patienceMs?: number
  /** What later steps need of the result. */
  readonly keeps?: (result: unknown) => Found
}

/** Where a tour goes. */
export interface TourPlace {
  /** The demo's. */
  readonly folder: string
  /** A folder for what steps write; it goes when the tour ends. */
  readonly scratch: string
  readonly found: Found
}

/** A story on the running demo, as people type it. */
export interface Tour {
  readonly name: string
  readonly summary: string
  /** Each is made when its turn comes: it knows what the earlier ones found. */
  steps(place: TourPlace): readonly (() => Step)[]
  /** Lines that take back what a tour that was broken off left, so that this one begins as the first did. */
  readonly takeBack?: (execute: Runner["execute"]) => Promise<readonly (readonly string[])[]>
}
