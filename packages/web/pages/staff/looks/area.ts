import { type Area, texts } from "../../../kit/area.ts"
import type { MeShown } from "../../../session/staff/me.ts"
import { withTexts } from "../../../texts/index.ts"
import { looksTexts } from "./late-texts.ts"

const late = ["looks", looksTexts] as const

/** Who of the own staff looked at whom, for administrators. */
export const looksArea: Area = {
  name: "looks",
  texts: texts({ nav: "Who looked" }, { nav: "查阅审计" }),
  staff: {
    routes: [
      {
        path: "/looks",
        component: withTexts(() => import("../GatePage.vue"), late),
        props: {
          may: ({ isAdministrator, maySearch }: MeShown) => isAdministrator && maySearch,
          title: "looks.title",
          forbidden: "looks.forbidden",
        },
        children: [{ path: "", name: "looks", component: withTexts(() => import("./LooksPage.vue"), late) }],
      },
    ],
    links: [
      {
        to: "/looks",
        text: "looks.nav",
        isFor: ({ isAdministrator, keepsRecords, maySearch }) =>
          isAdministrator && keepsRecords !== false && maySearch !== false,
      },
    ],
  },
}
