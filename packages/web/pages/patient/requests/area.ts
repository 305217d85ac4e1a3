import { type Area, texts } from "../../../kit/area.ts"
import { requestsTexts } from "./later-texts.ts"

export const requestsArea: Area = {
  name: "requests",
  texts: texts({ nav: "Requests" }, { nav: "请求" }),
  later: requestsTexts,
  patient: {
    delegates: ["decide"],
    routes: [{ path: "/requests", name: "requests", component: () => import("./RequestsPage.vue") }],
    links: [{ to: "/requests", text: "requests.nav", count: (session) => session.call("waiting", []) }],
  },
}
