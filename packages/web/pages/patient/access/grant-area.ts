import type { Area } from "../../../kit/area.ts"
import { grantTexts } from "./grant-later-texts.ts"

export const grantArea: Area = {
  name: "grant",
  later: grantTexts,
  patient: {
    routes: [
      {
        path: "/access/new",
        name: "access-new",
        component: () => import("./GrantPage.vue"),
        meta: { title: "grant.title" },
      },
    ],
    links: [],
  },
}
