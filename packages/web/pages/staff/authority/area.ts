import { type Area, texts } from "../../../kit/area.ts"
import type { MeShown } from "../../../session/staff/me.ts"
import { withTexts } from "../../../texts/index.ts"
import { networkTexts } from "../../network/late-texts.ts"
import { membersTexts } from "../../network/members/late-texts.ts"
import { verifyTexts } from "../../verify/late-texts.ts"
import { changeTexts } from "../ballots/change-late-texts.ts"
import { authorityTexts } from "./late-texts.ts"

const late = [
  ["authority", authorityTexts],
  ["change", changeTexts],
  ["members", membersTexts],
  ["network", networkTexts],
  ["verify", verifyTexts],
] as const

/** How the organisations of the network do, for an authority. */
export const authorityArea: Area = {
  name: "authority",
  texts: texts(
    { title: "Oversight", forbidden: "This page is for a health authority." },
    { title: "监管", forbidden: "此页面仅供卫生主管机构使用。" },
  ),
  staff: {
    routes: [
      {
        path: "/authority",
        component: () => import("../GatePage.vue"),
        props: {
          may: ({ kind }: MeShown) => kind === "authority",
          title: "authority.title",
          forbidden: "authority.forbidden",
        },
        children: [
          { path: "", name: "authority", component: withTexts(() => import("./MembersPage.vue"), ...late) },
          {
            path: "reports",
            name: "authority-reports",
            component: withTexts(() => import("./ReportsPage.vue"), ...late),
            meta: { title: "authority.reports.title" },
          },
          {
            path: "cases",
            name: "authority-cases",
            component: withTexts(() => import("./CasesPage.vue"), ...late),
            meta: { title: "authority.cases.title" },
          },
          {
            path: "numbers",
            name: "authority-numbers",
            component: withTexts(() => import("./NumbersPage.vue"), ...late),
            meta: { title: "authority.numbers.title" },
          },
        ],
      },
    ],
    links: [{ to: "/authority", text: "authority.title", isFor: ({ kind }) => kind === "authority" }],
  },
}
