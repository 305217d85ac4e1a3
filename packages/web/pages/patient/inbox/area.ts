import { type Area, texts } from "../../../kit/area.ts"

export const patientInboxArea: Area = {
  name: "ownInbox",
  texts: texts(
    {
      title: "Waiting for you",
      nav: "To do",
      none: "Nothing waits for you.",
      noneBody: "When somebody asks for your records, or answers you, it stands here.",
      requests: "asks for your records",
      moves: "A record is to be moved to another patient's file, or to yours",
      decide: "your decision",
    },
    {
      title: "待您处理",
      nav: "待办",
      none: "目前没有待办事项。",
      noneBody: "有人申请查看您的记录，或答复您时，会显示在这里。",
      requests: "申请查看您的记录",
      moves: "有一条记录需要移到另一位患者名下，或移到您的名下",
      decide: "待您决定",
    },
  ),
  patient: {
    delegates: ["write"],
    routes: [{ path: "/inbox", name: "inbox", component: () => import("./InboxPage.vue") }],
    links: [{ to: "/inbox", text: "ownInbox.nav" }],
  },
}
