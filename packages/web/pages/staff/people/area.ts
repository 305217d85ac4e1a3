import type { Area } from "../../../kit/area.ts"
import type { MeShown } from "../../../session/staff/me.ts"
import { peopleTexts } from "./texts.ts"

/** Who works here, for administrators. */
export const peopleArea: Area = {
  name: "people",
  texts: peopleTexts,
  staff: {
    routes: [
      {
        path: "/people",
        component: () => import("../GatePage.vue"),
        props: {
          may: ({ isAdministrator }: MeShown) => isAdministrator,
          title: "people.title",
          forbidden: "people.forbidden",
        },
        children: [
          { path: "", name: "people", component: () => import("./PeoplePage.vue") },
          {
            path: "invite",
            name: "people-invite",
            component: () => import("./InvitePage.vue"),
            meta: { title: "people.inviteTitle" },
          },
          {
            path: "person/:name",
            name: "people-person",
            component: () => import("./StaffPersonPage.vue"),
            props: true,
            meta: { title: "people.one" },
          },
        ],
      },
    ],
    links: [{ to: "/people", text: "people.title", isFor: ({ isAdministrator }) => isAdministrator }],
  },
}
