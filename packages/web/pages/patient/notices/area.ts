import type { Area } from "../../../kit/area.ts"
import { noticesTexts } from "./later-texts.ts"

export const noticesArea: Area = {
  name: "notices",
  later: noticesTexts,
  patient: {
    routes: [
      {
        path: "/notices",
        name: "notices",
        component: () => import("./NoticesPage.vue"),
        meta: { title: "notices.title" },
      },
    ],
    links: [],
  },
}
