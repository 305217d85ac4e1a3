import { type Area, texts } from "../../../kit/area.ts"
import type { MeShown } from "../../../session/staff/me.ts"
import { withTexts } from "../../../texts/index.ts"
import { contractTexts } from "../../ledger/contracts/late-texts.ts"
import { networkTexts } from "../../network/late-texts.ts"
import { changeTexts } from "./change-late-texts.ts"
import { ballotTexts } from "./late-texts.ts"

const late = [
  ["ballots", ballotTexts],
  ["change", changeTexts],
  ["network", networkTexts],
  ["contract", contractTexts],
] as const

/** What the organisations decide together, for administrators. */
export const ballotsArea: Area = {
  name: "ballots",
  texts: texts(
    { title: "Proposals", forbidden: "This page is for administrators." },
    { title: "提案与表决", forbidden: "此页面仅供管理员使用。" },
  ),
  staff: {
    routes: [
      {
        path: "/ballots",
        component: () => import("../GatePage.vue"),
        props: {
          may: ({ isAdministrator }: MeShown) => isAdministrator,
          title: "ballots.title",
          forbidden: "ballots.forbidden",
        },
        children: [
          {
            path: "",
            name: "ballots",
            component: withTexts(() => import("./BallotsPage.vue"), ...late),
          },
          {
            path: "new",
            name: "ballots-new",
            component: withTexts(() => import("./ProposePage.vue"), ...late),
            meta: { title: "ballots.form.title" },
          },
        ],
      },
    ],
    links: [{ to: "/ballots", text: "ballots.title", isFor: ({ isAdministrator }) => isAdministrator }],
  },
}
