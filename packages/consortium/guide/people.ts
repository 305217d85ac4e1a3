import type { Both } from "@aceso/cli/tours/guide.ts"
import { storyOf } from "../stories/index.ts"

/** Who the people of the demo are, for whoever chooses one. */

export const ORGANISATIONS: Readonly<Record<string, Both>> = {
  "city-hospital": { en: "City Hospital", zh: "市立医院" },
  "county-hospital": { en: "County Hospital", zh: "县医院" },
  "community-clinic": { en: "Community Clinic", zh: "社区诊所" },
  insurer: { en: "National Health Insurance", zh: "国家医疗保险" },
  authority: { en: "National Health Authority", zh: "国家卫生主管部门" },
  "visa-office": { en: "Visa Office", zh: "签证处" },
}

interface Worker {
  readonly title: Both
  readonly says: Both | null
}
const administrator = { en: "Administrator", zh: "管理员" }
const doctor = { en: "Doctor", zh: "医生" }

const WORKERS: Readonly<Record<string, Worker>> = {
  "city-admin": {
    title: administrator,
    says: {
      en: "Runs City Hospital's node: invites staff, imports records, publishes, votes.",
      zh: "管理市立医院的节点：邀请人员、导入记录、发布资料、参与表决。",
    },
  },
  "city-registrar": {
    title: { en: "Registrar, patient relations", zh: "登记员（患者关系部门）" },
    says: {
      en: "Registers people at the desk, and answers what patients ask and complain about.",
      zh: "在窗口登记患者，并答复患者的咨询和投诉。",
    },
  },
  "city-doctor": {
    title: doctor,
    says: { en: "Treats patients at City Hospital.", zh: "在市立医院诊治患者。" },
  },
  "county-admin": {
    title: administrator,
    says: { en: "Runs County Hospital's node.", zh: "管理县医院的节点。" },
  },
  "county-doctor": {
    title: doctor,
    says: {
      en: "Works in the emergency department, and needs histories that lie elsewhere.",
      zh: "在急诊科工作，需要查看存放在别处的病史。",
    },
  },
  "clinic-admin": {
    title: administrator,
    says: { en: "Runs the clinic's node.", zh: "管理社区诊所的节点。" },
  },
  "clinic-doctor": {
    title: { en: "Family doctor", zh: "全科医生" },
    says: { en: "Follows patients over the years.", zh: "长期照护患者。" },
  },
  insurer: {
    title: { en: "Claims officer", zh: "理赔专员" },
    says: { en: "Sees what patients permit for payment.", zh: "查看患者为费用结算而允许的内容。" },
  },
  authority: {
    title: { en: "Complaints officer", zh: "投诉处理专员" },
    says: {
      en: "Decides what patients pass on. Founded this network.",
      zh: "裁定患者提交的投诉，也是本网络的创建者。",
    },
  },
  "visa-admin": {
    title: administrator,
    says: { en: "Runs the Visa Office's node.", zh: "管理签证处的节点。" },
  },
  "visa-officer": {
    title: { en: "Visa officer", zh: "签证官员" },
    says: {
      en: "Has to see one vaccination of each applicant, and nothing else.",
      zh: "只需查看每位申请人的一项疫苗接种记录。",
    },
  },
}

const STORIES: Readonly<Record<string, Both>> = {
  "chest-pain": {
    en: "Came with chest pain two hours ago; takes warfarin and must not have penicillin.",
    zh: "两小时前因胸痛就诊，服用华法林，对青霉素过敏。",
  },
  "pulmonary-embolism": {
    en: "Had a pulmonary embolism and takes an anticoagulant since.",
    zh: "曾患肺栓塞，此后服用抗凝药。",
  },
  diabetes: { en: "Has lived with diabetes for years.", zh: "患糖尿病多年。" },
  pregnancy: { en: "Is or was pregnant, with all her checks.", zh: "妊娠及各次产检。" },
  immunisations: { en: "Has been vaccinated at several places.", zh: "在多处接种过疫苗。" },
  "repeated-test": { en: "Had the same test twice, at two hospitals.", zh: "在两家医院做过同一项检查。" },
}

/** Somebody who works with a node: what they are, and where. */
export const workerOf = (name: string): Worker =>
  WORKERS[name] ?? { title: { en: name, zh: name }, says: null }

/** Of patient-<n> what has happened. */
export function patientSays(name: string): Both | null {
  const n = Number(/^patient-(\d+)$/.exec(name)?.[1])
  return (Number.isInteger(n) ? STORIES[storyOf(n)] : undefined) ?? null
}

/** Of somebody who acts for another one. */
export const delegateSays = (en: string, zh: string): Both => ({
  en: `Acts for ${en}, and has records of her own.`,
  zh: `代${zh}办理，自己也有记录。`,
})
