import type { Area } from "../../../kit/area.ts"
import { historyTexts } from "./texts.ts"

export const historyArea: Area = {
  name: "history",
  texts: historyTexts,
  staff: {
    routes: [
      {
        path: "/history/:whose",
        name: "history",
        component: () => import("./HistoryPage.vue"),
        meta: { title: "history.pageTitle" },
      },
    ],
    links: [],
  },
}
