import type { OrganisationId } from "./organisations.ts"

/** The words in which the stories are told. They are data: build.ts turns them into bundles. */

export interface Coding {
  readonly system: string
  readonly code: string
  readonly display: string
}
export type Concept = readonly Coding[]

/** A decimal token, or the two ends of a range to draw one from. */
export type Amount = string | readonly [low: string, high: string]

/** Days are whole days and share a time of day per patient; hours are exact. */
export type When = { readonly daysAgo: number } | { readonly hoursAgo: number } | { readonly ageDays: number }

export interface Unit {
  readonly unit: string
  readonly code: string
}

export interface Measure {
  readonly code: Concept
  readonly unit: Unit
  readonly category: "laboratory" | "vital-signs" | "exam" | "imaging"
  readonly low?: string
  readonly high?: string
}

export interface FactOptions {
  /** Facts of one patient with one key are drawn alike, at whichever organisation they are told. */
  readonly key?: string
  /** Carries a business identifier of national scope, made from the key. */
  readonly national?: true
  /** When it became true, if not during the visit that tells it. */
  readonly when?: When
  readonly afterMinutes?: number
}

export interface ObservationFact extends FactOptions {
  readonly kind: "observation"
  readonly measure: Measure
  readonly value: Amount
}
export interface BloodPressureFact extends FactOptions {
  readonly kind: "blood-pressure"
  readonly systolic: Amount
  readonly diastolic: Amount
}
export interface FindingFact extends FactOptions {
  readonly kind: "finding"
  readonly code: Concept
  readonly category: Measure["category"]
  readonly value: Concept
}
export interface ConditionFact extends FactOptions {
  readonly kind: "condition"
  readonly code: Concept
  readonly status: "active" | "resolved"
}
export interface AllergyFact extends FactOptions {
  readonly kind: "allergy"
  readonly code: Concept
  readonly substance: Concept
  readonly manifestation: Concept
}
export interface MedicationFact extends FactOptions {
  readonly kind: "medication"
  readonly drug: Concept
  readonly dose: Amount
  readonly unit: Unit
  readonly timesPerDay: number | "once"
  readonly status: "active" | "completed" | "stopped"
}
export interface ProcedureFact extends FactOptions {
  readonly kind: "procedure"
  readonly code: Concept
}
export interface ImmunisationFact extends FactOptions {
  readonly kind: "immunisation"
  readonly vaccine: Concept
  readonly dose: number
}
export type Fact =
  | ObservationFact
  | BloodPressureFact
  | FindingFact
  | ConditionFact
  | AllergyFact
  | MedicationFact
  | ProcedureFact
  | ImmunisationFact

export interface Visit {
  readonly title: string
  readonly organisation: OrganisationId
  readonly when: When
  readonly lastsMinutes: number
  readonly setting: "ambulatory" | "emergency" | "inpatient"
  readonly type: Concept
  readonly reason: Concept
  readonly facts: readonly Fact[]
}

export interface Story {
  readonly name: string
  readonly gender: "male" | "female" | "either"
  /** Inclusive; drawn per patient. */
  readonly age: { readonly years: readonly [number, number] } | { readonly days: readonly [number, number] }
  /** A patient's whole past may lie up to this many days further back. */
  readonly spreadDays: number
  /** Oldest first. */
  readonly visits: readonly Visit[]
}

type Options<F extends FactOptions> = FactOptions & Partial<Omit<F, "kind">>

export const milligram: Unit = { unit: "mg", code: "mg" }

export function observe(measure: Measure, value: Amount, options: FactOptions = {}): ObservationFact {
  return { kind: "observation", measure, value, ...options }
}

export function bloodPressure(
  systolic: Amount,
  diastolic: Amount,
  options: FactOptions = {},
): BloodPressureFact {
  return { kind: "blood-pressure", systolic, diastolic, ...options }
}

export function finding(
  { code, category }: Pick<FindingFact, "code" | "category">,
  value: Concept,
  options: FactOptions = {},
): FindingFact {
  return { kind: "finding", code, category, value, ...options }
}

export function diagnose(code: Concept, options: Options<ConditionFact> = {}): ConditionFact {
  return { kind: "condition", code, status: "active", ...options }
}

export function allergy(fact: Omit<AllergyFact, "kind">): AllergyFact {
  return { kind: "allergy", ...fact }
}

export function prescribe(
  drug: Concept,
  dose: Amount,
  { timesPerDay = 1, ...options }: Options<MedicationFact> = {},
): MedicationFact {
  return { kind: "medication", drug, dose, unit: milligram, timesPerDay, status: "active", ...options }
}

export function perform(code: Concept, options: FactOptions = {}): ProcedureFact {
  return { kind: "procedure", code, ...options }
}

export function vaccinate(vaccine: Concept, dose: number, options: FactOptions = {}): ImmunisationFact {
  return { kind: "immunisation", vaccine, dose, ...options }
}
