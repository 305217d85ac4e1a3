import { texts } from "../../kit/area.ts"

export const startTexts = texts(
  {
    title: "Aceso, a demonstration",
    lead: "Five organisations run on this computer, with invented patients. Choose who you want to be.",
    patients: "Patients",
    staff: "Doctors and staff",
    failed: "The people of the demo could not be loaded.",
  },
  {
    title: "Aceso 演示",
    lead: "这台电脑上运行着五家机构，患者均为虚构。请选择您要扮演的人。",
    patients: "患者",
    staff: "医生与工作人员",
    failed: "无法加载演示人员。",
  },
)
