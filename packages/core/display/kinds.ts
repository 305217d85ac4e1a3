import type { Said } from "./access-words.ts"

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

/** One FHIR type in words: of a kind that has it alone the kind's, else its own. */
export function typeSaid(type: string): Said {
  const own = TYPES.get(type)
  if (own) return own
  const words = type.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()
  return { en: words, zh: type }
}

const TYPES: ReadonlyMap<string, Said> = new Map([
  ["Condition", { en: "diagnoses", zh: "诊断" }],
  ["ClinicalImpression", { en: "assessments", zh: "临床评估" }],
  ["Observation", { en: "measurements", zh: "测量与检验值" }],
  ["DiagnosticReport", { en: "test reports", zh: "检查检验报告" }],
  ["Specimen", { en: "samples", zh: "标本" }],
  ["MedicationRequest", { en: "prescriptions", zh: "处方" }],
  ["MedicationStatement", { en: "medicines taken", zh: "服药情况" }],
  ["MedicationAdministration", { en: "medicines given", zh: "给药记录" }],
  ["MedicationDispense", { en: "medicines handed out", zh: "发药记录" }],
  ["Medication", { en: "drugs", zh: "药品" }],
  ["AllergyIntolerance", { en: "allergies", zh: "过敏" }],
  ["Immunization", { en: "vaccinations", zh: "疫苗接种" }],
  ["ImmunizationRecommendation", { en: "recommended vaccinations", zh: "疫苗接种建议" }],
  ["Procedure", { en: "operations and treatments", zh: "手术与治疗" }],
  ["Encounter", { en: "visits", zh: "就诊" }],
  ["EpisodeOfCare", { en: "periods of care", zh: "诊疗阶段" }],
  ["DocumentReference", { en: "documents", zh: "文书" }],
  ["Composition", { en: "letters", zh: "病历摘要" }],
  ["QuestionnaireResponse", { en: "filled questionnaires", zh: "问卷" }],
  ["ImagingStudy", { en: "imaging studies", zh: "影像检查" }],
  ["Media", { en: "pictures", zh: "图片" }],
  ["CarePlan", { en: "care plans", zh: "诊疗计划" }],
  ["CareTeam", { en: "care teams", zh: "诊疗团队" }],
  ["Goal", { en: "goals", zh: "目标" }],
  ["ServiceRequest", { en: "orders", zh: "检查与治疗医嘱" }],
  ["Appointment", { en: "appointments", zh: "预约" }],
  ["FamilyMemberHistory", { en: "family history", zh: "家族史" }],
  ["Claim", { en: "bills", zh: "费用申报" }],
  ["ClaimResponse", { en: "answers to bills", zh: "费用审核结果" }],
  ["ExplanationOfBenefit", { en: "statements of benefits", zh: "赔付说明" }],
  ["Coverage", { en: "insurance", zh: "保险" }],
  ["Account", { en: "accounts", zh: "账户" }],
  ["Invoice", { en: "invoices", zh: "发票" }],
  ["Patient", { en: "name, address and birth date", zh: "姓名、住址与出生日期" }],
])
