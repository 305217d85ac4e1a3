import { type Area, texts } from "../../../kit/area.ts"

export const recordsArea: Area = {
  name: "records",
  texts: texts(
    {
      title: "My records",
      nav: "Records",
      progress: "{custodian}: {n} of {size} records read and checked",
      filterKind: "Kind",
      filterPlace: "Organisation",
      all: "All",
      count: "{n} of {total}",
      undated: "Without a date",
      state: {
        matches: "Checked against the ledger, block {height}",
        differs: "Does not match the ledger",
        incomplete: "Some of it was lost here",
        unreachable: "Could not be reached",
      },
    },
    {
      title: "我的记录",
      nav: "记录",
      progress: "{custodian}：已读取并核验 {n} / {size} 条",
      filterKind: "类别",
      filterPlace: "机构",
      all: "全部",
      count: "{n} / {total} 条",
      undated: "无日期",
      state: {
        matches: "已与账本第 {height} 区块核对一致",
        differs: "与账本不符",
        incomplete: "该机构丢失了部分记录",
        unreachable: "无法连接",
      },
    },
  ),
  patient: {
    routes: [{ path: "/records", name: "records", component: () => import("./RecordsPage.vue") }],
    links: [{ to: "/records", text: "records.nav" }],
  },
}
