import type { Said } from "./access-words.ts"
import { TYPE_WORDS } from "./type-words.ts"
import { entryOf } from "./words.ts"

/** A kind of records as a person thinks of it, and the FHIR types that it takes in. */
export interface RecordKind extends Said {
  readonly name: string
  readonly types: readonly string[]
}

/** Of what patients are asked about; every type stands in one at most. */
export const RECORD_KINDS: readonly RecordKind[] = [
  {
    name: "problems",
    en: "diagnoses and problems",
    zh: "诊断与健康问题",
    types: ["Condition", "ClinicalImpression"],
  },
  {
    ...{ name: "results", en: "measurements and test results", zh: "测量与检查检验结果" },
    types: ["Observation", "DiagnosticReport", "Specimen"],
  },
  {
    ...{ name: "medicines", en: "medicines", zh: "用药" },
    types: [
      "MedicationRequest",
      "MedicationStatement",
      "MedicationAdministration",
      "MedicationDispense",
      "Medication",
    ],
  },
  { name: "allergies", en: "allergies", zh: "过敏", types: ["AllergyIntolerance"] },
  {
    ...{ name: "vaccinations", en: "vaccinations", zh: "疫苗接种" },
    types: ["Immunization", "ImmunizationRecommendation"],
  },
  { name: "procedures", en: "operations and treatments", zh: "手术与治疗", types: ["Procedure"] },
  { name: "visits", en: "visits and stays", zh: "就诊与住院", types: ["Encounter", "EpisodeOfCare"] },
  {
    ...{ name: "documents", en: "letters and documents", zh: "病历文书" },
    types: ["DocumentReference", "Composition", "QuestionnaireResponse"],
  },
  { name: "images", en: "images", zh: "影像", types: ["ImagingStudy", "Media"] },
  {
    ...{ name: "plans", en: "plans, goals and orders", zh: "诊疗计划、目标与医嘱" },
    types: ["CarePlan", "CareTeam", "Goal", "ServiceRequest", "Appointment"],
  },
  { name: "family", en: "family history", zh: "家族史", types: ["FamilyMemberHistory"] },
  {
    ...{ name: "money", en: "bills and insurance", zh: "账单与保险" },
    types: ["Claim", "ClaimResponse", "ExplanationOfBenefit", "Coverage", "Account", "Invoice"],
  },
  { name: "person", en: "name, address and birth date", zh: "姓名、住址与出生日期", types: ["Patient"] },
]

/** FHIR types as kinds that are whole, and the types that are left. */
export function kindsIn(types: readonly string[]): {
  readonly whole: readonly RecordKind[]
  readonly rest: readonly string[]
} {
  const whole = RECORD_KINDS.filter((kind) => kind.types.every((type) => types.includes(type)))
  const rest = types.filter((type) => !whole.some((kind) => kind.types.includes(type)))
  return { whole, rest }
}

/** One FHIR type in words, as one says several in a sentence. */
export function typeSaid(type: string): Said {
  const { many, zh } = entryOf(TYPE_WORDS, type) ?? { zh: type }
  return { en: many ?? type.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase(), zh }
}
