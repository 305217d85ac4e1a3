import type { Bytes, Handle } from "@aceso/core"
import type { Claims, SourceId } from "@aceso/fhir"

/** The part of the vault port about who patients are: blind indexes, sources, possible duplicates. */
export interface VaultPeople {
  /** The identifiers of a resource's newest version; those of the versions before match no more. */
  setIdentifiers(type: string, fhirId: string, identifiers: readonly Identifier[]): Promise<void>
  /** Ids of the resources that have the identifier, at most `limit` (default 16), in order of ids as sealed. */
  findByIdentifier(type: string, identifier: Identifier, limit?: number): Promise<readonly string[]>

  /** What a patient's newest version is found by. */
  setTerms(fhirId: string, terms: readonly string[]): Promise<void>
  /** Patients in order of `number`, from behind `after`. */
  patientsPage(after: number, limit: number): Promise<readonly ListedPatient[]>
  listedPatient(by: { handle: Handle } | { alias: string }): Promise<ListedPatient | undefined>
  /** The same of those who have a term of each group. Looks at no more than `SEARCH_STEPS` of them in one call. */
  searchPatients(groups: readonly (readonly string[])[], after: number, limit: number): Promise<FoundPatients>

  /**
   * Notes what a source's id means here.
   * @param source any text that names the source
   * @param fhirId undefined: of two, so of neither
   */
  setSource(source: string, name: SourceId, fhirId: string | undefined, isTemporary?: boolean): Promise<void>
  sourcesOf(source: string, name: SourceId): Promise<Claims>
  /** Notes for which patients, who are not here yet, a resource waits; for those that it waited for before no more. */
  setWaiting(type: string, fhirId: string, patients: readonly AwaitedPatient[]): Promise<void>
  waitingFor(patient: AwaitedPatient): Promise<readonly WaitingResource[]>
  /** @returns whether it still waits for others */
  endWaiting(type: string, fhirId: string, patients: readonly AwaitedPatient[]): Promise<boolean>

  /** Notes that a resource belongs to nobody here, or undefined: that it does. @returns whether it was noted before */
  setUnfiled(type: string, fhirId: string, unfiled: NewUnfiled | undefined): Promise<boolean>
  /** Resources that belong to nobody here, in order of `number`, from behind `after`. */
  unfiled(after: number, limit: number): Promise<readonly StoredUnfiled[]>

  /** Notes pairs of patients that may be one. @returns how many are new */
  addDuplicates(pairs: readonly NewDuplicate[], at: number): Promise<number>
  /** Pairs that nobody has decided, oldest first, from behind `after`. */
  openDuplicates(after: number, limit: number): Promise<readonly StoredDuplicate[]>
  /** Marks a pair as decided, whether it was listed or not. @param by the name of who decided */
  decideDuplicate(
    a: Handle,
    b: Handle,
    decision: { readonly state: "same" | "apart"; readonly by: string; readonly at: number },
  ): Promise<void>
  duplicate(a: Handle, b: Handle): Promise<StoredDuplicate | undefined>
}

export interface Identifier {
  readonly system: string
  readonly value: string
}

export interface NewPatient {
  readonly handle: Handle
  readonly fhirId: string
  readonly hasKey: boolean
  readonly alias?: string
}

export interface Patient extends NewPatient {
  readonly alias: string
}

export const SEARCH_STEPS = 5000

export interface ListedPatient extends Patient {
  /** Grows with each patient: what a page goes on from. */
  readonly number: number
  /** Entries of the record log, dummies apart. */
  readonly records: number
}

export interface FoundPatients {
  readonly patients: readonly ListedPatient[]
  /** Where to go on from; absent: nobody is left. */
  readonly next?: number
}

/** A patient who is not here yet: by the id that he or she is to have, or by a number. */
export type AwaitedPatient = { readonly patient: string } | { readonly number: Identifier }

export interface NewUnfiled {
  /** The input that brought it, as messages name it. */
  readonly where: string
  /** What it names instead of a patient here. */
  readonly reference: string
  /** ms */
  readonly foundAt: number
}

export interface StoredUnfiled extends NewUnfiled, WaitingResource {
  readonly number: number
}

export interface WaitingResource {
  readonly type: string
  readonly fhirId: string
}

export interface NewDuplicate {
  readonly pair: readonly [Handle, Handle]
  readonly reasons: readonly string[]
  /** Which of the two was made because several patients fitted; null: neither. */
  readonly setApart: Bytes | null
}

export interface StoredDuplicate extends NewDuplicate {
  readonly number: number
  readonly foundAt: number
  readonly state: "open" | "same" | "apart"
  readonly decidedAt: number | null
  readonly decidedBy: string | null
}
