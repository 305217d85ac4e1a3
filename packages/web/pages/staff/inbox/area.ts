import { type Area, texts } from "../../../kit/area.ts"

export const staffInboxArea: Area = {
  name: "inbox",
  texts: texts(
    {
      title: "Inbox",
      lead: "What waits for you, what is due first before it.",
      none: "Nothing waits for you.",
      noneBody: "What patients and other organisations send, and its deadline, stands here.",
      stranger: "Somebody whom this organisation does not know",
      by: "{patient}, by {delegate}",
      more: "More than these wait. They follow when some of these are done.",
      late: "{n} late",
    },
    {
      title: "待办",
      lead: "待您处理的事项，最先到期的排在最前。",
      none: "目前没有待办事项。",
      noneBody: "患者和其他机构发来的事项及其截止日期会显示在这里。",
      stranger: "本机构不认识的人",
      by: "{patient}，由{delegate}代办",
      more: "还有更多事项，处理完这些后会继续显示。",
      late: "{n} 项逾期",
    },
  ),
  staff: {
    routes: [{ path: "/inbox", name: "inbox", component: () => import("./InboxPage.vue") }],
    links: [{ to: "/inbox", text: "inbox.title" }],
  },
}
