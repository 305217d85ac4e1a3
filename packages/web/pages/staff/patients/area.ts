import { type Area, texts } from "../../../kit/area.ts"

export const patientsArea: Area = {
  name: "patients",
  texts: texts(
    {
      title: "Patients",
      search: "Name, birth date or record number",
      find: "Find",
      none: "Nobody is found.",
      born: "born {date}",
      records: "{n} records",
    },
    {
      title: "患者",
      search: "姓名、出生日期或病历号",
      find: "查找",
      none: "没有找到。",
      born: "{date} 出生",
      records: "{n} 条记录",
    },
  ),
  staff: {
    routes: [{ path: "/patients", name: "patients", component: () => import("./PatientsPage.vue") }],
    links: [{ to: "/patients", text: "patients.title" }],
  },
}
