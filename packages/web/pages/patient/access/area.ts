import { type Area, texts } from "../../../kit/area.ts"
import { accessTexts } from "./later-texts.ts"

export const accessArea: Area = {
  name: "access",
  texts: texts({ nav: "Sharing" }, { nav: "授权" }),
  later: accessTexts,
  patient: {
    delegates: ["decide", "read"],
    routes: [{ path: "/access", name: "access", component: () => import("./AccessPage.vue") }],
    links: [{ to: "/access", text: "access.nav" }],
  },
}
