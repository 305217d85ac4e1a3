/** What forms for writing offer: closed lists, each with its codes. */

/** A measurement that is often written by hand: LOINC, and the units (UCUM) in which it makes sense. */
export interface ResultChoice {
  readonly code: string
  /** LOINC's own name. */
  readonly display: string
  readonly en: string
  readonly zh: string
  readonly units: readonly string[]
  readonly category: "laboratory" | "vital-signs"
}

const lab = (code: string, display: string, en: string, zh: string, ...units: string[]): ResultChoice => ({
  ...{ code, display, en, zh, units },
  category: "laboratory",
})
const vital = (code: string, display: string, en: string, zh: string, ...units: string[]): ResultChoice => ({
  ...{ code, display, en, zh, units },
  category: "vital-signs",
})

export const RESULT_CHOICES: readonly ResultChoice[] = [
  lab("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "Potassium", "血钾", "mmol/L"),
  lab("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "Sodium", "血钠", "mmol/L"),
  lab("14682-9", "Creatinine [Moles/volume] in Serum or Plasma", "Creatinine", "肌酐", "umol/L"),
  lab("15074-8", "Glucose [Moles/volume] in Blood", "Glucose", "血糖", "mmol/L"),
  lab("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "HbA1c", "糖化血红蛋白", "%"),
  lab("718-7", "Hemoglobin [Mass/volume] in Blood", "Haemoglobin", "血红蛋白", "g/L", "g/dL"),
  lab("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "White cells", "白细胞", "10*9/L"),
  lab("777-3", "Platelets [#/volume] in Blood by Automated count", "Platelets", "血小板", "10*9/L"),
  lab("6301-6", "INR in Platelet poor plasma by Coagulation assay", "INR", "国际标准化比值 INR", "{INR}"),
  lab(
    "1988-5",
    "C reactive protein [Mass/volume] in Serum or Plasma",
    "C-reactive protein",
    "C 反应蛋白",
    "mg/L",
  ),
  lab(
    "67151-1",
    "Troponin T.cardiac [Mass/volume] in Serum or Plasma by High sensitivity method",
    "Troponin T, high sensitivity",
    "高敏肌钙蛋白 T",
    "ng/L",
  ),
  vital("8867-4", "Heart rate", "Heart rate", "心率", "/min"),
  vital("9279-1", "Respiratory rate", "Respiratory rate", "呼吸频率", "/min"),
  vital("8480-6", "Systolic blood pressure", "Systolic blood pressure", "收缩压", "mm[Hg]"),
  vital("8462-4", "Diastolic blood pressure", "Diastolic blood pressure", "舒张压", "mm[Hg]"),
  vital("8310-5", "Body temperature", "Body temperature", "体温", "Cel"),
  vital(
    "59408-5",
    "Oxygen saturation in Arterial blood by Pulse oximetry",
    "Oxygen saturation",
    "血氧饱和度",
    "%",
  ),
  vital("29463-7", "Body weight", "Body weight", "体重", "kg"),
  vital("8302-2", "Body height", "Body height", "身高", "cm"),
]

/** UCUM codes, and how people write them. */
export const UNITS: Readonly<Record<string, string>> = {
  "mmol/L": "mmol/L",
  "umol/L": "µmol/L",
  "nmol/L": "nmol/L",
  "pmol/L": "pmol/L",
  "g/L": "g/L",
  "g/dL": "g/dL",
  "mg/L": "mg/L",
  "mg/dL": "mg/dL",
  "ug/L": "µg/L",
  "ng/L": "ng/L",
  "ng/mL": "ng/mL",
  "U/L": "U/L",
  "m[IU]/L": "mIU/L",
  "[IU]/L": "IU/L",
  "10*9/L": "10⁹/L",
  "10*12/L": "10¹²/L",
  "%": "%",
  "{INR}": "INR",
  s: "s",
  "/min": "/min",
  "mm[Hg]": "mmHg",
  Cel: "°C",
  kg: "kg",
  g: "g",
  cm: "cm",
  "mL/min/{1.73_m2}": "mL/min/1.73 m²",
  mL: "mL",
  L: "L",
  "1": "1",
}

/** Kinds of notes, by LOINC. */
export const NOTE_TYPES: readonly {
  readonly code: string
  readonly display: string
  readonly en: string
  readonly zh: string
}[] = [
  { code: "11506-3", display: "Progress note", en: "Progress note", zh: "病程记录" },
  { code: "34117-2", display: "History and physical note", en: "History and examination", zh: "入院记录" },
  { code: "11488-4", display: "Consult note", en: "Consultation", zh: "会诊记录" },
  { code: "18842-5", display: "Discharge summary", en: "Discharge summary", zh: "出院小结" },
  { code: "28570-0", display: "Procedure note", en: "Procedure", zh: "操作记录" },
  { code: "34109-9", display: "Note", en: "Other note", zh: "其他记录" },
]

/** The last digit of a LOINC code is a check of those before it (Luhn, mod 10). */
export function isLoinc(code: string): boolean {
  if (!/^\d{1,7}-\d$/.test(code)) return false
  const sum = [...code.replace("-", "")].reverse().reduce((total, digit, i) => {
    const n = Number(digit) * (i % 2 === 1 ? 2 : 1)
    return total + (n > 9 ? n - 9 : n)
  }, 0)
  return sum % 10 === 0
}
