import type { Area } from "../../../kit/area.ts"
import type { MeShown } from "../../../session/staff/me.ts"
import { withTexts } from "../../../texts/index.ts"
import { recoveryTexts } from "./late-texts.ts"

const late = ["recovery", recoveryTexts] as const

/** The way out of a vault that is older than the ledger. Whoever opens the portal meanwhile is led here (StaffPages.vue). */
export const recoveryArea: Area = {
  name: "recovery",
  staff: {
    routes: [
      {
        path: "/recovery",
        component: withTexts(() => import("../GatePage.vue"), late),
        props: {
          may: ({ isAdministrator }: MeShown) => isAdministrator,
          title: "recovery.title",
          forbidden: "recovery.forbidden",
        },
        children: [
          {
            path: "",
            name: "recovery",
            component: withTexts(() => import("./RecoveryPage.vue"), late),
            meta: { title: "recovery.title" },
          },
        ],
      },
    ],
    links: [],
  },
}
