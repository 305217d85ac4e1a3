import { type Area, texts } from "../../kit/area.ts"
import { withTexts } from "../../texts/index.ts"
import { networkTexts } from "./late-texts.ts"
import { membersTexts } from "./members/late-texts.ts"

const late = ["network", networkTexts] as const

/** How the network does, who is in it, and what lies where. */
export const networkArea: Area = {
  name: "network",
  texts: texts(
    { nav: "Network", membersNav: "Members", where: "What lies where" },
    { nav: "网络", membersNav: "成员", where: "数据在哪里" },
  ),
  open: {
    routes: [
      { path: "/network", name: "network", component: withTexts(() => import("./NetworkPage.vue"), late) },
      {
        path: "/members",
        name: "members",
        component: withTexts(() => import("./members/MembersPage.vue"), late, ["members", membersTexts]),
      },
      { path: "/where", name: "where", component: withTexts(() => import("./WherePage.vue"), late) },
    ],
    links: [
      { to: "/network", text: "network.nav" },
      { to: "/members", text: "network.membersNav" },
      { to: "/where", text: "network.where" },
    ],
  },
}
