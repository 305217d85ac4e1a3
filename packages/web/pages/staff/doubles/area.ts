import type { Area } from "../../../kit/area.ts"
import type { MeShown } from "../../../session/staff/me.ts"
import { withTexts } from "../../../texts/index.ts"
import { doublesTexts } from "./late-texts.ts"

const late = ["doubles", doublesTexts] as const

/** Patients who may be registered twice, and who decides that. Its way in is the list of patients. */
export const doublesArea: Area = {
  name: "doubles",
  staff: {
    routes: [
      {
        path: "/doubles",
        component: withTexts(() => import("../GatePage.vue"), late),
        props: {
          may: ({ isAdministrator }: MeShown) => isAdministrator,
          title: "doubles.title",
          forbidden: "doubles.forbidden",
        },
        children: [
          {
            path: "page/:after(\\d{1,15})?",
            name: "doubles",
            component: withTexts(() => import("./DoublesPage.vue"), late),
            props: true,
            meta: { title: "doubles.title" },
          },
          {
            path: "patient/:alias",
            name: "doubles-patient",
            component: withTexts(() => import("./DecisionsPage.vue"), late),
            props: true,
            meta: { title: "doubles.one" },
          },
        ],
      },
    ],
    links: [],
  },
}
