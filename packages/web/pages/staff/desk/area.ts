import type { Area } from "../../../kit/area.ts"
import type { MeShown } from "../../../session/staff/me.ts"
import { deskTexts } from "./texts.ts"

/** Where people are registered, and get a device of their own. */
export const deskArea: Area = {
  name: "desk",
  texts: deskTexts,
  staff: {
    routes: [
      {
        path: "/desk",
        component: () => import("../GatePage.vue"),
        props: {
          may: ({ mayServeDesk, keepsRecords }: MeShown) => mayServeDesk && keepsRecords,
          title: "desk.title",
          forbidden: "desk.forbidden",
        },
        children: [
          { path: "", name: "desk", component: () => import("./DeskPage.vue") },
          {
            path: "new",
            name: "desk-new",
            component: () => import("./RegisterPage.vue"),
            meta: { title: "desk.register" },
          },
          {
            path: "person/:alias",
            name: "desk-person",
            component: () => import("./DeskPersonPage.vue"),
            props: true,
            meta: { title: "desk.person" },
          },
        ],
      },
    ],
    links: [
      {
        to: "/desk",
        text: "desk.title",
        isFor: ({ mayServeDesk, keepsRecords }) => mayServeDesk === true && keepsRecords !== false,
      },
    ],
  },
}
