import type { SaidTable } from "./access-words.ts"

/** Staff roles that networks use; others are what they are. */
export const roleNames = {
  doctor: { en: "doctor", zh: "医生" },
  nurse: { en: "nurse", zh: "护士" },
  pharmacist: { en: "pharmacist", zh: "药师" },
  registrar: { en: "registrar", zh: "登记人员" },
  "patient-relations": { en: "patient relations", zh: "患者关系专员" },
  "claims-officer": { en: "claims officer", zh: "理赔专员" },
  "complaints-officer": { en: "complaints officer", zh: "投诉处理专员" },
  "visa-officer": { en: "visa officer", zh: "签证官员" },
  administrator: { en: "administrator", zh: "管理员" },
  clerk: { en: "clerk at the desk", zh: "窗口登记员" },
  physician: { en: "physician", zh: "医师" },
  "emergency-physician": { en: "emergency physician", zh: "急诊医师" },
  midwife: { en: "midwife", zh: "助产士" },
  dentist: { en: "dentist", zh: "牙科医师" },
  therapist: { en: "therapist", zh: "治疗师" },
  psychologist: { en: "psychologist", zh: "心理师" },
  paramedic: { en: "paramedic", zh: "急救员" },
  technician: { en: "technician", zh: "技师" },
  researcher: { en: "researcher", zh: "研究人员" },
  "social-worker": { en: "social worker", zh: "社会工作者" },
} as const satisfies SaidTable
