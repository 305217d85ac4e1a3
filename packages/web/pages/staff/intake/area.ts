import { type Area, texts } from "../../../kit/area.ts"
import type { MeShown } from "../../../session/staff/me.ts"
import { withTexts } from "../../../texts/index.ts"
import { intakeTexts } from "./late-texts.ts"

const late = ["intake", intakeTexts] as const

/** What comes in, for administrators of organisations that keep records. */
export const intakeArea: Area = {
  name: "intake",
  texts: texts({ nav: "Import" }, { nav: "导入" }),
  staff: {
    routes: [
      {
        path: "/intake",
        component: withTexts(() => import("../GatePage.vue"), late),
        props: {
          may: ({ isAdministrator, keepsRecords }: MeShown) => isAdministrator && keepsRecords,
          title: "intake.title",
          forbidden: "intake.forbidden",
        },
        children: [
          { path: "", name: "intake", component: withTexts(() => import("./IntakePage.vue"), late) },
          {
            path: "unfiled/:after(\\d{1,15})?",
            name: "intake-unfiled",
            component: withTexts(() => import("./UnfiledPage.vue"), late),
            props: true,
            meta: { title: "intake.unfiled.title" },
          },
        ],
      },
    ],
    links: [
      {
        to: "/intake",
        text: "intake.nav",
        isFor: ({ isAdministrator, keepsRecords }) => isAdministrator && keepsRecords !== false,
      },
    ],
  },
}
