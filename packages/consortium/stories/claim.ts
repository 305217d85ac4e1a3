import { procedures, systems } from "./codes.ts"
import type { JsonObject } from "./json.ts"
import { Decimal } from "./json.ts"
import type { Person } from "./people.ts"
import type { Resource } from "./resources.ts"
import { coded, concept } from "./resources.ts"
import type { Concept, Fact, Visit } from "./vocabulary.ts"

/** What the insurer is asked to pay for a visit. The insurer is named by identifier: it is in no bundle. */

const insurer: JsonObject = {
  identifier: { system: "https://consortium.example/organisation", value: "insurer" },
  display: "Insurer",
}

const visitPriceFen: Readonly<Record<Visit["setting"], number>> = {
  ambulatory: 5_000,
  emergency: 20_000,
  inpatient: 480_000,
}
const procedurePriceFen: Readonly<Record<string, number>> = {
  "29303009": 3_500,
  "433236007": 24_000,
  "169069000": 38_000,
  "169070004": 41_000,
  "268445003": 15_000,
  "271442007": 32_000,
  "134395001": 9_000,
  "401191002": 4_000,
}
const laboratoryPriceFen = 2_800
const vaccinationPriceFen = 3_000

export function coverage({ insured, birthDate }: Person, patient: JsonObject): Resource {
  return {
    resourceType: "Coverage",
    identifier: [{ system: insured.system, value: insured.value }],
    status: "active",
    type: concept([
      {
        system: "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        code: "PUBLICPOL",
        display: "public healthcare",
      },
    ]),
    subscriberId: insured.value,
    beneficiary: patient,
    period: { start: birthDate },
    payor: [insurer],
  }
}

export interface ClaimContext {
  readonly identifier: JsonObject
  readonly patient: JsonObject
  readonly encounter: JsonObject
  readonly organisation: JsonObject
  readonly coverage: JsonObject
  readonly period: { readonly start: string; readonly end: string }
  /** The facts of the visit itself, without those it only repeats from elsewhere. */
  readonly facts: readonly Fact[]
}

export function claim(visit: Visit, context: ClaimContext): Resource {
  const services = [
    { code: visit.type, fen: visitPriceFen[visit.setting], count: 1 },
    ...billed(context.facts),
  ]
  const totalFen = services.reduce((sum, { fen, count }) => sum + fen * count, 0)
  const diagnosis = visit.reason.filter(({ system }) => system === systems.icd10)
  return {
    resourceType: "Claim",
    identifier: [context.identifier],
    status: "active",
    type: coded("claim-type", ...claimType(visit)),
    use: "claim",
    patient: context.patient,
    billablePeriod: context.period,
    created: context.period.end,
    insurer,
    provider: context.organisation,
    priority: coded("processpriority", "normal", "Normal"),
    diagnosis: [{ sequence: 1, diagnosisCodeableConcept: concept(diagnosis) }],
    insurance: [{ sequence: 1, focal: true, coverage: context.coverage }],
    item: services.map(({ code, fen, count }, index) => ({
      sequence: index + 1,
      diagnosisSequence: [1],
      productOrService: concept(code),
      quantity: { value: new Decimal(String(count)) },
      unitPrice: money(fen),
      net: money(fen * count),
      encounter: [context.encounter],
    })),
    total: money(totalFen),
  }
}

function claimType({ setting }: Visit): [code: string, display: string] {
  return setting === "inpatient" ? ["institutional", "Institutional"] : ["professional", "Professional"]
}

function billed(facts: readonly Fact[]): { code: Concept; fen: number; count: number }[] {
  const services = facts.flatMap((fact) =>
    fact.kind === "procedure" ? [{ code: fact.code, fen: priceOf(fact.code), count: 1 }] : [],
  )
  const tests = facts.filter(isLaboratoryTest).length
  if (tests > 0) services.push({ code: procedures.laboratoryTest, fen: laboratoryPriceFen, count: tests })
  const vaccinations = facts.filter(({ kind }) => kind === "immunisation").length
  if (vaccinations > 0) {
    services.push({ code: procedures.vaccination, fen: vaccinationPriceFen, count: vaccinations })
  }
  return services
}

function isLaboratoryTest(fact: Fact): boolean {
  if (fact.kind === "observation") return fact.measure.category === "laboratory"
  return fact.kind === "finding" && fact.category === "laboratory"
}

function priceOf(code: Concept): number {
  const price = procedurePriceFen[code[0]?.code ?? ""]
  if (price === undefined)
    throw new RangeError(`no price for ${JSON.stringify(code)}: add it to procedurePriceFen`)
  return price
}

function money(fen: number): JsonObject {
  const yuan = Math.trunc(fen / 100)
  return { value: new Decimal(`${yuan}.${String(fen % 100).padStart(2, "0")}`), currency: "CNY" }
}
