import type { Coding, Concept } from "./vocabulary.ts"

/** What the stories speak of, in SNOMED CT, ICD-10 (WHO), ATC and CVX. stories.test.ts verifies check digits. */

export const systems = {
  snomed: "http://snomed.info/sct",
  icd10: "http://hl7.org/fhir/sid/icd-10",
  loinc: "http://loinc.org",
  atc: "http://www.whocc.no/atc",
  cvx: "http://hl7.org/fhir/sid/cvx",
  ucum: "http://unitsofmeasure.org",
} as const

export function coding(system: string, code: string, display: string): Coding {
  return { system, code, display }
}
const snomed = (code: string, display: string) => coding(systems.snomed, code, display)
const icd10 = (code: string, display: string) => coding(systems.icd10, code, display)
const atc = (code: string, display: string): Concept => [coding(systems.atc, code, display)]
const cvx = (code: string, display: string): Concept => [coding(systems.cvx, code, display)]

export const encounterTypes = {
  emergency: [snomed("50849002", "Emergency room admission")],
  admission: [snomed("32485007", "Hospital admission")],
  checkUp: [snomed("185349003", "Encounter for check up")],
  followUp: [snomed("390906007", "Follow-up encounter")],
  symptom: [snomed("185345009", "Encounter for symptom")],
  firstPrenatal: [snomed("424441002", "Prenatal initial visit")],
  prenatal: [snomed("424619006", "Prenatal visit")],
  wellChild: [snomed("410620009", "Well child visit")],
} satisfies Record<string, Concept>

export const conditions = {
  atrialFibrillation: [
    snomed("49436004", "Atrial fibrillation"),
    icd10("I48.9", "Atrial fibrillation and atrial flutter, unspecified"),
  ],
  hypertension: [
    snomed("38341003", "Hypertensive disorder"),
    icd10("I10", "Essential (primary) hypertension"),
  ],
  chestPain: [snomed("29857009", "Chest pain"), icd10("R07.4", "Chest pain, unspecified")],
  urticaria: [snomed("126485001", "Urticaria"), icd10("L50.0", "Allergic urticaria")],
  upperRespiratoryInfection: [
    snomed("54150009", "Upper respiratory infection"),
    icd10("J06.9", "Acute upper respiratory infection, unspecified"),
  ],
  pulmonaryEmbolism: [
    snomed("59282003", "Pulmonary embolism"),
    icd10("I26.9", "Pulmonary embolism without mention of acute cor pulmonale"),
  ],
  deepVeinThrombosis: [
    snomed("128053003", "Deep venous thrombosis"),
    icd10("I80.2", "Phlebitis and thrombophlebitis of other deep vessels of lower extremities"),
  ],
  type2Diabetes: [
    snomed("44054006", "Diabetes mellitus type 2"),
    icd10("E11.9", "Type 2 diabetes mellitus, without complications"),
  ],
  diabeticRetinopathy: [
    snomed("4855003", "Retinopathy due to diabetes mellitus"),
    icd10("E11.3", "Type 2 diabetes mellitus, with ophthalmic complications"),
  ],
  normalPregnancy: [
    snomed("72892002", "Normal pregnancy"),
    icd10("Z34.9", "Supervision of normal pregnancy, unspecified"),
  ],
  gestationalDiabetes: [
    snomed("11687002", "Gestational diabetes mellitus"),
    icd10("O24.4", "Diabetes mellitus arising in pregnancy"),
  ],
  abdominalPain: [
    snomed("21522001", "Abdominal pain"),
    icd10("R10.4", "Other and unspecified abdominal pain"),
  ],
  uretericStone: [snomed("31054009", "Ureteric stone"), icd10("N20.1", "Calculus of ureter")],
  yellowFeverVaccination: [icd10("Z24.3", "Need for immunization against yellow fever")],
  childExamination: [icd10("Z00.1", "Routine child health examination")],
} satisfies Record<string, Concept>

export const penicillinAllergy = {
  code: [
    snomed("91936005", "Allergy to penicillin"),
    icd10("Z88.0", "Personal history of allergy to penicillin"),
  ],
  substance: [snomed("764146007", "Penicillin")],
  manifestation: [snomed("126485001", "Urticaria")],
} satisfies Record<string, Concept>

export const procedures = {
  electrocardiogram: [snomed("29303009", "Electrocardiographic procedure")],
  echocardiogram: [snomed("433236007", "Transthoracic echocardiography")],
  chestCt: [snomed("169069000", "Computed tomography of chest")],
  abdomenCt: [snomed("169070004", "Computed tomography of abdomen")],
  obstetricUltrasound: [snomed("268445003", "Ultrasound scan - obstetric")],
  fetalAnatomyStudy: [snomed("271442007", "Fetal anatomy study")],
  retinopathyScreening: [snomed("134395001", "Diabetic retinopathy screening")],
  footExamination: [snomed("401191002", "Diabetic foot examination")],
  laboratoryTest: [snomed("15220000", "Laboratory test")],
  vaccination: [snomed("33879002", "Administration of vaccine to produce active immunity")],
} satisfies Record<string, Concept>

export const bloodGroups = {
  a: [snomed("278149003", "Blood group A")],
  rhNegative: [snomed("165746003", "RhD negative")],
} satisfies Record<string, Concept>

export const drugs = {
  warfarin: atc("B01AA03", "warfarin"),
  enoxaparin: atc("B01AB05", "enoxaparin"),
  rivaroxaban: atc("B01AF01", "rivaroxaban"),
  bisoprolol: atc("C07AB07", "bisoprolol"),
  amlodipine: atc("C08CA01", "amlodipine"),
  losartan: atc("C09CA01", "losartan"),
  atorvastatin: atc("C10AA05", "atorvastatin"),
  metformin: atc("A10BA02", "metformin"),
  empagliflozin: atc("A10BK03", "empagliflozin"),
  folicAcid: atc("B03BB01", "folic acid"),
  antiD: atc("J06BB01", "anti-D (rh) immunoglobulin"),
  paracetamol: atc("N02BE01", "paracetamol"),
  diclofenac: atc("M01AB05", "diclofenac"),
  tamsulosin: atc("G04CA02", "tamsulosin"),
  cetirizine: atc("R06AE07", "cetirizine"),
}

export const vaccines = {
  mmr: cvx("03", "MMR"),
  hepatitisB: cvx("08", "Hep B, adolescent or pediatric"),
  polio: cvx("10", "IPV"),
  bcg: cvx("19", "BCG"),
  dtap: cvx("20", "DTaP"),
  varicella: cvx("21", "varicella"),
  yellowFever: cvx("37", "yellow fever"),
  hepatitisA: cvx("83", "Hep A, ped/adol, 2 dose"),
  japaneseEncephalitis: cvx("129", "Japanese Encephalitis, unspecified formulation"),
  pneumococcal: cvx("133", "Pneumococcal conjugate PCV 13"),
}
