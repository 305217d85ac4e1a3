import { type Area, texts } from "../../../kit/area.ts"
import { withTexts } from "../../../texts/index.ts"
import { networkTexts } from "../../network/late-texts.ts"
import { aboutTexts } from "./late-texts.ts"

/** What the app is, and where one looks at what it says without it. */
export const aboutArea: Area = {
  name: "about",
  texts: texts({ nav: "About" }, { nav: "关于" }),
  patient: {
    delegates: "any",
    routes: [
      {
        path: "/about",
        name: "about",
        component: withTexts(() => import("./AboutPage.vue"), ["about", aboutTexts]),
      },
      {
        path: "/about/where",
        name: "about-where",
        component: withTexts(() => import("../../network/WherePage.vue"), ["network", networkTexts]),
        meta: { title: "network.whereTitle" },
      },
    ],
    links: [{ to: "/about", text: "about.nav" }],
  },
}
