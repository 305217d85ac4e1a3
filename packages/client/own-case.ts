import type { Bytes, CaseRow, CaseStepRow, Process, Standing } from "@aceso/core"
import type { PatientPlace } from "./patient-place.ts"

/** A case of the person: its id, and the number of the key that opened it. */
export interface OwnCase {
  readonly place: PatientPlace
  readonly id: Bytes
  readonly j: number
}

export interface OwnCaseNow extends OwnCase {
  readonly row: CaseRow
  readonly process: Process
  readonly standing: Standing
  readonly steps: readonly CaseStepRow[]
}

/** What is written, in one step. */
export interface Written {
  readonly name: string
  readonly content: Bytes
}
