import { systems } from "./codes.ts"
import type { JsonObject } from "./json.ts"
import { Decimal } from "./json.ts"
import { bloodPressurePanel } from "./measures.ts"
import type * as told from "./vocabulary.ts"

/** What one fact of a story is as a FHIR R4 resource. */

export interface FactContext {
  readonly patient: JsonObject
  readonly encounter: JsonObject
  readonly practitioner: JsonObject
  /** ISO instant at which the fact became true. */
  readonly at: string
  /** The decimal token of the amount, for this fact. */
  draw(amount: told.Amount, part?: string): string
  lotNumber(): string
}

export interface Resource extends JsonObject {
  readonly resourceType: string
}

const hl7 = (name: string) => `http://terminology.hl7.org/CodeSystem/${name}`

export function concept(coding: told.Concept): JsonObject {
  return { coding: coding.map(({ system, code, display }) => ({ system, code, display })) }
}

export function coded(system: string, code: string, display: string): JsonObject {
  return concept([{ system: hl7(system), code, display }])
}

export function toResource(fact: told.Fact, context: FactContext): Resource {
  switch (fact.kind) {
    case "observation":
      return observation(fact, context)
    case "blood-pressure":
      return bloodPressure(fact, context)
    case "finding":
      return finding(fact, context)
    case "condition":
      return condition(fact, context)
    case "allergy":
      return allergyIntolerance(fact, context)
    case "medication":
      return medicationRequest(fact, context)
    case "procedure":
      return procedure(fact, context)
    case "immunisation":
      return immunization(fact, context)
  }
}

const categories = {
  laboratory: "Laboratory",
  "vital-signs": "Vital Signs",
  exam: "Exam",
  imaging: "Imaging",
} as const

function observationBase(code: told.Concept, category: keyof typeof categories, context: FactContext) {
  return {
    resourceType: "Observation",
    status: "final",
    category: [coded("observation-category", category, categories[category])],
    code: concept(code),
    subject: context.patient,
    encounter: context.encounter,
    effectiveDateTime: context.at,
    performer: [context.practitioner],
  }
}

function quantity(token: string, { unit, code }: told.Unit): JsonObject {
  return { value: new Decimal(token), unit, system: systems.ucum, code }
}

function observation({ measure, value }: told.ObservationFact, context: FactContext): Resource {
  const token = context.draw(value)
  const { code, category, unit, low, high } = measure
  if (low === undefined && high === undefined) {
    return { ...observationBase(code, category, context), valueQuantity: quantity(token, unit) }
  }
  return {
    ...observationBase(code, category, context),
    valueQuantity: quantity(token, unit),
    interpretation: [interpretation(token, { low, high })],
    referenceRange: [
      {
        low: low === undefined ? undefined : quantity(low, unit),
        high: high === undefined ? undefined : quantity(high, unit),
      },
    ],
  }
}

function interpretation(token: string, { low, high }: { low: string | undefined; high: string | undefined }) {
  if (high !== undefined && Number(token) > Number(high))
    return coded("v3-ObservationInterpretation", "H", "High")
  if (low !== undefined && Number(token) < Number(low))
    return coded("v3-ObservationInterpretation", "L", "Low")
  return coded("v3-ObservationInterpretation", "N", "Normal")
}

function bloodPressure({ systolic, diastolic }: told.BloodPressureFact, context: FactContext): Resource {
  const { panel, unit, ...parts } = bloodPressurePanel
  return {
    ...observationBase(panel, "vital-signs", context),
    component: [
      { code: concept(parts.systolic), valueQuantity: quantity(context.draw(systolic, "systolic"), unit) },
      { code: concept(parts.diastolic), valueQuantity: quantity(context.draw(diastolic, "diastolic"), unit) },
    ],
  }
}

function finding({ code, category, value }: told.FindingFact, context: FactContext): Resource {
  return { ...observationBase(code, category, context), valueCodeableConcept: concept(value) }
}

function condition({ code, status }: told.ConditionFact, context: FactContext): Resource {
  return {
    resourceType: "Condition",
    clinicalStatus: coded("condition-clinical", status, status === "active" ? "Active" : "Resolved"),
    verificationStatus: coded("condition-ver-status", "confirmed", "Confirmed"),
    category: [coded("condition-category", "problem-list-item", "Problem List Item")],
    code: concept(code),
    subject: context.patient,
    encounter: context.encounter,
    onsetDateTime: context.at,
    recordedDate: context.at,
    recorder: context.practitioner,
  }
}

function allergyIntolerance(fact: told.AllergyFact, context: FactContext): Resource {
  return {
    resourceType: "AllergyIntolerance",
    clinicalStatus: coded("allergyintolerance-clinical", "active", "Active"),
    verificationStatus: coded("allergyintolerance-verification", "confirmed", "Confirmed"),
    type: "allergy",
    category: ["medication"],
    criticality: "high",
    code: concept(fact.code),
    patient: context.patient,
    encounter: context.encounter,
    onsetDateTime: context.at,
    recordedDate: context.at,
    recorder: context.practitioner,
    reaction: [
      {
        substance: concept(fact.substance),
        manifestation: [concept(fact.manifestation)],
        severity: "moderate",
      },
    ],
  }
}

function medicationRequest(fact: told.MedicationFact, context: FactContext): Resource {
  const dose = context.draw(fact.dose)
  const once = fact.timesPerDay === "once"
  const rhythm = once ? "one single dose" : `${fact.timesPerDay} × daily`
  return {
    resourceType: "MedicationRequest",
    status: fact.status,
    intent: "order",
    medicationCodeableConcept: concept(fact.drug),
    subject: context.patient,
    encounter: context.encounter,
    authoredOn: context.at,
    requester: context.practitioner,
    dosageInstruction: [
      {
        text: `${dose} ${fact.unit.unit}, ${rhythm}`,
        timing: { repeat: once ? { count: 1 } : { frequency: fact.timesPerDay, period: 1, periodUnit: "d" } },
        doseAndRate: [{ doseQuantity: quantity(dose, fact.unit) }],
      },
    ],
  }
}

function procedure({ code }: told.ProcedureFact, context: FactContext): Resource {
  return {
    resourceType: "Procedure",
    status: "completed",
    code: concept(code),
    subject: context.patient,
    encounter: context.encounter,
    performedDateTime: context.at,
    performer: [{ actor: context.practitioner }],
  }
}

function immunization({ vaccine, dose }: told.ImmunisationFact, context: FactContext): Resource {
  return {
    resourceType: "Immunization",
    status: "completed",
    vaccineCode: concept(vaccine),
    patient: context.patient,
    encounter: context.encounter,
    occurrenceDateTime: context.at,
    primarySource: true,
    lotNumber: context.lotNumber(),
    performer: [{ actor: context.practitioner }],
    protocolApplied: [{ doseNumberPositiveInt: dose }],
  }
}
